"""Patterns of rules: what stands before `=>`, ready to be compared with a layer that is about to be applied.

A pattern is a call of an operator or block, alternatives of such in `oneof(…)`, or `$x` for any layer. Arguments are
compared by name with defaults filled: one that the pattern leaves out has its default, unless `$*rest` takes it.
Nodes are compared with patterns, as an edit does, in `symnas/matching.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property

from attrs import evolve

from symnas import operators, tree
from symnas.elaborate.arithmetic import equal
from symnas.elaborate.atoms import unknown_name
from symnas.elaborate.code import Code, Frame, Place, compile_node
from symnas.elaborate.declarations import BlockCode, LetCode
from symnas.elaborate.layers import FUNCTIONS, PLACEHOLDERS, delay
from symnas.elaborate.using import UsedLayer
from symnas.elaborate.values import (
    BlockLayer,
    BlockRecipe,
    Listing,
    OperatorLayer,
    Renamed,
    Ruled,
    Thunk,
    Value,
    force,
)  # fmt: skip
from symnas.errors import nearest
from symnas.operators.base import REQUIRED, Operator, SettingValue
from symnas.spans import Span

__all__ = ["Bound", "CallPattern", "Called", "RulePattern", "compile_pattern"]

Bound = dict[str, Value | Thunk]
"""What the variables of a pattern stand for, by name; `*rest.stride` is the `stride` that `$*rest` took."""

Head = Operator | BlockCode


class Called:
    """A layer as rules see it: what is called, with all its settings by name."""

    def __init__(self, layer: OperatorLayer | BlockLayer, frame: Frame) -> None:
        self.layer, self._frame = layer, frame

    @property
    def head(self) -> Head:
        """What is called."""
        return self.layer.operator if isinstance(self.layer, OperatorLayer) else self.layer.block

    @property
    def title(self) -> str:
        """Its name."""
        return self.head.name

    @cached_property
    def settings(self) -> Bound:
        """Every setting by name, defaults filled; a block's are evaluated when they are read."""
        if isinstance(self.layer, OperatorLayer):
            return {name: _as_value(value) for name, value in self.layer.settings}
        frame = self._frame
        filled: Bound = dict(self.layer.arguments)
        inner = Frame(filled, self.layer.path, "", frame.builder, frame.run, frame.again)
        for parameter in self.layer.block.settings:
            if parameter.name not in filled and parameter.default is not None:
                filled[parameter.name] = delay(parameter.default, inner)
        return filled

    def settled(self) -> OperatorLayer | BlockLayer:
        """The layer, with defaults given that were evaluated for a comparison and decided something."""
        return self._with(frozenset())

    def captured(self, read: frozenset[str]) -> OperatorLayer | BlockLayer:
        """The layer, besides with those deciding defaults given that *read* names, so that all who read them agree."""
        return self._with(read)

    def _with(self, read: frozenset[str]) -> OperatorLayer | BlockLayer:
        if not isinstance(self.layer, BlockLayer) or "settings" not in self.__dict__:
            return self.layer
        more = {
            name: value
            for name, value in self.settings.items()
            if name not in self.layer.arguments and isinstance(value, Thunk) and (value.frame is None or name in read)
        }
        return evolve(self.layer, arguments={**self.layer.arguments, **more}) if more else self.layer


def _as_value(value: SettingValue) -> Value:
    """A setting as the language has it: one number for all dimensions is that number."""
    if not isinstance(value, tuple):
        return value
    items = [_as_value(each) for each in value]
    if items and all(isinstance(each, int) and each == items[0] for each in items):
        return items[0]
    return Listing(items, is_tuple=True)


# ------------------------------------------------------------------------------------ parts of patterns


class Part(ABC):
    """What a pattern says of one argument. *sure* parts match anything."""

    sure = False

    @abstractmethod
    def match(self, value: Value | Thunk, bound: Bound, frame: Frame, known: bool) -> bool:
        """Whether *value* matches, its variables added to *bound*; if that is *known*, values are not compared."""


