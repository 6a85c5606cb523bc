"""ONNX models computed with 64 bits by the reference implementation of the `onnx` package, beside PyTorch with 64 bits.

Some networks lose nearly all of their 32 bits: two runtimes then differ by much, and that says nothing. With 64 bits they
agree if the model says what the module does, whatever was rounded how before.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from unittest.mock import patch

import numpy as np
import onnx
import onnx_ir as ir
import torch
import torch.nn.functional as F
from onnx.numpy_helper import from_array, to_array
from onnx_reference import compute
from onnx_running import distance, flat
from torch import nn

from symnas.compilers.onnx import build
from symnas.graph import Graph

__all__ = ["doubled", "exactly", "exactly_apart", "unsettled"]


def exactly(module: nn.Module, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """What *module* gives with 64 bits."""
    return flat(deepcopy(module).double()(*map(_wide, inputs)))


def exactly_apart(graph: Graph, module: nn.Module, inputs: Sequence[torch.Tensor]) -> float:
    """By how much the ONNX model of *graph* with the weights of *module* and that module differ on *inputs*, both with 64
    bits.
    """
    model = doubled(ir.to_proto(build(graph, weights=module.state_dict(), fold=False)))
    names = [each.name for each in model.graph.input]
    given = {name: _wide(each).numpy() for name, each in zip(names, inputs, strict=True)}
    with np.errstate(over="ignore", invalid="ignore"):  # a sigmoid computes both of its forms; one may overflow
        found = list(map(torch.from_numpy, compute(model, given)))
    module = deepcopy(module)
    for each in module.modules():
        if isinstance(eps := getattr(each, "eps", None), float):
            setattr(each, "eps", float(np.float32(eps)))  # noqa: B010 (attributes of ONNX have 32 bits)
    with _sixths_of_32_bits():
        return distance(found, exactly(module, inputs))


def unsettled(module: nn.Module) -> nn.Module:
    """*module* with normalisations as training leaves them, not at 0 and 1. Where numbers are rounded to a few bits, those
    of a fresh network are simple multiples of each other, and many lie exactly between two that they may be rounded to.
    """
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for key, each in module.state_dict().items():
            if key.endswith("running_var"):
                each.uniform_(0.5, 1.5, generator=random)
            elif each.is_floating_point() and (each.ndim == 1 or key.endswith("running_mean")):
                each.add_(torch.randn(each.shape, generator=random), alpha=0.05)
    return module


def doubled(model: onnx.ModelProto) -> onnx.ModelProto:
    """*model* with 64 bits wherever it has 32."""
    _double(model.graph)
    return model


def _double(graph: onnx.GraphProto) -> None:
    for each in (*graph.input, *graph.output, *graph.value_info):
        if each.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            each.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    for tensor in graph.initializer:
        _double_tensor(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                _double_tensor(attribute.t)
            elif attribute.type == onnx.AttributeProto.GRAPH:
                _double(attribute.g)
            elif node.op_type == "Cast" and attribute.i == onnx.TensorProto.FLOAT:
                attribute.i = onnx.TensorProto.DOUBLE


def _double_tensor(tensor: onnx.TensorProto) -> None:
    if tensor.data_type == onnx.TensorProto.FLOAT:
        tensor.CopyFrom(from_array(to_array(tensor).astype(np.float64), tensor.name))


def _wide(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.double() if tensor.is_floating_point() else tensor


@contextmanager
def _sixths_of_32_bits() -> Iterator[None]:
    """While this is entered, hard sigmoids have the slope that an attribute of ONNX can say."""
    slope = float(np.float32(1 / 6))

    def sigmoid(x: torch.Tensor, inplace: bool = False) -> torch.Tensor:
        assert not inplace
        return (x * slope + 0.5).clamp(0, 1)

    def swish(x: torch.Tensor, inplace: bool = False) -> torch.Tensor:
        return x * sigmoid(x, inplace)

    with patch.object(F, "hardsigmoid", sigmoid), patch.object(F, "hardswish", swish):
        yield
