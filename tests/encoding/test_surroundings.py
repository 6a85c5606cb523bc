"""The Weisfeiler-Lehman encodings: what surrounds each operation, whatever the order of steps."""

import math
from random import Random

import numpy as np
from enumerating import space_of

from symnas.benchmarks.nasbench101 import cell_of
from symnas.benchmarks.spaces import space_text
from symnas.encoding import encode

BODY = "net A(x: f32[N, 4, 8, 8]) {{\n{}\n}}"


def features(text: str, far: int = 1) -> dict[str, float]:
    """The features of the only network of *text*."""
    space = space_of(text)
    return dict(encode(space, "wl-hashed", far=far).features(space[0]))  # type: ignore[attr-defined]


def test_operations_are_told_with_what_is_around_them() -> None:
    """What has neither weights to multiply by nor a window belongs to what it follows; parameters are told apart."""
    found = features(
        BODY.format("y = x -> Conv2d(4, 3, bias = false) -> BatchNorm2d -> ReLU\ny + (y -> MaxPool2d(3, stride = 1))")
    )
    conv, pool = "Conv2d(3)+BatchNorm2d+ReLU", "MaxPool2d(3)"
    assert {name for name in found if name != "depth"} == {
        "input", "output", "sum", conv, pool, f"{conv} of 152",
        f"input <-  -> {conv}", f"{conv} <- input -> {pool}, sum", f"{pool} <- {conv} -> sum",
        f"sum <- {conv}, {pool} -> output", "output <- sum -> ",
    }  # fmt: skip
    assert found["depth"] == math.log1p(5)
    assert found[conv] == math.log1p(1)


def test_counts_are_of_the_whole_network() -> None:
    """An operation that stands twice among the same counts twice, as its logarithm."""
    found = features(BODY.format("(x -> Conv2d(4, 1)) + (x -> Conv2d(4, 1))"))
    assert found["Conv2d(1) <- input -> sum"] == math.log1p(2)


def test_the_order_of_steps_and_of_summands_says_nothing() -> None:
    """Sums of sums are one sum, and what changes nothing is not there."""
    branches = ["(x -> Conv2d(4, 1))", "(x -> Conv2d(4, 3))", "(x -> MaxPool2d(3, stride = 1))"]
    a, b, c = branches
    one = features(BODY.format(f"({a} + {b}) + {c}"), far=3)
    two = features(BODY.format(f"p = {c}\nq = {a}[:, :4]\n({b} -> Identity) + (p + q)"), far=3)
    assert {name: value for name, value in one.items() if name != "depth"} == {
        name: value for name, value in two.items() if name != "depth"
    }
    other = features(BODY.format(f"{a} + ({b} -> ReLU) + {c}"), far=3)
    assert one.keys() != other.keys()


def test_further_steps_tell_more_apart() -> None:
    """Chains that differ in order alone look alike from one step away, and not from two."""
    one, two = (
        BODY.format(f"x -> {' -> '.join(f'Conv2d(4, {kernel})' for kernel in kernels)}")
        for kernels in ((1, 1, 3, 3, 1, 1, 3, 1, 1), (1, 1, 3, 1, 1, 3, 3, 1, 1))
    )
    assert features(one, far=1) == features(two, far=1)
    assert features(one, far=2) != features(two, far=2)


def test_a_cell_has_one_vector_however_its_vertices_are_numbered() -> None:
    """In NAS-Bench-101, members of one row of the table have one vector, and of different rows different ones."""
    space = space_of(space_text("nasbench101"))
    encoding = encode(space, "wl-hashed")
    rng = Random(1)
    member = space.sample(rng)
    vectors: dict[bytes, set[bytes]] = {}
    for _ in range(100):
        other = space.mutate(space.mutate(member, rng), rng)
        vectors.setdefault(cell_of(other.genotype).digest, set()).add(encoding.encode(other).tobytes())
    assert {len(each) for each in vectors.values()} == {1}
    assert len(set.union(*vectors.values())) == len(vectors) > 20


def test_known_surroundings_are_the_most_frequent() -> None:
    """A column for each, as many as are asked for; the depth is one of them."""
    space = space_of(BODY.format("x -> oneof(Conv2d(4, 1), Conv2d(4, 3)) -> oneof(ReLU, Tanh)"))
    encoding = encode(space, "wl", length=6)
    assert encoding.names[:3] == ("depth", "input", "output")
    assert encoding.length == 6
    whole = encode(space, "wl")
    assert len({tuple(whole.encode(each)) for each in space}) == space.size == 4
    assert np.all(whole.encode_all(space).sum(axis=0) > 0)
