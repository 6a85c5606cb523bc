"""Batch norms folded into convolutions: the same outputs, fewer nodes, only where nobody can tell."""

import pytest
import torch
from enumerating import only
from onnx_running import agree, checked, run
from torch import nn

from symnas.compilers.onnx import build
from symnas.compilers.torch import build as build_torch
from symnas.graph import Graph


def trained(graph: Graph, x: torch.Tensor) -> nn.Module:
    """A module whose norms have seen data, and have weights that matter."""
    torch.manual_seed(0)
    module = build_torch(graph)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if "Norm" in name:
                weight.uniform_(0.5, 2)
        for _ in range(5):
            module(x)
    return module.eval()


FOLDED = {
    "a block": ("x -> Conv2d(6, 3) -> BatchNorm2d -> ReLU", 1),
    "without a bias": ("x -> Conv2d(6, 3, bias = false) -> BatchNorm2d", 1),
    "a norm without weights": ("x -> Conv2d(6, 3, stride = 2) -> BatchNorm2d(affine = false)", 1),
    "groups and other borders": ('x -> Conv2d(6, 3, groups = 2, padding_mode = "reflect") -> BatchNorm2d', 1),
    "depthwise": ("x -> DepthwiseConv2d(3) -> BatchNorm2d(eps = 0.01) -> Conv2d(3, 1) -> BatchNorm2d", 2),
    "through a skip": ("y = x -> Conv2d(4, 3) -> BatchNorm2d\n x + y + (y -> Conv2d(4, 1))", 1),
}
KEPT = {
    "read twice": ("y = x -> Conv2d(4, 3)\n y + (y -> BatchNorm2d)", 1),
    "handed out": ("y = x -> Conv2d(4, 3)\n (y, y -> BatchNorm2d)", 1),
    "a shared convolution": ("shared f = Conv2d(4, 3)\n (x -> f -> BatchNorm2d) + (x -> f)", 1),
    "a shared norm": ("shared f = BatchNorm2d\n (x -> Conv2d(4, 3) -> f) + (x -> f)", 2),
    "quantised": ("x -> quantised(Conv2d(4, 3), weights = 4, inputs = 32) -> BatchNorm2d", 1),
    "something between": ("x -> Conv2d(4, 3) -> ReLU -> BatchNorm2d", 1),
    "transposed": ("x -> ConvTranspose2d(4, 3) -> BatchNorm2d", 1),
}


def _norms(graph: Graph, module: nn.Module, *, fold: bool = True) -> int:
    nodes = build(graph, weights=module.state_dict(), fold=fold).graph.all_nodes()
    return sum(node.op_type == "BatchNormalization" for node in nodes)


@pytest.mark.parametrize(("body", "norms"), (FOLDED | KEPT).values(), ids=FOLDED | KEPT)
def test_outputs_stay_the_same(body: str, norms: int) -> None:
    """With and without folding a model computes what PyTorch does; norms vanish where nobody else is concerned."""
    graph, x = only(f"net A(x: f32[N, 4, 7, 7]) {{\n {body}\n}}"), torch.randn(16, 4, 7, 7)
    module = trained(graph, x)
    with torch.inference_mode():
        found = module(x)
    expected = list(found) if isinstance(found, tuple) else [found]
    for fold in (True, False):
        agree(run(checked(build(graph, weights=module.state_dict(), fold=fold)), [x]), expected, 1e-5)
    kept = (body, norms) in KEPT.values()
    assert _norms(graph, module) == (norms if kept else 0)
    assert _norms(graph, module, fold=False) == norms


def test_a_shared_block_is_folded_once() -> None:
    """Weights of a block that is used twice stay one."""
    graph = only(
        "block Unit = Conv2d(4, 3) -> BatchNorm2d\nnet A(x: f32[N, 4, 7, 7]) {\n shared f = Unit\n x -> f -> f\n}"
    )
    x = torch.randn(16, 4, 7, 7)
    module = trained(graph, x)
    model = build(graph, weights=module.state_dict())
    assert (
        sum(each.name is not None and each.name.endswith("weight") for each in model.graph.initializers.values()) == 1
    )
    with torch.inference_mode():
        agree(run(checked(model), [x]), [module(x)], 1e-5)
