"""Placeholders: where a value is chosen. Each asks its region's run for a choice from a `Domain`.

A decision is identified by its path, so that asking twice gives one answer: that is what "decided once" means.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symnas import tree
from symnas.domains import (
    Alternatives,
    Choice,
    Combinations,
    Continuous,
    Domain,
    Grid,
    Permutations,
    Subsets,
    show_number,
)
from symnas.elaborate.arithmetic import whole
from symnas.elaborate.atoms import Constant, need_bool, operator_layer
from symnas.elaborate.code import Code, Frame, Nothing, Place, compile_node, compiles, fail
from symnas.elaborate.layers import FUNCTIONS, PLACEHOLDERS, delay
from symnas.elaborate.moving import apart, is_plain
from symnas.elaborate.values import (
    LAYERS,
    BlockLayer,
    BlockRecipe,
    Chain,
    Listing,
    OperatorLayer,
    Record,
    Renamed,
    Repeated,
    Thunk,
    Value,
    Wrapped,
    describe,
    force,
)  # fmt: skip
from symnas.errors import Note, SourceError, suggest
from symnas.operators import OPERATORS
from symnas.operators.settings import LARGEST_REAL, show
from symnas.operators.starts import Start
from symnas.spans import Span

__all__ = ["OneOfCode", "RangeCode"]

_SHOWN_OPERAND = 40
_MOST_KNOWN = 1000
"""Domains that a `range` keeps by its bounds."""


class _Asking(Code):
    """What all placeholders share: a decision at a path below the frame."""

    asks = True

    def __init__(self, suffix: str, place: Place, span: Span) -> None:
        self.suffix, self.span = suffix, span
        self.once = place.module.once
        place.module.asked_at.setdefault(suffix, span)

    def ask(self, frame: Frame, domain: Domain) -> Choice:
        """The choice made here; a domain of one member is no decision."""
        if domain.size == 1:
            return 0
        path = frame.path + self.suffix
        persistent = path[0] != "." and path.split(".", 1)[0].split("[", 1)[0] in self.once
        if frame.run.forgiving:
            frame.run.decide(path, self.span)
        try:
            return frame.run.ask(path, domain, persistent)
        except SourceError as error:  # a pick of something else
            raise error.noting(Note(f"`{path.rpartition('.')[2]}` is decided here", self.span)) from None


class OneOfCode(_Asking):
    """`oneof(a, b)`: one of the alternatives; guards remove some, `*` adds those of a list or record."""

    def __init__(
        self, alternatives: list["AlternativeCode"], prior: Code | None, suffix: str, place: Place, span: Span
    ) -> None:
        super().__init__(suffix, place, span)
        self.alternatives, self.prior = alternatives, prior
        for each in alternatives:
            self.absorb(each.value, each.guard)
        self.absorb(prior)
        single = [each.value.needs for each in alternatives if not each.spread and each.guard is None]
        if len(single) == len(alternatives) and single:
            self.needs = frozenset.intersection(*single)
            self.applied = frozenset.intersection(*(each.value.applied for each in alternatives))
        self.fresh = all(each.value.fresh and not each.spread for each in alternatives)
        self.constant = all(isinstance(each.value, Constant) for each in alternatives)
        self.simple = prior is None and not any(each.spread or each.guard is not None for each in alternatives)
        spread = any(each.spread for each in alternatives)
        self.labels = None if spread else tuple(each.label for each in alternatives)
        """All labels, those behind guards included, where the text shows them."""
        self._domain = Alternatives(tuple(each.label for each in alternatives)) if self.simple else None
        first = alternatives[0]
        alone = len(alternatives) == 1 and first.spread and first.guard is None and prior is None
        self.only_spread = first.value if alone else None
        self._known: dict[Any, Alternatives] = {}

    def run(self, frame: Frame) -> Value:
        if self._domain is not None:
            return self.alternatives[int(self.ask(frame, self._domain))].value.run(frame)
        if self.only_spread is not None:
            value = self.only_spread.run(frame)
            if isinstance(value, Listing) and is_plain(value):
                return self._of_plain(value.raw(), frame)
        options = self._options(frame)
        if not options:
            fail("E0503", "no alternative of this `oneof` is left", self.span, "let one alternative have no condition")
        labels = tuple(label for label, _ in options)
        domain = Alternatives(labels, self._weights(labels, frame))
        chosen = options[int(self.ask(frame, domain))][1]
        return chosen.run(frame) if isinstance(chosen, Code) else force(chosen)

    def _of_plain(self, items: Sequence[Value | Thunk], frame: Frame) -> Value:
        """One of *items*, numbers and words, whose labels are worked out once."""
        frame.run.spend(self.span, len(items) // 4)
        key = tuple([(type(item), item) for item in items])
        domain = self._known.get(key)
        if domain is None:
            if not items:
                fail(
                    "E0503",
                    "no alternative of this `oneof` is left",
                    self.span,
                    "let one alternative have no condition",
                )
            labels = _distinct([(label_of(item, place), item) for place, item in enumerate(items)])
            domain = Alternatives(tuple(label for label, _ in labels))
            if len(self._known) < _MOST_KNOWN:
                self._known[key] = domain
        return force(items[int(self.ask(frame, domain))])

    def _options(self, frame: Frame) -> list[tuple[str, Code | Value | Thunk]]:
        frame.run.spend(self.span, len(self.alternatives) // 4)
        found: list[tuple[str, Code | Value | Thunk]] = []
        for each in self.alternatives:
            if each.guard is not None and not need_bool(each.guard.run(frame), each.guard.span, "a guard"):
                continue
            if not each.spread:
                found.append((each.label, each.value))
                continue
            value = each.value.run(frame)
            if isinstance(value, Record):
                found.extend(value.raw().items())
            elif isinstance(value, Listing):
                frame.run.spend(self.span, len(value) // 4)
                found.extend((label_of(item, place), item) for place, item in enumerate(value.raw()))
            else:
                fail("E0307", f"`*` spreads a list or a record, not {describe(value)}", each.value.span)
        return _distinct(found)

    def _weights(self, labels: tuple[str, ...], frame: Frame) -> tuple[Fraction, ...] | None:
        """The probabilities of *labels*, those left by the guards; `None` if all are equally likely, or have none."""
        if self.prior is None:
            return None
        prior = self.prior.run(frame)
        if not isinstance(prior, Record):
            fail("E0504", f"`prior` is a record of probabilities, not {describe(prior)}", self.prior.span)
        everything = labels if self.labels is None else self.labels
        strange = [label for label in prior.labels if self.labels is not None and label not in everything]
        if strange:
            hint = suggest(strange[0], everything)
            fail("E0504", f"this `oneof` has no alternative `{strange[0]}`", self.prior.span, hint)
        given = {label: self._probability(prior[label]) for label in prior.labels if label in everything}
        left = Fraction(1) - sum(given.values())
        if left < 0:
            fail("E0504", f"these probabilities add up to {show_number(1 - left)}, more than 1", self.prior.span)
        rest = left / max(1, len(everything) - len(given))
        weights = [given.get(label, rest) for label in labels]
        total = sum(weights)
        return tuple(weight / total for weight in weights) if total else None

    def _probability(self, value: Value) -> Fraction:
        assert self.prior is not None
        if isinstance(value, bool) or not isinstance(value, (int, Fraction)) or not 0 <= value <= 1:
            fail("E0504", f"a probability is a number from 0 to 1, not {describe(value)}", self.prior.span)
        return Fraction(value)


class AlternativeCode:
    """One alternative as code, with its label."""

    def __init__(self, value: Code, label: str, spread: bool, guard: Code | None) -> None:
        self.value, self.label, self.spread, self.guard = value, label, spread, guard


def _distinct(options: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Labels made different where values coincide: the second `Conv2d` is `Conv2d[1]`."""
    seen: dict[str, int] = {}
    found = []
    for label, value in options:
        number = seen.get(label, 0)
        seen[label] = number + 1
        found.append((f"{label}[{number}]" if number else label, value))
    return found


