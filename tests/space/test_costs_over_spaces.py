"""Costs over spaces: least, greatest, distribution and limits agree with trying every sequence of choices."""

from collections import Counter
from fractions import Fraction
from random import Random

import pytest
from enumerating import dataflow, in_place, members, space_of
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from random_programs import programs

from symnas.architecture import Architecture
from symnas.elaborate.counting import TooLarge
from symnas.elaborate.regions import DomainClash
from symnas.elaborate.relaxing import Apart
from symnas.errors import SearchError, SourceError
from symnas.memory import activations
from symnas.pricing import ADDED_COSTS, CostsUnknown, form_of
from symnas.program import load
from symnas.space import Space

MOST = 100

law = settings(max_examples=80, suppress_health_check=list(HealthCheck))


def cost_of(architecture: Architecture, cost: str) -> int:
    """What every net of *architecture* costs together, from its graph."""
    total = 0
    for net in architecture.space.nets:
        graph = architecture.graph(net)
        if cost == "activations":
            total += activations(graph)
        elif cost == "layers":
            total += len(list(graph.deployed.operations()))
        else:
            found = architecture.cost(net, cost)
            assert isinstance(found, int)
            total += found
    return total


def tried(text: str, cost: str) -> Counter[int]:
    """The costs of all members of *text*, built one after another from their choices."""
    space = space_of(text)
    found: Counter[int] = Counter()
    for each in list(members(space)):
        found[cost_of(space.pricing.member(each.genotype), cost)] += 1
    return found


def check_costs(text: str, cost: str) -> Space:
    """Compare what the space of *text* says of *cost* with its members."""
    space, expected = space_of(text), tried(text, cost)
    found = space.pricing.distribution(cost)
    assert found.error == 0
    assert found.by_cost() == dict(sorted(expected.items()))
    assert found.mean() == Fraction(sum(c * n for c, n in expected.items()), sum(expected.values()))
    least, greatest = space.pricing.bounds(cost)
    assert (least.cost, greatest.cost) == (min(expected), max(expected))
    assert cost_of(least.architecture, cost) == least.cost
    assert cost_of(greatest.architecture, cost) == greatest.cost
    assert sum(bar.count for bar in found.bars(7)) == space.size
    return space


def countable(text: str) -> Space:
    """The space of *text*; the example is dropped if the program is wrong, large, or has no exact count."""
    try:
        space = space_of(text)
        assume(0 < space.size <= MOST)
    except (SearchError, SourceError, DomainClash):
        reject()
    return space


@given(programs(), st.sampled_from(ADDED_COSTS))
@settings(max_examples=250, suppress_health_check=list(HealthCheck))
def test_costs_are_those_of_the_members(text: str, cost: str) -> None:
    """The distribution of a cost is that of the costs of all members; its ends are attained."""
    countable(text)
    check_costs(text, cost)


