"""The .nas files of `samples/`: each checks, counts as counted by hand, and has members that print and run."""

import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
import torch

import symnas
from symnas.checking import check
from symnas.command.planning import net_reads
from symnas.errors import SearchError
from symnas.grammar import formatter
from symnas.sizes import Size, SymbolicSize, substitute, symbols_of
from symnas.training.evaluate import Evaluator
from symnas.types import Dtype

SIZES = {
    "accelerators": 21 * 9 * 2 * 8 * (4 * 3) ** 3 * 4 * 4,
    "activations": 7 * (17 * (1 + 7 * 17**2)) ** 2,
    "autodeeplab": 28_657 * math.prod((8 * states) ** 2 for states in range(2, 7)),
    "cells": 5**6,
    "combinators": (3 * 3 * 2 * 3) ** 2 * 2,
    "densenet": 2 * 4,
    "detector": 5 * math.prod(2 * math.comb(features, 2) for features in range(5, 11)),
    "diabetes": (1 + 2 + 4) * 4 * 3 * 3 * 4,
    "digits": 4**2 * 2**3 * 27 * (1 + 54) * 27 * (1 + 54 + 54**2) * 3 * 3 * 5,
    "efficientnet": 8,
    "fbnet": 9**22,
    "gan": 36**3 * 2**3,
    "graph": 9**5 * 2,
    "grow_digits": 1,  # what grows is decided
    "hat": 2 * (3 * 2) ** 6 * 2 * sum((3 * 2 * 2 * 3) ** depth for depth in range(1, 7)),
    "keywords": 2 * (4**3 + 4**6),
    "mixer": 4 * 3,
    "mobile": 3 * (27 * 28) * (27 * (1 + 27 + 27**2 + 27**3)) ** 2 * 6,
    "multitask": 154 * 3**3,
    "nasnet": math.prod((13 * states) ** 2 * 2 for states in range(2, 7)) ** 2,
    "pipeline": 4 * (1 + 9 + 2 * 10) * ((1 + 1 + 3) + 3 * 2 * 7 + 8 * 2 + 1),
    "regnet": 7 + 2**5,
    "resnext": 3 * 7,
    "sequence": (4**3 + 4**4 + 4**5) * 3 * 2,
    "unet": 3 + 3**2 + 3**3 + 3**4,
    "wine": (6 + 6**2 + 6**3) * 3 * 2,
}
"""Architectures of each sample, by hand: the comments in the files say how. Continuous settings are apart."""

NO_CONTINUOUS = ("densenet", "efficientnet", "gan", "grow_digits", "mixer", "regnet", "resnext")
CONTINUOUS = {"pipeline": 2, **dict.fromkeys(NO_CONTINUOUS, 0)}
"""The most continuous decisions on one way, where they are not the learning rate alone."""

TRAINED = ("cells", "combinators", "diabetes", "digits", "sequence", "wine")
"""Samples whose data is there without a network, and which the built-in trainer can train."""

MOST_MACS = 200_000_000
"""Networks with more multiply-adds than this are run on PyTorch's device `meta`: shapes alone, at no cost."""


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
    assert (space.size, space.continuous) == (SIZES[sample.stem], CONTINUOUS.get(sample.stem, 1))


def test_members_parse_back_and_run(sample: Path) -> None:
    """Drawn members each print as a file that reads back equal, and their nets give outputs of the shapes foretold."""
    space, rng = symnas.load(sample).space(), Random(0)
    for _ in range(5 if sample.stem in TRAINED else 2):
        drawn = space.sample(rng)
        assert symnas.parse(drawn.text).architecture() == drawn
        for net in drawn.fragment.payload.nets:
            runs(drawn, net)


def runs(drawn: symnas.Architecture, net: str) -> None:
    """Run *net* on zeros, with 2 for the batch, 64 for open heights and widths, 5 for any other open size."""
    graph = drawn.graph(net)
    assert isinstance(graph.macs, int | SymbolicSize)
    small = isinstance(graph.macs, SymbolicSize) or graph.macs <= MOST_MACS
    with torch.device("cpu" if small else "meta"), torch.inference_mode():
        module = symnas.compile(drawn, "torch", net).eval()
        given = module(*(torch.zeros(known(each.shape), dtype=dtype(each.dtype)) for each in graph.scope.inputs))
    tensors = [*leaves(given)]
    wanted = [graph.scope.value_types()[result] for result in graph.scope.results]
    assert [(list(each.shape), each.dtype) for each in tensors] == [(known(w.shape), dtype(w.dtype)) for w in wanted]
    assert sum(weight.numel() for weight in module.parameters()) == graph.params


def known(shape: Sequence[Size]) -> list[int]:
    """*shape* with numbers for the sizes that are left open."""
    given = {"N": 2, "H": 64, "W": 64}
    return [int(str(substitute(size, {name: given.get(name, 5) for name in symbols_of(size)}))) for size in shape]


def dtype(of: Dtype) -> torch.dtype:
    """PyTorch's name for a dtype of the language."""
    found = {Dtype.F32: torch.float32, Dtype.I64: torch.int64, Dtype.BOOL: torch.bool}
    return found[of]


def leaves(value: object) -> Iterator[torch.Tensor]:
    """The tensors of an output, records and tuples taken apart in order."""
    if isinstance(value, torch.Tensor):
        yield value
    else:
        assert isinstance(value, dict | tuple | list)
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)


def test_samples_begin_by_saying_what_they_are(sample: Path) -> None:
    """The first lines are the version, then a comment that begins with the file's name."""
    version, title, *_ = sample.read_text(encoding="utf-8").splitlines()
    assert version == "nas 1"
    assert title.startswith(f"# {sample.name}: ")


def test_samples_are_laid_out_as_the_formatter_lays_them_out(sample: Path) -> None:
    """`symnas fmt` changes nothing."""
    text = sample.read_text(encoding="utf-8")
    assert formatter.format(text) == text


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
