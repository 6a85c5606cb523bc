"""What a rule puts down: its replacement elaborated on the types that flow in, as a scope to be spliced in.

A layer that was captured is applied as it stands, with everything in it: while the replacement is elaborated, an
operator stands in for it.
"""

from collections.abc import Hashable, Sequence
from typing import Any

from attrs import evolve, frozen

from symnas.depth import deep_recursion
from symnas.elaborate.applying import Site, apply, deep, flow
from symnas.elaborate.code import Frame
from symnas.elaborate.declarations import BlockCode
from symnas.elaborate.marking import Marks, marked
from symnas.elaborate.regions import Oracle, Region, Run, build
from symnas.elaborate.rulepatterns import Bound
from symnas.elaborate.values import BlockLayer, BlockRecipe, Chain, Layer, OperatorLayer, Tensor, Thunk, Value
from symnas.errors import SourceError
from symnas.graph import Given, GivenLayer, Operation, Scope, Step, Use, join, map_scopes
from symnas.operators.base import Applied, Operator, Settings, TorchForm, Weight
from symnas.operators.standing import STANDS_IN
from symnas.rewriting.finding import below
from symnas.rewriting.inferring import Inference, Types
from symnas.rewriting.matching import Match, Matcher, last_name

__all__ = ["Put", "Replacer", "base_name"]


@frozen
class Put:
    """A step that a rule has put down at *path*, new or, with all that is in it, what was captured at *origin*."""

    path: str
    origin: str | None = None

    def below(self, prefix: str) -> "Put":
        """The same in a block at *prefix*, as it is called around that."""
        if not prefix:
            return self
        origin = None if self.origin is None else below(prefix, self.origin)
        return Put(below(prefix, self.path), origin)


