"""Settings of `train` that hold many decisions: what each part decides multiplies, instead of being tried in turn."""

from functools import cache
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

import symnas
from symnas.architecture import Architecture

PARTS = """
fn twice(t, f) = [t, t + 1, [t, f]]
fn both(t) = [t, if t[0] == 1 { "one" } else { t[1] }]
train {
  value: [oneof(1, 2) as a, {x: (oneof(1, 2, 3) as b), y: oneof {p: {q: (oneof(0, 1) as q)}, z: 3} as c}]
  twice: twice(oneof(1, 2) as t, oneof(5, 6) as f)
  both: both([oneof(1, 2) as k, oneof(3, 4) as l])
  turns: [[i, oneof(1, 2) as u] for i in 1..2]
  some: manyof(2, [oneof(1, 2), 3, 4])
}
"""

SIZE = (2 * 3 * 3) * (2 * 2) * (2 * 2) * 2**2 * (2 + 2 + 1)


def test_parts_of_a_recipe() -> None:
    """Each combination is a member, once; numbers and members lead to each other; a binding read twice is one."""
    space = symnas.parse(PARTS).space()
    members = list(space)
    assert space.size == len(members) == SIZE
    assert len({repr(each.recipe) for each in members}) == SIZE
    for number in range(0, SIZE, 97):
        assert space.index(members[number]) == number
        assert symnas.parse(members[number].text).architecture().recipe == members[number].recipe
        twice, both = members[number].recipe["twice"], members[number].recipe["both"]
        assert twice[0] == twice[1] - 1 == twice[2][0]
        assert both[1] == ("one" if both[0][0] == 1 else both[0][1])


PICKED = {
    "train.value.a": "2",
    "train.value.b": "3",
    "train.value.c": "z",
    "train.value.q": "1",
    "train.twice.t": "1",
    "train.twice.f": "5",
    "train.both.k": "2",
    "train.both.l": "3",
    "train.turns.i[1].u": "2",
}


@cache
def everyone() -> list[dict[str, str]]:
    """The picks of all members."""
    return [dict(each.picks) for each in symnas.parse(PARTS).space()]


@settings(max_examples=20)
@given(st.sets(st.sampled_from(sorted(PICKED)), min_size=1), st.integers(0, 9))
def test_picks_in_parts_of_a_recipe(paths: set[str], seed: int) -> None:
    """What is picked inside a part of a setting is so in every draw, and the others are drawn as before."""
    entries = ", ".join(f"{path}: {PICKED[path]}" for path in paths)
    space = symnas.parse(f"{PARTS}pick {{ {entries} }}\n").space()
    left = [each for each in everyone() if all(each.get(path, PICKED[path]) == PICKED[path] for path in paths)]
    assert space.size == len(left)
    assert space.unpicked.size == SIZE
    picked = [each.picks for each in (space.sample(Random(seed)), space.mutate(space.sample(Random(seed)), Random(1)))]
    for picks in picked:
        assert all(picks.get(path, PICKED[path]) == PICKED[path] for path in paths)
        assert "train.value.q" in picks or picks["train.value.c"] == "z"


def test_mutation_within_parts_of_a_recipe() -> None:
    """Neighbours differ in one decision and what depends on it, and all are reached."""
    space = symnas.parse(PARTS).space()
    rng = Random(0)
    member = space.sample(rng)

    def differ(one: Architecture, other: Architecture) -> set[str]:
        both = one.picks.keys() & other.picks.keys()
        return {path for path in both if one.picks[path] != other.picks[path]}

    changed: set[str] = set()
    for each in space.neighbours(member, rng):
        assert each.recipe != member.recipe
        assert len(differ(member, each)) == 1
        changed |= differ(member, each)
    assert {path.removeprefix("train.") for path in changed} >= {"value.a", "value.b", "value.c", "twice.t", "both.k"}
    for _ in range(50):
        assert space.mutate(member, rng).recipe != member.recipe


def test_forty_decisions_of_a_recipe() -> None:
    """A setting of many independent decisions, some inside others, has an exact count, and is drawn uniformly."""
    space = symnas.parse(
        "train { value: [oneof {a: {x: oneof(1, 2), y: oneof(1, 2, 3)}, b: 3} for i in 1..40] }"
    ).space()
    assert space.size == 7**40
    draws = [space.sample(Random(seed)).recipe["value"] for seed in range(200)]
    share = sum(each == 3 for draw in draws for each in draw) / (200 * 40)
    assert abs(share - 1 / 7) < 0.02
