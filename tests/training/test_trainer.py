"""The trainer: real networks on real data, seeds, budgets and failures."""

import math
from collections.abc import Callable, Generator

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score
from torch import nn

from symnas.errors import SearchError
from symnas.training.data import load
from symnas.training.randomness import Surroundings
from symnas.training.recipe import Optimizer, Recipe, Schedule
from symnas.training.samples import Part, SearchData, Task
from symnas.training.trainer import Diverged, Metrics, Trainer


def convolutions() -> nn.Module:
    """A small convolutional network for digits, of some 10,000 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.Linear(128, 10),
    )


def layers(inputs: int, outputs: int) -> Callable[[], nn.Module]:
    """What makes a network of one hidden layer."""
    return lambda: nn.Sequential(nn.Linear(inputs, 32), nn.ReLU(), nn.Linear(32, outputs))


def trainer(make: Callable[[], nn.Module], data: str | SearchData, recipe: Recipe, seed: int = 0) -> Trainer:
    """A trainer of a network whose first weights come from *seed*."""
    surroundings = Surroundings(seed)
    with surroundings.entered():
        module = make()
    return Trainer(module, load(data).search if isinstance(data, str) else data, recipe, surroundings)


@pytest.mark.parametrize("optimizer", tuple(Optimizer))
@pytest.mark.parametrize("schedule", tuple(Schedule))
def test_digits_are_learned(optimizer: Optimizer, schedule: Schedule) -> None:
    """Any optimizer and schedule brings a small network above 90% in a few epochs."""
    recipe = Recipe(
        optimizer=optimizer,
        schedule=schedule,
        lr=0.05 if optimizer is Optimizer.SGD else 0.01,
        epochs=4,
        label_smoothing=0.05,
        weight_decay=1e-4,
    )
    metrics = trainer(convolutions, "digits", recipe).fit()
    assert metrics["accuracy"] > 0.9
    assert metrics["epochs"] == 4
    assert metrics["seconds"] > 0


@pytest.mark.parametrize(("name", "inputs", "classes"), (("iris", 4, 3), ("wine", 13, 3), ("breast_cancer", 30, 2)))
def test_tables_are_learned(name: str, inputs: int, classes: int) -> None:
    """Standardised tables are learned with the defaults of the recipe, at a higher rate."""
    metrics = trainer(layers(inputs, classes), name, Recipe(lr=0.02, epochs=20, batch_size=16)).fit()
    assert metrics["accuracy"] > 0.9


def test_a_quantity_is_learned_and_measured_in_its_own_unit() -> None:
    """R² and mean squared error are scikit-learn's, of predictions brought back to the original unit."""
    splits = load("diabetes")
    subject = trainer(layers(10, 1), splits.search, Recipe(lr=0.01, epochs=20, batch_size=32))
    metrics = subject.fit()
    scale, part = splits.search.target_scale, splits.validation
    assert scale is not None
    with torch.inference_mode():
        predicted = subject.module(torch.from_numpy(part.inputs)).numpy() * scale.deviation + scale.mean
    truth = part.targets.astype(np.float32) * scale.deviation + scale.mean
    assert metrics["r2"] > 0.3
    assert metrics["r2"] == pytest.approx(r2_score(truth, predicted), abs=1e-4)
    assert metrics["mse"] == pytest.approx(float(np.mean((truth - predicted) ** 2)), rel=1e-3)


def test_a_seed_repeats_a_run_exactly() -> None:
    """Weights, order and dropout come from the seed alone: every number is the same, whatever happened before."""
    recipe = Recipe(lr=0.01, epochs=2)
    first = trainer(convolutions, "digits", recipe, seed=5)
    history = [metrics["loss"] for _, metrics in first.epochs()]
    torch.manual_seed(99)
    torch.rand(1000)
    second = trainer(convolutions, "digits", recipe, seed=5)
    assert [metrics["loss"] for _, metrics in second.epochs()] == history
    for name, weight in first.module.state_dict().items():
        assert torch.equal(weight, second.module.state_dict()[name]), name


def test_another_seed_gives_another_run() -> None:
    """The seed matters."""
    losses = {
        trainer(convolutions, "digits", Recipe(epochs=1), seed=seed).fit()["loss"] for seed in (0, 1, 2**32, 2**70)
    }
    assert len(losses) == 4


def test_runs_may_be_interleaved() -> None:
    """Two runs in one process, epoch by epoch in turn, give what each gives alone."""
    recipe = Recipe(lr=0.01, epochs=3)
    expected = [trainer(convolutions, "digits", recipe, seed).fit()["loss"] for seed in (1, 2)]
    together = [trainer(convolutions, "digits", recipe, seed).epochs() for seed in (1, 2)]
    last = [[step[1]["loss"] for step in turn] for turn in zip(*together, strict=True)][-1]
    assert last == expected


def test_the_callers_random_numbers_and_threads_are_left_alone() -> None:
    """Training changes neither torch's generator nor its number of threads for anybody else."""
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    for _ in trainer(convolutions, "digits", Recipe(epochs=2)).epochs():
        assert torch.get_num_threads() == threads
    assert torch.equal(torch.rand(3), expected)


def test_epochs_are_reported_as_they_end() -> None:
    """A search that stops bad trials early sees every epoch."""
    steps = list(trainer(convolutions, "digits", Recipe(lr=0.01, epochs=3)).epochs())
    assert [epoch for epoch, _ in steps] == [1, 2, 3]
    assert steps[0][1]["accuracy"] < steps[-1][1]["accuracy"]
    assert steps[0][1]["seconds"] < steps[-1][1]["seconds"]


