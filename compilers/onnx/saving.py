"""Models as files."""

from pathlib import Path
from typing import Final

import onnx_ir as ir

__all__ = ["save"]

_MOST: Final = 2**31 - 2**24
"""Bytes of weights that one protobuf file holds, with room for the rest."""


def save(model: ir.Model, path: Path) -> None:
    """Write *model* to *path*; weights beyond what protobuf holds to a file beside it."""
    total = sum(each.const_value.nbytes for each in model.graph.initializers.values() if each.const_value is not None)
    external = f"{path.name}.data" if total > _MOST else None
    ir.save(model, path, external_data=external)
