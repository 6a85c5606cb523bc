"""Searchers of one's own, passed as they are: a class, what makes one, or one that was made."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from attrs import field, frozen

import symnas
from symnas.errors import SearchError
from symnas.searchers import Final, Objective, Searcher, SearchSpace, Settings, Success, create, meaning
from symnas.searchers.space import A
from symnas.study import Study
from symnas.tree import Direction

SPACE = symnas.parse("net A(x: f32[N, 8]) = x -> repeat(3) { Linear(range(1, 9)) -> oneof(ReLU, Tanh) }").space()


@frozen(kw_only=True)
class GreedySettings(Settings):
    """One setting."""

    first: int = field(default=3, metadata=meaning("random proposals before the first change"))


class Greedy(Searcher[A, GreedySettings]):
    """Changes the best so far; registered nowhere."""

    name, summary, settings_type = "greedy", "changes the best so far", GreedySettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self.best: tuple[float, int] | None = None

    def propose(self) -> A:
        """A neighbour of the best, a random member at first."""
        if self.best is None or self.count < self.settings.first:
            return self.space.sample(self.rng)
        return self.space.mutate(self.proposed(self.best[1]), self.rng)

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """Remember the best."""
        if isinstance(result, Success):
            self.best = max(self.best or (-1e9, 0), (self.scores(result)[0], number))

    def memory(self) -> Any:
        """The best."""
        return self.best

    def recall(self, memory: Any) -> None:
        """The best again."""
        self.best = memory and (memory[0], memory[1])


def worth(architecture: symnas.Architecture, _: object) -> float:
    """Many weights, and ReLU."""
    return architecture.params + list(architecture.picks.values()).count("ReLU")


OWN: tuple[Any, ...] = (Greedy, partial(Greedy, first=3), lambda *given: Greedy(*given, first=3))


@pytest.mark.parametrize("own", OWN)
def test_what_makes_a_searcher_is_one(own: Any) -> None:
    """A class, a class with settings and a function search alike; the best is found by changing the best."""
    study = symnas.search(SPACE, worth, searcher=own, trials=150)
    assert study.record.searcher == "greedy:first=3,repeat=false"
    assert study.best()[0].values[0] > 190
    assert len({each.genotype for each in study.trials}) == len(study.trials)


def test_a_searcher_that_was_made() -> None:
    """It is used as it is, its generator included; for its own space alone, its own objectives, and once."""
    searcher = Greedy(SPACE, Random(4), first=5)
    study = symnas.search(SPACE, worth, searcher=searcher, trials=20)
    assert study.record.searcher == "greedy:first=5,repeat=false"
    assert searcher.best is not None
    assert searcher.best[0] == study.best()[0].values[0]
    with pytest.raises(SearchError, match=r"has made 2. proposals already; take a new one"):
        symnas.search(SPACE, worth, searcher=searcher, trials=20)
    with pytest.raises(SearchError, match=r"made for another space; .*, or give the class, `searcher=Greedy`"):
        symnas.search([symnas.oneof(1, 2)], sum, searcher=Greedy(SPACE, Random(0)), trials=1)
    with pytest.raises(SearchError, match="made for the objectives"):
        Study.create(SPACE, searcher=Greedy(SPACE, Random(0)), objectives=(("size", Direction.MAXIMIZE),))
    with pytest.raises(SearchError, match="`searcher` is a name, a searcher, or what makes one"):
        Study.create(SPACE, searcher=cast("Any", lambda *_: 3))


def test_one_inside_another() -> None:
    """What was made may be one of symnas' own as well, and values are searched by any."""
    space = symnas.space_of({"x": symnas.oneof(*range(9)), "y": symnas.range(0.0, 1.0)})
    search = symnas.search(space, searcher=create("evolution:population=5", space.space, Random(0)), trials=30)
    for trial in search:
        trial.tell(trial.build()["x"])
    assert search.best_value == 8
    for trial in symnas.search({"x": symnas.oneof(*range(9))}, searcher=Greedy, minimize="loss", trials=5):
        trial.tell(loss=trial.build()["x"])


def test_a_searcher_of_ones_own_is_resumed(tmp_path: Path) -> None:
    """It is given again, and goes on as if nothing had been; forgotten, or with other settings, it is asked for."""
    whole = symnas.search(SPACE, worth, searcher=Greedy, trials=12)
    store = tmp_path / "own.db"
    symnas.search(SPACE, worth, searcher=Greedy, trials=5, store=store)
    with pytest.raises(SearchError, match=r"no searcher is called `greedy`.*give it again"):
        symnas.search(SPACE, worth, trials=12, store=store, resume=True)
    with pytest.raises(SearchError, match="the state is that of searcher `greedy:first=3,repeat=false`"):
        symnas.search(SPACE, worth, searcher=partial(Greedy, first=9), trials=12, store=store, resume=True)
    again = symnas.search(SPACE, worth, searcher=Greedy, trials=12, store=store, resume=True)
    assert [each.genotype for each in again.trials] == [each.genotype for each in whole.trials]
