"""Evaluators for searches on built-in data: train an architecture with its recipe, measure the validation part.

The test part is read by `final` and `judged` alone. Running evaluations in processes, and keeping their results, is `study`'s.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from symnas.allowing import importable_from
from symnas.errors import SearchError
from symnas.graph import Graph
from symnas.training.agreement import check_graph
from symnas.training.continuing import State, load_state, save_state
from symnas.training.data import load
from symnas.training.randomness import Surroundings
from symnas.training.recipe import Recipe, read_recipe
from symnas.training.samples import DataSettings, Splits
from symnas.training.trainer import Metrics, Trainer, measured

if TYPE_CHECKING:
    from torch import Tensor, nn

    from symnas.study.runs import Run

__all__ = ["Evaluator", "Final", "HasGraph", "Stage", "final", "judged"]


class HasGraph(Protocol):
    """An architecture, as far as it matters here: something with a graph."""

    def graph(self) -> Graph:
        """The dataflow of the network."""
        ...


def _names(values: Iterable[str]) -> frozenset[str]:
    return frozenset(values)


@frozen
class Evaluator:
    """Trains architectures. A value that travels to worker processes; the data is read there, once for each process.

    *folder* is where paths of data begin: the folder of the .nas file. *net_reads* are the names of `train { … }`
    that the network itself reads, *allow* the Python modules whose layers it may import. *threads* is per evaluation; the same number gives the same results.
    """

    folder: Path = Path()
    net_reads: frozenset[str] = field(default=frozenset(), converter=_names)
    device: str = "cpu"
    threads: int = 1
    allow: tuple[str, ...] = ()

    def __call__(
        self, architecture: HasGraph, recipe: Mapping[str, object], seed: int = 0, run: "Run | None" = None
    ) -> Metrics:
        """Validation metrics of *architecture* trained by *recipe*; the same seed gives the same, seconds apart.

        Each epoch is reported to *run*. Where it says how far to train, the training is kept in its folder, and goes on
        from the one that it inherits.

        Raises:
            Diverged: if the loss stops being a finite number.
            SearchError: if recipe, network and data do not go together, or what it goes on from cannot be read.
        """
        trainer = self.trainer(architecture, recipe, seed)
        if run is None:
            return trainer.fit()
        if run.inherited is not None and (state := load_state(run.inherited)) is not None:
            trainer.go_on_from(state)
        last = trainer.train(run.until, run.report)
        if run.until is not None:
            save_state(trainer.state(), run.folder)
        return trainer.finish(last)

    def steps(
        self, architecture: HasGraph, recipe: Mapping[str, object], seed: int = 0
    ) -> Generator[tuple[int, Metrics], None, Metrics]:
        """The same, epoch by epoch: yields (epoch, metrics) and returns the metrics at the end."""
        return self.trainer(architecture, recipe, seed).epochs()

    def check(self, architecture: HasGraph, recipe: Mapping[str, object]) -> None:
        """Look for mistakes that would fail every trial, before the first one: recipe, data, shapes.

        Raises:
            SearchError: saying what to change.
        """
        read, splits = self._prepared(recipe)
        read.for_task(splits.search.task)
        check_graph(architecture.graph(), splits.search)

    def epochs(self, recipe: Mapping[str, object]) -> int:
        """How many epochs a training by *recipe* takes at most."""
        return read_recipe(recipe, self.net_reads).epochs

    def metrics(self, recipe: Mapping[str, object]) -> tuple[str, ...]:
        """The names of what is measured with data such as *recipe* names, the one that matters first."""
        _, splits = self._prepared(recipe)
        return measured(splits.search.task)

    def _prepared(self, recipe: Mapping[str, object]) -> tuple[Recipe, Splits]:
        """The recipe and the data that it names."""
        read = read_recipe(recipe, self.net_reads)
        if read.data is None:
            raise SearchError('`train` names no data: write `train { data: "digits" }`, or a path to your own')
        return read, _loaded(read.data, self.folder, _modified(self.folder / read.data.source))

    def trainer(self, architecture: HasGraph, recipe: Mapping[str, object], seed: int) -> Trainer:
        """A network with its first weights, and all that is needed to train it.

        Raises:
            SearchError: if recipe, network and data do not go together.
        """
        from symnas.compilers.torch import build

        read, splits = self._prepared(recipe)
        graph = architecture.graph()
        check_graph(graph, splits.search)
        surroundings = Surroundings(seed, self.threads, self.device)
        with importable_from(self.folder), surroundings.entered():
            module = build(graph, allow=self.allow)
        return Trainer(module, splits.search, read, surroundings)


@frozen(eq=False)
class Final:
    """An architecture trained once more: what it does on samples that the search never saw, and its weights.

    Predictions of *module* are for inputs and targets on the scales of *data*, where it has any.
    """

    test: Metrics
    validation: Metrics
    module: "nn.Module"
    data: Splits


@frozen
class Stage:
    """A part of a training: up to epoch *until*, or to the end of the recipe."""

    architecture: HasGraph
    recipe: Mapping[str, object]
    seed: int
    until: int | None = None


def final(
    evaluator: Evaluator,
    architecture: HasGraph,
    recipe: Mapping[str, object],
    seed: int,
    until: int | None = None,
    before: Sequence[Stage] = (),
) -> Final:
    """Train as the trial of *seed* did, and measure the test part: for the table at the end of a search, only there.

    A trial that went on from others is trained through the stages *before* it first, each from the weights of the last.

    Raises:
        Diverged: if the loss stops being a finite number.
        SearchError: if recipe, network and data do not go together.
    """
    state = None
    for each in before:
        trainer = _begun(evaluator, each, state)
        trainer.train(each.until)
        state = trainer.state()
    trainer = _begun(evaluator, Stage(architecture, recipe, seed), state)
    return _tested(evaluator, trainer, recipe, trainer.finish(trainer.train(until)))


def judged(
    evaluator: Evaluator, architecture: HasGraph, recipe: Mapping[str, object], weights: "Mapping[str, Tensor]"
) -> Final:
    """The network of *architecture* with *weights*, not trained any more: what it does on the test part, for the end of a
    search.

    Raises:
        SearchError: if network, weights and data do not go together.
    """
    trainer = evaluator.trainer(architecture, recipe, 0)
    try:
        trainer.module.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise SearchError(f"these are not the weights of this network: {error}") from None
    return _tested(evaluator, trainer, recipe, trainer.train(0))


def _tested(evaluator: Evaluator, trainer: Trainer, recipe: Mapping[str, object], validation: Metrics) -> Final:
    """What the network of *trainer* does as it is."""
    _, splits = evaluator._prepared(recipe)  # noqa: SLF001 (a friend: the one reader of test parts)
    with trainer.surroundings.entered():
        test = trainer.score(splits.test)
    trainer.module.eval()
    return Final(test, validation, trainer.module, splits)


def _begun(evaluator: Evaluator, stage: Stage, state: State | None) -> Trainer:
    trainer = evaluator.trainer(stage.architecture, stage.recipe, stage.seed)
    if state is not None:
        trainer.go_on_from(state)
    return trainer


@lru_cache(maxsize=2)
def _loaded(settings: DataSettings, folder: Path, modified: int) -> Splits:  # noqa: ARG001 (part of the key)
    """The data set, kept between the trials of a process until its file changes."""
    return load(settings, folder)


def _modified(path: Path) -> int:
    """When *path* last changed, in nanoseconds; 0 for what is no file."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
