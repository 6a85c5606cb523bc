"""Neighbours, mutants and children: always feasible, always different, one decision apart where that is promised."""

from collections import Counter
from random import Random

import pytest
from enumerating import members, space_of
from hypothesis import HealthCheck, assume, given, reject, settings
from random_programs import programs

from symnas.architecture import Architecture
from symnas.elaborate.regions import DomainClash
from symnas.errors import SearchError, SourceError
from symnas.space import Space

law = settings(max_examples=80, suppress_health_check=list(HealthCheck))


def countable(text: str, most: int = 60) -> Space:
    """The space of *text*; the example is dropped if the program is wrong, large, or has no exact count."""
    try:
        space = space_of(text)
        assume(0 < space.size <= most)
    except (SearchError, SourceError, DomainClash):
        reject()
    return space


def one_apart(before: Architecture, after: Architecture) -> bool:
    """Whether at most one decision that both have, with the same alternatives, has another choice."""
    shared = [path for path in before.genotype if path in after.genotype]
    same = [path for path in shared if before.domains[path] == after.domains[path]]
    return sum(before.genotype[path] != after.genotype[path] for path in same) == 1


@given(programs())
@law
def test_neighbours_are_different_members_one_decision_apart(text: str) -> None:
    """Each is built from its genotype alone, differs in one decision, and comes once; the generator changes no count."""
    space, fresh = countable(text), space_of(text)
    for before in space.members(stop=5):
        found = list(space.neighbours(before))
        assert len({each.genotype for each in found}) == len(found) == len(list(space.neighbours(before, Random(1))))
        for after in found:
            assert fresh.architecture(after.genotype).genotype == after.genotype != before.genotype
            assert one_apart(before, after)
            assert 0 <= space.index(after) < space.size


@given(programs())
@law
def test_neighbours_are_all_there_are(text: str) -> None:
    """Every member that has one other choice, and for the rest what it shares with the architecture, stands for one."""
    space = countable(text)
    everything = [each.genotype for each in members(space_of(text))]
    for before in space.members(stop=5):
        changes = [
            [(path, choice) for path, choice in genotype.items() if before.genotype.get(path, choice) != choice]
            for genotype in everything
        ]
        expected = {each[0] for each in changes if len(each) == 1}
        found = {
            (path, after.genotype[path])
            for after in space.neighbours(before)
            for path in [next(p for p in before.domains if after.genotype.get(p) != before.genotype[p])]
        }
        assert expected <= found


@given(programs())
@law
def test_children_are_members_and_neither_parent(text: str) -> None:
    """Wherever the space has a third member, crossover gives one; every choice is a parent's or was drawn."""
    space, fresh = countable(text), space_of(text)
    rng = Random(3)
    for _ in range(8):
        first, second = space.sample(rng), space.sample(rng)
        if space.size - len({first, second}) == 0:
            with pytest.raises(SearchError, match="parents"):
                space.crossover(first, second, rng)
            return
        child = space.crossover(first, second, rng)
        assert child.genotype not in (first.genotype, second.genotype)
        assert fresh.architecture(child.genotype).order == child.order
        assert 0 <= space.index(child) < space.size


@given(programs())
@law
def test_mutation_never_leaves_an_architecture_unchanged(text: str) -> None:
    """Twenty mutants of each of five members: each another member. Only a lone member has none."""
    space = countable(text)
    for before in space.members(stop=5):
        for seed in range(20):
            try:
                after = space.mutate(before, Random(seed))
            except SearchError:
                assert not list(space.neighbours(before))
                break
            assert after.genotype != before.genotype
            assert space.index(after) != space.index(before)


CONDITIONAL = """
let width = oneof(4, 8)
block B(k = oneof(1, 2, 3))(x) {
  require k != 2
  x -> repeat(k) { maybe(Tanh) }
}
net A(x: f32[N, 8]) = x -> oneof { deep: B, flat: Linear(width) }
"""


def test_neighbours_come_in_order() -> None:
    """Decisions in the order they are asked, choices in their own; new decisions get their first feasible choices."""
    space = space_of(CONDITIONAL)
    flat = space.architecture({"A.oneof": 1, "width": 0})
    assert list(flat.domains) == ["A.oneof", "width"]
    assert [each.picks for each in space.neighbours(flat)] == [
        {"A.oneof": "deep", "A.B.k": "1", "A.B.repeat[0].maybe": "Tanh"},
        {"width": "8", "A.oneof": "flat"},
    ]


