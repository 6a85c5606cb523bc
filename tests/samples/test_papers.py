"""What the samples claim of published networks, counted anew by hand: no code of symnas takes part in the counting.

Each `assert` of a sample that names a published number has its layers added up here, in plain Python.
"""

import math
import re
from itertools import pairwise, product
from pathlib import Path

import pytest

import symnas


def conv(inside: int, out: int, kernel: int = 1, groups: int = 1, dimensions: int = 2, bias: bool = False) -> int:
    """Parameters of a convolution."""
    return inside // groups * out * int(kernel**dimensions) + out * bias


def norm(channels: int) -> int:
    """Parameters of a normalisation: a scale and a shift for each channel."""
    return 2 * channels


def linear(inside: int, out: int) -> int:
    """Parameters of a linear layer."""
    return inside * out + out


def conv_norm(inside: int, out: int, kernel: int = 1, groups: int = 1) -> int:
    """A convolution without bias, then a normalisation."""
    return conv(inside, out, kernel, groups) + norm(out)


def resnext(depths: tuple[int, ...], groups: int, width: int) -> int:
    """ResNet, ResNeXt and Wide ResNet with bottlenecks (Xie et al. 2017, table 1)."""
    total, channels = conv_norm(3, 64, 7), 64
    for stage, depth in enumerate(depths):
        planes = 64 * 2**stage
        inner, out = planes * width // 64 * groups, 4 * planes
        for block in range(depth):
            total += conv_norm(channels, inner) + conv_norm(inner, inner, 3, groups) + conv_norm(inner, out)
            total += conv_norm(channels, out) if block == 0 else 0
            channels = out
    return total + linear(channels, 1000)


