"""What an operator is: its settings, its shape rule, its weights and cost, and how it is written in PyTorch.

One `Operator` value per operator of the language, registered by `register` in the file of its family
(`convolution.py`, `pooling.py`, …). Nothing here or in those files imports torch: PyTorch is lowered to as text.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from typing import Final

from attrs import frozen

from symnas.sizes import Size
from symnas.types import Dtype, TensorType

__all__ = [
    "REQUIRED", "Applied", "Kind", "Operator", "OperatorError", "Setting", "SettingValue", "TorchForm", "Weight",
]  # fmt: skip

SettingValue = int | Fraction | float | bool | str | None | tuple["SettingValue", ...] | Size
"""A normalised setting. Whole numbers are `int`, exact reals `Fraction`, chosen continuous values `float`."""


class Kind(Enum):
    """What a setting accepts. `Operator.bind` checks and normalises by it."""

    WHOLE = "a whole number"
    WHOLE_OR_NONE = "a whole number or `none`"
    PAIR = "a whole number or one per dimension"
    PAIR_OR_NONE = "a whole number, one per dimension, or `none`"
    REAL = "a number"
    REAL_OR_NONE = "a number or `none`"
    FLAG = "`true` or `false`"
    WORD = "a string"
    SIZES = "a list of sizes"
    ANY = "a value"


class _Required(Enum):
    REQUIRED = "required"


REQUIRED: Final = _Required.REQUIRED
"""The default of a setting that has none."""


@frozen
class Setting:
    """A named argument of an operator, with PyTorch's name and default."""

    name: str
    kind: Kind
    default: SettingValue | _Required = REQUIRED
    words: tuple[str, ...] = ()
    """The strings a `WORD` accepts; empty for any."""


@frozen(cache_hash=True)
class Weight:
    """A parameter (*trainable*) or buffer of an operator, under PyTorch's name (`weight`, `running_mean`)."""

    name: str
    shape: tuple[int, ...]
    dtype: Dtype = Dtype.F32
    trainable: bool = True


@frozen
class Applied:
    """What applying an operator to inputs of known types gives.

    *macs* counts multiply-adds per sample (convolutions, linear layers, matrix products, attention), so the batch
    dimension is left out; it may be symbolic. *many* says that the result is a tuple even if it has one element.
    """

    outputs: tuple[TensorType, ...]
    weights: tuple[Weight, ...] = ()
    macs: Size = 0
    many: bool = False


@frozen
class TorchForm:
    """An operator as PyTorch source.

    *module* constructs the submodule (`nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)`) or is `None` for a
    stateless call. *call* is the forward expression with `{self}` for the submodule and `{0}`, `{1}`, … for the
    operands (`{self}({0})`, `torch.cat([{0}, {1}], dim=1)`); `None` means `{self}(operands…)`.
    *buffer-free helpers* beyond torch are not allowed: the text must run with `import torch`, `from torch import nn`
    and `import torch.nn.functional as F`, plus the classes named in *helpers*, whose source is in that mapping.
    """

    module: str | None = None
    call: str | None = None
    helpers: Mapping[str, str] = {}


class OperatorError(Exception):
    """Settings or inputs that an operator refuses. Whoever knows the source text turns it into a diagnostic.

    *setting* names the setting at fault (the caller underlines its argument), *input* the position of the tensor;
    neither means the whole application.
    """

    def __init__(
        self, message: str, hint: str | None = None, *, setting: str | None = None, input: int | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.hint, self.setting, self.input = message, hint, setting, input


@frozen
class Operator:
    """One operator of the language.

    *apply* receives normalised settings by name and the types of the inputs; it raises `OperatorError` for what
    PyTorch would refuse. *torch* receives the same two. *inputs* names the tensors taken; *variadic* means a list of
    any positive number of tensors (`concat`). *method* allows `x.name(…)`.
    """

    name: str
    settings: tuple[Setting, ...]
    apply: Callable[[Mapping[str, SettingValue], Sequence[TensorType]], Applied]
    torch: Callable[[Mapping[str, SettingValue], Sequence[TensorType]], TorchForm]
    inputs: tuple[str, ...] = ("input",)
    variadic: bool = False
    method: bool = False
    identity: bool = False
    """Whether the output is the input itself (`Identity`), so that graphs may leave it out."""
