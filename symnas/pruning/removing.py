"""Removing channels: the same network with fewer of them, and its weights; or with all of them, masked.

A masked network has every entry of every weight that would go made 0, so that the channel contributes nothing wherever
it is read. The network without it computes the same (`Group.shifted` tells the exceptions).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from symnas.graph import READ_WEIGHT, Branch, Graph, Loop, Operation, Scope, Step, Use
from symnas.operators import OPERATORS
from symnas.operators.base import SettingValue
from symnas.operators.starts import Start
from symnas.pruning.arrays import Arrays
from symnas.pruning.coupling import Coupling, Record
from symnas.pruning.labels import Flags, Labels, settled, touched
from symnas.types import TensorType

__all__ = ["masked", "removed", "shrunk"]

Types = tuple[TensorType, ...]
Settings = tuple[tuple[str, SettingValue], ...]

_ONE = "running_var"
"""What divides: 1 where it is masked."""


def removed(coupling: Coupling, kept: Flags) -> Graph:
    """The network of *coupling* with the channels that *kept* says of, everything else worked out anew."""
    graph = coupling.graph
    remade = _Remade(coupling, kept)
    scope = remade.scope(graph.scope, graph.scope.inputs)
    assert next(remade.records, None) is None, "every operation is made once"
    return evolve(graph, scope=scope)


def shrunk(coupling: Coupling, kept: Flags, weights: Arrays) -> dict[str, NDArray[Any]]:
    """*weights* of the network that `removed` gives: what is left of each."""
    found = dict(weights)
    for path, weighed in coupling.weights.items():
        if path not in found:
            continue
        array = found[path]
        for place, axis in enumerate(weighed.axes):
            if axis is not None:
                array = np.compress(kept[axis], array, axis=place)
        if weighed.factor is not None:
            ids, factor = weighed.factor
            left = int(kept[ids].sum())
            if left < len(ids):
                array = (array * factor(left)).astype(array.dtype)
        found[path] = np.ascontiguousarray(array)
    return found


def masked(coupling: Coupling, kept: Flags, weights: Arrays) -> dict[str, NDArray[Any]]:
    """*weights* of the same network with every entry that goes made 0 (1 for a variance)."""
    found = dict(weights)
    for path, weighed in coupling.weights.items():
        if path not in found:
            continue
        array = np.array(found[path])
        for place, axis in enumerate(weighed.axes):
            if axis is not None:
                index: list[slice | Flags] = [slice(None)] * array.ndim
                index[place] = ~kept[axis]
                array[tuple(index)] = path.endswith(_ONE)
        found[path] = array
    return found


class _Remade:
    """Goes through a network as `coupling` did, and makes each operation anew."""

    def __init__(self, coupling: Coupling, kept: Flags) -> None:
        self.records: Iterator[Record] = iter(coupling.records)
        self.kept = kept

    def scope(self, scope: Scope, inputs: Sequence[TensorType]) -> Scope:
        """*scope* on *inputs*."""
        types, steps = list(inputs), list[Step]()
        for step in scope.steps:
            made = self._step(step, tuple(types[each] for each in step.operands))
            steps.append(made)
            types += made.outputs
        made_steps = tuple(steps)
        if made_steps == scope.steps and tuple(inputs) == scope.inputs:
            return scope
        return evolve(scope, inputs=tuple(inputs), steps=made_steps, settings=(), given=())

    def _step(self, step: Step, types: Types) -> Step:
        match step:
            case Operation():
                return self._operation(step, types)
            case Use():
                scope = self.scope(step.scope, types)
                return evolve(step, scope=scope, outputs=_results(scope))
            case Branch():
                return self._branch(step, types)
            case Loop():
                return self._loop(step, types)

    def _operation(self, step: Operation, types: Types) -> Operation:
        record = next(self.records)
        assert record.operation == step, "operations come in the order of the records"
        changed = {
            name: settled(value, self.kept) for name, value in record.settings.items() if touched(value, self.kept)
        }
        outputs = tuple(self._type(type, labels) for type, labels in zip(step.outputs, record.outputs, strict=True))
        operator = OPERATORS.get(step.operator)
        if step.operator == READ_WEIGHT or operator is None:
            return evolve(step, outputs=outputs)
        name, settings = _settings(step, changed)
        plain = _started_anew(name, settings)
        applied = OPERATORS[name].apply(dict(plain), types)
        settings = settings if applied.weights == step.weights else plain
        assert applied.outputs == outputs, f"{step.operator} gives {applied.outputs}, not {outputs}"
        return evolve(
            step, operator=name, settings=settings, outputs=outputs, weights=applied.weights, macs=applied.macs
        )

    def _type(self, type: TensorType, labels: Labels) -> TensorType:
        return type.with_shape(
            *(
                size if axis is None else int(self.kept[axis].sum())
                for size, axis in zip(type.shape, labels.axes, strict=True)
            )
        )

    def _branch(self, step: Branch, types: Types) -> Branch:
        count = len(step.then.operands)
        then = evolve(step.then, scope=self.scope(step.then.scope, types[1 : 1 + count]))
        otherwise = evolve(step.otherwise, scope=self.scope(step.otherwise.scope, types[1 + count :]))
        return evolve(step, then=then, otherwise=otherwise, outputs=_results(then.scope))

    def _loop(self, step: Loop, types: Types) -> Loop:
        over, sequences = step.over, step.sequences
        inner = [each.with_shape(*each.shape[:over], *each.shape[over + 1 :]) for each in types[:sequences]]
        body = self.scope(step.body, (*inner, *types[sequences:]))
        found = _results(body)
        stacked, last = found[: len(found) - step.states], found[len(found) - step.states :]
        wide = [each.with_shape(*each.shape[:over], step.length, *each.shape[over:]) for each in stacked]
        return evolve(step, body=body, outputs=(*wide, *last))


def _settings(step: Operation, changed: Mapping[str, SettingValue]) -> tuple[str, Settings]:
    """The operator and its settings: a `chunk` whose parts are no longer equal is a `split`, one into equal parts is so
    still.
    """
    settings = dict(step.settings)
    if step.operator == "chunk":
        parts = changed.get("split_size", ())
        assert isinstance(parts, tuple)
        if len(set(parts)) < 2:
            return "chunk", step.settings
        return "split", (("split_size", parts), ("dim", settings["dim"]))
    if step.operator == "split" and isinstance(parts := changed.get("split_size"), tuple):
        before, sizes = settings["split_size"], [each for each in parts if isinstance(each, int)]
        one = isinstance(before, tuple) and len(before) == 1 and len({*sizes[:-1]}) < 2 and sizes[-1] <= sizes[0]
        changed = {"split_size": (sizes[0],) if one else parts}
    return step.operator, tuple((name, changed.get(name, value)) for name, value in step.settings)


def _started_anew(name: str, settings: Settings) -> Settings:
    """*settings* without a start that only weights of certain shapes have."""
    start = dict(settings).get("init")
    if not isinstance(start, Start) or start.way != "identity":
        return settings
    (usual,) = (each.default for each in OPERATORS[name].settings if each.name == "init")
    assert usual is None or isinstance(usual, Start), usual
    return tuple((key, usual if key == "init" else value) for key, value in settings)


def _results(scope: Scope) -> Types:
    types = scope.value_types()
    return tuple(types[each] for each in scope.results)
