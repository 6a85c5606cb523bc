"""Further layers like one that PyTorch has made: what it was told is copied, its tensors are drawn anew.

PyTorch's constructors check what they are told, and `nn.Module.__setattr__` looks at every attribute that they set: for a
small layer that takes longer than its tensors do. Weights are PyTorch's own all the same, from the same random numbers:
`reset_parameters`, with which these constructors end, draws them. Which layers are made is `assembling`'s business.
"""

from collections.abc import Callable
from typing import Any, Final

import torch
from attrs import frozen
from torch import nn
from torch.nn.modules import module as registries

from symnas.compilers.torch.constructors import SIGNATURES, Constructor

__all__ = ["Maker", "can_be_cast"]

_DRAWN: Final = frozenset(
    f"nn.{name}"
    for name in """Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d BatchNorm1d BatchNorm2d BatchNorm3d
    InstanceNorm1d InstanceNorm2d InstanceNorm3d Linear Bilinear LayerNorm RMSNorm GroupNorm Embedding PReLU RNNCell
    LSTMCell GRUCell""".split()
)
"""Layers all of whose tensors have their first values from `reset_parameters`."""


def can_be_cast(constructor: Constructor) -> bool:
    """Whether the layer that *constructor* makes depends on nothing but its arguments, torch's default device and default
    type, and random numbers.
    """
    known = {name for name, _ in SIGNATURES.get(constructor.callee, ())}
    return constructor.callee in _DRAWN and all(each.name in known for each in constructor.arguments or ())


class Maker:
    """Makes one layer as often as it is wanted: by *constructor* at first, then without. Layers that are made once are not
    worth a mould.
    """

    def __init__(self, constructor: Callable[[], nn.Module]) -> None:
        self.constructor = constructor
        self.mould: Mould | None = None
        self.is_known = False

    def __call__(self) -> nn.Module:
        """A new layer with fresh weights."""
        if _is_watched():
            return self.constructor()
        if self.mould is not None and self.mould.init is self.mould.kind.__init__:
            return self.mould.cast()
        made = self.constructor()
        self.mould, self.is_known = Mould.of(made) if self.is_known else None, True
        return made


@frozen(eq=False)
class Mould:
    """What layers have in common that one constructor makes. *told* is what never changes, *own* what each has for
    itself; *parameters* and *buffers* say shapes, and types where they do not follow torch's default.
    """

    kind: type[nn.Module]
    init: Callable[..., None]
    told: dict[str, object]
    own: tuple[tuple[str, Callable[[], object]], ...]
    parameters: tuple[tuple[str, torch.Size | None], ...]
    buffers: tuple[tuple[str, torch.Size | None, torch.dtype | None], ...]

    @classmethod
    def of(cls, layer: nn.Module) -> "Mould | None":
        """That of *layer*, if it is what its constructor makes where nobody interferes."""
        usual = torch.empty(0)
        tensors = {**layer._parameters, **layer._buffers}  # noqa: SLF001 (with those that are `None`)
        if layer._modules or not all(each is None or _is_usual(each, usual) for each in tensors.values()):  # noqa: SLF001
            return None
        told = dict(vars(layer))
        parameters = [(name, _shape(each)) for name, each in told.pop("_parameters").items()]
        buffers = [(name, _shape(each), _type(each)) for name, each in told.pop("_buffers").items()]
        own = tuple([(name, _another(each)) for name, each in told.items() if isinstance(each, dict | list | set)])
        for name, _ in own:
            del told[name]
        kind = type(layer)
        return cls(kind, kind.__init__, told, own, tuple(parameters), tuple(buffers))

    def cast(self) -> nn.Module:
        """A new layer with fresh weights."""
        made = self.kind.__new__(self.kind)
        state = vars(made)
        state.update(self.told)
        for name, another in self.own:
            state[name] = another()
        empty, parameter = torch.empty, nn.Parameter
        state["_parameters"] = {n: None if shape is None else parameter(empty(shape)) for n, shape in self.parameters}
        state["_buffers"] = {n: None if shape is None else empty(shape, dtype=kind) for n, shape, kind in self.buffers}
        made.reset_parameters()  # type: ignore[operator]  # a method of every class in `_DRAWN`
        return made


def _another(container: Any) -> Callable[[], object]:
    """What makes a container like *container* is now."""
    return container.copy().copy if container else type(container)


def _is_usual(tensor: torch.Tensor, usual: torch.Tensor) -> bool:
    """Whether PyTorch makes *tensor* where it makes *usual*, for weights that train or a buffer."""
    is_weight = type(tensor) is nn.Parameter and tensor.requires_grad and tensor.dtype == usual.dtype
    is_buffer = type(tensor) is torch.Tensor and (tensor.dtype == usual.dtype or not tensor.is_floating_point())
    return (is_weight or is_buffer) and tensor.device == usual.device


def _shape(tensor: torch.Tensor | None) -> torch.Size | None:
    return None if tensor is None else tensor.shape


def _type(tensor: torch.Tensor | None) -> torch.dtype | None:
    """Its type, where that does not follow torch's default."""
    return None if tensor is None or tensor.is_floating_point() else tensor.dtype


def _is_watched() -> bool:
    """Whether somebody is told of what is registered, or registers it otherwise (as `accelerate` does for large models)."""
    registers = nn.Module.register_parameter, nn.Module.register_buffer
    hooks = registries._global_parameter_registration_hooks, registries._global_buffer_registration_hooks  # noqa: SLF001
    return registers != _REGISTERS or any(hooks)


_REGISTERS: Final = (nn.Module.register_parameter, nn.Module.register_buffer)
