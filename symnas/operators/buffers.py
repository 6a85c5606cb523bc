"""`buffer`: numbers that come with the weights of a network and never train, such as a table of positions.

Imported networks have them; tensors that a formula gives are in `constants.py`.
"""

from collections.abc import Sequence

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm, Weight
from symnas.operators.registry import register
from symnas.operators.settings import show, sizes, word
from symnas.operators.shapes import tensors
from symnas.operators.text import literal, torch_dtype
from symnas.sizes import SymbolicSize, symbols_of
from symnas.types import Dtype, TensorType

_BUFFER = '''
class Buffer(nn.Module):
    """Numbers that come with the weights and never train."""

    def __init__(self, shape, dtype=torch.float32):
        super().__init__()
        self.register_buffer("value", torch.zeros(shape, dtype=dtype))

    def forward(self):
        return self.value
'''.strip()


def _apply(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensors("buffer", inputs, 0)
    shape = sizes(settings, "shape")
    if unknown := frozenset[str]().union(*map(symbols_of, shape)):
        names = ", ".join(f"`{each}`" for each in sorted(unknown))
        raise OperatorError(
            f"the shape of a buffer must be known at build time; {show(shape)} depends on {names}", setting="shape"
        )
    known = tuple(each for each in shape if not isinstance(each, SymbolicSize))
    dtype = Dtype(word(settings, "dtype"))
    return Applied((TensorType(known, dtype),), (Weight("value", known, dtype, trainable=False),))


def _torch(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    dtype = Dtype(word(settings, "dtype"))
    shape = literal(settings["shape"])
    text = f"Buffer({shape})" if dtype is Dtype.F32 else f"Buffer({shape}, {torch_dtype(dtype)})"
    return TorchForm(module=text, call="{self}()", helpers={"Buffer": _BUFFER})


register(
    Operator(
        name="buffer",
        settings=(
            Setting("shape", Kind.SIZES, least=0),
            Setting("dtype", Kind.WORD, "f32", words=tuple(each.value for each in Dtype)),
        ),
        apply=_apply,
        torch=_torch,
        inputs=(),
    )
)
