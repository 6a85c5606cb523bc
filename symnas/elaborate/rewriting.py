"""Rewriting while elaborating: at each application the first rule that matches puts another layer in its place.

Rules act in the order listed, each on what the ones before it have made. What a rule puts down is open to the rules
after it; a layer that it captured was open to the ones before it too, and keeps them for what it is made of. What a
rule is, and how it is compiled, is told in `rules.py` and `rulepatterns.py`.
"""

import re
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.code import Code, Frame, fail
from symnas.elaborate.explaining import explained
from symnas.elaborate.rulepatterns import Bound, Called
from symnas.elaborate.values import (
    BlockLayer,
    BlockRecipe,
    Layer,
    Listing,
    OperatorLayer,
    Ruled,
    Tensor,
    Thunk,
    Unportable,
    Value,
)  # fmt: skip
from symnas.errors import Note
from symnas.graph import Graph
from symnas.sizes import Size
from symnas.spans import Span

if TYPE_CHECKING:
    from symnas.elaborate.declarations import BlockCode, Declared
    from symnas.elaborate.rewritten import RewrittenCode
    from symnas.elaborate.rules import RuleCode

__all__ = ["Match", "Measured", "Places", "Recorder", "Rules"]


@frozen(cache_hash=True)
class Places:
    """Where a rule matches in the network that it is applied to, by weight names of applications: *hits*; *unsure* are
    names that several applications have which differ in it.
    """

    hits: frozenset[str]
    unsure: frozenset[str] = frozenset()

    def below(self, prefix: str) -> "Places":
        """Those within *prefix*, which ends in a point, as they are called there."""
        return Places(_below(self.hits, prefix), _below(self.unsure, prefix))


def _below(names: frozenset[str], prefix: str) -> frozenset[str]:
    return frozenset(name[len(prefix) :] for name in names if name.startswith(prefix))


