"""Controllers: gradients by hand against finite differences, what they learn, and what they are never asked."""

import math
from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from toy import ToyArchitecture, ToySpace, decision, real

from symnas.domains import Alternatives, Continuous, Grid
from symnas.searchers import AnySearcher, Success, create
from symnas.searchers.controllers import Asking, Step, trace
from symnas.searchers.controllers.adam import Adam
from symnas.searchers.controllers.policy import Episode
from symnas.searchers.controllers.recurrent import Controller
from symnas.searchers.controllers.traces import asking
from symnas.searchers.ppo import PPO

SPACE = ToySpace(
    (
        decision("cell[0].op", 3, _1=[decision("cell[0].kernel", 3), real("cell[0].drop")]),
        decision("cell[1].op", 3, _1=[decision("cell[1].kernel", 3), real("cell[1].drop")]),
        real("lr"),
        decision("width", 4),
    )
)


def started(units: int, seed: int = 3) -> tuple[Controller, list[Step]]:
    """A controller with parameters that are not zero, and a trace with decisions of every kind."""
    rng = Random(seed)
    controller = Controller(units, rng)
    while True:
        drawn = SPACE.sample(rng)
        if drawn.genotype["cell[0].op"] == 1 and drawn.genotype["cell[1].op"] == 1:
            break
    steps = list(trace(SPACE.draft(), drawn.genotype))
    controller.forward(steps)
    for values in controller.parameters.values():
        values += np.array([rng.gauss(0.0, 0.5) for _ in range(values.size)]).reshape(values.shape)
    return controller, steps


def slope(function: Callable[[], float], values: np.ndarray, place: tuple[int, ...], step: float = 1e-6) -> float:
    """The central difference of *function* by one entry of *values*."""
    before = values[place]
    values[place] = before + step
    above = function()
    values[place] = before - step
    below = function()
    values[place] = before
    return (above - below) / (2 * step)


@pytest.mark.parametrize("units", (0, 5))
@pytest.mark.parametrize("entropy", (0.0, 0.3))
def test_gradients_agree_with_finite_differences(units: int, entropy: float) -> None:
    """Of weighed log-probabilities and entropies, by every parameter, continuous decisions and masks among them."""
    controller, steps = started(units)
    masked = Asking("m", Alternatives(("a", "b", "c")), "m#3", "m#3", 3, (0, 2), (-0.2, -1.7), {0: 3, 2: 1})
    steps.insert(2, Step(masked, 1))
    controller.forward(steps)
    rng = Random(8)
    weights = np.array([rng.gauss(0.0, 1.0) for _ in steps])

    def worth() -> float:
        done = controller.forward(steps)
        return float(weights @ done.log_probabilities + entropy * done.entropies.sum())

    gradients = controller.backward(controller.forward(steps), weights, entropy)
    assert gradients.keys() == controller.parameters.keys()
    for name, values in controller.parameters.items():
        for place in np.ndindex(values.shape):
            assert gradients[name][place] == pytest.approx(slope(worth, values, place), abs=1e-6), (name, place)


def test_the_clipped_surrogate_has_the_gradient_that_is_used() -> None:
    """PPO's derivatives against finite differences of min(r Â, clip(r) Â), decisions clipped on either side among them."""
    controller, steps = started(4)
    searcher: PPO[ToyArchitecture] = PPO(SPACE, Random(0), clip=0.2)
    now = controller.forward(steps).log_probabilities
    before = tuple(now + np.array([math.log(0.5), 0.05, math.log(1.5), -0.1] * 3)[: len(steps)])
    for advantage in (0.7, -0.4):
        episode = Episode(steps, advantage, before)

        def worth(episode: Episode = episode) -> float:
            ratios = np.exp(controller.forward(steps).log_probabilities - np.array(episode.before))
            clipped = np.clip(ratios, 0.8, 1.2)
            return float(np.minimum(ratios * episode.advantage, clipped * episode.advantage).sum())

        done = controller.forward(steps)
        weights = searcher.log_weights(episode, done)
        assert np.count_nonzero(weights == 0)
        assert np.count_nonzero(weights)
        gradients = controller.backward(done, weights, 0.0)
        for name, values in controller.parameters.items():
            for place in np.ndindex(values.shape):
                assert gradients[name][place] == pytest.approx(slope(worth, values, place), abs=1e-6), (name, place)


