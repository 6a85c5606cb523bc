"""Graphs put together by hand, for tests of compilers: what elaboration would make of a program."""

from collections.abc import Sequence

from symnas.graph import Graph, Operation, Outputs, Scope, Use
from symnas.operators.registry import OPERATORS
from symnas.sizes import Size, symbol
from symnas.spans import NOWHERE, Source, Span
from symnas.types import Dtype, TensorType

__all__ = ["Block", "digits_cnn", "resnet50", "tensor"]


def tensor(*shape: Size | str, dtype: Dtype = Dtype.F32) -> TensorType:
    """A tensor type; names are symbolic sizes."""
    return TensorType(tuple(symbol(size) if isinstance(size, str) else size for size in shape), dtype)


class Block:
    """A scope being written; values are handed around as their numbers."""

    def __init__(self, block: str, settings: dict[str, str] | None = None, /, **inputs: TensorType) -> None:
        self.block, self.settings = block, tuple((settings or {}).items())
        self.names, self.types = tuple(inputs), list(inputs.values())
        self.inputs = tuple(inputs.values())
        self.steps: list[Operation | Use] = []

    def type(self, value: int) -> TensorType:
        """The type of a value."""
        return self.types[value]

    def apply(
        self,
        operator: str,
        *operands: int,
        name: str | None = None,
        shared: str | None = None,
        span: Span = NOWHERE,
        **settings: object,
    ) -> int:
        """Apply an operator of the library; the number of its first output."""
        found = OPERATORS[operator]
        bound = found.bind((), settings)
        applied = found.apply(bound, [self.types[each] for each in operands])
        step = Operation(
            operator,
            tuple(bound.items()),
            operands,
            applied.outputs,
            operator if name is None else name,
            applied.weights,
            applied.macs,
            shared,
            span,
        )
        return self.add(step)

    def use(
        self, scope: Scope, *operands: int, name: str | None = None, shared: str | None = None, span: Span = NOWHERE
    ) -> int:
        """Apply a block; the number of its first output."""
        outputs = tuple(scope.value_types()[index] for index in scope.results)
        return self.add(Use(scope, operands, outputs, scope.block if name is None else name, shared, span))

    def read(self, module: str, name: str, type: TensorType) -> int:
        """Read a weight of a shared layer."""
        return self.add(Operation("weight", (("module", module), ("name", name)), (), (type,), ""))

    def add(self, step: Operation | Use) -> int:
        """Append *step*; the number of its first output."""
        self.steps.append(step)
        self.types += step.outputs
        return len(self.types) - len(step.outputs)

    def scope(self, *results: int) -> Scope:
        """The finished scope."""
        return Scope(self.block, self.inputs, self.names, tuple(self.steps), results, self.settings)

    def graph(self, *results: int, outputs: Outputs = 0) -> Graph:
        """The finished network."""
        return Graph(self.block, self.scope(*results), outputs)


# ------------------------------------------------------------------------------------------- networks

_RESNET = Source(
    "showcase/resnet50.nas", "\n".join(f"line {number}" for number in range(1, 30)) + "\n"
)  # only its line numbers matter


def _line(number: int) -> Span:
    start = _RESNET.line_starts[number - 1]
    return Span(_RESNET, start, start + 4)


def _conv_bn(x: TensorType, out: int, kernel: int, stride: int = 1, act: str = "ReLU") -> Scope:
    settings = {"out": str(out), "kernel": str(kernel), "stride": str(stride), "act": act}
    b = Block("ConvBN", settings, x=x)
    y = b.apply("Conv2d", 0, out_channels=out, kernel_size=kernel, stride=stride, bias=False, span=_line(5))
    y = b.apply("BatchNorm2d", y, span=_line(5))
    if act != "Identity":
        y = b.apply(act, y, span=_line(5))
    return b.scope(y)


def _bottleneck(x: TensorType, mid: int, stride: int = 1) -> Scope:
    b = Block("Bottleneck", {"mid": str(mid), "stride": str(stride)}, x=x)
    y = b.use(_conv_bn(x, mid, 1), 0, name="ConvBN", span=_line(9))
    y = b.use(_conv_bn(b.type(y), mid, 3, stride), y, name="ConvBN.1", span=_line(9))
    y = b.use(_conv_bn(b.type(y), 4 * mid, 1, act="Identity"), y, name="ConvBN.2", span=_line(9))
    skip = 0
    if stride != 1 or x.shape[1] != 4 * mid:
        skip = b.use(_conv_bn(x, 4 * mid, 1, stride, "Identity"), 0, name="down", span=_line(10))
    total = b.apply("add", y, skip, name="add", span=_line(11))
    return b.scope(b.apply("ReLU", total, span=_line(11)))


def resnet50(depths: Sequence[int] = (3, 4, 6, 3)) -> Graph:
    """ResNet-50, named as the language's showcase names it; with smaller *depths*, a network of its kind."""
    net = Block("ResNet50", image=tensor("N", 3, "H", "W"))
    x = net.use(_conv_bn(net.type(0), 64, 7, 2), 0, name="stem", span=_line(15))
    x = net.apply("MaxPool2d", x, kernel_size=3, stride=2, span=_line(15))
    for turn, depth in enumerate(depths):
        mid, stride = 64 * 2**turn, 1 if turn == 0 else 2
        x = net.use(_bottleneck(net.type(x), mid, stride), x, name=f"mid.{turn}.Bottleneck", span=_line(17))
        for again in range(depth - 1):
            scope = _bottleneck(net.type(x), mid)
            x = net.use(scope, x, name=f"mid.{turn}.repeat.{again}.Bottleneck", span=_line(17))
    x = net.apply("GlobalAvgPool2d", x, span=_line(19))
    x = net.apply("Flatten", x, span=_line(19))
    return net.graph(net.apply("Linear", x, out_features=1000, name="fc", span=_line(19)))


def digits_cnn(widths: Sequence[int] = (16, 32)) -> Graph:
    """A small network for 8×8 images: two convolutions with normalisation at each width, then a classifier."""
    net = Block("Digits", image=tensor("N", 1, 8, 8))
    x = 0
    for turn, width in enumerate(widths):
        stride = 1 if turn == 0 else 2
        x = net.use(_conv_bn(net.type(x), width, 3, stride), x, name=f"width.{turn}.ConvBN")
        x = net.use(_conv_bn(net.type(x), width, 3), x, name=f"width.{turn}.ConvBN.1")
    x = net.apply("GlobalAvgPool2d", x)
    x = net.apply("Flatten", x)
    return net.graph(net.apply("Linear", x, out_features=10))
