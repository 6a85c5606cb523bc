"""What an operator is: its settings, its shape rule, its weights and cost, and how it is written in PyTorch.

One `Operator` value per operator of the language, registered by `register` in the file of its family
(`convolution.py`, `pooling.py`, …). Nothing here or in those files imports torch: PyTorch is lowered to as text.
"""

from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from symnas.operators.settings import REQUIRED, Kind, OperatorError, Setting, Settings, SettingValue, bind  # fmt: skip
from symnas.sizes import Size
from symnas.types import Dtype, TensorType

__all__ = [
    "REQUIRED", "Applied", "Kind", "Operator", "OperatorError", "Setting", "SettingValue", "Settings", "TorchForm",
    "Weight",
]  # fmt: skip


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
    dimension is left out; it may be symbolic. *many* says that the result is a tuple even if it has one element; the
    outputs from *state* on are a tuple in it: `(y, (h, c))`.
    """

    outputs: tuple[TensorType, ...]
    weights: tuple[Weight, ...] = ()
    macs: Size = 0
    many: bool = False
    state: int | None = None


@frozen
class TorchForm:
    """An operator as PyTorch source.

    *module* constructs the submodule (`nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)`) or is `None` for a
    stateless call. *call* is the forward expression with `{self}` for the submodule, `{0}`, `{1}`, … for the
    operands and `{device}` for the device of the network's inputs (`{self}({0})`, `torch.cat([{0}, {1}], dim=1)`,
    `torch.arange(T, device={device})`); `None` means `{self}(operands…)`.
    The text runs with `import torch`, `from torch import nn` and `import torch.nn.functional as F`, plus the classes
    and functions named in *helpers*, whose source is in that mapping. *symbols* are the unknown sizes that the text
    reads as variables (`T` above): whoever writes the forward pass binds them first. *after* are statements that follow
    the submodule's construction (`nn.init.normal_({self}.weight, std=0.02)`).
    """

    module: str | None = None
    call: str | None = None
    helpers: Mapping[str, str] = {}
    symbols: frozenset[str] = frozenset()
    after: tuple[str, ...] = ()


@frozen
class Operator:
    """One operator of the language.

    *apply* receives normalised settings by name and the types of the inputs; it raises `OperatorError` for what
    PyTorch would refuse. *torch* receives the same two. *inputs* names the tensors taken; *variadic* means a list of
    any positive number of tensors (`concat`); *optional* tensors may follow. *method* allows `x.name(…)`.
    """

    name: str
    settings: tuple[Setting, ...]
    apply: Callable[[Settings, Sequence[TensorType]], Applied]
    torch: Callable[[Settings, Sequence[TensorType]], TorchForm]
    inputs: tuple[str, ...] = ("input",)
    variadic: bool = False
    method: bool = False
    identity: bool = False
    """Whether the output is the input itself (`Identity`), so that graphs may leave it out."""
    multiplies: bool = False
    """Whether its weights are matrices or kernels that multiply what flows in: those that can be the identity, and that
    can be rounded to fewer bits."""
    optional: tuple[str, ...] = ()

    def bind(self, positional: Sequence[object], named: Mapping[str, object]) -> dict[str, SettingValue]:
        """Written arguments as one normalised value per setting, defaults filled.

        Raises:
            OperatorError: too many, unknown, doubled or missing arguments, or a value that its setting refuses.
        """
        return bind(self.name, self.settings, positional, named)
