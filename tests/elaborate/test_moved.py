"""`moved old => new`: picks, genotypes and weights of before a refactoring stay valid."""

import pytest
from enumerating import space_of

import symnas
from symnas.checking import check
from symnas.errors import SourceError
from symnas.space import Space

PICKED = """
block Head(c) = Conv2d(c, oneof(1, 3)) as stem -> ReLU
net Main(image: f32[N, 1, 8, 8]) = image -> Head(4) -> Conv2d(2, oneof(1, 3)) as tail
"""
OLD = "pick { Main.stem.kernel_size: 3 }\n"


def space(*more: str) -> Space:
    """The space of the refactored program with more declarations."""
    return symnas.parse(PICKED + "\n".join(more)).space()


def codes(*more: str) -> list[str]:
    """The codes of what checking the refactored program with more declarations finds."""
    return [each.code for each in check(symnas.parse(PICKED + "\n".join(more))).diagnostics]


def test_old_picks_stay_valid() -> None:
    """A pick of an old path decides what lies at the new one; without the move it is refused."""
    assert codes("pick { Main.stem.kernel_size: 3 }") == ["E0610"]
    moved = space("moved stem.kernel_size => Head.kernel_size", "pick { Main.stem.kernel_size: 3 }")
    assert codes("moved stem.kernel_size => Head.kernel_size", "pick { Main.stem.kernel_size: 3 }") == []
    assert moved.size == 2
    assert moved[0].picks["Main.Head.kernel_size"] == "3"


def test_chains_of_moves_are_followed() -> None:
    """A path that was moved twice is found by its first name, and by its second, in whatever order they are written."""
    moves = ("moved base.kernel_size => Head.kernel_size", "moved stem => base")
    for old in ("stem", "base"):
        assert space(*moves, f"pick {{ Main.{old}.kernel_size: 3 }}")[0].picks["Main.Head.kernel_size"] == "3"


def test_a_decision_may_become_a_let() -> None:
    """A move may take a decision out of its net: what begins with a top-level name is no longer the net's."""
    text = "let wide = oneof(2, 4)\nnet Main(x: f32[N, 8]) = x -> Linear(wide)\nmoved Main.features => wide\n"
    assert symnas.parse(text + "pick { Main.features: 4 }").architecture().picks == {"wide": "4"}
    inside = text.replace("moved Main.features", "moved features")
    assert symnas.parse(inside + "pick { Main.features: 4 }").architecture().picks == {"wide": "4"}


def test_old_genotypes_stay_valid() -> None:
    """A genotype with old paths is the architecture with the new ones."""
    moved = space("moved stem.kernel_size => Head.kernel_size", "moved Old => Main")
    made = moved.architecture({"Old.stem.kernel_size": 1, "Main.kernel_size": 0})
    assert dict(made.genotype) == {"Main.Head.kernel_size": 1, "Main.kernel_size": 0}


def test_old_weights_stay_valid() -> None:
    """Names of weights follow as those of layers do, with `[k]` written `.k`; other names stay."""
    moved = space("moved stem => base[1].conv", "moved Main.base[1] => Head")
    before = {"stem.weight": 1, "stem.bias": 2, "stems.weight": 3, "tail.weight": 4, "base.1.x": 5}
    after = {"Head.conv.weight": 1, "Head.conv.bias": 2, "stems.weight": 3, "tail.weight": 4, "Head.x": 5}
    assert moved.moved_weights(before) == after


def test_a_move_is_no_change_of_the_space() -> None:
    """Writing a move leaves the space the same, so that a study goes on."""
    assert space("moved stem => Head").fingerprint == space().fingerprint


WRONG = [
    ("E0231", "moved stem => stem[0]"),
    ("E0231", "moved a => Head\nmoved a => tail"),
    ("E0231", "moved a => b\nmoved b => a"),
    ("E0231", "moved a => b\nmoved b => c\nmoved c => a.d"),
    ("E0232", "moved tail => Head"),
    ("E0233", "moved a => Hed"),
    ("E0233", "moved a => Head.ReLU.kernel_size"),
]


@pytest.mark.parametrize(("code", "text"), WRONG)
def test_moves_that_cannot_be_made(code: str, text: str) -> None:
    """A move in a circle, from what is still there, or to what is not, is refused."""
    assert codes(text)[0] == code


def test_a_lost_target_is_told_with_the_nearest() -> None:
    """The remedy for a new path that does not exist is the nearest word, or path, that does."""
    assert [each.hint for each in check(symnas.parse(PICKED + "moved a => Hed")).diagnostics] == [
        "did you mean `Head`?"
    ]


@pytest.mark.parametrize("order", ((0, 1, 2), (2, 1, 0), (1, 2, 0)))
def test_names_of_weights_follow_a_row_of_moves(order: tuple[int, ...]) -> None:
    """A name of a weight goes all the way along moves that go on from one another, however they are ordered."""
    moves = ["moved a => b", "moved b => c", "moved c => d"]
    text = "\n".join(moves[number] for number in order)
    space = space_of(f"net A(x: f32[N, 8]) = x -> Linear(8) as d\n{text}\n")
    assert space.moved_weights({"a.weight": 1, "other": 2}) == {"d.weight": 1, "other": 2}


def test_a_long_row_of_moves_is_followed_quickly() -> None:
    """Two thousand moves in a row, and a circle of as many, take no longer than their number."""
    row = "\n".join(f"moved a{i} => a{i + 1}" for i in range(2_000))
    space = space_of(f"net A(x: f32[N, 8]) = x -> Linear(8) as a2000\n{row}\n")
    assert space.moved_weights({"a0.weight": 1}) == {"a2000.weight": 1}
    with pytest.raises(SourceError, match="in a circle"):
        space_of(f"net A(x: f32[N, 8]) = x -> Linear(8)\n{row}\nmoved a2000 => a0\n")
