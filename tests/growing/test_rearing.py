"""Children trained on from inherited weights, by the built-in trainer and by evaluators of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from growing_programs import DIGITS, SMALL

import symnas
from symnas.errors import SearchError
from symnas.growing import Grown, Move, grow, inherit, keep, line_of
from symnas.growing.inheriting import inheritance
from symnas.growing.rearing import LINE, SHARE, Rearing
from symnas.growing.running import growth_of, rearing_of
from symnas.rewriting.weights import carried
from symnas.study import Run, TrialState
from symnas.training.continuing import load_state
from symnas.training.evaluate import Evaluator

GROWING = """
block Conv(out)(x) = x -> Conv2d(out, 3) -> ReLU
block Same(out)(x) = x -> Conv2d(out, 3, bias = false, init = identity) -> ReLU
net Digits(image: f32[N, 1, 8, 8]) = image -> Conv(4) as stem -> MaxPool2d(2) -> Flatten -> Linear(10) as head
rule deeper: Conv($out) as $conv => $conv -> Same($out)
rule wider: Conv($out) => Conv($out * 2) keep replicate
train { data: "digits", epochs: 2, batch_size: 64, lr: 0.01 }
maximize accuracy
"""


def run_in(folder: Path, number: int, inherited: Path | None = None) -> Run:
    """A run as a study makes one."""
    return Run(number, 7, None, inherited, folder / str(number))


def test_a_child_that_keeps_the_function_begins_where_its_parent_ended(tmp_path: Path) -> None:
    """Without training, the accuracy of a child of rules that change nothing is its parent's to the last digit."""
    growth = growth_of(symnas.parse(GROWING), ())
    rearing = Rearing(Evaluator(), epochs=0, first=2)
    before = rearing(growth.start, growth.start.recipe, 0, run_in(tmp_path, 0))
    assert before["accuracy"] > 0.3
    for number, move in ((1, Move("deeper", "stem")), (2, Move("wider", "stem"))):
        child = growth.take(growth.start, move)
        after = rearing(child, child.recipe, number, run_in(tmp_path, number, tmp_path / "0"))
        assert after["accuracy"] == before["accuracy"]
        assert after["loss"] == pytest.approx(before["loss"], abs=1e-5)
        assert after["epochs"] == 0
        assert after[LINE] == 2
        assert after[SHARE] == (1.0 if move.rule == "wider" else pytest.approx(1 - 144 / child.params))


def test_weights_go_through_several_moves() -> None:
    """What is carried over at once is what is carried over move by move; names and shapes are those of the network."""
    growth = growth_of(symnas.parse(DIGITS), ())
    here = growth.start
    for move in (Move("deeper", "stem"), Move("wider", "stem.stem"), Move("wider", "body")):
        here = growth.take(here, move)
    weights: Mapping[str, Any] = symnas.compile(growth.start).state_dict()
    random = np.random.default_rng(3)
    line = [here, here.parent, here.parent.parent if here.parent else None]
    for each in reversed(line):
        assert each is not None
        assert each.done is not None
        weights = carried(each.done, weights, random).weights
    own = symnas.compile(here).state_dict()
    assert {name: tuple(each.shape) for name, each in weights.items()} == {n: tuple(e.shape) for n, e in own.items()}


def test_inheritance_finds_the_ancestor(tmp_path: Path) -> None:
    """A grandchild inherits from its grandparent through both moves; who is no descendant is refused; nothing kept is
    nothing inherited.
    """
    growth = growth_of(symnas.parse(DIGITS), ())
    module = symnas.compile(growth.start)
    keep(module, growth.start, run_in(tmp_path, 0), epochs=3)
    child = growth.take(growth.start, Move("deeper", "body"))
    grandchild = growth.take(child, Move("wider", "stem"))
    found = inheritance(grandchild, run_in(tmp_path, 2, tmp_path / "0"))
    assert found is not None
    assert found.epochs == 3
    weights = found.weights["Digits"]
    assert np.array_equal(weights["body.body.Conv2d.weight"].shape, (4, 8, 3, 3))
    assert np.array_equal(weights["head.weight"], module.state_dict()["head.weight"])
    assert ("Digits", "body.Conv.Conv2d.weight") in found.fresh
    assert 0 < found.share < 1
    again = inheritance(grandchild, run_in(tmp_path, 2, tmp_path / "0"))
    assert again is not None
    assert all(np.array_equal(each, again.weights["Digits"][name]) for name, each in weights.items())
    assert inheritance(child, run_in(tmp_path, 1)) is None
    (tmp_path / "9").mkdir()
    assert inheritance(child, run_in(tmp_path, 1, tmp_path / "9")) is None
    keep(symnas.compile(child), child, run_in(tmp_path, 1))
    with pytest.raises(SearchError, match="no ancestor of <Grown wider at stem>"):
        inheritance(growth.take(growth.start, Move("wider", "stem")), run_in(tmp_path, 3, tmp_path / "1"))