class Variable(Part):
    """`$x`: anything, the same thing each time; `$_` anything each time."""

    sure = True

    def __init__(self, name: str) -> None:
        self.name = name

    def match(self, value: Value | Thunk, bound: Bound, frame: Frame, known: bool) -> bool:
        if self.name != "_" and self.name in bound:
            return known or same(force(bound[self.name]), force(value))
        bound[self.name] = value
        return True


class Constant(Part):
    """A value: `3`, `false`, `width`."""

    def __init__(self, code: Code) -> None:
        self.code = code

    def match(self, value: Value | Thunk, bound: Bound, frame: Frame, known: bool) -> bool:
        return known or same(self.code.run(Frame({}, "", "", frame.builder, frame.run)), force(value))


class Items(Part):
    """A list or tuple of parts, among which one `$*rest` may stand."""

    def __init__(self, parts: list[Part | str]) -> None:
        self.parts = parts

    def match(self, value: Value | Thunk, bound: Bound, frame: Frame, known: bool) -> bool:
        listing = force(value)
        if not isinstance(listing, Listing):
            return False
        items = listing.raw()
        place = next((number for number, each in enumerate(self.parts) if isinstance(each, str)), None)
        if place is None:
            return len(items) == len(self.parts) and self._all(self.parts, items, bound, frame, known)
        after = len(self.parts) - place - 1
        if len(items) < place + after:
            return False
        end = len(items) - after
        rest = Variable(f"*{self.parts[place]}")
        return (
            self._all(self.parts[:place], items[:place], bound, frame, known)
            and rest.match(Listing(items[place:end]), bound, frame, known)
            and self._all(self.parts[place + 1 :], items[end:], bound, frame, known)
        )

    @staticmethod
    def _all(
        parts: list[Part | str], items: list[Value | Thunk], bound: Bound, frame: Frame, known: bool
    ) -> bool:  # fmt: skip
        pairs = zip(parts, items, strict=True)
        return all(isinstance(part, Part) and part.match(item, bound, frame, known) for part, item in pairs)


class CallPattern(Part):
    """A call of *head*. *rest* is the name of its `$*rest`; a *bare* name means whatever the arguments are."""

    def __init__(self, head: Head, parts: dict[str, Part], rest: str | None, bare: bool) -> None:
        self.head, self.parts, self.rest, self.bare = head, parts, rest, bare

    @property
    def names(self) -> tuple[str, ...]:
        """The settings of what is called."""
        return tuple(setting.name for setting in self.head.settings)

    @property
    def left(self) -> tuple[str, ...]:
        """The settings that the pattern does not write."""
        return tuple(name for name in self.names if name not in self.parts)

    @property
    def complete(self) -> bool:
        """Whether it matches every call of its head, repeated variables apart."""
        return all(part.sure for part in self.parts.values()) and (self.bare or self.rest is not None or not self.left)

    def concerns(self, layer: OperatorLayer | BlockLayer) -> bool:
        """Whether *layer* is a call of the head."""
        if isinstance(layer, OperatorLayer):
            return isinstance(self.head, Operator) and layer.operator.name == self.head.name
        return layer.block is self.head

    def match(self, value: Value | Thunk, bound: Bound, frame: Frame, known: bool) -> bool:
        layer = force(value)
        while isinstance(layer, (Ruled, Renamed)):
            layer = layer.layer
        if isinstance(layer, BlockRecipe):
            layer = BlockLayer(layer.block, {}, frame.path + layer.suffix, layer.segment, layer.span)
        if not isinstance(layer, (OperatorLayer, BlockLayer)) or not self.concerns(layer):
            return False
        return self.match_call(Called(layer, frame), bound, frame, known)

    def match_call(self, called: Called, bound: Bound, frame: Frame, known: bool) -> bool:
        """Whether *called*, a call of the head, matches."""
        if self.bare:
            return True
        settings = called.settings
        for name, part in self.parts.items():
            if name not in settings or not part.match(settings[name], bound, frame, known):
                return False
        if self.rest is not None:
            for name in self.left:
                if name in settings:
                    bound[f"*{self.rest}.{name}"] = settings[name]
            return True
        return known or all(self._is_default(name, called, frame) for name in self.left)

    def _is_default(self, name: str, called: Called, frame: Frame) -> bool:
        if isinstance(called.layer, OperatorLayer):
            setting = next(each for each in called.layer.operator.settings if each.name == name)
            default = setting.default
            return default is not REQUIRED and same(_as_value(default), force(called.settings[name]))
        if name not in called.layer.arguments:
            return True
        parameter = next(each for each in called.layer.block.settings if each.name == name)
        if parameter.default is None or parameter.default.decides or parameter.default.free:
            return False
        default_value = parameter.default.run(Frame({}, "", "", frame.builder, frame.run))
        return same(default_value, force(called.layer.arguments[name]))


