"""How a search is to be: what the command line says, else what the study was begun with, else the file, else defaults.

The file says it in `search { … }`; what a search was begun with is kept beside its results, for `--resume`.
"""

import json
import os
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

from attrs import asdict, evolve, fields_dict, frozen

from symnas import tree
from symnas.command.options import at_least, positive
from symnas.command.writing import write_text
from symnas.errors import SourceError, nearest
from symnas.traversal import children

__all__ = ["Plan", "default_workers", "net_reads", "plan_of", "read_begun", "write_begun"]


@frozen(kw_only=True)
class Plan:
    """Settings of a search; `None` where nothing was said."""

    searcher: str | None = None
    seed: int | None = None
    ahead: int | None = None
    eager: bool | None = None
    trials: int | None = None
    seconds: float | None = None
    trial_seconds: float | None = None
    workers: int | None = None

    def over(self, other: "Plan") -> "Plan":
        """This plan, completed by *other*. A budget is one thing: its parts are not taken from two places."""
        mine = {name: value for name, value in asdict(self).items() if value is not None}
        if self.trials is not None or self.seconds is not None:
            other = evolve(other, trials=None, seconds=None)
        return evolve(other, **mine)


def plan_of(module: tree.Module) -> Plan:
    """What the `search { … }` of a file says.

    Raises:
        SourceError: a setting is unknown, or has no such value.
    """
    written = [each for block in module.declarations if isinstance(block, tree.Search) for each in block.fields]
    return Plan(**{str(field.label): _value(field) for field in written})  # type: ignore[arg-type]  # checked by name


def net_reads(module: tree.Module) -> frozenset[str]:
    """Names that the program reads as `train.name` outside its recipe."""
    outside = [each for each in module.declarations if not isinstance(each, tree.Train | tree.Search | tree.Pick)]
    return frozenset(name for each in outside for name in _train_names(each))


def default_workers(ahead: int) -> int:
    """A worker for each core that this process may use, as far as proposals go round."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, ahead))


def write_begun(path: Path, plan: Plan) -> None:
    """Keep the budget that a search was begun with, so that `--resume` alone goes on to the same end."""
    kept = {name: value for name, value in asdict(plan).items() if name in ("trials", "seconds", "trial_seconds")}
    write_text(path, json.dumps(kept) + "\n")


def read_begun(path: Path) -> Plan:
    """The plan that `write_begun` kept; an empty one where there is none to read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Plan(**kept)
    except (OSError, ValueError, TypeError):
        return Plan()


_CHECKS: Mapping[str, Callable[[str], object]] = {
    "searcher": str,
    "seed": at_least(0),
    "ahead": at_least(1),
    "trials": at_least(1),
    "seconds": positive,
    "trial_seconds": positive,
    "workers": at_least(0),
}


def _value(field: tree.Field) -> object:
    name = field.label or ""
    if name not in fields_dict(Plan):
        close = nearest(name, fields_dict(Plan))
        hint = (
            f"did you mean `{close}`?" if close else "there are " + ", ".join(f"`{each}`" for each in fields_dict(Plan))
        )
        raise SourceError.at("E0701", f"`search` has no setting `{name}`", field.span, hint)
    match field.value:
        case tree.Boolean(value=truth) if name == "eager":
            return truth
        case tree.Text(value=text) if name == "searcher":
            return text
        case tree.Name(name=text) if name == "searcher":
            return text
        case tree.Number(value=number) if name not in ("eager", "searcher"):
            return _checked(name, number, field)
    kind = {"eager": "`true` or `false`", "searcher": 'a searcher in quotes, as in `"random"`'}.get(name, "a number")
    raise SourceError.at("E0702", f"`{name}` of `search` is {kind}", field.value.span)


def _checked(name: str, number: Fraction, field: tree.Field) -> object:
    try:
        return _CHECKS[name](str(number if number.denominator == 1 else float(number)))
    except ArgumentTypeError as error:
        raise SourceError.at("E0702", f"`{name}` of `search` {error}", field.value.span) from None


def _train_names(node: tree.Node) -> set[str]:
    found = {name for child in children(node) for name in _train_names(child)}
    if isinstance(node, tree.Attribute) and node.target == tree.Name("train"):
        found.add(node.name)
    return found
