"""The evaluator of a search on built-in data, and the final look at the test part."""

import inspect
import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from attrs import frozen
from graphs import Block, digits_cnn, tensor

from symnas.errors import SearchError
from symnas.graph import Graph
from symnas.training.agreement import check_graph
from symnas.training.data import load
from symnas.training.evaluate import Evaluator, final
from symnas.training.samples import DataSettings
from symnas.types import Dtype

RECIPE = {"data": "digits", "lr": 0.01, "epochs": 2}


@frozen
class Point:
    """An architecture as far as an evaluator looks at it."""

    widths: tuple[int, ...] = (8, 16)

    def graph(self) -> Graph:
        """A small convolutional network."""
        return digits_cnn(self.widths)


@frozen
class Fixed:
    """An architecture of one given graph."""

    fixed: Graph

    def graph(self) -> Graph:
        """That graph."""
        return self.fixed


def linear(outputs: int, *sizes: int | str, dtype: Dtype = Dtype.F32) -> Graph:
    """A linear network for samples of the given sizes."""
    net = Block("Flat", image=tensor("N", *sizes, dtype=dtype))
    x = net.apply("Flatten", 0) if len(sizes) > 1 else 0
    return net.graph(net.apply("Linear", x, out_features=outputs))


def test_an_architecture_is_trained_by_its_recipe() -> None:
    """The metrics are those that a search maximises, and what they cost."""
    metrics = Evaluator()(Point(), RECIPE, seed=3)
    assert metrics.keys() == {"accuracy", "loss", "epochs", "seconds"}
    assert metrics["accuracy"] > 0.5


def test_studies_know_that_it_takes_a_seed() -> None:
    """A study looks at the parameters of an evaluator to decide whether to pass the trial's seed."""
    assert "seed" in inspect.signature(Evaluator()).parameters


def test_another_process_gets_the_same_result() -> None:
    """The evaluator travels by pickle and computes in a fresh process exactly what it computes here."""
    evaluator = Evaluator(net_reads=["dropout"])
    assert pickle.loads(pickle.dumps(evaluator)) == evaluator  # noqa: S301 (our own bytes)
    here = evaluator(Point(), RECIPE, 3)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply(Evaluator(), (Point(), RECIPE, 3))
    assert (here["accuracy"], here["loss"]) == (there["accuracy"], there["loss"])


def test_epochs_can_be_followed() -> None:
    """The generator yields every epoch, and its last one is the result."""
    steps = list(Evaluator().steps(Point(), RECIPE, seed=3))
    assert [step for step, _ in steps] == [1, 2]
    assert steps[-1][1]["loss"] == Evaluator()(Point(), RECIPE, seed=3)["loss"]


def test_the_final_network_is_the_trials_and_meets_the_test_part_once() -> None:
    """Training again with the trial's seed gives its validation metrics; the module gives the test accuracy."""
    trial = Evaluator()(Point(), RECIPE, seed=3)
    result = final(Evaluator(), Point(), RECIPE, seed=3)
    assert result.validation["loss"] == trial["loss"]
    assert not result.module.training
    with torch.inference_mode():
        answers = result.module(torch.from_numpy(result.data.test.inputs)).argmax(dim=1).numpy()
    assert result.test["accuracy"] == pytest.approx(float(np.mean(answers == result.data.test.targets)))
    assert result.test.keys() == {"accuracy", "loss"}


def test_paths_begin_in_the_folder_of_the_program(tmp_path: Path) -> None:
    """A table beside the .nas file is found, and read again when it has changed."""
    table = tmp_path / "t.csv"
    for samples in (40, 60):
        table.write_text("\n".join(["x,y", *(f"{i},{'ab'[i % 2]}" for i in range(samples))]))
        result = final(Evaluator(folder=tmp_path), Fixed(linear(2, 1)), {"data": "t.csv", "epochs": 1}, 0)
        assert len(result.data.train) == samples * 3 // 5


