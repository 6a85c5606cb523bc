"""What a picture tells of the space: how many alternatives, what they cost, in how many ways a block can be decided."""

from pathlib import Path
from random import Random
from time import process_time
from xml.etree import ElementTree as ET

import pytest

import symnas
from symnas.picture import draw
from symnas.picture.gathering import gather
from symnas.picture.members import counted, typical
from symnas.picture.nodes import Chip, Node
from symnas.picture.prices import prices
from symnas.space import Space

PROGRAM = """
block Unit(out, kernel = oneof(3, 5))(x) = x -> Conv2d(out, kernel, bias = false) -> maybe(BatchNorm2d) -> oneof(ReLU, SiLU)
cell Head(x: [N, 8]) = x -> Linear(oneof(4, 8) as width) -> Linear(2)
net Net(image: f32[N, 8, 16, 16]) {
  image -> repeat(range(1, 3)) { Unit(8) } -> GlobalAvgPool2d -> Flatten -> Head
}
train { lr: range(1e-4, 1e-1, log = true) }
"""


def space_of(text: str = PROGRAM) -> Space:
    """The space of *text*."""
    return symnas.parse(text).space()


def texts_of(svg: str) -> str:
    """All text of a picture, tooltips included."""
    return "\n".join(ET.fromstring(svg).itertext())  # noqa: S314  # our own text


def nodes(node: Node) -> list[Node]:
    """*node* and all in it."""
    return [node, *(each for child in node.children for each in nodes(child))]


def chips_of(space: Space) -> dict[str, Chip]:
    """The chips of the picture of a space by label, those made once included."""
    gathered = gather(typical(space), space.nets[0], chosen=False)
    found = [chip for node in nodes(gathered.net) for chip in node.chips]
    return {chip.label: chip for chip in [*found, *(chip for _, chips in gathered.once for chip in chips)]}


def test_a_choice_tells_how_many_alternatives_it_has() -> None:
    """The number stands beside the name of a decision; a continuous one has none."""
    chips = chips_of(space_of())
    assert {label: chip.size for label, chip in chips.items()} == {
        "repeat": 3, "kernel": 2, "maybe": 2, "oneof": 2, "width": 2, "lr": 0,
    }  # fmt: skip
    text = texts_of(draw(space_of()))
    assert "kernel × 3  1 of 2" in text or "kernel  1 of 2" in text
    assert "repeat  1 of 3" in text


def test_alternatives_tell_what_they_cost() -> None:
    """Beside each other alternative stands what the member would weigh more or less, its tooltip tells the MACs, too."""
    chips = chips_of(space_of())
    assert [part.cost for part in chips["kernel"].parts] == ["", "+1.02K"]
    assert chips["kernel"].parts[1].tip == "+1,024 parameters, +262,144 multiply-adds"
    assert [part.cost for part in chips["width"].parts] == ["", "+44"]
    assert [part.cost for part in chips["oneof"].parts] == ["", ""]
    assert "5 (+1,024 parameters, +262,144 multiply-adds)" in texts_of(draw(space_of()))


def test_prices_are_differences_of_architectures() -> None:
    """The price of a choice is what the member with that choice alone changed has more."""
    space = space_of()
    shown = space.sample(Random(3))
    found = prices(shown)
    for path, others in found.items():
        for choice, price in others.items():
            if path == "Net.repeat":
                continue  # other decisions come to exist
            changed = space.architecture({**shown.genotype, path: choice})
            assert (price.params, price.macs) == (changed.params - shown.params, changed.macs - shown.macs)
    assert set(found) == {path for path, domain in shown.domains.items() if domain.size > 1}


def test_alternatives_that_cost_the_same_parameters_tell_their_macs() -> None:
    """Where no alternative changes parameters, multiply-adds are told."""
    space = space_of(
        "net Net(image: f32[N, 3, 8, 8]) = image -> Conv2d(4, 3, stride = oneof(1, 2)) -> GlobalAvgPool2d -> Flatten"
    )
    assert [part.cost for part in chips_of(space)["stride"].parts] == ["", "−5.18K MACs"]


def test_blocks_tell_in_how_many_ways_they_can_be_decided() -> None:
    """A block that holds decisions says how many ways there are to decide it, a cell its own; the net all of its."""
    space = space_of()
    gathered = gather(typical(space), "Net", chosen=False, counted=counted(space))
    ways = {each.title: each.ways for each in nodes(gathered.net) if each.ways}
    assert ways == {"Net": "584 ways", "Unit": "8 ways", "Head": "2 ways"}
    assert "584 ways" in texts_of(draw(space))


def test_what_an_architecture_does_not_take_is_faint() -> None:
    """Of each decision one alternative is marked and the others are faint; in a space without picks nothing is."""
    space = space_of()
    assert 'class="faint"' not in draw(space)
    drawn = draw(space, space.sample(Random(0)))
    assert drawn.count('class="faint"') >= 4
    assert drawn.count('class="part chosen"') >= 4


def test_what_a_program_picks_is_marked() -> None:
    """A decision that is picked has its choice marked, that of a cell at its use and beside the net; others do not."""
    picked = draw(space_of(PROGRAM + "pick { Head.width: 8 }\n"))
    assert picked.count('class="part chosen"') == 2
    assert picked.count('class="faint"') == 2


@pytest.mark.parametrize("name", ("mobile", "ofa", "einspace", "nasbench101", "compress"))
def test_pictures_of_large_spaces_stay_small(name: str, shared: Path) -> None:
    """However large a space, its picture takes seconds of processor time and less than a megabyte."""
    space = symnas.load(shared / "language" / "showcase" / f"{name}.nas").space()
    begin = process_time()
    drawn = draw(space, None, space.nets[0])
    assert process_time() - begin < 15
    assert len(drawn) < 1_000_000
