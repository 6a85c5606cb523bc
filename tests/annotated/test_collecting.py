"""Placeholders inside ordinary functions: found by running them, conditions and names included."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import symnas
from symnas.errors import SearchError


def train() -> dict[str, Any]:
    """A training script, as a user would have it."""
    lr = symnas.range(1e-4, 1e-1, log=True)
    kind = symnas.oneof("sgd", "adam", "rms")
    found: dict[str, Any] = {"lr": lr, "kind": kind}
    if kind == "sgd":
        momentum = symnas.oneof(0.0, 0.9)
        found["momentum"] = momentum
        if momentum:
            nesterov = symnas.oneof(True, False)
            found["nesterov"] = nesterov
    elif kind == "adam":
        found["betas"] = symnas.oneof((0.9, 0.99), (0.8, 0.9), name="betas")
    depth = symnas.oneof(1, 2, 3)
    found["widths"] = [symnas.oneof(8, 16, name=f"width{place}") for place in range(depth)]
    return found


def test_conditions_are_found() -> None:
    """Each decision exists where the function asks for it, and is called as its line calls it."""
    space = symnas.space_of(train)
    assert space.size == (3 + 2 + 1) * (2 + 4 + 8)
    for member in space:
        made = member.build()
        asked = {"lr", "kind", "depth", *(f"width{place}" for place in range(len(made["widths"])))}
        asked |= made.keys() & {"momentum", "nesterov", "betas"}
        assert set(member.choices) == asked


def test_a_loop_over_a_function() -> None:
    """The function is run once for each object that is built; searchers see the conditions."""
    search = symnas.search(train, searcher="evolution", trials=60)
    for trial in search:
        made = trial.build()
        trial.tell(score=sum(made["widths"]) + (made["kind"] == "adam"))
    assert search.best is not None
    assert sum(search.best.build()["widths"]) >= 40


def test_the_same_line_again_is_another_decision() -> None:
    """A placeholder that is asked for in a loop is numbered."""

    def layers() -> list[int]:
        return [symnas.oneof(1, 2) for _ in range(3)]

    space = symnas.space_of(layers)
    assert space.size == 8
    assert [each.build() for each in space] == [list(each) for each in product((1, 2), repeat=3)]


def test_functions_in_functions_and_threads() -> None:
    """What other functions ask for counts; threads do not see each other's choices."""

    def inner() -> int:
        return symnas.oneof(0, 1, 2, 3, 4)

    def outer() -> tuple[int, int]:
        return inner(), inner()

    space = symnas.space_of(outer)
    assert space.size == 25
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: space[number % 25].build(), range(200)))
    assert found == [divmod(number % 25, 5) for number in range(200)]


def test_placeholders_stay_outside() -> None:
    """Once a function has run, `oneof` gives placeholders again, even if it failed."""

    def broken() -> None:
        symnas.oneof(1, 2)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        symnas.space_of(broken)
    assert not isinstance(symnas.oneof(1, 2), int)


def test_conditions_on_several_decisions() -> None:
    """Both of two, one of two, and what depends on such a thing in turn."""

    def recipe() -> dict[str, Any]:
        a, b = symnas.oneof(0, 1, 2, name="a"), symnas.oneof(0, 1, 2, name="b")
        found: dict[str, Any] = {"a": a, "b": b}
        if a == 1 and b == 2:
            found["both"] = symnas.oneof(2, 3, name="both")
        if a == 2 or b == 2:
            found["one"] = symnas.oneof(2, 3, name="one")
            if found["one"] == 3 and b != 1:
                found["deep"] = symnas.oneof(2, 3, name="deep")
        return found

    space = symnas.space_of(recipe)
    made = [each.build() for each in space]
    assert len({str(each) for each in made}) == len(made) == 4 + 2 + 3 * 3 + 2 * 3
    for each, member in zip(made, space, strict=True):
        assert set(member.choices) == each.keys()


