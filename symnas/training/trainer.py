"""The built-in trainer: one network, one recipe, one data set, one seed.

Choosing networks is a search's business; measuring the test part is `evaluate`'s.
"""

import math
from collections.abc import Callable, Generator
from time import perf_counter
from typing import TYPE_CHECKING

from attrs import define, field

from symnas.errors import SearchError
from symnas.training.agreement import check_module
from symnas.training.continuing import State, fitting, optimizer_state, restore_optimizer
from symnas.training.exits import watched
from symnas.training.optimisation import learning_rate, make_optimizer
from symnas.training.randomness import Surroundings
from symnas.training.recipe import Loss, Recipe
from symnas.training.samples import Part, SearchData, Task

if TYPE_CHECKING:
    from torch import Tensor, nn, optim

__all__ = ["Diverged", "Metrics", "Trainer", "measured"]

Metrics = dict[str, float]
"""What was measured, by name: `accuracy` (0 to 1) or `r2` and `mse`, and `loss`, `epochs`, `seconds`."""


def measured(task: Task) -> tuple[str, ...]:
    """The names of what is measured where the data is for *task*, the one that matters first."""
    return (*(("accuracy",) if task is Task.CLASSIFICATION else ("r2", "mse")), "loss", "epochs", "seconds")


_SCORING_BATCH = 1024


class Diverged(SearchError):
    """Training left the finite numbers: the trial failed, the search goes on."""


