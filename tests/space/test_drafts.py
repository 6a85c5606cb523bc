"""Drafts: one decision after the other leads to every member once, and what each choice leaves is counted exactly."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from enumerating import members, space_of

import symnas
from symnas.domains import Continuous
from symnas.drafts import Draft
from symnas.genotype import Genotype
from symnas.space import Measure, Space

PROGRAMS = {
    "cells, loops, a require in a body": """
        let w = oneof(4, 8)
        cell C(n)(x) = x -> oneof { a: Linear(n), b: Identity }
        block B(k = oneof(1, 2, 3))(x) {
          require k != 2
          x -> repeat(k) { maybe(Tanh) }
        }
        net A(x: f32[N, 8]) {
          y = x -> C(8) -> oneof { deep: B -> C(8), flat: ReLU }
          if oneof(false, true) as wide { y -> Linear(w) } else { y }
        }
    """,
    "blocks of several outcomes": """
        block Unit(out, kernel = oneof(1, 3))(x) {
          y = x -> Conv2d(out, kernel)
          if y.shape == x.shape and (oneof(false, true) as residual) { x + y } else { y }
        }
        block Wide = Unit(oneof(4, 8))
        net A(x: f32[N, 4, 8, 8]) = x -> Wide -> Wide -> oneof { more: Wide, less: Unit(4) }
    """,
    "a cell used by a cell, and settings": """
        cell In = oneof(ReLU, Tanh, SiLU) -> maybe(Sigmoid)
        cell Out = In -> oneof { twice: In -> In, once: maybe(ReLU) }
        net A(x: f32[N, 8]) = x -> maybe(In) -> oneof { some: Out -> Linear(oneof(2, 3)), none: Identity }
        train { epochs: oneof(1, 2) }
    """,
    "a require at top level": """
        let a = range(1, 4)
        let b = range(1, 4)
        require a + b <= 5
        net A(x: f32[N, 8]) = x -> Linear(a) -> Linear(b) -> repeat(range(0, 2)) { oneof(ReLU, Tanh) }
    """,
    "recursion, choices among tensors": """
        block Grow(d)(x) { x -> oneof { leaf: ReLU, more: Grow(d - 1) -> Tanh if d > 0 } }
        net A(x: f32[N, 8]) {
          a = x -> Linear(8)
          b = oneof(x, a) -> ReLU
          sum(manyof(2, [x, a, b])) -> Grow(2)
        }
    """,
    "picks": """
        net A(x: f32[N, 8]) = x -> (Linear(oneof(2, 3)) as first) -> oneof(ReLU, Tanh) -> maybe(Sigmoid)
        pick { A.oneof: Tanh }
    """,
}
CONTINUOUS = "net A(x: f32[N, 8]) = x -> oneof { some: Dropout(range(0.0, 0.5)) -> maybe(ReLU), none: Identity }"

every_program = pytest.mark.parametrize("name", PROGRAMS)


def begun(space: Space) -> Draft:
    draft = space.draft()
    assert draft is not None
    return draft


def leaves(draft: Draft, share: Fraction = Fraction(1)) -> Iterator[tuple[Draft, Fraction]]:
    """Every complete draft, with its probability where each choice is taken by its weight."""
    if draft.path is None:
        yield draft, share
        return
    assert draft.weights is not None
    whole = sum(draft.weights.values())
    for choice, weight in draft.weights.items():
        following = draft.take(choice)
        assert following is not None
        yield from leaves(following, share * weight / whole)


@every_program
def test_drafts_lead_to_every_member_once_and_evenly(name: str) -> None:
    """The choices by their weights make every member equally likely, which proves each weight."""
    space = space_of(PROGRAMS[name])
    tried = (Genotype(each.genotype) for each in members(space_of(PROGRAMS[name])))
    expected = {genotype for genotype in tried if name != "picks" or genotype["A.oneof"] == 1}
    found = [(draft.finish(Random(0)), share) for draft, share in leaves(begun(space))]
    assert len(found) == space.size == len(expected)
    assert {made.genotype for made, _ in found if made is not None} == expected
    assert {share for _, share in found} == {Fraction(1, space.size)}


@every_program
def test_what_a_draft_makes_is_the_member(name: str) -> None:
    """A draft decided to some depth and finished is the architecture that its choices make, fragment and all."""
    space, rng = space_of(PROGRAMS[name]), Random(3)
    for _ in range(60):
        draft = begun(space)
        for _ in range(rng.randrange(8)):
            if draft.path is not None and draft.weights:
                draft = draft.take(rng.choice(list(draft.weights))) or draft
        made = draft.finish(rng)
        assert made is not None
        assert draft.choices.items() <= made.genotype.items()
        again = space_of(PROGRAMS[name]).architecture(made.genotype)
        assert (again.genotype, again.once, again.order) == (made.genotype, made.once, made.order)
        assert again.fragment.decisions == made.fragment.decisions
        assert again.graph() == made.graph()


@every_program
def test_how_many_are_left_is_known(name: str) -> None:
    """Every draft on the way says how many members have its choices, as many as there are ends below it, or says nothing."""
    waiting = [begun(space_of(PROGRAMS[name]))]
    assert waiting[0].left == (None if "cell " in PROGRAMS[name] else waiting[0].space.size)
    while waiting and waiting[0].left:
        draft = waiting.pop()
        assert draft.left == len(list(leaves(draft)))
        below = [draft.take(choice) for choice in draft.weights or ()]
        waiting += [each for each in below[:2] if each is not None]


def test_how_many_are_left_is_not_known() -> None:
    """With a continuous decision, a cell, or a `require` on costs, no draft says so."""
    costly = "net A(x: f32[N, 8]) = x -> oneof(Linear(4), Linear(8))\nrequire params <= 60"
    for text in (CONTINUOUS, PROGRAMS["a cell used by a cell, and settings"], costly):
        assert begun(space_of(text)).left is None


@every_program
def test_finishing_is_uniform_over_what_is_left(name: str) -> None:
    """Drafts of every depth: chi square of what they make against equal shares."""
    space, rng = space_of(PROGRAMS[name]), Random(7)
    draft = begun(space)
    for _ in range(3):
        left = [made.genotype for each, _ in leaves(draft) if (made := each.finish(rng))]
        drawn = Counter(made.genotype for _ in range(40 * len(left)) if (made := draft.finish(rng)))
        assert set(drawn) == set(left)
        statistic = sum((count - 40) ** 2 / 40 for count in drawn.values())
        assert abs(statistic - (len(left) - 1)) <= 5 * (2 * (len(left) - 1)) ** 0.5
        if draft.path is not None and draft.weights:
            draft = draft.take(max(draft.weights, key=draft.weights.__getitem__)) or draft


def test_continuous_decisions_are_taken_as_they_are() -> None:
    """A value within the range is kept; one outside makes no draft; a continuous decision has no weights."""
    space, rng = space_of(CONTINUOUS), Random(0)
    draft = begun(space).take(0)
    assert draft is not None
    assert isinstance(draft.domain, Continuous)
    assert draft.weights is None
    assert draft.take(0.7) is None
    further = draft.take(0.25)
    assert further is not None
    made = further.finish(rng)
    assert made is not None
    assert made.genotype["A.oneof.p" if "A.oneof.p" in made.genotype else "A.p"] == 0.25
    assert space.architecture(made.genotype) == made


def test_a_space_without_a_count_is_drafted_by_trying() -> None:
    """Where no count is known there are no weights, every way leads to a member or ends, and finishing still works."""
    space = space_of(PROGRAMS["a require at top level"])
    space._uncounted[None] = "pretended"
    draft, rng = begun(space), Random(1)
    assert draft.weights is None
    made = {each.genotype for _ in range(3000) if (each := draft.finish(rng))}
    assert made == {Genotype(each.genotype) for each in members(space)}
    assert draft.take(99) is None
    while draft.path is not None:
        assert draft.weights is None
        assert draft.domain is not None
        draft = next(taken for choice in range(draft.domain.size) if (taken := draft.take(choice)))
    assert draft.finish(rng) is not None


def test_an_empty_space_has_no_draft() -> None:
    """Where no architecture meets every `require` there is nothing to begin with."""
    assert space_of("let a = oneof(1, 2)\nrequire a > 2\nnet A(x: f32[N, 8]) = x -> Linear(a)").draft() is None


def test_costs_are_looked_at_when_all_is_drawn() -> None:
    """A draft whose architecture breaks a `require` on costs makes none."""
    space = space_of("let a = oneof(1, 200)\nrequire A.params < 100\nnet A(x: f32[N, 8]) = x -> Linear(a)")
    draft = begun(space)
    taken = [draft.take(choice) for choice in range(2)]
    made = [each.finish(Random(0)) for each in taken if each is not None]
    assert made[0] is not None
    assert made[1] is None


def test_other_measures_fill_the_rest() -> None:
    """By `DECISIONS` the rest is even over alternatives, by `PRIOR` as the file says."""
    space, rng = (
        space_of("net A(x: f32[N, 8]) = x -> oneof(*{a: ReLU, b: Linear(range(1, 99))}, prior = {a: 0.9})"),
        Random(0),
    )
    draft = begun(space)
    for measure, low, high in (
        (Measure.DECISIONS, 150, 250),
        (Measure.PRIOR, 340, 380),
        (Measure.ARCHITECTURES, 0, 20),
    ):
        drawn = [made for _ in range(400) if (made := draft.finish(rng, measure))]
        assert low <= sum(each.genotype["A.oneof"] == 0 for each in drawn) <= high


SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.mark.parametrize("name", ("nasnet", "mobile", "densenet", "fbnet", "autodeeplab"))
def test_samples_are_drafted(name: str) -> None:
    """In the samples a member decided at random, one decision after the other, is the one its choices make."""
    space, rng = symnas.load(SAMPLES / f"{name}.nas").space(), Random(0)
    for _ in range(3):
        draft = begun(space)
        while draft.path is not None:
            assert draft.domain is not None
            if isinstance(draft.domain, Continuous):
                following = draft.take(draft.domain.sample(rng))
            else:
                following = draft.take(rng.choice(list(draft.weights or range(draft.domain.size))))
            assert following is not None
            draft = following
        made = draft.finish(rng)
        if made is not None:
            assert space.architecture(made.genotype) == made
