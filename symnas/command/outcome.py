"""What a search has found: the best trained once more and measured on the test part, beside architectures drawn at
random in the same search; and the best as files.

The search itself never sees the test part; only here is it read.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from symnas.architecture import Architecture
from symnas.searchers import Success
from symnas.searchers.settings import NESTED, split_spec
from symnas.study import Study, Trial, TrialState
from symnas.study.executor import Answer, Executor, Here
from symnas.study.runs import Run, Task
from symnas.study.spaces import open_program
from symnas.study.worker import Job
from symnas.study.workers import Workers
from symnas.training.evaluate import Evaluator, Stage, final

if TYPE_CHECKING:
    from symnas.training.evaluate import Final

__all__ = ["Baseline", "Measured", "baseline_of", "drawn_at_random", "file_about", "measure", "train_winner"]

TEST = "test."
"""Stands before the names of metrics of the test part."""


@frozen
class Measured:
    """A trial, and what its network did on the test part when it was trained again; *failure* says why it did not."""

    trial: Trial
    test: Mapping[str, float] = field(factory=dict)
    failure: str = ""


@frozen
class Baseline:
    """Test results of architectures drawn at random: their mean and standard deviation."""

    count: int
    mean: float
    deviation: float


@frozen
class TestLook:
    """An evaluator that measures the test part, too. A value, so that it can travel to worker processes.

    *before* are, for each task by its number, the trials that its trial went on from.
    """

    evaluator: Evaluator
    before: Mapping[int, Sequence[Trial]] = field(factory=dict)

    def __call__(
        self, architecture: Architecture, recipe: Mapping[str, object], seed: int, run: Run
    ) -> dict[str, float]:
        """Validation metrics under their names, those of the test part under `test.…`."""
        stages = [_stage(architecture, each) for each in self.before.get(run.number, ())]
        result = final(self.evaluator, architecture, recipe, seed, run.until, stages)
        return {**result.validation, **{f"{TEST}{name}": value for name, value in result.test.items()}}


def _stage(architecture: Architecture, trial: Trial) -> Stage:
    """What was trained in *trial*, another one of the same space."""
    other = architecture.space.architecture(trial.genotype)
    return Stage(other, other.recipe, trial.seed, trial.fidelity)


def drawn_at_random(study: Study[Architecture]) -> list[Trial]:
    """The trials that the searcher drew from the whole space, whatever it had been told: all of `random`'s, and the
    first population of `evolution`. Only those that came to a result; empty for a searcher that draws none. A searcher
    that spends budgets draws as the one inside it; that it stopped a trial says nothing of how it was drawn.
    """
    name, settings = split_spec(study.record.searcher)
    while NESTED in settings:
        name, settings = split_spec(settings[NESTED])
    bounds = {"random": len(study.trials), "evolution": int(settings.get("population", 0))}
    drawn = [each for each in study.trials if each.inherits is None][: bounds.get(name, 0)]
    return [each for each in drawn if each.state in (TrialState.COMPLETE, TrialState.STOPPED)]


def measure(
    study: Study[Architecture],
    evaluator: Evaluator,
    trials: Sequence[Trial],
    workers: int,
    tell: Callable[[int], object],
) -> list[Measured]:
    """Train *trials* again, each exactly as the search did, as far as its `fidelity` says here, and measure them on the
    test part; in their order. *tell* hears how many are done.
    """
    look = TestLook(evaluator, {place: study.lineage(each)[:-1] for place, each in enumerate(trials)})
    executor: Executor
    if workers and trials:
        executor = Workers(Job(open_program, study.space.packed, look, ()), min(workers, len(trials)))
    else:
        executor = Here(study.space, look, ())
    found: dict[int, Measured] = {}
    waiting = list(enumerate(trials))
    try:
        while len(found) < len(trials):
            while waiting and executor.free:
                place, trial = waiting.pop(0)
                executor.submit(Task(place, trial.genotype, trial.seed, trial.fidelity))
            for answer in executor.wait(None):
                if isinstance(answer, Answer):
                    found[answer.number] = _measured(trials[answer.number], answer.outcome)
                    tell(len(found))
    finally:
        executor.close()
    return [found[place] for place in range(len(trials))]


def _measured(trial: Trial, outcome: object) -> Measured:
    if isinstance(outcome, Success):
        test = {name.removeprefix(TEST): each for name, each in outcome.metrics.items() if name.startswith(TEST)}
        return Measured(trial, test)
    reason = getattr(outcome, "reason", None) or getattr(outcome, "message", None) or str(outcome)
    return Measured(trial, failure=reason.splitlines()[0])


def train_winner(evaluator: Evaluator, study: Study[Architecture], trial: Trial) -> "Final":
    """The best architecture trained in this process: its results, and its weights."""
    architecture = study.architecture(trial)
    stages = [_stage(architecture, each) for each in study.lineage(trial)[:-1]]
    return final(evaluator, architecture, architecture.recipe, trial.seed, trial.fidelity, stages)


def baseline_of(measured: Sequence[Measured], metric: str) -> Baseline | None:
    """Mean and standard deviation of *metric* on the test part."""
    values = [each.test[metric] for each in measured if metric in each.test]
    if not values:
        return None
    return Baseline(len(values), fmean(values), stdev(values) if len(values) > 1 else 0.0)


def file_about(result: "Final", data: object, seed: int) -> str:
    """What a person must know to use the trained network: data, scales, classes, and how good it is."""
    learned = result.data.search
    test = ", ".join(f"{name} {value:.4g}" for name, value in result.test.items())
    lines = [f"Trained on {data!r} with seed {seed}; on its test part of {len(result.data.test)} samples: {test}."]
    if learned.input_scale is not None:
        lines.append(
            f"Inputs must be standardised first: {_affine(learned.input_scale, '(x - {mean}) / {deviation}')}."
        )
    if learned.target_scale is not None:
        lines.append(f"In the original unit, outputs are {_affine(learned.target_scale, 'y * {deviation} + {mean}')}.")
    if learned.classes:
        lines.append(f"Outputs are scores of these classes, in this order: {', '.join(learned.classes)}.")
    return "\n".join(lines)


def _affine(scale: Any, form: str) -> str:
    """The map of *scale* as an expression; per feature or channel, in their order."""
    mean, deviation = ([round(float(each), 6) for each in values.ravel()] for values in (scale.mean, scale.deviation))
    plain = len(mean) == 1
    return form.format(mean=mean[0] if plain else mean, deviation=deviation[0] if plain else deviation)
