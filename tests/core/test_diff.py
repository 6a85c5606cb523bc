"""Differences: none between what is equal, each told by its path otherwise."""

from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_programs import programs
from strategies import modules

import symnas
from symnas import tree
from symnas.differing import Difference, Kind, cost_differences
from symnas.errors import SearchError, SourceError
from symnas.program import Program
from symnas.treepaths import find_place

patient = settings(suppress_health_check=list(HealthCheck), max_examples=40, deadline=None)

BASE = """
let width = oneof(8, 16)
block Unit(out, kernel = oneof(3, 5))(x) {
  y = x -> Linear(out) -> ReLU
  z = y -> Linear(out)
  y + z
}
net Small(image: f32[N, 8]) {
  x = image -> Unit(width)
  for (mid, turns) in [(8, 1), (16, 2)] { x = x -> repeat(turns) { Unit(mid) } }
  x -> Linear(10)
}
train { lr: range(1e-4, 1e-1, log = true), dropout: 0.1 }
require Small.params <= 10K
maximize accuracy
"""


def told(old: str, new: str) -> list[str]:
    """The differences between the base and the base with *old* replaced by *new*, in words."""
    assert old in BASE
    return [str(each) for each in symnas.diff(symnas.parse(BASE), symnas.parse(BASE.replace(old, new)))]


CHANGES: tuple[tuple[str, str, list[str]], ...] = (
    ("oneof(8, 16)", "oneof(8, 16, 32)", ["width: oneof(8, 16) → oneof(8, 16, 32)"]),
    ("kernel = oneof(3, 5)", "kernel = 3", ["Unit.kernel: oneof(3, 5) → 3"]),
    ("Linear(out) -> ReLU", "Linear(out) -> SiLU", ["Unit.y: x -> Linear(out) -> ReLU → x -> Linear(out) -> SiLU"]),
    ("  z = y -> Linear(out)\n", "  w = y\n  z = y -> Linear(out)\n", ["Unit.w: only in the second: y"]),
    (
        "Linear(10)",
        "Linear(10, bias = false as b)",
        ["Small.body.statements[2].value: x -> Linear(10) → x -> Linear(10, bias = false as b)"],
    ),
    ("dropout: 0.1", "dropout: 0.2", ["train.dropout: 0.1 → 0.2"]),
    (", dropout: 0.1", "", ["train.dropout: only in the first: 0.1"]),
    ("10K", "20K", ["require: Small.params <= 10K → Small.params <= 20K"]),
    ("maximize accuracy\n", "", ["maximize: only in the first: maximize accuracy"]),
    ("maximize accuracy", "maximize accuracy\nminimize latency", ["minimize: only in the second: minimize latency"]),
    ("width", "breadth", ["width: renamed breadth"]),
    ("Unit", "Residual", ["Unit: renamed Residual"]),
    ("(8, 1), (16, 2)", "(8, 1), (12, 2), (16, 2)", ["Small.mid: [(8, 1), (16, 2)] → [(8, 1), (12, 2), (16, 2)]"]),
    ("10K", "10_000", []),
    ("\n", "\n\n# a comment\n", []),
)


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES)
def test_a_change_is_told_by_its_path(old: str, new: str, expected: list[str]) -> None:
    """Each change of a program is one difference, where it was made; layout and spelling are none."""
    assert told(old, new) == expected


def test_differences_know_their_places() -> None:
    """A difference says where it stands on each side."""
    (found,) = symnas.diff(symnas.parse(BASE), symnas.parse("\n" + BASE.replace("0.1", "0.2")))
    assert found == Difference("train.dropout", Kind.CHANGED, "0.1", "0.2")
    assert (found.a.line + 1, found.a.column) == (found.b.line, found.b.column)


def test_architectures_differ_in_decisions_and_costs() -> None:
    """Of two architectures of one space, decisions are told by their paths, those of one alone as such, and costs."""
    space = symnas.parse("net A(x: f32[N, 8]) = x -> (oneof { a: Linear(oneof(2, 4) as n), b: ReLU } as kind)").space()
    a, b = space.architecture({"A.kind": 0, "A.n": 1}), space.architecture({"A.kind": 1})
    assert [str(each) for each in symnas.diff(a, b)] == ["A.kind: a → b", "A.n: only in the first: 4"]
    assert [str(each) for each in cost_differences(a, b)] == ["A.params: 36 → 0", "A.macs: 32 → 0"]
    assert symnas.diff(a, symnas.parse(a.text)) == []


def test_picks_are_compared_where_decisions_are_left_open() -> None:
    """Of programs that leave decisions open, what they pick is compared by path, `X[0]` as `X`."""
    a = symnas.parse(BASE + "pick { Small.Unit[0].kernel: 3, width: 8 }")
    b = symnas.parse(BASE + "pick { Small.Unit.kernel: 3 }")
    assert [str(each) for each in symnas.diff(a, b)] == ["width: only in the first: 8"]


@given(modules(), modules())
@patient
def test_differences_are_found_where_there_are_any(a: tree.Module, b: tree.Module) -> None:
    """Equal programs have no differences; others have some."""
    first, second = Program(a), Program(b)
    assert symnas.diff(first, first.copy()) == []
    found = symnas.diff(first, second)
    assert bool(found) == (set_of(a) != set_of(b))


def set_of(module: tree.Module) -> tuple[object, ...]:
    """What counts of a module here: its declarations, and its picks by path."""
    picks = [each for each in module.declarations if isinstance(each, tree.Pick)]
    entries = {each.path.replace("[0]", ""): each.choice for pick in picks for each in pick.entries}
    return tuple(each for each in module.declarations if not isinstance(each, tree.Pick)), entries


@given(programs(), st.integers(0, 2**32))
@patient
def test_one_changed_decision_is_found(text: str, seed: int) -> None:
    """An architecture and a mutation of it differ in at least the decision that was changed."""
    rng = Random(seed)
    try:
        space = symnas.parse(text).space()
        a = space.sample(rng)
        b = space.mutate(a, rng)
    except (SourceError, SearchError):
        assume(False)
    assert symnas.diff(a, b)
    assert symnas.diff(a, a) == []


def test_paths_lead_to_what_changed() -> None:
    """The path of a changed node leads to it in the first program."""
    a, b = symnas.parse(BASE), symnas.parse(BASE.replace("Linear(10)", "Linear(12)"))
    (found,) = symnas.diff(a, b)
    assert find_place(a.module, found.path).node.span.text == found.before
