"""Multiply-adds that a network really runs on given inputs: by PyTorch's counter, and in onnxruntime by its profile.

What a network costs by its program is said by `graph`; where samples decide (`when`), the two meet at the measured rates.
"""

import json
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["UNPROFILED", "macs_in_onnxruntime", "macs_in_pytorch"]

UNPROFILED: Final = frozenset({"Attention", "Einsum", "GRU", "LSTM", "RNN"})
"""ONNX's operators that multiply, and are not counted by their shapes."""


def macs_in_pytorch(module: "nn.Module", inputs: "Sequence[Tensor]") -> int:
    """Half of the floating-point operations that PyTorch's counter sees while *module* runs, attention by its products:
    the counter knows the fused kernels of other devices alone.
    """
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        module(*inputs)
    return int(counter.get_total_flops()) // 2


def macs_in_onnxruntime(model: bytes, feeds: Mapping[str, Any]) -> int:
    """Multiply-adds of the convolutions and products that onnxruntime runs for *feeds*, those within branches that are
    taken included; as the model says, without the runtime's own rewriting.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    options.enable_profiling = True
    options.add_session_config_entry("session.disable_prepacking", "1")  # packed weights have no shape in the profile
    with TemporaryDirectory() as folder:
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        session.run(None, dict(feeds))
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    return sum(_macs(each["args"]) for each in events if each.get("name", "").endswith("_kernel_time"))


def _macs(run: Mapping[str, Any]) -> int:
    """Multiply-adds of one node that was run, from the shapes of what it took and gave."""
    kind = run.get("op_name")
    if kind not in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        return 0
    first, second, made = (_shape(run, *each) for each in (("input", 0), ("input", 1), ("output", 0)))
    match kind:
        case "Conv":
            return prod(made) * prod(second[1:])
        case "ConvTranspose":
            return prod(first) * prod(second[1:])
        case "Gemm":
            return prod(first) * made[1]
        case _:
            return prod(made) * first[-1]


def _shape(run: Mapping[str, Any], side: str, place: int) -> list[int]:
    """The shape of what a node took or gave at *place*."""
    shape: list[int] = next(iter(run[f"{side}_type_shape"][place].values()))
    return shape