def densenet(growth: int, layers: tuple[int, ...]) -> int:
    """DenseNet with bottlenecks and half the channels kept (Huang et al. 2017, table 1)."""
    channels = 2 * growth
    total = conv_norm(3, channels, 7)
    for block, depth in enumerate(layers):
        for _ in range(depth):
            total += norm(channels) + conv(channels, 4 * growth) + norm(4 * growth) + conv(4 * growth, growth, 3)
            channels += growth
        if block < 3:
            total += norm(channels) + conv(channels, channels // 2)
            channels //= 2
    return total + norm(channels) + linear(channels, 1000)


def divisible(value: float, by: int = 8) -> int:
    """MobileNet's rounding to a multiple, in floating point as its authors wrote it."""
    rounded = max(by, int(value + by / 2) // by * by)
    return rounded + by if rounded < 0.9 * value else rounded


def efficientnet(width: float, depth: float) -> int:
    """EfficientNet-B0 scaled (Tan and Le 2019, table 1)."""
    channels = divisible(32 * width)
    total = conv_norm(3, channels, 3)
    rows = [(16, 3, 1, 1), (24, 3, 6, 2), (40, 5, 6, 2), (80, 3, 6, 3), (112, 5, 6, 3), (192, 5, 6, 4), (320, 3, 6, 1)]
    for base, kernel, expand, layers in rows:
        out = divisible(base * width)
        for _ in range(math.ceil(layers * depth)):
            hidden, narrow = channels * expand, max(1, channels // 4)
            total += conv_norm(channels, hidden) if expand > 1 else 0
            total += conv_norm(hidden, hidden, kernel, hidden)
            total += linear(hidden, narrow) + linear(narrow, hidden)
            total += conv_norm(hidden, out)
            channels = out
    return total + conv_norm(channels, 4 * channels) + linear(4 * channels, 1000)


def regnet(depth: int, initial: float, slope: float, multiplier: float, group: int) -> int:
    """RegNetX (Radosavovic et al. 2020, section 3.3), with logarithms in floating point."""
    widths = []
    for block in range(depth):
        power = round(math.log((initial + slope * block) / initial) / math.log(multiplier))
        widths.append(round(initial * multiplier**power / 8) * 8)
    total, channels = conv_norm(3, 32, 3), 32
    for block, quantised in enumerate(widths):
        groups_of = min(group, quantised)
        out = divisible(quantised, groups_of)
        total += conv_norm(channels, out) + conv_norm(out, out, 3, out // groups_of) + conv_norm(out, out)
        total += conv_norm(channels, out) if block == 0 or widths[block - 1] != quantised else 0
        channels = out
    return total + linear(channels, 1000)


def mixer(layers: int, width: int, patch: int) -> int:
    """MLP-Mixer for 224×224 (Tolstikhin et al. 2021, table 1)."""
    tokens, hidden_tokens, hidden = (224 // patch) ** 2, width // 2, 4 * width
    perceptrons = linear(tokens, hidden_tokens) + linear(hidden_tokens, tokens)
    perceptrons += linear(width, hidden) + linear(hidden, width)
    each = 2 * norm(width) + perceptrons
    return conv(3, width, patch, bias=True) + layers * each + norm(width) + linear(width, 1000)


def retinanet() -> int:
    """RetinaNet on ResNet-50 whose normalisations are frozen (Lin et al. 2017), for the 91 classes of COCO."""
    total, channels = conv(3, 64, 7), 64
    for planes, depth in zip((64, 128, 256, 512), (3, 4, 6, 3), strict=True):
        for block in range(depth):
            total += conv(channels, planes) + conv(planes, planes, 3) + conv(planes, 4 * planes)
            total += conv(channels, 4 * planes) if block == 0 else 0
            channels = 4 * planes
    total += sum(conv(level, 256, bias=True) for level in (512, 1024, 2048))
    total += 5 * conv(256, 256, 3, bias=True)  # three levels smoothed, two made
    return total + sum(4 * conv(256, 256, 3, bias=True) + conv(256, 9 * out, 3, bias=True) for out in (91, 4))


def dcgan() -> tuple[int, int]:
    """DCGAN's generator and discriminator for 64×64 (Radford et al. 2016)."""
    widths = (100, 512, 256, 128, 64)
    generator = sum(conv_norm(a, b, 4) for a, b in pairwise(widths)) + conv(64, 3, 4)
    discriminator = conv(3, 64, 4) + conv(512, 1, 4)
    return generator, discriminator + sum(conv_norm(a, 2 * a, 4) for a in (64, 128, 256))


PUBLISHED = {
    "resnext": [
        (resnext((3, 4, 6, 3), 1, 64), 25_557_032), (resnext((3, 4, 23, 3), 1, 64), 44_549_160),
        (resnext((3, 8, 36, 3), 1, 64), 60_192_808), (resnext((3, 4, 6, 3), 32, 4), 25_028_904),
        (resnext((3, 4, 23, 3), 32, 8), 88_791_336), (resnext((3, 4, 6, 3), 1, 128), 68_883_240),
        (resnext((3, 4, 23, 3), 1, 128), 126_886_696),
    ],
    "densenet": [
        (densenet(32, (6, 12, 24, 16)), 7_978_856), (densenet(48, (6, 12, 36, 24)), 28_681_000),
        (densenet(32, (6, 12, 32, 32)), 14_149_480), (densenet(32, (6, 12, 48, 32)), 20_013_928),
    ],
    "efficientnet": [
        (efficientnet(1.0, 1.0), 5_288_548), (efficientnet(1.0, 1.1), 7_794_184),
        (efficientnet(1.1, 1.2), 9_109_994), (efficientnet(1.2, 1.4), 12_233_232),
        (efficientnet(1.4, 1.8), 19_341_616), (efficientnet(1.6, 2.2), 30_389_784),
        (efficientnet(1.8, 2.6), 43_040_704), (efficientnet(2.0, 3.1), 66_347_960),
    ],
    "regnet": [
        (regnet(22, 24, 24.48, 2.54, 16), 5_495_976), (regnet(16, 56, 35.73, 2.28, 16), 7_259_656),
        (regnet(18, 80, 34.01, 2.25, 24), 9_190_136), (regnet(25, 88, 26.31, 2.25, 48), 15_296_552),
        (regnet(23, 80, 49.56, 2.88, 120), 39_572_648), (regnet(22, 216, 55.59, 2.1, 128), 54_278_536),
        (regnet(23, 320, 69.86, 2.0, 168), 107_811_560),
    ],
    "mixer": [(mixer(8, 512, 16), 18_528_264), (mixer(12, 768, 16), 59_880_472)],
    "detector": [(retinanet(), 34_014_999)],
    "gan": [(dcgan()[0], 3_576_704), (dcgan()[1], 2_765_568)],
}  # fmt: skip
"""For each sample the published numbers that it asserts, each after the sum of the network's layers."""


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_numbers_are_the_sums_of_their_layers(name: str) -> None:
    """Adding up the layers of a published network gives the number that is published."""
    for counted, published in PUBLISHED[name]:
        assert counted == published


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_samples_assert_every_published_number(name: str, root: Path) -> None:
    """Each number stands in an `assert` of the sample, and the sample asserts no other."""
    text = (root / "samples" / f"{name}.nas").read_text(encoding="utf-8")
    asserted = re.findall(r"^assert .*params == ([\d_]+)$", text, re.MULTILINE)
    assert sorted(map(int, asserted)) == sorted(published for _, published in PUBLISHED[name])


def test_each_size_of_the_mixer_family_is_counted_alike(root: Path) -> None:
    """All twelve mixers have the parameters that the formula gives."""
    family = {8: 512, 12: 768, 24: 1024, 32: 1280}
    space = symnas.load(root / "samples" / "mixer.nas").space()
    sizes = dict(zip(("small", "base", "large", "huge"), family.items(), strict=True))
    for index in range(space.size):
        member = space[index]
        layers, width = sizes[member.picks["size"]]
        assert member.params == mixer(layers, width, int(member.picks["patch"]))


def test_tcresnet8_is_as_small_as_the_paper_says(root: Path) -> None:
    """TC-ResNet8 has the layers of the paper's figure, 65,148 parameters: with moving averages 66K, as it says."""
    total, averages = conv(40, 16, 3, dimensions=1), 0
    for inside, out in ((16, 24), (24, 32), (32, 48)):
        total += sum(conv(a, out, kernel, dimensions=1) for a, kernel in ((inside, 9), (out, 9), (inside, 1)))
        total += 3 * norm(out)
        averages += 3 * norm(out)
    total += linear(48, 12)
    net = symnas.load(root / "samples" / "keywords.nas").space()[0].graph("TCResNet8")
    assert net.params == total == 65_148
    assert round((total + averages) / 1000) == 66


def test_walks_through_resolutions_are_fibonacci_numbers() -> None:
    """Auto-DeepLab's 2.9 * 10^4 ways: eleven steps on a line of four points, from its end."""
    ways = [1, 0, 0, 0]
    for _ in range(11):
        ways = [sum(ways[max(0, at - 1) : at + 2]) for at in range(4)]
    assert sum(ways) == 28_657


def divisions(tasks: int) -> list[list[int]]:
    """The sizes of the groups, for every way to divide so many tasks."""
    labelled = {
        tuple(labels)
        for labels in product(range(tasks), repeat=tasks)
        if all(label <= max((-1, *labels[:place])) + 1 for place, label in enumerate(labels))
    }
    return [[labels.count(label) for label in sorted(set(labels))] for labels in labelled]


def trees(tasks: int, stages: int) -> int:
    """How many trees a trunk for so many tasks can branch into."""
    if stages == 0:
        return 1
    return sum(math.prod(trees(group, stages - 1) for group in groups) for groups in divisions(tasks))


def test_branching_trunks_are_counted_by_their_divisions(root: Path) -> None:
    """The trees of four tasks over three stages, from every way to divide the tasks."""
    assert symnas.load(root / "samples" / "multitask.nas").space().size == trees(4, 3) * 27 == 154 * 27


def test_pairs_of_accelerators_are_those_that_fit_the_chip(root: Path) -> None:
    """Elements, bandwidth and area of two accelerators, tried one by one in square micrometres."""
    pairs = sum(
        e + f <= 4096 and b + c <= 64 and 500 * (e + f) + 10_000 * (b + c) <= 2_400_000
        for e, f in product((1024, 2048, 3072), repeat=2)
        for b, c in product((16, 32, 48), repeat=2)
    )
    nets = 8 * (4 * 3) ** 3 * 4 * 4
    assert symnas.load(root / "samples" / "accelerators.nas").space().size == pairs * 9 * 2 * nets
