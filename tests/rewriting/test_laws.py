"""Laws of rewriting, on random programs: nothing changes for nothing, order does not matter where it cannot, and the
matcher finds what a naive one finds.
"""

from collections.abc import Iterator
from random import Random

from hypothesis import given, reject
from hypothesis import strategies as st
from random_programs import programs

import symnas
from symnas.architecture import Architecture
from symnas.errors import SearchError
from symnas.graph import Operation, Scope, Step, Use, join, scopes_within
from symnas.rewriting import matches, rewrite

CALLS = ("Linear", "ReLU", "Tanh", "LayerNorm", "Dropout", "add")
RULES = (
    "Linear($*a) as $l => $l -> Tanh",
    "oneof(ReLU, Tanh) => SiLU",
    "$a + $b => $b + $a",
    "Linear($*a) as $l -> ReLU => $l",
    "LayerNorm($*_) as $n where $n.params > 4 => Identity",
)


def drawn(text: str) -> Architecture:
    """An architecture of the program *text*; another example where there is none."""
    space = symnas.parse(text).space()
    try:
        return space.sample(Random(0))
    except SearchError:
        reject()


@given(programs(budget=2))
def test_a_rule_of_equal_sides_changes_nothing(text: str) -> None:
    """`X($*all) => X($*all)` gives the graph that there was, for operators, chains and captured layers."""
    network = drawn(text)
    graphs = tuple(network.graph(name) for name in network.space.nets)
    for rule in ("Linear($*a) => Linear($*a)", "ReLU => ReLU", "$x => $x", "Tanh as $t => $t"):
        done = rewrite(network, rule)
        assert done.graphs == graphs
        done.check()


@given(programs(budget=2), st.randoms(use_true_random=False))
def test_the_order_of_disjoint_matches_does_not_matter(text: str, rng: Random) -> None:
    """Match by match, in any order, gives what all at once give: layers with weights keep their paths in between."""
    network = drawn(text)
    rule = "Linear($*a) => Linear($*a, bias = false) -> GELU"
    at_once = rewrite(network, rule)
    paths = list(dict.fromkeys(each.path for each in matches(network, rule)))
    rng.shuffle(paths)
    for path in paths:
        network = rewrite(network, rule, at=path).architecture
    for graph in at_once.graphs:
        assert network.graph(graph.name).canonical().hash == graph.canonical().hash


@given(programs(budget=2), st.sampled_from(CALLS), st.sampled_from(CALLS))
def test_matching_agrees_with_a_naive_matcher(text: str, first: str, second: str) -> None:
    """Single stages and chains of two are found where looking at every pair of steps finds them."""
    network = drawn(text)
    nets = [network.graph(name).scope for name in network.space.nets]
    found = [each.path for each in matches(network, f"{first} => Identity")]
    assert found == [path for scope in nets for path in naive(scope, "", (first,))]
    if "add" not in (first, second):
        found = [each.path for each in matches(network, f"{first} -> {second} => Identity")]
        assert found == [path for scope in nets for path in naive(scope, "", (first, second))]


@given(programs(budget=2), st.sampled_from(CALLS[:4]), st.sampled_from(CALLS[:4]), st.sampled_from(CALLS[:4]))
def test_alternatives_agree_with_a_naive_matcher(text: str, first: str, second: str, third: str) -> None:
    """A chain or a layer, whichever is written first, is found where trying both at every step finds it."""
    network = drawn(text)
    nets = [network.graph(name).scope for name in network.space.nets]
    for ways in (((first, second), (third,)), ((third,), (first, second)), ((first, second), (second, third))):
        written = ", ".join(" -> ".join(each) for each in ways)
        found = [each.path for each in matches(network, f"oneof({written}) => Identity")]
        assert found == [path for scope in nets for path in naive(scope, "", *ways)]


@st.composite
def sums(draw: st.DrawFn) -> str:
    """A net of few layers and sums of what came before, in which all that nothing reads is added up at the end."""
    values, lines = ["x"], list[str]()
    unread = list[str]()
    for number in range(draw(st.integers(2, 7))):
        layer = draw(st.sampled_from(("Linear(8)", "ReLU", "Tanh", None, None)))
        first, second = draw(st.sampled_from(values)), draw(st.sampled_from(values))
        lines.append(f"  v{number} = {first} + {second}" if layer is None else f"  v{number} = {first} -> {layer}")
        unread = [each for each in unread if each not in ((first,) if layer else (first, second))] + [f"v{number}"]
        values.append(f"v{number}")
    return "net A(x: f32[N, 8]) {\n" + "\n".join(lines) + "\n  " + " + ".join(unread) + "\n}\n"


@given(sums(), st.sampled_from(("Linear", "ReLU", "Tanh")), st.sampled_from(("Linear", "ReLU", "Tanh")))
def test_sums_agree_with_a_naive_matcher(text: str, first: str, second: str) -> None:
    """`($x -> A) + ($y -> B)` is found where either side of a sum is A and the other B, and nobody else reads them."""
    network = drawn(text)
    nets = [network.graph(name).scope for name in network.space.nets]
    found = [each.path for each in matches(network, f"($x -> {first}) + ($y -> {second}) => $x + $y")]
    assert found == [path for scope in nets for path in naive_sums(scope, "", (first, second))]
    same = [each.path for each in matches(network, f"($x -> {first}) + ($x -> {second}) => $x")]
    assert same == [path for scope in nets for path in naive_sums(scope, "", (first, second), alike=True)]


