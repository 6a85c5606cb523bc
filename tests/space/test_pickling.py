"""Architectures and genotypes as other processes and files have them."""

import copy
import json
import pickle
from random import Random

import pytest
from enumerating import dataflow, space_of

from symnas.errors import SourceError
from symnas.genotype import Genotype

TEXT = """
let w = oneof(4, 8)
block B(k = oneof(1, 2))(x) = x -> repeat(k) { maybe(Linear(8)) }
net A(x: f32[N, 8]) = x -> B -> Linear(w) -> Dropout(range(0.0, 0.5))
train { lr: range(1e-4, 1e-1, log = true) }
"""


def test_architectures_survive_pickling() -> None:
    """What arrives is equal: genotype, network, recipe, text."""
    space = space_of(TEXT)
    for seed in range(5):
        before = space.sample(Random(seed))
        after = pickle.loads(pickle.dumps(before))  # noqa: S301 - made on this line
        assert after == before
        assert hash(after) == hash(before)
        assert dataflow(after.graph()) == dataflow(before.graph())
        assert (after.recipe, after.text, after.picks) == (before.recipe, before.text, before.picks)


def test_architectures_are_values() -> None:
    """A copy is the architecture itself, for nothing in it can change."""
    drawn = space_of(TEXT).sample(Random(0))
    assert copy.copy(drawn) is drawn
    assert copy.deepcopy(drawn) is drawn


def test_architectures_of_equal_programs_are_equal() -> None:
    """Layout and comments of the file make no difference, another alternative does."""
    one, same = space_of(TEXT), space_of(TEXT.replace("oneof(4, 8)", "oneof(4,8)  # wide"))
    other = space_of(TEXT.replace("oneof(4, 8)", "oneof(4, 8, 12)"))
    assert one[3] == same[3]
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert one[0] != other[0]


def test_genotypes_are_json() -> None:
    """A genotype written as JSON reads back equal, floats to the last digit."""
    drawn = space_of(TEXT).sample(Random(3)).genotype
    assert Genotype.from_json(json.loads(json.dumps(drawn.to_json()))) == drawn


@pytest.mark.parametrize(
    ("changes", "code"),
    (
        ({"w": 2}, "E0603"), ({"w": -1}, "E0603"), ({"w": 0.5}, "E0603"), ({"w": True}, "E0603"),
        ({"A.p": 0.75}, "E0603"), ({"A.none": 0}, "E0604"), ({"A.B.repeat[1].maybe": 0}, "E0604"),
    ),
)  # fmt: skip
def test_genotypes_of_other_spaces_are_refused(changes: dict[str, float], code: str) -> None:
    """A choice that does not exist, or a decision that does not, is named."""
    first = space_of(TEXT)[0]
    with pytest.raises(SourceError) as caught:
        first.replace(changes)
    assert [each.code for each in caught.value.diagnostics] == [code]


def test_missing_decisions_are_named() -> None:
    """Without one of its decisions, an architecture is none."""
    space = space_of(TEXT)
    kept = {path: choice for path, choice in space[0].genotype.items() if path != "w"}
    with pytest.raises(SourceError, match="`w` is not decided"):
        space.architecture(kept)
