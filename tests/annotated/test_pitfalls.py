"""What goes wrong quietly in PyGlove 0.4.5, one test each: here it is refused, or right."""

import math
import sys
import warnings
from random import Random
from typing import Any

import pytest
from torch import nn

import symnas
from symnas.errors import SearchError
from symnas.searchers import registered

SEARCHERS = [kind.name for kind in registered()]
BUDGETED = {"asha", "halving", "hyperband", "pbt"}


@symnas.symbolic
class Layer:
    """Something with arguments."""

    def __init__(self, width: int, kernel: int = 3) -> None:
        self.width = width
        self.kernel = kernel


def layer(width: Any, kernel: Any = 3) -> Any:
    """A layer, of which the checker is not to know that it waits."""
    return Layer(width, kernel)


def test_a_cycle_is_refused_with_its_path() -> None:
    """In PyGlove the assignment never comes back."""
    value: dict[str, Any] = {"x": {"y": 1, "z": layer(symnas.oneof(1, 2))}}
    with pytest.raises(SearchError, match=r"`x\.y` would contain itself: it is the whole"):
        symnas.edit(value, {"x.y": value})
    assert value["x"]["y"] == 1
    value["x"]["y"] = value["x"]
    with pytest.raises(SearchError, match=r"`x\.y` contains itself: it is `x`"):
        symnas.space_of(value)


def test_one_object_used_twice_stays_one() -> None:
    """PyGlove copies what has a parent already."""
    one = layer(symnas.oneof(8, 16))
    space = symnas.space_of({"first": one, "second": one, "third": layer(symnas.oneof(8, 16))})
    assert space.size == 4
    made = space[3].build()
    assert made["first"] is made["second"]
    assert made["first"] is not made["third"]
    copy = symnas.clone({"first": one, "second": one})
    assert copy["first"] is copy["second"]


def test_a_failed_edit_changes_nothing() -> None:
    """In PyGlove what came before the mistake stays done."""
    value = {"one": layer(symnas.oneof(8, 16)), "two": layer(symnas.oneof(8, 16))}
    before = symnas.clone(value)
    with pytest.raises(SearchError, match=r"`Layer` has no argument `kernell`.*did you mean `kernel`"):
        symnas.edit(value, {"one.width": 32, "two.kernell": 5})
    assert symnas.show(value) == symnas.show(before)


@pytest.mark.parametrize("name", [name for name in SEARCHERS if name != "exhaustive"])
def test_every_searcher_draws_logarithmic_ranges_so(name: str) -> None:
    """With nothing to learn, a fair share of proposals lies in the lowest half of the logarithm."""
    found = list[float]()
    for seed in range(4):
        for trial in symnas.search([symnas.range(1e-4, 1.0, log=True)], searcher=name, trials=20, seed=seed):
            found += trial.build()
            trial.tell(0.0)
    assert 0.1 < sum(each < 1e-2 for each in found) / len(found) < 0.9  # of even draws it would be 0.01


def test_mutations_of_logarithmic_ranges_move_in_the_logarithm() -> None:
    """A step has the same size everywhere, as a ratio."""
    space = symnas.space_of([symnas.range(1e-4, 1.0, log=True)]).space
    rng = Random(0)
    for start in (1e-3, 1e-1):
        member = space.architecture({"train.value.value": start})
        moved = [space.mutate(member, rng, 0.1).genotype["train.value.value"] for _ in range(200)]
        ratios = sorted(abs(math.log10(each / start)) for each in moved)
        assert 0.15 < ratios[100] < 0.45  # the median of a normal step of a tenth of four decades is 0.27


@pytest.mark.parametrize("name", [name for name in SEARCHERS if name not in BUDGETED])
def test_three_points_end_after_three_trials(name: str) -> None:
    """PyGlove draws them again and again."""
    found = []
    for trial in symnas.search([symnas.oneof(1, 2, 3)], searcher=name, trials=50):
        found.append(trial.build()[0])
        trial.tell(1.0)
    assert sorted(found) == [1, 2, 3]


