"""The recipe: how a network is trained, as the `train { … }` block of a program says it.

Reading and checking the values lives here; acting on them is `trainer`'s business, and `samples` describes what is learned from.
"""

from collections.abc import Collection, Mapping
from enum import Enum

from attrs import evolve, fields_dict, frozen

from symnas import tree
from symnas.errors import SearchError
from symnas.training.samples import DataSettings, Task, data_settings
from symnas.training.settings import Check, number, one_of, read, unknown, whole
from symnas.traversal import children

__all__ = ["Loss", "Optimizer", "Recipe", "Schedule", "net_reads", "read_recipe"]


class Optimizer(Enum):
    """Update rules, by PyTorch's names in lower case."""

    SGD = "sgd"
    ADAM = "adam"
    ADAMW = "adamw"


class Schedule(Enum):
    """How the learning rate moves over the run."""

    CONSTANT = "constant"
    COSINE = "cosine"
    ONECYCLE = "onecycle"


class Loss(Enum):
    """What training minimises."""

    CROSS_ENTROPY = "cross_entropy"
    MSE = "mse"

    @property
    def task(self) -> Task:
        """The kind of target that this loss compares with."""
        return Task.CLASSIFICATION if self is Loss.CROSS_ENTROPY else Task.REGRESSION


@frozen
class Recipe:
    """How to train. Every field is a setting of `train { … }` of the same name.

    *lr* is the highest learning rate of the run. *momentum* is SGD's momentum, and the first beta of Adam and AdamW.
    *seconds* bounds the training time beside *epochs*; a run that it ends depends on the speed of the machine.
    *patience* ends a run after so many epochs without a better validation result and goes back to the best epoch.
    """

    data: DataSettings | None = None
    optimizer: Optimizer = Optimizer.ADAMW
    lr: float = 1e-3
    momentum: float = 0.9
    weight_decay: float = 0.0
    epochs: int = 10
    batch_size: int = 64
    schedule: Schedule = Schedule.COSINE
    label_smoothing: float = 0.0
    loss: Loss | None = None
    seconds: float | None = None
    patience: int | None = None

    def for_task(self, task: Task) -> "Recipe":
        """The recipe with its loss filled in for data of *task*.

        Raises:
            SearchError: if the loss, or label smoothing, does not go with the data.
        """
        loss = self.loss or (Loss.CROSS_ENTROPY if task is Task.CLASSIFICATION else Loss.MSE)
        if loss.task is not task:
            fitting = next(each.value for each in Loss if each.task is task)
            raise SearchError(f'the data is for {task.value}: write `loss: "{fitting}"` instead of "{loss.value}"')
        if self.label_smoothing and loss is not Loss.CROSS_ENTROPY:
            raise SearchError(f'`label_smoothing` needs classes, and `loss: "{loss.value}"` has none: leave it out')
        return evolve(self, loss=loss)


def _words(kind: type[Enum]) -> Check:
    """A check that turns one of the values of *kind* into its member."""
    check = one_of(each.value for each in kind)
    return lambda value: kind(check(value))


_CHECKS: Mapping[str, Check] = {
    "data": data_settings,
    "optimizer": _words(Optimizer),
    "lr": number(0.0, open_low=True),
    "momentum": number(0.0, 0.9999),
    "weight_decay": number(0.0),
    "epochs": whole(1),
    "batch_size": whole(1),
    "schedule": _words(Schedule),
    "label_smoothing": number(0.0, 0.99),
    "loss": _words(Loss),
    "seconds": number(0.0, open_low=True),
    "patience": whole(1),
}
assert _CHECKS.keys() == fields_dict(Recipe).keys()


def read_recipe(values: Mapping[str, object], net_reads: Collection[str] = ()) -> Recipe:
    """The recipe that a `train { … }` block asks for; what it leaves out keeps its default.

    *net_reads* are the names that the network itself reads (`train.dropout`). Any other name that is not a setting
    of the trainer is an error, so that no setting, and no decision about one, goes unnoticed.

    Raises:
        SearchError: for unknown names and wrong values, all of them together.
    """
    strangers = values.keys() - _CHECKS.keys() - set(net_reads)
    faults = [f"{unknown(name, _CHECKS, '`train`: the setting')}" for name in sorted(strangers)]
    try:
        checked = read(values, _CHECKS, "`train`")
    except SearchError as error:
        raise SearchError("\n".join([*faults, str(error)])) from None
    if faults:
        raise SearchError(
            "\n".join(faults) + "\na name that the built-in trainer does not know must be read by the network"
            " (`train.name`)"
        )
    return Recipe(**checked)  # type: ignore[arg-type]  # each value comes from the check of the field of its name


def net_reads(module: tree.Module) -> frozenset[str]:
    """Names that the program reads as `train.name` outside its recipe."""
    outside = [each for each in module.declarations if not isinstance(each, tree.Train | tree.Search | tree.Pick)]
    return frozenset(name for each in outside for name in _train_names(each))


def _train_names(node: tree.Node) -> set[str]:
    found = {name for child in children(node) for name in _train_names(child)}
    if isinstance(node, tree.Attribute) and node.target == tree.Name("train"):
        found.add(node.name)
    return found
