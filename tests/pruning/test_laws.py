"""Laws of pruning, on programs that hypothesis grows."""

from random import Random

import numpy as np
from hypothesis import given, reject
from hypothesis import strategies as st
from masking import apart, drawn
from random_programs import programs

import symnas
from symnas.errors import SearchError
from symnas.graph import Graph
from symnas.pruning import couple, removed, units_of


def member(text: str, seed: int) -> Graph:
    """The net of an architecture of the program *text*; another example where there is none."""
    try:
        return symnas.parse(text).space().sample(Random(seed)).graph()
    except SearchError:
        reject()


@given(programs(budget=2), st.integers(0, 99))
def test_removed_equals_masked(text: str, seed: int) -> None:
    """Whatever the program, the network without some channels computes what that with zeros does."""
    units = units_of(couple(member(text, seed)))
    generator = np.random.default_rng(seed)
    assert apart(units, drawn(units, generator, 0.7), generator) < 1e-5


@given(programs(budget=2), st.integers(0, 99))
def test_nothing_removed_changes_nothing(text: str, seed: int) -> None:
    """With all channels kept the network is the very same, written settings included."""
    graph = member(text, seed)
    units = units_of(couple(graph))
    assert removed(units.coupling, units.kept(units.none())) == graph


@given(programs(budget=2), st.integers(0, 99))
def test_one_after_the_other_is_both_at_once(text: str, seed: int) -> None:
    """Groups are the same after some channels have gone, but for these; what is removed later comes to the same."""
    units = units_of(couple(member(text, seed)))
    generator = np.random.default_rng(seed)
    first, second = drawn(units, generator, 0.7), drawn(units, generator, 0.7)
    both = first | second
    for row in units.rows:
        if both[row].all():
            both[row[:1]] = False
    first &= both
    step = removed(units.coupling, units.kept(first))
    less = units_of(couple(step))
    kept = units.kept(first)
    gone = less.none()
    for path, weighed in less.coupling.weights.items():
        for before, axis in zip(units.coupling.weights[path].axes, weighed.axes, strict=True):
            if before is not None and axis is not None:
                now = both[units.coupling.channels.of(before)][kept[before]]
                gone[less.coupling.channels.of(axis[now])] = True
    assert removed(less.coupling, less.kept(gone)) == removed(units.coupling, units.kept(both))
