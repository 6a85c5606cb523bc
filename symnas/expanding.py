"""Expanding: one stand-alone program with the same meaning.

What is decided throughout is written from its graphs (`flattening`); what leaves decisions open keeps its text, and the
files that it imports are written into it (`inlining`).
"""

from collections.abc import Iterator, Sequence

from symnas import tree
from symnas.architecture import Architecture
from symnas.errors import SourceError
from symnas.flattening import flatten
from symnas.graph import Graph, Operation, Use, scopes_within
from symnas.inlining import inlined
from symnas.program import Program
from symnas.spelling import value_node
from symnas.treepaths import walk

__all__ = ["expand", "program_of"]

_OPEN = "E0602"
"""The code of the mistake that a decision is left open."""

_KEPT = tree.Objective | tree.Measure | tree.Search
_MADE = tree.Block | tree.Let | tree.Fn | tree.Shared | tree.Rule


def expand(what: Program | Architecture) -> Program:
    """*what* as a program that needs no other file: of an architecture, a program without placeholders, imports, rules
    and lets, with the same graphs and the same names of weights; of a space, the same space.

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
    return Program(inlined(what), what.name)


def _architecture(architecture: Architecture) -> Program:
    return program_of(architecture, [architecture.graph(name) for name in architecture.space.nets])


def program_of(architecture: Architecture, graphs: Sequence[Graph], called: Sequence[tree.Declaration] = ()) -> Program:
    """*graphs* and what they are made of as a program, with the recipe of *architecture* as decided, and what a search is
    told, where it still says something: claims about the space are left out. What is *called* in steps that are not
    decided is declared before.
    """
    space = architecture.space
    gone = {each.name for each in space.module.declarations if isinstance(each, _MADE)}
    kept = [each for each in space.module.declarations if isinstance(each, _KEPT) and not _names(each) & gone]
    wanted = {name for graph in graphs for name in _python_layers(graph)}.union(*map(_names, kept))
    uses = [*_uses(space.program, wanted), *(each for each in called if isinstance(each, tree.Use))]
    taken = {used.name for use in uses for used in use.names}
    helping = [each for each in called if not isinstance(each, tree.Use)]
    flat = flatten(graphs, taken | {each.name for each in helping if isinstance(each, _MADE)})
    module = tree.Module((*uses, *helping, *flat.blocks, *flat.nets, *_recipes(architecture), *kept), 1)
    return Program(module, space.source_name)


def _recipes(architecture: Architecture) -> Iterator[tree.Train]:
    """Each `train` with its settings as decided."""
    nets = architecture.space.nets
    for each in architecture.space.module.declarations:
        if isinstance(each, tree.Train):
            apart = each.net is not None and len(nets) > 1
            settings = architecture.recipe.get(each.net or "", {}) if apart else architecture.recipe
            yield tree.Train(
                tuple(tree.Field(_plain(settings[field.label]), field.label) for field in each.fields if field.label),
                each.net,
            )


def _plain(value: object) -> tree.Expression:
    """A value of the recipe as it is written."""
    match value:
        case dict():
            return tree.Record(tuple(tree.Field(_plain(each), str(label)) for label, each in value.items()))
        case list() | tuple():
            return tree.ListOf(tuple(tree.Item(_plain(each)) for each in value))
        case _:
            assert value is None or isinstance(value, bool | int | float | str), "recipes hold plain values"
            return value_node(value)


def _uses(program: Program, wanted: set[str]) -> Iterator[tree.Use]:
    """What is taken from Python and *wanted*: functions by their names, layers by those of their modules, too."""
    found: set[str] = set()
    modules = [program.module, *(each.module for each in program.imports.values())]
    for use in (each for module in modules for each in module.declarations if isinstance(each, tree.Use)):
        names = [each for each in use.names if f"{use.module}.{each.name}" not in found]
        if use not in program.module.declarations:
            names = [each for each in names if f"{use.module}.{each.name}" in wanted]
        names = [each for each in names if {each.name, f"{use.module}.{each.name}"} & wanted]
        found.update(f"{use.module}.{each.name}" for each in names)
        if names:
            yield tree.Use(use.module, tuple(names))


def _python_layers(graph: Graph) -> set[str]:
    """The Python layers of *graph*, by their full names."""
    waiting, seen = [graph.scope], {graph.scope}
    found: set[str] = set()
    while waiting:
        for step in waiting.pop().steps:
            inner = [step.scope] if isinstance(step, Use) else [*scopes_within(step)]
            waiting += [each for each in inner if each not in seen]
            seen.update(inner)
            if isinstance(step, Operation) and "." in step.operator:
                found.add(step.operator)
    return found


def _names(node: tree.Node) -> set[str]:
    """The bare names that *node* reads."""
    return {each.name for each, _ in walk(node) if isinstance(each, tree.Name)}
