"""`when` and `scan` while a program is elaborated: what exists, what is counted, what it costs, where steps stand."""

from random import Random

import pytest
from enumerating import dataflow, in_place, members, only, space_of

from symnas.graph import Branch, Graph, Loop, Operation, Scope, Use, scopes_within
from symnas.picture import draw
from symnas.sizes import Size, larger, substitute, symbol
from symnas.space import Space
from symnas.types import Dtype, TensorType

EXITS = """
let sure = range(0.5, 0.9, step = 0.1)
block Stage(out, kernel = oneof(1, 3)) = Conv2d(out, kernel, stride = 2, padding = 0) -> ReLU
block Exit() = GlobalAvgPool2d -> Flatten -> Linear(10)
block Rest(widths)(x) {
  y = x -> Stage(widths[0])
  here = y -> Exit()
  more = y -> Rest(widths[1:])
  if len(widths) == 1 { here }
  else if oneof(false, true) as gated { when softmax(here, dim = 1).amax(1) > sure { here } else { more } }
  else { more }
}
net Early(image: f32[N, 3, 32, 32]) = image -> Rest([4, 4, 4])
"""

SPACES = {
    "exits": EXITS,
    "decisions in both sides": """
    net A(x: f32[N, 8]) = when x.mean(1) > oneof(0, 1) { x -> Linear(oneof(4, 8)) -> Linear(3) }
      else { x -> repeat(range(1, 3)) { oneof(ReLU, Linear(8)) } -> Linear(3) }
    """,
    "a binding that one side reads": """
    net A(x: f32[N, 8]) {
      a = x -> Linear(oneof(4, 8)) -> Linear(8)
      b = x -> oneof(ReLU, Tanh)
      y = when x.mean(1) > 0 { a } else { b }
      when y.mean(1) > 0 { y -> oneof(ReLU, Linear(8)) } else { a }
    }
    """,
    "turns with sides": """
    net A(x: f32[N, 8]) {
      for width in [4, 8] { x = if oneof(false, true) { when x.mean(1) > 0 { x -> Linear(8) } else { x } } else { x -> ReLU } }
      x
    }
    """,
    "a scanned cell": """
    cell Cell(x: [N, D], h: [N, H]) {
      y = (x -> Linear(8)) + (h -> oneof(Linear(8), ReLU))
      y -> oneof(Tanh, ReLU, Sigmoid)
    }
    net A(x: f32[N, T, 4], h: f32[N, 8]) {
      (y, last) = scan(Cell, x, h)
      (z, _) = scan(Cell, y, last)
      z -> Linear(oneof(1, 2))
    }
    """,
    "a scanned block": """
    block Step(k = oneof(1, 2, 3))(x, h) = when h.mean(1) > k { h + x } else { h -> oneof(ReLU, Linear(4)) }
    net A(x: f32[N, T, 4], h: f32[N, 4]) {
      (_, a) = scan(Step, x, h)
      (_, b) = scan(Step(), x, a)
      b
    }
    """,
}


@pytest.mark.parametrize("text", SPACES.values(), ids=SPACES)
def test_counts_agree_with_trying_every_choice(text: str) -> None:
    """The exact count, the number of members, and the number without regions are one."""
    space = space_of(text)
    found = list(members(space))
    assert space.size == len(found)
    with in_place():
        assert space_of(text).size == len(found)


@pytest.mark.parametrize("text", SPACES.values(), ids=SPACES)
def test_regions_change_nothing(text: str) -> None:
    """The network of a genotype and its costs are the same, whether parts are kept and shared or not."""
    kept = space_of(text)
    drawn = [kept.sample(Random(seed)) for seed in range(5)]
    graphs = [_plain(kept, dict(each.genotype)) for each in drawn]
    with in_place():
        plain = space_of(text)
        assert graphs == [_plain(plain, dict(each.genotype)) for each in drawn]


def _plain(space: Space, genotype: dict[str, int | float]) -> tuple[object, ...]:
    made = space.architecture(genotype)
    graph = made.graph()
    totals = (made.fragment.layers, made.fragment.params, made.fragment.macs)
    assert made.fragment.macs == graph.macs
    return dataflow(graph), graph.macs, graph.params, totals


@pytest.mark.parametrize("text", SPACES.values(), ids=SPACES)
def test_scopes_within_are_well_formed(text: str) -> None:
    """Operands come before what reads them; sides and bodies have the types that their step says."""
    space = space_of(text)
    for seed in range(5):
        _check(space.sample(Random(seed)).graph().scope)


