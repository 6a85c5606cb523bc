"""The .nas files of `samples/`: each checks, counts as counted by hand, and has members that print and run."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import torch

import symnas
from symnas.checking import check
from symnas.command.planning import net_reads
from symnas.errors import SearchError
from symnas.training.evaluate import Evaluator

SIZES = {
    "cells": 5**6,
    "combinators": (3 * 3 * 2 * 3) ** 2 * 2,
    "diabetes": (1 + 2 + 4) * 4 * 3 * 3 * 4,
    "digits": 4**2 * 2**3 * 27 * (1 + 54) * 27 * (1 + 54 + 54**2) * 3 * 3 * 5,
    "mobile": 3 * (27 * 28) * (27 * (1 + 27 + 27**2 + 27**3)) ** 2 * 6,
    "sequence": (4**3 + 4**4 + 4**5) * 3 * 2,
    "unet": 3 + 3**2 + 3**3 + 3**4,
    "wine": (6 + 6**2 + 6**3) * 3 * 2,
}
"""Architectures of each sample, by hand: the comments in the files say how. Learning rates are continuous, apart."""

TRAINED = ("cells", "combinators", "diabetes", "digits", "sequence", "wine")
"""Samples whose data is there without a network, and which the built-in trainer can train."""


@pytest.fixture(params=sorted(SIZES))
def sample(request: pytest.FixtureRequest, root: Path) -> Path:
    """Each .nas file of `samples/` in turn."""
    return root / "samples" / f"{request.param}.nas"


def test_every_sample_has_a_size_here(root: Path) -> None:
    """A new sample is counted by hand, too."""
    assert {path.stem for path in (root / "samples").glob("*.nas")} == set(SIZES)


def test_samples_have_no_mistakes(sample: Path) -> None:
    """`symnas check` finds nothing, asserts included."""
    assert check(symnas.load(sample)).diagnostics == ()


def test_sizes_are_those_counted_by_hand(sample: Path) -> None:
    """The exact count is the product in the table."""
    space = symnas.load(sample).space()
    assert (space.size, space.continuous) == (SIZES[sample.stem], 1)


def test_members_parse_back_and_run(sample: Path) -> None:
    """Five drawn members each print as a file that reads back equal, and give an output for each sample of a batch."""
    space, rng = symnas.load(sample).space(), Random(0)
    for _ in range(5):
        drawn = space.sample(rng)
        assert symnas.parse(drawn.text).architecture() == drawn
        graph = drawn.graph()
        (taken,) = graph.scope.inputs
        shape = [size if isinstance(size, int) else 2 for size in taken.shape]
        module = symnas.compile(drawn, "torch").eval()
        with torch.inference_mode():
            given = module(torch.zeros(shape))
        wanted = graph.scope.value_types()[graph.scope.results[0]].shape
        assert list(given.shape) == [size if isinstance(size, int) else 2 for size in wanted]
        assert sum(weight.numel() for weight in module.parameters()) == drawn.params


def test_samples_begin_by_saying_what_they_are(sample: Path) -> None:
    """The first lines are the version, then a comment that begins with the file's name."""
    version, title, *_ = sample.read_text(encoding="utf-8").splitlines()
    assert version == "nas 1"
    assert title.startswith(f"# {sample.name}: ")


@pytest.mark.parametrize("name", TRAINED)
def test_samples_train(name: str, root: Path) -> None:
    """One epoch of a drawn member gives the metric that the sample maximizes."""
    program = symnas.load(root / "samples" / f"{name}.nas")
    space = program.space()
    drawn = space.sample(Random(0))
    metrics = Evaluator(net_reads=net_reads(program.module))(drawn, {**drawn.recipe, "epochs": 1}, seed=0)
    assert space.objectives[0][0] in metrics


def test_the_mobile_sample_says_what_its_data_needs(root: Path, tmp_path: Path) -> None:
    """Without torchvision, or without its files and a network, the message says how to get them."""
    program = symnas.load(root / "samples" / "mobile.nas")
    drawn = program.space().sample(Random(0))
    recipe = {**drawn.recipe, "data": {"source": "torchvision:CIFAR10"}}
    with pytest.raises(SearchError, match=r"pip install torchvision|download: true"):
        Evaluator(folder=tmp_path, net_reads=net_reads(program.module)).check(drawn, recipe)


DRAW = """
import random, sys, symnas
for path in sys.argv[1:]:
    print(symnas.load(path).space().sample(random.Random(0)).genotype)
"""


def test_the_same_seed_draws_the_same_in_every_process(root: Path) -> None:
    """Python hashes texts anew in each process; no order of decisions may hang on that."""
    files = [str(root / "samples" / f"{name}.nas") for name in sorted(SIZES)]
    drawn = {
        subprocess.run(
            [sys.executable, "-c", DRAW, *files],
            env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(drawn) == 1
