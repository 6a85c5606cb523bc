"""Which trials are best, with one objective or several, and trials as rows of a table."""

import math
from collections.abc import Iterable, Sequence

from symnas.pareto import front
from symnas.searchers import Objective
from symnas.study.trial import Trial, TrialState
from symnas.tree import Direction

__all__ = ["best_trials", "front_trials", "is_better", "to_rows"]

Cell = str | int | float | None


def is_better(trial: Trial, than: Trial | None, objectives: Sequence[Objective]) -> bool:
    """Whether *trial* is complete and was trained further than the other, or as far and beats it in the first objective."""
    if trial.state is not TrialState.COMPLETE:
        return False
    return than is None or _standing(trial, objectives) > _standing(than, objectives)


def best_trials(trials: Iterable[Trial], objectives: Sequence[Objective], count: int) -> tuple[Trial, ...]:
    """The best *count* complete trials, the best first; the earlier of two equal ones first. No repeated network.

    Those that were trained furthest come first: values of different fidelity are not to be compared. An architecture
    that was trained further stands there once. With several objectives those that no other trial of the same fidelity
    dominates come first, then those that only the first dominate, and so on; each front is ordered by the first
    objective.
    """
    left = _to_compare(trials)
    found: list[Trial] = []
    for reached in sorted({_reached(each) for each in left}, reverse=True):
        alike = [each for each in left if _reached(each) == reached]
        found += _best_of(alike, objectives, count - len(found))
    return tuple(found)


def front_trials(trials: Iterable[Trial], objectives: Sequence[Objective]) -> tuple[Trial, ...]:
    """Of the trials that were trained furthest, those that no other one dominates, ordered by the first objective."""
    left = _to_compare(trials)
    furthest = max(map(_reached, left), default=math.inf)
    alike = [each for each in left if _reached(each) == furthest]
    places = front([each.values for each in alike], [direction for _, direction in objectives])
    return tuple(alike[place] for place in places)


def _to_compare(trials: Iterable[Trial]) -> list[Trial]:
    """Complete trials, no network and no architecture that was trained further twice."""
    complete = [each for each in trials if each.state is TrialState.COMPLETE and each.repeats is None]
    further = {(each.inherits, each.genotype) for each in complete}
    return [each for each in complete if each.fidelity is None or (each.number, each.genotype) not in further]


def _best_of(trials: Sequence[Trial], objectives: Sequence[Objective], count: int) -> tuple[Trial, ...]:
    """The best *count* of *trials*, which are complete and of the same fidelity."""
    left = [(_scores(each, objectives), each) for each in trials]
    left.sort(key=lambda pair: tuple(-score for score in pair[0]))  # stable: the earlier first
    if len(objectives) == 1:
        return tuple(trial for _, trial in left[:count])
    chosen: list[Trial] = []
    while left and len(chosen) < count:
        undominated, rest = _split_front(left)
        chosen += [trial for _, trial in undominated]
        left = rest
    return tuple(chosen[:count])


def _reached(trial: Trial) -> float:
    """How far it was trained; to the end where nothing was said."""
    return math.inf if trial.fidelity is None else trial.fidelity


def _standing(trial: Trial, objectives: Sequence[Objective]) -> tuple[float, float]:
    return _reached(trial), _scores(trial, objectives)[0]


_Scored = tuple[tuple[float, ...], Trial]


def _split_front(ordered: list[_Scored]) -> tuple[list[_Scored], list[_Scored]]:
    """The undominated and the others. In the order of *ordered* nobody is dominated by one that comes later."""
    first: list[_Scored] = []
    rest: list[_Scored] = []
    for each in ordered:
        dominated = any(_dominates(other, each[0]) for other, _ in first)
        (rest if dominated else first).append(each)
    return first, rest


def _dominates(ours: tuple[float, ...], theirs: tuple[float, ...]) -> bool:
    return ours != theirs and all(one >= other for one, other in zip(ours, theirs, strict=True))


def _scores(trial: Trial, objectives: Sequence[Objective]) -> tuple[float, ...]:
    return tuple(
        value if direction is Direction.MAXIMIZE else -value
        for value, (_, direction) in zip(trial.values, objectives, strict=True)
    )


def to_rows(trials: Iterable[Trial], objectives: Sequence[Objective]) -> list[dict[str, Cell]]:
    """One flat, JSON-able row per trial: objectives and metrics by name, choices by path."""
    return [_row(trial, objectives) for trial in trials]


def _row(trial: Trial, objectives: Sequence[Objective]) -> dict[str, Cell]:
    row: dict[str, Cell] = {"number": trial.number, "state": trial.state.value}
    row |= dict.fromkeys(name for name, _ in objectives)
    row |= {name: value for (name, _), value in zip(objectives, trial.values, strict=False)}
    row |= {f"metrics.{name}": value for name, value in trial.metrics.items()}
    row |= {f"violations.{name}": value for name, value in trial.violations.items()}
    row |= {"reason": trial.reason, "seconds": trial.seconds, "attempts": trial.attempts, "seed": trial.seed}
    if trial.fidelity is not None or trial.inherits is not None:
        row |= {"fidelity": trial.fidelity, "inherits": trial.inherits}
    if trial.network:
        row |= {"network": trial.network, "repeats": trial.repeats}
    return row | {f"choices.{path}": choice for path, choice in trial.genotype.items()}
