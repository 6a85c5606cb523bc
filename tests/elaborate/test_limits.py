"""Large programs: what is deep is not slow, and what is too large is refused with its line."""

from random import Random

import pytest
from enumerating import space_of

from symnas.errors import SourceError


@pytest.mark.parametrize("stage", ("Linear(8)", "Linear(oneof(8, 9)) -> Linear(8)"))
def test_a_thousand_turns_are_no_depth(stage: str) -> None:
    """A repeat of a thousand turns is counted, drawn, mutated, ranked and built."""
    space = space_of(f"net A(x: f32[N, 8]) = x -> repeat(1000) {{ {stage} }} -> oneof(ReLU, Tanh)")
    drawn = space.sample(Random(0))
    assert space.size in (2, 2**1001)
    assert drawn.params == drawn.graph().params == drawn.fragment.params
    assert space[space.index(drawn)] == drawn
    assert space.mutate(drawn, Random(0)) != drawn


@pytest.mark.parametrize("stage", ("Linear(8)", "maybe(Linear(8))"))
def test_a_loop_of_many_turns_is_no_depth(stage: str) -> None:
    """A `for` of 500 turns is counted, drawn, mutated, ranked and built."""
    space = space_of(f"net A(x: f32[N, 8]) {{\n  for i in 1..500 {{ x = x -> {stage} }}\n  x -> oneof(ReLU, Tanh)\n}}")
    drawn = space.sample(Random(0))
    assert space.size in (2, 2**501)
    assert drawn.params == drawn.graph().params
    assert space[space.index(drawn)] == drawn
    assert space.mutate(drawn, Random(0)) != drawn


def test_turns_that_change_the_shape_are_applied_in_order() -> None:
    """Turn i reads what turn i - 1 gave, however the turns are put together."""
    space = space_of("net A(x: f32[N, 8]) = x -> repeat(5) { B }\nblock B()(x) = x -> Linear(x.features + 1)")
    names = [(each.path, each.operation.outputs[0].shape[1]) for each in space[0].graph().operations()]
    assert names == [(f"repeat.{turn}.B.Linear", 9 + turn) for turn in range(5)]


def test_too_many_turns_are_refused() -> None:
    """A repeat has at most 100,000 turns."""
    with pytest.raises(SourceError, match="100,001 turns") as caught:
        space_of("net A(x: f32[N, 8]) =\n  x -> repeat(100_001) { ReLU }").sample(Random(0))
    assert (caught.value.diagnostics[0].line, caught.value.diagnostics[0].column) == (2, 15)
