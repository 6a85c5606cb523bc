"""ONNX models read into networks: `read`. What each operator becomes is a table, in `operators`."""

from symnas.compilers.importing.onnx.model import read

__all__ = ["read"]
