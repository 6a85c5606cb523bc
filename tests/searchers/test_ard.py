"""Relevances that are learnt: their evidence, what is learnt of what, and what is not."""

from typing import Any

import numpy as np
import pytest
from onehot_rows import rows
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal, norm

from symnas.searchers.models import ARD, Linear, Observations, Vector, ard
from symnas.searchers.models.ard import Evidence
from symnas.searchers.models.base import normal_scores


def evidence(count: int = 30) -> Evidence:
    """That of random targets; what is usual is nothing in particular."""
    rng = np.random.default_rng(3)
    return Evidence(rows(count), rng.standard_normal(count), rng.normal(-1.0, 0.5, 20), 0.7)


def test_the_evidence_for_relevances_is_what_it_says() -> None:
    """Log density of the targets under the Gaussian process, and of the parameters under their prior, but for a constant."""
    known = evidence()

    def expected(parameters: Vector) -> float:
        relevance, pairs, noise = np.exp(parameters[:18]), 1 / (1 + np.exp(-parameters[18])), np.exp(parameters[19])
        alike = known.rows @ np.diag(relevance) @ known.rows.T
        covariance = 1 + (1 - pairs) * alike + pairs * alike**2 + noise * np.eye(30)
        likelihood = multivariate_normal(np.zeros(30), covariance).logpdf(known.targets)
        return float(likelihood + np.sum(norm(known.usual, 0.7).logpdf(parameters)))

    one, other = np.random.default_rng(0).normal(-1.0, 0.7, (2, 20))
    difference = known.improbability(one)[0] - known.improbability(other)[0]
    assert difference == pytest.approx(expected(other) - expected(one))


def test_the_gradient_of_the_evidence_is_that_of_its_value() -> None:
    """By finite differences, in each parameter, at several places."""
    known = evidence()
    for parameters in np.random.default_rng(1).normal(-1.0, 0.7, (3, 20)):
        found = approx_fprime(parameters, lambda at: known.improbability(at)[0], 1e-6)
        assert known.improbability(parameters)[1] == pytest.approx(found, abs=1e-3)


def test_what_says_nothing_is_learnt_to_count_for_little() -> None:
    """Of six decisions two say everything: a difference in these is expected to matter, one in the others hardly; the
    regression, which takes all for equal, knows less of what comes.
    """
    x, new = rows(60), rows(300, seed=1)
    truth = np.concatenate([[0.0, 2.0, 5.0, 1.0, 0.0, 3.0], np.zeros(12)])
    learning, plain = ARD(), Linear()
    for model in (learning, plain):
        model.fit(Observations(x, x @ truth, 32))
    distinct = normal_scores(new @ truth)
    errors = [float(np.mean((model.expect(new) - distinct) ** 2)) for model in (learning, plain)]
    assert errors[0] < 0.7 * errors[1]
    point = np.tile(x[:1], (6, 1)).reshape(6, 6, 3)
    for decided in range(6):
        point[decided, decided] = np.roll(point[decided, decided], 1)
    changes = np.abs(learning.expect(point.reshape(6, 18)) - learning.expect(x[:1]))
    assert np.min(changes[:2]) > 2 * np.max(changes[2:])


def test_noise_is_learnt() -> None:
    """Measurements that contradict each other are believed less: what is expected stays farther from them."""
    x = np.concatenate([rows(40), rows(40)])
    truth, noise = x @ np.arange(18.0), np.random.default_rng(0).standard_normal(80) * 60
    missed = []
    for standings in (truth, truth + noise):
        model, seen = ARD(), Observations(x, standings)
        model.fit(seen)
        missed.append(float(np.std(model.expect(x) - seen.targets)))
    assert missed[0] < 0.2
    assert missed[1] > 0.5


def test_what_is_learnt_of_many_observations_is_learnt_of_a_part_spread_over_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that learning does not take longer and longer; what is expected goes by all of them."""
    looked_at: list[Vector] = []

    def told(x: Vector, *rest: Any) -> Evidence:
        looked_at.append(x)
        return Evidence(x, *rest)

    monkeypatch.setattr(ard, "Evidence", told)
    x, new = rows(1000), rows(60, seed=1)
    model = ARD()
    model.fit(Observations(x, x @ np.arange(18.0), 992))
    (part,) = looked_at
    assert 150 <= len(part) <= ard.MOST
    assert np.array_equal(part[1], x[3])
    assert np.corrcoef(model.expect(new), new @ np.arange(18.0))[0, 1] > 0.99


def test_where_nothing_may_be_learnt_it_is_the_regression() -> None:
    """With no spread the relevances are those of the regression, and so is all that is believed, but for digits left out."""
    seen, new = Observations(rows(50), np.random.default_rng(2).standard_normal(50), 32), rows(7, seed=1)
    model, plain = ARD(pairs=0.8, noise=0.2, spread=1e-6), Linear(pairs=0.8, noise=0.2)
    for each in (model, plain):
        each.fit(seen)
    assert model.believe(new).mean == pytest.approx(plain.believe(new).mean, abs=1e-3)
    assert model.believe(new).deviation == pytest.approx(plain.believe(new).deviation, rel=1e-3)


@pytest.mark.parametrize(
    "standings", (np.zeros(64), np.arange(64.0), np.repeat([0.0, 1.0], 32)), ids=("same", "all", "two")
)
def test_what_is_learnt_of_a_few_rows_over_and_over_can_be_factorised(standings: Vector) -> None:
    """Nothing of these contradicts that there is no noise at all, or nothing else; some is taken for granted anyway."""
    x = np.repeat(rows(8), 8, axis=0)
    model = ARD()
    model.fit(Observations(x, standings, 64))
    belief = model.believe(rows(20, seed=1))
    assert np.all(np.isfinite(belief.mean))
    assert np.all(model.believe(x).deviation > 0.01)


def test_nothing_is_learnt_from_what_is_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open proposals change what is expected, not what columns count for, which is not learnt again for each of them."""
    trained: list[int] = []
    train = ARD.train

    def counted(self: ARD, x: Vector, targets: Vector) -> None:
        trained.append(len(x))
        train(self, x, targets)

    monkeypatch.setattr(ARD, "train", counted)
    x, new = rows(60), rows(10, seed=1)
    standings = x @ np.arange(18.0)
    model, means = ARD(), []
    for assumed in (0, 20, 0):
        seen = np.append(standings[:40], [99.0] * assumed)
        model.fit(Observations(x[: 40 + assumed], seen, 32, assumed))
        means.append(model.expect(new))
    assert len(trained) == 1
    assert trained[0] <= 40
    assert np.array_equal(means[2], means[0])
    assert np.max(np.abs(means[1] - means[0])) > 0.1