def test_a_budget_in_seconds_ends_a_run() -> None:
    """Time is looked at within an epoch, too, and the network is measured as it is then."""
    metrics = trainer(convolutions, "digits", Recipe(epochs=10_000, seconds=0.3)).fit()
    assert metrics["epochs"] < 100
    assert 0.3 <= metrics["seconds"] < 3
    assert trainer(convolutions, "digits", Recipe(epochs=5, seconds=1e-9)).fit()["epochs"] == 1


def followed(run: Generator[tuple[int, Metrics], None, Metrics], steps: list[Metrics]) -> Metrics:
    """Note every epoch's metrics in *steps*; those of the finished network."""
    while True:
        try:
            steps.append(next(run)[1])
        except StopIteration as end:
            finished: Metrics = end.value
            return finished


def test_patience_ends_a_run_and_goes_back_to_the_best_epoch() -> None:
    """With a rate that destroys what was learned, the best epoch's weights and metrics are what remains."""
    recipe = Recipe(optimizer=Optimizer.SGD, lr=0.4, schedule=Schedule.CONSTANT, epochs=200, patience=3, batch_size=16)
    subject = trainer(layers(13, 3), "wine", recipe)
    steps: list[Metrics] = []
    final = followed(subject.epochs(), steps)
    assert len(steps) < 200
    assert final["epochs"] == len(steps)
    assert final["accuracy"] == max(step["accuracy"] for step in steps)
    assert subject.score(subject.data.validation)["loss"] == pytest.approx(final["loss"])


def test_a_loss_that_is_not_finite_is_a_failure() -> None:
    """Not a number is no score: the trial fails and says where."""
    recipe = Recipe(optimizer=Optimizer.SGD, lr=1e6, epochs=3)
    with pytest.raises(Diverged, match=r"the training loss is (nan|inf) in epoch 1 \(lr = 1e\+06\)"):
        trainer(layers(10, 1), "diabetes", recipe).fit()


@pytest.mark.parametrize(("samples", "batch"), ((33, 32), (33, 33), (33, 64), (2, 1)))
def test_a_single_sample_left_over_waits_for_the_next_epoch(samples: int, batch: int) -> None:
    """Batch normalisation has no variance in a batch of one; asked for, such batches are made all the same."""
    data = load("digits").search
    subject = trainer(convolutions, data, Recipe(batch_size=batch))
    sizes = [len(each) for each in subject._batches(samples)]
    assert sizes == {(33, 32): [32], (33, 33): [33], (33, 64): [33], (2, 1): [1, 1]}[samples, batch]


def test_a_digits_network_trains_in_two_seconds() -> None:
    """Ten epochs of some 10,000 parameters on one thread; the machine may be busy, so twice that is allowed."""
    assert trainer(convolutions, "digits", Recipe(lr=0.01)).fit()["seconds"] < 4


@pytest.mark.parametrize(
    ("make", "message"),
    (
        (lambda: nn.Linear(64, 10), r"does not take samples of `digits`, \[N, 1, 8, 8\]: mat1 and mat2"),
        (lambda: nn.Conv2d(3, 10, 8), r"does not take samples of `digits`, \[N, 1, 8, 8\]"),
        (
            lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 7)),
            r"the network gives \[N, 7\], but `digits` has 10 classes: end the network with 10 outputs, as in `Linear\(10",
        ),
        (lambda: nn.Conv2d(1, 10, 3), r"the network gives \[N, 10, 6, 6\], but `digits` has 10 classes"),
        (lambda: nn.Sequential(nn.Flatten(0), nn.Linear(128, 10)), r"gives \[10\] for 2 samples: the batch must come"),
        (lambda: nn.LSTM(8, 10), r"does not take samples|returns one tensor, not tuple"),
        (nn.Flatten, r"the network has no weights to train"),
    ),
)
def test_networks_that_do_not_fit_the_data_are_refused(make: Callable[[], nn.Module], message: str) -> None:
    """Before any training, the message names the network's side and the data's."""
    with pytest.raises(SearchError, match=message):
        trainer(make, "digits", Recipe())


def test_a_network_for_one_quantity_may_leave_out_its_dimension() -> None:
    """Predictions of shape [N] are one number a sample."""
    metrics = trainer(lambda: nn.Sequential(nn.Linear(10, 1), nn.Flatten(0)), "diabetes", Recipe(lr=0.1)).fit()
    assert metrics["r2"] > 0.2


def test_several_quantities_are_averaged() -> None:
    """A network with two outputs is measured on both."""
    x = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    part = Part(x, np.concatenate([x, -x], axis=1))
    data = SearchData("lines", Task.REGRESSION, part, part)
    assert trainer(lambda: nn.Linear(1, 2), data, Recipe(lr=0.1, epochs=80)).fit()["r2"] > 0.99


def test_checking_leaves_the_network_as_it_was() -> None:
    """Two samples are looked at without touching batch statistics or the mode."""
    module = convolutions()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    Trainer(module, load("digits").search, Recipe())
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


@pytest.mark.parametrize("device", ("cuda:99", "gpu"))
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    """The message has the device that always works."""
    with pytest.raises(SearchError, match=rf'there is no device "{device}" here .*"cpu" is always there'):
        Surroundings(0, device=device)


def test_scores_are_finite_numbers() -> None:
    """A constant target leaves R² defined."""
    part = Part(np.zeros((8, 1), np.float32), np.zeros((8, 1), np.float32))
    data = SearchData("constant", Task.REGRESSION, part, part)
    assert math.isfinite(trainer(lambda: nn.Linear(1, 1), data, Recipe(epochs=1)).fit()["r2"])
