"""What shape rules have in common: ranks, known channels, dimensions counted from the end, broadcasting, dtypes."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from symnas.operators.settings import OperatorError
from symnas.sizes import Size, SymbolicSize, floor_divide, product, symbols_of
from symnas.types import Dtype, TensorType

__all__ = [
    "LAYOUTS", "broadcast", "channels", "dimension", "doubt", "floating", "known", "layout", "only", "per_sample", "promote",
    "scaled", "tensors",
]  # fmt: skip

LAYOUTS = {0: "[N, C]", 1: "[N, C, L]", 2: "[N, C, H, W]", 3: "[N, C, D, H, W]"}
"""How tensors with that many spatial dimensions are laid out."""


def tensors(owner: str, inputs: Sequence[TensorType], count: int) -> Sequence[TensorType]:
    """The *count* inputs that *owner* takes."""
    if len(inputs) != count:
        raise OperatorError(f"`{owner}` takes {count} tensor{'s' * (count != 1)}; {len(inputs)} given")
    return inputs


def only(owner: str, inputs: Sequence[TensorType]) -> TensorType:
    """The one input that *owner* takes."""
    return tensors(owner, inputs, 1)[0]


def floating(owner: str, inputs: Sequence[TensorType]) -> TensorType:
    """The one input that *owner* takes, which holds real numbers."""
    tensor = only(owner, inputs)
    if not tensor.dtype.is_floating:
        raise OperatorError(
            f"`{owner}` takes real numbers; this is {tensor}", "`Embedding` turns indices into vectors", input=0
        )
    return tensor


def layout(owner: str, inputs: Sequence[TensorType], dimensions: int) -> TensorType:
    """The one input that *owner* takes: real numbers, batch, channels and that many spatial *dimensions*."""
    tensor = floating(owner, inputs)
    if tensor.rank != dimensions + 2:
        raise OperatorError(f"`{owner}` takes {LAYOUTS[dimensions]}; this is {tensor}", input=0)
    return tensor


def doubt(*sizes: Size) -> str:
    """What a message adds where the question could not be answered for want of a size."""
    symbols = sorted(frozenset[str]().union(*map(symbols_of, sizes)))
    if not symbols:
        return ""
    return (
        f"; {', '.join(f'`{each}`' for each in symbols)} {'is' if len(symbols) == 1 else 'are'} unknown at build time"
    )


def known(owner: str, size: Size, what: str) -> int:
    """*size* as a number, since weights or settings of *owner* depend on it; *what* names it in the error."""
    if isinstance(size, SymbolicSize):
        raise OperatorError(
            f"`{owner}` must know the {what} of its input{doubt(size)}",
            "write the size as a number in the net's signature",
            input=0,
        )
    return size


def channels(owner: str, tensor: TensorType) -> int:
    """The number of channels of *tensor*: dimension 1."""
    return known(owner, tensor.shape[1], "channels")


def dimension(owner: str, index: int, rank: int, setting: str = "dim") -> int:
    """A dimension counted from 0, given that negative ones count from the end."""
    if not -rank <= index < rank:
        raise OperatorError(f"`{owner}` is given dimension {index} of a tensor that has {rank}", setting=setting)
    return index % rank


def scaled(owner: str, setting: str, size: Size, scale: Fraction | float) -> Size:
    """*size* times *scale*, which *setting* of *owner* says, rounded down as PyTorch does: in floating point.

    Raises:
        OperatorError: that is 0.
    """
    exact = Fraction(float(scale))
    if exact.denominator > 1024:
        result: Size = floor(known(owner, size, "spatial sizes") * float(scale))
    else:
        result = floor_divide(size * exact.numerator, exact.denominator)
    if result == 0:
        raise OperatorError(f"`{owner}` by {scale} leaves nothing of {size}", setting=setting)
    return result


def per_sample(tensor: TensorType) -> Size:
    """Elements of *tensor* for each sample of the batch, which is dimension 0."""
    return product(tensor.shape[1:])


def broadcast(owner: str, inputs: Sequence[TensorType]) -> tuple[Size, ...]:
    """The shape that *inputs* have together: aligned at the last dimension, those of size 1 stretched."""
    if all(each.shape == inputs[0].shape for each in inputs):
        return inputs[0].shape
    shape: list[Size] = []
    rank = max(each.rank for each in inputs)
    for place in range(1, rank + 1):
        found: Size = 1
        for tensor in inputs:
            size = tensor.shape[-place] if place <= tensor.rank else 1
            if size in (1, found):
                continue
            if found != 1:
                together = _SIGNS.get(owner, ", ").join(map(str, inputs))
                raise OperatorError(f"shapes do not fit: {together}", f"dimension -{place} is {found} and {size}")
            found = size
        shape.append(found)
    return tuple(reversed(shape))


_SIGNS = {
    "add": " + ",
    "sub": " - ",
    "mul": " * ",
    "div": " / ",
    "pow": " ** ",
    "floor_divide": " // ",
    "remainder": " % ",
    "sum_all": " + ",
}
_PRECISION = [Dtype.BOOL, Dtype.I32, Dtype.I64, Dtype.F16, Dtype.BF16, Dtype.F32]


def promote(inputs: Sequence[TensorType]) -> Dtype:
    """The dtype of a result computed from *inputs*, by PyTorch's rules: a tensor without dimensions changes the kind
    of numbers, but not their precision.
    """
    large = _largest([each.dtype for each in inputs if each.rank])
    small = _largest([each.dtype for each in inputs if not each.rank])
    if large is None or small is None:
        return large or small or Dtype.F32
    return small if _kind(small) > _kind(large) else large


def _kind(dtype: Dtype) -> int:
    return 2 if dtype.is_floating else int(dtype is not Dtype.BOOL)


def _largest(dtypes: Sequence[Dtype]) -> Dtype | None:
    if {Dtype.F16, Dtype.BF16} <= set(dtypes):
        return Dtype.F32
    return max(dtypes, key=_PRECISION.index, default=None)
