"""Numbers of one dtype as another, as far as the language turns them: a tensor is made real by dividing it by one."""

from symnas.compilers.importing.drawing import Drawing
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Known, Value, numpy_dtype
from symnas.types import Dtype

__all__ = ["cast"]


def cast(drawing: Drawing, value: Value, wanted: Dtype) -> Value:
    """*value* as *wanted*.

    Raises:
        Refused: the language has no such conversion.
    """
    if isinstance(value, Known):
        array = value.array if value.array.dtype == object else value.array.astype(numpy_dtype(wanted))
        return Known(array, value.name, value.trains)
    found = value.type.dtype
    if wanted is found or {wanted, found} == {Dtype.I64, Dtype.I32}:
        return value
    if wanted is Dtype.F32 and not found.is_floating:
        return drawing.one("div", value, other=1)
    if wanted is Dtype.BOOL:
        return drawing.one("ne", value, other=0)
    if wanted in (Dtype.I64, Dtype.I32) and found is Dtype.BOOL:
        return drawing.one("add", value, other=0)
    raise Refused(f"symnas does not turn {found.value} into {wanted.value}")
