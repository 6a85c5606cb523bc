"""Layers as Python sees them: what a rule that is a function is given, and what it is made of what it gives back.

`nas` has every word of the language: `nas.Conv2d(16, 3) >> nas.BatchNorm2d >> nas.ReLU` is what a text says with `->`,
`nas.oneof(3, 5)` a placeholder. How such rules are found and carried out is `reading`'s and `matching`'s business.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from attrs import evolve, field, frozen

from symnas import tree
from symnas.elaborate.values import BlockLayer, BlockRecipe, Listing, OperatorLayer, Thunk, Value, force
from symnas.errors import SearchError, suggest
from symnas.grammar import dump, parse_expression
from symnas.graph import Graph, Operation, Scope, Step, Use
from symnas.operators.starts import Start
from symnas.sizes import Size, SymbolicSize
from symnas.spelling import of_operation, value_node
from symnas.tree import BinaryOperator
from symnas.types import TensorType

__all__ = ["Applied", "Node", "Vocabulary", "expression_of", "nas"]

Operand = "Node | int | float | Fraction"


@frozen
class Node:
    """A layer or value in the making, as it is written: *expression*."""

    expression: tree.Expression

    def __rshift__(self, other: "Node | str") -> "Node":
        """`self -> other`."""
        return Node(tree.Pipe(self.expression, expression_of(other)))

    def __rrshift__(self, other: str) -> "Node":
        return Node(tree.Pipe(expression_of(other), self.expression))

    def __call__(self, *arguments: object, **settings: object) -> "Node":
        """A call: `nas.Conv2d(16, 3, stride = 2)`."""
        given = [tree.Argument(expression_of(each)) for each in arguments]
        given += [tree.Argument(expression_of(each), name) for name, each in settings.items()]
        return Node(tree.Call(self.expression, tuple(given)))

    def called(self, name: str) -> "Node":
        """`self as name`."""
        return Node(tree.As(self.expression, name))

    def __mul__(self, other: object) -> "Node":
        return _binary(BinaryOperator.MULTIPLY, self, other)

    def __rmul__(self, other: object) -> "Node":
        return _binary(BinaryOperator.MULTIPLY, other, self)

    def __add__(self, other: object) -> "Node":
        return _binary(BinaryOperator.ADD, self, other)

    def __radd__(self, other: object) -> "Node":
        return _binary(BinaryOperator.ADD, other, self)

    def __sub__(self, other: object) -> "Node":
        return _binary(BinaryOperator.SUBTRACT, self, other)

    def __floordiv__(self, other: object) -> "Node":
        return _binary(BinaryOperator.FLOOR_DIVIDE, self, other)

    def __truediv__(self, other: object) -> "Node":
        return _binary(BinaryOperator.DIVIDE, self, other)

    def __str__(self) -> str:
        return dump(self.expression)


def _binary(operator: BinaryOperator, left: object, right: object) -> Node:
    return Node(tree.Binary(operator, expression_of(left), expression_of(right)))


def expression_of(value: object) -> tree.Expression:
    """*value* as it is written: nodes, texts of expressions, numbers, truth values, `None`, and lists of such.

    Raises:
        SourceError: a text is no expression. TypeError: it is something else.
    """
    match value:
        case Node():
            return value.expression
        case tree.PatternVariable() | tree.Call() | tree.Name() | tree.Pipe():
            return value
        case str():
            return parse_expression(value, "<rule>")
        case None | bool() | int() | float() | Fraction() | SymbolicSize() | Start():
            return value_node(value)
        case list() | tuple():
            return tree.ListOf(tuple(tree.Item(expression_of(each)) for each in value))
        case _:
            raise TypeError(f"a rule is made of layers, numbers, texts and lists, not of {type(value).__name__}")


class Vocabulary:
    """Every word of the language as an attribute: operators, blocks, placeholders, functions."""

    def __getattr__(self, name: str) -> Node:
        if name.startswith("_"):
            raise AttributeError(name)
        return Node(tree.Name(name))


nas = Vocabulary()
"""Words of the language, to make layers of."""


# ------------------------------------------------------------------------------------- what was matched


@frozen(eq=False)
class Applied(Node):
    """A layer or block applied in a network: *name* is what is called, *inputs* and *outputs* are the types that flow in
    and out, *blocks* the names of the blocks around it. In a layer that is put down, it stands for itself, with all that
    is in it. Of a pattern of several stages, it is all of them, its name and settings those of the first.
    """

    name: str
    inputs: tuple[TensorType, ...]
    outputs: tuple[TensorType, ...]
    blocks: frozenset[str]
    stages: "tuple[Applied, ...]" = field(default=(), repr=False)
    """Each of several stages."""
    _values: Mapping[str, Value | Thunk] = field(factory=dict, repr=False)
    _steps: tuple[Step, ...] = field(default=(), repr=False)
    _place: Callable[[], str] = field(default=str, repr=False)

    @property
    def path(self) -> str:
        """Where it is applied: the path of its weights."""
        return self._place()

    @cached_property
    def settings(self) -> "Settings":
        """What it was called with, defaults filled: `node.settings["kernel_size"]`."""
        return Settings(self.name, self._values)

    def __getitem__(self, name: str) -> object:
        return self.settings[name]

    def get(self, name: str, default: object = None) -> object:
        """The setting called *name*, or *default* where there is none."""
        return self.settings.get(name, default)

    @property
    def input(self) -> TensorType:
        """The type of the one tensor that flows in."""
        return _one(self.inputs, "flow into", self.name)

    @property
    def output(self) -> TensorType:
        """The type of the one tensor that it gives."""
        return _one(self.outputs, "come out of", self.name)

    @property
    def params(self) -> int:
        """Its parameters, frozen ones included."""
        return _alone(self._steps).params

    @property
    def macs(self) -> Size:
        """Its multiply-adds per sample."""
        return _alone(self._steps).macs


def _one(types: Sequence[TensorType], how: str, name: str) -> TensorType:
    if len(types) != 1:
        raise SearchError(f"{len(types)} tensors {how} `{name}`; ask for `inputs` or `outputs`")
    return types[0]


def _alone(steps: Sequence[Step]) -> Graph:
    """*steps* as a network, for what they cost."""
    alone = tuple(evolve(each, operands=()) for each in steps if isinstance(each, Operation | Use))
    return Graph("", Scope("", (), (), alone, ()), ())


class NoSetting(SearchError, KeyError):
    """A layer has no setting of the name."""


class Settings(Mapping[str, object]):
    """What a layer was called with: numbers, texts, lists of them; layers as nodes."""

    def __init__(self, owner: str, values: Mapping[str, Value | Thunk]) -> None:
        self._owner, self._values = owner, values

    def __getitem__(self, name: str) -> object:
        if name not in self._values:
            raise NoSetting(f"`{self._owner}` has no setting `{name}`; {suggest(name, [*self._values], 'it has')}")
        return _plain(force(self._values[name]))

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _plain(value: Value) -> object:
    match value:
        case Listing():
            return tuple(_plain(each) for each in value.all())
        case OperatorLayer():
            return Node(of_operation(Operation(value.operator.name, value.settings, (), (), ""), ()))
        case BlockRecipe():
            return Node(tree.Name(value.block.name))
        case BlockLayer():
            given = tuple(
                tree.Argument(expression_of(_plain(force(each))), name) for name, each in value.arguments.items()
            )
            return Node(tree.Call(tree.Name(value.block.name), given))
        case _:
            return value
