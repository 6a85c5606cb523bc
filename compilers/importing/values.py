"""What flows between the operators of a model while it is read: tensors of the network to be, and what is known already.

A model computes much that a program of ours states: shapes above all. So an operator whose operands are known is worked
out while reading, exactly, sizes that are open among them (`Known.array` then holds `Size`s as objects).
"""

from fractions import Fraction
from math import isfinite
from typing import Any, Final

import numpy as np
from attrs import field, frozen

from symnas.sizes import Size, SymbolicSize
from symnas.types import Dtype, TensorType

__all__ = ["LOWEST", "Array", "Flow", "Known", "Value", "dtype_of", "exact", "numpy_dtype", "sizes_of"]

LOWEST: Final = Fraction("-3.4028234663852886e38")
"""The lowest finite number of 32 bits, which stands for minus infinity: the language writes no infinity."""

Array = np.ndarray[Any, np.dtype[Any]]
"""An array of numbers, or of sizes as objects."""

_DTYPES: Final = {
    "float32": Dtype.F32,
    "float64": Dtype.F32,
    "float16": Dtype.F16,
    "bfloat16": Dtype.BF16,
    "int64": Dtype.I64,
    "int32": Dtype.I32,
    "int16": Dtype.I32,
    "int8": Dtype.I32,
    "uint8": Dtype.I32,
    "bool": Dtype.BOOL,
    "object": Dtype.I64,
}


@frozen(eq=False)
class Flow:
    """A tensor of the network: the *number*-th that is made in it."""

    number: int
    type: TensorType


@frozen(eq=False)
class Known:
    """Numbers that do not depend on the inputs. *name* is what the model calls them where they are kept in it;
    *trains* says whether they are weights as far as the model tells.
    """

    array: Array
    name: str = ""
    trains: bool = False
    dtype: Dtype = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "dtype", dtype_of(self.array))

    @property
    def is_exact(self) -> bool:
        """Whether sizes that are open are among the numbers."""
        return self.array.dtype == object and any(isinstance(each, SymbolicSize) for each in self.array.flat)


Value = Flow | Known
"""What an operator of a model takes and gives."""


def dtype_of(array: Array) -> Dtype:
    """The dtype of the language that holds the numbers of *array*.

    Raises:
        KeyError: there is none, as for strings.
    """
    return _DTYPES[array.dtype.name]


def numpy_dtype(dtype: Dtype) -> str:
    """How numpy calls *dtype*; numbers of 16 bits in brain floating point are kept in 32."""
    names = {Dtype.F32: "float32", Dtype.F16: "float16", Dtype.BF16: "float32", Dtype.I64: "int64", Dtype.I32: "int32"}
    return names.get(dtype, "bool")


def sizes_of(known: Known) -> tuple[Size, ...]:
    """The numbers of *known* in a row as sizes."""
    return tuple(each if isinstance(each, SymbolicSize) else int(each) for each in known.array.reshape(-1))


def exact(number: Any) -> int | Fraction | float:
    """*number* as a setting: the shortest decimal that reads as it at its own precision, exactly."""
    if isinstance(number, int | np.integer | np.bool_):
        return int(number)
    if not isfinite(number):
        return float(number)
    found = min(max(Fraction(str(number)), LOWEST), -LOWEST)  # the shortest decimal may lie beyond
    return int(found) if found.denominator == 1 else found
