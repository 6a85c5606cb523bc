"""Laws of spaces over random programs: what a space says agrees with trying every sequence of choices."""

from random import Random

import pytest
from enumerating import dataflow, in_place, members, space_of
from hypothesis import HealthCheck, assume, given, reject, settings
from random_programs import programs

from symnas.architecture import Architecture
from symnas.elaborate.regions import DomainClash
from symnas.errors import SearchError, SourceError
from symnas.genotype import Genotype
from symnas.graph import Operation, Scope, Use
from symnas.program import parse
from symnas.space import Measure, Space

MOST = 100

law = settings(max_examples=80, suppress_health_check=list(HealthCheck))


def countable(text: str) -> Space:
    """The space of *text*; the example is dropped if the program is wrong, large, or has no exact count."""
    try:
        space = space_of(text)
        assume(0 < space.size <= MOST)
    except (SearchError, SourceError, DomainClash):
        reject()
    return space


@given(programs())
@settings(max_examples=250, suppress_health_check=list(HealthCheck))
def test_size_is_the_number_of_genotypes(text: str) -> None:
    """A space has as many members as there are different genotypes when all choices are tried."""
    space = countable(text)
    found = [frozenset(each.genotype.items()) for each in members(space_of(text))]
    assert space.size == len(found) == len(set(found))


@given(programs())
@law
def test_keeping_results_changes_nothing(text: str) -> None:
    """Members and their networks are those of a program elaborated in place, where no result is used twice."""
    space = countable(text)
    with in_place():
        plain = space_of(text)
        expected = {
            frozenset(each.genotype.items()): dataflow(plain.elaboration.graph(each.fragment, "A"))
            for each in members(plain)
        }
    assert {frozenset(each.genotype.items()): dataflow(each.graph()) for each in space} == expected


@given(programs())
@law
def test_index_undoes_item(text: str) -> None:
    """`index(space[i]) == i`, and no two numbers have one member."""
    space = countable(text)
    assert [space.index(each) for each in space] == list(range(space.size))
    assert len(set(space)) == space.size


@given(programs())
@settings(max_examples=250, suppress_health_check=list(HealthCheck))
def test_iteration_is_enumeration(text: str) -> None:
    """Iterating gives the members that trying all choices finds, by number, from wherever one starts, none twice."""
    space = countable(text)
    listed = list(space)
    assert {each.genotype for each in listed} == {Genotype(each.genotype) for each in members(space_of(text))}
    assert listed == [space[number] for number in range(space.size)]
    middle = space.size // 2
    assert list(space.members(middle)) == listed[middle:]
    assert list(space.members(stop=middle)) == listed[:middle]
    assert all(each in space for each in listed[:3])


@given(programs())
@settings(max_examples=250, suppress_health_check=list(HealthCheck))
def test_drawing_without_replacement_ends_with_everything(text: str) -> None:
    """Every member comes once, in an order that the generator alone decides."""
    space = countable(text)
    drawn = list(space.sample_without_replacement(Random(4)))
    assert sorted(map(space.index, drawn)) == list(range(space.size))
    assert list(space.sample_without_replacement(Random(4), 3)) == drawn[:3]


@given(programs())
@law
def test_drawn_members_equal_built_ones(text: str) -> None:
    """A member drawn by number is the one built from its genotype: the same tree, the same decisions in order."""
    space, fresh = countable(text), space_of(text)
    for each in space:
        built = fresh.architecture(each.genotype)
        assert built.genotype == each.genotype
        assert built.order == each.order
        assert built.graph() == each.graph()
        assert dataflow(built.graph()) == dataflow(each.graph())
        assert built.recipe == each.recipe


@given(programs())
@law
def test_mutants_are_different_members(text: str) -> None:
    """A mutation is another member; built from scratch it is the same, decision for decision."""
    space, fresh = countable(text), space_of(text)
    rng = Random(7)
    for _ in range(10):
        before = space.sample(rng)
        if not before.genotype:
            return
        try:
            after = space.mutate(before, rng)
        except (SearchError, SourceError):
            continue
        built = fresh.architecture(after.genotype)
        assert after.genotype != before.genotype
        assert after.genotype == built.genotype
        assert after.order == built.order
        assert after.graph() == built.graph()
        assert dataflow(after.graph()) == dataflow(built.graph())
        assert 0 <= space.index(after) < space.size


