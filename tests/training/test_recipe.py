"""Recipes: what `train { … }` may say, and what it gets told."""

import pickle
from fractions import Fraction

import pytest

from symnas.errors import SearchError
from symnas.training.optimisation import learning_rate
from symnas.training.recipe import Loss, Optimizer, Recipe, Schedule, read_recipe
from symnas.training.samples import DataSettings, Task


def test_an_empty_block_keeps_every_default() -> None:
    """Nothing has to be said."""
    assert read_recipe({}) == Recipe()


def test_every_setting_is_read() -> None:
    """All names of the recipe, with exact numbers as the language has them."""
    recipe = read_recipe(
        {
            "data": "iris",
            "optimizer": "sgd",
            "lr": Fraction(1, 8),
            "momentum": 0.5,
            "weight_decay": 0,
            "epochs": 3.0,
            "batch_size": 16,
            "schedule": "onecycle",
            "label_smoothing": Fraction(1, 10),
            "loss": "cross_entropy",
            "seconds": 2,
            "patience": 4,
        }
    )
    assert recipe == Recipe(
        DataSettings("iris"), Optimizer.SGD, 0.125, 0.5, 0.0, 3, 16, Schedule.ONECYCLE, 0.1, Loss.CROSS_ENTROPY, 2.0, 4
    )
    assert pickle.loads(pickle.dumps(recipe)) == recipe  # noqa: S301 (our own bytes)


def test_data_may_be_a_record() -> None:
    """A record of `data` holds its own settings."""
    recipe = read_recipe({"data": {"source": "t.csv", "target": "y", "task": "regression"}})
    assert recipe.data == DataSettings("t.csv", target="y", task=Task.REGRESSION)


def test_names_that_the_network_reads_are_its_own() -> None:
    """`train.dropout` is no business of the trainer, if the caller says that the network reads it."""
    assert read_recipe({"dropout": 0.5, "lr": 0.1}, net_reads={"dropout"}) == Recipe(lr=0.1)


@pytest.mark.parametrize(
    ("values", "message"),
    (
        ({"epoch": 3}, r"`train`: the setting `epoch` is unknown; did you mean `epochs`\? \(known: batch_size, data, "),
        ({"dropout": 0.5}, r"`dropout` is unknown(.|\n)*must be read by the network \(`train\.name`\)"),
        ({"optimizer": "Adam"}, r'`optimizer` must be one of "sgd", "adam", "adamw" \(did you mean "adam"\?\), not "A'),
        ({"optimizer": 3}, r'`optimizer` must be one of "sgd", "adam", "adamw", not 3'),
        ({"lr": 0}, r"`train`: `lr` must be a number above 0, not 0"),
        ({"lr": "fast"}, r'`lr` must be a number above 0, not "fast"'),
        ({"lr": True}, r"`lr` must be a number above 0, not true"),
        ({"lr": float("nan")}, r"`lr` must be a number above 0, not nan"),
        ({"lr": float("inf")}, r"`lr` must be a number above 0, not inf"),
        ({"momentum": 1.0}, r"`momentum` must be a number at least 0 and at most 0\.9999, not 1\.0"),
        ({"weight_decay": -1}, r"`weight_decay` must be a number at least 0, not -1"),
        ({"epochs": 2.5}, r"`epochs` must be a whole number of at least 1, not 2\.5"),
        ({"batch_size": 0}, r"`batch_size` must be a whole number of at least 1, not 0"),
        ({"schedule": "cosin"}, r'`schedule` must be one of .* \(did you mean "cosine"\?\)'),
        ({"label_smoothing": 1}, r"`label_smoothing` must be a number at least 0 and at most 0\.99, not 1"),
        ({"loss": "mes"}, r'`loss` must be one of "cross_entropy", "mse" \(did you mean "mse"\?\)'),
        ({"seconds": 0}, r"`seconds` must be a number above 0, not 0"),
        ({"patience": 0}, r"`patience` must be a whole number of at least 1"),
        ({"data": 3}, r'`train`: `data` must be a source in quotes, as in `data: "digits"`, or a record .*, not 3'),
    ),
)
def test_wrong_settings_are_explained(values: dict[str, object], message: str) -> None:
    """A name that nobody reads, or a value that means nothing, is refused with what would be right."""
    with pytest.raises(SearchError, match=message):
        read_recipe(values)


def test_all_mistakes_are_told_at_once() -> None:
    """One run of the command shows everything that is wrong with a block."""
    with pytest.raises(SearchError) as caught:
        read_recipe({"epoch": 3, "lr": -1, "loss": "l1"})
    assert [word for word in ("epoch", "lr", "loss") if f"`{word}`" in str(caught.value)] == ["epoch", "lr", "loss"]


def test_the_loss_follows_the_data() -> None:
    """Classes ask for cross entropy, quantities for squared error."""
    assert Recipe().for_task(Task.CLASSIFICATION).loss is Loss.CROSS_ENTROPY
    assert Recipe().for_task(Task.REGRESSION).loss is Loss.MSE


def test_a_loss_that_does_not_fit_the_data_is_refused() -> None:
    """The message has the loss that fits."""
    with pytest.raises(SearchError, match='the data is for regression: write `loss: "mse"` instead'):
        Recipe(loss=Loss.CROSS_ENTROPY).for_task(Task.REGRESSION)
    with pytest.raises(SearchError, match='the data is for classification: write `loss: "cross_entropy"` instead'):
        Recipe(loss=Loss.MSE).for_task(Task.CLASSIFICATION)
    with pytest.raises(SearchError, match="`label_smoothing` needs classes"):
        Recipe(label_smoothing=0.1).for_task(Task.REGRESSION)


@pytest.mark.parametrize(
    ("schedule", "start", "quarter", "end"),
    ((Schedule.CONSTANT, 1.0, 1.0, 1.0), (Schedule.COSINE, 1.0, 0.8536, 0.0), (Schedule.ONECYCLE, 0.04, 0.9357, 4e-6)),
)
def test_schedules_move_the_learning_rate(schedule: Schedule, start: float, quarter: float, end: float) -> None:
    """Each schedule has its published values at the beginning, after a quarter, and at the end."""
    recipe = Recipe(lr=1.0, schedule=schedule)
    rates = [learning_rate(recipe, progress) for progress in (0.0, 0.25, 1.0)]
    assert rates == pytest.approx([start, quarter, end], abs=1e-4)


def test_one_cycle_is_that_of_pytorch() -> None:
    """Over 101 steps, the rates are those of PyTorch's own scheduler."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    # PyTorch's rise ends at `pct_start * total_steps - 1`; with 31 / 101 that is step 30 of 0..100.
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=101, pct_start=31 / 101)
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(100):
        optimizer.step()
        theirs.step()
        rates.append(optimizer.param_groups[0]["lr"])
    recipe = Recipe(lr=1.0, schedule=Schedule.ONECYCLE)
    assert [learning_rate(recipe, step / 100) for step in range(101)] == pytest.approx(rates, abs=1e-9)
