"""Functions of single elements, and of all elements along a dimension with the shape kept: `exp`, `softmax`, `cumsum`.

The layers of the same meaning (`Sigmoid`, `Softmax`) are in `activation.py`.
"""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import whole
from symnas.operators.shapes import dimension, floating, only
from symnas.types import Dtype, TensorType

_REAL = (
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "erf", "exp", "expm1", "log", "log1p", "log2",
    "reciprocal", "rsqrt", "sigmoid", "sin", "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip
"""Give real numbers whatever they take."""
_SAME = ("abs", "ceil", "floor", "relu", "round", "sign", "square", "trunc")
"""Keep the dtype."""
_FUNCTIONAL = (
    "elu", "gelu", "hardsigmoid", "hardswish", "leaky_relu", "logsigmoid", "mish", "relu6", "selu", "silu", "softplus",
    "softsign", "tanhshrink",
)  # fmt: skip
"""Of `torch.nn.functional`, without settings; no methods of a tensor."""


def _apply_real(owner: str, _: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only(owner, inputs)
    return Applied((tensor if tensor.dtype.is_floating else TensorType(tensor.shape, Dtype.F32),))


def _apply_same(owner: str, _: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only(owner, inputs)
    if tensor.dtype is Dtype.BOOL:
        raise OperatorError(f"`{owner}` does not take truth values", input=0)
    return Applied((tensor,))


def _apply_floating(owner: str, _: Settings, inputs: Sequence[TensorType]) -> Applied:
    return Applied((floating(owner, inputs),))


def _torch(text: str, _: Settings, __: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=text)


for _names, _rule, _pattern in (
    (_REAL, _apply_real, "torch.{}({{0}})"),
    (_SAME, _apply_same, "torch.{}({{0}})"),
    (_FUNCTIONAL, _apply_floating, "F.{}({{0}})"),
):
    for _name in _names:
        register(
            Operator(
                name=_name,
                settings=(),
                apply=partial(_rule, _name),
                torch=partial(_torch, _pattern.format(_name)),
                method=_names is not _FUNCTIONAL,
            )
        )

# ------------------------------------------------------------------------------------- along a dimension

_DIM = (Setting("dim", Kind.WHOLE),)


def _apply_along(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = floating(owner, inputs)
    dimension(owner, whole(settings, "dim"), tensor.rank)
    return Applied((tensor,))


def _apply_running(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only(owner, inputs)
    dimension(owner, whole(settings, "dim"), tensor.rank)
    return Applied((tensor if tensor.dtype.is_floating else TensorType(tensor.shape, Dtype.I64),))


def _torch_along(owner: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"{{0}}.{owner}(dim={settings['dim']})")


for _name, _along in (
    ("softmax", _apply_along), ("log_softmax", _apply_along), ("cumsum", _apply_running), ("cumprod", _apply_running),
):  # fmt: skip
    register(
        Operator(
            name=_name,
            settings=_DIM,
            apply=partial(_along, _name),
            torch=partial(_torch_along, _name),
            method=True,
        )
    )


def _apply_flip(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("flip", inputs)
    dims = settings["dims"]
    assert isinstance(dims, tuple)
    places = [dimension("flip", each, tensor.rank, "dims") for each in dims if isinstance(each, int)]
    if len(set(places)) != len(places):
        raise OperatorError("`flip` names a dimension twice", setting="dims")
    return Applied((tensor,))


def _torch_flip(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    dims = settings["dims"]
    assert isinstance(dims, tuple)
    return TorchForm(call=f"{{0}}.flip({', '.join(map(str, dims))})")


register(
    Operator(
        name="flip",
        settings=(Setting("dims", Kind.SIZES, rest=True),),
        apply=_apply_flip,
        torch=_torch_flip,
        method=True,
    )
)


def _apply_triangle(owner: str, _: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only(owner, inputs)
    if tensor.rank < 2:
        raise OperatorError(f"`{owner}` takes matrices; this is {tensor}", input=0)
    return Applied((tensor,))


def _torch_triangle(owner: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    shift = settings["diagonal"]
    return TorchForm(call=f"{{0}}.{owner}({'' if shift == 0 else f'diagonal={shift}'})")


for _name in ("tril", "triu"):
    register(
        Operator(
            name=_name,
            settings=(Setting("diagonal", Kind.WHOLE, 0),),
            apply=partial(_apply_triangle, _name),
            torch=partial(_torch_triangle, _name),
            method=True,
        )
    )
