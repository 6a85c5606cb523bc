"""`search { … }`: what a file says of the search through it, checked; defaults for the command line.

What a search does with it is `command.planning`'s business.
"""

from collections.abc import Callable, Iterable

from attrs import asdict, evolve, fields_dict, frozen

from symnas import tree
from symnas.errors import suggest
from symnas.operators.settings import LARGEST_REAL
from symnas.spans import Span

__all__ = ["Plan", "read_plan"]

Report = Callable[[str, str, Span, str | None], object]
"""Takes a mistake: its code, message, place and remedy."""


@frozen(kw_only=True)
class Plan:
    """Settings of a search; `None` where nothing was said. *unique* is what is evaluated once (`graph` or `genotype`), *evaluator*
    the name of a function that the file `use`s: it trains in place of the built-in trainer.
    """

    searcher: str | None = None
    seed: int | None = None
    ahead: int | None = None
    eager: bool | None = None
    unique: str | None = None
    trials: int | None = None
    seconds: float | None = None
    trial_seconds: float | None = None
    workers: int | None = None
    evaluator: str | None = None

    def over(self, other: "Plan") -> "Plan":
        """This plan, completed by *other*. A budget is one thing: its parts are not taken from two places."""
        mine = {name: value for name, value in asdict(self).items() if value is not None}
        if self.trials is not None or self.seconds is not None:
            other = evolve(other, trials=None, seconds=None)
        return evolve(other, **mine)


_LEAST = {"seed": 0, "ahead": 1, "trials": 1, "workers": 0}
"""Settings that are whole numbers, and the least that each may be."""

_UNIQUE = ("graph", "genotype")

_NAMES = {"searcher": 'a searcher in quotes, as in `"random"`', "evaluator": "a function that the file `use`s"}


def read_plan(fields: Iterable[tree.Field], report: Report) -> Plan:
    """The plan that *fields* of `search { … }` make; what is wrong with them is reported, and left out."""
    found: dict[str, object] = {}
    for each in fields:
        name = each.label
        if name not in fields_dict(Plan):
            hint = suggest(name or "", fields_dict(Plan), "there are")
            report("E0311", f"`search` has no setting `{name or each.span.text}`", each.span, hint)
        elif name in found:
            report("E0302", f"`{name}` is given twice", each.span, "leave one of them out")
        else:
            value, expected = _read(name, each.value)
            if expected is not None:
                report("E0312", f"`{name}` of `search` {expected}", each.value.span, None)
            else:
                found[name] = value
    return Plan(**found)  # type: ignore[arg-type]  # each by its name


def _read(name: str, node: tree.Expression) -> tuple[object, str | None]:
    """The value written for the setting *name*, or what it has to be."""
    match node:
        case tree.Boolean(value=truth) if name == "eager":
            return truth, None
        case tree.Text(value=text) if name == "searcher":
            return text, None
        case tree.Text(value=text) | tree.Name(name=text) if name == "unique" and text in _UNIQUE:
            return text, None
        case tree.Name(name=text) if name in _NAMES:
            return text, None
        case tree.Number(value=number) if name in _LEAST:
            if number.denominator == 1 and number >= _LEAST[name]:
                return int(number), None
            return None, f"must be a whole number from {_LEAST[name]}, not `{node.span.text or number}`"
        case tree.Number(value=number) if number > LARGEST_REAL:
            return None, f"must be at most {float(LARGEST_REAL):.0e}"
        case tree.Number(value=number) if name not in ("eager", "unique") and name not in _NAMES:
            return (float(number), None) if number > 0 else (None, f"must be a number above 0, not `{node.span.text}`")
    kinds = {"eager": "`true` or `false`", "unique": '`"graph"` or `"genotype"`', **_NAMES}
    kind = kinds.get(name, "a number")
    return None, f"is {kind}"
