"""Networks of other formats read into graphs, from which programs are written: ONNX models, PyTorch modules.

A reader (`onnx`, `torch`) draws a model's operators one by one (`drawing`), works out what is known without the inputs,
and names everything that has no counterpart at once (`refusing`); `nesting` makes blocks of the model's modules. Writing
the program is `symnas.foreign`'s business. onnx and torch are imported when a model is read.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from symnas.compilers.importing.nesting import Nested
from symnas.types import TensorType

__all__ = ["Nested", "read_onnx", "read_torch"]


def read_onnx(path: Path, name: str) -> Nested:
    """The ONNX model in the file at *path* as a graph called *name*, with its weights.

    Raises:
        CompileError: it is no ONNX model, or has operators that cannot be imported; the message names all of them.
        OSError: the file cannot be read.
    """
    from symnas.compilers.importing.onnx import read

    return read(path, name)


def read_torch(module: Any, inputs: Sequence[tuple[str, TensorType]], name: str, what: str) -> Nested:
    """The PyTorch *module*, which takes *inputs*, as a graph called *name*, with its weights; *what* it is called in
    messages.

    Raises:
        CompileError: it cannot be exported, or has operators that cannot be imported; the message names all of them.
    """
    from symnas.compilers.importing.torch import read

    return read(module, inputs, name, what)
