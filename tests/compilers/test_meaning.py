"""The law of the compiler: a generated network computes what its graph says, step by step."""

from random import Random

import torch
import torch.nn.functional as F
from graphs import Block, tensor
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from symnas.compilers.torch import build, generate
from symnas.graph import Graph, Operation, Scope, Use, join
from symnas.operators.registry import OPERATORS
from symnas.types import TensorType


def interpret(graph: Graph, state: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """What *graph* computes, one operation after the other, with the weights of *state*."""
    (result,) = _scope(graph.scope, "", state, [x])
    return result


def _scope(scope: Scope, prefix: str, state: dict[str, torch.Tensor], values: list[torch.Tensor]) -> list[torch.Tensor]:
    types = scope.value_types()
    values = list(values)
    for step in scope.steps:
        path = step.shared or join(prefix, step.name)
        operands = [values[index] for index in step.operands]
        if isinstance(step, Operation):
            values.append(_operation(step, path, state, operands, [types[index] for index in step.operands]))
        else:
            assert isinstance(step, Use), "the graphs here have no `when` and no `scan`"
            values += _scope(step.scope, path, state, operands)
    return [values[index] for index in scope.results]


def _operation(
    step: Operation, path: str, state: dict[str, torch.Tensor], operands: list[torch.Tensor], types: list[TensorType]
) -> torch.Tensor:
    if step.operator == "weight":
        chosen = dict(step.settings)
        return state[f"{chosen['module']}.{chosen['name']}"]
    form = OPERATORS[step.operator].torch(dict(step.settings), types)
    scope = {"torch": torch, "nn": nn, "F": F, "operands": operands}
    if form.module is not None:
        module = scope["module"] = eval(form.module, scope)  # noqa: S307 (the operator library's text)
        own = {key.removeprefix(f"{path}."): value for key, value in state.items() if key.startswith(f"{path}.")}
        module.load_state_dict({key: own[key] for key in module.state_dict()})
    names = [f"operands[{place}]" for place in range(len(operands))]
    call = form.call or f"{{self}}({', '.join(names)})"
    result = eval(call.format(*names, self="module"), scope)  # noqa: S307 (the operator library's text)
    assert isinstance(result, torch.Tensor)
    return result


class _Grower:
    """Grows random networks of blocks in blocks, with siblings, loops, a shared layer and tied weights.

    A block is a recipe (a seed) at a width: blocks of one recipe differ in numbers only, and become one class.
    """

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.recipes = [self.rng.randrange(10**6) for _ in range(4)]
        self.tied = False

    def graph(self) -> Graph:
        """A network."""
        net, counts = Block("Net", x=tensor("N", 3)), dict[str, int]()
        value = net.apply("Linear", 0, out_features=3, name="tied", shared="tied") if self.rng.random() < 0.5 else 0
        self.tied = value != 0
        for _ in range(self.rng.randint(1, 6)):
            recipe, width = self.rng.randrange(4), self.rng.choice([2, 3, 3, 4])
            scope = self.scope(recipe, net.type(value), width)
            value = net.use(scope, value, name=_name(self.rng, scope.block, counts))
        return net.graph(value)

    def scope(self, recipe: int, x: TensorType, width: int) -> Scope:
        """A block of *recipe* that gives *width* features; blocks inside are of earlier recipes."""
        rng, counts = Random(self.recipes[recipe]), dict[str, int]()
        block = Block(f"Block{recipe % 3}", {"width": str(width)}, x=x)
        values = [block.apply("Linear", 0, out_features=width, name=_name(rng, "Linear", counts))]
        for _ in range(rng.randint(1, 6)):
            values.append(self.step(recipe, rng, block, rng.choice(values[-3:]), counts))
        return block.scope(block.apply("sum_all", *(rng.choice(values) for _ in range(3)), values[-1], name=""))

    def step(self, recipe: int, rng: Random, block: Block, value: int, counts: dict[str, int]) -> int:
        """One more value of the same type as *value*."""
        type = block.type(value)
        width = type.shape[1]
        assert isinstance(width, int)
        match rng.randrange(6):
            case 0 | 1 if recipe:
                scope = self.scope(rng.randrange(recipe), type, width)
                return block.use(scope, value, name=_name(rng, scope.block, counts))
            case 2:
                word = rng.choice(["ReLU", "PReLU", "Identity"])
                return block.apply(word, value, name=_name(rng, word, counts))
            case 3 if width == 3 and self.tied:
                return block.apply("Linear", value, out_features=3, name="tied", shared="tied")
            case 4 if width == 3 and self.tied:
                weight = block.read("tied", "weight", tensor(3, 3))
                return block.apply("matmul", value, weight, name="")
            case _:
                return block.apply("Linear", value, out_features=width, name=_name(rng, "Linear", counts))


def _name(rng: Random, word: str, counts: dict[str, int]) -> str:
    """`Linear`, `Linear.1`, or a name inside a loop."""
    number = counts[word] = counts.get(word, -1) + 1
    if rng.random() < 0.3:
        return f"turn.{number}.{word}" if rng.random() < 0.5 else f"{word}{number}"
    return f"{word}.{number}" if number else word


@given(st.integers(0, 10**9))
@settings(max_examples=100)
def test_a_generated_network_computes_what_its_graph_says(seed: int) -> None:
    """Whatever blocks are joined to one class, however variables and submodules are named: same weights, same result."""
    graph = _Grower(seed).graph()
    torch.manual_seed(0)
    net = build(graph)
    state = net.state_dict()
    assert sum(each.numel() for each in net.parameters()) == graph.params
    weights = {
        join(placed.path, weight.name): weight.shape
        for placed in graph.operations()
        for weight in placed.operation.weights
    }
    assert {name: tuple(value.shape) for name, value in state.items()} == weights
    x = torch.randn(2, 3)
    torch.testing.assert_close(net(x), interpret(graph, state, x))
    assert generate(graph) == generate(graph)
