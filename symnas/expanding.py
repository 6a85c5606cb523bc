"""Expanding: one stand-alone program with the same meaning.

What is decided throughout is written from its graph (`flattening`); what leaves decisions open keeps its text, and the
files that it imports are written into it.
"""

from symnas import tree
from symnas.architecture import Architecture
from symnas.errors import SourceError
from symnas.flattening import flatten
from symnas.program import Program

__all__ = ["expand"]

_OPEN = "E0602"
"""The code of the mistake that a decision is left open."""


def expand(what: Program | Architecture) -> Program:
    """*what* as a program that needs no other file: of an architecture, a program without placeholders, imports, rules
    and lets, with the same graph and the same names of weights; of a space, the same space.

    Raises:
        SourceError: the program has mistakes.
    """
    if isinstance(what, Architecture):
        return _architecture(what)
    try:
        return _architecture(what.architecture())
    except SourceError as error:
        if any(each.code != _OPEN for each in error.diagnostics):
            raise
    return what


def _architecture(architecture: Architecture) -> Program:
    space = architecture.space
    graphs = [architecture.graph(name) for name in space.nets]
    flat = flatten(graphs)
    module = tree.Module((*flat.blocks, *flat.nets), 1)
    return Program(module, space.source_name)
