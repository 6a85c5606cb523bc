"""Reductions over some or all dimensions of one tensor: `sum`, `mean`, `amax`, `argmax`, `any`.

Sums over a list of tensors are in `arithmetic.py` (`sum_all`).
"""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import flag, sizes
from symnas.operators.shapes import dimension, only
from symnas.operators.text import literal
from symnas.types import Dtype, TensorType

_REAL_ONLY = ("mean", "std", "var", "logsumexp")
_ONE_DIMENSION = ("prod", "argmax", "argmin")
_DIMENSION_NEEDED = ("logsumexp",)
_METHODS = ("sum", "mean", "amax", "amin", "prod", "std", "var", "logsumexp", "argmax", "argmin", "any", "all")


def _places(owner: str, settings: Settings, tensor: TensorType) -> list[int]:
    """The dimensions that are reduced.

    Raises:
        OperatorError: they do not exist, are named twice, or are too many for *owner*.
    """
    if settings["dim"] is None:
        if owner in _DIMENSION_NEEDED:
            raise OperatorError(f"`{owner}` needs its setting `dim`", setting="dim")
        return list(range(tensor.rank))
    wanted = [each for each in sizes(settings, "dim") if isinstance(each, int)]
    places = [dimension(owner, each, tensor.rank) for each in wanted]
    if not places or len(set(places)) != len(places):
        raise OperatorError(f"`{owner}` reduces each dimension once; {literal(settings['dim'])}", setting="dim")
    if len(places) > 1 and owner in _ONE_DIMENSION:
        raise OperatorError(f"`{owner}` reduces one dimension, or all; {literal(settings['dim'])}", setting="dim")
    return places


def _dtype(owner: str, tensor: TensorType) -> Dtype:
    if owner in ("any", "all"):
        return Dtype.BOOL
    if owner in ("argmax", "argmin"):
        return Dtype.I64
    if owner in ("sum", "prod") and not tensor.dtype.is_floating:
        return Dtype.I64
    return tensor.dtype


def _apply(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only(owner, inputs)
    if owner in _REAL_ONLY and not tensor.dtype.is_floating:
        raise OperatorError(f"`{owner}` takes real numbers; this is {tensor}", input=0)
    if owner in ("argmax", "argmin") and tensor.dtype is Dtype.BOOL:
        raise OperatorError(f"`{owner}` does not take truth values", input=0)
    places, kept = _places(owner, settings, tensor), flag(settings, "keepdim")
    if kept and settings["dim"] is None and owner == "prod":
        raise OperatorError("`prod` keeps dimensions only where `dim` names one", setting="keepdim")
    shape = [1 if place in places else size for place, size in enumerate(tensor.shape) if kept or place not in places]
    return Applied((TensorType(tuple(shape), _dtype(owner, tensor)),))


def _torch(owner: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    shown = []
    if settings["dim"] is not None:
        dims = sizes(settings, "dim")
        shown.append(f"dim={literal(dims[0] if len(dims) == 1 else dims)}")
    elif flag(settings, "keepdim") and owner in ("sum", "mean", "any", "all", "std", "var"):
        shown.append("dim=None")
    if flag(settings, "keepdim"):
        shown.append("keepdim=True")
    return TorchForm(call=f"{{0}}.{owner}({', '.join(shown)})")


for _name in _METHODS:
    register(
        Operator(
            name=_name,
            settings=(Setting("dim", Kind.SIZES, None), Setting("keepdim", Kind.FLAG, default=False)),
            apply=partial(_apply, _name),
            torch=partial(_torch, _name),
            method=True,
        )
    )
