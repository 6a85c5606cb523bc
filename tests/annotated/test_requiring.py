"""Conditions on decisions of Python values: met by construction, counted exactly, refused where they make no sense."""

from random import Random
from typing import Any

import pytest

import symnas
from symnas.errors import SearchError


def value() -> list[object]:
    """Two numbers, a word, and a number that only one candidate has."""
    return [
        symnas.oneof(8, 16, 32, name="width"),
        symnas.range(1, 4, name="depth"),
        symnas.oneof("sgd", "adam", name="kind"),
        symnas.oneof({"none": None, "some": [symnas.oneof(1, 2, 3, name="extra")]}, name="more"),
    ]


def test_conditions_hold_in_every_member() -> None:
    """Members are those of the whole that meet them, no more and no fewer; names and objects stay as they were."""
    whole = symnas.space_of(value())
    part = whole.requiring("width * depth <= 32", 'kind == "adam" or depth > 1')
    kept: list[Any] = []
    for each in whole:
        made: Any = each.build()
        if made[0] * made[1] <= 32 and (made[2] == "adam" or made[1] > 1):
            kept.append(made)
    assert part.size == len(kept)
    assert sorted(map(repr, (each.build() for each in part))) == sorted(map(repr, kept))
    assert set(part.decisions) == set(whole.decisions)
    assert part.sample(Random(0)).choices.keys() <= set(whole.decisions)


def test_a_condition_on_what_a_member_lacks_says_nothing() -> None:
    """`extra` exists under one candidate alone."""
    whole = symnas.space_of(value())
    assert whole.size == 3 * 4 * 2 * (1 + 3)
    assert whole.requiring("extra >= 3").size == 3 * 4 * 2 * (1 + 1)


def test_searches_keep_to_conditions() -> None:
    """Every trial meets them, in functions as well; parts can be asked for more."""

    def recipe() -> tuple[int, int]:
        width = symnas.oneof(8, 16, 32)
        return width, symnas.oneof(1, 2, name="depth") if width < 32 else 9

    space = symnas.space_of(recipe).requiring("width > 8").requiring("depth == 2")
    assert sorted(each.build() for each in space) == [(16, 2), (32, 9)]
    for trial in symnas.search(space, searcher="evolution", trials=5):
        assert trial.build() in [(16, 2), (32, 9)]
        trial.tell(1.0)


@pytest.mark.parametrize(
    ("condition", "message"),
    (
        ("widht > 8", "no decision `widht`; did you mean `width`"),
        ("width >", "cannot be read"),
        ("kind > 3", "do not fit"),
        ("width + 1", "do not fit"),
        ("width > 99", "no "),
    ),
)
def test_conditions_that_make_no_sense(condition: str, message: str) -> None:
    """What is wrong is said in one line."""
    with pytest.raises(SearchError, match=message):
        print(symnas.space_of(value()).requiring(condition).size)  # noqa: T201 (never printed)
