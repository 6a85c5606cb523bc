"""Surrogate-based search: models against their formulas, what is proposed, and what it costs."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from statistics import NormalDist, fmean
from typing import Any, cast

import numpy as np
import pytest
from onehot_rows import rows
from threadpoolctl import threadpool_info, threadpool_limits
from toy import ToyArchitecture, ToySpace, decision, real

from symnas.encoding import encode
from symnas.encoding.subjects import Member, Subject
from symnas.errors import SearchError
from symnas.searchers import AnySearcher, Failure, Infeasible, Success, Surrogate, create, modelling
from symnas.searchers.acquisition import LIKELY, SHARE, expected_improvement, promise, tchebycheff
from symnas.searchers.candidates import Looking
from symnas.searchers.models import (
    ARD,
    Belief,
    Boosting,
    Forest,
    Function,
    Linear,
    Model,
    Networks,
    Observations,
    Vector,
    create_model,
)
from symnas.searchers.models.base import normal_scores
from symnas.searchers.surrogate_settings import Acquisition, ModelKind
from symnas.searchers.treewise import Searched
from symnas.tree import Direction

FLAT = ToySpace(tuple(decision(name, 4) for name in "abcdef"))
LARGE = ToySpace(tuple(decision(f"d{place:02}", 4) for place in range(20)))
MIXED = ToySpace((decision("kind", 3, _1=[real("rate"), decision("size", 4)]), real("width"), decision("act", 4)))
QUICK = (
    "model=pairs",
    "model=ard",
    "model=pairs/ard,acquisition=thompson/ei",
    "model=ridge",
    "acquisition=ei",
    "acquisition=ucb",
    "optimiser=mutation",
    "optimiser=pool",
    "optimiser=tree",
)
MODELS = ("model=forest", "model=boosting", "model=networks", "model=networks,pretrain=20")


def value(point: ToyArchitecture) -> float:
    """Best where every choice is 2, and where neighbours by name agree: choices alone and pairs of them matter."""
    choices = [choice for _, choice in sorted(point.genotype.items())]
    agreeing = sum(one == other for one, other in pairwise(choices))
    return agreeing - sum((choice - 2) ** 2 for choice in choices)


def best(spec: str, space: ToySpace, trials: int, seed: int) -> float:
    """The best value found."""
    searcher: AnySearcher[ToyArchitecture] = create(spec, space, Random(seed))
    found = []
    for _ in range(trials):
        proposal = searcher.ask()
        assert proposal
        found.append(value(proposal.architecture))
        searcher.tell(proposal.number, Success((found[-1],)))
    return max(found)


@pytest.mark.parametrize("setting", QUICK)
@pytest.mark.parametrize("space", (FLAT, LARGE))
def test_it_is_better_than_chance(setting: str, space: ToySpace) -> None:
    """With every part of the loop, 60 trials find more on a structured problem than random ones do, in the mean of 5."""
    chance = fmean(best("random", space, 60, seed) for seed in range(5))
    assert fmean(best(f"surrogate:{setting}", space, 60, seed) for seed in range(5)) > chance + 1


@pytest.mark.parametrize("setting", MODELS)
def test_models_that_are_trained_are_better_than_chance(setting: str) -> None:
    """So do forests, boosted trees and networks."""
    chance = fmean(best("random", LARGE, 60, seed) for seed in range(3))
    assert fmean(best(f"surrogate:{setting},pool=300", LARGE, 60, seed) for seed in range(3)) > chance + 2


def test_tree_search_finds_what_a_model_promises_in_constrained_spaces() -> None:
    """Of 1,024 points, those with the first choice twice forbidden, 64 looked at nearly always hold one of the best twenty;
    what is taken is never among them.
    """
    space = ToySpace(
        tuple(decision(name, 4) for name in "abcde"), tuple(((x, 0), (y, 0)) for x, y in pairwise("abcde"))
    )
    encoding = encode(cast("Subject", space), "onehot")
    target = np.arange(encoding.length) % 4.0
    points = [each for number in range(space.size) if (each := space[number]).violated is None]
    promises = {each.genotype: float(encoding.encode(cast("Member", each)) @ target) for each in points}
    least = sorted(promises.values())[-20]
    for seed in range(5):
        searched = Searched(space, encoding, 64)
        taken = {point.genotype for point in points if promises[point.genotype] == max(promises.values())}
        rng, numbers = Random(seed), np.random.default_rng(seed)
        found = searched.best(Looking(lambda rows: rows @ target, [], taken.__contains__, rng, numbers))
        assert found is not None
        assert found.genotype not in taken
        assert promises[found.genotype] >= least


def test_it_finds_the_best_of_a_small_space() -> None:
    """Of 4,096 points the best is among the first 80 proposed."""
    assert [best("bayes", FLAT, 80, seed) for seed in range(4)] == [5.0] * 4


def test_it_works_in_mixed_conditional_spaces() -> None:
    """Continuous and conditional decisions are changed as well."""
    chance = fmean(best("random", MIXED, 40, seed) for seed in range(5))
    assert fmean(best("bayes", MIXED, 40, seed) for seed in range(5)) > chance


@pytest.mark.parametrize("pairs", (0.0, 0.5, 0.8, 1.0))
def test_the_linear_model_is_the_kernel_regression_that_it_says(pairs: float) -> None:
    """Mean and variance are those of a Gaussian process with k = 1 + (1 - p) s + p s², in blocks or not."""
    x, new = rows(50), rows(7, seed=1)
    standings = np.random.default_rng(2).standard_normal(50)
    m = np.mean(np.sum(x[:16] ** 2, axis=1))

    def kernel(one: Vector, other: Vector) -> Vector:
        alike = one @ other.T / m
        covariance: Vector = 1 + (1 - pairs) * alike + pairs * alike**2
        return covariance

    inverse = np.linalg.inv(kernel(x, x) + 0.1 * np.eye(50))
    mean = kernel(new, x) @ inverse @ normal_scores(standings)
    variance = np.diag(kernel(new, new) - kernel(new, x) @ inverse @ kernel(x, new))
    for settled in (0, 32, 50):
        model = Linear(pairs=pairs, noise=0.1)
        model.fit(Observations(x, standings, settled))
        belief = model.believe(new)
        assert belief.mean == pytest.approx(mean)
        assert belief.deviation**2 == pytest.approx(variance)


@pytest.mark.parametrize("model", (Linear(), Linear(pairs=0.8)), ids=("half", "more"))
def test_functions_drawn_are_from_the_posterior(model: Linear) -> None:
    """Many drawn functions have the mean and the deviation that the model believes."""
    model.fit(Observations(rows(40), np.random.default_rng(1).standard_normal(40), 32))
    new, rng = rows(5, seed=3), np.random.default_rng(0)
    drawn = np.stack([model.draw(rng)(new) for _ in range(4000)])
    belief = model.believe(new)
    assert np.mean(drawn, axis=0) == pytest.approx(belief.mean, abs=0.05)
    assert np.std(drawn, axis=0) == pytest.approx(belief.deviation, rel=0.08)


def test_a_drawn_function_is_one_function_however_many_rows_are_judged() -> None:
    """Thousands at once are worth what each is worth alone; of none there are no values."""
    model = Linear(pairs=0.8)
    model.fit(Observations(rows(40), np.random.default_rng(1).standard_normal(40), 32))
    drawn, many = model.draw(np.random.default_rng(0)), rows(3000, seed=3)
    judged = drawn(many)
    assert drawn(many[2000:2001]) == pytest.approx(judged[2000:2001])
    assert drawn(many[:1023]) == pytest.approx(judged[:1023])
    assert len(drawn(many[:0])) == 0


@pytest.mark.parametrize(
    "model", (Linear(), Linear(0.8), ARD(), Forest()), ids=("pairs", "more pairs", "ard", "forest")
)
def test_a_smaller_spread_draws_nearer_to_what_is_expected(model: Model) -> None:
    """Half of it is half as far, by the same draws; none of it is what the model expects."""
    model.fit(Observations(rows(40), np.random.default_rng(1).standard_normal(40), 32))
    new = rows(5, seed=3)
    expected = model.believe(new).mean
    whole, half, none = (model.draw(np.random.default_rng(0), spread)(new) for spread in (1.0, 0.5, 0.0))
    assert half - expected == pytest.approx((whole - expected) / 2)
    assert none == pytest.approx(expected)


def test_normal_scores_go_by_rank_and_share_it_among_equals() -> None:
    """Ranks 1, 2½, 2½, 4 of four as quantiles of the normal law."""
    expected = [NormalDist().inv_cdf((rank - 0.5) / 4) for rank in (4, 2.5, 1, 2.5)]
    assert normal_scores(np.array([1e9, 5.0, -3.0, 5.0])) == pytest.approx(expected)


@pytest.mark.parametrize(
    "model", (Linear(), ARD(), Forest(), Boosting(), Networks()), ids=lambda each: type(each).__name__
)
def test_models_learn_and_are_the_same_when_fitted_again(model: Model) -> None:
    """Every model predicts what depends on choices and pairs, and a second fit to the same observations changes nothing."""
    x, new = rows(150), rows(60, seed=1)

    def truth(of: Vector) -> Vector:
        told: Vector = of @ np.arange(18.0) + 8 * of[:, 0] * of[:, 4]
        return told

    seen = Observations(x, truth(x), 128)
    model.fit(seen)
    first = model.believe(new)
    assert model.expect(new) == pytest.approx(first.mean)
    assert np.corrcoef(first.mean, truth(new))[0, 1] > 0.8
    again = type(model)()
    again.fit(seen)
    assert np.array_equal(again.believe(new).mean, first.mean)


class _Known(Model):
    """Believes the same of everything."""

    def fit(self, seen: Observations) -> None:
        """Nothing is learnt."""

    def believe(self, rows: Vector) -> Belief:
        """Mean 1, deviation 2."""
        return Belief(np.full(len(rows), 1.0), np.full(len(rows), 2.0))


def test_expected_improvement_is_the_papers() -> None:
    """Against the mean of what is above the best, by simulation."""
    drawn = np.random.default_rng(0).normal(1.0, 2.0, 400_000)
    (found,) = expected_improvement(_Known(), np.zeros((1, 1)), best=1.5)
    assert found == pytest.approx(np.mean(np.maximum(drawn - 1.5, 0)), rel=0.01)


class _Unsure(Model):
    """Believes of each row what stands in it: the mean and the deviation."""

    def fit(self, seen: Observations) -> None:
        """Nothing is learnt."""

    def believe(self, rows: Vector) -> Belief:
        """The first and the second column."""
        return Belief(rows[:, 0], rows[:, 1])


def gains(count: int, objectives: int) -> tuple[Vector, Vector, Function]:
    """Rows, the improvement of each by itself on 12, and how promising they are by improvement in so many objectives, each
    of which has the same weight.
    """
    rng = np.random.default_rng(0)
    table = np.stack([rng.permutation(count) / 10, rng.uniform(0.1, 2.0, count)], axis=1)
    models, weights = [_Unsure()] * objectives, np.full(objectives, 1.0)
    judge = promise(Acquisition.EXPECTED_IMPROVEMENT, models, [12.0] * objectives, weights, 1.0, rng)
    alone = [float(expected_improvement(_Unsure(), table[[row]], best=12.0)[0]) for row in range(count)]
    return table, np.array(alone), judge


@pytest.mark.parametrize(("count", "judged"), ((LIKELY + 40, LIKELY), (SHARE * (LIKELY + 1), LIKELY + 1)))
def test_of_many_rows_the_likely_ones_are_judged_by_their_improvement(count: int, judged: int) -> None:
    """Those of which most is expected are judged as they are alone; the others come after all of them, by what is expected."""
    table, alone, judge = gains(count, 1)
    found = judge(table)
    order = np.argsort(-table[:, 0])
    likely, others = order[:judged], order[judged:]
    assert found[likely] == pytest.approx(alone[likely])
    assert np.min(found[likely]) >= np.max(found[others])
    assert list(np.argsort(-found[others])) == list(range(len(others)))


def test_with_several_objectives_every_row_is_judged_by_its_improvement() -> None:
    """What is unlikely to be best in one of them may be in another, and is not told of as worse than no improvement."""
    table, alone, judge = gains(LIKELY + 40, 2)
    assert judge(table) == pytest.approx(tchebycheff(np.stack([alone, alone], axis=1), np.ones(2)))


def test_weights_choose_a_part_of_the_front() -> None:
    """The point that is good where the weight is large has the largest value; a dominated one never has."""
    values = np.array([[1.0, -1.0], [0.4, 0.4], [-1.0, 1.0], [0.3, 0.3]])
    chosen = [int(np.argmax(tchebycheff(values, np.array([share, 1 - share])))) for share in (0.9, 0.5, 0.1)]
    assert chosen == [0, 1, 2]


def test_several_objectives_are_all_looked_for() -> None:
    """Of two opposed objectives both ends of the front are found, and more of it than by chance."""
    space = ToySpace(LARGE.roots[:8], objectives=(("one", Direction.MAXIMIZE), ("two", Direction.MINIMIZE)))

    def ends(spec: str) -> tuple[float, float]:
        searcher = create(spec, space, Random(0))
        told = []
        for _ in range(80):
            proposal = searcher.ask()
            assert proposal
            choices = list(proposal.architecture.genotype.values())
            told.append((float(sum(choices[:5])), float(sum(choices[3:]))))
            searcher.tell(proposal.number, Success(told[-1]))
        return max(one for one, _ in told), min(two for _, two in told)

    assert ends("bayes") == (15.0, 0.0)
    assert ends("random") != (15.0, 0.0)


def test_what_fails_is_avoided() -> None:
    """Where one choice always fails, and another breaks a constraint, they are hardly proposed any more."""
    searcher: AnySearcher[ToyArchitecture] = create("bayes", LARGE, Random(0))
    bad = []
    for _ in range(60):
        proposal = searcher.ask()
        assert proposal
        choice = proposal.architecture.genotype["d00"]
        bad.append(choice in (1, 2))
        broken = Failure("crash") if choice == 1 else Infeasible({"latency": 1.0})
        searcher.tell(proposal.number, broken if bad[-1] else Success((value(proposal.architecture),)))
    assert sum(bad[-20:]) <= 2


@pytest.mark.parametrize("pending", ("liar", "believer"))
def test_open_proposals_are_accounted_for(pending: str) -> None:
    """What is assumed of open proposals changes where expected improvement looks next."""
    batches = {}
    for setting in (pending, "nothing"):
        searcher = create(f"surrogate:acquisition=ei,pending={setting}", LARGE, Random(0))
        for _ in range(20):
            proposal = searcher.ask()
            assert proposal
            searcher.tell(proposal.number, Success((value(proposal.architecture),)))
        batches[setting] = [searcher.ask() for _ in range(6)]
    assert batches[pending][0] == batches["nothing"][0]
    assert batches[pending] != batches["nothing"]


def watch(monkeypatch: pytest.MonkeyPatch, look: Callable[[float], None]) -> None:
    """Call *look* before each function that is drawn, with how far it departs from what is expected."""
    draw = Linear.draw

    def drawn(self: Linear, rng: np.random.Generator, spread: float = 1.0) -> Function:
        look(spread)
        return draw(self, rng, spread)

    monkeypatch.setattr(Linear, "draw", drawn)


def evaluate(searcher: AnySearcher[ToyArchitecture], trials: int) -> None:
    """Ask for so many architectures and tell what each is worth."""
    for _ in range(trials):
        proposal = searcher.ask()
        assert proposal
        searcher.tell(proposal.number, Success((value(proposal.architecture),)))


def ask_four_twice(searcher: AnySearcher[ToyArchitecture], space: ToySpace) -> None:
    """Ask for a batch of four, and again after a restart, which must give the same."""
    state = searcher.state()
    batch = [searcher.ask() for _ in range(4)]
    resumed: AnySearcher[ToyArchitecture] = create(searcher.spec, space, Random(1))
    resumed.restore(state)
    assert [resumed.ask() for _ in range(4)] == batch


def test_optimism_is_taken_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """How far a function that is drawn departs from what is expected is decided by the number of the proposal, also in a
    batch and after a restart.
    """
    spreads: list[float] = []
    watch(monkeypatch, spreads.append)
    spec = "surrogate:optimism=1.5/0.5/0.5/0.5"
    searcher: AnySearcher[ToyArchitecture] = create(spec, FLAT, Random(0))
    evaluate(searcher, 14)
    assert spreads == [0.5, 0.5, 1.5, 0.5]  # of 10 to 13
    ask_four_twice(searcher, FLAT)
    assert spreads[4:] == [0.5, 0.5, 1.5, 0.5] * 2


@pytest.mark.parametrize("spec", ("surrogate", "bananas"))
def test_thompson_sampling_is_as_published_by_default(spec: str) -> None:
    """What is drawn departs from what is expected as far as it does by chance; stored searches say so in their text."""
    text = create(spec, FLAT, Random(0)).spec
    assert "acquisition=thompson," in text
    assert "optimism=1.0," in text


def judged_by(monkeypatch: pytest.MonkeyPatch) -> list[Acquisition]:
    """A list to which the acquisition of each proposal that a model is asked for is added."""
    judges: list[Acquisition] = []

    def promised(acquisition: Acquisition, *rest: Any) -> Function:
        judges.append(acquisition)
        return promise(acquisition, *rest)

    monkeypatch.setattr(modelling, "promise", promised)
    return judges


@pytest.mark.parametrize("space", (FLAT, MIXED))
def test_every_other_proposal_of_bayes_is_where_most_is_to_be_gained(
    monkeypatch: pytest.MonkeyPatch, space: ToySpace
) -> None:
    """Those between explore; which it is follows from the number of the proposal, also in a batch and after a restart.
    Stored searches say so in their text.
    """
    judges = judged_by(monkeypatch)
    searcher: AnySearcher[ToyArchitecture] = create("bayes", space, Random(0))
    assert "acquisition=thompson/ei," in searcher.spec
    assert "model=pairs," in searcher.spec
    assert "pairs=0.8" in searcher.spec
    for _ in range(13):
        proposal = searcher.ask()
        assert proposal
        searcher.tell(proposal.number, Success((float(proposal.number),)))
    explore, gain = Acquisition.THOMPSON, Acquisition.EXPECTED_IMPROVEMENT
    assert judges == [explore, gain, explore]  # of 10 to 12
    ask_four_twice(searcher, space)
    assert judges[3:] == [gain, explore, gain, explore] * 2


def test_models_are_taken_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one a proposal is made by is decided by its number, also in a batch and after a restart; each kind is made once."""
    fitted: list[str] = []
    made: list[ModelKind] = []

    def promised(acquisition: Acquisition, models: Sequence[Model], *rest: Any) -> Function:
        fitted.append(type(models[0]).__name__)
        return promise(acquisition, models, *rest)

    def created(kind: ModelKind, *rest: Any) -> Model:
        made.append(kind)
        return create_model(kind, *rest)

    monkeypatch.setattr(modelling, "promise", promised)
    monkeypatch.setattr(modelling, "create_model", created)
    spec = "surrogate:model=pairs/ard/ard"
    searcher: AnySearcher[ToyArchitecture] = create(spec, FLAT, Random(0))
    evaluate(searcher, 13)
    assert made == [ModelKind.PAIRS, ModelKind.ARD]
    assert fitted == ["ARD", "ARD", "Linear"]  # of 10 to 12
    ask_four_twice(searcher, FLAT)
    assert fitted[3:] == ["ARD", "ARD", "Linear", "ARD"] * 2


