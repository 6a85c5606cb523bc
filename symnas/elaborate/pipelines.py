"""Pipelines: `x -> f -> g`. Stages that hold choices are elaborated apart, and so is what comes before a stage: what
follows depends on the types that flow, not on which choices made them, so a long pipeline has few ways through each of
its stages instead of very many through all.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import NoReturn

from symnas import tree
from symnas.elaborate.applying import Site, apply, deep, flow, in_region, is_layer
from symnas.elaborate.atoms import OperatorName, RecipeName
from symnas.elaborate.code import Code, Frame, Place, compile_node, compiles, fail
from symnas.elaborate.layers import delay
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.moving import one_flows
from symnas.elaborate.values import Chain, Listing, Renamed, Tensor, Unportable, Value, describe
from symnas.spans import Span

__all__ = ["PipeCode", "deep", "delay", "given"]

Refuse = Callable[[Value], NoReturn] | None
"""Told of a value that is no layer where one has to be."""


class PipeCode(Code):
    """`left -> right`: the left side is evaluated first.

    A stage that holds a placeholder is a region of its own, so that choices in different stages multiply.
    """

    def __init__(self, left: Code, right: Code, site: Site | None, module: ModuleCode, span: Span) -> None:
        self.left, self.right, self.site, self.module, self.span = left, right, site, module, span
        self.apart = right.asks and right.fresh and site is None
        self.absorb(left, right)
        self.needs = left.needs | right.needs
        self.tensor = left.tensor
        if self.tensor:
            self.needs |= right.applied
        else:
            self.applied = left.applied | right.applied
        self.fresh = True

    @cached_property
    def choosing(self) -> int:
        """How many of its stages decide something."""
        return _choosing(self.left) + self.right.decides

    @cached_property
    def _cuts(self) -> bool:
        """Whether the stages before the last are worth a region: two of them decide, and the last does."""
        return self.right.decides and _choosing(self.left) > 1 and not self.left.forks

    def run(self, frame: Frame) -> Value:
        return self._after(self._before([], frame, "run", lambda _, inner: self.left.run(inner)), frame)

    def given(self, tensors: list[Tensor], frame: Frame, refuse: Refuse) -> tuple[Value, bool]:
        """As the function `given`: where it is a layer, it is applied a stage at a time, as each is decided."""

        def make(landed: list[Tensor], inner: Frame) -> Value:
            return Listing(given(self.left, landed, inner, refuse), is_tuple=True)

        found = self._before(tensors, frame, "given", make)
        assert isinstance(found, Listing)
        value, applied = found.all()
        middle = flow(value)
        if middle is None:
            fail("E0408", f"{describe(value)} cannot flow into a layer", self.left.span)
        renamed = self.site.segment if applied and self.site is not None else None
        return self._stage(middle, frame, renamed), bool(applied)

    def _before(
        self, tensors: list[Tensor], frame: Frame, kind: str, make: Callable[[list[Tensor], Frame], Value]
    ) -> Value:
        """What the stages before give, as *make* has it for *tensors*."""
        left = self.left
        if self._cuts and one_flows(frame, left.free, tensors):
            self.module.decide(left.needs | left.applied, frame.run)
            with suppress(Unportable):
                return in_region(
                    self.module, ("before", self, kind), frame, sorted(left.free), [*tensors],
                    self.module.lets_of(left), "the stages before", left.span,
                    lambda inner, extra: deep(make(_tensors(extra), inner)),
                )  # fmt: skip
        return make(tensors, frame)

    def _after(self, left: Value, frame: Frame) -> Value:
        """What the last stage makes of what comes before it."""
        tensors = flow(left)
        if tensors is not None:
            return self._stage(tensors, frame, None)
        right = self.right.run(frame)
        if not is_layer(left):
            fail("E0408", f"{describe(left)} cannot flow into a layer", self.left.span)
        if not is_layer(right):
            fail("E0409", f"{describe(right)} is not a layer", self.right.span)
        if self.site is not None:
            right = Renamed(right, self.site.segment)
        return Chain(left, right, (self.left.fresh, self.right.fresh))

    def _stage(self, tensors: list[Tensor], frame: Frame, renamed: str | None) -> Value:
        """The last stage applied to *tensors*; in a layer, a variable's is *renamed*."""
        stage = self.right
        if self.apart:
            self.module.decide(stage.needs | stage.applied, frame.run)
            with suppress(Unportable):
                return self._in_region(tensors, frame)
        layer = stage.run(frame)
        if renamed is not None and is_layer(layer):
            return apply(Renamed(layer, renamed), tensors, frame, None, stage.fresh, stage.span)
        return apply(layer, tensors, frame, self.site, stage.fresh, stage.span)

    def _in_region(self, tensors: list[Tensor], frame: Frame) -> Value:
        stage = self.right

        def work(inner: Frame, extra: list[Value]) -> Value:
            return deep(apply(stage.run(inner), _tensors(extra), inner, None, stage.fresh, stage.span))

        return in_region(
            self.module, ("stage", self), frame, sorted(stage.free), [*tensors], self.module.lets_of(stage),
            "a stage", stage.span, work,
        )  # fmt: skip


def given(code: Code, tensors: list[Tensor], frame: Frame, refuse: Refuse = None) -> tuple[Value, bool]:
    """What *code* gives for *tensors*, if its value is a layer; else its value, which *refuse* is told. And whether it is
    a layer.
    """
    if isinstance(code, PipeCode) and not code.tensor:
        return code.given(tensors, frame, refuse)
    value = code.run(frame)
    if is_layer(value):
        return apply(value, tensors, frame, None, code.fresh, code.span), True
    if refuse is not None:
        refuse(value)
    return value, False


def _tensors(values: list[Value]) -> list[Tensor]:
    return [each for each in values if isinstance(each, Tensor)]


def _choosing(code: Code) -> int:
    return code.choosing if isinstance(code, PipeCode) else int(code.decides)


@compiles(tree.Pipe)
def _pipe(node: tree.Pipe, place: Place) -> Code:
    stages: list[tree.Expression] = []
    first: tree.Expression = node
    while isinstance(first, tree.Pipe):
        stages.append(first.right)
        first = first.left
    code = compile_node(first, place.plain())
    for stage in reversed(stages):
        right = compile_node(stage, place.plain())
        site = None
        if isinstance(stage, tree.Name) and not isinstance(right, (RecipeName, OperatorName)):
            site = Site(place.naming.prefix, place.naming.application(stage.name))
        if isinstance(stage, tree.Binary) and first.span.text:
            right.flowing = first.span.text
        code = PipeCode(code, right, site, place.module, first.span.to(stage.span))
    return code