def same(left: Value, right: Value) -> bool:
    """Whether two arguments are the same thing: values, or layers that are called alike."""
    while isinstance(left, (Ruled, Renamed)):
        left = left.layer
    while isinstance(right, (Ruled, Renamed)):
        right = right.layer
    if isinstance(left, BlockLayer) and isinstance(right, BlockLayer):
        mine, theirs = left.arguments, right.arguments
        same_names = left.block is right.block and mine.keys() == theirs.keys()
        return same_names and all(same(force(mine[name]), force(theirs[name])) for name in sorted(mine))
    if isinstance(left, Listing) and isinstance(right, Listing):
        return len(left) == len(right) and all(map(same, left.all(), right.all()))
    return equal(left, right)


# ------------------------------------------------------------------------------------- whole patterns


class RulePattern:
    """A rule's pattern: *calls* are its alternatives, none of them for `$x`, which is any layer. *whole* is the name of
    the whole match.
    """

    def __init__(
        self, calls: tuple[CallPattern, ...], whole: str | None, variables: dict[str, Span], sure: bool
    ) -> None:
        self.calls, self.whole, self.variables, self.sure = calls, whole, variables, sure

    @property
    def rest(self) -> dict[str, tuple[str, ...]]:
        """The settings that each `$*rest` takes."""
        return {each.rest: each.left for each in self.calls if each.rest is not None}

    def concerns(self, layer: OperatorLayer | BlockLayer) -> bool:
        """Whether *layer* calls what the pattern calls."""
        return not self.calls or any(each.concerns(layer) for each in self.calls)

    def match(self, called: Called, frame: Frame, known: bool) -> Bound | None:
        """What the variables stand for if *called* matches, which may be *known* beforehand."""
        if not self.calls:
            return {}
        for each in self.calls:
            bound: Bound = {}
            if each.concerns(called.layer) and each.match_call(called, bound, frame, known):
                return bound
        return None