@compiles(tree.OneOf)
def _oneof(node: tree.OneOf, place: Place) -> Code:
    suffix = place.naming.decision("oneof" if place.hint is None else place.hint)
    place = place.plain()
    alternatives = _flattened(node.alternatives)
    if not alternatives:
        place.report("E0506", "`oneof` needs at least one alternative", node.span, "write `oneof(ReLU, GELU)`")
    _check_identical(alternatives, place)
    made = []
    for number, each in enumerate(alternatives):
        guard = compile_node(each.guard, place) if each.guard is not None else None
        value = compile_node(each.value, place)
        made.append((each.label or _source_label(each.value, value, number), (value, each.spread, guard)))
    codes = [AlternativeCode(value, label, spread, guard) for label, (value, spread, guard) in _distinct(made)]
    prior = compile_node(node.prior, place) if node.prior is not None else None
    code = OneOfCode(codes, prior, suffix, place, node.span)
    return code if code.fresh or code.constant else apart(code, place, "`oneof`")


def _flattened(alternatives: tuple[tree.Alternative, ...]) -> list[tree.Alternative]:
    """`*{a: x, b: y if c}` written in place is the same as its fields written as alternatives."""
    found: list[tree.Alternative] = []
    for each in alternatives:
        fields = each.value.fields if each.spread and isinstance(each.value, tree.Record) else None
        if fields is not None and all(field.label is not None and not field.clauses for field in fields):
            found += [
                tree.Alternative(field.value, field.label, False, field.guard, span=field.span) for field in fields
            ]
        else:
            found.append(each)
    return found