@given(sums())
def test_what_is_exchanged_changes_nothing(text: str) -> None:
    """`$a + $b => $b + $a`, and parts put together as they were, give the same dataflow."""
    network = drawn(text)
    for rule in ("$a + $b => $b + $a", "$a + $b => $a + $b", "($x -> Linear($*r) as $l) + $y => $y + ($x -> $l)"):
        done = rewrite(network, rule)
        done.check()
        for graph in done.graphs:
            assert graph.canonical("commutative").hash == network.graph(graph.name).canonical("commutative").hash


@given(programs(budget=2), st.lists(st.sampled_from(RULES), min_size=1, max_size=4))
def test_undone_it_is_what_it_was(text: str, rules: list[str]) -> None:
    """Each rewriting of a rewriting is undone to what it was, down to the graphs that there were."""
    network = drawn(text)
    graphs = tuple(network.graph(name) for name in network.space.nets)
    done, states = rewrite(network, "ReLU => ReLU"), []
    for rule in rules:
        states.append(done)
        done = rewrite(done, rule)
    for before in reversed(states):
        done = done.undone
        assert done.graphs == before.graphs
        assert done.firings == before.firings
    assert done.undone.graphs == graphs
    assert rewrite(rewrite(network, "Tanh => Mish"), "Mish => Tanh").graphs == graphs


@given(programs(budget=2), st.randoms(use_true_random=False))
def test_the_order_of_disjoint_chains_does_not_matter(text: str, rng: Random) -> None:
    """As for single layers, for chains: each place by itself, in any order, gives what all at once give."""
    network = drawn(text)
    rule = "oneof(Linear($*_) -> ReLU, Tanh -> Linear($*_)) as $f => $f -> GELU"
    done, at_once = rewrite(network, "$x => $x"), rewrite(network, rule)
    paths = list(dict.fromkeys(each.path for each in matches(network, rule)))
    rng.shuffle(paths)
    for path in paths:
        done = rewrite(done, rule, at=path)
    assert len(done.firings) >= len(at_once.firings)
    for graph, other in zip(at_once.graphs, done.graphs, strict=True):
        assert other.canonical().hash == graph.canonical().hash


@given(programs(budget=1))
def test_a_rule_that_decides_makes_what_its_choices_make(text: str) -> None:
    """The networks of `Tanh => oneof(Tanh, Mish)` include what `Tanh => Mish` makes, and the network itself."""
    network = drawn(text)
    many = len(matches(network, "Tanh => Mish"))
    if not 0 < many <= 3 or len(network.space.nets) > 1:
        reject()
    done = rewrite(network, "Tanh => oneof(Tanh, Mish)")
    found = {done.space[place].canonical_hash() for place in range(int(done.space.size))}
    assert {network.canonical_hash(), rewrite(network, "Tanh => Mish").architecture.canonical_hash()} <= found


def naive_sums(scope: Scope, prefix: str, wanted: tuple[str, str], *, alike: bool = False) -> Iterator[str]:
    """Where two steps that call what is *wanted* are added, found by looking at every sum: on tensors that are *alike*."""
    taken: set[int] = set()
    for place, step in enumerate(scope.steps):
        for sides in ((0, 1), (1, 0)) if called(step) == "add" and len(step.operands) == 2 else ():
            makers = [maker(scope, step.operands[side]) for side in sides]
            if None in makers or len({*makers}) < 2 or not taken.isdisjoint({place, *makers}):
                continue
            steps = [scope.steps[each] for each in makers if each is not None]
            flowing = [each.operands for each in steps]
            if tuple(map(called, steps)) == wanted and (not alike or flowing[0] == flowing[1]):
                taken.update({place, *(each for each in makers if each is not None)})
                yield join(prefix, step.name)
                break
        if isinstance(step, Use):
            yield from naive_sums(step.scope, step.shared or join(prefix, step.name), wanted, alike=alike)
        for inner in scopes_within(step):
            yield from naive_sums(inner, prefix, wanted, alike=alike)


def maker(scope: Scope, value: int) -> int | None:
    """The step that makes *value* alone, where one other alone reads it, and takes one tensor itself."""
    first = len(scope.inputs)
    for place, step in enumerate(scope.steps):
        if first == value and len(step.outputs) == 1 and len(step.operands) == 1:
            readers = [each for other in scope.steps for each in other.operands if each == value]
            return place if len(readers) == 1 and value not in scope.results else None
        first += len(step.outputs)
    return None


def naive(scope: Scope, prefix: str, *chains: tuple[str, ...]) -> Iterator[str]:
    """Where one of *chains* begins, found by trying every row of steps."""
    taken: set[int] = set()
    for place, step in enumerate(scope.steps):
        rows = [row_from(scope, place, chain) for chain in chains]
        row = next((each for each in rows if each and taken.isdisjoint(each)), None)
        if row is not None:
            taken.update(row)
            yield join(prefix, step.name)
        if isinstance(step, Use):
            yield from naive(step.scope, step.shared or join(prefix, step.name), *chains)
        for inner in scopes_within(step):
            yield from naive(inner, prefix, *chains)


def row_from(scope: Scope, place: int, chain: tuple[str, ...]) -> list[int]:
    """The steps from *place* on that are *chain*, or none."""
    row = [place]
    while len(row) < len(chain):
        value = len(scope.inputs) + sum(len(step.outputs) for step in scope.steps[: row[-1]])
        readers = [at for at, step in enumerate(scope.steps) for each in step.operands if each == value]
        if len(readers) != 1 or value in scope.results or scope.steps[readers[0]].operands != (value,):
            return []
        row.append(readers[0])
    calls = [called(scope.steps[each]) for each in row]
    return row if calls == [*chain] else []


def called(step: Step) -> str | None:
    """The operator of *step*, if its weights are its own."""
    return step.operator if isinstance(step, Operation) and step.shared is None else None