def test_what_comes_to_exist_is_completed_feasibly() -> None:
    """Where the first choices of new decisions break a `require`, the next ones are taken."""
    space = space_of(
        "net A(x: f32[N, 8]) = x -> oneof { plain: ReLU, odd: B }\n"
        "block B(a = oneof(1, 2), b = oneof(1, 2))(x) {\n  require a + b == 4\n  x -> Linear(a) -> Linear(b)\n}"
    )
    (only,) = space.neighbours(space.architecture({"A.oneof": 0}))
    assert dict(only.genotype) == {"A.oneof": 1, "A.B.a": 1, "A.B.b": 1}
    (drawn,) = space.neighbours(space.architecture({"A.oneof": 0}), Random(0))
    assert drawn.genotype == only.genotype


def test_neighbours_meet_requires_on_costs() -> None:
    """A change that costs too much is left out."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(oneof(1, 2, 3))\nrequire A.params < 20")
    assert [each.picks for each in space.neighbours(space[0])] == [{"A.out_features": "2"}]


DEEP_OR_PLAIN = """
net A(x: f32[N, 8]) = x -> oneof {
  plain: Linear(8)
  deep: repeat(30) { oneof(Linear(8), Linear(8) -> Linear(8)) }
} -> oneof(Identity, ReLU)
require %s
"""


@pytest.mark.parametrize("require", ("A.params <= 30 * 72", "A.params == 72 or A.params == 30 * 72"))
def test_new_decisions_meet_a_limit_by_construction(require: str) -> None:
    """One of 2^30 ways to decide what a change brings about is cheap enough: a limit leads to it, a condition that is no
    limit does not.
    """
    space = space_of(DEEP_OR_PLAIN % require)
    plain = space.architecture({"A.oneof": 0, "A.oneof[1]": 0})
    found = {each.picks["A.oneof"]: each for each in space.neighbours(plain, Random(0))}
    first = {each.picks["A.oneof"] for each in space.neighbours(plain)}
    assert first == {"plain", "deep"}
    if "or" in require:
        assert found.keys() == {"plain"}
        return
    assert found["deep"].params == 30 * 72
    assert found["deep"].picks["A.oneof[1]"] == "Identity"
    assert {space.mutate(plain, Random(seed)).picks["A.oneof"] for seed in range(200)} == {"plain", "deep"}


def test_a_mutation_that_no_limit_allows_is_known_not_to_exist() -> None:
    """Every change is tried once, and then it is said that there is none, with their number."""
    space = space_of(DEEP_OR_PLAIN.replace(" -> oneof(Identity, ReLU)", "") % "A.params < 30 * 72")
    with pytest.raises(SearchError, match="none of its 1 one-decision change"):
        space.mutate(space.architecture({"A.oneof": 0}), Random(0))


def test_children_meet_a_limit_by_construction() -> None:
    """Two of the 2^12 children that parents might have cost as much as a limit asks for, and one is found."""
    space = space_of(
        "net A(x: f32[N, 8]) {\n  y = x.amax(1, keepdim = true) -> oneof(ReLU, Tanh)\n"
        "  for i in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] {\n"
        "    y = y + (x -> Linear(oneof(1, 1 + 2 ** i), bias = false)).amax(1, keepdim = true)\n  }\n"
        "  y + (x -> Linear(oneof(1, 2 ** 10), bias = false)).amax(1, keepdim = true)\n}\n"
        "require A.params == 8 * (11 + 2 ** 10 - 1)"
    )
    first, last = next(iter(space[0].genotype)), list(space[0].genotype)[-1]
    one, other = (
        space.architecture({path: kind if path in (first, last) else 1 - kind for path in space[0].genotype})
        for kind in (0, 1)
    )
    child = space.crossover(one, other, Random(3))
    assert child.genotype not in (one.genotype, other.genotype)
    assert child.picks in ({**one.picks, first: "Tanh"}, {**other.picks, first: "ReLU"})


def test_continuous_decisions_have_no_list_of_neighbours() -> None:
    """They are kept as they are; discrete ones beside them change."""
    space = space_of("net A(x: f32[N, 8]) = x -> Dropout(range(0.0, 0.5)) -> maybe(ReLU)")
    before = space.sample(Random(0))
    (after,) = space.neighbours(before)
    assert after.genotype["A.p"] == before.genotype["A.p"]
    assert after.genotype["A.maybe"] != before.genotype["A.maybe"]


def test_every_decision_is_changed_equally_often() -> None:
    """Mutants differ in each decision as often as in the others, continuous ones and those behind them included."""
    space = space_of(
        "net A(x: f32[N, 8]) = x -> Dropout(range(0.0, 0.5)) -> Linear(8) -> Dropout(range(0.0, 0.5)) -> oneof(ReLU, Tanh)\n"
        "train { lr: range(1e-4, 1e-1, log = true) }"
    )
    before = space.sample(Random(0))
    for spread in (None, 0.1):
        mutants = [space.mutate(before, Random(seed), spread) for seed in range(400)]
        changed = Counter(
            path for each in mutants for path in before.genotype if each.genotype[path] != before.genotype[path]
        )
        assert changed.keys() == before.genotype.keys()
        assert sum(changed.values()) == 400
        assert all(70 < count < 130 for count in changed.values())


def test_picked_decisions_stay() -> None:
    """A file's picks are no decisions of its neighbours, mutants or children."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(oneof(1, 2) as a) -> Linear(range(1, 9) as b)\npick { A.a: 2 }")
    before = space[0]
    assert all(each.picks["A.a"] == "2" for each in space.neighbours(before))
    assert len(list(space.neighbours(before))) == 8
    assert space.crossover(space[0], space[4], Random(0)).picks["A.a"] == "2"


