"""The digits sample: a space worth searching, whose every member trains."""

import random
from pathlib import Path

import pytest

from symnas.program import load
from symnas.space import Space
from symnas.training.evaluate import Evaluator, final

EVALUATOR = Evaluator(net_reads=["dropout"])


@pytest.fixture(scope="module")
def space(root: Path) -> Space:
    """The space of the sample."""
    return load(root / "samples" / "digits.nas").space()


def test_the_sample_has_the_size_that_hand_counting_gives(space: Space) -> None:
    """A unit has 3 layers × 3 kernels × 3 gates, twice that with a residual, which the first of a stage never has.

    Width, activation, two pools and head give 4 · 4 · 2 · 2 · 2; decay, smoothing and dropout 3 · 3 · 5.
    """
    first, further = 27, 54
    stages = first * (1 + further) * first * (1 + further + further**2)
    assert space.size == stages * 4 * 4 * 2 * 2 * 2 * 3 * 3 * 5


def test_members_fit_the_data_and_the_limit(space: Space) -> None:
    """Sampled networks take digits, give ten classes, and have at most 30,000 parameters."""
    rng = random.Random(0)
    for _ in range(20):
        architecture = space.sample(rng)
        EVALUATOR.check(architecture, architecture.recipe)
        assert architecture.params <= 30_000


def test_a_trial_repeats_and_the_final_training_is_the_trial(space: Space) -> None:
    """The metrics of a trial come from its architecture, recipe and seed, and the table at the end trains the same."""
    architecture = space.sample(random.Random(3))
    recipe = {**architecture.recipe, "epochs": 1}
    trial = EVALUATOR(architecture, recipe, seed=3)
    result = final(EVALUATOR, architecture, recipe, seed=3)
    assert (trial["accuracy"], trial["loss"]) == (result.validation["accuracy"], result.validation["loss"])
    assert result.test["accuracy"] == pytest.approx(trial["accuracy"], abs=0.15)


@pytest.mark.slow
def test_networks_differ_and_the_better_ones_are_good(space: Space) -> None:
    """Within a few epochs, sixteen random members spread from far below 90% to above 95%."""
    rng = random.Random(1)
    accuracies = []
    for seed in range(16):
        architecture = space.sample(rng)
        accuracies.append(EVALUATOR(architecture, {**architecture.recipe, "epochs": 4}, seed=seed)["accuracy"])
    assert min(accuracies) < 0.8
    assert max(accuracies) > 0.95
