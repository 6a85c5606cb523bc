"""Turns of a `repeat` whose layer is decided before: taken again by other ways through the program, and nothing changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from enumerating import dataflow, in_place, members, space_of

import symnas
from symnas.elaborate.repeating import RepeatCode
from symnas.space import Space

HEAD = """
block Swap(a, b) = oneof { ab: a -> b, ba: b -> a }
block Tied(body, times) = repeat(times) { body }
block Twice(body, times) = repeat(times) { body } -> repeat(times) { body -> oneof(SiLU, GELU) }
block Drawn = oneof(ReLU, Tanh)
"""

PROGRAMS = {
    "tied": "block M(out, keep, times) = Tied(Linear(out) -> Swap(ReLU, Tanh) -> maybe(Dropout(keep)), times)\n"
    "net A(x: f32[N, 8]) = x -> M(oneof(8, 9), oneof(0.5, 0.1), oneof(1, 2, 4)) -> M(8, 0.5, oneof(1, 3))",
    "two of one block": "net A(x: f32[N, 8]) = x -> Tied(Swap(Linear(8), ReLU) -> Swap(Linear(8), ReLU), oneof(1, 2, 3))",
    "a block's name": "net A(x: f32[N, 8]) = x -> Tied(Linear(8) -> Drawn, oneof(0, 1, 2))",
    "beside its own choices": "net A(x: f32[N, 8]) = x -> Twice(Linear(8) -> Swap(ReLU, Tanh), oneof(1, 2))",
    "a let read in it": "let w = oneof(8, 9)\nblock W(k = oneof(1, 2)) = Linear(w * k) -> Linear(8)\n"
    "net A(x: f32[N, 8]) = x -> Tied(W -> Swap(ReLU, Tanh), oneof(1, 2)) -> Tied(Swap(Linear(w), ReLU), 2)",
    "widths that do not fit": "net A(x: f32[N, 8]) = x -> Tied(Linear(oneof(8, 9, 15 / 2)) -> Swap(ReLU, Tanh), oneof(0, 1, 2))",
}  # fmt: skip


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Turns are elaborated wherever they stand, and so is everything else."""
    with patch.object(RepeatCode, "_kept_turns", lambda *_: None), in_place():
        yield


def networks(space: Space) -> dict[frozenset[tuple[str, object]], list[tuple[str, str, str]]]:
    """The network of each member found by trying every sequence of choices."""
    return {
        frozenset(each.genotype.items()): dataflow(space.elaboration.graph(each.fragment, "A"))
        for each in members(space)
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_members_and_networks_are_those_without(name: str) -> None:
    """The same genotypes, the same networks, the same names of weights, counted or drawn."""
    text = HEAD + PROGRAMS[name]
    with nothing_kept():
        expected = networks(space_of(text))
    assert networks(space_of(text)) == expected
    space = symnas.parse(text).space()
    if name != "widths that do not fit":
        assert space.size == len(expected)
        assert {frozenset(each.genotype.items()): dataflow(each.graph()) for each in space} == expected


def test_a_layer_decided_once_is_elaborated_once() -> None:
    """However many ways lead there: three widths and two orders are six layers, and six for other inputs."""
    text = HEAD + "net A(x: f32[N, 8]) = x -> Tied(Linear(oneof(4, 8, 16)) -> Swap(ReLU, Tanh), oneof(1, 2, 4, 8))"
    made = []
    alone = RepeatCode._turn_alone

    def note(*given):  # type: ignore[no-untyped-def]  # noqa: ANN002, ANN202 (as patched)
        made.append(given)
        return alone(*given)

    with patch.object(RepeatCode, "_turn_alone", note):
        assert symnas.parse(text).space().size == 3 * 2 * 4
    assert len(made) == 6 + 4  # an input of 8 is the first turn's of all, and that of the next where 8 flow out
