"""What nodes of an exported graph are made of."""

from collections.abc import Iterable
from typing import Any

__all__ = ["upstream"]


def upstream(nodes: Iterable[Any]) -> set[Any]:
    """*nodes* and all that they are made of."""
    found: set[Any] = set()
    waiting = list(nodes)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += each.all_input_nodes
    return found
