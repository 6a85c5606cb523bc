"""Python's stack, made deep enough for programs: they nest to limits of their own, and Python's must not come first."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["deep_recursion"]

_CALLS = 40_000
"""Calls within calls: 200 blocks, each with an expression as deep as the grammar allows, take less."""


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Within `with`, or as a decorator: room for the deepest programs."""
    before = sys.getrecursionlimit()
    if before < _CALLS:
        sys.setrecursionlimit(_CALLS)
    try:
        yield
    finally:
        if before < _CALLS:
            sys.setrecursionlimit(before)
