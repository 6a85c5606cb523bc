"""A searcher's state as JSON, and the past that it is a state of.

What it is to restore one is `base`'s business.
"""

from typing import Any, NotRequired, TypedDict

from attrs import frozen

from symnas.domains import Choice
from symnas.genotype import Genotype
from symnas.searchers.results import Final, FinalData, Partial, from_data, to_data

__all__ = ["Asked", "Json", "Past", "PastData", "Snapshot", "State", "past_data", "past_from"]

Json = Any
"""Whatever `json.dumps` takes. Only a searcher's own memory has this type, and only that searcher reads it."""


@frozen
class Asked:
    """What was asked for in a proposal; `Proposal` explains the fields."""

    genotype: Genotype
    fidelity: int | None = None
    inherits: int | None = None


@frozen
class Past:
    """A proposal made earlier, with its final result if it has one, and the partial results before it."""

    genotype: Genotype
    result: Final | None
    fidelity: int | None = None
    inherits: int | None = None
    curve: tuple[Partial, ...] = ()


class PastData(TypedDict):
    """A `Past` as JSON; what is not said is not there."""

    genotype: dict[str, Choice]
    result: FinalData | None
    fidelity: NotRequired[int]
    inherits: NotRequired[int]
    curve: NotRequired[list[list[Json]]]


class Snapshot(TypedDict):
    """A searcher's state as JSON, without its past proposals and results."""

    searcher: str
    generator: list[Json]
    proposed: int
    open: list[int]
    partial: list[int]
    """How many partial results were told of each that is open."""
    walk: list[int] | None
    memory: Json
    first: NotRequired[list[dict[str, Choice]]]
    """What is still to be proposed before anything else."""


class State(Snapshot):
    """A searcher's whole state as JSON."""

    past: list[PastData]


def past_data(past: Past) -> PastData:
    """*past* as JSON."""
    data: PastData = {
        "genotype": past.genotype.to_json(),
        "result": None if past.result is None else to_data(past.result),
    }
    if past.fidelity is not None:
        data["fidelity"] = past.fidelity
    if past.inherits is not None:
        data["inherits"] = past.inherits
    if past.curve:
        data["curve"] = [[each.step, list(each.values)] for each in past.curve]
    return data


def past_from(data: PastData) -> Past:
    """The `Past` of `past_data`."""
    return Past(
        Genotype.from_json(data["genotype"]),
        from_data(data["result"]) if data["result"] else None,
        data.get("fidelity"),
        data.get("inherits"),
        tuple(Partial(step, values) for step, values in data.get("curve", ())),
    )