@pytest.mark.parametrize(
    ("recipe", "message"),
    (
        ({}, r'`train` names no data: write `train \{ data: "digits" \}`, or a path to your own'),
        ({"data": "digits", "dropout": 0.1}, r"`dropout` is unknown"),
        ({"data": "digts"}, r"the data set `digts` is unknown; did you mean `digits`"),
        ({"data": "digits", "loss": "mse"}, r'the data is for classification: write `loss: "cross_entropy"`'),
        ({"data": "iris"}, r"`Digits` takes f32\[N, 1, 8, 8\], but samples of `iris` are f32\[N, 4\]"),
    ),
)
def test_mistakes_are_found_before_the_first_trial(recipe: dict[str, object], message: str) -> None:
    """What would fail every trial is told once, by `check` as by a trial."""
    with pytest.raises(SearchError, match=message):
        Evaluator().check(Point(), recipe)
    with pytest.raises(SearchError, match=message):
        Evaluator()(Point(), recipe)


def test_a_fitting_program_passes() -> None:
    """Nothing is raised where network, recipe and data go together, whatever symbolic sizes are called."""
    Evaluator(net_reads=["dropout"]).check(Point(), {**RECIPE, "dropout": 0.5})
    check_graph(linear(3, 4), load("iris").search)
    check_graph(linear(1, 10), load("diabetes").search)


def two_inputs() -> Graph:
    """A network that no single tensor feeds."""
    net = Block("Pair", left=tensor("N", 4), right=tensor("N", 4))
    return net.graph(net.apply("Linear", 0, out_features=3))


def two_outputs() -> Graph:
    """A network that returns a record."""
    net = Block("Record", x=tensor("N", 4))
    first, second = net.apply("Linear", 0, out_features=3), net.apply("Linear", 0, out_features=3, name="aux")
    return net.graph(first, second, outputs={"logits": 0, "aux": 1})


@pytest.mark.parametrize(
    ("graph", "data", "message"),
    (
        (
            linear(10, 3, 32, 32),
            "digits",
            (
                r"`Flat` takes f32\[N, 3, 32, 32\], but samples of `digits` are f32\[N, 1, 8, 8\]: declare the input as"
                r" `f32\[N, 1, 8, 8\]`, or choose other data"
            ),
        ),
        (linear(10, 64), "digits", r"`Flat` takes f32\[N, 64\], but samples of `digits` are f32\[N, 1, 8, 8\]"),
        (
            linear(7, 1, 8, 8),
            "digits",
            r"`Flat` gives \[N, 7\], but `digits` has 10 classes: end the network with 10 outputs, as in `Linear\(10\)`",
        ),
        (linear(2, 10), "diabetes", r"`Flat` gives \[N, 2\], but `diabetes` has 1 number to predict for each sample"),
        (two_inputs(), "iris", r"`Pair` takes 2 inputs \(left, right\), but samples of `iris` are single tensors"),
        (two_outputs(), "iris", r"`Record` returns several tensors, and the built-in trainer needs one"),
    ),
)
def test_graphs_that_do_not_fit_the_data_are_refused(graph: Graph, data: str, message: str) -> None:
    """The message names the network's side, the data's side, and the change that makes them meet."""
    with pytest.raises(SearchError, match=message):
        check_graph(graph, load(data).search)


def test_numbers_are_no_tokens(tmp_path: Path) -> None:
    """A network that embeds whole numbers and data of real ones do not meet, nor the other way round."""
    np.savez(tmp_path / "t.npz", x=np.arange(60).reshape(20, 3), y=np.arange(20) % 2)
    tokens = load(DataSettings("t.npz", tokens=True), tmp_path).search
    embedding = Block("Text", words=tensor("N", 3, dtype=Dtype.I64))
    with pytest.raises(SearchError, match=r"`Flat` takes f32\[N, 3\], but samples of `t\.npz` are i64\[N, 3\]"):
        check_graph(linear(2, 3), tokens)
    with pytest.raises(SearchError, match=r"`Text` takes i64\[N, 3\], but samples of `t\.npz` are f32\[N, 3\]"):
        check_graph(embedding.graph(0), load("t.npz", tmp_path).search)