class Replacer:
    """Makes what stands in the place of matches."""

    def __init__(self, matcher: Matcher, inference: Inference) -> None:
        self.matcher, self.inference = matcher, inference
        self._captured: list[Step] = []
        self._numbers: dict[Step, int] = {}
        self._known: dict[Hashable, tuple[Scope, tuple[tuple[Put, int | None], ...]]] = {}
        """Replacements of matches that are alike but for their names, and which captured stage each step was."""

    def scope(self, match: Match, types: Types, inside: frozenset[BlockCode]) -> tuple[Scope, tuple[Put, ...]]:
        """The replacement of *match*, into which *types* flow, its steps named as they stand in the scope around it,
        and where each of them, and all that was captured, stands now.

        Raises:
            SourceError: it does not fit.
        """
        if match.way.joins:
            return self._scope(match, types, inside, match.first.name)
        last = tuple([last_name(each.name) for each in match.every])
        key = match.rule, match.way, match.kinds, types, inside, last
        if key not in self._known:
            made, put = self._scope(match, types, inside, _HERE)
            places = {f"/{each.shared}" if each.shared else each.name: at for at, each in enumerate(match.every)}
            self._known[key] = made, tuple([(each, places.get(each.origin or "")) for each in put])
        return _called(match, *self._known[key])

    def _scope(
        self, match: Match, types: Types, inside: frozenset[BlockCode], name: str
    ) -> tuple[Scope, tuple[Put, ...]]:
        """As `scope`, for what is called *name*."""
        rule = match.rule
        names = self._names(match, types, inside)

        def evaluate(run: Run) -> tuple[Value, Any]:
            tensors = [run.builder.input(each, f"x{place}") for place, each in enumerate(types)]
            rule.module.decide(rule.replacement.needs, run)
            flowing = zip(match.way.inputs, tensors, strict=True) if match.way.joins else ()
            known: Bound = {**names, **{f"${key}": tensor for key, tensor in flowing}}
            return deep(self._apply(match, tensors, Frame(known, "", "", run.builder, run), name)), None

        with deep_recursion():
            fragment = build(Region(f"rule `{rule.name}`", evaluate), "", Oracle({}))
            found: list[Put] = []
            scope = _placed(fragment.scope, base_name(match)) if match.way.joins else fragment.scope
            made = self._filled(scope, "", found)
        if len(made.results) != len(match.outputs):
            many = f"{len(made.results)} tensor{'s' * (len(made.results) != 1)}"
            wanted = len(match.outputs)
            raise SourceError.at(
                "E0268", f"the replacement gives {many}; what it replaces gives {wanted}", rule.replacement.span,
                "put down a layer that gives as many",
            )  # fmt: skip
        kept = {each.path for each in found}
        new = [Put(each.name) for each in made.steps if each.name not in kept]
        return made, (*found, *new)

    @staticmethod
    def _apply(match: Match, tensors: list[Tensor], frame: Frame, name: str) -> Value:
        replacement = match.rule.replacement
        layer = replacement.run(frame)
        if match.way.joins and flow(layer) is not None:
            return layer
        if isinstance(layer, BlockRecipe):
            layer = BlockLayer(layer.block, {}, layer.block.path or layer.suffix, layer.segment, layer.span)
        return apply(layer, tensors, frame, Site("", name), replacement.fresh, replacement.span)

    def _names(self, match: Match, types: Types, inside: frozenset[BlockCode]) -> Bound:
        """The rule's variables for its replacement: what is asked is asked of what flows in now."""
        rule = match.rule
        inputs, outputs = list[Types](), list[Types]()
        for place, step in enumerate(match.every):
            inputs.append(_flowing(match, place, types, outputs))
            outputs.append(self._outputs(step, inputs[-1]))
        asked = self.matcher.asked(rule, match.way, types, inputs, outputs, inside, match.every)
        frame = self.matcher.frame(asked)
        bound: Bound = {**match.bound, **{key: Thunk(code, frame) for key, code in rule.asked.items()}}
        names: Bound = {f"${key}": value for key, value in bound.items()}
        for stage, step in zip(match.way.stages, match.steps, strict=True):
            if stage.whole is not None:
                names[f"${stage.whole}"] = self._layer(step)
        if not rule.pattern.single and rule.whole is not None and not match.way.joins:
            names[f"${rule.whole}"] = self._layers(match.every)
        if match.tail:
            names[f"$*{match.way.tail}"] = self._layers(match.tail)
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
        if isinstance(step, Operation) and isinstance(layer, OperatorLayer) and step.trains is None:
            return layer  # without weights, it is the same wherever it stands
        key = evolve(step, operands=()) if isinstance(step, Operation | Use) else step
        if key not in self._numbers:
            self._numbers[key] = len(self._captured)
            self._captured.append(step)
        number = self._numbers[key]

        def work(_: Settings, types: Sequence[Any]) -> Applied:
            made = self.inference.step(step, tuple(types))
            # what has weights is numbered where it is applied again, as blocks are
            weights = made.weights if isinstance(made, Operation) else (Weight("weight", ()),)
            return Applied(made.outputs, weights, many=len(step.outputs) > 1)

        def write(_settings: Settings, _types: Sequence[Any]) -> TorchForm:
            raise AssertionError("what stands in for a captured layer is never lowered")

        inputs = tuple(f"x{place}" for place in range(len(step.operands)))
        operator = Operator(f"{STANDS_IN}{number}", (), work, write, inputs)
        return OperatorLayer(operator, (), last_name(step.name), step.span)

    def _filled(self, scope: Scope, prefix: str, found: list[Put]) -> Scope:
        """*scope*, which stands at *prefix*, with what was captured in the place of what stands in for it; what it was
        goes into *found*.
        """
        types = scope.value_types()
        steps = [
            self._restored(step, tuple(types[each] for each in step.operands), prefix, found) for step in scope.steps
        ]
        given = tuple((name, self._given(value)) for name, value in scope.given)
        settings = tuple((name, self._named(text)) for name, text in scope.settings)
        return evolve(scope, steps=tuple(steps), given=given, settings=settings)

    def _restored(self, step: Step, types: Types, prefix: str, found: list[Put]) -> Step:
        if isinstance(step, Use):
            path = step.shared or join(prefix, step.name)
            return evolve(step, scope=self._filled(step.scope, f"/{path}" if step.shared else path, found))
        if not isinstance(step, Operation):
            return map_scopes(step, lambda scope: self._filled(scope, prefix, found))
        captured = self._stood_for(step.operator)
        if captured is None:
            return step
        before = marked(self.inference.step(captured, types), Marks(step.frozen, step.bits))
        assert isinstance(before, Operation | Use)
        path = f"/{step.shared}" if step.shared else join(prefix, step.name)
        found.append(Put(path, f"/{captured.shared}" if captured.shared else captured.name))
        return evolve(before, operands=step.operands, name=step.name, shared=step.shared)

    def _stood_for(self, operator: str) -> Operation | Use | None:
        """The captured step that *operator* stands in for."""
        if not operator.startswith(STANDS_IN):
            return None
        captured = self._captured[int(operator.removeprefix(STANDS_IN))]
        assert isinstance(captured, Operation | Use)
        return captured

    def _given(self, value: Given) -> Given:
        """What a block was given, captured layers as what they are; a block is not kept."""
        captured = self._stood_for(value.operator) if isinstance(value, GivenLayer) else None
        match captured:
            case None:
                return value
            case Operation(frozen=False, bits=None):
                return GivenLayer(captured.operator, captured.settings)
            case _:
                return GivenLayer("")

    def _named(self, text: str) -> str:
        """A block's setting as it is written, captured layers by their names."""
        captured = self._stood_for(text)
        if captured is None:
            return text
        return captured.operator if isinstance(captured, Operation) else captured.scope.block