def _check_identical(alternatives: list[tree.Alternative], place: Place) -> None:
    seen: dict[Any, tree.Alternative] = {}
    for each in alternatives:
        key = (each.value, each.guard, each.spread)
        if key in seen and (each.label is None or each.label == seen[key].label):
            place.report("E0507", "two alternatives are the same", each.span, "remove one of them")
        seen.setdefault(key, each)


def _source_label(node: tree.Expression, code: Code, number: int) -> str:
    """How an alternative without a label is written in a pick: its literal, the head of its call, its number."""
    if isinstance(code, Constant):
        return literal(code.value)
    match node:
        case tree.Name(name=name) | tree.Call(function=tree.Name(name=name)) | tree.PatternVariable(name=name):
            return name
        case tree.As(name=name):
            return name
        case tree.OneOf():
            return f"oneof{number}" if number else "oneof"
        case tree.Pipe():
            while isinstance(node, tree.Pipe):
                node = node.left
            return _source_label(node, code, number)
        case tree.Unary() | tree.Binary() | tree.Tuple() | tree.ListOf() if len(node.span.text) <= _SHOWN_OPERAND:
            return " ".join(node.span.text.split()) or str(number)
    return str(number)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def literal(value: Value) -> str:
    """A plain value as the language writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    if isinstance(value, str):
        return f'"{"".join(_ESCAPES.get(each, each) for each in value)}"'
    if isinstance(value, (int, Fraction, float)):
        return show_number(value)
    if isinstance(value, Start):
        return show(value)
    return str(value)


def label_of(item: Value | Thunk, place: int) -> str:
    """The label of a computed alternative: a literal, a layer's head, or its position."""
    if isinstance(item, Thunk):
        if item.frame is not None:
            return str(place)
        item = item.value
    return value_label(item, place)


def value_label(value: Value, place: int) -> str:
    """The label of a value among alternatives."""
    if isinstance(value, OperatorLayer):
        return value.operator.name
    if isinstance(value, (BlockLayer, BlockRecipe)):
        return value.block.name
    if isinstance(value, Chain):
        return value_label(value.first, place)
    if isinstance(value, Renamed):
        return value.segment
    if isinstance(value, Wrapped):
        return value_label(value.layer, place)
    if isinstance(value, (Repeated, Record, *LAYERS)) or (isinstance(value, Listing) and len(value) > 8):
        return str(place)
    if isinstance(value, Listing):
        inner = ", ".join(label_of(item, number) for number, item in enumerate(value.raw()))
        return f"({inner})" if value.is_tuple else f"[{inner}]"
    if isinstance(value, (bool, int, Fraction, float, str, Start)) or value is None:
        return literal(value)
    return str(place)


# ------------------------------------------------------------------------------------------------- range


