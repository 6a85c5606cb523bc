"""Exit rates: counted while a network runs, reported with the metrics, used by `expected(…)`."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from enumerating import only, space_of

from symnas.compilers.torch import build
from symnas.costs import Cost
from symnas.errors import SearchError
from symnas.searchers import Success
from symnas.study.evaluation import perform
from symnas.study.runs import Task
from symnas.training.evaluate import Evaluator
from symnas.training.exits import watched
from symnas.tree import Direction

NESTED = """
block Late(x) = x -> Linear(16) -> Linear(4)
net A(x: f32[N, 8]) {
  when x[:, 0] > 0 { x -> Linear(4) } else { when x[:, 1] > 0 { x -> Linear(8) -> Linear(4) } else { x -> Late } }
}
""".replace("block Late(x) = x", "block Late = Identity")

DIGITS = """
block Exit = GlobalAvgPool2d -> Flatten -> Linear(10)
block Rest()(x) {
  here = x -> Exit
  when softmax(here, dim = 1).amax(1) > 0.5 { here } else { x -> Conv2d(16, 3) -> ReLU -> Exit }
}
net Digits(image: f32[N, 1, 8, 8]) = image -> Conv2d(8, 3) -> ReLU -> Rest()
train { data: "digits", epochs: 2, lr: 0.01 }
maximize accuracy
minimize expected(Digits.macs)
"""


def test_rates_are_shares_of_the_samples_that_arrive() -> None:
    """Each `when` is counted by its path, of the samples that reach it; one that none reaches has no rate."""
    net = build(only(NESTED)).eval()
    x = torch.tensor([[1.0, 0], [1, 1], [1, -1], [-1, 1], [-1, 1], [-1, 1], [-1, -1], [-1, 0]])
    x = torch.cat([x, torch.zeros(8, 6)], dim=1)
    with watched(net) as exits:
        net(x[:5])
        net(x[5:])
    assert exits.metrics == {"exits.when": 3 / 8, "exits.when.1": 3 / 5}
    with watched(net) as exits:
        net(x[:3])
    assert exits.metrics == {"exits.when": 1.0}


def test_the_expected_cost_weighs_the_sides() -> None:
    """The mean over the samples, by hand; a `when` that no sample reaches needs no rate."""
    graph = only(NESTED)
    first, second, third = 8 * 4, 8 * 8 + 8 * 4, 8 * 16 + 16 * 4
    assert graph.whens == ("when", "when.1")
    assert graph.macs == third
    rates = {"when": 0.375, "when.1": 0.5}
    share = Fraction(3, 8)
    assert graph.expected_macs(rates) == share * first + (1 - share) * Fraction(second + third, 2)
    assert graph.expected_macs({"when": 1}) == first
    assert graph.expected_macs({"when": 0, "when.1": 0}) == third


@pytest.mark.parametrize(
    ("rates", "message"),
    (
        ({}, "no exit rate is known for `when`"),
        ({"when": 0.5}, "no exit rate is known for `when.1`"),
        ({"when": 1.5}, "the exit rate of `when` is 1.5"),
    ),
)
def test_a_rate_that_is_needed_is_asked_for(rates: Mapping[str, float], message: str) -> None:
    """A missing rate, or one that is no share, is named."""
    with pytest.raises(SearchError, match=message):
        only(NESTED).expected_macs(rates)


@pytest.mark.parametrize(
    ("objective", "cost"),
    (
        ("macs", Cost("macs")),
        ("Net.params", Cost("params", "Net")),
        ("worst(Net.macs)", Cost("macs", "Net")),
        ("expected(flops)", Cost("flops", None, True)),
        ("accuracy", None),
        ("Net.accuracy", None),
    ),
)
def test_costs_are_read_from_objectives(objective: str, cost: Cost | None) -> None:
    """`worst` is the plain cost; what names no cost has to be measured."""
    assert Cost.read(objective) == cost


def test_an_evaluator_reports_exits() -> None:
    """`exits` may be a mapping by path; the expected cost is worked out from it, for the net that is meant."""
    architecture = space_of(NESTED)[0]
    objectives = (("accuracy", Direction.MAXIMIZE), ("expected(A.flops)", Direction.MINIMIZE))
    for rates in ({"when": 1.0}, {"A.when": 1.0}):
        report = {"accuracy": 0.5, "exits": rates}
        found = perform(lambda *_, report=report: report, architecture, Task(0, architecture.genotype, 0), objectives)
        assert isinstance(found, Success)
        assert found.values == (0.5, 2 * 32)


def test_the_built_in_evaluator_measures_them(tmp_path: Path) -> None:
    """Training on built-in data reports the rates on the validation part, and so the expected cost."""
    space = space_of(DIGITS)
    architecture = space[0]
    evaluate = Evaluator(tmp_path)
    metrics = evaluate(architecture, architecture.recipe, seed=0)
    rate = metrics["exits.Rest.when"]
    assert 0 <= rate <= 1
    found = perform(evaluate, architecture, Task(0, architecture.genotype, 0), space.objectives)
    assert isinstance(found, Success)
    assert found.values[1] == pytest.approx(architecture.graph().expected_macs({"Rest.when": rate}), abs=1e-9)