@given(programs(), st.sampled_from(("params", "macs", "memory")), st.integers(0, 99))
@law
def test_limits_are_counted_and_drawn(text: str, cost: str, share: int) -> None:
    """A limit on a cost leaves exactly the members that meet it, and only those are drawn."""
    countable(text)
    expected = tried(text, cost)
    most = sorted(expected.elements())[share * expected.total() // 100]
    space = space_of(f"{text}require A.{cost} <= {most}\n")
    left = sum(count for value, count in expected.items() if value <= most)
    assert space.pricing.restricted.feasible.size == left
    rng = Random(share)
    assert all(cost_of(space.sample(rng), cost) <= most for _ in range(10))
    assert space.pricing.restricted.rejected == 0


CELLS = """
cell Mix(c)(x) = x -> Conv2d(c, oneof(1, 3)) -> oneof { wide: Conv2d(2 * c, 1) -> Conv2d(c, 1), plain: ReLU }
net A(image: f32[N, 3, 8, 8]) {
  x = image -> Conv2d(oneof(4, 8), 1)
  for c in [4, 8] { x = x -> repeat(range(0, 2)) { Mix(c) } -> Mix(c) }
  x -> GlobalAvgPool2d -> Flatten -> Linear(2)
}
"""
NESTED_CELLS = """
cell Inner(c) = oneof { a: Linear(c), b: Linear(2 * c) -> Linear(c) }
cell Outer(c)(x) = x -> Inner(c) -> if oneof(false, true) as more { Inner(2 * c) -> Linear(c) } else { Linear(c) }
net A(x: f32[N, 8]) = x -> Outer(8) -> Outer(4) -> Inner(4)
"""
SHARED = """
block Unit(c) = Linear(c) -> oneof(ReLU, Linear(8))
net A(x: f32[N, 8]) {
  shared f = Unit(8)
  shared g = Linear(8)
  y = x -> f -> repeat(range(0, 2)) { g } -> f
  y = if oneof(false, true) { y -> g } else { y }
  y -> Linear(oneof(4, 8))
}
"""
MARKED = """
block Unit(c) = Linear(range(c, 2 * c, step = c)) -> Linear(8) -> maybe(LayerNorm)
net A(x: f32[N, 8]) = x -> frozen(Unit(4)) -> quantised(Unit(8), weights = oneof(2, 8)) -> Unit(2)
"""
WHEN = """
block Exit = Linear(oneof(2, 4)) -> Linear(3)
block Deep = Linear(oneof(8, 16)) -> Linear(oneof(4, 8)) -> Linear(3)
net A(x: f32[N, 8]) {
  y = x -> Linear(oneof(8, 9))
  when y.amax(1) > 0.5 { y -> Exit } else {
    z = y -> Linear(oneof(3, 5))
    when z.amax(1) > 0.5 { z -> Exit } else { z -> Deep }
  }
}
"""
SCAN = """
block Step(x: [N, D], h: [N, 4]) = (x -> Linear(4)) + (h -> Linear(oneof(2, 6)) -> Linear(4))
net A(x: f32[N, 5, 3], h: f32[N, 4]) {
  (_, last) = scan(Step, x, h)
  last -> Linear(oneof(1, 2))
}
"""
NETS = """
let width = oneof(4, 8)
block Body(c) = Linear(c) -> oneof(ReLU, Linear(3))
net A(x: f32[N, 8]) = x -> Body(width)
net B(x: f32[N, 8]) { y = x -> Body(2 * width)
  {out: y, more: training(y -> Body(16))} }
train { lr: oneof(0.1, 0.2, 0.3) }
"""
UNREAD = """
block Unit(c) = Linear(oneof(4, 8)) -> Linear(c)
net A(x: f32[N, 8]) { y = x -> Unit(oneof(2, 3))
  if y.features == 2 { x -> Unit(3) } else { y } }
"""
NETS_OF_ONE_CELL = """
let width = oneof(2, 4)
cell Cell(x: [N, D]) = x -> oneof(ReLU, Linear(D), frozen(Linear(width) -> Linear(D)))
block Twice(k = oneof(4, 8))(x) = x -> Cell -> Linear(k) -> Linear(8) -> Cell
net A(x: f32[N, 8]) = x -> Twice
net B(x: f32[N, 8]) = x -> Linear(oneof(8, 16)) -> Linear(8) -> repeat(oneof(1, 2)) { Twice }
"""
LEFT_BY_A_CHOICE = """
net Left(image: f32[N, 8]) {
  x = image
  z = x -> Linear(8)
  x = if oneof(false, true) { z + x } else { x }
  sum(manyof(1, [x -> ReLU, x -> Linear(8), x -> Linear(4) -> Linear(8)])) }
"""
LEFT_BY_AN_INDEX = """
net Index(x: f32[N, 8]) {
  z = x -> Linear(8)
  h = [z -> Linear(oneof(4, 8)) -> Linear(8), z -> ReLU, x -> Linear(8), x]
  y = h[range(0, 3) as a]
  v = [y -> Linear(8), y, x -> Tanh]
  v[range(0, 2) as b] + v[range(0, 2) as c] }
"""
LEFT_IN_A_LOOP = """
net Loop(x: f32[N, 8]) {
  a = x
  for i in 1..3 { x = a -> oneof(ReLU, Linear(8))
    a = x -> Linear(range(4, 8, step = 4)) -> Linear(8) }
  oneof(x, a, x + a) }
"""
LEFT_IN_A_CELL = """
cell Node(x: [N, D], y: [N, D]) {
  states = [x -> Linear(D), y -> Linear(D)]
  for i in 0..1 { states = [*states, oneof(*states) -> oneof(ReLU, Linear(D))] }
  states[3] }
net Cells(x: f32[N, 8]) {
  y = x -> Linear(8)
  z = (x, y) -> Node
  (y, z -> Linear(oneof(4, 8)) -> Linear(8)) -> Node }
"""
LEFT_IN_A_WHEN = """
net When(x: f32[N, 8]) {
  y = x -> Linear(8)
  z = y -> Linear(8)
  when y.amax(1) > 0.5 { [y, z, z -> Linear(oneof(8, 16)) -> Linear(8)][range(0, 2)] } else { y -> oneof(ReLU, Linear(8)) } }
"""
LEFT = (LEFT_BY_A_CHOICE, LEFT_BY_AN_INDEX, LEFT_IN_A_LOOP, LEFT_IN_A_CELL, LEFT_IN_A_WHEN)


@pytest.mark.parametrize("cost", ADDED_COSTS)
@pytest.mark.parametrize(
    "text",
    (CELLS, NESTED_CELLS, SHARED, MARKED, WHEN, NETS, NETS_OF_ONE_CELL, UNREAD, *LEFT),
    ids=lambda text: text.split()[1],
)
def test_what_does_not_simply_add_up(text: str, cost: str) -> None:
    """Cells, shared weights, marks, `when`, several nets, training outputs and parts that only decide cost what they do."""
    check_costs(text, cost)


@pytest.mark.parametrize("text", LEFT, ids=lambda text: text.split()[1])
def test_what_no_choice_reads_is_no_part_of_the_network(text: str) -> None:
    """A layer whose output the choices made leave unread has no weights: as if the program had been written for them."""
    space = space_of(text)
    with in_place():
        plain = space_of(text)
        expected = {}
        for each in members(plain):
            graph = plain.elaboration.graph(each.fragment, plain.nets[0])
            expected[frozenset(each.genotype.items())] = (dataflow(graph), graph.params)
    found = {}
    for member in space:
        fragment, graph = member.fragment, member.graph()
        assert (fragment.layers, fragment.params) == (len(list(graph.operations())), graph.params)
        found[frozenset(member.genotype.items())] = (dataflow(graph), graph.params)
    assert found == expected
    assert len({params for _, params in found.values()}) > 1


def test_one_net_of_several() -> None:
    """A cost of one net leaves the others out."""
    space = space_of(NETS)
    low, high = space.pricing.bounds("params", "A")
    assert (low.cost, high.cost) == (8 * 4 + 4, 8 * 8 + 8 + 8 * 3 + 3)


@pytest.mark.parametrize("cost", ADDED_COSTS)
@pytest.mark.parametrize("text", (CELLS, NESTED_CELLS, LEFT_IN_A_CELL), ids=lambda text: text.split()[1])
def test_cells_decided_apart_bound_those_decided_alike(text: str, cost: str) -> None:
    """A way to decide the cells that is best at all of their uses is found where there is one, and is the best of all."""
    space = space_of(text)
    least, greatest = space.pricing.bounds(cost)
    elaboration, pricing = space.elaboration, space.pricing
    apart = Apart(elaboration.counter, form_of(space, cost), {"N": 1}, elaboration.root())
    found = []
    for each, side in ((least, False), (greatest, True)):
        try:
            choices, amount = apart.attained(side)
        except TooLarge:
            continue
        assert amount == each.cost == cost_of(pricing.member(choices), cost)
        found.append(amount)
    assert found or text is LEFT_IN_A_CELL


def test_a_space_whose_cells_are_used_in_many_ways() -> None:
    """Where one circuit would have too many parts, bounds are still exact, and a histogram is estimated from draws."""
    space = load("samples/autodeeplab.nas").space()
    least, greatest = space.pricing.bounds("params")
    assert (
        (least.cost, greatest.cost) == (least.architecture.params, greatest.architecture.params) == (144_341, 2_102_677)
    )
    with pytest.raises(CostsUnknown):
        space.pricing.distribution("params")
    found = space.pricing.estimate("params", draws=200)
    assert found.draws == found.total == 200
    assert least.cost < found.least < found.greatest < greatest.cost


def test_mobile_is_known_exactly() -> None:
    """The largest network of the mobile space, the number that has at most 500K parameters, and the one that has most."""
    space = load("samples/mobile.nas").space()
    least, greatest = space.pricing.bounds("params")
    assert greatest.cost == 1_560_922
    found = space.pricing.distribution("params")
    assert (found.least, found.greatest, found.total) == (least.cost, greatest.cost, space.size)
    assert found.at_most(500_000) == 2_457_013_088_506_560


def test_draws_under_a_limit_are_uniform() -> None:
    """Every architecture that meets a limit is drawn equally often (chi-square, 0.1%)."""
    space = space_of(f"{CELLS}require A.params <= 900\n")
    meeting = [each for each in space if cost_of(each, "params") <= 900]
    assert 10 < len(meeting) < space.size
    assert space.pricing.restricted.feasible.size == len(meeting)
    rng, draws = Random(5), 40 * len(meeting)
    seen = Counter(space.sample(rng).genotype for _ in range(draws))
    assert seen.keys() == {each.genotype for each in meeting}
    statistic = sum((count - 40) ** 2 / 40 for count in seen.values())
    freedom = len(meeting) - 1
    assert statistic < freedom + 3.1 * (2 * freedom) ** 0.5 + 8


REQUIRES = (
    ("A.params <= 160 and A.macs >= 90", lambda p, m: p <= 160 and m >= 90),
    ("A.params <= 160 and A.macs <= 90", lambda p, m: p <= 160 and m <= 90),
    ("2 * A.params + A.macs / 2 < 380", lambda p, m: 2 * p + Fraction(m, 2) < 380),
    ("A.params - A.macs > 20", lambda p, m: p - m > 20),
    ("most >= worst(A.macs) and 100 <= A.params", lambda p, m: m <= 150 and p >= 100),
    ("A.params * A.macs <= 20_000", lambda p, m: p * m <= 20_000),
    ("A.params <= 100 or A.macs > 150", lambda p, m: p <= 100 or m > 150),
)


def requiring(require: str) -> Space:
    """A space of some hundred architectures with *require*."""
    body = UNREAD.replace("x -> Unit(3)", "x -> Unit(3) -> repeat(range(0, 2)) { Unit(3) }")
    return space_of(f"let most = 150\n{body}require {require}\n")


@pytest.mark.parametrize(("require", "meets"), REQUIRES)
def test_requires_on_costs_are_met(require: str, meets: object) -> None:
    """Limits of several forms are met by construction, other conditions by drawing again; both are counted."""
    assert callable(meets)
    space = requiring(require)
    pairs = [(cost_of(each, "params"), cost_of(each, "macs")) for each in space]
    expected = sum(bool(meets(*pair)) for pair in pairs)
    assert 0 < expected < space.size
    left = space.pricing.restricted.feasible
    if left.size is None:
        assert "*" in require or "or" in require
        assert abs(left.about / expected - 1) < 0.2
    else:
        assert left.size == expected
    rng = Random(1)
    assert all(meets(cost_of(each, "params"), cost_of(each, "macs")) for each in (space.sample(rng) for _ in range(50)))


@pytest.mark.parametrize("cost", ("params", "macs", "layers"))
@pytest.mark.parametrize(("require", "meets"), REQUIRES)
def test_bounds_and_distributions_of_what_is_left(require: str, meets: object, cost: str) -> None:
    """Least, greatest and histogram are of those architectures that meet every `require`, or are not told."""
    assert callable(meets)
    space = requiring(require)
    left = [each for each in space if meets(cost_of(each, "params"), cost_of(each, "macs"))]
    expected = Counter(cost_of(each, cost) for each in left)
    bounds, found = space.pricing.feasible_bounds(cost), space.pricing.feasible_distribution(cost)
    if bounds is not None:
        assert [each.cost for each in bounds] == [min(expected), max(expected)]
        assert all(each.cost == cost_of(each.architecture, cost) for each in bounds)
        assert all(each.architecture.violated is None for each in bounds)
    if "A.params *" in require or "or A" in require:
        assert found is None
        return
    assert bounds is not None
    assert found is not None
    assert found.by_cost() == expected


@given(programs(), st.integers(1, 9), st.integers(1, 9), st.sampled_from(("<=", ">=")), st.sampled_from(ADDED_COSTS))
@law
def test_bounds_within_two_limits(text: str, first: int, second: int, sign: str, cost: str) -> None:
    """Under limits that cut at any place of the costs, bounds are those of brute force; no limit is too much to tell."""
    space = countable(text)
    net = space.nets[0]
    params, macs = (sorted(cost_of(each, kind) for each in space) for kind in ("params", "macs"))
    limits = (
        f"{net}.params <= {params[len(params) * first // 10]} and {net}.macs {sign} {macs[len(macs) * second // 10]}"
    )
    within = countable(f"{text}\nrequire {limits}")
    left = [cost_of(each, cost) for each in within if each.violated is None]
    if not left:
        return
    bounds = within.pricing.feasible_bounds(cost)
    assert bounds is not None
    assert [each.cost for each in bounds] == [min(left), max(left)]


def test_a_scan_computes_in_every_turn() -> None:
    """What is in a `scan` has its weights once and its multiply-adds in every turn."""
    for cost in ADDED_COSTS:
        check_costs(SCAN, cost)


def test_sizes_that_are_open_are_asked_for() -> None:
    """A cost that depends on a size has no bounds without it; the message says how to give it."""
    space = space_of("net A(x: f32[N, T, 8]) = x -> Linear(oneof(2, 4))")
    with pytest.raises(SearchError, match="--size T="):
        space.pricing.bounds("macs")
    with pytest.raises(SearchError, match="adds up"):
        space.pricing.bounds("weight")


@given(programs())
@law
def test_costs_from_choices_alone(text: str) -> None:
    """What an architecture costs is known from its choices, without building it."""
    space = countable(text)
    found = space.pricing.costs([each.genotype for each in space], ADDED_COSTS)
    assert found == [tuple(cost_of(each, cost) for cost in ADDED_COSTS) for each in space]


@pytest.mark.parametrize(
    "text",
    (CELLS, NESTED_CELLS, SHARED, MARKED, WHEN, SCAN, NETS, NETS_OF_ONE_CELL, UNREAD),
    ids=lambda text: text.split()[1],
)
def test_costs_from_choices_of_what_does_not_simply_add_up(text: str) -> None:
    """So it is with cells, shared weights, marks, `when`s, loops and several nets."""
    space = space_of(text)
    found = space.pricing.costs([each.genotype for each in space], ADDED_COSTS)
    assert found == [tuple(cost_of(each, cost) for cost in ADDED_COSTS) for each in space]