class _Reader:
    """Compiles one rule's pattern and notes its variables."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.variables: dict[str, Span] = {}
        self.repeated = False
        self.codes: list[Code] = []

    def call(self, node: tree.Expression) -> CallPattern | None:
        """One alternative, or `None` if it was reported."""
        name = node.function if isinstance(node, tree.Call) else node
        if not isinstance(name, tree.Name):
            self._refuse(node)
            return None
        head = self._head(name)
        if head is None:
            return None
        if not isinstance(node, tree.Call):
            return CallPattern(head, {}, None, bare=True)
        return self._arguments(node, head)

    def _head(self, node: tree.Name) -> Head | None:
        declared = self.place.module.declared.get(node.name)
        if isinstance(declared, BlockCode):
            return declared
        if isinstance(declared, UsedLayer):
            return declared.operator
        if node.name in self.place.module.missing:
            return None
        operator = operators.lookup(node.name) if declared is None and node.name not in PLACEHOLDERS else None
        if operator is not None:
            return operator
        if declared is None and node.name not in FUNCTIONS:
            unknown_name(node.name, node.span, self.place)
        else:
            what = f"the `{declared.keyword}` `{node.name}`" if declared is not None else f"`{node.name}`"
            self.place.report(
                "E0250", f"{what} is never applied to tensors, so no rule finds it", node.span,
                "a pattern begins with an operator, a block or a cell",
            )  # fmt: skip
        return None

    def _refuse(self, node: tree.Expression) -> None:
        if isinstance(node, tree.Pipe):
            self.place.report(
                "E0251", "a pattern of several stages is not understood by this version", node.span,
                "match the block that holds them, or one stage",
            )  # fmt: skip
            return
        self.place.report(
            "E0250", "a pattern is a call of an operator or block, or `$x` for any layer", node.span,
            "write `Conv2d($out, 3, $*rest)`",
        )  # fmt: skip

    def _arguments(self, node: tree.Call, head: Head) -> CallPattern:
        settings = [each.name for each in head.settings if not getattr(each, "named", False)]
        known = [each.name for each in head.settings]
        parts: dict[str, Part] = {}
        rest: str | None = None
        first = head.settings[0] if head.settings else None
        gathers = bool(getattr(first, "rest", False))
        positional = [each for each in node.arguments if each.name is None]
        gathered = gathers and first is not None and (len(positional) > 1 or any(map(_is_rest, positional)))
        if gathered and first is not None:
            parts[first.name] = Items([self._item(each.value) for each in positional])
        taken = 0
        for argument in node.arguments:
            if argument.name is None and gathered:
                continue
            if argument.name is None and _is_rest(argument):
                rest = self._rest(argument.value, rest)
                continue
            if argument.spread:
                self.place.report("E0307", "a pattern spreads `$*rest` alone", argument.span, "write `$*rest`")
                continue
            name = argument.name
            if name is None:
                if taken >= len(settings):
                    many = f"{len(settings)} setting{'s' * (len(settings) != 1)}"
                    self.place.report("E0304", f"`{head.name}` has {many}", argument.span)
                    continue
                name, taken = settings[taken], taken + 1
            self._setting(head, name, known, argument, parts)
        if rest is None:
            self._check_left(node, head, parts)
        return CallPattern(head, parts, rest, bare=False)

    def _setting(
        self, head: Head, name: str, known: list[str], argument: tree.Argument, parts: dict[str, Part]
    ) -> None:
        span = argument.name_span if argument.name is not None and argument.name_span.source.text else argument.span
        if name not in known:
            close = nearest(name, known)
            hint = f"did you mean `{close}`?" if close else f"it has {', '.join(known) or 'none'}"
            self.place.report("E0301", f"`{head.name}` has no setting `{name}`", span, hint)
        elif name in parts:
            self.place.report("E0302", f"`{name}` is given twice", span)
        else:
            parts[name] = self.part(argument.value)

    def _check_left(self, node: tree.Call, head: Head, parts: dict[str, Part]) -> None:
        """A pattern without `$*rest` that leaves out a setting without default would match nothing."""
        missing = [each.name for each in head.settings if each.name not in parts and _required(each)]
        if missing:
            self.place.report(
                "E0250", f"the pattern leaves out `{missing[0]}`, which every `{head.name}` has", node.span,
                "add `$*rest` for the settings that may be anything",
            )  # fmt: skip

    def _rest(self, node: tree.Expression, before: str | None) -> str | None:
        assert isinstance(node, tree.PatternVariable)
        if before is not None or f"*{node.name}" in self.variables:
            self.place.report("E0253", "a call has one `$*` at most, under a name of its own", node.span)
        self.variables[f"*{node.name}"] = node.span
        return node.name

    def part(self, node: tree.Expression) -> Part:
        """What the pattern says of one argument."""
        if isinstance(node, tree.PatternVariable):
            if node.rest:
                self.place.report("E0253", f"`$*{node.name}` stands for several: it is no setting's value", node.span)
            self.repeated = self.repeated or (node.name in self.variables and node.name != "_")
            self.variables.setdefault(node.name, node.span)
            return Variable(node.name)
        name = node.function if isinstance(node, tree.Call) else node
        if isinstance(name, tree.Name) and self._is_layer(name.name):
            return self.call(node) or Variable("_")
        if isinstance(node, (tree.ListOf, tree.Tuple)) and any(_variables(node)):
            return Items([self._item(each.value) for each in node.items])
        for variable in _variables(node):
            self.place.report(
                "E0250", "in a pattern a variable stands alone, or in a call or list", variable.span,
                "bind it alone, and compute with it after `where` or `=>`",
            )  # fmt: skip
            return Variable("_")
        return self._constant(node)

    def _constant(self, node: tree.Expression) -> Part:
        code = compile_node(node, self.place)
        if code.asks:
            self.place.report("E0261", "a pattern decides nothing", node.span, "name the value with `$x`")
        self.codes.append(code)
        return Constant(code)

    def _item(self, node: tree.Expression) -> Part | str:
        if isinstance(node, tree.PatternVariable) and node.rest:
            self.variables.setdefault(f"*{node.name}", node.span)
            return node.name
        return self.part(node)

    def _is_layer(self, name: str) -> bool:
        declared = self.place.module.declared.get(name)
        if declared is not None:
            return not isinstance(declared, LetCode) and isinstance(declared, BlockCode)
        return operators.lookup(name) is not None and name not in PLACEHOLDERS


def _required(setting: object) -> bool:
    default = getattr(setting, "default", None)
    node = getattr(setting, "node", None)
    return default is REQUIRED or (node is not None and node.default is None)


def _is_rest(argument: tree.Argument) -> bool:
    return isinstance(argument.value, tree.PatternVariable) and argument.value.rest


def _variables(node: tree.Node) -> Iterator[tree.PatternVariable]:
    if isinstance(node, tree.PatternVariable):
        yield node
    for child in tree.children(node):
        yield from _variables(child)


def compile_pattern(node: tree.Expression, place: Place) -> tuple[RulePattern, list[Code]]:
    """The pattern written as *node*, and the code of the values in it; mistakes are reported at *place*."""
    whole: str | None = None
    if isinstance(node, tree.As):
        if not node.name.startswith("$") or node.name.startswith("$*"):
            hint = f"write `as ${node.name.lstrip('$*')}`"
            place.report("E0250", "a whole match is named with `as $f`", node.name_span, hint)
        whole, node = node.name.lstrip("$*"), node.value
    reader = _Reader(place)
    if isinstance(node, tree.PatternVariable):
        if node.rest or whole is not None:
            place.report("E0250", "`$x` alone stands for any one layer", node.span, "write `$x where … => …`")
        return RulePattern((), node.name, {node.name: node.span}, True), []
    calls = _alternatives(node, reader) if isinstance(node, tree.OneOf) else (reader.call(node),)
    if whole is not None:
        if whole in reader.variables:
            place.report("E0253", f"`${whole}` is an argument and the whole match", node.span, "name one otherwise")
        reader.variables[whole] = node.span
    found = tuple(each for each in calls if each is not None)
    sure = not reader.repeated and all(each.complete for each in found)
    return RulePattern(found, whole, reader.variables, sure), reader.codes


def _alternatives(node: tree.OneOf, reader: _Reader) -> tuple[CallPattern | None, ...]:
    """The alternatives of `oneof(A, B)` as a pattern; they bind the same variables."""
    found: list[CallPattern | None] = []
    first: set[str] | None = None
    before: dict[str, Span] = {}
    for each in node.alternatives:
        if each.spread or each.guard is not None or each.label is not None:
            reader.place.report("E0250", "alternatives of a pattern are plain calls", each.span, "use `where`")
        reader.variables = {}
        found.append(reader.call(each.value))
        names = set(reader.variables)
        if first is not None and names != first:
            odd = min(names ^ first)
            reader.place.report(
                "E0263", f"`${odd}` is bound by some alternatives only", each.span, "bind the same variables in each"
            )
        first = names if first is None else first
        before.update(reader.variables)
    reader.variables = before
    return tuple(found)
