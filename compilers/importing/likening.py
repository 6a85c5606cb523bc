"""Blocks that are alike but for numbers made one block with settings: `Basic(8)` and `Basic(16)` for `Basic`, `Basic_2`.

What is a number of a layer (`Conv2d(8, 3)`), also in a list (`padding = [2, 0]`), or the count of a `repeat` may differ,
nothing else. Every use must be called by `as`, so that weights keep their names whatever the block is called.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from attrs import frozen

from symnas import tree
from symnas.compilers.importing.naming import Names
from symnas.operators import OPERATORS
from symnas.traversal import children, rebuild, with_fields

__all__ = ["joined"]

_MOST: Final = 6
"""Settings beyond which a block says less than several."""

_HOLE: Final = tree.Text("a number that differs")
_TURNS: Final = "turns"
"""What a block calls the count of a `repeat`."""

Declared = TypeVar("Declared", tree.Block, tree.Net)


@frozen
class _Slot:
    """A number of a layer in a block: its *value*, and what the layer calls it, or the list that it stands in (*listed*)."""

    value: tree.Number
    word: str
    listed: bool = False


@frozen
class _Instead:
    """What a block is now applied as: the block called *name*, with further *arguments*."""

    name: str
    arguments: tuple[tree.Number, ...]


def joined(blocks: Sequence[tree.Block], nets: Sequence[tree.Net]) -> tuple[list[tree.Block], list[tree.Net]]:
    """*blocks* and *nets* with one block for all that are alike; each block still stands behind those it uses."""
    joining = _Joining(blocks, nets)
    for level in joining.levels():
        joining.join(level)
    return [joining.made[place] for place in sorted(joining.made)], [joining.renamed(each) for each in nets]


class _Joining:
    """Joins *blocks*, innermost first; what was *made* is kept by the place of the first block that is it."""

    def __init__(self, blocks: Sequence[tree.Block], nets: Sequence[tree.Net]) -> None:
        self.blocks = blocks
        self.places = {each.name: place for place, each in enumerate(blocks)}
        bodies = [*(each.body for each in blocks), *(each.body for each in nets)]
        self.unnamed = {name for each in bodies for name in _unnamed(each, self.places)}
        self.made: dict[int, tree.Block] = {}
        self._instead: dict[str, _Instead] = {}
        self._settings: dict[str, tuple[str, ...]] = {}

    def levels(self) -> list[list[tree.Block]]:
        """The blocks by how many are nested in them, innermost first."""
        heights: dict[str, int] = {}
        levels: dict[int, list[tree.Block]] = {}
        for block in self.blocks:
            height = 1 + max((heights[name] for name in _words(block.body) if name in heights), default=-1)
            heights[block.name] = height
            levels.setdefault(height, []).append(block)
        return [levels[height] for height in sorted(levels)]

    def join(self, blocks: Sequence[tree.Block]) -> None:
        """Make one of those of *blocks* that are alike, which use none of each other."""
        alike: dict[object, list[tuple[tree.Block, list[_Slot]]]] = {}
        for block in map(self.renamed, blocks):
            slots: list[_Slot] = []
            skeleton = self._emptied(block.body, slots)
            words = tuple(each.word for each in slots)
            apart = block.name if block.name in self.unnamed else re.sub(r"_\d+$", "", block.name)
            alike.setdefault((apart, block.settings, block.inputs, skeleton, words), []).append((block, slots))
        for members in alike.values():
            if not self._one(members):
                self.made.update((self.places[block.name], block) for block, _ in members)

    def _one(self, members: Sequence[tuple[tree.Block, list[_Slot]]]) -> bool:
        """Make one block of *members*; false where they are too few, or differ in too much."""
        columns = list(zip(*(slots for _, slots in members), strict=True))
        rows = [tuple(each.value for each in column) for column in columns]
        differing = [row for row in dict.fromkeys(rows) if len(set(row)) > 1]
        if len(members) == 1 or not 1 <= len(differing) <= _MOST:
            return False
        first = members[0][0]
        declared = [*first.settings, *(first.inputs or ())]
        names = Names([*(each.name for each in declared), *_words(first.body), *_bound(first.body)])
        words = {row: names.fresh(_setting(columns, rows, row)) for row in differing}
        body = self._filled(first.body, iter([words.get(row) for row in rows]))
        settings = (*first.settings, *(tree.Parameter(word) for word in words.values()))
        self.made[self.places[first.name]] = with_fields(first, {"body": body, "settings": settings})
        self._settings[first.name] = tuple(each.name for each in settings)
        for place, (block, _) in enumerate(members):
            self._instead[block.name] = _Instead(first.name, tuple(row[place] for row in differing))
        return True

    def renamed(self, declared: Declared) -> Declared:
        """*declared* with what its blocks are now."""
        return with_fields(declared, {"body": self._applied(declared.body)})

    def _applied(self, node: tree.Node) -> tree.Node:
        used = _used(node)
        if used not in self._instead:
            return rebuild(node, self._applied)
        found = self._instead[used]
        before = node.arguments if isinstance(node, tree.Call) else ()
        return tree.Call(tree.Name(found.name), (*before, *map(tree.Argument, found.arguments)))

    # ---------------------------------------------------------------------------------------- numbers of layers

    def _word(self, call: tree.Call, place: int) -> str | None:
        """What a layer or block calls its argument at *place*, if that is a number or a list of numbers."""
        argument, used = call.arguments[place], _used(call)
        if used is None or argument.spread or not _is_numbers(argument.value):
            return None
        if argument.name is not None:
            return argument.name
        names = self._settings.get(used)
        if names is None and used in OPERATORS:
            names = tuple(each.name for each in OPERATORS[used].settings)
        return names[place] if names is not None and place < len(names) else None

    def _emptied(self, node: tree.Node, slots: list[_Slot]) -> tree.Node:
        """*node* without the numbers of its layers, which are added to *slots* in the order they are written."""

        def hole(slot: _Slot) -> tree.Expression:
            slots.append(slot)
            return _HOLE

        return self._with(node, hole)

    def _filled(self, node: tree.Node, names: Iterator[str | None]) -> tree.Node:
        """*node* with names for those numbers of its layers for which *names* has one, in the order of `_emptied`."""

        def named(slot: _Slot) -> tree.Expression:
            name = next(names)
            return slot.value if name is None else tree.Name(name)

        return self._with(node, named)

    def _with(self, node: tree.Node, put: Callable[[_Slot], tree.Expression]) -> tree.Node:
        """*node* with what *put* gives for each number of its layers, in the order they are written."""
        if isinstance(node, tree.Repeat) and isinstance(node.count, tree.Number):
            count = put(_Slot(node.count, _TURNS))
            return with_fields(node, {"count": count, "body": self._with(node.body, put)})
        if not isinstance(node, tree.Call):
            return rebuild(node, lambda each: self._with(each, put))
        arguments = []
        for place, argument in enumerate(node.arguments):
            word, value = self._word(node, place), argument.value
            if word is None:
                instead = self._with(value, put)
            elif isinstance(value, tree.Number):
                instead = put(_Slot(value, word))
            else:
                instead = rebuild(value, partial(_item, word, put))
            arguments.append(with_fields(argument, {"value": instead}))
        return with_fields(node, {"function": self._with(node.function, put), "arguments": tuple(arguments)})


def _setting(columns: Sequence[Sequence[_Slot]], rows: Sequence[object], row: object) -> str:
    """What a setting is called that stands for *row*: as a layer calls it, sooner than what a list is called."""
    slots = [column[0] for column, values in zip(columns, rows, strict=True) if values == row]
    word = min(slots, key=lambda each: each.listed).word
    return re.sub(r"_\d+$", "", word)


def _is_numbers(node: tree.Node) -> bool:
    """Whether *node* is a number, or a list of nothing else."""
    if isinstance(node, tree.ListOf):
        return all(isinstance(each.value, tree.Number) and not each.clauses for each in node.items)
    return isinstance(node, tree.Number)


def _item(word: str, put: Callable[[_Slot], tree.Expression], item: tree.Node) -> tree.Node:
    """The *item* of a list that a layer calls *word*, with what *put* gives for its number."""
    assert isinstance(item, tree.Item)
    assert isinstance(item.value, tree.Number)
    return with_fields(item, {"value": put(_Slot(item.value, word, listed=True))})


def _used(node: tree.Node) -> str | None:
    """The layer or block that *node* names or calls."""
    function = node.function if isinstance(node, tree.Call) else node
    return function.name if isinstance(function, tree.Name) else None


def _words(node: tree.Node) -> set[str]:
    """Every name that is read in *node*."""
    found = {node.name} if isinstance(node, tree.Name) else set()
    return found.union(*(_words(each) for each in children(node)))


def _bound(node: tree.Node) -> set[str]:
    """Every name that is given in *node*."""
    found = {node.name} if isinstance(node, tree.NamePattern) else set()
    return found.union(*(_bound(each) for each in children(node)))


def _unnamed(node: tree.Node, blocks: Mapping[str, int]) -> Iterator[str]:
    """Those of *blocks* that are used in *node* without being called by `as`."""
    value = node.value if isinstance(node, tree.As) else node
    used = _used(value)
    if used is None or used not in blocks:
        for each in children(node):
            yield from _unnamed(each, blocks)
        return
    if value is node:
        yield used
    for each in value.arguments if isinstance(value, tree.Call) else ():
        yield from _unnamed(each, blocks)
