"""Tensors made of nothing but sizes, and random numbers."""

import numpy as np

from symnas.compilers.importing.casting import cast
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.torch.registry import reads
from symnas.compilers.importing.torch.site import Site
from symnas.compilers.importing.values import Flow, Known, Value, exact, numpy_dtype
from symnas.sizes import Size, SymbolicSize
from symnas.types import Dtype


@reads("arange")
def _arange(at: Site) -> Value:
    names = [name for name in ("start", "end", "step") if name in at.arguments]
    bounds = [at[name] for name in names]
    if not all(isinstance(each, int | SymbolicSize) for each in bounds):
        raise Refused("its bounds are no whole numbers")
    found = at.one("arange", bounds=tuple(bounds))
    wanted = at.dtype()
    return found if wanted is None else cast(at.drawing, found, wanted)


@reads(
    "zeros", "ones", "full", "new_zeros", "new_ones", "new_full", "zeros_like", "ones_like", "full_like", "zero", "fill"
)
def _filled(at: Site) -> Value:
    alike = at.operator.endswith("_like") or at.operator in ("zero", "fill")
    size: tuple[Size, ...] = at.type().shape if alike else at.sizes("size")
    word = at.operator.removeprefix("new_").removesuffix("_like")
    number = exact(at["fill_value"]) if word == "full" else int(word == "ones")
    if word == "fill":
        value = at["value"].array.reshape(-1)[0] if isinstance(at["value"], Known) else at["value"]
        if isinstance(value, Flow):
            raise Refused("what it puts in is computed")
        number = exact(value)
    made = at.type().dtype if "self" in at.arguments else None
    usual = Dtype.I64 if word == "full" and isinstance(at["fill_value"], int) else Dtype.F32
    wanted = at.dtype() or made or usual
    if wanted is not Dtype.BF16 and all(isinstance(each, int) for each in size):
        return Known(np.full([int(str(each)) for each in size], float(number), numpy_dtype(wanted)))
    return at.drawing.filled(wanted, number, size)


@reads("rand", "randn", "rand_like", "randn_like")
def _drawn(at: Site) -> Value:
    """Numbers of 32 bits are turned into others, as tensors that they are like may be whole."""
    alike = at.operator.endswith("_like")
    size: tuple[Size, ...] = at.type().shape if alike else at.sizes("size")
    wanted = at.dtype() or (at.type().dtype if alike else Dtype.F32)
    if alike and wanted is at.type().dtype and isinstance(at.value(), Flow):
        return at.one(at.operator, at.flow())
    return cast(at.drawing, at.one(at.operator.removesuffix("_like"), size=size), wanted)


@reads("uniform", "normal")
def _spread_out(at: Site) -> Value:
    """Numbers from a range, or around a mean: those of `rand` and `randn`, stretched and moved."""
    names = ("from", "to") if at.operator == "uniform" else ("mean", "std")
    first, second = (at[name] for name in names)
    if isinstance(first, Flow | Known) or isinstance(second, Flow | Known):
        raise Refused("what it draws from is computed")
    size = at.type().shape if "self" in at.arguments else at.sizes("size")
    wanted = at.dtype() or (at.type().dtype if "self" in at.arguments else Dtype.F32)
    low, width = exact(first), exact(second - first if at.operator == "uniform" else second)
    found = at.one("rand" if at.operator == "uniform" else "randn", size=size)
    found = found if width == 1 else at.one("mul", found, other=width)
    return cast(at.drawing, found if low == 0 else at.one("add", found, other=low), wanted)


@reads("randint")
def _drawn_whole(at: Site) -> Value:
    low = int(at.arguments.get("low", 0))
    found = at.one("randint", low=low, high=int(at["high"]), size=at.sizes("size"))
    if isinstance(at.arguments["dtype"], int):  # PyTorch's default, by its number: 64 bits
        return found
    wanted = at.dtype()
    return found if wanted is None else cast(at.drawing, found, wanted)


@reads("bernoulli")
def _bernoulli(at: Site) -> Value:
    """1 where a uniform number is below the probability."""
    if "p" in at.arguments:
        below = at.one("lt", at.one("rand", size=at.type().shape), other=at.exact("p"))
    else:
        below = at.one("lt", at.one("rand_like", at.flow()), at.flow())
    return cast(at.drawing, below, at.type().dtype)