def _check(scope: Scope) -> None:
    types = list(scope.inputs)
    for step in scope.steps:
        given = [types[index] for index in step.operands]
        match step:
            case Branch():
                assert (types[step.condition].dtype, types[step.condition].shape) == (Dtype.BOOL, (step.rows,))
                for side in (step.then, step.otherwise):
                    assert side.scope.inputs == tuple(types[index] for index in side.operands)
                    assert _results(side.scope) == step.outputs
            case Loop():
                slices = [each.with_shape(*_without(each.shape, step.over)) for each in given[: step.sequences]]
                assert step.body.inputs == (*slices, *given[step.sequences :])
                assert {each.shape[step.over] for each in given[: step.sequences]} == {step.length}
                made = _results(step.body)
                assert (
                    made[-step.states :]
                    == step.outputs[-step.states :]
                    == step.body.inputs[len(slices) :][: step.states]
                )
                stacked = step.outputs[: -step.states]
                assert [_without(each.shape, step.over) for each in stacked] == [
                    each.shape for each in made[: -step.states]
                ]
            case Use():
                assert step.scope.inputs == tuple(given)
                assert _results(step.scope) == step.outputs
                _check(step.scope)
            case Operation():
                pass
        for inner in scopes_within(step):
            _check(inner)
        types += step.outputs
    assert tuple(types) == scope.value_types()


def _results(scope: Scope) -> tuple[TensorType, ...]:
    types = scope.value_types()
    return tuple(types[index] for index in scope.results)


def _without(shape: tuple[Size, ...], place: int) -> tuple[Size, ...]:
    return shape[:place] + shape[place + 1 :]


def test_the_exits_of_the_showcase_are_counted() -> None:
    """A threshold that gates share exists only where an exit is gated: 2^3 kernels, 1 + 3 gates of 5 thresholds."""
    assert space_of(EXITS).size == 2**3 * (1 + 3 * 5)


def _steps(scope: Scope) -> list[str]:
    return [step.operator if isinstance(step, Operation) else type(step).__name__ for step in scope.steps]


def _branch(graph: Graph) -> Branch:
    return next(step for step in graph.scope.every_step() if isinstance(step, Branch))


def test_a_step_stands_in_the_side_that_alone_needs_it() -> None:
    """What was bound before and one side reads is computed there; what both read, or the condition, is not."""
    graph = only("""
    net A(x: f32[N, 8]) {
      once = x -> Linear(8)
      both = x -> ReLU
      asked = x -> Tanh
      when (asked.mean(1) > 0) { once + both } else { both * asked }
    }
    """)
    branch = _branch(graph)
    assert _steps(graph.scope) == ["ReLU", "Tanh", "mean", "gt", "Branch"]
    assert _steps(branch.then.scope) == ["Linear", "add"]
    assert _steps(branch.otherwise.scope) == ["mul"]


def test_steps_sink_through_whens_within_whens() -> None:
    """A value that only the inner `when` needs stands there, one that both of its sides need in the outer's side."""
    graph = only("""
    net A(x: f32[N, 8]) {
      a = x -> Linear(8)
      b = x -> ReLU
      inner = when x.amax(1) > 0 { a + b } else { b }
      when x.mean(1) > 0 { inner } else { x }
    }
    """)
    outer = _branch(graph)
    assert _steps(outer.then.scope) == ["ReLU", "amax", "gt", "Branch"]
    (inner,) = (step for step in outer.then.scope.steps if isinstance(step, Branch))
    assert _steps(inner.then.scope) == ["Linear", "add"]
    assert _steps(inner.otherwise.scope) == []


def test_macs_are_those_of_the_costlier_side() -> None:
    """`N.macs` is `worst(N.macs)`; parameters are those of both sides."""
    graph = only("net A(x: f32[N, 8]) = when x.mean(1) > 0 { x -> Linear(4) } else { x -> Linear(8) -> Linear(4) }")
    assert graph.macs == 8 * 8 + 8 * 4
    assert graph.params == 8 * 4 + 4 + 8 * 8 + 8 + 8 * 4 + 4


def test_which_side_is_costlier_may_depend_on_sizes() -> None:
    """Where the costlier side depends on a length that is not known, the cost says so, and is right once it is."""
    graph = only("""
    net A(x: f32[N, T, 8]) {
      y = when x.mean(2).mean(1) > 0 { x @ x.transpose(1, 2) @ x } else { x -> Linear(8) -> Linear(8) }
      y
    }
    """)
    t = symbol("T")
    assert graph.macs == larger(16 * t * t, 128 * t)
    assert substitute(graph.macs, {"T": 3}) == 128 * 3
    assert substitute(graph.macs, {"T": 9}) == 16 * 81


