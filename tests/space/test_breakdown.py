"""Counts broken down by decisions and by what nets give: against trying every sequence of choices."""

import re
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from time import process_time

import pytest
from enumerating import members, space_of
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from random_programs import programs

import symnas
from symnas.architecture import Architecture
from symnas.breakdown import Breakdown, count_by
from symnas.domains import Continuous, Grid
from symnas.elaborate.regions import DomainClash
from symnas.errors import SearchError, SourceError
from symnas.space import Space

MOST = 150


def countable(text: str) -> Space:
    """The space of *text*; the example is dropped if the program is wrong, large, or has no exact count."""
    try:
        space = space_of(text)
        assume(0 < space.size <= MOST)
    except (SearchError, SourceError, DomainClash):
        reject()
    return space


def tried(text: str) -> list[Architecture]:
    """Every member of the space of *text*, found by trying."""
    space = space_of(text)
    return [space.architecture(each.genotype) for each in members(space)]


def value(one: Architecture, path: str) -> str | None:
    """The choice of the decision at *path* as tables write it."""
    if path not in one.genotype:
        return None
    domain = one.domains[path]
    return f"{domain.low:g} to {domain.high:g}" if isinstance(domain, Continuous) else domain.show(one.genotype[path])


def tallied(found: Iterable[Architecture], *paths: str) -> Counter[tuple[str | None, ...]]:
    """How many of *found* have each combination of choices."""
    return Counter(tuple(value(one, path) for path in paths) for one in found)


def taken(table: Breakdown) -> dict[tuple[str | None, ...], int]:
    """The counts of *table* above 0."""
    return {key: count for key, count in table.counts.items() if count}


@given(programs())
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_counts_by_each_decision_are_those_of_enumeration(text: str) -> None:
    """For every decision of a program, each choice has as many members as trying all choices finds."""
    space, found = countable(text), tried(text)
    for slot in space.decisions:
        (table,) = count_by(space, [slot.path])
        assert taken(table) == tallied(found, slot.path)


@given(programs())
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_cross_tables_are_those_of_enumeration(text: str) -> None:
    """For neighbouring decisions, each pair of choices has as many members as trying all choices finds."""
    space, found = countable(text), tried(text)
    paths = [slot.path for slot in space.decisions]
    for one, other in pairwise(paths):
        (table,) = count_by(space, [one, other])
        assert table.by == (one, other)
        assert taken(table) == tallied(found, one, other)


@given(programs())
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_sums_are_those_of_enumeration(text: str) -> None:
    """The sum of all widths that a program decides by `range` is distributed as trying all choices finds."""
    space, found = countable(text), tried(text)
    whole = [slot.path for slot in space.decisions if all(isinstance(each, Grid) for each in slot.domains)]
    assume(whole)
    for pattern in dict.fromkeys(re.sub(r"\[\d+\]", "[*]", path) for path in whole):
        fits = re.compile(re.escape(pattern).replace(r"\[\*\]", r"(\[\d+\])?"))
        fitting = [slot.path for slot in space.decisions if fits.fullmatch(slot.path)]
        if not set(fitting) <= set(whole):
            continue  # one of its neighbours chooses from something else
        (table,) = count_by(space, [f"sum({pattern})"])
        expected = Counter(sum(Fraction(value(one, path) or 0) for path in fitting) for one in found)
        assert {Fraction(str(key)): count for (key,), count in taken(table).items()} == expected


