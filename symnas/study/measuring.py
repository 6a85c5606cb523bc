"""Measurements in a search: `measure latency = evaluate(Net)` is called for each trial, beside the evaluator, and a
`require` on what was measured makes a trial infeasible.

What may be measured is checked when the program is read (`symnas.elaborate.metrics`); here it is called.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from symnas import tree
from symnas.allowing import check_allowed, function_of, importable_from
from symnas.architecture import Architecture
from symnas.costs import KNOWN_COSTS, Cost
from symnas.elaborate.metrics import Measurement, NetArgument
from symnas.errors import Diagnostic, SearchError, SourceError, suggest
from symnas.searchers import Failure, Infeasible, Success
from symnas.space import Space
from symnas.study.evaluation import Breach, Evaluate, asked
from symnas.study.runs import Run

__all__ = ["Measuring", "PythonEvaluator", "check_objectives", "evaluator_of"]


@frozen
class PythonEvaluator:
    """`search { evaluator: learn }`: a Python function called as evaluators are, with `(architecture, recipe)`, and
    with `seed` and `run` if it has parameters of these names. *folder* is where its module may lie.
    """

    python: str
    function: str
    allow: tuple[str, ...]
    folder: Path | None = None

    def __call__(self, architecture: Architecture, recipe: Mapping[str, object], seed: int, run: Run) -> Any:
        """What the function returns."""
        with importable_from(self.folder):
            function = function_of(self.python, self.function, self.allow)
            return function(architecture, recipe, **asked(function, {"seed": seed, "run": run}))


@frozen
class Measuring:
    """An evaluator, and the measurements of the program beside it. They come first: a trial that they make infeasible
    is not trained. It travels to worker processes if the evaluator does.
    """

    evaluate: Evaluate
    measurements: tuple[Measurement, ...]
    reported: tuple[str, ...]
    """The objectives that the evaluator itself has to report."""
    allow: tuple[str, ...]
    folder: Path | None = None

    def __call__(self, architecture: Architecture, recipe: Mapping[str, object], seed: int, run: Run) -> Any:
        """The metrics, or that the trial is infeasible, or what the evaluator returned in place of metrics."""
        metrics: dict[str, float] = {}
        with importable_from(self.folder):
            for each in self.measurements:
                found = _measured(each, architecture, seed, self.allow)
                if isinstance(found, Breach):
                    return found
                metrics.update(found)
        if violations := _violations(architecture, metrics):
            return Infeasible(violations)
        run = run.reporting(lambda report: {**told, **metrics} if (told := self._named(report)) else report)
        report = self.evaluate(architecture, recipe, **asked(self.evaluate, {"seed": seed, "run": run}))
        if isinstance(report, Success | Failure | Infeasible | Breach):
            return report
        named = self._named(report)
        if named is None:
            return Breach(f"the evaluator returned {report!r}; it must return a dict of metrics by name")
        metrics = {**named, **metrics}
        missing = sorted(_read(architecture) - metrics.keys())
        if missing:
            return Breach(f"a `require` reads `{missing[0]}`, which nothing reports: `measure` it, or report it")
        violations = _violations(architecture, metrics)
        return Infeasible(violations) if violations else metrics

    def _named(self, report: object) -> Mapping[str, Any] | None:
        """What the evaluator reported, by name; `None` if a number alone may be any of several metrics."""
        if isinstance(report, Mapping):
            return report
        return {self.reported[0]: report} if len(self.reported) == 1 else None


def evaluator_of(space: Space, evaluate: Evaluate | None, allow: Sequence[str], folder: Path | None) -> Evaluate:
    """*evaluate*, or else the function that the program's `search` names, with the program's measurements beside it.

    Raises:
        CompileError: a Python module that it needs is not allowed.
        SearchError: there is nothing to evaluate with.
    """
    module = space.elaboration.module
    named = module.used_function(module.plan.evaluator) if module.plan.evaluator else None
    if evaluate is None and named is None:
        raise SearchError(
            "nothing evaluates: give a function, or name one in the program: `search { evaluator: learn }`"
        )
    needed = [each.python for each in module.measurements] + ([named.python] if evaluate is None and named else [])
    check_allowed(needed, allow, "this search")
    if evaluate is None:
        assert named is not None
        evaluate = PythonEvaluator(named.python, named.node.name, tuple(allow), folder)
    if not module.measurements and not space.elaboration.measured:
        return evaluate
    told = {metric for each in module.measurements for metric in each.metrics}
    names = [name for name, _ in space.objectives if name not in told and Cost.read(name) is None]
    return Measuring(evaluate, tuple(module.measurements), tuple(names), tuple(allow), folder)


def check_objectives(space: Space, reported: Sequence[str]) -> None:
    """Refuse an objective that nothing tells: neither a net nor a measurement, nor an evaluator that reports *reported*.

    Raises:
        SourceError: at the objective.
    """
    module = space.elaboration.module
    told = [*reported, *(metric for each in module.measurements for metric in each.metrics)]
    wrong = []
    for node in module.node.declarations:
        if isinstance(node, tree.Objective) and isinstance(node.metric, tree.Name):
            name = node.metric.name
            if name not in told and name not in KNOWN_COSTS:
                hint = suggest(name, [*told, *KNOWN_COSTS], "there are")
                wrong.append(Diagnostic("E0230", f"nothing tells `{name}`", node.metric.span, hint))
    if wrong:
        raise SourceError(wrong)


def _measured(
    each: Measurement, architecture: Architecture, seed: int, allow: tuple[str, ...]
) -> dict[str, float] | Breach:
    function = function_of(each.python, each.function, allow)
    positional = [_given(value, architecture, allow) for value in each.positional]
    named = {name: _given(value, architecture, allow) for name, value in each.named}
    extra = asked(function, {"architecture": architecture, "seed": seed})
    report = function(*positional, **{**extra, **named})
    match report:
        case Mapping():
            found = {str(name): value for name, value in report.items()}
        case tuple() | list() if len(report) == len(each.metrics):
            found = dict(zip(each.metrics, report, strict=True))
        case _ if len(each.metrics) == 1:
            found = {each.metrics[0]: report}
        case _:
            return Breach(f"`{each.function}` returned {report!r}; it must measure {', '.join(each.metrics)}")
    missing = [name for name in each.metrics if name not in found]
    if missing:
        return Breach(f"`{each.function}` reports {', '.join(found) or 'nothing'}, but not `{missing[0]}`")
    return {name: float(found[name]) for name in each.metrics}


def _given(value: object, architecture: Architecture, allow: tuple[str, ...]) -> object:
    """An argument as the function gets it: a net is built, with fresh weights, ready to predict."""
    if not isinstance(value, NetArgument):
        return value
    from symnas.compilers.torch import build

    return build(architecture.graph(value.name), allow=allow).eval()


def _read(architecture: Architecture) -> set[str]:
    """The metrics that `require`s read."""
    return {name for claim in architecture.space.elaboration.measured for name in claim.metrics}


def _violations(architecture: Architecture, metrics: Mapping[str, float]) -> dict[str, float]:
    """By how much each `require` is broken, all of whose metrics are known; 1 where that is no amount."""
    found = {}
    for claim in architecture.space.elaboration.measured:
        if claim.metrics <= metrics.keys():
            amount = claim.broken(architecture.genotype, architecture.cost, metrics)
            if amount is not None:
                found[claim.span.text.removeprefix("require").strip() or "require"] = amount
    return found
