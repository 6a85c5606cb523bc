"""Pictures of whole programs: what is in them, that they are SVG, that nothing overlaps, that they never change."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest

import symnas
from symnas.errors import SearchError
from symnas.picture import draw
from symnas.picture.gathering import gather
from symnas.picture.layout import Box, lay_out
from symnas.picture.measure import wide
from symnas.picture.members import typical
from symnas.picture.nodes import Kind, Node
from symnas.space import Space

QUICK = ["mobile", "bench201", "unet", "resnet50", "ofa", "gpt"]
"""Programs whose space is counted in a moment."""
ALL = [*QUICK, "nasbench101", "deeparchitect", "einspace"]

RESIDUAL = """
block Unit(out, kernel = oneof(3, 5))(x) = x + (x -> Conv2d(out, kernel) -> ReLU)
net Net(image: f32[N, 8, 16, 16]) = image -> repeat(range(1, 3)) { Unit(8) } -> GlobalAvgPool2d -> Flatten
train { lr: range(1e-4, 1e-1, log = true) }
"""


def space_of(name: str, shared: Path) -> Space:
    """The space of a published program."""
    return symnas.load(shared / "language" / "showcase" / f"{name}.nas").space()


def texts_of(svg: str) -> str:
    """All text of a picture, tooltips included."""
    return "\n".join(ET.fromstring(svg).itertext())  # noqa: S314  # our own text


def boxes(box: Box) -> Iterator[Box]:
    """*box* and every box in it."""
    yield box
    for each in box.inside:
        yield from boxes(each)


def laid_out(space: Space) -> Box:
    """The net of *space*, laid out."""
    return lay_out(gather(typical(space), space.nets[0], chosen=True).net)


def overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether two boxes (x, y, width, height) share more than an edge."""
    return (
        one[0] + one[2] > other[0] + 0.01
        and other[0] + other[2] > one[0] + 0.01
        and one[1] + one[3] > other[1] + 0.01
        and other[1] + other[3] > one[1] + 0.01
    )


def contents(box: Box) -> list[tuple[float, float, float, float]]:
    """Places of what stands directly in *box*."""
    inner = [(each.x, each.y, each.width, each.height) for each in box.inside]
    return inner + [(each.x, each.y, each.width, each.height) for each in box.chips]


@pytest.mark.parametrize("name", QUICK)
def test_a_picture_is_xml_and_names_every_decision(name: str, shared: Path) -> None:
    """The SVG parses, and the last name of every decision of the member drawn stands in it."""
    space = space_of(name, shared)
    text = texts_of(draw(space))
    for path in typical(space).picks:
        assert path.rpartition(".")[2].partition("[")[0] in text


@pytest.mark.parametrize("name", ALL)
def test_nothing_overlaps(name: str, shared: Path) -> None:
    """Boxes and chips of one block share no point, and none leaves the block."""
    for box in boxes(laid_out(space_of(name, shared))):
        inner = contents(box)
        for place, one in enumerate(inner):
            assert one[0] >= 0
            assert one[1] >= 0
            assert one[0] + one[2] <= box.width + 0.01
            assert one[1] + one[3] <= box.height + 0.01
            assert not any(overlap(one, other) for other in inner[place + 1 :])


@pytest.mark.parametrize("name", ALL)
def test_no_label_leaves_its_box(name: str, shared: Path) -> None:
    """Every line of text ends before its box, its chip or its alternative does."""
    for box in boxes(laid_out(space_of(name, shared))):
        assert all(each.x + wide(each.text, each.size) <= box.width for each in box.texts)
        for chip in box.chips:
            assert all(each.x + wide(each.text, each.size) <= chip.width for each in chip.texts)
            for part in chip.boxes:
                assert part.x + part.width <= chip.width
                assert all(each.x + wide(each.text, each.size) <= part.width for each in part.texts)


@pytest.mark.parametrize("name", ALL)
def test_edges_point_down(name: str, shared: Path) -> None:
    """Every edge leads from a box to one below it, so that a picture reads from top to bottom."""
    for box in boxes(laid_out(space_of(name, shared))):
        for wire in box.wires:
            assert box.inside[wire.source].bottom < box.inside[wire.target].y


def test_a_residual_block_has_a_skip_connection() -> None:
    """The edge around the layers of a residual sum runs in a lane from the input to the sum."""
    space = symnas.parse(RESIDUAL).space()
    units = [each for each in boxes(laid_out(space)) if each.node.title == "Unit"]
    skips = [
        (unit.inside[wire.source].node, unit.inside[wire.target].node)
        for unit in units
        for wire in unit.wires
        if wire.skip
    ]
    assert [(source.kind, target.title) for source, target in skips] == [(Kind.PORT, "add")]
    assert 'class="skip" marker-end' in draw(space)


def test_equal_neighbours_are_drawn_once() -> None:
    """Turns of a loop that look alike are one box that says how many they are."""
    space = symnas.parse(RESIDUAL).space()
    units = [each.node for each in boxes(laid_out(space)) if each.node.title == "Unit"]
    assert [each.times for each in units] == [3]
    assert "× 3" in texts_of(draw(space))


