"""What a rule puts down: its replacement elaborated on the types that flow in, as a scope to be spliced in.

A layer that was captured is applied as it stands, with everything in it: while the replacement is elaborated, an
operator stands in for it.
"""

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from symnas.depth import deep_recursion
from symnas.elaborate.applying import Site, apply, deep
from symnas.elaborate.code import Frame
from symnas.elaborate.declarations import BlockCode
from symnas.elaborate.marking import Marks, marked
from symnas.elaborate.regions import Oracle, Region, Run, build
from symnas.elaborate.rulepatterns import Bound
from symnas.elaborate.values import BlockLayer, BlockRecipe, Chain, Layer, OperatorLayer, Tensor, Thunk, Value
from symnas.errors import SourceError
from symnas.graph import Operation, Scope, Step, Use, map_scopes
from symnas.operators.base import Applied, Operator, Settings, TorchForm
from symnas.operators.standing import STANDS_IN
from symnas.rewriting.inferring import Inference, Types
from symnas.rewriting.matching import Match, Matcher, last_name

__all__ = ["Replacer"]


class Replacer:
    """Makes what stands in the place of matches."""

    def __init__(self, matcher: Matcher, inference: Inference) -> None:
        self.matcher, self.inference = matcher, inference
        self._captured: list[Step] = []
        self._numbers: dict[Step, int] = {}

    def scope(self, match: Match, types: Types, inside: frozenset[BlockCode]) -> Scope:
        """The replacement of *match*, into which *types* flow, its steps named as they stand in the scope around it.

        Raises:
            SourceError: it does not fit.
        """
        rule = match.rule
        names = self._names(match, types, inside)
        name = match.steps[0].name

        def evaluate(run: Run) -> tuple[Value, Any]:
            tensors = [run.builder.input(each, f"x{place}") for place, each in enumerate(types)]
            rule.module.decide(rule.replacement.needs, run)
            frame = Frame(names, "", "", run.builder, run)
            return deep(self._apply(match, tensors, frame, name)), None

        with deep_recursion():
            fragment = build(Region(f"rule `{rule.name}`", evaluate), "", Oracle({}))
            made = self._filled(fragment.scope)
        if len(made.results) != len(match.steps[-1].outputs):
            many = f"{len(made.results)} tensor{'s' * (len(made.results) != 1)}"
            wanted = len(match.steps[-1].outputs)
            raise SourceError.at(
                "E0268", f"the replacement gives {many}; what it replaces gives {wanted}", rule.replacement.span,
                "put down a layer that gives as many",
            )  # fmt: skip
        return made

    @staticmethod
    def _apply(match: Match, tensors: list[Tensor], frame: Frame, name: str) -> Value:
        replacement = match.rule.replacement
        layer = replacement.run(frame)
        if isinstance(layer, BlockRecipe):
            layer = BlockLayer(layer.block, {}, layer.block.path or layer.suffix, layer.segment, layer.span)
        return apply(layer, tensors, frame, Site("", name), replacement.fresh, replacement.span)

    def _names(self, match: Match, types: Types, inside: frozenset[BlockCode]) -> Bound:
        """The rule's variables for its replacement: what is asked is asked of what flows in now."""
        rule = match.rule
        inputs, outputs = [types], list[Types]()
        for step in match.steps:
            outputs.append(self._outputs(step, inputs[-1]))
            inputs.append(outputs[-1])
        frame = self.matcher.frame(self.matcher.asked(rule, inputs[:-1], outputs, inside))
        bound: Bound = {**match.bound, **{key: Thunk(code, frame) for key, code in rule.asked.items()}}
        names: Bound = {f"${key}": value for key, value in bound.items()}
        stages = rule.pattern.stages or (rule.pattern,)
        for stage, step in zip(stages, match.steps, strict=True):
            if stage.whole is not None:
                names[f"${stage.whole}"] = self._layer(step)
        if rule.pattern.stages and rule.whole is not None:
            names[f"${rule.whole}"] = self._layers(match.steps)
        return names

    def _outputs(self, step: Step, types: Types) -> Types:
        """What *step* gives for *types*; where it does not take them any more, what it gave."""
        try:
            return self.inference.step(step, types).outputs
        except SourceError:
            return step.outputs

    def _layers(self, steps: Sequence[Step]) -> Value:
        first, *others = [self._layer(each) for each in steps]
        chain: Layer = first
        for each in others:
            chain = Chain(chain, each)
        return chain

    # --------------------------------------------------------------------------------- what was captured

    def _layer(self, step: Step) -> OperatorLayer:
        """*step* as a layer, applied as it stands."""
        layer = self.matcher.layer(step)
        if isinstance(step, Operation) and isinstance(layer, OperatorLayer) and not step.frozen and step.bits is None:
            return layer
        key = evolve(step, operands=()) if isinstance(step, Operation | Use) else step
        if key not in self._numbers:
            self._numbers[key] = len(self._captured)
            self._captured.append(step)
        number = self._numbers[key]

        def work(_: Settings, types: Sequence[Any]) -> Applied:
            return Applied(self.inference.step(step, tuple(types)).outputs, many=len(step.outputs) > 1)

        def write(_settings: Settings, _types: Sequence[Any]) -> TorchForm:
            raise AssertionError("what stands in for a captured layer is never lowered")

        inputs = tuple(f"x{place}" for place in range(len(step.operands)))
        operator = Operator(f"{STANDS_IN}{number}", (), work, write, inputs)
        return OperatorLayer(operator, (), last_name(step.name), step.span)

    def _filled(self, scope: Scope) -> Scope:
        """*scope* with what was captured in the place of what stands in for it."""
        types = scope.value_types()
        steps = [self._restored(step, tuple(types[each] for each in step.operands)) for step in scope.steps]
        return evolve(scope, steps=tuple(steps))

    def _restored(self, step: Step, types: Types) -> Step:
        if isinstance(step, Use):
            return evolve(step, scope=self._filled(step.scope))
        if not isinstance(step, Operation):
            return map_scopes(step, self._filled)
        if not step.operator.startswith(STANDS_IN):
            return step
        captured = self._captured[int(step.operator.removeprefix(STANDS_IN))]
        assert isinstance(captured, Operation | Use)
        before = marked(self.inference.step(captured, types), Marks(step.frozen, step.bits))
        assert isinstance(before, Operation | Use)
        return evolve(before, operands=step.operands, name=step.name, shared=step.shared)
