"""The network to be, written down operation by operation while a model is read: flat, with the module each stands in.

What a model's operators mean is the readers' business (`onnx`, `torch`), how blocks are made of modules `nesting`'s.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from attrs import field, frozen

from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.tidying import tidied
from symnas.compilers.importing.uniform import Uniform
from symnas.compilers.importing.values import Array, Flow, Known, Value, exact, numpy_dtype
from symnas.operators import OPERATORS
from symnas.operators.base import OperatorError, Weight
from symnas.operators.settings import SettingValue
from symnas.sizes import Size
from symnas.types import Dtype, TensorType

__all__ = ["Drawing", "Module", "Record"]


@frozen
class Module:
    """A module of the model that operations stand in: its dotted *path*, the name of its class, and which call of it."""

    path: str
    kind: str
    call: int = 0


@frozen(eq=False)
class Record:
    """One operation: what `symnas.graph.Operation` says, with values numbered over the whole network.

    *within* are the modules around it, the outermost first; *name* is the dotted path that the model has for its
    weights, if any; *arrays* are those weights by their names in the operator.
    """

    operator: str
    settings: tuple[tuple[str, SettingValue], ...]
    operands: tuple[int, ...]
    outputs: tuple[int, ...]
    types: tuple[TensorType, ...]
    weights: tuple[Weight, ...]
    macs: Size
    within: tuple[Module, ...]
    name: str = ""
    arrays: Mapping[str, Known] = field(factory=dict)


class Drawing:
    """The network so far: its *inputs* by name, its operations as *records*, and the type of each value."""

    def __init__(self) -> None:
        self.inputs: list[tuple[str, TensorType]] = []
        self.records: list[Record] = []
        self.types: list[TensorType] = []
        self._within: tuple[Module, ...] = ()
        self._made: dict[object, Flow] = {}
        self._uniform = Uniform()

    @contextmanager
    def standing(self, within: Sequence[Module]) -> Iterator[None]:
        """While this is entered, what is drawn stands in the modules *within*."""
        before, self._within = self._within, tuple(within)
        try:
            yield
        finally:
            self._within = before

    def input(self, name: str, type: TensorType) -> Flow:
        """The next input of the network."""
        self.inputs.append((name, type))
        return self._flow(type)

    def apply(
        self,
        operator: str,
        operands: Sequence[Value],
        settings: Mapping[str, object],
        name: str = "",
        weights: Mapping[str, Known] | None = None,
    ) -> tuple[Flow, ...]:
        """*operator* applied to *operands*, of which those that are known become tensors of the network.

        Raises:
            Refused: the operator does not take them.
        """
        declared = OPERATORS[operator]
        flows = [self.tensor(each) for each in operands]
        try:
            bound = tidied(declared, declared.bind((), settings))
            applied = declared.apply(bound, [each.type for each in flows])
        except OperatorError as error:
            raise Refused(error.message) from error
        same = self._uniform.unchanged(operator, flows, applied.outputs)
        if same is not None:
            return (same,)
        arrays = dict(weights or {})
        for weight in applied.weights:
            if weight.name == "num_batches_tracked":
                arrays.setdefault(weight.name, Known(np.zeros((), np.int64)))
            elif tuple(arrays[weight.name].array.shape) != weight.shape:
                shape = list(arrays[weight.name].array.shape)
                raise Refused(f"`{weight.name}` is {shape}, where `{operator}` takes {list(weight.shape)}")
        results = tuple(self._flow(type) for type in applied.outputs)
        record = Record(
            operator, tuple(bound.items()), tuple(each.number for each in flows),
            tuple(each.number for each in results), applied.outputs, applied.weights, applied.macs, self._within, name,
            arrays,
        )  # fmt: skip
        self.records.append(record)
        self._uniform.learn(operator, bound, flows, results[0])
        return results

    def one(self, operator: str, *operands: Value, **settings: object) -> Flow:
        """The one output of *operator*, which has no weights, applied to *operands*."""
        (result,) = self.apply(operator, operands, settings)
        return result

    def layer(
        self,
        operator: str,
        name: str,
        weights: Mapping[str, Known],
        operands: Sequence[Value],
        settings: Mapping[str, object],
    ) -> Flow:
        """The one output of *operator* with *weights*, which the model calls *name*, applied to *operands*."""
        (result,) = self.apply(operator, operands, settings, name, weights)
        return result

    def number(self, flow: Flow) -> SettingValue:
        """What *flow* holds everywhere, if that is known and one number."""
        return self._uniform.number(flow)

    def maker(self, flow: Flow) -> str | None:
        """The operator that made *flow*; `None` of an input."""
        made = self.made(flow)
        return None if made is None else made.operator

    def made(self, flow: Flow) -> Record | None:
        """The operation that made *flow*; `None` of an input."""
        return next((each for each in reversed(self.records) if flow.number in each.outputs), None)

    def tensor(self, value: Value) -> Flow:
        """*value* as a tensor of the network: numbers that are known are made by `full`, `arange`, `param` or
        `buffer`.

        Raises:
            Refused: sizes that are open are among them.
        """
        if isinstance(value, Flow):
            return value
        if value.array.dtype == object:
            if value.is_exact:
                raise Refused("a size that is open is used as a tensor")
            value = Known(value.array.astype(np.int64), value.name, value.trains)
        key = value.name, value.dtype, value.array.shape, value.array.tobytes()
        if key in self._made:  # tables that are worked out anew in each layer are one
            return self._made[key]
        made = self._constant(value)
        if value.name or self.maker(made) == "buffer":
            self._made[key] = made
        return made

    def _constant(self, value: Known) -> Flow:
        array = value.array
        shape = tuple(map(int, array.shape))
        if not value.trains:
            formula = self._by_formula(value.dtype, array, shape)
            if formula is not None:
                return formula
        kept = Known(array.astype(numpy_dtype(value.dtype)), value.name, value.trains)
        if value.trains and value.dtype.is_floating:
            return self.layer("param", value.name, {"": kept}, [], {"shape": shape})
        name = value.name or ("mask" if value.dtype is Dtype.BOOL and len(shape) > 1 else "")
        return self.layer("buffer", name, {"value": kept}, [], {"shape": shape, "dtype": value.dtype.value})

    def filled(self, dtype: Dtype, number: SettingValue, shape: Sequence[Size]) -> Flow:
        """A tensor of *number* everywhere; `full` makes whole numbers of a whole one."""
        size = tuple(shape)
        if dtype in (Dtype.BOOL, Dtype.I32) or (isinstance(number, int) and not size and dtype is not Dtype.I64):
            return self.one("cast", self.one("full", size=size, fill_value=number), dtype=dtype.value)
        if dtype is Dtype.I64 or not isinstance(number, int):
            return self.one("full", size=size, fill_value=number)
        if number == 0:
            return self.one("zeros", size=size)
        ones = self.one("ones", size=size)
        return ones if number == 1 else self.one("mul", ones, other=number)

    def _by_formula(self, dtype: Dtype, array: Array, shape: tuple[int, ...]) -> Flow | None:
        """*array* where every number is the same, or each is the one before plus one."""
        if dtype not in (Dtype.F32, Dtype.I64, Dtype.BOOL) or array.size == 0:
            return None
        row = array.reshape(-1)
        if bool((row == row[0]).all()) and np.isfinite(row[0]):
            return self.filled(dtype, exact(row[0]), shape)
        if dtype is Dtype.I64 and array.size == max(shape) and bool((np.diff(row) == 1).all()):
            start, stop = int(row[0]), int(row[-1]) + 1
            made = self.one("arange", bounds=(start, stop) if start else (stop,))
            return made if len(shape) == 1 else self.one("reshape", made, shape=shape)
        return None

    def placed(self, type: TensorType) -> Flow:
        """A tensor of *type* that something else will make."""
        return self._flow(type)

    def flow_of(self, number: int) -> Flow:
        """The *number*-th tensor."""
        return Flow(number, self.types[number])

    def _flow(self, type: TensorType) -> Flow:
        self.types.append(type)
        return Flow(len(self.types) - 1, type)
