"""Numbers of one dtype as another. Whole numbers of 32 and 64 bits are taken for the same."""

from symnas.compilers.importing.drawing import Drawing
from symnas.compilers.importing.values import Known, Value, numpy_dtype
from symnas.types import Dtype

__all__ = ["cast"]


def cast(drawing: Drawing, value: Value, wanted: Dtype) -> Value:
    """*value* as *wanted*."""
    if isinstance(value, Known):
        array = value.array if value.array.dtype == object else value.array.astype(numpy_dtype(wanted))
        return Known(array, value.name, value.trains)
    if wanted is value.type.dtype or {wanted, value.type.dtype} == {Dtype.I64, Dtype.I32}:
        return value
    return drawing.one("cast", value, dtype=wanted.value)
