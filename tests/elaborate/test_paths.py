"""Paths of decisions and names of weights, as the language's page fixes them in its section "Paths"."""

import pytest
from enumerating import dataflow, only, space_of

from symnas.domains import Domain
from symnas.space import Space


def found(space: Space) -> dict[str, Domain]:
    """The decisions of all members with their domains."""
    return {path: domain for each in space for path, domain in each.domains.items()}


def net(body: str, before: str = "") -> list[str]:
    """The paths of the decisions of a net with *body*, without its name."""
    space = space_of(f"{before}\nnet A(x: f32[N, 8]) {{\n{body}\n}}\n")
    return sorted(path.removeprefix("A.") for path in found(space))


DECISIONS = {
    "the net's name first": ("x -> Linear(oneof(1, 2) as w)", "", ["w"]),
    "a let's name alone": ("x -> Linear(a)", "let a = oneof(1, 2)", ["a"]),
    "a part of a let": ("x -> Linear(a)", "let a = 2 * oneof(1, 2)", ["a.oneof"]),
    "a cell's name instead of the net's": ("x -> C", "cell C()(x) = x -> oneof(ReLU, Tanh)", ["C.oneof"]),
    "each enclosing `for v` its `v[i]`": (
        "for v in [1, 2] { x = x -> maybe(ReLU) }\nx", "", ["v[0].maybe", "v[1].maybe"],
    ),
    "v is the target's first name": (
        "for (a, b) in [(1, 2)] { x = x -> Linear(a) -> Linear(b) -> maybe(ReLU) }\nx", "", ["a[0].maybe"],
    ),
    "loops within loops": (
        "for v in 1..2 { for w in 1..1 { x = x -> maybe(ReLU) } }\nx", "", ["v[0].w[0].maybe", "v[1].w[0].maybe"],
    ),
    "`name[i]` for a comprehension that is a binding's whole value": (
        "ys = [x -> maybe(ReLU) for i in 1..2]\nsum(ys)", "", ["ys[0].maybe", "ys[1].maybe"],
    ),
    "its variable where it is not": (
        "sum([x -> maybe(ReLU) for i in 1..2])", "", ["i[0].maybe", "i[1].maybe"],
    ),
    "nested comprehensions": (
        "to = [[oneof(false, true) for i in 0..j] for j in 0..1]\nif to[1][0] and to[0][0] { x } else { x -> ReLU }",
        "", ["to[0].i[0].oneof", "to[1].i[0].oneof"],
    ),
    "`repeat[i]`": ("x -> repeat(2) { maybe(ReLU) }", "", ["repeat[0].maybe", "repeat[1].maybe"]),
    "the second `repeat`": (
        "x -> repeat(1) { ReLU } -> repeat(1) { maybe(ReLU) }", "", ["repeat[1][0].maybe"],
    ),
    "how often a repeat repeats": ("x -> repeat(range(0, 2)) { ReLU }", "", ["repeat"]),
    "the block called": ("x -> B", "block B()(x) = x -> maybe(ReLU)", ["B.maybe"]),
    "siblings are numbered in source order": (
        "x -> B -> B -> maybe(ReLU) -> maybe(Tanh)", "block B()(x) = x -> maybe(ReLU)",
        ["B.maybe", "B[1].maybe", "maybe", "maybe[1]"],
    ),
    "blocks within blocks": (
        "x -> D", "block B(k = oneof(1, 2))(x) = x -> Linear(k)\nblock D()(x) = x -> B -> B", ["D.B.k", "D.B[1].k"],
    ),
    "`as` on a stage": ("x -> B as stem -> B", "block B()(x) = x -> maybe(ReLU)", ["B.maybe", "stem.maybe"]),
    "`as` on a decision": ("x -> (maybe(ReLU) as gate)", "", ["gate"]),
    "the setting that the placeholder fills, of an operator": (
        "x -> Linear(oneof(1, 2), bias = oneof(false, true))", "", ["bias", "out_features"],
    ),
    "the setting that it fills, of a block": (
        "x -> B(k = oneof(1, 2))", "block B(k)(x) = x -> Linear(k)", ["B.k"],
    ),
    "the default that it is": ("x -> B", "block B(k = oneof(1, 2))(x) = x -> Linear(k)", ["B.k"]),
    "the binding whose whole value it is": ("k = oneof(1, 2)\nx -> Linear(k)", "", ["k"]),
    "its word where it is a part": ("k = 2 * oneof(1, 2) + range(0, 1)\nx -> Linear(k)", "", ["oneof", "range"]),
    "`if` and pipelines add nothing": (
        "if oneof(false, true) { x -> ReLU -> maybe(ReLU) } else { x -> maybe(Tanh) }", "", ["maybe", "maybe[1]", "oneof"],
    ),
    "a block argument's decisions keep the path where they are written": (
        "x -> Wrap(ReLU -> maybe(ReLU))", "block Wrap(f)(x) = x -> f -> f", ["Wrap.f.maybe"],
    ),
    "training settings": ("x -> ReLU", 'train { lr: range(1, 3), name: oneof("a", "b") }', ["train.lr", "train.name"]),
    "a manyof": ("sum(manyof(1, [x, x -> ReLU]))", "", ["manyof"]),
}  # fmt: skip


