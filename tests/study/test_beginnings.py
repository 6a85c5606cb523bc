"""Searches that begin with what is known to be good."""

from pathlib import Path
from typing import Any

import pytest

import symnas
from symnas.errors import SearchError
from symnas.searchers import registered
from symnas.study import Study

SPACE = symnas.parse("net A(x: f32[N, 8]) = x -> Linear(range(1, 9)) -> oneof(ReLU, Tanh, GELU, SiLU)").space()
PLANNED = {"exhaustive"}
"""Searchers whose order is all their own."""


def worth(architecture: symnas.Architecture, _: object) -> float:
    """Many weights."""
    return float(architecture.params)


@pytest.mark.parametrize("name", [kind.name for kind in registered()])
def test_every_searcher_begins_with_what_it_is_given(name: str) -> None:
    """In its order, each once; then it goes on with ideas of its own, and never repeats them."""
    first = [SPACE[7], SPACE[20], SPACE[7]]
    if name in PLANNED:
        with pytest.raises(SearchError, match=f"`{name}` has an order of its own"):
            symnas.search(SPACE, worth, searcher=name, trials=6, first=first)
        return
    study = symnas.search(SPACE, worth, searcher=name, trials=6, first=first)
    new = [each.genotype for each in study.trials if each.inherits is None]
    assert new[:2] == [SPACE[7].genotype, SPACE[20].genotype]
    assert len(set(new)) == len(new)


def test_some_choices_are_enough() -> None:
    """Those that are left out are drawn, always alike; wrong ones are named."""
    study = symnas.search(SPACE, worth, trials=3, first=[{"A.out_features": 5}, {"A.oneof": "GELU"}])
    first, second = (study.architecture(each) for each in study.trials[:2])
    assert (first.picks["A.out_features"], second.picks["A.oneof"]) == ("5", "GELU")
    again = symnas.search(SPACE, worth, trials=3, seed=9, first=[{"A.out_features": 5}, {"A.oneof": "GELU"}])
    assert [each.genotype for each in again.trials[:2]] == [each.genotype for each in study.trials[:2]]
    with pytest.raises(SearchError, match=r"there is no decision `A\.out_feature`; did you mean `A\.out_features`\?"):
        symnas.search(SPACE, worth, trials=3, first=[{"A.out_feature": 5}])


def test_values_begin_with_members_or_choices() -> None:
    """By name, in a part of a value as well."""
    value: dict[str, Any] = {"x": symnas.oneof(*range(9)), "kind": symnas.oneof("a", "b", "c")}
    known = symnas.space_of(value).member({"x": 3, "kind": "b"})
    search = symnas.search(value, trials=3, first=[known, {"x": 7}])
    found = []
    for trial in search:
        found.append(trial.build())
        trial.tell(0.0)
    assert found[0] == {"x": 3, "kind": "b"}
    assert found[1]["x"] == 7
    part = symnas.search(value, lambda made: made["x"], where="x", others={"kind": "c"}, trials=2, first=[known])
    built = [part.space.build(part.study.architecture(each)) for each in part.study.trials[:1]]
    assert built == [{"x": 3, "kind": "c"}]


def test_what_is_still_to_come_survives_an_interruption(tmp_path: Path) -> None:
    """A study that is resumed goes on with the rest of them."""
    first = [SPACE[number] for number in (3, 9, 27, 30, 31, 8)]
    store = tmp_path / "s.db"
    symnas.search(SPACE, worth, trials=1, first=first, store=store, ahead=1)
    study = symnas.search(SPACE, worth, trials=8, store=store, resume=True)
    assert [each.genotype for each in study.trials[:6]] == [each.genotype for each in first]
    with pytest.raises(SearchError, match="has begun already"):
        Study.resume(SPACE, store)._ledger.searcher.begin_with(first)
