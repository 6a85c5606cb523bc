"""Where decisions stand: each goes to the step of a scope that its path leads to, or stays with the scope."""

import re
from collections.abc import Sequence

from attrs import evolve

from symnas.graph import Operation, Step, Use, scopes_within
from symnas.picture.chips import Decision
from symnas.picture.layers import value_text

__all__ = ["shared_out", "spelled"]


def shared_out(
    decisions: list[Decision], steps: Sequence[Step]
) -> tuple[list[Decision], dict[int, list[Decision]], list[tuple[int, Decision]]]:
    """*decisions* of a scope as its own, those below each step, and those that stand beside a step.

    A decision stands beside the first step of the loop that its path names, and `maybe` beside the block it makes.
    """
    names = {step.name: place for place, step in reversed(list(enumerate(steps)))}
    loops: dict[str, int] = {}
    for place, step in enumerate(steps):
        parts = step.name.split(".")
        for length in range(1, len(parts)):
            loops.setdefault(".".join(parts[:length]), place)
    within = {each.name: place for place, step in enumerate(steps) for scope in scopes_within(step)
              for each in scope.every_step()}  # fmt: skip
    own: list[Decision] = []
    below: dict[int, list[Decision]] = {}
    beside: list[tuple[int, Decision]] = []
    for each in decisions:
        parts = each.place.split(".")
        for length in range(len(parts), 0, -1):
            head = ".".join(parts[:length])
            if head in names:
                below.setdefault(names[head], []).append(evolve(each, place=".".join(parts[length:]) or parts[-1]))
                break
            if head in within:  # its place is that of the scope around, as the names in there are
                below.setdefault(within[head], []).append(each)
                break
            if head in loops:
                beside.append((loops[head], evolve(each, place=".".join(parts[length:]) or parts[-1])))
                break
        else:
            made = _made_by(each, steps)
            if made is None:
                made = _set_by(each, decisions, steps)
            if made is None:
                own.append(each)
            else:
                beside.append((made, each))
    return own, below, beside


def _made_by(decision: Decision, steps: Sequence[Step]) -> int | None:
    """The step that a `maybe` of the scope itself makes."""
    if not re.fullmatch(r"maybe(\.\d+)?", decision.place):
        return None
    labels = set(getattr(decision.domain, "labels", ()))
    found = [place for place, step in enumerate(steps) if isinstance(step, Use) and step.scope.block in labels]
    turn = int(decision.place.partition(".")[2] or 0)
    return found[turn] if turn < len(found) else None


def _set_by(decision: Decision, decisions: list[Decision], steps: Sequence[Step]) -> int | None:
    """The layer whose setting the decision fills, where as many layers have that setting as it has decisions."""
    name, _, turn = decision.place.partition(".")
    if turn and not turn.isdigit():
        return None
    filled = [each for each in decisions if re.fullmatch(re.escape(name) + r"(\.\d+)?", each.place)]
    having = [
        (place, dict(step.settings)[name])
        for place, step in enumerate(steps)
        if isinstance(step, Operation) and name in dict(step.settings)
    ]
    if len(filled) != len(having) or int(turn or 0) >= len(having):
        return None
    place, value = having[int(turn or 0)]
    return place if value_text(value) == decision.domain.show(decision.choice) else None


def spelled(place: str) -> str:
    """A place in the spelling of genotypes: `n.0.Edge.oneof` is `n[0].Edge.oneof`."""
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", place)