def test_the_built_in_trainer_trains_start_and_children(tmp_path: Path) -> None:
    """Epochs as asked, and told over the whole line; what the best ended with is kept, and gives its accuracy."""
    program = symnas.parse(DIGITS)
    study = grow(
        program, epochs=1, start_epochs=3, trials=8, seed=1, store=tmp_path / "s.db", folder=tmp_path / "kept",
        searcher="climbing:children=3",
    )  # fmt: skip
    assert [each.state for each in study.trials[:8]] == [TrialState.COMPLETE] * 8
    assert [each.metrics["epochs"] for each in study.trials[:8]] == [3] + [1] * 7
    for each in study.trials[:8]:
        assert each.metrics[LINE] == 2 + len(line_of(each, study.trials))
        assert [partial.step for partial in each.curve] == [*range(1, int(each.metrics["epochs"]) + 1)]
    (best,) = study.best()
    rearing = rearing_of(growth_of(program, ()), (), None, None, None)
    found = rearing.judged(study.architecture(best), tmp_path / "kept" / str(best.number))
    assert found is not None
    assert found.validation["accuracy"] == best.values[0]
    assert rearing.judged(study.architecture(best), tmp_path / "nowhere") is None


def test_trained_on_it_is_better_than_from_scratch() -> None:
    """The same children are worth more after an epoch from their parent's weights than after one from fresh ones."""
    program = symnas.parse(GROWING)
    means = []
    for inherited in ("true", "false"):
        study = grow(program, epochs=1, start_epochs=4, trials=5, searcher=f"evolution:inherit={inherited}")
        means.append(sum(each.values[0] for each in study.trials[1:5]) / 4)
    assert means[0] > means[1] + 0.1


def test_the_start_begins_with_weights_of_a_file(tmp_path: Path) -> None:
    """With `start_epochs=0` it is measured as it is; a file of other weights is refused, before anything is trained."""
    program = symnas.parse(DIGITS)
    growth = growth_of(program, ())
    trained = Rearing(Evaluator())
    metrics = trained(growth.start, growth.start.recipe, 0, run_in(tmp_path, 0))
    state = load_state(tmp_path / "0")
    assert state is not None
    torch.save(state["weights"]["Digits"], tmp_path / "start.pt")
    study = grow(program, weights=tmp_path / "start.pt", start_epochs=0, epochs=1, trials=2)
    assert study.trials[0].values == (metrics["accuracy"],)
    assert study.trials[0].metrics["epochs"] == 0
    torch.save({"head.weight": torch.zeros(3, 3)}, tmp_path / "wrong.pt")
    with pytest.raises(
        SearchError, match=r"does not hold the weights of this network: it has no fitting .*`?stem\.Conv2d\.weight"
    ):
        grow(program, weights=tmp_path / "wrong.pt", trials=2)


def test_a_child_that_diverges_has_failed() -> None:
    """Its loss is told, the search goes on, and nobody inherits from it."""
    program = symnas.parse(DIGITS.replace("lr: 0.01", 'lr: 1e30, optimizer: "sgd"').replace("epochs: 2", "epochs: 1"))
    study = grow(program, start_epochs=0, trials=4)
    assert study.trials[0].state is TrialState.COMPLETE
    assert all(each.state is TrialState.FAILED and "loss is" in each.reason for each in study.trials[1:4])


def test_mistakes_are_told_before_the_first_trial() -> None:
    """Epochs below 1, data that does not fit, an objective that nobody measures."""
    program = symnas.parse(DIGITS)
    with pytest.raises(SearchError, match="`epochs` must be at least 1; it is 0"):
        grow(program, epochs=0)
    with pytest.raises(SearchError, match="`start_epochs` must be at least 0; it is -1"):
        grow(program, start_epochs=-1)
    with pytest.raises(SearchError, match="names no data"):
        grow(symnas.parse(SMALL))
    with pytest.raises(symnas.SourceError, match="nothing tells `f1`"):
        grow(symnas.parse(DIGITS.replace("maximize accuracy", "maximize f1")))


def test_without_an_objective_it_is_accuracy() -> None:
    """A program that asks for nothing is searched for what the trainer measures first."""
    study = grow(symnas.parse(DIGITS.replace("maximize accuracy", "")), epochs=1, start_epochs=1, trials=1)
    assert [name for name, _ in study.objectives] == ["accuracy"]


def test_several_nets_inherit_by_name(tmp_path: Path) -> None:
    """An evaluator of one's own keeps the modules of all nets; a missing one is told."""
    program = symnas.parse(
        "net G(z: f32[N, 2]) = z -> Linear(4) as a -> ReLU -> Linear(8)\nnet D(x: f32[N, 8]) = x -> Linear(4) as b -> ReLU -> Linear(1)\n"
        "rule wider: Linear(4) => Linear(8) keep replicate"
    )

    def modules(of: Grown) -> dict[str, torch.nn.Module]:
        return {net: symnas.compile(of, net=net) for net in ("G", "D")}

    def evaluate(architecture: Grown, _recipe: object, run: Run) -> float:
        nets = modules(architecture)
        found = inherit(nets, architecture, run)
        assert (found is not None) == bool(architecture.moves)
        keep(nets, architecture, run)
        return float(nets["G"](torch.ones(1, 2)).detach().sum())

    study = grow(program, evaluate=evaluate, trials=4)
    assert [each.reason for each in study.trials[:4]] == [""] * 4
    values = {round(each.values[0], 4) for each in study.trials[:4]}
    assert len(values) == 1, "widening changes nothing that the nets compute"
    growth = growth_of(program, ())
    with pytest.raises(SearchError, match="`D` is too many, or missing"):
        keep({"G": modules(growth.start)["G"]}, growth.start, run_in(tmp_path, 0))
