"""Rules carried out on every sample: what comes of it reads back to the same network."""

from pathlib import Path
from random import Random

import pytest

import symnas
from symnas.rewriting import rewrite

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "samples").glob("*.nas"))
RULES = (
    "$x => $x",
    "oneof(ReLU, GELU, SiLU) as $a => $a -> Dropout(0.1)",
    "Conv2d($*c) as $a -> BatchNorm2d as $b => $a -> frozen($b) -> Tanh",
    "Linear($o, $*r) as $l => $l -> Linear($o)",
)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_rewritten_samples_read_back(path: Path) -> None:
    """Programs of rewritten samples have the dataflow and the weights of the graphs that rules have made."""
    space = symnas.load(path).space()
    network = space.sample(Random(1))
    for rule in RULES:
        done = rewrite(network, rule)
        done.check()
        if rule == RULES[0]:
            assert done.graphs == tuple(network.graph(name) for name in space.nets)
