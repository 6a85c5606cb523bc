"""Random numbers."""

from symnas.compilers.importing.casting import cast
from symnas.compilers.importing.onnx.registry import reads
from symnas.compilers.importing.onnx.site import Site
from symnas.compilers.importing.values import Flow, Value
from symnas.types import Dtype

_KINDS = {10: Dtype.F16, 11: Dtype.F32, 16: Dtype.BF16, 1: Dtype.F32}
"""ONNX's numbers of element types; what has 64 bits is read as 32."""


@reads("RandomUniform", "RandomNormal", "RandomUniformLike", "RandomNormalLike")
def _drawn(at: Site) -> Value:
    """Numbers from 0 to 1, or around 0, moved to where they are wanted."""
    normal = "Normal" in at.operator
    low, high = at.real("mean" if normal else "low", 0.0), at.real("scale" if normal else "high", 1.0)
    word, wide = "randn" if normal else "rand", high if normal else high - low
    if at.operator.endswith("Like"):
        wanted = _KINDS[at.whole("dtype", 1)] if "dtype" in at.attributes else at.type().dtype
        alike = at.input(0)
        if isinstance(alike, Flow) and alike.type.dtype is Dtype.F32:
            found = at.one(f"{word}_like", alike)
        else:
            found = at.one(word, size=at.type().shape)
    else:
        wanted = _KINDS[at.whole("dtype", 1)]
        found = at.one(word, size=tuple(map(int, at.attributes["shape"])))
    found = found if wide == 1 else at.one("mul", found, other=wide)
    found = found if low == 0 else at.one("add", found, other=low)
    return cast(at.drawing, found, wanted)


@reads("Bernoulli")
def _bernoulli(at: Site) -> Value:
    """1 where a uniform number is below the probability."""
    below = at.one("lt", at.one("rand_like", at.flow(0)), at.flow(0))
    wanted = _KINDS.get(at.whole("dtype", 1), Dtype.F32) if "dtype" in at.attributes else at.type().dtype
    return cast(at.drawing, below, wanted)
