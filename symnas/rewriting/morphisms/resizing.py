"""Layers given other numbers of units, several at once and of several kinds: what no single rule can say."""

from attrs import evolve, frozen

from symnas.graph import Graph, Operation, Scope, Step, Use, join, map_scopes
from symnas.operators.base import SettingValue
from symnas.rewriting.finding import written
from symnas.rewriting.inferring import Inference, Types, results_of
from symnas.rewriting.passing import Firing, Passage
from symnas.rewriting.reading import Context
from symnas.rewriting.replacing import Put
from symnas.rewriting.running import Rewriting

__all__ = ["is_depthwise", "resized", "width_setting"]

_WIDTHS = {
    "Linear": "out_features", "Embedding": "embedding_dim", "EmbeddingBag": "embedding_dim", "LSTM": "hidden_size", "GRU": "hidden_size",
    "RNN": "hidden_size", "param": "shape",
}  # fmt: skip


def width_setting(operator: str) -> str | None:
    """The setting of *operator* that says how many units it has."""
    if operator.startswith("Conv"):
        return "out_channels"
    return _WIDTHS.get(operator)


def is_depthwise(operation: Operation) -> bool:
    """Whether *operation* is a convolution with a group for each channel, that makes one of each."""
    settings = dict(operation.settings)
    groups = settings.get("groups", 1)
    return groups != 1 and groups == settings.get("out_channels") and operation.weights[0].shape[1] == 1


def resized(
    network: Rewriting,
    name: str,
    factor: int,
    paths: tuple[str, ...],
    width: int,
    through: frozenset[str] = frozenset(),
) -> Rewriting:
    """*network* with *factor* times as many units in the layers at *paths*, of which each has *width*, as the rule called
    *name* would do it: consumers are to share out what they did. Depthwise convolutions *through* which the units flow
    have as many groups more.

    Raises:
        SourceError: the shapes do not fit.
    """
    work = _Work(
        Inference(Context(network.original, ()).operator), factor, frozenset(paths) | through, through, width, {}
    )
    (graph,) = network.graphs
    made = Graph(graph.name, work.scope(graph.scope, "", graph.scope.inputs), graph.outputs)
    firings = tuple(work.firings.values())
    passage = Passage(name, "replicate", graph, made, firings)
    return evolve(network, graphs=(made,), firings=(*network.firings, *firings), passages=(*network.passages, passage))


@frozen(eq=False)
class _Work:
    inference: Inference
    factor: int
    paths: frozenset[str]
    through: frozenset[str]
    width: int
    firings: dict[str, Firing]

    def scope(self, scope: Scope, prefix: str, inputs: Types) -> Scope:
        """*scope* at *prefix* on *inputs*."""
        types, steps = list(inputs), list[Step]()
        for step in scope.steps:
            made = self._step(step, prefix, tuple(types[each] for each in step.operands))
            steps.append(made)
            types += made.outputs
        return evolve(scope, inputs=inputs, steps=tuple(steps))

    def _step(self, step: Step, prefix: str, types: Types) -> Step:
        path = step.shared or join(prefix, step.name)
        if isinstance(step, Use):
            scope = self.scope(step.scope, path, types)
            return evolve(step, scope=scope, outputs=results_of(scope))
        if isinstance(step, Operation):
            return self.inference.step(self._resized(step, path) if path in self.paths else step, types)
        flowing = iter(self.inference.flowing(step, types))
        return self.inference.step(map_scopes(step, lambda each: self.scope(each, prefix, next(flowing))), types)

    def _resized(self, step: Operation, path: str) -> Operation:
        names = (width_setting(step.operator), "groups" if path in self.through else None)
        settings = tuple((each, self._wider(value) if each in names else value) for each, value in step.settings)
        made = evolve(step, settings=settings)
        self.firings[path] = Firing("widen", path, written(step), written(made), (path,), (Put(path),))
        return made

    def _wider(self, value: SettingValue) -> SettingValue:
        if isinstance(value, tuple):  # the shape of a `param`: its last axis of that width
            place = max(place for place, each in enumerate(value) if each == self.width)
            return (*value[:place], self.width * self.factor, *value[place + 1 :])
        assert isinstance(value, int)
        return value * self.factor
