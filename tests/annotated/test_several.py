"""Several of some candidates: each once or more often, in their order or any; and lists of any length."""

from collections.abc import Callable, Iterable
from itertools import combinations, combinations_with_replacement, permutations, product
from random import Random
from typing import Any

import pytest

import symnas
from symnas.annotated.wording import shown
from symnas.errors import SearchError

LETTERS = ["a", "b", "c", "d"]


def repeated(letters: Iterable[str], k: int) -> Iterable[tuple[str, ...]]:
    """Any of them, any number of times, in any order."""
    return product(letters, repeat=k)


FORMS: tuple[tuple[bool, bool, Callable[..., Iterable[tuple[str, ...]]]], ...] = (
    (True, True, combinations),
    (True, False, permutations),
    (False, True, combinations_with_replacement),
    (False, False, repeated),
)


@pytest.mark.parametrize(("distinct", "sorted_", "expected"), FORMS)
@pytest.mark.parametrize("most", (1, 2, 3))
def test_all_four_forms(distinct: bool, sorted_: bool, expected: Any, most: int) -> None:
    """Just what itertools gives, each once, for a number that is known and one that is decided itself."""
    one = symnas.space_of([symnas.manyof(most, LETTERS, distinct=distinct, sorted=sorted_)])
    wanted = sorted(map(list, expected(LETTERS, most)))
    assert one.size == len(wanted)
    assert sorted(each.build()[0] for each in one) == wanted
    number = symnas.range(1, most, name="number")
    open_ = symnas.space_of([symnas.manyof(number, LETTERS, distinct=distinct, sorted=sorted_, name="ops")])
    everything = [list(each) for k in range(1, most + 1) for each in expected(LETTERS, k)]
    assert sorted(each.build()[0] for each in open_) == sorted(everything)
    assert most == 1 or "number" in open_.decisions


def test_candidates_that_decide() -> None:
    """One that is taken twice is decided twice; none that is not taken is decided."""
    inner: list[Any] = [0, [symnas.oneof(5, 6)]]
    ways: list[Any] = [0, [5], [6]]
    found = [each.build()[0] for each in symnas.space_of([symnas.manyof(2, inner, distinct=False, sorted=False)])]
    assert sorted(map(str, found)) == sorted(str([a, b]) for a in ways for b in ways)
    multiset = symnas.space_of([symnas.manyof(2, inner, distinct=False)])
    assert multiset.size == 1 + 2 + 4
    assert symnas.space_of([symnas.manyof(1, inner, sorted=False)]).size == 3


def test_lists_of_any_length() -> None:
    """`several` decides each of its things alone; how many there are may be open too."""
    layer = {"width": symnas.oneof(8, 16), "act": symnas.oneof("relu", "tanh")}
    space = symnas.space_of({"layers": symnas.several(symnas.range(1, 3, name="depth"), layer)})
    assert space.size == 4 + 4**2 + 4**3
    found = [each.build()["layers"] for each in space]
    assert {len(each) for each in found} == {1, 2, 3}
    assert len({str(each) for each in found}) == space.size
    assert "depth" in space.decisions
    drawn = space.sample(Random(0))
    assert space.member(drawn.choices).build() == drawn.build()
    assert symnas.space_of([symnas.several(0, symnas.oneof(1, 2))])[0].build() == [[]]


def test_what_is_shared_stays_one() -> None:
    """A placeholder that stands inside and outside is one decision."""
    width = symnas.oneof(8, 16)
    space: symnas.ValueSpace[Any] = symnas.space_of(
        {"first": width, "rest": symnas.several(2, [width, symnas.oneof(1, 2)])}
    )
    assert space.size == 2 * 2**2
    for each in space:
        made = each.build()
        assert {made["first"]} == {width for width, _ in made["rest"]}


@pytest.mark.parametrize("searcher", ("random", "evolution", "mcts", "bayes", "tpe"))
def test_every_searcher_takes_them(searcher: str) -> None:
    """Repeated and ordered choices, and lists of any length, are decisions like others."""
    value: dict[str, Any] = {
        "path": symnas.manyof(3, LETTERS, distinct=False, sorted=False),
        "order": symnas.manyof(2, LETTERS, sorted=False),
        "bag": symnas.manyof(2, LETTERS, distinct=False),
        "depths": symnas.several(symnas.range(1, 3), symnas.range(1, 4)),
    }
    search = symnas.search(value, searcher=searcher, trials=25)
    for trial in search:
        made = trial.build()
        trial.tell(sum(made["depths"]) + made["path"].count("a"))
    assert search.best_value is not None
    assert search.best_value >= 6


@pytest.mark.parametrize(("distinct", "sorted_", "expected"), FORMS)
def test_they_travel_as_text(distinct: bool, sorted_: bool, expected: Any) -> None:
    """JSON there and back is the same value, and what is shown reads as it is written."""
    value = symnas.manyof(2, LETTERS, distinct=distinct, sorted=sorted_)
    again = symnas.from_json(symnas.to_json([value]))
    assert symnas.equal(again, [value])
    assert symnas.space_of(again).size == len(list(expected(LETTERS, 2)))
    text = shown(value)
    assert ("distinct=False" in text, "sorted=False" in text) == (not distinct, not sorted_)
    assert symnas.equal(eval(text, vars(symnas)), value)  # noqa: S307 (our own text)
    several = symnas.several(2, symnas.oneof(1, 2))
    assert symnas.equal(symnas.from_json(symnas.to_json([several])), [several])
    assert shown(several) == "several(2, oneof(1, 2))"


def test_functions_ask_for_them() -> None:
    """In a function, all forms but `several`, which is a loop there."""

    def recipe() -> tuple[list[str], list[str]]:
        bag = symnas.manyof(2, LETTERS, distinct=False)
        path = symnas.manyof(2, LETTERS, sorted=False)
        return bag, path

    assert symnas.space_of(recipe).size == 10 * 12

    def wrong() -> list[int]:
        return symnas.several(3, symnas.oneof(1, 2, name="a"))

    with pytest.raises(SearchError, match=r"`several` is a loop: `\[oneof\(3, 5\) for _ in range\(k\)\]`"):
        symnas.space_of(wrong)


WRONG = (
    (lambda: symnas.manyof(5, LETTERS), "of 4 candidates, 5 cannot be chosen"),
    (lambda: symnas.manyof(5, LETTERS, sorted=False), "of 4 candidates, 5 cannot be chosen"),
    (lambda: symnas.manyof(-1, LETTERS, distinct=False), "a whole one from 0 on; it is -1"),
    (lambda: symnas.several(1.5, 3), "a whole one from 0 on; it is 1.5"),  # type: ignore[arg-type]  # the mistake
)


@pytest.mark.parametrize(("act", "message"), WRONG)
def test_numbers_that_cannot_be(act: Any, message: str) -> None:
    """They are refused where they are given; what is taken more than once may be taken often."""
    with pytest.raises(SearchError, match=message):
        act()
    assert symnas.space_of([symnas.manyof(6, LETTERS, distinct=False, sorted=False)]).size == 4**6
