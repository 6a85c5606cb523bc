"""Where tensors that nothing flows into are made: in the innermost module around all that reads them.

A model makes a mask or a table of positions where it is used first, in the first of many layers. There it would flow out
of that layer into the others, which could not be equal.
"""

from collections.abc import Sequence

from attrs import evolve

from symnas.compilers.importing.drawing import Module, Record

__all__ = ["placed"]


def placed(records: Sequence[Record]) -> list[Record]:
    """*records* with those that nothing flows into moved out of modules that others of their readers do not stand in."""
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
        record = moved[record]
        depth = len(record.within)
        place = len(found)
        while place and len(found[place - 1].within) > depth and found[place - 1].within[:depth] == record.within:
            place -= 1
        found.insert(place, record)
    return found
