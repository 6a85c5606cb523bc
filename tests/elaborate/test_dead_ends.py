"""Choices that make no network, met again and again: the same error each time, and nothing more is kept of it."""

import gc
import tracemalloc
from collections.abc import Callable
from random import Random

import pytest
from enumerating import space_of

from symnas.domains import Choice
from symnas.elaborate.oracles import Oracle
from symnas.elaborate.regions import Infeasible
from symnas.errors import NasError, SearchError, SourceError, afresh
from symnas.space import Space
from symnas.spans import NOWHERE

EXCLUDED = """
net A(x: f32[N, 8]) {
  y = x
  for t in 1..4 {
    width = oneof(4, 8, 12)
    require width != 12 or t < 3
    y = y -> Linear(width) -> ReLU
  }
  y
}
"""
WRONG = """
block Half(n) = oneof { first: Unflatten(1, [n, 3]) -> Flatten, second: Unflatten(1, [n, 5]) -> Flatten }
net A(x: f32[N, 8]) = x -> oneof { plain: Linear(8), wide: Linear(oneof(6, 7)) -> Half(oneof(2, 4)) } -> ReLU
"""


def failures(space: Space, choices: dict[str, Choice], times: int) -> list[NasError]:
    """What building with *choices* raises, *times* times."""
    found = []
    for _ in range(times):
        with pytest.raises((Infeasible, SourceError)) as caught:
            space.elaboration.build(Oracle(choices))
        found.append(caught.value)
    return found


def dead_choices(space: Space) -> dict[str, Choice]:
    """Choices, drawn one after the other, that make no network."""
    for seed in range(1_000):
        oracle = Oracle({}, Random(seed))
        try:
            space.elaboration.build(oracle)
        except (Infeasible, SourceError):
            return {**oracle.persistent, **oracle.local}
    raise AssertionError("every draw makes a network")


def grown(work: Callable[[], None]) -> int:
    """Bytes that are there after *work* and were not there before."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", (EXCLUDED, WRONG), ids=["require", "fault"])
@pytest.mark.parametrize("counted", (False, True))
def test_what_failed_fails_alike_again_and_keeps_nobody(text: str, counted: bool) -> None:
    """Errors of choices that are known to make no network are equal, and none is raised twice."""
    space = space_of(text)
    if counted:
        assert space.size > 0
    first, *others = failures(space, dead_choices(space), 4)
    assert all(type(each) is type(first) and each.args == first.args for each in others)
    assert len({id(each) for each in (first, *others)}) == 4


@pytest.mark.parametrize("text", (EXCLUDED, WRONG), ids=["require", "fault"])
def test_failing_again_keeps_no_memory(text: str) -> None:
    """A thousand more failures of a kind that is known take no memory: what once took 80 KB each held all frames."""
    space = space_of(text)
    choices = dead_choices(space)
    failures(space, choices, 50)

    def fail() -> None:
        for _ in range(1_000):
            with pytest.raises((Infeasible, SourceError)):
                space.elaboration.build(Oracle(choices))

    assert grown(fail) < 50_000


def test_neighbours_of_constrained_members_keep_no_memory() -> None:
    """Changing a member among many that a `require` excludes keeps nothing once the space is known."""
    space = space_of(EXCLUDED)
    assert space.size == 2 * 2 * 3 * 3
    rng = Random(0)
    member = space.sample(rng)

    def change() -> None:
        for _ in range(200):
            space.mutate(member, rng)

    change()
    assert grown(change) < 50_000


def test_an_empty_space_says_so_each_time() -> None:
    """Asked again for a member, a space without any raises an error of its own each time."""
    space = space_of("net A(x: f32[N, 8]) = x -> Unflatten(1, [oneof(3, 5), 3])")
    errors = []
    for _ in range(2):
        with pytest.raises((SourceError, SearchError)) as caught:
            space.sample(Random(0))
        errors.append(caught.value)
    assert errors[0] is not errors[1]
    assert errors[0].args == errors[1].args


def failing() -> None:
    """Raise an error while another is handled."""
    try:
        int("x")
    except ValueError as error:
        raise Infeasible(NOWHERE) from error


def test_afresh_has_not_come_any_way() -> None:
    """The same error, without the frames it has passed and what was being handled then."""
    with pytest.raises(Infeasible) as caught:
        failing()
    found = afresh(caught.value)
    assert caught.value.__traceback__ is not None
    assert caught.value.__context__ is not None
    assert found.__traceback__ is None
    assert found.__context__ is None
    assert type(found) is Infeasible
    assert found.span == NOWHERE