def test_a_scan_costs_its_body_at_each_step() -> None:
    """Multiply-adds are the length times a step's, parameters a step's."""
    graph = only(
        """
    cell Cell(x: [N, D], h: [N, H]) = (x -> Linear(6)) + (h -> Linear(6))
    net A(x: f32[N, T, 4], h: f32[N, 6]) {
      (y, _) = scan(Cell, x, h)
      y
    }
    """.replace("= (x -> Linear(6)) + (h -> Linear(6))", "{\n (x -> Linear(6)) + (h -> Linear(6))\n}")
    )
    (loop,) = (step for step in graph.scope.steps if isinstance(step, Loop))
    assert graph.macs == symbol("T") * (4 * 6 + 6 * 6)
    assert graph.params == 5 * 6 + 7 * 6
    assert [str(each) for each in loop.outputs] == ["[N, T, 6]", "[N, 6]"]
    assert [step.name for step in loop.body.steps if isinstance(step, Use)] == ["Cell"]


def test_paths_are_as_if_it_stood_without_them() -> None:
    """`when` adds nothing to paths of decisions and weights, and a `scan` is one application."""
    space = space_of("""
    cell Cell(x: [N, D], h: [N, H]) {
      (x -> Linear(8)) + (h -> oneof(Linear(8), ReLU))
    }
    block Step(k = oneof(1, 2))(x, h) = h + k * x
    net A(x: f32[N, T, 8], h: f32[N, 8]) {
      (_, a) = scan(Cell, x, h)
      (_, b) = scan(Step() as steps, x, a)
      when b.mean(1) > 0 { b -> Linear(oneof(8, 16)) -> Linear(2) } else { b -> oneof(ReLU, Tanh) -> Linear(2) }
    }
    """)
    drawn = space[space.size - 1]
    assert set(drawn.picks) == {"Cell.oneof", "A.steps.k", "A.out_features", "A.oneof"}
    weights = {placed.path for placed in drawn.graph().operations() if placed.operation.weights}
    assert weights == {"Cell.Linear", "Linear", "Linear.1", "Linear.2"}


def test_a_layer_applied_in_both_sides_has_two_sets_of_weights() -> None:
    """Weights are made where a layer is applied: twice, under names of their own."""
    graph = only("""
    net A(x: f32[N, 8]) {
      f = Linear(8)
      when x.mean(1) > 0 { x -> f } else { x -> ReLU -> f }
    }
    """)
    assert len({placed.path for placed in graph.operations() if placed.operation.weights}) == 2
    assert graph.params == 2 * 72


def test_a_binding_tried_early_may_fail() -> None:
    """A binding that decides nothing and fails, in a block further down even, fails only where it is needed."""
    text = """
    block Rest(widths)(x) {
      y = x -> Linear(widths[0])
      more = y -> Rest(widths[1:])
      if len(widths) == 1 { y } else { more }
    }
    net A(x: f32[N, 8]) = x -> Rest([4, oneof(2, 3), 4])
    """
    assert space_of(text).size == len(list(members(space_of(text)))) == 2


@pytest.mark.parametrize("text", SPACES.values(), ids=SPACES)
def test_pictures_show_both_sides(text: str) -> None:
    """A space and a member of it are drawn; a `when` has its two sides side by side."""
    space = space_of(text)
    drawn = space.sample(Random(0))
    picture = draw(space, drawn)
    assert drawn.graph().whens == () or ("then" in picture and "else" in picture)
    assert draw(space).startswith("<svg")


def test_many_are_counted_exactly() -> None:
    """Forty `when`s with choices in both sides, and forty scans in a row, are as many factors."""
    space = space_of("""
    block Exit(k = oneof(1, 2, 3))(x) = when x.mean(1) > k { x -> oneof(ReLU, Tanh) } else { x -> repeat(range(1, 2)) { Linear(8) } }
    block Step()(x, h) = h + (x -> oneof(ReLU, Tanh, Identity))
    block Both()(x, h) {
      (_, last) = scan(Step, x, h -> Exit)
      last
    }
    net A(x: f32[N, T, 8], h: f32[N, 8]) {
      for i in 1..40 { h = (x, h) -> Both }
      h
    }
    """)
    assert space.size == (3 * 2 * 2 * 3) ** 40
    drawn = space.sample(Random(0))
    assert len(drawn.graph().whens) == 40
    assert space.index(drawn) < space.size
