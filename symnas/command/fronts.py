"""The front of a search with several objectives, as the command shows it: every trial that no other one beats."""

from symnas.architecture import Architecture
from symnas.command.terminal import count_of, table
from symnas.study import Study, Trial
from symnas.tree import Direction

__all__ = ["front_record", "front_table"]

MOST = 40
"""Rows shown; --json has them all."""


def front_table(study: Study[Architecture]) -> str:
    """Its trials, the best in the first objective first, the knee marked; nothing where there is one objective."""
    trials = study.front()
    if len(study.objectives) < 2 or not trials:
        return ""
    names = [name for name, _ in study.objectives]
    head = ("", "trial", *names, *(() if ("params", Direction.MINIMIZE) in study.objectives else ("params",)))
    knee = study.knee()
    rows = [_row(study, each, "*" if each == knee else "") for each in trials[:MOST]]
    beyond = f", of which the first {MOST} are shown" if len(trials) > MOST else ""
    objectives = ", ".join(f"{direction.value} {name}" for name, direction in study.objectives)
    return (
        f"front: {count_of(len(trials), 'trial')} that no other beats in everything ({objectives}){beyond};\n"
        "* is the knee, beyond which a little more of one costs much of the others\n\n"
        f"{table(head, rows, range(1, len(head)))}"
    )


def front_record(study: Study[Architecture]) -> list[dict[str, object]]:
    """The same for programs: empty where there is one objective."""
    if len(study.objectives) < 2:
        return []
    names, knee = [name for name, _ in study.objectives], study.knee()
    return [
        {"trial": each.number, "values": dict(zip(names, each.values, strict=True)), "knee": each == knee}
        for each in study.front()
    ]


def _row(study: Study[Architecture], trial: Trial, mark: str) -> tuple[str, ...]:
    values = (f"{value:.4f}" if value % 1 else f"{value:,.0f}" for value in trial.values)
    params = () if ("params", Direction.MINIMIZE) in study.objectives else (f"{study.architecture(trial).params:,}",)
    return (mark, str(trial.number), *values, *params)
