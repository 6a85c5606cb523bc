"""Searches of parts of a value: before, after, inside and beside each other."""

from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import symnas
from symnas.annotated import Loop
from symnas.errors import SearchError
from symnas.study import Study

OPS, EDGES = ("conv", "pool", "skip"), (0, 1, 2, 3)


def cell() -> dict[str, Any]:
    """Operations and edges of a small cell, and a recipe with a condition."""
    return {
        "ops": [symnas.oneof(*OPS, name=f"op{place}") for place in range(3)],
        "edges": [symnas.oneof(*EDGES, name=f"edge{place}") for place in range(3)],
        "recipe": symnas.oneof(
            {
                "sgd": [symnas.oneof(0.0, 0.9, name="momentum")],
                "adam": [symnas.oneof(1, 2, 3, name="beta"), symnas.range(0.1, 1.0, name="eps")],
            },
            name="rule",
        ),
    }


def worth(made: dict[str, Any]) -> float:
    """Poolings and small edges are good."""
    return float(made["ops"].count("pool") * 10 - sum(made["edges"]))


def built(search: Loop[Any]) -> list[Any]:
    """All that a loop proposes."""
    found = []
    for trial in search:
        found.append(trial.build())
        trial.tell(0.0)
    return found


def test_only_what_was_asked_for_is_searched() -> None:
    """The others stand at their first choices; all of the part, and nothing twice, is tried."""
    search = symnas.search(cell(), where="op*", trials=100)
    seen = set()
    for trial in search:
        made = trial.build()
        assert (made["edges"], made["recipe"]) == ([0, 0, 0], [0.0])
        seen.add(tuple(made["ops"]))
        trial.tell(worth(made))
    assert seen == set(product(OPS, repeat=3))


def test_operations_first_and_edges_then() -> None:
    """The second search starts from the best of the first, and a function that measures does as well as a loop."""
    first = symnas.search(cell(), worth, where=["op*", "rule"], trials=60)
    assert first.best is not None
    second = symnas.search(cell(), worth, where=lambda name: name.startswith("edge"), others=first.best, trials=10)
    assert second.space.size == 4**3
    for trial in second.study.trials:
        assert second.study.architecture(trial).recipe["value"]["with"][0][1] == ["pool"] * 3
    third = symnas.search(cell(), where="momentum", others={"op1": "skip", "rule": "sgd"}, trials=10)
    assert [made["ops"] for made in built(third)] == [["conv", "skip", "conv"]] * 2


def test_a_search_inside_a_search(tmp_path: Path) -> None:
    """Each trial of the outer search is worth the best of an inner one over the rest; all studies are in one store."""
    store = tmp_path / "cells.db"
    outer = symnas.search(cell(), where="op*", trials=3, store=store, name="ops")
    for trial in outer:
        assert trial.rest.size == 4**3 * (2 + 3)
        inner = trial.search(worth, trials=4)
        assert all(made.build()["ops"] == trial.build()["ops"] for made in inner.space)
        assert inner.best_value is not None
        trial.tell(inner.best_value)
    names = {f"ops/{number}" for number in range(3)}
    for name in names:
        with pytest.raises(SearchError, match="searches another space"):
            Study.resume(outer.space.space, store, name=name)
    assert outer.best_value == max(each.values[0] for each in outer.study.trials if each.values)


def test_a_search_of_searches_is_resumed(tmp_path: Path) -> None:
    """What was interrupted inside an inner search is gone on with there: the same in the end as without a break."""

    def run(store: Path, most: int, *, resume: bool) -> list[tuple[float, ...]]:
        done = 0
        outer = symnas.search(cell(), where="op*", trials=2, store=store, resume=resume, seed=3)
        for trial in outer:
            inner = trial.search(trials=4, searcher="random")
            for each in inner:
                if done == most:
                    return []
                done += 1
                each.tell(worth(each.build()))
            assert inner.best_value is not None
            trial.tell(inner.best_value)
        return [each.values for each in outer.study.trials if each.values]

    whole = run(tmp_path / "whole.db", 99, resume=False)
    assert len(whole) == 2
    assert run(tmp_path / "broken.db", 2, resume=False) == []
    assert run(tmp_path / "broken.db", 99, resume=True) == whole


def test_two_searchers_on_two_parts() -> None:
    """Each decides its part of every object, and both are told what it is worth."""
    value = symnas.space_of(cell())
    ops = symnas.search(value, where="op*", searcher="evolution", trials=40)
    edges = symnas.search(value, where="edge*", searcher="bayes:repeat=true", trials=40)
    found = []
    for one, other in zip(ops, edges, strict=False):
        made = one.joined(other).build()
        assert made["ops"] == one.build()["ops"]
        assert made["edges"] == other.build()["edges"]
        found.append(worth(made))
        one.tell(found[-1])
        other.tell(found[-1])
    assert max(found) >= 20  # two poolings at least
    with pytest.raises(SearchError, match="these trials are of different values"):
        next(iter(symnas.search({"ops": symnas.oneof(1, 2)}, trials=1))).joined(one)


@pytest.mark.parametrize(
    "searcher", ("random", "evolution", "mcts", "bayes", "tpe", "reinforce", "local_search", "nsga2")
)
def test_every_searcher_keeps_to_its_part(searcher: str) -> None:
    """What is not searched never changes, conditional and continuous decisions included."""
    others = symnas.space_of(cell()).sample(Random(5))
    kept = {name: choice for name, choice in others.choices.items() if not name.startswith("op")}
    for trial in symnas.search(cell(), where="op*", others=others, searcher=searcher, trials=12):
        assert {name: choice for name, choice in trial.choices.items() if not name.startswith("op")} == kept
        trial.tell(worth(trial.build()))


