"""A searcher's state as JSON, and the past that it is a state of.

What it is to restore one is `base`'s business.
"""

from typing import Any, TypedDict

from attrs import frozen

from symnas.domains import Choice
from symnas.genotype import Genotype
from symnas.searchers.results import Final, FinalData, from_data, to_data

__all__ = ["Json", "Past", "PastData", "Snapshot", "State", "past_data", "past_from"]

Json = Any
"""Whatever `json.dumps` takes. Only a searcher's own memory has this type, and only that searcher reads it."""


@frozen
class Past:
    """A proposal made earlier, with its final result if it has one."""

    genotype: Genotype
    result: Final | None


class PastData(TypedDict):
    """A `Past` as JSON."""

    genotype: dict[str, Choice]
    result: FinalData | None


class Snapshot(TypedDict):
    """A searcher's state as JSON, without its past proposals and results."""

    searcher: str
    generator: list[Json]
    proposed: int
    open: list[int]
    walk: list[int] | None
    memory: Json


class State(Snapshot):
    """A searcher's whole state as JSON."""

    past: list[PastData]


def past_data(genotype: Genotype, result: Final | None) -> PastData:
    """A proposal and its result as JSON."""
    return {"genotype": genotype.to_json(), "result": None if result is None else to_data(result)}


def past_from(data: PastData) -> Past:
    """The `Past` of `past_data`."""
    return Past(Genotype.from_json(data["genotype"]), from_data(data["result"]) if data["result"] else None)
