"""Training that goes on: bit by bit what it would have been in one go, and as far as weights fit, from another network."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from symnas.errors import SearchError
from symnas.study.runs import Run
from symnas.training.continuing import FILE, load_state, save_state
from symnas.training.data import load
from symnas.training.evaluate import Evaluator, Stage, final
from symnas.training.randomness import Surroundings
from symnas.training.recipe import Recipe
from symnas.training.trainer import Trainer

SPLITS = load("digits")


def network(width: int = 8) -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.2), nn.Linear(width, 10)
    )


def trainer(recipe: Recipe, seed: int = 0, width: int = 8) -> Trainer:
    surroundings = Surroundings(seed)
    with surroundings.entered():
        module = network(width)
    return Trainer(module, SPLITS.search, recipe, surroundings)


def without_time(metrics: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if name != "seconds"}


@pytest.mark.parametrize("optimizer", ("sgd", "adam", "adamw"))
@pytest.mark.parametrize("patience", (None, 2))
def test_in_parts_it_is_the_same_training(tmp_path: Path, optimizer: str, patience: int | None) -> None:
    """Weights, statistics, momentum, order of samples, dropout, learning rate: after 2, 3 and 6 epochs as in one go."""
    from symnas.training.recipe import Optimizer

    recipe = Recipe(optimizer=Optimizer(optimizer), lr=0.03, epochs=6, patience=patience)
    whole = trainer(recipe)
    expected = whole.fit()
    part = trainer(recipe)
    for until in (2, 3):
        part.train(until)
        save_state(part.state(), tmp_path)
        part, state = trainer(recipe), load_state(tmp_path)
        assert state is not None
        part.go_on_from(state)
    last = part.train(6)
    assert without_time(part.finish(last)) == without_time(expected)
    for name, value in whole.module.state_dict().items():
        assert torch.equal(value, part.module.state_dict()[name])


def test_weights_that_fit_are_inherited() -> None:
    """From a network of another width, the layers of equal shape come along, the rest stays fresh."""
    recipe = Recipe(epochs=4, lr=0.01)
    parent = trainer(recipe)
    parent.train(2)
    child = trainer(recipe, seed=1, width=9)
    fresh = {name: value.clone() for name, value in child.module.state_dict().items()}
    child.go_on_from(parent.state())
    own, inherited = child.module.state_dict(), parent.module.state_dict()
    assert torch.equal(own["5.bias"], inherited["5.bias"])
    assert torch.equal(own["1.weight"], fresh["1.weight"])
    assert child.train(3)["epochs"] == 3
    assert child.done == 3


def test_another_optimizer_begins_anew() -> None:
    """Momentum of Adam is none of SGD; the weights are inherited."""
    from symnas.training.recipe import Optimizer

    parent = trainer(Recipe(epochs=3))
    parent.train(1)
    child = trainer(Recipe(epochs=3, optimizer=Optimizer.SGD, lr=0.1))
    child.go_on_from(parent.state())
    assert child.train(3)["epochs"] == 3


def test_what_was_at_its_end_stays_there() -> None:
    """Asked to go no further, it is measured again and not trained."""
    recipe = Recipe(epochs=2)
    first = trainer(recipe)
    before = first.fit()
    again = trainer(recipe)
    again.go_on_from(first.state())
    assert without_time(again.finish(again.train(9))) == without_time(before)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A damaged file fails its trial with its name; none at all begins anew."""
    assert load_state(tmp_path) is None
    (tmp_path / FILE).write_bytes(b"no weights")
    with pytest.raises(SearchError, match="cannot be read from"):
        load_state(tmp_path)


def test_nothing_is_run_by_reading(tmp_path: Path) -> None:
    """A file that holds code instead of numbers is refused."""

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    torch.save({"module": Trap()}, tmp_path / FILE)
    with pytest.raises(SearchError, match="cannot be read from"):
        load_state(tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_the_evaluator_reports_each_epoch_and_goes_on(tmp_path: Path) -> None:
    """Through two trials: epochs are told once, the second goes on where the first stood; `final` does the same."""
    import symnas

    text = """net Tiny(image: f32[N, 1, 8, 8]) = image -> Flatten -> Linear(oneof(8, 12)) -> ReLU -> Linear(10)
    train { data: "digits", epochs: 4, lr: 0.01 }
    """
    architecture = symnas.parse(text).space()[0]
    told: list[int] = []

    def hear(step: int, _report: object) -> bool:
        told.append(step)
        return False

    def run(number: int, until: int) -> Run:
        inherited = tmp_path / str(number - 1)
        begun = inherited if inherited.exists() else None
        return Run(number, number, until, begun, tmp_path / str(number), hear)

    evaluator = Evaluator()
    evaluator(architecture, architecture.recipe, 0, run(0, 1))
    metrics = evaluator(architecture, architecture.recipe, 1, run(1, 4))
    assert told == [1, 2, 3, 4]
    assert without_time(metrics) == without_time(evaluator(architecture, architecture.recipe, 0))
    before = [Stage(architecture, architecture.recipe, 0, 1)]
    again = final(evaluator, architecture, architecture.recipe, 1, 4, before)
    assert without_time(dict(again.validation)) == without_time(metrics)
