"""Running the PyTorch text of an operator, so that its rules can be compared with PyTorch itself."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from symnas.operators import Operator, Settings
from symnas.types import Dtype, TensorType

__all__ = ["DTYPES", "Built", "build"]

DTYPES = {
    Dtype.F32: torch.float32,
    Dtype.F16: torch.float16,
    Dtype.BF16: torch.bfloat16,
    Dtype.I64: torch.int64,
    Dtype.I32: torch.int32,
    Dtype.BOOL: torch.bool,
}


class Built:
    """The text of an operator, its submodule built on *device*."""

    def __init__(self, operator: Operator, settings: Settings, inputs: Sequence[TensorType], device: str) -> None:
        self.form = operator.torch(settings, inputs)
        self._names: dict[str, object] = {"torch": torch, "nn": nn, "F": F}
        for source in self.form.helpers.values():
            exec(source, self._names)  # noqa: S102 (our own text)
        self.device = device
        self.part: object = None
        if self.form.module is not None:
            with torch.device(device):
                self.part = eval(self.form.module, self._names)  # noqa: S307 (our own text)
            if isinstance(self.part, nn.Module) and device == "meta":
                self.part.eval()  # running statistics would be read as numbers
        for statement in self.form.after:
            exec(statement.format(self="part"), {**self._names, "part": self.part})  # noqa: S102 (our own text)

    def state(self) -> list[tuple[str, tuple[int, ...], torch.dtype, bool]]:
        """Name, shape, dtype and trainability of every weight, in PyTorch's order."""
        if isinstance(self.part, nn.Parameter):
            return [("", tuple(self.part.shape), self.part.dtype, True)]
        if not isinstance(self.part, nn.Module):
            return []
        trainable = dict(self.part.named_parameters())
        return [(name, tuple(t.shape), t.dtype, name in trainable) for name, t in self.part.state_dict().items()]

    def run(self, tensors: Sequence[torch.Tensor], **symbols: int) -> object:
        """What the text gives for *tensors*; *symbols* are the sizes that it reads as variables."""
        assert self.form.symbols == symbols.keys()
        names = {f"x{place}": tensor for place, tensor in enumerate(tensors)}
        call = self.form.call or f"{{self}}({', '.join(f'{{{place}}}' for place in range(len(tensors)))})"
        text = call.format(*names, self="part", device=f"'{self.device}'")
        return eval(text, {**self._names, **names, **symbols, "part": self.part})  # noqa: S307 (our own text)


def build(operator: Operator, settings: Settings, inputs: Sequence[TensorType], device: str = "meta") -> Built:
    """The text of *operator* applied to *inputs*, ready to run; on the `meta` device shapes are computed alone."""
    return Built(operator, settings, inputs, device)


def empty(tensors: Sequence[TensorType]) -> list[torch.Tensor]:
    """Tensors of these types without elements in memory."""
    shapes = [tuple(int(size) for size in each.shape if isinstance(size, int)) for each in tensors]
    return [
        torch.empty(shape, dtype=DTYPES[each.dtype], device="meta") for shape, each in zip(shapes, tensors, strict=True)
    ]


def types(result: object) -> tuple[TensorType, ...]:
    """Types of a tensor, or of a tuple of them."""
    by_dtype = {torch_dtype: dtype for dtype, torch_dtype in DTYPES.items()}
    return tuple(TensorType(tuple(each.shape), by_dtype[each.dtype]) for each in _flat(result))


def _flat(result: object) -> list[torch.Tensor]:
    """The tensors of nested tuples, in order."""
    if isinstance(result, tuple | list):
        return [tensor for each in result for tensor in _flat(each)]
    assert isinstance(result, torch.Tensor)
    return [result]