def test_a_step_stays_near() -> None:
    """With a spread, continuous decisions take small steps of their (log-)scaled range, never outside it."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(8)\ntrain { lr: range(1e-4, 1e-1, log = true) }")
    domain = space.sample(Random(0)).domains["train.lr"]
    before, rng = space.architecture({"train.lr": 2e-4}), Random(1)
    steps = [space.mutate(before, rng, 0.05).genotype["train.lr"] for _ in range(400)]
    places = [domain.position(each) for each in steps]  # type: ignore[union-attr]  # it is continuous
    assert all(1e-4 <= each <= 1e-1 for each in steps)
    assert max(places) < 0.4
    assert len(set(steps)) == 400
    far = [space.mutate(before, rng).genotype["train.lr"] for _ in range(400)]
    assert sum(each > 1e-2 for each in far) > 80


def test_two_members_have_no_other_child() -> None:
    """A space of two members says so."""
    space = space_of("net A(x: f32[N, 8]) = x -> maybe(ReLU)")
    with pytest.raises(SearchError, match="nothing but the two parents"):
        space.crossover(space[0], space[1], Random(0))


def test_choices_come_from_parents() -> None:
    """In a space without conditions every choice of a child is that of a parent, and both parents are heard."""
    space = space_of("net A(x: f32[N, 8]) = x -> repeat(12) { Linear(range(1, 9)) }")
    first, second, rng = space.sample(Random(0)), space.sample(Random(1)), Random(2)
    shares = []
    for _ in range(50):
        child = space.crossover(first, second, rng).genotype
        assert all(child[path] in (first.genotype[path], second.genotype[path]) for path in child)
        differing = [path for path in child if first.genotype[path] != second.genotype[path]]
        shares.append(sum(child[path] == first.genotype[path] for path in differing) / len(differing))
    assert 0.4 < sum(shares) / len(shares) < 0.6


@given(programs())
@law
def test_completing_keeps_what_fits(text: str) -> None:
    """A member's own choices give that member; any records at all give a member, or nothing where a `require` breaks."""
    space, fresh, rng = countable(text), space_of(text), Random(5)
    for before in space.members(stop=5):
        assert space.complete(rng, before.genotype) == before or before.violated is not None
        other = space.sample(rng)
        made = space.complete(rng, dict.fromkeys(before.genotype, 10000), other.genotype, before.genotype)
        assert made == other
        drawn = space.complete(rng, {"nowhere": 1})
        assert drawn is None or fresh.architecture(drawn.genotype).genotype == drawn.genotype


def test_parts_of_few_members_are_made_once() -> None:
    """Completed architectures have their equal parts in common, so that what is known of one is known of all."""
    file = """
        block Part = oneof(ReLU, Tanh) -> oneof(Sigmoid, Identity)
        net A(x: f32[N, 8]) = x -> Part -> Part -> Part
    """
    space, rng = space_of(file), Random(0)
    assert space.size == 64
    drawn = [space.sample(rng) for _ in range(40)]
    made = [found for each in drawn if (found := space.complete(rng, each.genotype))]
    assert [each.genotype for each in made] == [each.genotype for each in drawn]
    assert [each.graph() for each in made] == [each.graph() for each in drawn]
    assert len({id(each.fragment) for each in made}) == len({each.genotype for each in made})


def test_completing_draws_what_nobody_wishes() -> None:
    """The first record that has a fitting choice is heard, then the next; the rest is drawn; picks stay."""
    file = "net A(x: f32[N, 8]) = x -> Linear(range(1, 9) as a) -> Linear(range(1, 9) as b) -> Linear(range(1, 9) as c)"
    space, rng = space_of(file), Random(0)
    made = [space.complete(rng, {"A.a": 3, "A.b": 99}, {"A.a": 4, "A.b": 5}) for _ in range(60)]
    assert {(each.genotype["A.a"], each.genotype["A.b"]) for each in made if each} == {(3, 5)}
    assert {each.genotype["A.c"] for each in made if each} == set(range(9))
    picked = space_of(file + "\npick { A.a: 7 }").complete(rng, {"A.a": 0})
    assert picked
    assert picked.picks["A.a"] == "7"
