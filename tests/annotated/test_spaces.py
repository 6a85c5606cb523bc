"""What symbolic values can become: counted, drawn, built, and searched in loops."""

import math
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import symnas
from symnas.errors import SearchError


@symnas.symbolic
def make(**settings: Any) -> dict[str, Any]:
    """A record of what it is given."""
    return settings


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-99, 99), st.floats(allow_nan=False, width=32), st.text(max_size=4),
    st.sampled_from([int, len, frozenset({1}), complex(1, 2), math.inf]),
)  # fmt: skip


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> tuple[object, list[object]]:
    """A value with placeholders, and all that it can become, in order."""
    kind = draw(st.sampled_from(["leaf", "list", "tuple", "dict", "call", "oneof"] if depth else ["leaf"]))
    if kind == "leaf":
        leaf = draw(LEAVES)
        return leaf, [leaf]
    inner = draw(st.lists(values(depth - 1), min_size=1, max_size=3))
    wholes, each = [value for value, _ in inner], [found for _, found in inner]
    names = "abc"[: len(wholes)]
    match kind:
        case "list":
            return wholes, [list(found) for found in product(*each)]
        case "tuple":
            return tuple(wholes), list(product(*each))
        case "dict":
            return dict(zip(names, wholes, strict=True)), [
                dict(zip(names, found, strict=True)) for found in product(*each)
            ]
        case "call":
            made = make(**dict(zip(names, wholes, strict=True)))
            return made, [dict(zip(names, found, strict=True)) for found in product(*each)]
        case _:
            pass
    labelled = dict(zip(names, wholes, strict=True))
    try:
        return symnas.oneof(labelled), [found for one in each for found in one]
    except SearchError:  # the same candidate twice
        return wholes[0], each[0]


@given(values())
def test_a_value_becomes_all_that_it_can_be(drawn: tuple[object, list[object]]) -> None:
    """The space of any value has as many members as there are ways, and builds just these."""
    value, expected = drawn
    space = symnas.space_of(value)
    assert space.size == len(expected)
    if len(expected) <= 50:
        assert [repr(each.build()) for each in space] == [repr(each) for each in expected]


def test_conditions_nest() -> None:
    """What stands in a candidate is decided only where that candidate is chosen."""
    space = symnas.space_of(
        symnas.oneof({"sgd": make(momentum=symnas.oneof(0.0, 0.9)), "adam": make(beta=symnas.oneof(0.9, 0.99, 0.999))})
    )
    assert space.size == 5
    assert {frozenset(each.choices) for each in space} == {
        frozenset({"value", "sgd_momentum"}),
        frozenset({"value", "adam_beta"}),
    }


def test_several_of_a_list() -> None:
    """Chosen in order, in any number, or in any order."""
    letters = ["a", "b", "c", "d"]
    assert symnas.space_of([symnas.manyof(2, letters)]).size == 6
    assert symnas.space_of([symnas.manyof(symnas.oneof(1, 3), letters)]).size == 8
    assert symnas.space_of([symnas.subset(letters, 1)]).size == 15
    assert symnas.space_of([symnas.permutation(letters)]).size == 24
    assert [each.build() for each in symnas.space_of(symnas.maybe("x"))] == ["x", None]


def test_names_and_priors() -> None:
    """A decision is called as it was named, and drawn as its prior says."""
    space = symnas.space_of(
        {"act": symnas.oneof({"relu": 1, "gelu": 2}, prior={"relu": 0.9, "gelu": 0.1}, name="kind")}
    )
    assert set(space[0].choices) == {"kind"}
    drawn = [space.sample(Random(seed), symnas.Measure.PRIOR).build()["act"] for seed in range(200)]
    assert 150 < drawn.count(1) < 200


def test_labels_without_a_prior_share_what_is_left() -> None:
    """As in the language, and never nothing by mistake; weights that are more than one in all leave nothing."""
    letters = {"a": 1, "b": 2, "c": 3}
    shared: Any = symnas.oneof(letters, prior={"a": 0.5})
    assert [float(each) for each in shared.prior] == [0.5, 0.25, 0.25]
    alone: Any = symnas.oneof(letters, prior={"a": 3, "b": 1})
    assert [float(each) for each in alone.prior] == [0.75, 0.25, 0]