def test_what_cannot_be_found_out_is_said() -> None:
    """Different candidates under one name, a condition on a range, and one that hardly ever holds."""

    def twice() -> tuple[int, int]:
        return symnas.oneof(1, 2, name="a"), symnas.oneof(1, 3, name="a")

    def on_a_range() -> float:
        rate = symnas.range(0.0, 1.0)
        return symnas.oneof(1, 2, name="k") if rate > 0.5 else rate

    def rare() -> int:
        found = [symnas.oneof(*range(9), name=f"d{place}") for place in range(6)]
        return symnas.oneof(2, 3, name="c") if found == [8] * 6 else 0

    with pytest.raises(SearchError, match="`a` is asked for"):
        symnas.space_of(twice)
    with pytest.raises(SearchError, match="`k` is asked for depends on a number from a range"):
        symnas.space_of(on_a_range)
    with pytest.raises(SearchError, match="asks for `c`, which it did not when it was explored"):
        symnas.space_of(rare)[9**6 - 1].build()


@st.composite
def rules(draw: st.DrawFn, count: int) -> tuple[str, Any, Any]:
    """A condition on the ways of *count* decisions before: comparisons, joined."""
    kind = draw(st.sampled_from(["is", "is", "not", "and", "or"]))
    if kind in ("is", "not"):
        return kind, draw(st.integers(0, count - 1)), draw(st.integers(0, 2))
    return kind, draw(rules(count)), draw(rules(count))


def follows(rule: tuple[str, Any, Any], met: list[int | None]) -> bool:
    """Whether *rule* says yes; a decision that was not met is no way."""
    kind, one, other = rule
    match kind:
        case "is":
            return bool(met[one] == other)
        case "not":
            return met[one] not in (None, other)
        case "and":
            return follows(one, met) and follows(other, met)
        case _:
            return follows(one, met) or follows(other, met)


@given(st.data())
def test_conditions_of_any_kind(data: st.DataObject) -> None:
    """Decisions that depend on any of those before them, in any way: just the ways through are found, each of them runs."""
    asked = [data.draw(st.none() if place == 0 else st.none() | rules(place)) for place in range(4)]

    def recipe(choose: Callable[[int], int]) -> tuple[int | None, ...]:
        met: list[int | None] = []
        for place, rule in enumerate(asked):
            met.append(choose(place) if rule is None or follows(rule, met) else None)
        return tuple(met)

    expected = {recipe(ways.__getitem__) for ways in product(range(3), repeat=4)}
    space = symnas.space_of(lambda: recipe(lambda place: symnas.oneof(*range(3), name=f"d{place}")))
    assert space.size == len(expected)
    assert {each.build() for each in space} == expected


Shape = list[tuple[int, dict[int, Any]]]


@st.composite
def shapes(draw: st.DrawFn, depth: int = 2) -> Shape:
    """Decisions in a row: how many candidates, and what is decided inside some of them."""
    found: Shape = []
    for _ in range(draw(st.integers(1, 2))):
        count = draw(st.integers(2, 3))
        inside = draw(st.sets(st.integers(0, count - 1), max_size=2)) if depth else set()
        found.append((count, {way: draw(shapes(depth - 1)) for way in sorted(inside)}))
    return found


def runs(shape: Shape, name: str = "d") -> list[Any]:
    """Ask for the decisions of *shape*."""
    found: list[Any] = []
    for place, (count, inside) in enumerate(shape):
        way = symnas.oneof(*range(count), name=f"{name}{place}")
        found.append((way, runs(inside[way], f"{name}{place}x{way}y") if way in inside else None))
    return found


def size(shape: Shape) -> int:
    """How many ways there are through *shape*."""
    total = 1
    for count, inside in shape:
        total *= sum(size(inside[way]) if way in inside else 1 for way in range(count))
    return total


@given(shapes())
def test_nested_conditions_of_any_form(shape: Shape) -> None:
    """The space of a function has as many members as there are ways through it, each of which can be run."""
    asked: Callable[[], list[Any]] = lambda: runs(shape)  # noqa: E731 (a function without a name has decisions as well)
    space = symnas.space_of(asked)
    assert space.size == size(shape)
    drawn = [repr(space[number].build()) for number in {*range(min(20, space.size)), space.size - 1}]
    assert len(set(drawn)) == len(drawn)
    assert repr(space.sample(Random(0)).build()).startswith("[(")
