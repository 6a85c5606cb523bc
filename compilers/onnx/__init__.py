"""The ONNX target: a graph as an ONNX model, written node by node; nothing is traced, and no torch is needed.

`build` gives an `onnx_ir.Model`, `save` writes one to a file. onnx-ir is imported when one of them is called.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symnas.compilers.onnx.registry import lowers
from symnas.errors import CompileError
from symnas.graph import Graph

if TYPE_CHECKING:
    import onnx_ir as ir

__all__ = ["build", "lowers", "save"]


def build(
    graph: Graph,
    header: str = "",
    allow: Collection[str] = (),  # noqa: ARG001 (every target's)
    *,
    weights: Mapping[str, Any] | None = None,
    seed: int = 0,
    opset: int | None = None,
    sizes: Mapping[str, int] | None = None,
    fold: bool = True,
    fed: bool = False,
) -> "ir.Model":
    """*graph*, as it is used once trained, as an ONNX model. *header* is its description.

    *weights* are a trained network's, by name, as its `state_dict` has them; without them they are drawn with *seed*,
    as PyTorch starts them. *opset* is the version of ONNX's operators. *sizes* fix symbolic sizes: `{"N": 1}`.
    Batch norms are folded into the convolution before them, unless *fold* says not to. *fed*: what the network draws
    (`randn` and its like) is an input for each place that draws, called by its path, behind the others. Python layers (*allow*) cannot be
    written.

    Raises:
        CompileError: onnx-ir is missing, an operator cannot be written in ONNX, weights do not fit, or there is no such
            opset or size.
    """
    try:
        from symnas.compilers.onnx import model
    except ModuleNotFoundError as error:
        raise CompileError(f"ONNX needs `{error.name}`: pip install 'symnas[onnx]'") from error
    return model.write_model(graph, header, weights, seed, opset, sizes or {}, fold=fold, fed=fed)


def save(model: "ir.Model", path: Path | str, data: str | None = None) -> list[Path]:
    """Write *model* to *path*; weights beyond 2 GiB, which protobuf cannot hold, to a file beside it, called *data* or
    else like *path* with `.data` at its end. The files that were written come back.
    """
    from symnas.compilers.onnx import saving

    path = Path(path)
    return saving.save(model, path, f"{path.name}.data" if data is None else data)
