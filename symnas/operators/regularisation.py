"""Layers that do nothing, or nothing but while training: identity, zeros, dropout and stochastic depth."""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import whole
from symnas.operators.shapes import LAYOUTS, floating, layout, only
from symnas.operators.text import module
from symnas.types import TensorType

# ------------------------------------------------------------------------------------------ Identity, Zero


def _apply_identity(_: Settings, inputs: Sequence[TensorType]) -> Applied:
    return Applied((only("Identity", inputs),))


def _torch_identity(_: Settings, __: Sequence[TensorType]) -> TorchForm:
    return module("nn.Identity")


def _apply_zero(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, stride = only("Zero", inputs), whole(settings, "stride")
    if stride == 1:
        return Applied((tensor,))
    if tensor.rank < 3:
        raise OperatorError(f"`Zero` with a stride takes [N, C, …] with spatial sizes; this is {tensor}", input=0)
    sizes = [(size - 1) // stride + 1 for size in tensor.shape[2:]]
    return Applied((tensor.with_shape(*tensor.shape[:2], *sizes),))


def _torch_zero(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    stride = whole(settings, "stride")
    if stride == 1:
        return TorchForm(call="torch.zeros_like({0})")
    steps = ", ".join(["::" + str(stride)] * (inputs[0].rank - 2))
    return TorchForm(call=f"torch.zeros_like({{0}}[:, :, {steps}])")


register(Operator(name="Identity", settings=(), apply=_apply_identity, torch=_torch_identity, identity=True))
register(
    Operator(name="Zero", settings=(Setting("stride", Kind.WHOLE, 1, least=1),), apply=_apply_zero, torch=_torch_zero)
)

# ----------------------------------------------------------------------------------------------- dropout

_P = Setting("p", Kind.REAL, Fraction(1, 2), least=0, most=1)


def _apply_dropout(owner: str, dimensions: int | None, _: Settings, inputs: Sequence[TensorType]) -> Applied:
    if dimensions is not None:
        return Applied((layout(owner, inputs, dimensions),))
    tensor = floating(owner, inputs)
    if owner.startswith("Feature") and tensor.rank < 2:
        raise OperatorError(f"`{owner}` takes {LAYOUTS[0]} and more dimensions; this is {tensor}", input=0)
    return Applied((tensor,))


def _torch_dropout(owner: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module(f"nn.{owner}", settings["p"])


for _name, _dimensions in (
    ("Dropout", None), ("AlphaDropout", None), ("FeatureAlphaDropout", None), ("Dropout1d", 1), ("Dropout2d", 2),
    ("Dropout3d", 3),
):  # fmt: skip
    register(
        Operator(
            name=_name,
            settings=(_P,),
            apply=partial(_apply_dropout, _name, _dimensions),
            torch=partial(_torch_dropout, _name),
        )
    )

_DROP_PATH = '''
class DropPath(nn.Module):
    """Stochastic depth (Huang et al., 2016): drops whole samples while training and scales up the others."""

    def __init__(self, p: float):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        if self.p == 1:
            return torch.zeros_like(x)
        kept = x.new_empty([x.shape[0]] + [1] * (x.ndim - 1)).bernoulli_(1 - self.p)
        return x * kept / (1 - self.p)

    def extra_repr(self):
        return f"p={self.p}"
'''.strip()


def _apply_drop_path(_: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = floating("DropPath", inputs)
    if tensor.rank == 0:
        raise OperatorError("`DropPath` drops samples of a batch; this has no dimension", input=0)
    return Applied((tensor,))


def _torch_drop_path(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(module=module("DropPath", settings["p"]).module, helpers={"DropPath": _DROP_PATH})


register(
    Operator(
        name="DropPath",
        settings=(Setting("p", Kind.REAL, least=0, most=1),),
        apply=_apply_drop_path,
        torch=_torch_drop_path,
    )
)
