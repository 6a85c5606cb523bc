"""The published facts of the showcase: parameters, multiply-adds and sizes of spaces, known independently."""

from pathlib import Path
from random import Random

import pytest

from symnas.domains import Alternatives, Choice, Continuous, Domain
from symnas.elaborate.regions import Oracle
from symnas.program import load
from symnas.sizes import substitute


@pytest.fixture
def showcase(shared: Path) -> Path:
    """The folder of the showcase's programs."""
    return shared / "language" / "showcase"


def test_resnet50_is_the_published_network(showcase: Path) -> None:
    """ResNet-50 has torchvision's parameters, and its multiply-adds at 224×224 with batch 1."""
    space = load(showcase / "resnet50.nas").space()
    network = space[0]
    assert space.size == 1
    assert network.params == 25_557_032
    assert substitute(network.graph("ResNet50").macs, {"H": 224, "W": 224}) == 4_089_184_256


def test_bench201_has_its_published_size(showcase: Path) -> None:
    """NAS-Bench-201: 5 operations on 6 edges of one cell, however often the cell is used."""
    assert load(showcase / "bench201.nas").space().size == 15_625


def test_unet_depths_decide_what_exists(showcase: Path) -> None:
    """A U-Net of depth d decides d joins: 3^2 + 3^3 + 3^4 + 3^5."""
    assert load(showcase / "unet.nas").space().size == 3**2 + 3**3 + 3**4 + 3**5


def test_deeparchitect_ties_choices_not_weights(showcase: Path) -> None:
    """The main space of DeepArchitect, and apart from it its training settings."""
    space = load(showcase / "deeparchitect.nas").space()
    assert space.size_of("Deep") == (6 * 3 * 6 * 2 * 2 * 3 * 6) ** 2 == 60_466_176
    assert space.size == 2 * 60_466_176
    assert space.continuous == 1


def test_ofa_is_counted_exactly(showcase: Path) -> None:
    """Once-for-all: five stages of 9^2 + 9^3 + 9^4 and 25 resolutions."""
    assert load(showcase / "ofa.nas").space().size == 7_371**5 * 25


class Largest(Oracle):
    """Answers every decision with its last alternative, and `maybe` with the layer."""

    def ask(self, path: str, domain: Domain, persistent: bool) -> Choice:
        """The largest choice."""
        layer = isinstance(domain, Alternatives) and domain.labels[-1] == "Identity"
        last = domain.high if isinstance(domain, Continuous) else domain.size - 1
        self.given = {path: 0 if layer else last}
        return super().ask(path, domain, persistent)


def test_mobile_counts_and_largest_member(showcase: Path) -> None:
    """The mobile space: 690,768,240,019,200 networks times 6 dropout rates; 1,560,922 parameters at most."""
    space = load(showcase / "mobile.nas").space()
    assert space.size // 6 == 690_768_240_019_200
    assert space.size % 6 == 0
    assert space.elaboration.build(Largest({})).params == 1_560_922


def test_mobile_samples_meet_its_limits(showcase: Path) -> None:
    """A `require` on costs holds for every sample."""
    space = load(showcase / "mobile.nas").space()
    rng = Random(1)
    for _ in range(20):
        network = space.sample(rng)
        assert network.params <= 500_000
        assert int(str(network.macs)) <= 60_000_000
        assert space.architecture(network.genotype) == network


def test_gpt2_small_is_the_member_with_its_picks(showcase: Path) -> None:
    """GPT-2 small has 124,439,808 parameters: twelve groups, learned positions, tied embeddings."""
    space = load(showcase / "gpt.nas").space()
    assert space.sample(Random(0)).params == 124_439_808
