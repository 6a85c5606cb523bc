"""Lines of ancestors: for a trial, the trials that its network was made from, one after the other, and by which moves."""

from collections.abc import Sequence

from attrs import frozen

from symnas.growing.moves import Move, moves_of
from symnas.growing.space import Grown
from symnas.study import Study, Trial
from symnas.study.weights import origin

__all__ = ["Ancestor", "line_of", "parent_of", "told"]


@frozen
class Ancestor:
    """A *trial*, and the *moves* that made its network of that of the one before; none where that was trained on."""

    trial: Trial
    moves: tuple[Move, ...]


def parent_of(trial: Trial, trials: Sequence[Trial]) -> Trial | None:
    """The trial that *trial* is a child of: that whose weights it goes on from, else the last before it whose moves its own
    begin with; `None` for the start.
    """
    if trial.inherits is not None:
        return origin(trials[trial.inherits], trials)
    own = moves_of(trial.genotype)
    begun = [
        (len(moves), -each.number, each)
        for each in trials[: trial.number]
        if len(moves := moves_of(each.genotype)) < len(own) and own[: len(moves)] == moves and not each.reason
    ]
    return max(begun, key=lambda each: each[:2])[2] if begun else None


def line_of(trial: Trial, trials: Sequence[Trial]) -> tuple[Ancestor, ...]:
    """The ancestors of *trial*, the start first, *trial* itself last."""
    found: list[Ancestor] = []
    here: Trial | None = trial
    while here is not None:
        before = parent_of(here, trials)
        known = 0 if before is None else len(before.genotype)
        found.append(Ancestor(here, moves_of(here.genotype)[known:]))
        here = before
    return tuple(reversed(found))


def told(study: Study[Grown], each: Ancestor) -> str:
    """What the moves of an ancestor did, a line each: `deeper at stem: ConvBN(4) → ConvBN(4) -> ConvBN(4)`."""
    if not each.moves:
        return "trained on" if each.trial.number else "the start"
    made, lines = study.architecture(each.trial), list[str]()
    for _ in each.moves:
        assert made.done is not None, "it was made by moves"
        assert made.parent is not None, "and they lead from the start to it"
        changes = dict.fromkeys(f"{one.before} → {one.after}" for one in made.done.firings)
        lines.append(f"{made.moves[-1]}: {'; '.join(changes)}")
        made = made.parent
    return "\n".join(reversed(lines))