def test_nothing_illegal_is_decided() -> None:
    """Options that leave no point are not offered, whatever their logits say."""
    controller, rng = Controller(3, Random(0)), Random(1)
    masked = Asking("m", Alternatives(("a", "b", "c")), "m#3", "m#3", 3, (0, 2), (-0.7, -0.7), {0: 1, 2: 1})
    controller.forward([Step(masked, 0)])
    controller.parameters["own:m#3"][1] = 1e3
    drawn = {masked.offered[controller.decide(masked, controller.begin(), rng).taken] for _ in range(200)}
    assert drawn == {0, 2}


def test_what_has_learnt_nothing_is_uniform_over_architectures() -> None:
    """A new controller decides by the number of points that each choice leaves."""
    space = ToySpace((decision("side", 2, _1=[decision("x", 10), decision("y", 10)]),))
    asked = asking(space.draft())
    assert [math.exp(each) for each in asked.prior] == pytest.approx([1 / 101, 100 / 101])
    searcher = create("reinforce:repeat=true", space, Random(0))
    sides = [proposal.architecture.genotype["side"] for _ in range(600) if (proposal := searcher.ask())]
    assert 0 < sides.count(0) < 25


def test_large_domains_are_decided_by_stretches() -> None:
    """A decision of a million choices has 64 options, every choice belongs to one, and is drawn from it."""

    class Draft:
        path, domain, weights = "many", Grid(0, 1, 1_000_003, True), None  # type: ignore[arg-type]  # (a whole number)

    asked, rng = asking(Draft()), Random(0)  # type: ignore[arg-type]  # (as much of a draft as is read)
    assert asked.options == 64
    for option in range(64):
        for _ in range(20):
            choice = asked.choice(option, rng)
            assert asked.option(choice) == option
    assert asked.option(0) == 0
    assert asked.option(1_000_002) == 63
    assert asked.option(1_000_003) is None


def test_numbers_and_values_of_continuous_decisions() -> None:
    """Any real number stands for a value within the range, and back."""
    asked = Asking("lr", Continuous(1e-4, 1e-1, True), "lr#", "lr#", 0, (), (), None)
    for number in (-5.0, -0.3, 0.0, 2.0, 9.0):
        assert asked.number(asked.value(number)) == pytest.approx(number, rel=1e-6, abs=1e-9)
    assert asked.value(-800.0) == pytest.approx(1e-4)
    assert asked.value(800.0) == pytest.approx(1e-1)


def test_adam_makes_the_steps_of_the_paper() -> None:
    """The first step is as long as the rate, whatever the gradient; moments continue after being written and read."""
    parameters = {"a": np.array([1.0, 2.0])}
    adam = Adam(0.1)
    adam.climb(parameters, {"a": np.array([3.0, -1e-3])})
    assert parameters["a"] == pytest.approx([1.1, 1.9], abs=1e-5)
    again, copied = Adam(0.1), {"a": parameters["a"].copy()}
    again.read(adam.to_json())
    for each, moved in ((adam, parameters), (again, copied)):
        each.climb(moved, {"a": np.array([1.0, 1.0])})
    assert (parameters["a"] == copied["a"]).all()


@pytest.mark.parametrize("kind", ("reinforce", "ppo"))
def test_they_learn(kind: str) -> None:
    """On a sum of choices with a continuous part, the last of 300 proposals are far better than random ones."""
    space = ToySpace((*(decision(f"d{index}", 4) for index in range(8)), real("z")))

    def value(point: ToyArchitecture) -> float:
        return sum(choice for name, choice in point.genotype.items() if name != "z") - 4 * abs(
            point.genotype["z"] - 0.8
        )

    for seed in range(3):
        searcher: AnySearcher[ToyArchitecture] = create(kind, space, Random(seed))
        values = []
        for _ in range(300):
            proposal = searcher.ask()
            assert proposal
            values.append(value(proposal.architecture))
            searcher.tell(proposal.number, Success((values[-1],)))
        assert sum(values[-50:]) / 50 > sum(values[:50]) / 50 + 4.0


def test_what_is_learnt_at_one_place_helps_at_the_next() -> None:
    """The same decision in another turn of a loop shares logits: a turn that was never met begins with them."""
    controller, _ = started(0)
    for name in list(controller.parameters):
        controller.parameters[name][...] = 0.0
    controller.parameters["like:cell.op#3"][2] = 5.0
    new = ToySpace((decision("cell[7].op", 3),))
    drawn = [controller.decide(asking(new.draft()), controller.begin(), Random(seed)).taken for seed in range(50)]
    assert drawn.count(2) > 40
