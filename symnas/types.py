"""Types of the values that flow through a network: dtype and static shape."""

from enum import Enum

from attrs import frozen

from symnas.sizes import Size

__all__ = ["Dtype", "TensorType"]


class Dtype(Enum):
    """Element types, by the language's names."""

    F32 = "f32"
    F16 = "f16"
    BF16 = "bf16"
    I64 = "i64"
    I32 = "i32"
    BOOL = "bool"

    @property
    def is_floating(self) -> bool:
        """Whether elements are real numbers."""
        return self in (Dtype.F32, Dtype.F16, Dtype.BF16)

    @property
    def bytes(self) -> int:
        """Bytes of one element."""
        return {"f32": 4, "f16": 2, "bf16": 2, "i64": 8, "i32": 4, "bool": 1}[self.value]


@frozen(cache_hash=True)
class TensorType:
    """A dtype and a shape; dimension 0 is the batch wherever a layer cares, dimension 1 the channels."""

    shape: tuple[Size, ...]
    dtype: Dtype = Dtype.F32

    @property
    def rank(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    def with_shape(self, *shape: Size) -> "TensorType":
        """The same dtype with another shape."""
        return TensorType(shape, self.dtype)

    def __str__(self) -> str:
        prefix = "" if self.dtype is Dtype.F32 else self.dtype.value
        return f"{prefix}[{', '.join(map(str, self.shape))}]"
