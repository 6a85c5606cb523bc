"""Results: what came of a proposal, as a searcher is told it.

A closed union, and its form as JSON. How an evaluator's answer becomes a result is the study's business.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict, assert_never

from attrs import field, frozen

__all__ = ["Failure", "Final", "FinalData", "Infeasible", "Partial", "Result", "Success", "from_data", "to_data"]


def _in_order(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(values)


def _copied(numbers: Mapping[str, float]) -> dict[str, float]:
    return dict(numbers)


@frozen
class Success:
    """The architecture was evaluated.

    *values* are the objectives in their order, in the user's own directions; *metrics* is all that was measured.
    *stopped* says that it was ended early, as its proposal asked for; the values are those of the last step then.
    """

    values: tuple[float, ...] = field(converter=_in_order)
    metrics: Mapping[str, float] = field(factory=dict, converter=_copied)
    stopped: bool = False


@frozen
class Failure:
    """The evaluation came to nothing; *reason* is for people to read."""

    reason: str


@frozen
class Infeasible:
    """A constraint on something measured does not hold; *violations* says by how much, per constraint."""

    violations: Mapping[str, float] = field(converter=_copied)


@frozen
class Partial:
    """How an evaluation stands at *step* (epochs, usually); its final result is still to come."""

    step: int
    values: tuple[float, ...] = field(converter=_in_order)


Final = Success | Failure | Infeasible
"""A result that answers a proposal."""

Result = Final | Partial
"""Everything that a searcher can be told."""


class FinalData(TypedDict, total=False):
    """A final result as JSON. Only *kind* is always there."""

    kind: Literal["success", "failure", "infeasible"]
    values: list[float]
    metrics: dict[str, float]
    stopped: bool
    reason: str
    violations: dict[str, float]


def to_data(result: Final) -> FinalData:
    """*result* as JSON."""
    match result:
        case Success(values=values, metrics=metrics, stopped=stopped):
            data: FinalData = {"kind": "success", "values": list(values), "metrics": dict(metrics)}
            return {**data, "stopped": True} if stopped else data
        case Failure(reason=reason):
            return {"kind": "failure", "reason": reason}
        case Infeasible(violations=violations):
            return {"kind": "infeasible", "violations": dict(violations)}
        case _:
            assert_never(result)


def from_data(data: FinalData) -> Final:
    """The result that `to_data` wrote."""
    match data["kind"]:
        case "success":
            return Success(data["values"], data["metrics"], data.get("stopped", False))
        case "failure":
            return Failure(data["reason"])
        case "infeasible":
            return Infeasible(data["violations"])
        case _:
            assert_never(data["kind"])


def is_finite(values: tuple[float, ...]) -> bool:
    """Whether every value is a number that can be compared: neither NaN nor infinite."""
    return all(map(math.isfinite, values))