def test_functions_are_searched_by_parts() -> None:
    """What a function asks for has names as well."""

    def recipe() -> tuple[int, int]:
        width = symnas.oneof(8, 16, 32)
        depth = symnas.oneof(1, 2)
        return width, depth

    search = symnas.search(recipe, where="depth", others={"width": "16"}, trials=9)
    assert sorted(built(search)) == [(16, 1), (16, 2)]


def weights(architecture: symnas.Architecture, _: object) -> float:
    """How many there are."""
    return float(architecture.params)


def test_a_program_is_searched_by_parts() -> None:
    """`.nas` files have the same: paths in place of names."""
    space = symnas.parse(
        "net A(x: f32[N, 8]) = x -> repeat(2) { Linear(oneof(8, 16) as width) -> oneof(ReLU, Tanh) as act }"
    ).space()
    first = symnas.search(space, weights, where="*.width", trials=50)
    assert len(first.trials) == 4
    best = first.architecture(first.best()[0])
    second = symnas.search(space, weights, where="*act", others=best, trials=50)
    assert {second.architecture(each).params for each in second.trials} == {best.params}
    assert space.fixed(best.picks).size == 1


def test_parts_are_spaces() -> None:
    """`fixed` makes some decisions, `member` all; what stands under another choice may be named too."""
    space = symnas.space_of(cell())
    part = space.fixed({"op0": "skip", "edge1": 2, "beta": 3})
    assert part.size == 3**2 * 4**2 * (2 + 1)
    assert part.fixed({"op1": "pool"}).size == part.size // 3
    for number in range(part.size):
        member = part[number]
        assert member.build()["ops"][0] == "skip"
        assert space.member(member.choices).build() == member.build()


WRONG = (
    (lambda: symnas.search(cell(), where="opp1"), r"no decision is like `opp1`; did you mean `op1`\?"),
    (lambda: symnas.search(cell(), where=lambda _: False), "`where` takes no decision; there are op0, op1"),
    (lambda: symnas.search(cell(), others={"op1": "pool"}), "say with `where` which ones are"),
    (lambda: symnas.search(cell(), where="op*", others={"edge0": "9"}), "`edge0` has no choice 9; it has 0, 1, 2, 3"),
    (lambda: symnas.space_of(cell()).fixed({"opp1": "pool"}), r"no decision `opp1`; did you mean `op1`\?"),
    (lambda: symnas.space_of(cell()).fixed({"op1": "poll"}), '`op1` has no choice poll; it has "conv", "pool", "skip"'),
    (lambda: symnas.space_of(cell()).fixed({"eps": 7}), "`eps` has no choice 7; it is between 0.1 and 1.0"),
    (lambda: symnas.space_of(cell()).member({"op1": "pool"}), "`op0` is not decided"),
)


@pytest.mark.parametrize(("act", "message"), WRONG)
def test_what_cannot_be_searched_is_said(act: Any, message: str) -> None:
    """Which decision is wrong, and which there are."""
    with pytest.raises(SearchError, match=message):
        act()


@st.composite
def open_values(draw: st.DrawFn, depth: int = 2) -> Any:
    """Lists, dictionaries and choices among such, nested, with texts, numbers and labels among the candidates."""
    kind = draw(
        st.sampled_from(["oneof", "oneof", "list", "dict", "labelled", "manyof"] if depth else ["oneof", "range"])
    )
    inner = [draw(open_values(depth - 1)) for _ in range(draw(st.integers(1, 2)))] if depth else []
    match kind:
        case "list":
            return inner
        case "dict":
            return dict(zip("ab", inner, strict=False))
        case "labelled":
            return symnas.oneof({"one": [*inner], "other": 7})
        case "manyof":
            return symnas.manyof(1, [*inner, "x"], sorted=draw(st.booleans()), distinct=draw(st.booleans()))
        case "range":
            return symnas.range(1, 3)
        case _:
            return symnas.oneof(*([each, place] for place, each in enumerate(inner)), "text", 3)


@given(open_values(), st.data())
def test_a_part_has_just_the_members_with_its_choices(value: Any, data: st.DataObject) -> None:
    """Those in which each fixed decision is as was said, or does not exist; each found again by its choices."""
    space = symnas.space_of([value])
    assume(1 < space.size <= 150)
    members = list(space)
    chosen = data.draw(st.sampled_from(members))
    held = {name: choice for name, choice in chosen.choices.items() if data.draw(st.booleans())}
    expected = [
        each for each in members if all(each.choices.get(name, choice) == choice for name, choice in held.items())
    ]
    part = space.fixed(held)
    assert part.size == len(expected)
    assert sorted(str(each.build()) for each in part) == sorted(str(each.build()) for each in expected)
    assert space.member(chosen.choices).build() == chosen.build()


@given(open_values(), st.data())
def test_a_search_of_a_part_and_its_rest_cover_the_whole(value: Any, data: st.DataObject) -> None:
    """Whatever decisions come first: all that a trial leaves open, over all trials, is all that there is."""
    space = symnas.space_of([value])
    assume(1 < space.size <= 60)
    names = set(data.draw(st.sets(st.sampled_from(sorted(space.decisions)), min_size=1)))
    found = []
    for trial in symnas.search(space, where=lambda name: name in names, searcher="exhaustive"):
        found += [str(each.build()) for each in trial.rest]
        trial.tell(0.0)
    assert set(found) >= {str(each.build()) for each in space if any(name in names for name in each.choices)}