class Recorder:
    """Notes where rule *number* of a net matches, without applying it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._seen: dict[str, set[bool]] = {}

    def note(self, name: str, matches: bool) -> None:
        """The application called *name* was judged."""
        self._seen.setdefault(name, set()).add(matches)

    @property
    def places(self) -> Places:
        """What was noted."""
        return Places(
            frozenset(name for name, judged in self._seen.items() if judged == {True}),
            frozenset(name for name, judged in self._seen.items() if len(judged) > 1),
        )


@frozen(cache_hash=True)
class Rules:
    """The rules in force at one point of a net that is made by rewriting.

    *which* are their places in the net's list, *judged* those of them that were tried on the next layer already.
    *places* says of each rule of the net where it matches from here on down, `None` where that shows only as the
    network is made. *root* is the decision path of the scope, *inside* the blocks around it that conditions ask for.
    """

    net: "RewrittenCode"
    which: tuple[int, ...]
    places: tuple[Places | None, ...]
    root: str
    judged: tuple[int, ...] = ()
    inside: "frozenset[BlockCode]" = frozenset()
    recorder: Recorder | None = None
    at: str = field(default="", eq=False)
    """The weight name of the scope in the whole net, for the recorder."""
    because: tuple[Note, ...] = field(default=(), eq=False)
    """The replacement that all this stands in, for messages."""

    @property
    def decides(self) -> bool:
        """Whether a rule may make a decision somewhere below, whatever the blocks there do."""
        return any(rule.decides for rule in self.net.rules)

    @property
    def lets(self) -> "tuple[Declared, ...]":
        """The deciding lets that rules read."""
        return self.net.rule_lets

    # ------------------------------------------------------------------------------------ going further in

    def entering(self, name: str, root: str, block: "BlockCode | None" = None) -> "Rules":
        """The rules in the scope called *name*, an application of *block*, whose decisions are below *root*."""
        inside = self.inside | {block} if block is not None and block in self.net.asked else self.inside
        prefix = f"{name}."
        places = tuple(each and each.below(prefix) for each in self.places)
        return evolve(self, places=places, root=root, judged=(), inside=inside, at=self.at + prefix)

    def apart(self, frame: Frame) -> "Rules":
        """The rules within a nameless region that begins in *frame*, where names and paths are counted anew."""
        full = self.rooted(frame.name)
        after = full[len(frame.path) : len(frame.path) + 1]
        covered = full.startswith(frame.path) and after in ("", ".", "[")
        root = full[len(frame.path) :] if covered else _bracketed(frame.name)
        if not frame.name:
            return evolve(self, root=root)
        prefix = f"{frame.name}."
        places = tuple(each and each.below(prefix) for each in self.places)
        return evolve(self, places=places, root=root, at=self.at + prefix)

    def sharing(self, path: str) -> "Rules":
        """The rules within a layer whose weights are made once, at *path*."""
        return self.entering(path, self.rooted(path))

    def path(self, frame: Frame, name: str) -> str:
        """The path of decisions made for the application called *name* in *frame*."""
        return self.rooted(_joined(frame.name, name))

    def rooted(self, name: str) -> str:
        """The path of decisions made for what is called *name* in the scope."""
        return self.root + _bracketed(name)

    # -------------------------------------------------------------------------------------------- matching

    def find(
        self, layer: OperatorLayer | BlockLayer, tensors: list[Tensor], frame: Frame, name: str
    ) -> "tuple[Match | None, OperatorLayer | BlockLayer, Frame]":
        """The first rule that matches *layer* applied to *tensors* in *frame* under *name*.

        Given back with it are the layer and the frame to go on with if there is none: what was evaluated for a
        comparison is not asked once more.
        """
        rules = self.net.rules
        tried = [number for number in self.which if number not in self.judged and rules[number].concerns(layer)]
        if not tried:
            return None, layer, frame
        frame.run.spend(layer.span, len(tried))
        called = Called(layer, frame)
        measured = Measured(called, tensors, frame, name)
        for number in tried:
            bound = self._judge(number, called, measured, frame, _joined(frame.name, name))
            if bound is not None:
                self.net.fired.add(number)
                return Match(rules[number], number, bound, called, tried, measured.frame, name), layer, frame
        return None, called.settled(), measured.frame

    def _judge(self, number: int, called: Called, measured: "Measured", frame: Frame, name: str) -> Bound | None:
        """What rule *number* binds if it is to be applied to *called*, the application called *name*."""
        rule, places = self.net.rules[number], self.places[number]
        known = places is not None and name not in places.unsure
        if places is not None and known and name not in places.hits:
            return None
        measured.rules = tuple(each for each in self.which if each < number)
        bound = rule.match(called, measured, frame, known)
        if self.recorder is not None and self.recorder.number == number:
            self.recorder.note(self.at + name, bound is not None)
            return None
        return bound


class Measured:
    """What flows into a match, and what it gives if left as the rules before have made it."""

    def __init__(self, called: Called, tensors: list[Tensor], frame: Frame, name: str) -> None:
        self.called, self.frame, self.name = called, frame, name
        self.inputs = tensors
        self.rules: tuple[int, ...] = ()

    @property
    def tensors(self) -> Value:
        """`$f.in`."""
        return self.inputs[0] if len(self.inputs) == 1 else Listing([*self.inputs], is_tuple=True)

    @property
    def out(self) -> Thunk:
        """`$f.out`, worked out when it is read."""
        return Thunk(_Out(self, self.rules), self.frame)

    def cost(self, _: str, cost: str, span: Span) -> Size:
        """`$f.params` and the like: the layer elaborated by itself, as the rules before have made it."""
        from symnas.elaborate.applying import Site, apply, deep
        from symnas.elaborate.regions import Oracle, Region, Run, build
        from symnas.elaborate.rules import cost_of

        layer, frame, before = self.called.settled(), self.frame, self.rules
        assert frame.rules is not None
        decides = isinstance(layer, BlockLayer) and (layer.block.decides or frame.rules.decides)
        if decides or any(isinstance(each, Thunk) and each.frame is not None for each in _arguments(layer)):
            fail(
                "E0270", f"what `{self.called.title}` costs is not decided where the rule asks for it", span,
                "ask for its settings; or decide first, and rewrite the one network with `symnas rewrite`",
            )  # fmt: skip
        rules = evolve(frame.rules, which=before, judged=before, recorder=None)

        def evaluate(run: Run) -> tuple[Value, object]:
            inputs = [run.builder.input(each.type, f"x{place}") for place, each in enumerate(self.inputs)]
            run.lets = frame.run.lets
            inner = Frame(frame.names, "", "", run.builder, run, True, rules)
            return deep(apply(layer, inputs, inner, Site("", self.name), False, layer.span)), None

        scope = build(Region(self.called.title, evaluate), "", Oracle({})).scope
        return cost_of(Graph("", scope, ()), cost)

    def given(self, rules: tuple[int, ...]) -> Value:
        """The layer applied in a scope that is thrown away; what it decides it decides in the frame's own run."""
        from symnas.elaborate.applying import Site, apply

        frame, layer = self.frame, self.called.settled()
        assert frame.rules is not None
        builder = ScopeBuilder(None, frame.builder)
        inputs = [builder.input(each.type, f"x{place}") for place, each in enumerate(self.inputs)]
        fuel = frame.run.fuel
        before = evolve(frame.rules, which=rules, judged=rules, recorder=None)
        inner = Frame(frame.names, frame.path, frame.name, builder, frame.run, True, before)
        value = apply(layer, inputs, inner, Site("", self.name), False, layer.span)
        frame.run.fuel = fuel
        if isinstance(layer, BlockLayer) and (layer.block.decides or frame.rules.decides):
            again = evolve_frame(frame, again=True)  # its decisions are made now, so it is no region any more
            self.frame = again
        return value


def _arguments(layer: OperatorLayer | BlockLayer) -> "list[Value | Thunk]":
    return [*layer.arguments.values()] if isinstance(layer, BlockLayer) else []