def test_ranges_in_logarithms_are_drawn_so() -> None:
    """Half of the draws from 1e-4 to 1 lie below 1e-2."""
    space = symnas.space_of([symnas.range(1e-4, 1.0, log=True)])
    drawn = [space.sample(Random(seed)).build()[0] for seed in range(400)]
    assert 150 < sum(each < 1e-2 for each in drawn) < 250
    assert symnas.space_of([symnas.range(1, 4)]).size == 4
    assert isinstance(symnas.space_of([symnas.range(1, 4)])[0].build()[0], int)


@pytest.mark.parametrize("searcher", ("random", "evolution", "mcts", "bayes", "reinforce", "tpe"))
def test_a_loop_of_ones_own_under_any_searcher(searcher: str) -> None:
    """The same value is searched by all, and what is good is found."""
    value = make(x=symnas.oneof(*range(8)), y=symnas.oneof(*range(8)), kind=symnas.oneof("a", "b"))
    search = symnas.search(value, searcher=searcher, trials=90)
    for trial in search:
        made = trial.build()
        trial.tell(accuracy=made["x"] - abs(made["y"] - 3) + (made["kind"] == "b"))
    assert search.best is not None
    found = search.best.build()
    assert found["x"] - abs(found["y"] - 3) + (found["kind"] == "b") >= 6
    assert len(search.study.trials) >= 90


def test_a_finished_space_ends_the_loop() -> None:
    """Three points are three trials."""
    search = symnas.search([symnas.oneof(1, 2, 3)], trials=100)
    found = []
    for trial in search:
        found.append(trial.build()[0])
        trial.tell(1.0)
    assert sorted(found) == [1, 2, 3]


def test_what_is_not_finite_or_forgotten_has_failed() -> None:
    """A NaN is a failure; so is a trial that nobody told, with a warning; neither is repeated."""
    search = symnas.search([symnas.oneof(1, 2, 3)], searcher="random", trials=3)
    trials = iter(search)
    next(trials).tell(math.nan)
    next(trials)
    with pytest.warns(UserWarning, match="trial 1: nothing was told of it"):
        last = next(trials)
    last.tell(0.5)
    assert next(trials, None) is None
    assert [each.state.value for each in search.study.trials[:3]] == ["failed", "failed", "complete"]
    assert len({each.genotype for each in search.study.trials[:3]}) == 3


def test_a_trial_is_told_once() -> None:
    """What comes after its end is refused, and so are numbers that are not the objectives."""
    for trial in symnas.search([symnas.oneof(1, 2)], trials=1, maximize="accuracy", minimize="size"):
        with pytest.raises(SearchError, match="size"):
            trial.tell(accuracy=1.0)
        trial.tell(accuracy=1.0, size=2.0)
        with pytest.raises(SearchError, match="has come to its end already"):
            trial.fail("late")


def test_several_objectives_make_a_front() -> None:
    """The study of the loop has the Pareto front."""
    search = symnas.search([symnas.oneof(1, 2, 3)], trials=3, maximize="gain", minimize="price")
    for trial in search:
        (number,) = trial.build()
        trial.tell(gain=number if number < 3 else 0, price=number)
    assert len(search.study.front()) == 2


def test_a_function_that_measures(tmp_path: object) -> None:
    """With a function in place of a loop, it is given each object; a loop goes on where it was left."""
    store = f"{tmp_path}/study.db"
    value = [symnas.oneof(*range(20))]
    search = symnas.search(value, lambda made: made[0], searcher="local_search", trials=15, store=store)
    assert search.best is not None
    again = symnas.search(value, trials=18, store=store, resume=True)
    numbers = []
    for trial in again:
        numbers.append(trial.number)
        trial.tell(0.0)
    assert numbers == [15, 16, 17]


def good(made: dict[str, Any]) -> float:
    """What one thing is worth."""
    return -abs(float(made["x"]) - 3)


def test_worker_processes_build_what_they_measure() -> None:
    """The same search in one process and in two: calls are made where they are measured."""
    found = [
        symnas.search(make(x=symnas.oneof(*range(6))), good, trials=6, workers=workers).study.trials
        for workers in (0, 2)
    ]
    assert [each.values for each in found[0]] == [each.values for each in found[1]]
    assert max(each.values for each in found[0]) == (0.0,)


def test_early_stopping_in_a_loop() -> None:
    """Steps are reported, and the searcher says which trials are not worth going on with."""
    stopped = 0
    for trial in symnas.search([symnas.oneof(*range(40))], searcher="median:startup=4", trials=30):
        for step in range(1, 4):
            if not trial.report(step, float(trial.build()[0])):
                stopped += 1
                break
        else:
            trial.tell(float(trial.build()[0]))
    assert 0 < stopped < 30
