"""Operations of a model that say the same in fewer, or as a layer that the language has, written so.

Models view tensors in ways that only their own code needs (`view(-1, d)` around a product), and write out what has a name
(heads split and merged, normalisations, activations). Which forms are recognised is what `shortening`, `recognising` and
`dividing` say; each gives the same numbers, but for the last bit.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from attrs import evolve, field, frozen

from symnas.compilers.importing.drawing import Drawing, Record
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Flow, Known
from symnas.operators.settings import SettingValue
from symnas.types import TensorType

__all__ = ["Made", "Rule", "Seen", "rule", "simplified"]


@frozen
class Made:
    """What an operation may be written as: *operator* of the values *operands*, some of which are made so too."""

    operator: str
    operands: tuple["int | Made", ...]
    settings: Mapping[str, SettingValue] = field(factory=dict)
    name: str = ""
    arrays: Mapping[str, Known] = field(factory=dict)


class Seen:
    """The operations that come before one, by what they make."""

    def __init__(self, drawing: Drawing, records: Sequence[Record], results: Sequence[int]) -> None:
        self.types = drawing.types
        self._makers: dict[int, Record] = {}
        self._found: dict[object, int] = {}
        self._readers = Counter(value for each in records for value in each.operands)
        self._readers.update(results)

    def add(self, record: Record, written: Record) -> None:
        """Know what *record* makes, which the model has *written* so."""
        self._makers.update(dict.fromkeys(record.outputs, record))
        self._found[written.operator, written.operands, written.settings] = record.outputs[0]

    def maker(self, value: int, *operators: str) -> Record | None:
        """What made *value*, if that is one of *operators*."""
        found = self._makers.get(value)
        return found if found is not None and found.operator in operators else None

    def same(self, record: Record) -> int | None:
        """What an operation that the model has written as *record*, without weights, has made already."""
        return self._found.get((record.operator, record.operands, record.settings))

    def type(self, value: int) -> TensorType:
        """The type of *value*."""
        return self.types[value]

    def is_read_once(self, value: int) -> bool:
        """Whether one operation of the model reads *value*, and nothing hands it out."""
        return self._readers[value] == 1


Rule = Callable[[Record, Seen], "Made | int | None"]
"""What an operation may be written as, or the value that it gives anyway."""

_RULES: Final[dict[str, list[Rule]]] = {}


def rule(*operators: str) -> Callable[[Rule], Rule]:
    """Try a function on each operation of *operators*."""

    def add(function: Rule) -> Rule:
        for each in operators:
            _RULES.setdefault(each, []).append(function)
        return function

    return add


def simplified(
    drawing: Drawing, records: Iterable[Record], results: Sequence[int]
) -> tuple[list[Record], tuple[int, ...]]:
    """*records* of *drawing* written shorter, and which values are now *results*. Records that nothing needs any more are
    left in place.
    """
    from symnas.compilers.importing import dividing, recognising, shortening  # noqa: F401 (they fill the table)

    records = list(records)
    seen, same, found = Seen(drawing, records, results), dict[int, int](), list[Record]()
    for record in records:
        record = evolve(record, operands=tuple(same.get(each, each) for each in record.operands))
        written = record
        while (instead := _shorter(drawing, record, seen)) is not None:
            if isinstance(instead, int):
                same[record.outputs[0]] = instead
                break
            *before, record = instead
            found += before
            for each in before:
                seen.add(each, each)
        if record.outputs[0] not in same:
            seen.add(record, written)
            found.append(record)
    return found, tuple(same.get(each, each) for each in results)


def _shorter(drawing: Drawing, record: Record, seen: Seen) -> list[Record] | int | None:
    """What *record* is written as by the first rule that has something for it, or the value that it gives anyway."""
    for each in _RULES.get(record.operator, ()):
        made = each(record, seen)
        if isinstance(made, int):
            return made
        if made is not None and (drawn := _drawn(drawing, record, made)) is not None:
            return drawn
    return None


def _drawn(drawing: Drawing, record: Record, made: Made) -> list[Record] | None:
    """*made* in the place of *record*, if it gives tensors of its types."""
    before = len(drawing.records)
    with drawing.standing(record.within):
        try:
            _apply(drawing, made)
        except Refused:
            return None
        finally:
            drawn = drawing.records[before:]
            del drawing.records[before:]
    if not drawn or drawn[-1].types != record.types:
        return None
    return [*drawn[:-1], evolve(drawn[-1], outputs=record.outputs)]


def _apply(drawing: Drawing, made: Made) -> Flow:
    operands = [_apply(drawing, each) if isinstance(each, Made) else drawing.flow_of(each) for each in made.operands]
    return drawing.apply(made.operator, operands, made.settings, made.name, made.arrays)[0]