@given(programs())
@law
def test_mutation_keeps_what_still_exists(text: str) -> None:
    """One decision changes; every other that still exists and still has that choice keeps it."""
    space = countable(text)
    rng = Random(3)
    for _ in range(5):
        before = space.sample(rng)
        try:
            after = space.mutate(before, rng)
        except (SearchError, SourceError):
            return
        shared = before.genotype.keys() & after.genotype.keys()
        changed = [path for path in shared if before.genotype[path] != after.genotype[path]]
        domains = (before.domains, after.domains)
        same = [path for path in changed if domains[0][path] == domains[1][path]]
        assert len(same) <= 1


@given(programs())
@law
def test_text_reads_back_as_the_architecture(text: str) -> None:
    """An architecture's text is a program with one member: itself."""
    space = countable(text)
    for each in list(space)[:20]:
        again = parse(each.text).space()
        assert again.size == 1
        assert again[0].genotype == each.genotype
        assert again[0].graph() == each.graph()
        assert again[0].text == each.text


@given(programs())
@law
def test_samples_are_members(text: str) -> None:
    """Whatever "uniform" means, a sample is a member, and the same generator gives the same samples."""
    space = countable(text)
    for measure in Measure:
        try:
            drawn = [space.sample(Random(seed), measure) for seed in range(5)]
        except SourceError:
            continue  # choices that make no network are drawn where every decision is uniform
        assert all(0 <= space.index(each) < space.size for each in drawn)
        assert [space_of(text).sample(Random(seed), measure) for seed in range(5)] == drawn


@given(programs())
@law
def test_graphs_are_consistent(text: str) -> None:
    """Steps read values that exist before them, types fit, and without shared weights the sums agree."""
    space = countable(text)
    for each in list(space)[:20]:
        graph = each.graph()
        check_scope(graph.scope)
        assert each.fragment.layers == len(list(graph.operations()))
        if "shared" not in text:
            assert graph.params == each.fragment.params
        assert graph.macs == each.fragment.macs


def check_scope(scope: Scope) -> None:
    """Operands come before what reads them; the inside of a block has the types that its use says."""
    types = [*scope.inputs]
    for step in scope.steps:
        assert all(0 <= operand < len(types) for operand in step.operands)
        if isinstance(step, Use):
            check_scope(step.scope)
            assert tuple(types[operand] for operand in step.operands) == step.scope.inputs
            inner = step.scope.value_types()
            assert tuple(inner[result] for result in step.scope.results) == step.outputs
        types += step.outputs
    assert tuple(types) == scope.value_types()
    assert all(0 <= result < len(types) for result in scope.results)
    assert len(scope.input_names) == len(scope.inputs)


def test_steps_are_a_closed_union() -> None:
    """Only operations and uses stand in a scope."""
    space = space_of("block B = Linear(8)\nnet A(x: f32[N, 8]) = x -> B -> ReLU")
    assert [type(step) for step in space[0].graph().scope.steps] == [Use, Operation]


@pytest.mark.parametrize("index", (-1, 6, 10**30))
def test_numbers_outside_are_refused(index: int) -> None:
    """Only numbers from 0 to below the size have members."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(oneof(1, 2)) -> Linear(range(1, 3))")
    with pytest.raises(IndexError, match="outside a space of 6"):
        space[index]


def test_other_spaces_members_have_no_number() -> None:
    """A member of another space is refused with a sentence."""
    small = space_of("net A(x: f32[N, 8]) = x -> Linear(oneof(1, 2))")
    other: Architecture = space_of("net A(x: f32[N, 8]) = x -> Linear(oneof(1, 2) as w)")[0]
    with pytest.raises(SearchError, match="not of this space"):
        small.index(other)


def test_counts_do_not_depend_on_what_was_drawn() -> None:
    """A cell used twice asks for the same decisions at both uses, in whatever order a search has met its choices."""
    text = (
        "cell B(s = 8)(x) {\n  require oneof(false, true)\n"
        "  sum(subset([x -> ReLU, x -> ReLU, x -> ReLU], min = 1))\n}\n"
        "net A(x: f32[N, 8]) {\n  shared f = Linear(8)\n  x -> B -> f -> B(8) -> f\n}\n"
    )
    for seed in range(10):
        space = space_of(text)
        for measure in (Measure.DECISIONS, Measure.PRIOR):
            space.sample(Random(seed), measure)
        assert space.size == 7
