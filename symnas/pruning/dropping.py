"""Whole layers: residual branches and blocks that a network can do without.

A branch is a summand whose last weights can be made 0, so that the sum is what it is without it; a layer with one input
and one output of its type can be left out, too, though nothing says that the network computes the same then.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import evolve, frozen

from symnas.errors import SearchError, suggest
from symnas.graph import Graph, Operation, Scope, Step, Use, join, reduced, rewired
from symnas.pruning.rules.elementwise import KEEP_ZERO

__all__ = ["Layer", "branches", "dropped", "layer_at"]

_MULTIPLY = ("Conv", "Linear", "Bilinear", "BatchNorm", "LayerNorm", "RMSNorm", "GroupNorm", "InstanceNorm")
"""Operators that give 0 once their weights and biases are, beginnings of names."""

_REARRANGE = "AvgPool MaxPool Flatten flatten MergeHeads reshape permute transpose".split()
"""Operators that give 0 for 0 and leave no channel out, parts of names."""


@frozen
class Layer:
    """What can be left out: made by the operation or block at *path*. With *zeroed*, names of weights that make a summand
    0, it is a branch; the sum is what the others come to.
    """

    path: str
    zeroed: tuple[str, ...]
    scope: str
    """The path of the block in which it stands."""
    step: int
    """The step of that block which then gives one of its operands."""
    operand: int
    """Which of its operands it leaves out, of a sum; -1 for a layer that passes on what flows in."""
    residual: bool = False
    """Whether the other summands flow into it: without it, they flow past."""


def branches(graph: Graph) -> list[Layer]:
    """Every residual branch of *graph*, in the order of the network. Those in `scan`, `when` and shared blocks are none."""
    return [*_branches(graph.scope, "")]


def layer_at(graph: Graph, path: str, known: Sequence[Layer]) -> Layer:
    """The layer at *path*: a branch that is made there, or the one branch in the block there, or a layer that gives what
    it takes.

    Raises:
        SearchError: there is none.
    """
    path = path.replace("[", ".").replace("]", "").removeprefix(f"{graph.name}.")
    exact = [each for each in known if each.path == path]
    within = exact or [each for each in known if each.scope == path or each.path.startswith(f"{path}.")]
    if len(within) == 1:
        return within[0]
    found = next(_passing(graph.scope, "", path), None)
    if found is None:
        paths = [each.path for each in known]
        raise SearchError(f"nothing can be left out at `{path}`; {suggest(path, paths, 'branches are at')}")
    return found


def dropped(graph: Graph, layers: Iterable[Layer]) -> Graph:
    """*graph* without *layers*, and without what only they read."""
    places: dict[str, dict[int, set[int]]] = {}
    for each in layers:
        places.setdefault(each.scope, {}).setdefault(each.step, set()).add(each.operand)
    return evolve(graph, scope=_without(graph.scope, "", places))


# ---------------------------------------------------------------------------------------- finding


def _branches(scope: Scope, prefix: str) -> Iterator[Layer]:
    makers, types = _makers(scope), scope.value_types()
    for number, step in enumerate(scope.steps):
        if isinstance(step, Use) and step.shared is None:
            yield from _branches(step.scope, join(prefix, step.name))
        if not isinstance(step, Operation) or step.operator not in ("add", "sum_all") or len(step.operands) < 2:
            continue
        for place, value in enumerate(step.operands):
            others = {each for each in step.operands if each != value}
            zeroed = _zeroed(scope, prefix, value, makers)
            if zeroed is None or not others or any(types[each] != step.outputs[0] for each in others):
                continue
            residual = others <= _sources(scope, value)
            yield Layer(join(prefix, _name(makers[value])), zeroed, prefix, number, place, residual)


def _name(step: Step) -> str:
    return step.name or (step.operator if isinstance(step, Operation) else "")


def _sources(scope: Scope, value: int) -> set[int]:
    """The values of *scope* that *value* is made of."""
    makers = _made(scope)
    found, waiting = set[int](), [value]
    while waiting:
        maker = makers.get(waiting.pop())
        new = set(maker.operands) - found if maker is not None else set[int]()
        found |= new
        waiting += sorted(new)
    return found


def _made(scope: Scope) -> dict[int, Step]:
    """What makes each value."""
    makers: dict[int, Step] = {}
    for step in scope.steps:
        first = len(scope.inputs) + len(makers)
        makers.update((each, step) for each in range(first, first + len(step.outputs)))
    return makers


def _makers(scope: Scope) -> dict[int, Step]:
    """What makes each value that is read once."""
    read: dict[int, int] = {}
    for each in (*(value for step in scope.steps for value in step.operands), *scope.results):
        read[each] = read.get(each, 0) + 1
    return {value: step for value, step in _made(scope).items() if read.get(value) == 1 and len(step.outputs) == 1}


def _zeroed(scope: Scope, prefix: str, value: int, makers: Mapping[int, Step]) -> tuple[str, ...] | None:
    """The weights that make *value* 0 when they are 0, and do nothing else; `None` where there are none."""
    step = makers.get(value)
    if step is None or step.shared is not None:
        return None
    if isinstance(step, Use):
        (result,) = step.scope.results
        return _zeroed(step.scope, join(prefix, step.name), result, _makers(step.scope))
    if not isinstance(step, Operation):
        return None
    if step.operator.startswith(_MULTIPLY):
        names = tuple(join(prefix, join(step.name, each.name)) for each in step.weights if each.trainable)
        return names or None
    if step.operator in KEEP_ZERO or any(each in step.operator for each in _REARRANGE):
        return _zeroed(scope, prefix, step.operands[0], makers)
    return None


def _passing(scope: Scope, prefix: str, path: str) -> Iterator[Layer]:
    """The layer called *path*, where it gives a tensor of the type that it takes."""
    types = scope.value_types()
    for number, step in enumerate(scope.steps):
        if not isinstance(step, Operation | Use) or step.shared is not None:
            continue
        name = join(prefix, step.name)
        if name == path and [types[each] for each in step.operands] == [*step.outputs] and len(step.outputs) == 1:
            yield Layer(path, (), prefix, number, -1)
        if isinstance(step, Use) and path.startswith(f"{name}."):
            yield from _passing(step.scope, name, path)


# --------------------------------------------------------------------------------------- leaving out


def _without(scope: Scope, prefix: str, places: Mapping[str, Mapping[int, set[int]]]) -> Scope:
    if not any(each == prefix or each.startswith(f"{prefix}.") or not prefix for each in places):
        return scope
    here = places.get(prefix, {})
    numbers = {each: each for each in range(len(scope.inputs))}
    value, made, steps = len(scope.inputs), len(scope.inputs), list[Step]()
    for number, step in enumerate(scope.steps):
        if isinstance(step, Use) and step.shared is None:
            inner = _without(step.scope, join(prefix, step.name), places)
            step = step if inner is step.scope else _tightened(evolve(step, scope=inner))
        if number in here:
            kept = [each for place, each in enumerate(step.operands) if place not in here[number]]
            if len(kept) == 1:
                numbers[value] = numbers[kept[0]]
                value += 1
                continue
            if not kept:
                raise SearchError(f"every summand at `{prefix or 'the net'}` would go; leave one")
            assert isinstance(step, Operation), "what has several operands is a sum"
            step = evolve(step, operands=tuple(kept))
        steps.append(rewired(step, numbers))
        numbers.update((value + place, made + place) for place in range(len(step.outputs)))
        value, made = value + len(step.outputs), made + len(step.outputs)
    results = tuple(numbers[each] for each in scope.results)
    whole = evolve(scope, steps=tuple(steps), results=results)
    return evolve(reduced(whole, range(len(results))), settings=(), given=())


def _tightened(step: Use) -> Use:
    """*step* without inputs that nothing in it reads any more, so that what makes them goes as well."""
    scope = step.scope
    read = {*scope.results, *(value for each in scope.steps for value in each.operands)}
    kept = [place for place in range(len(scope.inputs)) if place in read]
    if len(kept) in (0, len(scope.inputs)):
        return step
    fewer = len(scope.inputs) - len(kept)
    numbers = {place: number for number, place in enumerate(kept)}
    numbers.update((value, value - fewer) for value in range(len(scope.inputs), len(scope.value_types())))
    inner = evolve(
        scope, inputs=tuple(scope.inputs[place] for place in kept),
        input_names=tuple(scope.input_names[place] for place in kept),
        steps=tuple(rewired(each, numbers) for each in scope.steps),
        results=tuple(numbers[value] for value in scope.results),
    )  # fmt: skip
    return evolve(step, scope=inner, operands=tuple(step.operands[place] for place in kept))
