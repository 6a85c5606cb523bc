"""One evaluation: the user's function is called, and what it does becomes a result.

In which process that happens is `workers`' business.
"""

import inspect
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, SupportsFloat

from attrs import frozen

from symnas.costs import Cost
from symnas.errors import NasError, SearchError
from symnas.searchers import Failure, Final, Infeasible, Objective, Partial, Success
from symnas.searchers.results import is_finite
from symnas.sizes import SymbolicSize
from symnas.study.runs import Run, Stopped, Task
from symnas.study.spaces import Candidate

__all__ = ["Breach", "Broken", "Evaluate", "Outcome", "asked", "partial_of", "perform", "understood"]

Report = float | Mapping[str, Any] | Final
"""What an evaluator may return: the only objective, or metrics by name, or a result made by itself. Among metrics,
`exits` may be the share of samples that took the first side of each `when`, by its path: `{"exits": {"when": 0.5}}`.
"""

Evaluate = Callable[..., Report]
"""An evaluator: `evaluate(architecture, recipe)`. One that has a parameter `seed` is given the trial's; one that has a
parameter `run` is given the trial itself (`Run`): how far to train, what to go on from, where to tell how it stands.
"""

FRAMES = 3
"""How much of a traceback is kept: the innermost frames, where the mistake usually is."""


@frozen
class Breach:
    """The evaluator breaks its contract: no result of one trial, but a mistake that would spoil every one."""

    message: str


Outcome = Final | Breach


class Broken(BaseException):
    """A breach on the way: the evaluation ends at once."""

    def __init__(self, breach: Breach) -> None:
        self.breach = breach


def perform(
    evaluate: Evaluate,
    architecture: Candidate,
    task: Task,
    objectives: Sequence[Objective],
    hear: Callable[[Partial], object] = lambda _: None,
) -> Outcome:
    """Evaluate *architecture* as *task* asks; *hear* is told each partial result, at once.

    Whatever the evaluator raises becomes a `Failure` that says what and where. Where the task's rule ends it early, its
    last partial result becomes its result.
    """
    curve: list[Partial] = []
    metrics: dict[str, float] = {}

    def take(step: object, report: object) -> bool:
        partial, told = partial_of(step, report, architecture, objectives)
        metrics.clear()
        metrics.update(told)
        curve.append(partial)
        hear(partial)
        return task.stopping is not None and task.stopping.ends(curve)

    run = Run(task.number, task.seed, task.until, task.inherited, task.folder, take)
    try:
        with _seeded(task.seed):
            extra = asked(evaluate, {"seed": task.seed, "run": run})
            report = evaluate(architecture, architecture.recipe, **extra)
    except Stopped:
        return Success(curve[-1].values, metrics, stopped=True)
    except Broken as broken:
        return broken.breach
    except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever it is, the search goes on)
        return Failure(_described(error))
    return understood(report, architecture, objectives)


def asked(function: Callable[..., object], offered: Mapping[str, object]) -> dict[str, object]:
    """Those of *offered* that *function* has parameters for."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a builtin without a signature
        return {}
    return {name: value for name, value in offered.items() if name in parameters}


def partial_of(
    step: object, report: object, architecture: Candidate, objectives: Sequence[Objective]
) -> tuple[Partial, dict[str, float]]:
    """What was reported at *step*, and all metrics of it; an evaluator that is of no use ends the evaluation."""
    if not isinstance(step, int) or step < 0:
        raise Broken(Breach(f"the evaluator reports step {step!r}; steps are whole numbers from 0"))
    metrics = _metrics(report, objectives)
    if isinstance(metrics, Breach):
        raise Broken(metrics)
    values = _values(metrics, architecture, objectives)
    if isinstance(values, Breach):
        raise Broken(values)
    return Partial(step, values), metrics


def understood(report: object, architecture: Candidate, objectives: Sequence[Objective]) -> Outcome:
    """What an evaluator's *report* means: a result, or that the evaluator is of no use."""
    if isinstance(report, Success) and len(report.values) != len(objectives):
        return Breach(f"the evaluator returned {report}; its values must be {_list([name for name, _ in objectives])}")
    if isinstance(report, Success | Failure | Infeasible | Breach):
        return report
    metrics = _metrics(report, objectives)
    if isinstance(metrics, Breach):
        return metrics
    values = _values(metrics, architecture, objectives)
    if isinstance(values, Breach):
        return values
    if is_finite(values):
        return Success(values, metrics)
    told = (f"{name} is {value}" for (name, _), value in zip(objectives, values, strict=True))
    return Failure(f"no finite result: {', '.join(told)}")


