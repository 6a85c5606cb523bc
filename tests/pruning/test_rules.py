"""The rule of every operator, under stress: each axis of what flows in has channels of its own, and each axis of what comes
out is read.
"""

from fractions import Fraction

import numpy as np
import pytest
from masking import apart, drawn
from operator_examples import EXAMPLES, Example

from symnas.graph import Graph, Operation, Scope
from symnas.operators import OPERATORS
from symnas.operators.chance import draws_anew
from symnas.operators.starts import Start
from symnas.pruning import couple, units_of
from symnas.pruning.rules import rules
from symnas.types import Dtype, TensorType

WIDE = (Dtype.F16, Dtype.BF16)
FITTING = [
    each
    for each in EXAMPLES
    if not any(type.dtype in WIDE for type in each.inputs)
    and each.name != "RReLU"
    and not draws_anew(each.name, len(each.inputs))
]


class Net:
    """A network while it is put together."""

    def __init__(self, inputs: tuple[TensorType, ...]) -> None:
        self.inputs = (*inputs, TensorType((7,)))  # at least one, which says where the network runs
        self.types = [*self.inputs]
        self.steps: list[Operation] = []

    def add(self, name: str, operands: tuple[int, ...], *positional: object, **named: object) -> range:
        """An operator applied; the numbers of its outputs."""
        return self.put(name, operands, OPERATORS[name].bind(positional, named))

    def put(self, name: str, operands: tuple[int, ...], settings: object) -> range:
        """The same with settings as they are bound."""
        assert isinstance(settings, dict)
        applied = OPERATORS[name].apply(settings, [self.types[each] for each in operands])
        first = len(self.types)
        path = f"{name}.{len(self.steps)}"
        step = Operation(name, tuple(settings.items()), operands, applied.outputs, path, applied.weights, applied.macs)
        self.steps.append(step)
        self.types += applied.outputs
        return range(first, len(self.types))

    def along(self, value: int, dim: int, size: int, *, bias: bool) -> int:
        """A `Linear` along one axis."""
        last = len(self.types[value].shape) - 1
        (turned,) = self.add("transpose", (value,), dim, last)
        (made,) = self.add("Linear", (turned,), size, bias=bias)
        (back,) = self.add("transpose", (made,), dim, last)
        return back

    def graph(self, results: list[int]) -> Graph:
        """The network with these results."""
        names = tuple(f"x{place}" for place in range(len(self.inputs)))
        scope = Scope("A", self.inputs, names, tuple(self.steps), tuple(results))
        return Graph("A", scope, tuple(range(len(results))))


def stressed(example: Example, *, bias: bool) -> Graph:
    """The operator between layers that make and read channels along every axis."""
    net = Net(example.inputs)
    operands = []
    for value, type in enumerate(example.inputs):
        if type.dtype is Dtype.F32 and type.rank:
            for dim, size in enumerate(type.shape):
                if dim and isinstance(size, int) and size > 1:
                    value = net.along(value, dim, size, bias=bias)
        operands.append(value)
    results = []
    for value in net.put(example.name, tuple(operands), example.settings):
        (factor,) = net.add("param", (), (1,), init=Start("fill", Fraction(1)))
        (value,) = net.add("mul", (value, factor))  # what is whole, or has 32 bits, has as many as the weights then
        for dim in range(net.types[value].rank):
            value = net.along(value, dim, 2, bias=bias)
        results.append(value)
    return net.graph(results)


@pytest.mark.parametrize("example", FITTING, ids=str)
def test_removed_equals_masked_around_every_operator(example: Example) -> None:
    """Whatever an operator does with its axes, what its rule lets go can go."""
    generator = np.random.default_rng(0)
    for turn in range(2):
        units = units_of(couple(stressed(example, bias=turn == 1)))
        assert apart(units, drawn(units, generator, 0.7), generator) < 1e-5


def test_every_operator_has_a_rule() -> None:
    """No operator of the language is left to the rule of those that are not known."""
    assert not set(OPERATORS) - set(rules())
