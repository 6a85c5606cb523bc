"""Counting distinct networks: whose, by which rules, and what cannot be counted."""

import pytest

import symnas
from symnas.distinct import distinct_networks
from symnas.errors import SearchError

TWO = """
block Act = oneof(ReLU, Identity)
cell Pair(c)(x) = (x -> Act) + (x -> Conv2d(c, oneof(1, 3)) -> Act)
net First(image: f32[N, 1, 8, 8]) = image -> Conv2d(4, 3) -> Pair(4) -> Pair(4)
net Second(image: f32[N, 1, 8, 8]) = image -> Act -> Act
train { epochs: oneof(1, 2, 3), lr: range(1e-4, 1e-1) }
"""


def test_a_net_is_counted_without_the_rest() -> None:
    """Neither other nets nor settings of `train`, continuous ones included, make other networks."""
    space = symnas.parse(TWO).space()
    assert space.size == 8 * 4 * 3
    assert distinct_networks(space, net="First").members == 8
    assert space.unique_count(net="First") == 8
    assert space.unique_count(net="Second") == 3
    assert space.unique_count("names,identities", net="Second") == 3


def test_a_cell_is_counted_alone() -> None:
    """A cell is a network of its own; the cells that can be counted are those that decide something."""
    space = symnas.parse(TWO).space()
    assert space.cells() == {"Pair": 8}
    assert space.unique_count(cell="Pair") == 8


def test_cells_within_cells_are_decided_with_them() -> None:
    """A cell that uses another is counted with every way to decide both."""
    text = """
    cell Inner(c)(x) = x -> oneof(ReLU, Identity, Dropout(0.0))
    cell Outer(c)(x) = (x -> Inner(c)) + (x -> oneof(Zero, SiLU))
    net A(image: f32[N, 1, 8, 8]) = image -> Outer(1) -> Outer(1)
    """
    space = symnas.parse(text).space()
    assert space.cells() == {"Inner": 3, "Outer": 6}
    assert space.unique_count(cell="Outer") == 4
    assert space.unique_count(cell="Outer") == len({each.canonical_hash() for each in space})


def test_members_that_a_require_forbids_are_left_out() -> None:
    """A `require` on costs holds for what is counted."""
    text = """
    net A(image: f32[N, 1, 8, 8]) = image -> Conv2d(oneof(2, 4, 8), 3) -> oneof(ReLU, Dropout(0.0), Identity)
    require params <= 50
    """
    found = distinct_networks(symnas.parse(text).space())
    assert (found.members, found.networks) == (6, 4)


def test_progress_is_told() -> None:
    """After each member it is said how many have been listed, of how many, and how many networks they are."""
    told: list[tuple[int, int, int]] = []
    space = symnas.parse(TWO).space()
    space.unique_count(net="Second", progress=lambda *each: told.append(each))
    assert [each[:2] for each in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert told[-1][2] == 3


@pytest.mark.parametrize(
    ("asked", "message"),
    (
        ({"net": "Third"}, "there is no net `Third`"),
        ({}, "say which net"),
        ({"cell": "Par"}, "there is no cell `Par` that is decided; did you mean `Pair`"),
        ({"net": "First", "most": 7}, r"8 members are more than the 7 that are listed.*\(`--cell`\)"),
        ({"net": "First", "rules": "name"}, "no rule for equal networks is called `name`; `names`"),
    ),
)
def test_what_cannot_be_counted_is_refused(asked: dict[str, object], message: str) -> None:
    """The message says what is missing, or what to do."""
    with pytest.raises(SearchError, match=message):
        symnas.parse(TWO).space().unique_count(**asked)  # type: ignore[arg-type]  # by name


def test_continuous_decisions_are_refused() -> None:
    """A net with continuous decisions has no list of members."""
    space = symnas.parse("net A(x: f32[N, 4]) = x -> Dropout(range(0.0, 0.5))").space()
    with pytest.raises(SearchError, match="the networks of `A` cannot be listed: some of its decisions are continuous"):
        space.unique_count()