class _Out(Code):
    """`$f.out`."""

    movable = False

    def __init__(self, measured: Measured, rules: tuple[int, ...]) -> None:
        self.measured, self.rules = measured, rules

    def run(self, frame: Frame) -> Value:
        return self.measured.given(self.rules)


def evolve_frame(frame: Frame, *, again: bool | None = None, rules: Rules | None = None) -> Frame:
    """*frame* with something else in force."""
    return Frame(
        frame.names, frame.path, frame.name, frame.builder, frame.run, frame.again if again is None else again,
        rules or frame.rules,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- replacing


class Match:
    """A rule, the application that it matches, and what its variables stand for there."""

    def __init__(
        self, rule: "RuleCode", number: int, bound: Bound, called: Called, tried: list[int], frame: Frame, name: str
    ) -> None:
        assert frame.rules is not None
        self.rule, self.called, self.frame, self.name = rule, called, frame, name
        rules = frame.rules
        self.after = tuple(each for each in rules.which if each > number)
        self.others = tuple(each for each in rules.which if each != number)
        judged = tuple(each for each in (*rules.judged, *tried) if each < number)
        self.names: Bound = {f"${key}": self._captured(value) for key, value in bound.items()}
        if rule.whole is not None:
            self.names[f"${rule.whole}"] = self._ruled(called.captured(rule.reads), judged, whole=True)

    def _captured(self, value: Value | Thunk) -> Value | Thunk:
        """A bound value; layers in it keep the rules that were in force where they were written."""
        if isinstance(value, Thunk) and value.frame is not None:
            return Thunk(_Captured(value, self), value.frame)
        plain = value.value if isinstance(value, Thunk) else value
        return self.wrapped(plain)

    def wrapped(self, value: Value) -> Value:
        from symnas.elaborate.applying import is_layer

        if isinstance(value, Listing):
            return Listing([self._captured(item) for item in value.raw()], value.is_tuple)
        return self._ruled(value, ()) if is_layer(value) else value

    def _ruled(self, layer: Layer, judged: tuple[int, ...], whole: bool = False) -> Layer:
        if self.others == self.after or (whole and isinstance(layer, OperatorLayer)):
            return layer  # what comes before has been tried on it, and it has no parts
        return Ruled(layer, self.others, judged)

    def apply(self, tensors: list[Tensor], fresh: bool, span: Span) -> Value:
        """What the replacement gives for *tensors*: as a region of its own where it decides, so that choices in
        different matches multiply.
        """
        frame = self.frame
        assert frame.rules is not None
        path = frame.rules.path(frame, self.name)
        title = self.called.title
        notes = (
            Note(f"rule `{self.rule.name}` puts this in place of `{title}`", self.rule.span),
            Note(f"this `{title}` matches", self.called.layer.span),
        )
        rules = evolve(frame.rules, which=self.after, judged=(), because=notes)
        inner = Frame(self.names, frame.path, frame.name, frame.builder, frame.run, frame.again or not fresh, rules)
        with explained(rules):
            if self.rule.decides and path.startswith(frame.path):
                try:
                    return self._in_region(path[len(frame.path) :], tensors, inner, span)
                except Unportable:
                    pass
            return self._put(path, tensors, inner, fresh, span)

    def _put(self, path: str, tensors: list[Tensor], frame: Frame, fresh: bool, span: Span) -> Value:
        from symnas.elaborate.applying import Site, apply

        replacement = self.rule.replacement
        here = Frame(frame.names, path, frame.name, frame.builder, frame.run, frame.again, frame.rules)
        layer = replacement.run(here)
        if isinstance(layer, BlockRecipe):
            layer = BlockLayer(layer.block, {}, layer.block.path or path + layer.suffix, layer.segment, layer.span)
        return apply(layer, tensors, frame, Site("", self.name), replacement.fresh and fresh, replacement.span)

    def _in_region(self, suffix: str, tensors: list[Tensor], frame: Frame, span: Span) -> Value:
        from symnas.elaborate.applying import deep, in_region

        rule = self.rule

        def work(inner: Frame, extra: list[Value]) -> Value:
            given = [each for each in extra if isinstance(each, Tensor)]
            return deep(self._put(suffix, given, inner, True, span))

        rule.module.decide(rule.replacement.needs, frame.run)
        return in_region(
            rule.module, ("rule", rule, suffix, self.name), frame, sorted(rule.replacement.free), [*tensors],
            (), f"rule `{rule.name}`", span, work,
        )  # fmt: skip


class _Captured(Code):
    """A bound argument that is not evaluated yet."""

    movable = False

    def __init__(self, value: Thunk, match: Match) -> None:
        self.value, self.match = value, match

    def run(self, frame: Frame) -> Value:
        return self.match.wrapped(self.value.force())


_NUMBER = re.compile(r"\.(\d+)(?=\.|$)")


def _bracketed(name: str) -> str:
    """A weight name as a path continues with it: `x.0.Conv2d.1` is `.x[0].Conv2d[1]`."""
    return "." + _NUMBER.sub(r"[\1]", name) if name else ""


def _joined(name: str, last: str) -> str:
    return f"{name}.{last}" if name else last
