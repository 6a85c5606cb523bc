"""The published facts of the showcase: parameters, multiply-adds and sizes of spaces, known independently."""

from pathlib import Path
from random import Random

import pytest

from symnas.domains import Alternatives, Choice, Continuous, Domain
from symnas.elaborate.regions import Oracle
from symnas.program import load, parse
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


def test_autoformer_layers_multiply(showcase: Path) -> None:
    """Four ways to decide each of 12 to 14 layers, three widths: the file's own claim, by its formula."""
    assert load(showcase / "autoformer.nas").space().size == 3 * (4**12 + 4**13 + 4**14)


def test_darts_cells_are_counted_as_published(showcase: Path) -> None:
    """Each node takes two of the edges before it, each edge one of eight operations, or of seven without `none`."""
    text = (showcase / "darts.nas").read_text(encoding="utf-8")
    without = "\n".join(line for line in text.splitlines() if not line.strip().startswith("none:"))
    pairs = 1 * 3 * 6 * 10
    assert parse(text).space().size == (pairs * 8**8) ** 2
    assert parse(without).space().size == (pairs * 7**8) ** 2


DARTS_V2 = {
    "Normal": [("sep3", 0), ("sep3", 1), ("sep3", 0), ("sep3", 1), ("sep3", 1), ("skip", 0), ("skip", 0), ("dil3", 2)],
    "Reduce": [("max3", 0), ("max3", 1), ("skip", 2), ("max3", 1), ("max3", 0), ("skip", 2), ("skip", 2), ("max3", 1)],
}
"""The cells of Liu et al. 2019 (second order): for each node its two operations and where they come from."""


def darts_picks() -> str:
    """`DARTS_V2` as picks."""
    made = {}
    for cell, edges in DARTS_V2.items():
        for node in range(4):
            two = edges[2 * node : 2 * node + 2]
            if node > 0:
                made[f"{cell}.Steps.i[{node}].manyof"] = str(sorted(place for _, place in two))
            made |= {f"{cell}.Steps.i[{node}].edges[{place}].Op.oneof": operation for operation, place in two}
    return "pick { " + ", ".join(f"{path}: {choice}" for path, choice in made.items()) + " }\n"


def test_darts_v2_has_its_published_size(showcase: Path) -> None:
    """The network as it was evaluated: 36 channels, 20 cells, affine norms, none after pools, no auxiliary head."""
    text = (showcase / "darts.nas").read_text(encoding="utf-8")
    text = text.replace("stride = stride) -> BatchNorm2d(affine = false)\n  avg3", "stride = stride)\n  avg3")
    text = text.replace("stride = stride) -> BatchNorm2d(affine = false)\n  skip", "stride = stride)\n  skip")
    text = text.replace("BatchNorm2d(affine = false)", "BatchNorm2d").replace("c = 16", "c = 36")
    text = text.replace("0..7", "0..19").replace("[2, 5]", "[6, 13]").replace("states[7]", "states[15]")
    network = parse(text + darts_picks()).architecture()
    assert network.params == 3_349_342


def test_nasbench101_reads_the_cell_of_its_readme(showcase: Path) -> None:
    """conv1, conv3, conv3, conv3, pool3 on the published matrix: the parameters that the benchmark gives."""
    edges = {(0, 1), (0, 2), (0, 3), (0, 5), (1, 6), (2, 6), (3, 4), (4, 6), (5, 6)}
    made = {
        f"Module.to[{end}].i[{start}].oneof": str((start, end) in edges).lower()
        for end in range(1, 7) for start in range(end)
    }  # fmt: skip
    operations = ["conv1", "conv3", "conv3", "conv3", "pool3"]
    made |= {f"Module.v[1][{vertex}].Op.oneof": operation for vertex, operation in enumerate(operations)}
    picks = "pick { " + ", ".join(f"{path}: {choice}" for path, choice in made.items()) + " }\n"
    network = parse((showcase / "nasbench101.nas").read_text(encoding="utf-8") + picks).architecture()
    assert network.params == 2_694_282


@pytest.mark.parametrize("name", ("einspace", "nasbench101"))
def test_sizes_that_are_not_counted_are_bounded(showcase: Path, name: str) -> None:
    """A space too entangled to count says what is known of its size; nasbench101 has 9,100,558 by listing matrices."""
    found = load(showcase / f"{name}.nas").space().estimate()
    assert found.least >= 1
    if name == "nasbench101":
        assert found.about is not None
        assert found.error is not None
        assert abs(found.about - 9_100_558) <= 4 * found.error * 9_100_558