@define(eq=False)
class Trainer:
    """Trains *module* on the training part of *data* and measures it on the validation part.

    Everything random comes from *surroundings*, in which the module should have been built, too: then the same seed
    gives the same metrics. Samples lie in memory as two tensors; an epoch visits them in a fresh random order.

    Raises:
        SearchError: if the network, the recipe and the data do not go together.
    """

    module: "nn.Module"
    data: SearchData
    recipe: Recipe = field()
    surroundings: Surroundings = field(factory=lambda: Surroundings(0))
    seconds: float = field(default=0.0, init=False)
    """Time spent training and measuring so far."""
    done: int = field(default=0, init=False)
    """Epochs trained so far."""
    _optimizer: "optim.Optimizer" = field(init=False, repr=False)
    _best: "_Best" = field(init=False, repr=False)
    _held: "dict[int, tuple[Part, Tensor, Tensor]]" = field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.recipe = self.recipe.for_task(self.data.task)
        if not any(weight.requires_grad for weight in self.module.parameters()):
            raise SearchError("the network has no weights to train")
        with self.surroundings.entered():
            self.module.to(self.surroundings.device)
            check_module(self.module, self.data, self.surroundings.device)
        self._optimizer = make_optimizer(self.recipe, (w for w in self.module.parameters() if w.requires_grad))
        self._best = _Best(self.recipe.patience)

    def fit(self) -> Metrics:
        """Train to the end; the validation metrics of the network as it is then.

        Raises:
            Diverged: if the loss stops being a finite number.
        """
        return self.finish(self.train())

    def epochs(self) -> Generator[tuple[int, Metrics], None, Metrics]:
        """Train epoch by epoch: yields (epoch from 1, validation metrics), returns those of the finished network.

        Raises:
            Diverged: if the loss stops being a finite number.
        """
        last = yield from self._epochs(None)
        return self.finish(last)

    def train(self, until: int | None = None, report: Callable[[int, Metrics], object] | None = None) -> Metrics:
        """Train on to epoch *until*, counted from the very beginning, at most to the end of the recipe; the metrics then.

        *report* is told each epoch and its metrics. The schedule of learning rates is that of the whole recipe.

        Raises:
            Diverged: if the loss stops being a finite number.
        """
        run = self._epochs(until)
        while True:
            try:
                epoch, metrics = next(run)
            except StopIteration as end:
                last: Metrics = end.value
                return last
            if report is not None:
                report(epoch, metrics)

    def finish(self, last: Metrics) -> Metrics:
        """End the training: with patience, go back to the best epoch; the metrics of the network as it is then."""
        return self._best.restore(last, self.module)

    def state(self) -> State:
        """All that it takes to go on from here, before `finish`."""
        return {
            "done": self.done,
            "seconds": self.seconds,
            "module": {name: value.detach().cpu().clone() for name, value in self.module.state_dict().items()},
            "optimizer": {self.recipe.optimizer.value: optimizer_state(self._optimizer, self.module)},
            "generators": self.surroundings.generators(),
            "best": self._best.state(),
        }

    def go_on_from(self, state: State) -> None:
        """Go on where a training stood whose `state` this is, as far as it was of the same network and recipe."""
        self.done, self.seconds = state["done"], state["seconds"]
        self.module.load_state_dict(fitting(state["module"], self.module.state_dict()))
        with self.surroundings.entered():
            restore_optimizer(state["optimizer"].get(self.recipe.optimizer.value, {}), self._optimizer, self.module)
        self.surroundings.set_generators(state["generators"])
        self._best.take(state["best"], self.module)

    def _epochs(self, until: int | None) -> Generator[tuple[int, Metrics], None, Metrics]:
        """Epochs one by one, and the metrics of the last."""
        end = self.recipe.epochs if until is None else min(until, self.recipe.epochs)
        metrics: Metrics = {}
        while self.done < end and not (self.done and (self._best.is_past() or self._time_is_up(self.seconds))):
            metrics = self._train_and_measure(self._optimizer, self.done + 1)
            self.done += 1
            self._best.note(metrics, self.module)
            yield self.done, dict(metrics)
        if not metrics:  # it had come to its end before
            with self.surroundings.entered():
                metrics = {**self.score(self.data.validation), "epochs": self.done, "seconds": self.seconds}
        return metrics

    def score(self, part: Part) -> Metrics:
        """Loss and accuracy, or loss, R² and mean squared error in the targets' own unit, on *part*; where a network
        has `when`s, which share of the samples took the first side of each.
        """
        import torch

        self.module.eval()
        with torch.inference_mode():
            inputs, targets = self._tensors(part)
            with watched(self.module) as exits:
                outputs = torch.cat([self.module(batch) for batch in torch.split(inputs, _SCORING_BATCH)])
            if self.data.task is Task.CLASSIFICATION:
                return _classification(outputs, targets) | exits.metrics
            return _regression(outputs.reshape(len(part), -1), targets, self.data) | exits.metrics

    def _train_and_measure(self, optimizer: "optim.Optimizer", epoch: int) -> Metrics:
        """One epoch, and what the validation part says after it."""
        with self.surroundings.entered():
            started = perf_counter()
            training_loss = self._train_once(optimizer, epoch, started)
            metrics = self.score(self.data.validation)
            self.seconds += perf_counter() - started
        for what, loss in (("training", training_loss), ("validation", metrics["loss"])):
            if not math.isfinite(loss):
                raise Diverged(f"the {what} loss is {loss} in epoch {epoch} (lr = {self.recipe.lr:g})")
        return {**metrics, "epochs": epoch, "seconds": self.seconds}

    def _train_once(self, optimizer: "optim.Optimizer", epoch: int, started: float) -> float:
        """Visit every training sample once, as far as time allows; the mean loss."""
        import torch

        inputs, targets = self._tensors(self.data.train)
        self.module.train()
        total, batches = torch.zeros((), device=inputs.device), self._batches(len(inputs))
        for turn, rows in enumerate(batches):
            spent = self.seconds + perf_counter() - started
            if turn and self._time_is_up(spent):
                return float(total) / turn
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(self.recipe, self._progress(epoch - 1 + turn / len(batches), spent))
            loss = self._loss(self.module(inputs[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch gives it no types
            optimizer.step()
            total += loss.detach()
        return float(total) / len(batches)

    def _batches(self, samples: int) -> tuple["Tensor", ...]:
        """Rows of the batches of an epoch, in random order."""
        import torch

        order = torch.randperm(samples).to(self.surroundings.device)
        batches = torch.split(order, self.recipe.batch_size)
        # Batch normalisation has no variance to divide by in a batch of one, so a single sample left over waits.
        return batches[:-1] if len(batches) > 1 and len(batches[-1]) == 1 < self.recipe.batch_size else batches

    def _tensors(self, part: Part) -> tuple["Tensor", "Tensor"]:
        """Inputs and targets on the device; copied there once, and shared with the arrays on a CPU."""
        import torch

        if id(part) not in self._held:
            device = self.surroundings.device
            tensors = (torch.from_numpy(part.inputs).to(device), torch.from_numpy(part.targets).to(device))
            self._held[id(part)] = (part, *tensors)  # holding the part keeps its id from being given to another
        return self._held[id(part)][1:]

    def _loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """What training minimises, as the mean over a batch."""
        from torch.nn import functional

        if self.recipe.loss is Loss.CROSS_ENTROPY:
            return functional.cross_entropy(outputs, targets, label_smoothing=self.recipe.label_smoothing)
        return functional.mse_loss(outputs.reshape(len(targets), -1), targets)

    def _time_is_up(self, spent: float) -> bool:
        return self.recipe.seconds is not None and spent >= self.recipe.seconds

    def _progress(self, epochs: float, spent: float) -> float:
        """The share of the run that is over, by whichever of its limits is nearer."""
        by_time = spent / self.recipe.seconds if self.recipe.seconds else 0.0
        return min(1.0, max(epochs / self.recipe.epochs, by_time))


@define(eq=False)
class _Best:
    """The best epoch so far, kept only where *patience* (epochs) asks for it."""

    patience: int | None
    metrics: Metrics | None = None
    weights: "dict[str, Tensor]" = field(factory=dict)
    waited: int = 0

    def note(self, metrics: Metrics, module: "nn.Module") -> None:
        """Take in the result of one more epoch."""
        if self.patience is None:
            return
        self.waited += 1
        if self.metrics is None or _rank(metrics) > _rank(self.metrics):
            self.waited, self.metrics = 0, metrics
            self.weights = {name: value.clone() for name, value in module.state_dict().items()}

    def state(self) -> State:
        """The best epoch, as far as it is kept."""
        weights = {name: value.cpu() for name, value in self.weights.items()}
        return {"metrics": self.metrics, "weights": weights, "waited": self.waited}

    def take(self, state: State, module: "nn.Module") -> None:
        """Go on with a best epoch, if its weights are those of *module* in names and shapes."""
        own = module.state_dict()
        shapes = {name: value.shape for name, value in own.items()}
        if self.patience is None or {name: value.shape for name, value in state["weights"].items()} != shapes:
            return
        self.metrics, self.waited = state["metrics"], state["waited"]
        self.weights = {name: value.to(own[name].device) for name, value in state["weights"].items()}

    def is_past(self) -> bool:
        """Whether the best epoch is so long ago that waiting for a better one ends."""
        return self.patience is not None and self.waited >= self.patience

    def restore(self, last: Metrics, module: "nn.Module") -> Metrics:
        """Go back to the best epoch's weights, if they were kept; metrics of the network, costs of the whole run."""
        if self.metrics is None:
            return last
        module.load_state_dict(self.weights)
        return {**self.metrics, "epochs": last["epochs"], "seconds": last["seconds"]}


def _rank(metrics: Metrics) -> tuple[float, float]:
    """What better means: accuracy, or R², and of equal ones the lower loss."""
    return metrics.get("accuracy", metrics.get("r2", 0.0)), -metrics["loss"]


def _classification(logits: "Tensor", targets: "Tensor") -> Metrics:
    """Share of right answers and mean cross entropy, without label smoothing, so that recipes compare."""
    from torch.nn import functional

    right = (logits.argmax(dim=1) == targets).sum()
    return {"accuracy": int(right) / len(targets), "loss": float(functional.cross_entropy(logits, targets))}


def _regression(outputs: "Tensor", targets: "Tensor", data: SearchData) -> Metrics:
    """Mean squared error on the standardised targets and in their own unit, and R², averaged over the outputs."""
    import torch

    squares = ((outputs - targets) ** 2).mean(dim=0).cpu()
    # A constant target leaves nothing to explain; R² is then 0 or far below.
    spread = ((targets - targets.mean(dim=0)) ** 2).mean(dim=0).cpu().clamp(min=1e-12)
    deviation = torch.from_numpy(data.target_scale.deviation) if data.target_scale else torch.ones(())
    return {
        "r2": float((1 - squares / spread).mean()),
        "mse": float((squares * deviation**2).mean()),
        "loss": float(squares.mean()),
    }