def test_the_number_of_turns_stands_at_the_loop() -> None:
    """The `repeat` and the block's own settings are chips of the block that is repeated, whole domains in them."""
    space = symnas.parse(RESIDUAL).space()
    (unit,) = [each.node for each in boxes(laid_out(space)) if each.node.title == "Unit"]
    shown = {chip.label: [part.label for part in chip.parts] for chip in unit.chips}
    assert shown == {"repeat": ["1..3", "3"], "kernel": ["3", "5"]}


def test_only_a_given_architecture_has_its_choices_marked() -> None:
    """The picture of a space marks nothing; that of an architecture marks one alternative of each decision."""
    space = symnas.parse(RESIDUAL).space()
    assert 'class="part chosen"' not in draw(space)
    drawn = draw(space, space.sample(Random(0)))
    assert drawn.count('class="part chosen"') >= 3


def test_the_header_tells_size_decisions_and_parameters() -> None:
    """The exact size of the space, the number of decisions and the parameters of the member stand on top."""
    space = symnas.parse(RESIDUAL).space()
    text = texts_of(draw(space))
    assert f"{space.size:,} architectures · 5 decisions" in text
    assert f"{typical(space).params:,} parameters" in text


def test_layers_to_choose_from_stand_side_by_side_with_their_text() -> None:
    """Alternatives that are layers are framed, each with what the program says of it."""
    space = symnas.parse(
        "block Op = oneof { wide: Conv2d(8, 5), narrow: Conv2d(8, 3) -> ReLU }\n"
        "net Net(image: f32[N, 8, 16, 16]) = image -> Op"
    ).space()
    (op,) = [each.node for each in boxes(laid_out(space)) if each.node.title == "Op"]
    (chip,) = op.chips
    assert chip.framed
    assert [(part.label, part.detail) for part in chip.parts] == [
        ("wide", "Conv2d(8, 5)"),
        ("narrow", "Conv2d(8, 3) -> ReLU"),
    ]


def test_hostile_text_is_escaped() -> None:
    """Text of a program that looks like markup stays text."""
    hostile = '</text><script>alert(\\"1\\")</script>&'
    space = symnas.parse(
        f'net Net(image: f32[N, 4]) = image -> Linear(2)\ntrain {{ mode: oneof("{hostile}", "b") }}'
    ).space()
    svg = draw(space)
    root = ET.fromstring(svg)  # noqa: S314  # our own text
    assert not [each for each in root.iter() if each.tag.endswith("script")]
    assert "<script>" in texts_of(svg)


def test_long_labels_are_cut() -> None:
    """A name longer than a box may be ends in an ellipsis, and a tooltip has it whole."""
    name = "very" * 40
    space = symnas.parse(
        f"block {name.title()}(x: [N, C]) = x -> Linear(range(2, 9)) -> ReLU\n"
        f"net Net(image: f32[N, 4]) = image -> {name.title()}"
    ).space()
    box = laid_out(space)
    assert box.width < 900
    assert name.title() in texts_of(draw(space))


def test_long_networks_stay_small() -> None:
    """Three hundred equal layers are a few boxes, and three hundred different ones are all there."""
    same = symnas.parse("net Net(x: f32[N, 8]) = x -> repeat(150) { Linear(8) -> ReLU }").space()
    assert sum(1 for _ in boxes(laid_out(same))) < 10
    other = symnas.parse("net Net(x: f32[N, 8]) {\n for i in 1..300 { x = x -> Linear(i) }\n x\n}").space()
    assert sum(each.node.kind is Kind.LAYER for each in boxes(laid_out(other))) == 300


def test_a_program_without_a_net_has_no_picture() -> None:
    """There is nothing to draw where there is no net, and the error says so."""
    with pytest.raises(SearchError, match="no net"):
        draw(symnas.parse("train { lr: range(0.1, 0.2) }").space())


def test_pictures_do_not_depend_on_the_hash_seed(root: Path) -> None:
    """Two processes with different hash seeds write the same picture."""
    script = (
        "import sys, symnas; from symnas.picture import draw; from random import Random\n"
        "space = symnas.parse(sys.argv[1]).space()\n"
        "print(draw(space)); print(draw(space, space.sample(Random(1))))"
    )
    written = {
        subprocess.run(
            [sys.executable, "-c", script, RESIDUAL], cwd=root, env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(written) == 1


def test_equal_nodes_are_equal_wherever_they_stand() -> None:
    """A node's path does not take part in comparing, so that repeated blocks can be found."""
    assert Node(Kind.LAYER, "ReLU", path="a") == Node(Kind.LAYER, "ReLU", path="b")


def test_samples_can_be_drawn(root: Path) -> None:
    """Every sample's net has a layout."""
    for file in sorted((root / "samples").glob("*.nas")):
        space = symnas.load(file).space()
        for net in space.nets:
            assert lay_out(gather(typical(space), net, chosen=False).net).height > 0