class RangeCode(_Asking):
    """`range(lo, hi, step = s, log = true)`: a number between the bounds, both included."""

    def __init__(self, arguments: dict[str, Code], real: bool, suffix: str, place: Place, span: Span) -> None:
        super().__init__(suffix, place, span)
        self.arguments, self.real = arguments, real
        self.absorb(*arguments.values())
        self.needs = frozenset().union(*(code.needs for code in arguments.values()))
        self._known: dict[Any, Domain] = {}

    def run(self, frame: Frame) -> Value:
        low, high = self._number("lo", frame), self._number("hi", frame)
        step = self._number("step", frame) if "step" in self.arguments else None
        log = "log" in self.arguments and need_bool(
            self.arguments["log"].run(frame), self.arguments["log"].span, "`log`"
        )
        key = (low, high, step, log)
        domain = self._known.get(key)
        if domain is None:
            domain = self._made(low, high, step, log)
            if len(self._known) < _MOST_KNOWN:
                self._known[key] = domain
        choice = self.ask(frame, domain)
        return domain.value(choice) if isinstance(domain, Grid) else choice

    def _made(self, low: int | Fraction, high: int | Fraction, step: int | Fraction | None, log: bool) -> Domain:
        if low > high:
            shown = f"{show_number(low)} is above {show_number(high)}"
            fail("E0508", f"this `range` is empty: {shown}", self.span, "write the lower bound first")
        if log and low <= 0:
            fail("E0509", "a logarithmic `range` starts above 0", self.arguments["lo"].span)
        if step is not None and step <= 0:
            fail("E0509", "the step of a `range` is above 0", self.arguments["step"].span)
        whole_numbers = not self.real and whole(low) is not None and whole(high) is not None
        if step is None and not whole_numbers:
            return self._continuous(low, high, log)
        width = Fraction(step if step is not None else 1)
        return Grid(Fraction(low), width, math.floor((Fraction(high) - Fraction(low)) / width) + 1, whole_numbers, log)

    def _continuous(self, low: int | Fraction, high: int | Fraction, log: bool) -> Domain:
        if low == high:
            return Grid(Fraction(low), Fraction(1), 1, False)
        if not (low >= -LARGEST_REAL and high <= LARGEST_REAL):
            fail("E0406", "the bounds of a `range` of reals are numbers of 64 bits", self.span)
        if log and not float(low):
            fail("E0509", "a logarithmic `range` starts above 0; with 64 bits this is 0", self.arguments["lo"].span)
        return Continuous(float(low), float(high), log)

    def _number(self, name: str, frame: Frame) -> int | Fraction:
        value = self.arguments[name].run(frame)
        if type(value) is int:
            return value
        if isinstance(value, float):
            value = Fraction(value)
        if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
            fail("E0510", f"the bounds of a `range` are numbers, not {describe(value)}", self.arguments[name].span)
        return value


def _written_real(node: tree.Node) -> bool:
    """Whether a bound is written with a point or an exponent anywhere."""
    if isinstance(node, tree.Number):
        return node.real
    return any(_written_real(child) for child in tree.children(node))


def _range(node: tree.Call, place: Place) -> Code:
    suffix = place.naming.decision("range" if place.hint is None else place.hint)
    arguments = named_arguments(node, ("lo", "hi", "step", "log"), 2, place.plain())
    bounds = [argument.value for argument in node.arguments if argument.name in (None, "lo", "hi")][:2]
    if not {"lo", "hi"} <= arguments.keys():
        place.report("E0511", "`range` takes two bounds", node.span, "write `range(lo, hi)`")
        return Nothing()
    return RangeCode(arguments, any(map(_written_real, bounds)), suffix, place, node.span)


def named_arguments(
    node: tree.Call, names: tuple[str, ...], positional: int, place: Place, deciding: tuple[str, ...] = ()
) -> dict[str, Code]:
    """Arguments of a placeholder or the like by name, at most *positional* of them by place; wrong ones are reported.

    A placeholder in one of those in *deciding* is called as the argument is.
    """
    assert isinstance(node.function, tree.Name)
    title = node.function.name
    found: dict[str, Code] = {}
    for number, argument in enumerate(node.arguments):
        name = argument.name or (names[number] if number < positional else None)
        code = compile_node(argument.value, place.named(name) if name in deciding else place)
        if name is None:
            many = f"{positional} value{'s' * (positional != 1)}"
            place.report("E0304", f"`{title}` takes {many} in order", argument.span)
        elif name not in names:
            hint = suggest(name, names)
            span = argument.name_span if argument.name_span.source.text else argument.span
            place.report("E0301", f"`{title}` has no setting `{name}`", span, hint)
        elif name in found:
            place.report("E0302", f"`{name}` is given twice", argument.span)
        else:
            found[name] = code
    return found


# ------------------------------------------------------------------------------------------------- maybe


