"""Tensors made of nothing but sizes."""

from symnas.compilers.importing.casting import cast
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.torch.registry import reads
from symnas.compilers.importing.torch.site import Site
from symnas.compilers.importing.values import Value, exact
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


@reads("zeros", "ones", "full", "new_zeros", "new_ones", "new_full", "zeros_like", "ones_like", "full_like")
def _filled(at: Site) -> Value:
    size: tuple[Size, ...] = at.type().shape if at.operator.endswith("_like") else at.sizes("size")
    word = at.operator.removeprefix("new_").removesuffix("_like")
    number = exact(at["fill_value"]) if word == "full" else int(word == "ones")
    made = at.type().dtype if "self" in at.arguments else None
    usual = Dtype.I64 if word == "full" and isinstance(at["fill_value"], int) else Dtype.F32
    wanted = at.dtype() or made or usual
    return at.drawing.filled(wanted, number, size)