@pytest.mark.parametrize("name", SEARCHERS)
def test_a_nan_is_a_failure(name: str) -> None:
    """PyGlove tells it to the algorithm as a reward like others."""
    search = symnas.search({"x": symnas.oneof(*range(6))}, searcher=name, trials=8)
    for trial in search:
        trial.tell(math.nan if trial.build()["x"] == 5 else float(trial.build()["x"]))
    assert search.best is not None
    assert search.best.build()["x"] < 5
    failed = [each for each in search.study.trials if each.state.value == "failed"]
    assert {search.study.architecture(each).recipe["value"]["with"][0][1] for each in failed} <= {5}


def test_a_forgotten_tell_is_reported() -> None:
    """PyGlove gives the same trial for ever."""
    search = symnas.search([symnas.oneof(1, 2, 3)], trials=3)
    with pytest.warns(UserWarning, match="nothing was told of it: a trial ends with `tell`"):
        found = [trial.build()[0] for trial in search]
    assert sorted(found) == [1, 2, 3]


def test_a_mutation_always_changes_something() -> None:
    """A quarter of PyGlove's mutants are their parents."""
    space = symnas.space_of(
        {"n": symnas.several(symnas.range(1, 3), symnas.oneof(1, 2)), "k": symnas.oneof(3, 5)}
    ).space
    rng = Random(0)
    for _ in range(200):
        member = space.sample(rng)
        assert space.mutate(member, rng).genotype != member.genotype


def test_identical_candidates_are_refused() -> None:
    """PyGlove counts them as two ways."""
    with pytest.raises(SearchError, match="has the candidate 3 twice; give each once"):
        symnas.oneof(3, 5, 3)


@pytest.mark.parametrize("candidates", (([1], [1]), ({"k": 2}, {"k": 2}), (None, 1, None), ("a", "a")))
def test_equal_data_are_identical_candidates(candidates: tuple[Any, ...]) -> None:
    """Whatever they are made of."""
    with pytest.raises(SearchError, match="twice"):
        symnas.oneof(*candidates)


def test_equal_calls_are_identical_candidates() -> None:
    """Two calls with the same arguments are one; two modules with weights of their own are not."""
    with pytest.raises(SearchError, match="twice"):
        symnas.oneof(symnas.partial(Layer, 1), symnas.partial(Layer, 1))
    assert symnas.space_of([symnas.oneof(nn.Linear(2, 2), nn.Linear(2, 2))]).size == 2


def test_a_mismatched_row_is_refused_before_it_is_built() -> None:
    """Layers that do not fit each other, in any of the architectures, are found without making one."""
    row, conv = symnas.symbolic(nn.Sequential), symnas.symbolic(nn.Conv2d)
    with pytest.raises(SearchError, match="in_channels = 16"):
        symnas.to_nas(row(conv(3, symnas.oneof(8, 16), 3), conv(16, 4, 3)), "x: f32[N, 3, 8, 8]")


def test_unknown_names_are_named() -> None:
    """With the nearest right ones, at the moment they are given."""
    with pytest.raises(SearchError, match=r"`Layer` has no argument `widht`.*did you mean `width`"):
        Layer(widht=symnas.oneof(1, 2))  # type: ignore[call-arg]  # the mistake
    with pytest.raises(SearchError, match=r"no searcher is called `evolutoin`; `evolution`\?"):
        symnas.search([symnas.oneof(1, 2)], searcher="evolutoin")


def test_loading_runs_no_code() -> None:
    """A text may name what it likes: only what is known is looked up, and nothing is imported or called."""
    for text in ('{"$call": "os:system", "with": {"command": "true"}}', '{"$name": "antigravity:fly"}'):
        with pytest.raises(SearchError):
            symnas.from_json(text)
    assert "antigravity" not in sys.modules


def test_what_is_undecided_is_neither_true_nor_false() -> None:
    """An `if` on a placeholder, which in PyGlove takes its first branch, is refused."""
    with pytest.raises(SearchError, match="neither true nor false"):
        _ = "yes" if symnas.oneof(True, False) else "no"


def test_warnings_are_not_part_of_a_search_that_goes_well() -> None:
    """A loop that tells everything is silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for trial in symnas.search({"x": symnas.oneof(1, 2, 3)}, trials=3):
            trial.tell(1.0)