def test_with_several_objectives_bayes_is_surrogate() -> None:
    """Unless something else is asked for."""
    several = (("score", Direction.MAXIMIZE), ("latency", Direction.MINIMIZE))
    plain = create("surrogate", FLAT, Random(0), several).spec.replace("surrogate", "bayes")
    assert create("bayes", FLAT, Random(0), several).spec == plain
    assert create("bayes", ToySpace(FLAT.roots, (), several), Random(0)).spec == plain
    spec = create("bayes:acquisition=ei/thompson", FLAT, Random(0), several).spec
    assert spec == plain.replace("acquisition=thompson", "acquisition=ei/thompson")


def test_small_matrices_are_multiplied_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the process has two for others, which it still has afterwards."""
    threads: list[int] = []
    watch(monkeypatch, lambda _: threads.extend(blas_threads()))
    with threadpool_limits(2, "blas"):
        before = blas_threads()
        best("bayes", FLAT, 12, 0)
        assert blas_threads() == before
    assert set(before) == {2}
    assert set(threads) == {1}


def blas_threads() -> list[int]:
    """Threads of each library that multiplies matrices."""
    return [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]


def test_settings_that_do_not_fit_are_refused() -> None:
    """Pretraining is of networks; a Gaussian process needs botorch, and says so when the searcher is made."""
    with pytest.raises(SearchError, match="`pretrain` is a setting of `model=networks`"):
        create("bayes:pretrain=10", FLAT, Random(0))
    with pytest.raises(SearchError, match="no encoding is called `onehit`; `onehot`"):
        best("bayes:encoding=onehit", FLAT, 20, 0)


def test_a_gaussian_process_without_botorch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the extra that brings it, and what does without."""
    monkeypatch.setattr("symnas.searchers.surrogate.find_spec", lambda _: None)
    with pytest.raises(SearchError, match=r"needs botorch.*pip install symnas\[botorch\].*model=pairs"):
        Surrogate(FLAT, Random(0), model="gp")
