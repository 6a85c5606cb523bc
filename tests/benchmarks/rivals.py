"""Searchers of other libraries as contestants: PyGlove's evolution, Optuna's samplers, SMAC's random forest.

Each has the space as independent decisions (`Task.flat`) and its own default settings, but for those named after the
colon: `pyglove:population_size=30`. None needs more than `pip install pyglove optuna smac`; Optuna's Gaussian process
needs torch, too.
"""

import atexit
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

from symnas.benchmarks import Asked, Budget, Contestant, Task
from symnas.errors import SearchError
from symnas.searchers import Final, Success
from symnas.searchers.settings import split_spec
from symnas.tree import Direction

__all__ = ["RIVALS", "rival"]

TRIALS = 200
"""What SMAC is told where the budget is in seconds."""


class Optuna:
    """One of Optuna's samplers, asked and told by its study; every decision is categorical."""

    def __init__(self, kind: str, task: Task, seed: int, settings: Mapping[str, Any], _: Budget) -> None:
        optuna: Any = import_module("optuna")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.filterwarnings("ignore", module="optuna")
        samplers = {
            "optuna-random": "RandomSampler",
            "optuna-tpe": "TPESampler",
            "optuna-gp": "GPSampler",
            "optuna-nsga2": "NSGAIISampler",
        }
        sampler = getattr(optuna.samplers, samplers[kind])(seed=seed, **settings)
        ways = ["maximize" if way is Direction.MAXIMIZE else "minimize" for _, way in task.objectives]
        self._study = optuna.create_study(directions=ways, sampler=sampler)
        self._flat = task.flat
        self._failed = optuna.trial.TrialState.FAIL

    def ask(self) -> Asked[Any]:
        """A trial whose parameters have been suggested."""
        trial = self._study.ask()
        choices = [trial.suggest_categorical(name, range(size)) for name, size in self._flat.decisions]
        return Asked(trial, self._flat.row(choices))

    def tell(self, token: Any, result: Final) -> None:
        """The values, or that the trial failed."""
        if isinstance(result, Success):
            self._study.tell(token, list(result.values))
        else:
            self._study.tell(token, state=self._failed)


class PyGlove:
    """Regularised evolution, or NSGA-II where there are two objectives, on `pg.oneof` for every decision."""

    def __init__(self, _: str, task: Task, seed: int, settings: Mapping[str, Any], __: Budget) -> None:
        pg: Any = import_module("pyglove")
        self._flat = task.flat
        self._signs = [1.0 if way is Direction.MAXIMIZE else -1.0 for _, way in task.objectives]
        several = len(self._signs) > 1
        evolution = pg.evolution.nsga2 if several else pg.evolution.regularized_evolution
        self._algorithm = evolution(pg.evolution.mutators.Uniform(seed=seed), seed=seed, **settings)
        choices = [pg.oneof(range(size)) for _, size in task.flat.decisions]
        self._algorithm.setup(pg.dna_spec(pg.Dict({f"d{place}": each for place, each in enumerate(choices)})))

    def ask(self) -> Asked[Any] | None:
        """Its next DNA."""
        try:
            dna = self._algorithm.propose()
        except StopIteration:
            return None
        return Asked(dna, self._flat.row([int(each.value) for each in dna.children]))

    def tell(self, token: Any, result: Final) -> None:
        """The reward; a failure has none that it could be told as, so that it gets the lowest."""
        values = result.values if isinstance(result, Success) else tuple(-sign * 1e9 for sign in self._signs)
        rewards = tuple(sign * value for sign, value in zip(self._signs, values, strict=True))
        self._algorithm.feedback(token, rewards if len(rewards) > 1 else rewards[0])


class PyGloveCopy:
    """PyGlove's regularised evolution without its trees: the same draws of the same three generators, so that it proposes
    what `PyGlove` proposes, at a thousandth of the cost (`test_rivals.py` compares them). There is one objective.

    A run of the library takes up to half a minute where its population has settled and asks 5,000 times for what it knows.
    """

    def __init__(self, _: str, task: Task, seed: int, settings: Mapping[str, Any], __: Budget) -> None:
        if len(task.objectives) > 1:
            raise SearchError("`pyglove-copy` has one objective; `pyglove` has several")
        self._flat = task.flat
        self._sizes = [size for _, size in task.flat.decisions]
        self._sign = 1.0 if task.objectives[0][1] is Direction.MAXIMIZE else -1.0
        self._size, self._tournament = settings.get("population_size", 100), settings.get("tournament_size", 10)
        self._initial, self._selecting, self._mutating = Random(seed), Random(seed), Random(seed)
        self._population: list[tuple[float, tuple[int, ...]]] = []

    def ask(self) -> Asked[tuple[int, ...]]:
        """A random member of the first population; later the best of some, one of its decisions drawn anew."""
        if len(self._population) < self._size:
            choices = tuple(self._initial.randint(0, size - 1) for size in self._sizes)
        else:
            drawn = self._selecting.sample(self._population, min(self._tournament, self._size))
            _, parent = max(drawn, key=lambda each: each[0])
            place = self._mutating.choice(range(len(parent)))
            choice = self._mutating.randint(0, self._sizes[place] - 1)
            choices = (*parent[:place], choice, *parent[place + 1 :])
        return Asked(choices, self._flat.row(choices))

    def tell(self, token: tuple[int, ...], result: Final) -> None:
        """The newest are the population."""
        reward = self._sign * result.values[0] if isinstance(result, Success) else -1e9
        self._population = [*self._population, (reward, token)][-self._size :]


