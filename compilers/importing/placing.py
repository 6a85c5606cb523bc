"""Where tensors are made that stand in one module of the model by chance, and would keep equal modules apart.

A model makes a mask or a table of positions where it is used first, in the first of many layers. There it would flow out
of that layer into the others; it is made in the innermost module around all that reads it. What many layers before gave
may be joined in the layer that reads it, which then would have as many inputs; it is joined in front of that layer.
"""

from collections.abc import Sequence
from typing import Final

from attrs import evolve

from symnas.compilers.importing.drawing import Module, Record

__all__ = ["placed"]

_FEW: Final = 2
"""Tensors that a module may well take apart from each other, as the two sides of a skip connection."""


def placed(records: Sequence[Record]) -> list[Record]:
    """*records* with those that nothing flows into moved out of modules that others of their readers do not stand in, and
    those that join what other modules gave in front of theirs.
    """
    return _shared_outside(_joined_outside(records))


def _joined_outside(records: Sequence[Record]) -> list[Record]:
    readers: dict[int, list[Record]] = {}
    for record in records:
        for value in record.operands:
            readers.setdefault(value, []).append(record)
    made: dict[int, tuple[Module, ...]] = {}
    moved: dict[Record, Record] = {}
    for record in records:
        within = record.within
        leaves = any(each.within[: len(within)] != within for each in readers.get(record.outputs[0], ()))
        if record.operator == "concat" and (leaves or len(record.operands) > _FEW):
            around = [made.get(each, ()) for each in record.operands]
            while within and all(each[: len(within)] != within for each in around):
                within = within[:-1]
        if within != record.within:
            moved[record] = evolve(record, within=within)
        made.update(dict.fromkeys(record.outputs, within))
    return _in_order(records, moved)


def _shared_outside(records: Sequence[Record]) -> list[Record]:
    constant = _constant(records)
    around: dict[int, tuple[Module, ...]] = {}
    moved: dict[Record, Record] = {}
    for record in reversed(records):
        within = record.within
        if record in constant:
            for value in record.outputs:
                within = _shared(within, around.get(value, within))
        if within != record.within:
            moved[record] = evolve(record, within=within)
        for value in record.operands:
            around[value] = _shared(within, around.get(value, within))
    return _in_order(records, moved)


def _constant(records: Sequence[Record]) -> set[Record]:
    """Those of *records* that read none of the inputs, and no weights that train."""
    made: set[int] = set()
    found: set[Record] = set()
    for record in records:
        trains = any(each.trainable for each in record.weights)
        if not trains and all(value in made for value in record.operands):
            found.add(record)
            made.update(record.outputs)
    return found


def _shared(one: tuple[Module, ...], other: tuple[Module, ...]) -> tuple[Module, ...]:
    """The modules around both."""
    count = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    return one[: min(len(one), len(other)) if count is None else count]


def _in_order(records: Sequence[Record], moved: dict[Record, Record]) -> list[Record]:
    """*records*, those that are *moved* in front of the module that they were taken from."""
    found: list[Record] = []
    for record in records:
        if record not in moved:
            found.append(record)
            continue
        left = record.within[: len(moved[record].within) + 1]
        place = len(found)
        while place and found[place - 1].within[: len(left)] == left:
            place -= 1
        found.insert(place, moved[record])
    return found