@pytest.mark.parametrize("rule", DECISIONS)
def test_paths_of_decisions(rule: str) -> None:
    """Each rule of the section gives the paths it says."""
    body, before, expected = DECISIONS[rule]
    assert net(body, before) == expected


WEIGHTS = {
    "the operator": ("x -> Linear(8)", "", ["Linear"]),
    "siblings": ("x -> Linear(8) -> Linear(8) -> Linear(8)", "", ["Linear", "Linear.1", "Linear.2"]),
    "turns of a loop": ("for v in 1..2 { x = x -> Linear(8) }\nx", "", ["v.0.Linear", "v.1.Linear"]),
    "turns of a repeat": ("x -> repeat(2) { Linear(8) }", "", ["repeat.0.Linear", "repeat.1.Linear"]),
    "items of a comprehension": (
        "ys = [x -> Linear(8) for i in 1..2]\nys[0] + ys[1]",
        "",
        ["ys.0.Linear", "ys.1.Linear"],
    ),
    "blocks": ("x -> B -> B", "block B()(x) = x -> Linear(8)", ["B.Linear", "B.1.Linear"]),
    "cells": ("x -> C -> C", "cell C()(x) = x -> Linear(8)", ["C.Linear", "C.1.Linear"]),
    "`as`": ("x -> Linear(8) as stem -> Linear(8)", "", ["stem", "Linear"]),
    "a name bound to a layer": ("f = Linear(8)\nx -> f -> f", "", ["f", "f.1"]),
    "a let of a layer": ("x -> f -> f", "let f = Linear(8)", ["f", "f.1"]),
    "shared weights": ("shared f = Linear(8)\nx -> f -> f", "", ["f", "f"]),
    "branches add nothing": ("if true { x -> Linear(8) } else { x }", "", ["Linear"]),
}


@pytest.mark.parametrize("rule", WEIGHTS)
def test_names_of_weights(rule: str) -> None:
    """Weight names are the path of the application without the net's name, `[k]` written `.k`."""
    body, before, expected = WEIGHTS[rule]
    graph = only(f"{before}\nnet A(x: f32[N, 8]) {{\n{body}\n}}\n")
    assert [path for path, operator, _ in dataflow(graph) if operator.startswith("Linear")] == expected


def test_an_edit_elsewhere_leaves_paths_as_they_were() -> None:
    """A stage put before changes no path of another kind of stage."""
    before = net("x -> maybe(ReLU) -> Linear(oneof(1, 2))")
    assert before == net("x -> repeat(1) { Tanh } -> maybe(ReLU) -> Linear(oneof(1, 2))")


def test_an_equal_sibling_before_renumbers_unless_named() -> None:
    """Inserting an equal sibling before renumbers, which `as` prevents."""
    assert net("x -> maybe(Tanh) -> maybe(ReLU)") == ["maybe", "maybe[1]"]
    assert net("x -> (maybe(Tanh) as new) -> maybe(ReLU)") == ["maybe", "new"]


VALUES = {
    "labels": ("oneof { conv3: Linear(3), skip: Identity }", ["conv3", "skip"]),
    "literals": ("Linear(oneof(1, 2.5 * 2, 4))", ["1", "2.5 * 2", "4"]),
    "head names": ("oneof(Linear(1), Linear(2), ReLU)", ["Linear", "Linear[1]", "ReLU"]),
    "maybe": ("maybe(Linear(3) -> ReLU)", ["Linear", "Identity"]),
    "exact decimals": ("Dropout(oneof(0.1, 0.25))", ["0.1", "0.25"]),
    "ranges": ("Linear(range(2, 6, step = 2))", ["2", "4", "6"]),
    "truth values": ("Linear(3, bias = oneof(true, false))", ["true", "false"]),
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_in_picks(kind: str) -> None:
    """Values are labels, literals, or head names (`Conv2d[1]` for the second), computed ones by position."""
    stage, expected = VALUES[kind]
    space = space_of(f"net A(x: f32[N, 8]) = x -> {stage}")
    assert [shown for each in space for shown in each.picks.values()] == expected


def test_genotypes_are_in_source_order() -> None:
    """Genotypes list decisions in source order: declarations as written, then as evaluated."""
    space = space_of(
        "let b = oneof(1, 2)\nlet a = oneof(1, 2)\n"
        "net A(x: f32[N, 8]) = x -> Linear(a) -> maybe(ReLU) -> Linear(b) -> maybe(Tanh)\n"
        "train { lr: oneof(1, 2) }"
    )
    assert list(space[0].picks) == ["b", "a", "A.maybe", "A.maybe[1]", "train.lr"]
