"""Products of tensors by an equation; those of matrices, which are often layers, are in `layers.py`."""

from symnas.compilers.importing.onnx.registry import reads
from symnas.compilers.importing.onnx.site import Site
from symnas.compilers.importing.values import Value


@reads("Einsum")
def _einsum(at: Site) -> Value:
    return at.one("einsum", *(at.input(place) for place in range(len(at.inputs))), equation=at.word("equation", ""))
