"""The built-in trainer for networks that are grown: each goes on from what carries over of its parent's weights.

The start is trained by the recipe of its program, a child for some epochs more: with the recipe's schedule from its
beginning, and nothing remembered of earlier gradients.
"""

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from symnas.errors import SearchError, listing
from symnas.growing.inheriting import inherit, keep
from symnas.growing.space import Grown
from symnas.study.runs import Run
from symnas.training.continuing import load_state
from symnas.training.evaluate import Evaluator, Final, judged
from symnas.training.trainer import Metrics
from symnas.training.weights import HasWeights, load_arrays, load_weights

__all__ = ["LINE", "SHARE", "Rearing"]

LINE = "line_epochs"
"""The metric that says how many epochs have made a network's weights: its own and those of all it inherits from."""

SHARE = "inherited"
"""The metric that says which share of a network's numbers it began with was carried over from its parent."""


@frozen
class Rearing:
    """Trains the start for *first* epochs and every child for *epochs*; as many as the recipe says where nothing is said.
    *weights* is a file of those that the start begins with. A value that travels to worker processes.
    """

    evaluator: Evaluator
    epochs: int | None = None
    first: int | None = None
    weights: Path | None = None

    def __call__(self, architecture: Grown, recipe: Mapping[str, object], seed: int, run: Run) -> Metrics:
        """Validation metrics; the weights are kept for those that go on from them.

        Raises:
            Diverged: the loss stops being a finite number.
            SearchError: recipe, network and data do not go together, or weights cannot be read.
            CompileError: the file of weights is none.
        """
        epochs = self.epochs if run.number else self.first  # the start may be trained on, too
        trainer = self.evaluator.trainer(architecture, _for_epochs(recipe, epochs), seed)
        if run.number == 0 and self.weights is not None:
            _begin(trainer.module, self.weights)
        found = inherit(trainer.module, architecture, run)
        metrics = trainer.finish(trainer.train(0 if epochs == 0 else None, run.report))
        metrics[LINE] = metrics["epochs"] + (0.0 if found is None else found.epochs)
        metrics[SHARE] = 0.0 if found is None else found.share
        keep(trainer.module, architecture, run, metrics[LINE])
        return metrics

    def check(self, start: Grown) -> None:
        """Look for mistakes that would fail every trial, before the first one.

        Raises:
            SearchError: saying what to change. CompileError: the file of weights is none.
        """
        self.evaluator.check(start, _for_epochs(start.recipe, self.epochs))
        if self.weights is not None:
            _begin(self.evaluator.trainer(start, start.recipe, 0).module, self.weights)

    def judged(self, architecture: Grown, folder: Path) -> Final | None:
        """What *architecture* does on the test part with the weights kept in *folder*; `None` where there are none."""
        state = load_state(folder) if folder.is_dir() else None
        if state is None:
            return None
        (weights,) = state["weights"].values()  # the built-in trainer trains one net
        return judged(self.evaluator, architecture, architecture.recipe, weights)


def _for_epochs(recipe: Mapping[str, object], epochs: int | None) -> Mapping[str, object]:
    return {**recipe, "epochs": epochs} if epochs else recipe


def _begin(module: HasWeights, file: Path) -> None:
    """Put the weights in *file* into *module*, all of them."""
    given = load_weights(file)
    own = module.state_dict()
    wrong = [name for name, value in own.items() if name not in given or tuple(given[name].shape) != tuple(value.shape)]
    strange = [name for name in given if name not in own]
    if wrong or strange:
        what = (
            f"has no fitting {listing(wrong[:4])}" if wrong else f"has {listing(strange[:4])}, which the network lacks"
        )
        raise SearchError(f"{file} does not hold the weights of this network: it {what}")
    load_arrays(module, given)
