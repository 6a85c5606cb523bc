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


def naive(scope: Scope, prefix: str, chain: tuple[str, ...]) -> Iterator[str]:
    """Where *chain* begins, found by trying every row of steps."""
    taken: set[int] = set()
    for place, step in enumerate(scope.steps):
        row = row_from(scope, place, chain)
        if row and taken.isdisjoint(row):
            taken.update(row)
            yield join(prefix, step.name)
        if isinstance(step, Use):
            yield from naive(step.scope, step.shared or join(prefix, step.name), chain)
        for inner in scopes_within(step):
            yield from naive(inner, prefix, chain)


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