class MaybeCode(_Asking):
    """`maybe(layer)`: the layer or `Identity`."""

    fresh = True

    def __init__(self, layer: Code, label: str, suffix: str, place: Place, span: Span) -> None:
        super().__init__(suffix, place, span)
        self.layer = layer
        self.absorb(layer)
        self.domain = Alternatives((label, "Identity"))
        self.fresh = layer.fresh
        self._identity = operator_layer(OPERATORS["Identity"], [], {}, "Identity", span, {})

    def run(self, frame: Frame) -> Value:
        return self._identity if self.ask(frame, self.domain) else self.layer.run(frame)


def _maybe(node: tree.Call, place: Place) -> Code:
    suffix = place.naming.decision("maybe" if place.hint is None else place.hint)
    arguments = named_arguments(node, ("layer",), 1, place.plain())
    if "layer" not in arguments:
        place.report("E0511", "`maybe` takes a layer", node.span, "write `maybe(Dropout(0.5))`")
        return Nothing()
    label = _source_label(node.arguments[0].value, arguments["layer"], 0)
    return MaybeCode(arguments["layer"], "layer" if label == "Identity" else label, suffix, place, node.span)


# --------------------------------------------------------------------------------------- several of many


class SeveralCode(_Asking):
    """`manyof(k, options)`, `subset(options, min, max)`, `permutation(options)`: a list of some of the options."""

    def __init__(self, kind: str, arguments: dict[str, Code], suffix: str, place: Place, span: Span) -> None:
        super().__init__(suffix, place, span)
        self.kind, self.arguments = kind, arguments
        self.absorb(*arguments.values())
        self.needs = arguments["options"].needs

    def run(self, frame: Frame) -> Value:
        options = self.arguments["options"].run(frame)
        if isinstance(options, Record):
            pairs = list(options.raw().items())
        elif isinstance(options, Listing):
            pairs = _distinct([(label_of(item, place), item) for place, item in enumerate(options.raw())])
        else:
            fail("E0512", f"`{self.kind}` chooses from a list, not {describe(options)}", self.arguments["options"].span)
        domain = self._domain(tuple(label for label, _ in pairs), frame)
        digits = domain.size.bit_length()  # numbering the members takes arithmetic on such numbers, one for each option
        frame.run.spend(self.span, len(pairs) // 4 + len(pairs) * digits // 20_000)
        members = domain.members(self.ask(frame, domain))
        return Listing([pairs[member][1] for member in members])

    def _domain(self, labels: tuple[str, ...], frame: Frame) -> Combinations | Subsets | Permutations:
        if self.kind == "permutation":
            return Permutations(labels)
        if self.kind == "manyof":
            taken = self._count("k", frame, 0, len(labels))
            return Combinations(labels, taken)
        least = self._count("min", frame, 0, len(labels)) if "min" in self.arguments else 0
        most = self._count("max", frame, least, len(labels)) if "max" in self.arguments else len(labels)
        return Subsets(labels, least, most)

    def _count(self, name: str, frame: Frame, least: int, most: int) -> int:
        value = self.arguments[name].run(frame)
        count = whole(value)
        if count is None or not least <= count <= most:
            message = f"`{name}` of `{self.kind}` is a whole number from {least} to {most}, not {describe(value)}"
            fail("E0513", message, self.arguments[name].span)
        return count


def _several(kind: str, names: tuple[str, ...], required: tuple[str, ...]) -> Any:
    def compile_several(node: tree.Call, place: Place) -> Code:
        suffix = place.naming.decision(kind if place.hint is None else place.hint)
        arguments = named_arguments(node, names, len(names), place.plain())
        missing = [name for name in required if name not in arguments]
        if missing:
            place.report("E0511", f"`{kind}` needs `{missing[0]}`", node.span, f"write `{kind}({', '.join(names)})`")
            return Nothing()
        return SeveralCode(kind, arguments, suffix, place, node.span)

    return compile_several


def _register(name: str, maker: Any, parameters: tuple[str, ...]) -> None:
    PLACEHOLDERS[name] = maker
    FUNCTIONS[name] = (lambda *_: None, parameters)


_register("range", _range, ("lo", "hi", "step", "log"))
_register("maybe", _maybe, ("layer",))
_register("manyof", _several("manyof", ("k", "options"), ("k", "options")), ("k", "options"))
_register("subset", _several("subset", ("options", "min", "max"), ("options",)), ("options", "min", "max"))
_register("permutation", _several("permutation", ("options",), ("options",)), ("options",))
__all__ += ["delay"]