_HERE = "\0"
"""Stands for the name of a match; no name has it."""


def _called(match: Match, made: Scope, put: Sequence[tuple[Put, int | None]]) -> tuple[Scope, tuple[Put, ...]]:
    """What was *made* for a match like *match*, with its names."""
    name = match.first.name
    steps = tuple([_renamed(each, each.name.replace(_HERE, name)) for each in made.steps])
    scope = Scope(
        made.block, made.inputs, made.input_names, steps, made.results, made.settings, made.given
    )  # fmt: skip
    every = match.every
    found = [Put(each.path.replace(_HERE, name), each.origin if at is None else _origin(every[at])) for each, at in put]
    return scope, tuple(found)


def _origin(step: Step) -> str:
    return f"/{step.shared}" if step.shared else step.name


def _renamed(step: Step, name: str) -> Step:
    """*step* called *name*."""
    if name == step.name:
        return step
    if not isinstance(step, Operation):
        return evolve(step, name=name)
    return Operation(
        step.operator, step.settings, step.operands, step.outputs, name, step.weights, step.macs, step.shared, step.span,
        step.frozen, step.bits,
    )  # fmt: skip


def _flowing(match: Match, place: int, types: Types, outputs: Sequence[Types]) -> Types:
    """What flows into the stage numbered *place*, if *types* flow into the match and the stages before give *outputs*."""
    if not match.way.joins:
        return outputs[place - 1] if place else types
    known = dict(zip(match.way.inputs, types, strict=True))
    return tuple(outputs[each][0] if isinstance(each, int) else known[each] for each in match.way.links[place])


def base_name(match: Match) -> str:
    """What is called for *match*, into which several tensors flow: the first of its layers that has weights, else its
    last step.
    """
    weighty = [each for each in match.steps if isinstance(each, Use) or (isinstance(each, Operation) and each.weights)]
    return weighty[0].name if weighty else match.steps[-1].name


def _placed(scope: Scope, name: str) -> Scope:
    """*scope* with its steps named as they stand around it: a single one with weights is *name*, several are below it."""
    weighty = [each for each in scope.steps if not isinstance(each, Operation) or each.trains is not None]
    steps = [
        evolve(each, name=name if len(weighty) == 1 and each in weighty else join(name, each.name))
        if getattr(each, "shared", None) is None
        else each
        for each in scope.steps
    ]
    return evolve(scope, steps=tuple(steps))