@given(programs(), st.integers(1, 9), st.sampled_from(("<=", ">=")))
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_tables_under_a_limit_count_what_meets_it(text: str, tenths: int, sign: str) -> None:
    """Under a `require` on a cost that adds up, tables count the members that meet it, alone and crossed."""
    plainly = countable(text)
    net = plainly.nets[0]
    costs = sorted(each.cost(net, "params") for each in plainly)
    required = f"{text}\nrequire {net}.params {sign} {costs[len(costs) * tenths // 10]}\n"
    space = countable(required)
    found = [each for each in tried(text) if holds(sign, each.cost(net, "params"), costs[len(costs) * tenths // 10])]
    for one, other in pairwise(slot.path for slot in space.decisions):
        (table,) = count_by(space, [one])
        crossed, *_ = count_by(space, [one, other])
        if not table.before_requires:
            assert taken(table) == tallied(found, one)
        if not crossed.before_requires:
            assert taken(crossed) == tallied(found, one, other)
        certain = all(len(slot.domains) == 1 for slot in space.decisions)
        assert not (certain and 0 < len(found) < len(costs) and table.before_requires)


def holds(sign: str, cost: object, limit: object) -> bool:
    """Whether *cost* is within *limit*."""
    assert isinstance(cost, int)
    assert isinstance(limit, int)
    return cost <= limit if sign == "<=" else cost >= limit


def test_sums_and_cells_under_a_limit() -> None:
    """So do sums over turns, decisions of cells and those made once; what a net gives is counted before it."""
    every = tried(LOOPS)
    limit = sorted(each.params for each in every)[len(every) // 3]
    space = space_of(f"{LOOPS}require A.params <= {limit}\n")
    found = [each for each in every if each.params <= limit]
    assert 0 < len(found) < 1_296
    repeats = [f"A.v[{v}].repeat" for v in range(3)]
    (table,) = count_by(space, ["sum(A.v[*].repeat)"])
    expected = Counter(sum(int(value(one, path) or 0) for path in repeats) for one in found)
    assert {int(str(key)): count for (key,), count in taken(table).items()} == expected
    for path in ("Mix.oneof", "wide", "train.rate", "A.head"):
        (table,) = count_by(space, [path])
        assert (taken(table), table.before_requires) == (tallied(found, path), False)
    (gives,) = count_by(space, ["A"])
    assert gives.before_requires
    assert gives.total == 1_296


LOOPS = """
let wide = oneof(8, 16)
cell Mix = oneof(ReLU, Tanh, Linear(8)) -> Linear(8)
block Unit = Linear(range(4, 8, step = 4)) -> Linear(8)
net A(x: f32[N, 8]) {
  for v in [1, 2, 2] {
    x = x -> repeat(range(1, v)) { Unit } -> Mix
  }
  if oneof(false, true) as head { x -> Linear(wide) } else { x }
}
train { lr: range(1e-4, 1e-1, log = true), rate: oneof(0.1, 0.2) }
"""


def test_a_sum_over_turns_adds_what_exists() -> None:
    """`sum(…)` of a path with `*` adds the choices of all decisions that it fits, those that exist."""
    space, found = space_of(LOOPS), tried(LOOPS)
    assert space.size == len(found) == 1_296
    for pattern, paths in {
        "A.v[*].repeat": [f"A.v[{v}].repeat" for v in range(3)],
        "A.v[1].repeat[*].Unit.out_features": [f"A.v[1].repeat[{turn}].Unit.out_features" for turn in range(2)],
    }.items():
        (table,) = count_by(space, [f"sum({pattern})"])
        assert {path for path in paths if any(path in one.genotype for one in found)}
        expected = Counter(sum(int(value(one, path) or 0) for path in paths) for one in found)
        assert {int(str(key)): count for (key,), count in table.counts.items()} == expected


def test_a_sum_of_equalities_says_how_often_a_choice_is_taken() -> None:
    """`sum(… == choice)` tells members apart by the number of decisions that take it."""
    space, found = space_of(LOOPS), tried(LOOPS)
    (table,) = count_by(space, ["sum(A.v[*].repeat[*].Unit.out_features == 8)"])
    names = {path for one in found for path in one.genotype if path.endswith("Unit.out_features")}
    expected = Counter(sum(value(one, path) == "8" for path in names) for one in found)
    assert {int(str(key)): count for (key,), count in table.counts.items()} == expected


def test_a_path_with_a_star_gives_a_table_each() -> None:
    """A path that fits several decisions gives each its table; a decision of a cell stands for all uses of the cell."""
    space, found = space_of(LOOPS), tried(LOOPS)
    tables = count_by(space, ["A.v[*].repeat"])
    assert [table.by for table in tables] == [("A.v[1].repeat",), ("A.v[2].repeat",)]
    (mix,) = count_by(space, ["Mix.oneof"])
    assert mix.counts == tallied(found, "Mix.oneof")
    assert list(mix.counts) == [("ReLU",), ("Tanh",), ("Linear",)]


def test_first_siblings_and_second_loops_are_told_apart() -> None:
    """`X[0]` is `X`, but the first turn of the second loop over a name is not the second turn of the first."""
    space = space_of(
        "net A(x: f32[N, 8]) {\n"
        "  for v in 1..2 { x = x -> Linear(oneof(4, 8) as w) }\n"
        "  for v in 1..2 { x = x -> Linear(oneof(4, 8, 16) as w) }\n"
        "  x\n}"
    )
    assert [len(count_by(space, [path])[0].counts) for path in ("A.v[1].w", "A.v[1][0].w", "A.v.w")] == [2, 3, 2]
    assert [table.by[0] for table in count_by(space, ["A.v[1][*].w"])] == ["A.v[1].w", "A.v[1][0].w", "A.v[1][1].w"]


def test_what_does_not_exist_everywhere_has_a_row() -> None:
    """Members without the decision are counted as such, after its choices."""
    (table,) = count_by(space_of(LOOPS), ["wide"])
    assert list(table.counts) == [("8",), ("16",), (None,)]
    assert table.counts[(None,)] * 3 == table.total


def test_choices_that_no_architecture_takes_are_listed() -> None:
    """A choice that a `require` removes has 0 members."""
    space = space_of("let w = oneof(4, 8, 16)\nnet A(x: f32[N, 8]) = x -> Linear(w)\nrequire w > 4")
    (table,) = count_by(space, ["w"])
    assert table.counts == {("4",): 0, ("8",): 1, ("16",): 1}


def test_a_net_stands_for_what_it_gives() -> None:
    """The name of a net breaks down by the types of its outputs, each net's apart from the others'."""
    space = space_of(
        "let w = oneof(4, 8)\n"
        "net A(x: f32[N, 8]) = (x -> Linear(w), x)\n"
        "net B(x: f32[N, 8]) = x -> repeat(range(0, 2)) { Linear(oneof(w, 5)) }"
    )
    (outer,) = count_by(space, ["A"])
    assert outer.counts == {("[N, 4], [N, 8]",): 7, ("[N, 8], [N, 8]",): 7}
    (inner,) = count_by(space, ["B"])
    assert inner.counts == {("[N, 4]",): 3, ("[N, 5]",): 6, ("[N, 8]",): 5}
    (alone,) = count_by(space, ["B"], net="B")
    assert alone.total == space.size_of("B")


def test_settings_of_training_are_decisions_like_others() -> None:
    """A setting of `train` has its table; a continuous one is one row, its range."""
    space = space_of(LOOPS)
    (rate,) = count_by(space, ["train.rate"])
    assert rate.counts == {("0.1",): space.size // 2, ("0.2",): space.size // 2}
    (lr,) = count_by(space, ["train.lr"])
    assert lr.counts == {("0.0001 to 0.1",): space.size}


@pytest.mark.parametrize(
    ("by", "message"),
    (
        (["A.repeet"], "no architecture has a decision `A.repeet`"),
        (["A.v[7].repeat"], r"did you mean `A\.v\[2\]\.repeat`\?"),
        (
            ["sum(Mix.oneof)"],
            "`sum` adds numbers, and `Mix.oneof` chooses from the like of `ReLU`; `sum\\(Mix.oneof == ReLU",
        ),
        (["sum(Mix.oneof == Relu)"], "`Mix.oneof` has no choice `Relu`; did you mean `ReLU`"),
        (["sum(train.lr)"], "`train.lr` is continuous"),
        (["wide", "A.v[*].repeat"], r"in a cross table write `sum\(A.v\[\*\].repeat\)`"),
    ),
)
def test_what_cannot_be_broken_down_is_said(by: list[str], message: str) -> None:
    """A name that is no decision, a sum of what are no numbers, and several tables in one are refused with a remedy."""
    with pytest.raises(SearchError, match=message):
        count_by(space_of(LOOPS), by)


def test_a_table_has_a_bound() -> None:
    """Too many combinations are refused before they fill the memory."""
    units = " -> ".join(["Unit"] * 6)
    space = space_of(f"block Unit(n = range(1, 9)) = Linear(n) -> Linear(8)\nnet A(x: f32[N, 8]) = x -> {units}")
    names = [slot.path for slot in space.decisions]
    with pytest.raises(SearchError, match="a table of more than 20,000 counts"):
        count_by(space, names)


@pytest.mark.parametrize(
    ("name", "by"),
    (
        ("mobile", ["width", "sum(Mobile.channels[*].repeat)"]),
        ("ofa", ["size", "sum(OFA.out[*].depth)"]),
        ("darts", ["sum(Normal.Steps.i[*].edges[*].Op.oneof == skip)"]),
    ),
)
def test_large_spaces_take_no_longer_than_their_count(name: str, by: list[str], shared: Path) -> None:
    """Tables of spaces of 10^15 and more add up to their size, within a second of processor time."""
    space = symnas.load(shared / "language" / "showcase" / f"{name}.nas").space()
    _ = space.size, space.decisions
    begin = process_time()
    (table,) = count_by(space, by)
    assert process_time() - begin < 1
    assert table.total == space.size
