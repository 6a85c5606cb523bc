"""ONNX models run beside the PyTorch modules of the same graphs, so that what they give can be compared."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import torch
from operator_examples import Example
from operator_torch import DTYPES
from torch import nn

from symnas.compilers.onnx import build
from symnas.compilers.onnx.saving import save
from symnas.compilers.torch import build as build_torch
from symnas.graph import Graph, Operation, Scope
from symnas.sizes import Size, SymbolicSize, substitute
from symnas.training.noise import recorded
from symnas.types import Dtype, TensorType

__all__ = ["agree", "alone", "both", "checked", "checked_file", "distance", "flat", "lively", "random_inputs", "run"]


def alone(example: Example, inputs: Sequence[TensorType] | None = None) -> Graph:
    """A network of one operation: that of *example*, on *inputs* of its own or other ones; an input that is not read
    stands where it takes none, since PyTorch makes tensors where the inputs are.
    """
    types = example.inputs if inputs is None else tuple(inputs)
    applied = example.operator.apply(example.settings, types)
    step = Operation(
        example.name, tuple(example.settings.items()), tuple(range(len(types))), applied.outputs, "op",
        applied.weights, applied.macs,
    )  # fmt: skip
    types = types or (TensorType((1,)),)
    names = tuple(f"x{place}" for place in range(len(types)))
    results = tuple(range(len(types), len(types) + len(applied.outputs)))
    outputs = tuple(range(len(results))) if len(results) > 1 else 0
    return Graph("Alone", Scope("Alone", types, names, (step,), results), outputs)


def random_inputs(
    types: Sequence[TensorType], sizes: Mapping[str, int], seed: int = 0, most: int = 5
) -> list[torch.Tensor]:
    """Tensors of *types*, their symbols replaced: normal numbers, whole numbers below *most*, truths."""
    draws = torch.Generator().manual_seed(seed)
    found = []
    for type in types:
        shape = [known(size, sizes) for size in type.shape]
        if type.dtype.is_floating:
            found.append(torch.randn(shape, generator=draws).to(DTYPES[type.dtype]))
        elif type.dtype is Dtype.BOOL:
            found.append(torch.rand(shape, generator=draws) < 0.5)
        else:
            found.append(torch.randint(0, most, shape, generator=draws, dtype=DTYPES[type.dtype]))
    return found


def known(size: Size, sizes: Mapping[str, int]) -> int:
    """*size* as a number."""
    found = substitute(size, sizes)
    assert not isinstance(found, SymbolicSize), found
    return found


def checked(model: ir.Model) -> bytes:
    """*model* as the bytes of its file, which ONNX's checker and its strict shape inference accept."""
    proto = ir.to_proto(model)
    onnx.checker.check_model(proto, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(proto, check_type=True, strict_mode=True, data_prop=True)
    assert len(inferred.graph.output) == len(proto.graph.output)
    data: bytes = proto.SerializeToString()
    return data


def checked_file(model: ir.Model, path: Path) -> str:
    """The name of the file at *path*, to which *model* is written, its weights beside it; ONNX's checker and its strict
    shape inference accept it.
    """
    save(model, path, f"{path.name}.data", most=0)
    onnx.checker.check_model(path, full_check=True)
    return str(path)


def run(data: bytes | str, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """What onnxruntime gives for a model: its bytes, or the name of its file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    given = {name: each.numpy() for name, each in zip(names, inputs, strict=True)}
    return [torch.from_numpy(np.asarray(each)) for each in session.run(None, given)]


def flat(result: object) -> list[torch.Tensor]:
    """The tensors of what a network returns, in order."""
    if isinstance(result, dict):
        return [tensor for each in result.values() for tensor in flat(each)]
    if isinstance(result, tuple | list):
        return [tensor for each in result for tensor in flat(each)]
    assert isinstance(result, torch.Tensor)
    return [result]


def lively(module: nn.Module) -> nn.Module:
    """*module* ready to predict, its weights larger: as PyTorch starts them, what flows in fades out in deep networks."""
    with torch.no_grad():
        for each in module.modules():
            if isinstance(each, nn.Linear | nn.modules.conv._ConvNd):
                each.weight.mul_(6**0.5)  # from a variance of 1 / (3 inputs) to the 2 / inputs that ReLU keeps
    return module.eval()


def both(
    graph: Graph, inputs: Sequence[torch.Tensor], **options: object
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """What onnxruntime and PyTorch give for *graph* with the same weights, and the same draws."""
    torch.manual_seed(0)
    module = lively(build_torch(graph))
    data = checked(build(graph, weights=module.state_dict(), fed=True, **options))  # type: ignore[arg-type]  # its options
    with torch.inference_mode(), recorded() as drawn:
        expected = flat(module(*inputs))
    return run(data, [*inputs, *drawn]), expected


def distance(found: Sequence[torch.Tensor], expected: Sequence[torch.Tensor]) -> float:
    """By how much outputs differ at most, relative to the largest element of each if that is beyond 1."""
    worst = 0.0
    for one, other in zip(found, expected, strict=True):
        finite = other.isfinite()
        assert torch.equal(finite, one.isfinite())
        if finite.any():
            off = (one[finite].double() - other[finite].double()).abs().max()
            worst = max(worst, (off / other[finite].double().abs().max().clamp(min=1)).item())
    return worst


def agree(found: Sequence[torch.Tensor], expected: Sequence[torch.Tensor], tolerance: float) -> None:
    """All outputs have equal types and shapes, and elements within *tolerance*; that of 32-bit numbers beyond 1 is
    relative to the largest element of the output.
    """
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        finite = other.double()[other.double().isfinite()].abs()
        scale = max(1.0, finite.max().item()) if finite.numel() else 1.0
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
