"""Exhaustive search: the space's own order where it has one, every point of a grid elsewhere, and an end."""

from random import Random
from typing import Any

import pytest
from enumerating import space_of
from toy import ToySpace, decision, real

from symnas.errors import SearchError
from symnas.limits import Limits
from symnas.program import parse
from symnas.searchers import AnySearcher, Failure, create
from symnas.space import Space


def everything(space: Space | ToySpace, most: int = 1000, **settings: object) -> list[dict[str, int | float]]:
    searcher: AnySearcher[Any] = create("exhaustive", space, Random(0), None, **settings)
    found: list[dict[str, int | float]] = []
    while len(found) < most and (proposal := searcher.ask()):
        found.append(proposal.architecture.genotype.to_json())
        searcher.tell(proposal.number, Failure(""))
    return found


CONDITIONAL = """
block Deep(n = oneof(1, 2))(x) = x -> repeat(n) { oneof(ReLU, Tanh) }
net Net(x: f32[N, 8]) = x -> oneof { deep: Deep, flat: Linear(oneof(4, 8) as width) }
"""


def test_it_goes_in_the_order_of_the_numbering() -> None:
    """`space[0]`, `space[1]`, …, to the end."""
    space = space_of(CONDITIONAL)
    assert everything(space) == [each.genotype.to_json() for each in space]
    assert len(everything(space)) == space.size == 8


def test_what_breaks_a_require_is_passed_over() -> None:
    """Members above the limit are counted by `size`, and not proposed."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(range(1, 9) as a) -> Linear(3)\nrequire A.params <= 60")
    found = everything(space)
    assert found == [each.genotype.to_json() for each in space if each.violated is None]
    assert 0 < len(found) < space.size


@pytest.mark.parametrize(("grid", "values"), ((1, [0.5]), (2, [0.0, 1.0]), (3, [0.0, 0.5, 1.0])))
def test_continuous_decisions_take_the_values_of_a_grid(grid: int, values: list[float]) -> None:
    """All combinations, those of conditional decisions where they exist; the last decision changes fastest."""
    space = ToySpace((decision("kind", 2, _0=[real("momentum")]), real("rate")))
    expected: list[dict[str, float]] = [
        {"kind": 0, "momentum": momentum, "rate": rate} for momentum in values for rate in values
    ]
    expected += [{"kind": 1, "rate": rate} for rate in values]
    assert everything(space, grid=grid) == expected


def test_a_logarithmic_range_has_a_logarithmic_grid() -> None:
    """Both ends, and the geometric mean."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(8)\ntrain { lr: range(1e-4, 1e-2, log = true) }")
    assert [each["train.lr"] for each in everything(space, grid=3)] == pytest.approx([1e-4, 1e-3, 1e-2])


def test_a_space_without_a_count_is_walked() -> None:
    """Decision by decision, the same members as the numbering has."""
    space = space_of(CONDITIONAL)
    uncounted = parse(CONDITIONAL, limits=Limits(work=3)).space()
    assert not uncounted.countable
    found = everything(uncounted)
    assert {tuple(sorted(each.items())) for each in found} == {tuple(sorted(each.genotype.items())) for each in space}
    assert len(found) == 8


def test_it_begins_again_where_it_may_repeat() -> None:
    """After the last comes the first."""
    found = everything(ToySpace((decision("a", 3),)), most=7, repeat=True)
    assert [each["a"] for each in found] == [0, 1, 2, 0, 1, 2, 0]


def test_a_space_that_is_too_sparse_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """After many illegal points in a row it gives up, with the reason."""
    monkeypatch.setattr("symnas.searchers.exhaustive.STEPS", 10)
    space = ToySpace((decision("a", 30),), tuple(((("a", choice),)) for choice in range(25)))
    with pytest.raises(SearchError, match="10 architectures in a row break a `require`"):
        everything(space)
