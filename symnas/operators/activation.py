"""Activations: every one of `torch.nn`, applied element by element unless it names a dimension.

`inplace` is left out: a tensor of the language never changes. Functions such as `relu(x)` are in `elementwise.py`.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from symnas.operators.base import REQUIRED, Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm, Weight
from symnas.operators.registry import register
from symnas.operators.settings import real, whole
from symnas.operators.shapes import dimension, doubt, floating, layout
from symnas.operators.text import constructed, module
from symnas.sizes import divides, exact_divide
from symnas.types import TensorType


def _apply(owner: str, _: Settings, inputs: Sequence[TensorType]) -> Applied:
    return Applied((floating(owner, inputs),))


def _torch(owner: str, declared: Sequence[Setting], settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    required = [settings[each.name] for each in declared if each.default is REQUIRED]
    named = {each.name: (settings[each.name], each.default) for each in declared if each.default is not REQUIRED}
    return TorchForm(module=constructed(f"nn.{owner}", *required, **named))


def _real(name: str, default: Fraction | int) -> Setting:
    return Setting(name, Kind.REAL, default)


_ELEMENTWISE: dict[str, tuple[Setting, ...]] = {
    "CELU": (_real("alpha", 1),),
    "ELU": (_real("alpha", 1),),
    "GELU": (Setting("approximate", Kind.WORD, "none", words=("none", "tanh")),),
    "Hardshrink": (_real("lambd", Fraction(1, 2)),),
    "Hardsigmoid": (),
    "Hardswish": (),
    "Hardtanh": (_real("min_val", -1), _real("max_val", 1)),
    "LeakyReLU": (_real("negative_slope", Fraction(1, 100)),),
    "LogSigmoid": (),
    "Mish": (),
    "RReLU": (_real("lower", Fraction(1, 8)), _real("upper", Fraction(1, 3))),
    "ReLU": (),
    "ReLU6": (),
    "SELU": (),
    "SiLU": (),
    "Sigmoid": (),
    "Softplus": (_real("beta", 1), _real("threshold", 20)),
    "Softshrink": (Setting("lambd", Kind.REAL, Fraction(1, 2), least=0),),
    "Softsign": (),
    "Tanh": (),
    "Tanhshrink": (),
    "Threshold": (Setting("threshold", Kind.REAL), Setting("value", Kind.REAL)),
}


def _apply_hardtanh(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    low, high = real(settings, "min_val"), real(settings, "max_val")
    if low >= high:
        raise OperatorError(f"`Hardtanh` needs `min_val` below `max_val`; {low} and {high}", setting="max_val")
    return _apply("Hardtanh", settings, inputs)


def _apply_rrelu(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    low, high = real(settings, "lower"), real(settings, "upper")
    if low > high:
        raise OperatorError(f"`RReLU` needs `lower` at most `upper`; {low} and {high}", setting="upper")
    return _apply("RReLU", settings, inputs)


def _apply_celu(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    if real(settings, "alpha") == 0:
        raise OperatorError("`alpha` of `CELU` must not be 0", setting="alpha")
    return _apply("CELU", settings, inputs)


_CHECKED = {"Hardtanh": _apply_hardtanh, "RReLU": _apply_rrelu, "CELU": _apply_celu}


for _name, _declared in _ELEMENTWISE.items():
    register(
        Operator(
            name=_name,
            settings=_declared,
            apply=_CHECKED.get(_name, partial(_apply, _name)),
            torch=partial(_torch, _name, _declared),
        )
    )


def _apply_prelu(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, count = floating("PReLU", inputs), whole(settings, "num_parameters")
    if count != 1 and (tensor.rank < 2 or tensor.shape[1] != count):
        raise OperatorError(f"`PReLU` with {count} parameters does not fit {tensor}", setting="num_parameters")
    return Applied((tensor,), (Weight("weight", (count,), tensor.dtype),))


def _torch_prelu(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    return module(
        "nn.PReLU",
        dtype=inputs[0].dtype,
        num_parameters=(settings["num_parameters"], 1),
        init=(settings["init"], Fraction(1, 4)),
    )


register(
    Operator(
        name="PReLU",
        settings=(Setting("num_parameters", Kind.WHOLE, 1, least=1), _real("init", Fraction(1, 4))),
        apply=_apply_prelu,
        torch=_torch_prelu,
    )
)

# ---------------------------------------------------------------------------------------- over a dimension

_DIM = Setting("dim", Kind.WHOLE, -1)
"""The last dimension, where features are. PyTorch's default is deprecated there: it depends on the rank."""


def _apply_over(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = floating(owner, inputs)
    dimension(owner, whole(settings, "dim"), tensor.rank)
    return Applied((tensor,))


def _torch_over(owner: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module(f"nn.{owner}", dim=(settings["dim"], None))


for _name in ("Softmax", "Softmin", "LogSoftmax"):
    register(
        Operator(name=_name, settings=(_DIM,), apply=partial(_apply_over, _name), torch=partial(_torch_over, _name))
    )


def _apply_softmax2d(_: Settings, inputs: Sequence[TensorType]) -> Applied:
    return Applied((layout("Softmax2d", inputs, 2),))


def _torch_softmax2d(_: Settings, __: Sequence[TensorType]) -> TorchForm:
    return module("nn.Softmax2d")


def _apply_glu(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = floating("GLU", inputs)
    place = dimension("GLU", whole(settings, "dim"), tensor.rank)
    if not divides(2, tensor.shape[place]):
        raise OperatorError(
            f"`GLU` halves dimension {place}, which is {tensor.shape[place]}{doubt(tensor.shape[place])}", setting="dim"
        )
    half = exact_divide(tensor.shape[place], 2)
    return Applied((tensor.with_shape(*tensor.shape[:place], half, *tensor.shape[place + 1 :]),))


def _torch_glu(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module("nn.GLU", dim=(settings["dim"], -1))


register(Operator(name="Softmax2d", settings=(), apply=_apply_softmax2d, torch=_torch_softmax2d))
register(Operator(name="GLU", settings=(_DIM,), apply=_apply_glu, torch=_torch_glu))