def _metrics(report: object, objectives: Sequence[Objective]) -> dict[str, float] | Breach:
    """What was measured, by name."""
    measured = [name for name, _ in objectives if Cost.read(name) is None]
    if not isinstance(report, Mapping):
        if len(measured) != 1:
            return Breach(f"the evaluator returned {report!r}; it must return a dict of {_list(measured)}")
        report = {measured[0]: report}
    told = _flat(report)
    metrics = {name: number for name, value in told.items() if (number := _number(value)) is not None}
    if len(metrics) < len(told):
        return Breach(f"the evaluator returned {report!r}; it must return a number, or a dict of numbers by name")
    missing = [name for name in measured if name not in metrics]
    if missing:
        return Breach(
            f"the evaluator reports {_list(metrics)}, but not {_list(missing)}, which the search optimises: "
            "report it, or name a metric that is reported"
        )
    return metrics


def _values(
    metrics: Mapping[str, float], architecture: Candidate, objectives: Sequence[Objective]
) -> tuple[float, ...] | Breach:
    """The objectives, in their order."""
    try:
        return tuple(metrics[name] if name in metrics else _cost(architecture, name, metrics) for name, _ in objectives)
    except NasError as error:
        return Breach(str(error))


def _cost(architecture: Candidate, objective: str, metrics: Mapping[str, float]) -> float:
    cost = Cost.read(objective)
    assert cost is not None
    value = cost.of(architecture.graph(cost.net), metrics)
    if isinstance(value, SymbolicSize):
        raise SearchError(f"`{objective}` is {value}, which depends on sizes that are not given; give them (`--size`)")
    return float(value)


def _flat(report: Mapping[Any, object]) -> dict[str, object]:
    """*report* with exit rates by names of their own: `{"exits": {"when": 0.5}}` is `{"exits.when": 0.5}`."""
    found = {str(name): value for name, value in report.items() if not isinstance(value, Mapping)}
    for name, value in report.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{path}": rate for path, rate in value.items()}
    return found


def _number(value: object) -> float | None:
    """*value* as a plain number, if it is one; numbers of numpy and tensors of one element are."""
    if isinstance(value, str | bytes | bool) or not isinstance(value, SupportsFloat):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):  # an array of several
        return None


def _described(error: BaseException) -> str:
    """Type and message, then the innermost frames outside symnas' own call, one per line."""
    frames = traceback.extract_tb(error.__traceback__)[1:][-FRAMES:]
    message = "".join(traceback.format_exception_only(error)).strip()
    return "\n".join([message, *(f"  {each.filename}:{each.lineno} in {each.name}: {each.line}" for each in frames)])


def _list(names: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Within it, the global generators of Python, numpy and torch start from *seed*; afterwards they are as before.

    This is for evaluators that use those generators unasked. numpy and torch are seeded only where they are loaded.
    """
    python = random.getstate()
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    numpy_state = numpy.random.get_state() if numpy else None
    torch_state = torch.get_rng_state() if torch else None
    random.seed(seed)
    if numpy:
        numpy.random.seed(seed)
    if torch:
        torch.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(python)
        if numpy:
            numpy.random.set_state(numpy_state)
        if torch:
            torch.set_rng_state(torch_state)