class Smac:
    """SMAC's facade for hyperparameters: a random forest, expected improvement, interleaved random points.

    It is told how many trials there will be, of which a quarter at most is its initial design; `initial` sets that.
    """

    def __init__(self, _: str, task: Task, seed: int, settings: Mapping[str, Any], budget: Budget) -> None:
        configspace: Any = import_module("ConfigSpace")
        smac: Any = import_module("smac")
        facade = smac.HyperparameterOptimizationFacade
        logging.disable(logging.CRITICAL)
        warnings.filterwarnings("ignore", module="smac")
        self._flat = task.flat
        self._signs = [-1.0 if way is Direction.MAXIMIZE else 1.0 for _, way in task.objectives]
        space = configspace.ConfigurationSpace(seed=seed)
        self._names = [f"d{place:03}" for place in range(len(self._flat.decisions))]
        for name, (_, size) in zip(self._names, self._flat.decisions, strict=True):
            space.add(configspace.Categorical(name, list(range(size))))
        objectives = [name for name, _ in task.objectives]
        trials = budget.evaluations or TRIALS
        scenario = smac.Scenario(
            space, seed=seed, n_trials=trials, deterministic=True, objectives=objectives, output_directory=_scratch()
        )
        design = facade.get_initial_design(scenario, n_configs=settings.get("initial"))
        model = facade.get_model(scenario)
        # The same forest for less: it makes room for a million leaves in each tree, and starts threads at each look.
        model._rf_opts.update(max_leaf_nodes=2 * trials, n_jobs=1)
        self._smac = facade(scenario, _unused, model=model, initial_design=design, logging_level=50, overwrite=True)

    def ask(self) -> Asked[Any] | None:
        """Its next configuration."""
        try:
            info = self._smac.ask()
        except StopIteration:
            return None
        return Asked(info, self._flat.row([int(info.config[name]) for name in self._names]))

    def tell(self, token: Any, result: Final) -> None:
        """The costs, which it minimises; or that the run crashed. It would write all trials to files each time."""
        history: Any = import_module("smac.runhistory")
        if isinstance(result, Success):
            costs = [sign * value for sign, value in zip(self._signs, result.values, strict=True)]
            self._smac.tell(token, history.TrialValue(cost=costs if len(costs) > 1 else costs[0]), save=False)
        else:
            worst = [1e9 for _ in self._signs]
            value = history.TrialValue(cost=worst if len(worst) > 1 else worst[0], status=history.StatusType.CRASHED)
            self._smac.tell(token, value, save=False)


RIVALS: dict[str, tuple[str, Callable[[str, Task, int, Mapping[str, Any], Budget], Contestant[Any]]]] = {
    "optuna-gp": ("optuna", Optuna),
    "optuna-nsga2": ("optuna", Optuna),
    "optuna-random": ("optuna", Optuna),
    "optuna-tpe": ("optuna", Optuna),
    "pyglove": ("pyglove", PyGlove),
    "pyglove-copy": ("pyglove", PyGloveCopy),
    "smac": ("smac", Smac),
}
"""By name: the library, and what makes a contestant of it."""


def rival(spec: str, task: Task, seed: int, budget: Budget) -> tuple[str, Contestant[Any]]:
    """The contestant that *spec* names, after its name with its version. SMAC plans with the *budget*."""
    name, texts = split_spec(spec)
    library, make = RIVALS[name]
    settings = {key: _value(text) for key, text in texts.items()}
    return f"{spec} ({library} {version(library)})", make(name, task, seed, settings, budget)


def _value(text: str) -> object:
    """A setting as Python has it."""
    words: dict[str, object] = {"true": True, "false": False, "none": None}
    if text in words:
        return words[text]
    try:
        return int(text)
    except ValueError:
        return float(text)


def _scratch() -> Path:
    """A folder for SMAC, which writes files; gone with the process."""
    folder = Path(tempfile.mkdtemp(prefix="smac-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _unused(config: Any, seed: int = 0) -> float:  # noqa: ARG001 (SMAC looks at the names)
    """SMAC wants a function, even where it is asked and told."""
    raise AssertionError("evaluations are told")
