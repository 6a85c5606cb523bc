"""Studies that evaluate no network twice: what is repeated, in which order, across workers and resumes."""

from collections.abc import Mapping
from pathlib import Path

import pytest

import symnas
from symnas.architecture import Architecture
from symnas.errors import SearchError
from symnas.searchers import Failure
from symnas.study import Study, Trial

TWINS = """
block Act = oneof(ReLU, Identity, Dropout(0.0))
net Small(image: f32[N, 1, 8, 8]) = image -> Conv2d(2, 3) -> Act -> Act -> GlobalAvgPool2d -> Flatten -> Linear(2)
train { epochs: oneof(1, 2) }
maximize score
"""
"""Nine ways to write the three networks of no, one and two activations, each with two recipes."""


def score(architecture: Architecture, recipe: Mapping[str, object]) -> float:
    """Tells networks and recipes apart."""
    placed = [each.operation.operator for each in architecture.graph().operations()]
    return placed.count("ReLU") + 10.0 * float(str(recipe["epochs"]))


def fails_at_first(architecture: Architecture, recipe: Mapping[str, object], seed: int) -> float | Failure:
    """Fails for some seeds."""
    return Failure("unlucky") if seed % 2 else score(architecture, recipe)


def searched(**settings: object) -> Study[Architecture]:
    """All 18 members of the space."""
    space = symnas.parse(TWINS).space()
    return symnas.search(space, score, **{"searcher": "random", "trials": 18, **settings})  # type: ignore[return-value,arg-type]  # a test's choice


def told(trials: tuple[Trial, ...]) -> list[tuple[object, ...]]:
    """What two equal studies have in common."""
    return [(each.number, each.genotype, each.state, each.values, each.repeats) for each in trials]


def test_no_network_is_evaluated_twice() -> None:
    """Of 18 architectures the 6 that are different networks or recipes are evaluated, the others given their results."""
    trials = searched(unique="graph").trials
    evaluated = [each for each in trials if each.repeats is None]
    assert len(trials) == 18
    assert len(evaluated) == len({each.network for each in trials}) == 6
    for each in trials:
        if each.repeats is not None:
            earlier = trials[each.repeats]
            assert earlier.repeats is None
            assert earlier.number < each.number
            assert (earlier.network, earlier.values) == (each.network, each.values)
            assert each.attempts == 0


def test_genotypes_are_compared_where_nothing_is_said() -> None:
    """A study evaluates every genotype unless it is told to look at networks; the results are the same."""
    trials = searched().trials
    assert all(each.attempts == 1 and each.repeats is None and not each.network for each in trials)
    assert [each.values for each in trials] == [each.values for each in searched(unique="graph").trials]


def test_the_number_of_workers_does_not_show() -> None:
    """With workers, and with other numbers of trials at a time, the same trials repeat the same ones."""
    assert told(searched(unique="graph", workers=2).trials) == told(searched(unique="graph").trials)


@pytest.mark.parametrize("stop", (1, 5, 11))
def test_a_search_goes_on_where_it_was(tmp_path: Path, stop: int) -> None:
    """A study that was interrupted repeats what it would have repeated, and the budget counts repeated trials."""
    store = tmp_path / "study.db"
    first = searched(unique="graph", trials=stop, store=store)
    assert first.finished == stop
    first.close()
    space = symnas.parse(TWINS).space()
    assert told(symnas.search(space, score, trials=18, store=store, resume=True).trials) == told(
        searched(unique="graph").trials
    )


def test_a_failed_network_is_tried_again() -> None:
    """A failure says nothing of a network: the next trial of it is evaluated, and one that succeeds is repeated."""
    space = symnas.parse(TWINS).space()
    trials = symnas.search(space, fails_at_first, searcher="random", trials=18, unique="graph").trials
    for each in trials:
        before = [other for other in trials[: each.number] if other.network == each.network]
        succeeded = [other for other in before if other.values]
        assert each.repeats == (succeeded[0].number if succeeded else None)


def test_the_best_are_different_networks() -> None:
    """The best trials do not name a network twice."""
    best = searched(unique="graph").best(18)
    assert len({each.network for each in best}) == len(best) == 6


def test_costs_keep_networks_apart() -> None:
    """Networks that compute the same, one with parameters on zeros, are evaluated both: a cost may be an objective."""
    text = """
    block Branch = oneof(Zero -> Conv2d(1, 1, bias = false), Zero -> Conv2d(1, 3, bias = false), Zero)
    net Small(image: f32[N, 1, 8, 8]) = image + (image -> Branch)
    train { epochs: 1 }
    maximize score
    """
    space = symnas.parse(text).space()
    assert space.unique_count() == 1
    trials = symnas.search(space, score, searcher="random", trials=3, unique="graph").trials
    assert [each.repeats for each in trials] == [None, None, None]


def test_a_file_says_what_is_evaluated_once() -> None:
    """`search { unique: "graph" }` is a setting; another word is refused."""
    plan = symnas.parse('search { unique: "graph" }').space().elaboration.module.plan
    assert plan.unique == "graph"
    with pytest.raises(symnas.SourceError, match=r'`unique` of `search` is `"graph"` or `"genotype"`'):
        symnas.parse('search { unique: "name" }').space()


def test_what_cannot_be_compared_is_refused() -> None:
    """Another word than the two is refused."""
    with pytest.raises(SearchError, match="`unique` is `graph` or `genotype`, not `network`"):
        searched(unique="network")
