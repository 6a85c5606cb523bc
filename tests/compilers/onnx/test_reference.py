"""Models computed node by node beside onnx's reference implementation, which keeps everything."""

import tracemalloc
from random import Random
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from enumerating import only
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnx_exact import doubled
from onnx_reference import Array, compute
from when_programs import EXITS, FORMS, form

from symnas.compilers.onnx import build

TURNS = """
cell Turn(x: [N, D], h: [N, H]) = tanh((x -> Linear(3)) + (h -> Linear(3)))
net A(x: f32[T, N, 8], h: f32[N, 3]) {
  (all, last) = scan(Turn, x, h, over = 0)
  all.sum(0) + last
}
"""


def model_of(*nodes: onnx.NodeProto, given: dict[str, Array]) -> onnx.ModelProto:
    """A model of *nodes* in a row with 64 bits."""

    def typed(name: str, rank: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.DOUBLE, [None] * rank)

    inputs = [typed(name, each.ndim) for name, each in given.items()]
    graph = helper.make_graph(nodes, "A", inputs, [typed(nodes[-1].output[0], given["x"].ndim)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])


@pytest.mark.parametrize("seed", range(60))
def test_convolutions_are_those_of_the_reference(seed: int) -> None:
    """Of every rank, with any strides, dilations, borders that differ, and groups, with a bias and without."""
    random, draws = Random(seed), np.random.default_rng(seed)
    rank, group = random.randint(1, 3), random.choice([1, 1, 2, 3])
    channels, filters = random.randint(1, 3), random.randint(1, 3)
    kernel, strides, dilations = ([random.randint(1, most) for _ in range(rank)] for most in (4, 3, 2))
    given: dict[str, Array] = {
        "x": draws.normal(size=(2, group * channels, *(random.randint(8, 11) for _ in range(rank)))),
        "w": draws.normal(size=(group * filters, channels, *kernel)),
    }
    if random.random() < 0.5:
        given["b"] = draws.normal(size=group * filters)
    pads = [random.randint(0, 2) for _ in range(2 * rank)]
    told: dict[str, Any] = {
        "kernel_shape": kernel,
        "strides": strides,
        "dilations": dilations,
        "pads": pads,
        "group": group,
    }
    node = helper.make_node("Conv", list(given), ["y"], **({} if seed % 10 == 0 and group == 1 else told))
    model = model_of(node, given=given)
    for mine, theirs in zip(compute(model, given), ReferenceEvaluator(model).run(None, given), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("program", (*map(form, FORMS.values()), EXITS, TURNS), ids=[*FORMS, "exits", "turns"])
def test_what_runs_inside_a_node_reads_what_is_around_it(program: str) -> None:
    """Sides of `If` and bodies of `Scan` find the values they read, which nobody has let go before."""
    model = doubled(ir.to_proto(build(only(program))))
    draws, sizes = np.random.default_rng(0), {"N": 5, "T": 4}
    given = {
        each.name: draws.normal(
            size=[sizes.get(size.dim_param, size.dim_value) for size in each.type.tensor_type.shape.dim]
        )
        for each in model.graph.input
    }
    for mine, theirs in zip(compute(model, given), ReferenceEvaluator(model).run(None, given), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12)


def test_values_go_when_they_have_been_read() -> None:
    """A row of forty nodes needs no more memory than a few of its values, and gives what is asked for."""
    nodes = [helper.make_node("Neg", [f"x{turn}" if turn else "x"], [f"x{turn + 1}"]) for turn in range(40)]
    given = {"x": np.ones((1, 100_000))}
    model = model_of(*nodes, given=given)
    tracemalloc.start()
    (found,) = compute(model, given)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * given["x"].nbytes
    np.testing.assert_array_equal(found, given["x"])
