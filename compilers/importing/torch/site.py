"""One call of an operator while a module is read: its arguments by name, and the network that it is drawn into."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from symnas.compilers.importing.drawing import Drawing
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Flow, Known, Value, exact
from symnas.operators.settings import SettingValue
from symnas.sizes import Size, SymbolicSize
from symnas.types import Dtype, TensorType

__all__ = ["Site"]


@frozen(eq=False)
class Site:
    """A call of the operator *operator*. *arguments* are all of its arguments, defaults filled, by PyTorch's names:
    tensors as values, sizes as `Size`s. *path* names weights; *used* says which of several outputs are read.
    """

    operator: str
    arguments: Mapping[str, Any]
    path: str
    drawing: Drawing
    used: frozenset[int]

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    def has(self, name: str) -> bool:
        """Whether the argument *name* is given and no `None`."""
        return self.arguments.get(name) is not None

    def value(self, name: str = "self") -> Value:
        """The tensor *name*.

        Raises:
            Refused: it is no tensor.
        """
        value = self.arguments.get(name)
        if not isinstance(value, Flow | Known):
            raise Refused(f"`{name}` is no tensor")
        return value

    def flow(self, name: str = "self") -> Flow:
        """The tensor *name* as one of the network."""
        return self.drawing.tensor(self.value(name))

    def type(self, name: str = "self") -> TensorType:
        """The type of the tensor *name*."""
        value = self.value(name)
        return value.type if isinstance(value, Flow) else TensorType(tuple(value.array.shape), value.dtype)

    def weight(self, name: str) -> Known | None:
        """The tensor *name* if it is known, as weights of a layer are."""
        value = self.arguments.get(name)
        return Known(value.array, value.name, trains=True) if isinstance(value, Known) else None

    def dim(self, name: str = "dim") -> int:
        """The dimension *name*, counted from 0."""
        return int(self.arguments[name]) % max(1, self.type().rank)

    def sizes(self, name: str) -> tuple[Size, ...]:
        """The sizes *name*: a list of whole numbers, some of which may be open."""
        value = self.arguments[name]
        return tuple(each if isinstance(each, SymbolicSize) else int(each) for each in _listed(value))

    def numbers(self, name: str) -> tuple[int, ...]:
        """The whole numbers *name*, none of them open.

        Raises:
            Refused: one is.
        """
        found = self.sizes(name)
        whole = tuple(each for each in found if isinstance(each, int))
        if len(whole) != len(found):
            raise Refused(f"`{name}` depends on a size that is open")
        return whole

    def exact(self, name: str) -> SettingValue:
        """The number *name* as a setting: as it is written in Python, exactly."""
        value = self.arguments[name]
        return value if value is None or isinstance(value, SymbolicSize) else exact(value)

    def dtype(self, name: str = "dtype") -> Dtype | None:
        """The dtype *name*; `None` where it is left out.

        Raises:
            Refused: the language lacks it.
        """
        value = self.arguments.get(name)
        return None if value is None else dtype_of(value)

    def layer(self, operator: str, flowing: Value, weights: Mapping[str, Known | None], **settings: object) -> Flow:
        """*operator* with those of *weights* that are there, called as the module calls them, applied to *flowing*."""
        kept = {name: each for name, each in weights.items() if each is not None}
        return self.drawing.layer(operator, self.path, kept, [flowing], settings)

    def one(self, operator: str, *operands: Value, **settings: object) -> Flow:
        """The one output of *operator* applied to *operands*."""
        return self.drawing.one(operator, *operands, **settings)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def dtype_of(dtype: Any) -> Dtype:
    """PyTorch's *dtype* in the language; `float64` is read as `f32`.

    Raises:
        Refused: the language lacks it.
    """
    names = {"float32": Dtype.F32, "float64": Dtype.F32, "float16": Dtype.F16, "bfloat16": Dtype.BF16,
             "int64": Dtype.I64, "int32": Dtype.I32, "bool": Dtype.BOOL}  # fmt: skip
    name = str(dtype).removeprefix("torch.")
    if name not in names:
        raise Refused(f"the language lacks the dtype {name}")
    return names[name]
