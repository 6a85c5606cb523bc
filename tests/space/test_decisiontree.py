"""The tree of decisions: how many architectures have each, and the ways to decide each part, against enumeration."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time

import pytest
from enumerating import members, space_of
from hypothesis import HealthCheck, assume, given, reject, settings
from random_programs import programs

import symnas
from symnas.architecture import Architecture
from symnas.decisiontree import Part, decision_tree
from symnas.elaborate.presence import presence
from symnas.elaborate.projecting import ways_below
from symnas.elaborate.regions import DomainClash
from symnas.errors import SearchError, SourceError
from symnas.space import Space


def countable(text: str) -> Space:
    """The space of *text*; the example is dropped if the program is wrong, large, or has no exact count."""
    try:
        space = space_of(text)
        assume(0 < space.size <= 150)
    except (SearchError, SourceError, DomainClash):
        reject()
    return space


def tried(text: str) -> list[Architecture]:
    """Every member of the space of *text*, found by trying."""
    space = space_of(text)
    return [space.architecture(each.genotype) for each in members(space)]


def below(one: Architecture, prefix: str) -> frozenset[tuple[str, str]]:
    """The choices of *one* below *prefix*."""
    return frozenset(
        (path, one.domains[path].show(choice))
        for path, choice in one.genotype.items()
        if path == prefix or path.startswith(prefix + ".")
    )


def within(parts: tuple[Part, ...]) -> list[Part]:
    """*parts* and all in them."""
    return [each for part in parts for each in (part, *within(part.inside))]


@given(programs())
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_presence_is_that_of_enumeration(text: str) -> None:
    """Each decision exists in as many members as trying all choices finds."""
    space, found = countable(text), tried(text)
    expected = {path: sum(path in one.genotype for one in found) for one in found for path in one.genotype}
    known = presence(space.elaboration.root(), space.elaboration.counter)
    assert {path: count for path, count in known.items() if count} == expected


@given(programs())
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_ways_of_parts_are_those_of_enumeration(text: str) -> None:
    """What lies below a path is decided in as many different ways as trying all choices finds."""
    space, found = countable(text), tried(text)
    pieces = [path.split(".") for one in found for path in one.genotype]
    for prefix in sorted({".".join(each[:length]) for each in pieces for length in range(1, len(each) + 1)}):
        expected = len({below(one, prefix) for one in found} - {frozenset()})
        ways = ways_below(space.elaboration.root(), space.elaboration.counter, prefix)
        assert ways is not None
        assert ways.number == expected or (not ways.exact and ways.number > expected)


LOOPS = """
cell Mix = oneof(ReLU, Tanh)
block Unit = Linear(range(4, 8, step = 4)) -> Linear(8)
block Rest(n) = Unit -> (if n > 0 { oneof(Identity, Rest(n - 1)) } else { Identity })
net A(x: f32[N, 8]) {
  for v in [2, 2, 3] { x = x -> repeat(range(1, v)) { Unit } -> Mix }
  x -> Rest(2)
}
"""


def test_the_tree_is_that_of_the_program() -> None:
    """Nets hold loops, loops hold turns, turns hold blocks; a cell stands beside the nets, once."""
    tree = decision_tree(space_of(LOOPS))
    assert tree.counted
    assert [each.name for each in tree.parts] == ["Mix", "A"]
    (net,) = (each for each in tree.parts if each.name == "A")
    assert [each.name for each in net.inside] == ["v[0..1]", "v[2]", "Rest"]


def test_equal_neighbours_are_one() -> None:
    """Turns with equal decisions are folded, however many architectures have them; each number is that of one turn."""
    tree = decision_tree(space_of(LOOPS))
    (turns,) = (each for each in within(tree.parts) if each.name == "v[0..1]")
    assert turns.times == 2
    assert turns.ways is not None
    assert turns.ways.number == 2 + 4
    (repeated,) = (each for each in turns.inside if each.name == "repeat[0..1]")
    ((decision,),) = (each.inside for each in repeated.inside)
    assert decision.present == (tree.total * 2 // 3, tree.total)


def test_a_block_within_itself_is_cut() -> None:
    """The first use of a recursive block shows its decisions, the one in it only how many there are."""
    tree = decision_tree(space_of(LOOPS))
    outer, inner = (each for each in within(tree.parts) if each.name == "Rest")
    assert not outer.cut
    assert inner.cut
    assert not inner.inside
    assert (inner.decisions, inner.ways and inner.ways.number) == (3, 6)


def test_without_a_count_the_tree_is_drawn(shared: Path) -> None:
    """A space that has no exact count shows what draws have, the same in every process, and no sizes of parts."""
    tree = decision_tree(symnas.load(shared / "language" / "showcase" / "einspace.nas").space())
    assert not tree.counted
    assert 0 < tree.total <= 100
    found = within(tree.parts)
    assert all(each.ways is None for each in found)
    assert any(each.cut and each.decisions > 5 for each in found)
    assert {each.name for each in found} >= {"Grammar", "M", "Branch", "Route"}


@contextmanager
def heaps_apart() -> Iterator[None]:
    """What other tests have left is not looked through by Python's collector, whose time would be counted here."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("name", ("mobile", "ofa", "darts", "exits", "compress"))
def test_trees_of_large_spaces_are_quick_and_short(name: str, shared: Path) -> None:
    """The tree of a counted space takes seconds of processor time at most, and few lines."""
    space = symnas.load(shared / "language" / "showcase" / f"{name}.nas").space()
    _ = space.size
    with heaps_apart():
        begin = process_time()
        tree = decision_tree(space)
        assert process_time() - begin < 8
    assert len(within(tree.parts)) < 150
    assert all(each.ways is not None and each.ways.exact for each in within(tree.parts) if each.inside)


def test_names_have_no_number_but_a_turn() -> None:
    """Folded parts are named by first and last turn."""
    names = [each.name for each in within(decision_tree(space_of(LOOPS)).parts) if each.times > 1]
    assert all(re.fullmatch(r"\w+\[\d+\.\.\d+\]", name) for name in names)


def test_loops_over_one_name_are_apart() -> None:
    """Two loops over variables of one name are two rows of turns, each folded by itself."""
    space = space_of(
        "block Unit(wide) = Linear(oneof(4, wide)) -> Linear(8)\n"
        "net A(x: f32[N, 8]) {\n"
        "  for v in 1..2 { x = x -> Unit(8) }\n"
        "  for v in 1..3 { x = x -> Unit(16) -> Unit(16) }\n"
        "  x\n}"
    )
    (net,) = decision_tree(space).parts
    assert [(each.name, each.times) for each in net.inside] == [("v[0..1]", 2), ("v[1][0..2]", 3)]
