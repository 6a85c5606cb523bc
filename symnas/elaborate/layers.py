"""Calls and names for stages: `Conv2d(64, 3)`, `layer as stem`."""

from collections.abc import Callable
from typing import Any

from attrs import evolve

from symnas import operators, tree
from symnas.elaborate.applying import Site, apply, apply_operator, is_layer, setting_value
from symnas.elaborate.atoms import Constant, LocalName, operator_layer, use_of
from symnas.elaborate.code import Code, Frame, Naming, Place, compile_node, compiles, fail, weight_name
from symnas.elaborate.declarations import BlockCode, FnCode, ParameterCode
from symnas.elaborate.moving import apart
from symnas.elaborate.regions import DeadEnd, Infeasible
from symnas.elaborate.using import UsedLayer
from symnas.elaborate.values import (
    BlockLayer,
    BlockRecipe,
    Listing,
    OperatorLayer,
    Renamed,
    Tensor,
    Thunk,
    Value,
    describe,
)  # fmt: skip
from symnas.errors import Note, SourceError, suggest
from symnas.operators.base import Operator
from symnas.operators.settings import left_out
from symnas.spans import Span

__all__ = ["FUNCTIONS", "Argued", "function"]


# ------------------------------------------------------------------------------------------------- calls


class Argued:
    """The arguments of a call as code, in order, with the names and places they were written at."""

    def __init__(self, positional: list[tuple[Code, bool]], named: dict[str, Code]) -> None:
        self.positional = positional
        self.named = named
        self.codes = [*(code for code, _ in positional), *named.values()]

    def values(self, frame: Frame) -> tuple[list[Value], dict[str, Value]]:
        """All arguments evaluated, spreads spread."""
        found: list[Value] = []
        for code, spread in self.positional:
            value = code.run(frame)
            if not spread:
                found.append(value)
            elif isinstance(value, Listing):
                found.extend(value.all())
            else:
                fail("E0307", f"`*` spreads a list, not {describe(value)}", code.span)
        return found, {name: code.run(frame) for name, code in self.named.items()}


def _argued(node: tree.Call, place: Place, hints: list[str], within: bool) -> Argued:
    """Compile the arguments of *node*; *hints* name the settings they fill. *within* a block call, parts of an
    argument are counted below the setting's name.
    """
    positional, named = [], {}
    for number, argument in enumerate(node.arguments):
        setting = argument.name or (hints[number] if number < len(hints) else None)
        inner = place.named(setting)
        if within and setting is not None and not _is_placeholder(argument.value):
            inner = place.inside(place.naming.below(setting))
        code = compile_node(argument.value, inner)
        if argument.name is None:
            positional.append((code, argument.spread))
        elif argument.name in named:
            place.report("E0302", f"`{argument.name}` is given twice", argument.span)
        else:
            named[argument.name] = code
    return Argued(positional, named)


def _is_placeholder(node: tree.Expression) -> bool:
    if isinstance(node, tree.As):
        return _is_placeholder(node.value)
    return isinstance(node, (tree.OneOf, tree.Name, tree.Number)) or (
        isinstance(node, tree.Call) and isinstance(node.function, tree.Name) and node.function.name in PLACEHOLDER_NAMES
    )


PLACEHOLDER_NAMES = frozenset({"range", "maybe", "manyof", "subset", "permutation"})


class OperatorCall(Code):
    """An operator called: with tensors it is applied, without it is a layer."""

    fresh = True

    def __init__(self, operator: Operator, arguments: Argued, segment: str, span: Span, name_span: Span) -> None:
        self.operator, self.arguments, self.segment, self.span = operator, arguments, segment, span
        self.name_span = name_span
        self.absorb(*arguments.codes)
        self.needs = frozenset().union(*(code.needs for code in arguments.codes))
        self.spans = _setting_spans(operator, arguments)
        self._kept: dict[Any, OperatorLayer] = {}

    def run(self, frame: Frame) -> Value:
        positional, named = self.arguments.values(frame)
        tensors, rest = _split(self.operator, positional)
        if tensors or any(isinstance(each, Tensor) for each in named.values()):
            return self._applied(frame, tensors, rest, named)
        key = (*map(_hashable, positional), *map(_hashable, named.values()))
        layer = self._kept.get(key)
        if layer is None:
            layer = operator_layer(
                self.operator, [setting_value(each) for each in positional],
                {name: setting_value(each) for name, each in named.items()}, self.segment, self.span, self.spans,
            )  # fmt: skip
            if not self.operator.inputs:
                return self._applied(frame, [], positional, named)
            if len(self._kept) < 1000:
                self._kept[key] = layer
        elif not self.operator.inputs:
            return self._applied(frame, [], positional, named)
        return layer

    def _applied(self, frame: Frame, tensors: list[Tensor], rest: list[Value], named: dict[str, Value]) -> Value:
        tensors, named = self._with_named(tensors, named)
        known = {*named, *(each.name for each in self.operator.settings if each.leads)}
        shift = {name: span for name, span in self.spans.items() if name in known}
        given = {name: setting_value(each) for name, each in named.items()}
        layer = operator_layer(
            self.operator, [setting_value(each) for each in rest], given, self.segment, self.span, shift
        )
        name = weight_name(self.segment)
        return apply_operator(frame, self.operator, layer.settings, tensors, name, self.span, shift)

    def _with_named(self, tensors: list[Tensor], named: dict[str, Value]) -> tuple[list[Tensor], dict[str, Value]]:
        """The tensors with those given by name behind them, `attend(q, k, value = v, mask = m)`; and the settings.
        `none` stands for one that may be left out.
        """
        operator, settings = self.operator, dict(named)
        absent = [name for name in operator.optional if name in named and named[name] is None]
        takes = [*operator.inputs, *operator.optional]
        by_name = {name: each for name in takes if isinstance(each := named.get(name), Tensor)}
        for name in (*absent, *by_name):
            del settings[name]
        places = [name for name in takes if name not in settings]
        found = list(tensors)
        for name, value in by_name.items():
            place = places.index(name)
            if place < len(tensors):
                fail("E0302", f"`{name}` of `{operator.name}` is given twice", self.spans[name])
            if place > len(found):
                hint = f"the tensors that it takes, in order: {', '.join(f'`{each}`' for each in places)}"
                missing = f"`{name}` is given to `{operator.name}`, but no `{places[len(found)]}`"
                fail("E0306", missing, self.spans[name], hint)
            found.append(value)
        return found, settings


def _hashable(value: Value) -> object:
    made = setting_value(value)
    return (type(made), made)


def _split(operator: Operator, positional: list[Value]) -> tuple[list[Tensor], list[Value]]:
    """The tensors among positional arguments, which come first, and the settings around them."""
    leading = sum(each.leads for each in operator.settings)
    if leading and positional and not isinstance(positional[0], Tensor):
        tensors, rest = _tensors_first(operator, positional[leading:])
        return tensors, [*positional[:leading], *rest]
    return _tensors_first(operator, positional)


def _tensors_first(operator: Operator, positional: list[Value]) -> tuple[list[Tensor], list[Value]]:
    if operator.variadic and positional and isinstance(positional[0], Listing):
        items = positional[0].all()
        if items and all(isinstance(item, Tensor) for item in items):
            return [item for item in items if isinstance(item, Tensor)], positional[1:]
    tensors: list[Tensor] = []
    for value in positional:
        if not isinstance(value, Tensor):
            break
        tensors.append(value)
    return tensors, positional[len(tensors) :]


def _setting_spans(operator: Operator, arguments: Argued) -> dict[str, Span]:
    names = [setting.name for setting in operator.settings]
    spans = {name: code.span for name, (code, _) in zip(names, arguments.positional, strict=False)}
    spans.update({name: code.span for name, code in arguments.named.items()})
    return spans


class BlockCall(Code):
    """A block called with settings: decided by this call, applied where the layer flows."""

    fresh = True

    def __init__(self, block: BlockCode, arguments: dict[str, Code], segment: str, suffix: str, span: Span) -> None:
        self.block, self.arguments, self.segment, self.suffix, self.span = block, arguments, segment, suffix, span
        self.absorb(*arguments.values())
        self.uses |= {block}
        block.compile()
        strict = [code.needs for name, code in arguments.items() if name in block.strict]
        self.applied = block.sure.union(*strict)

    def run(self, frame: Frame) -> Value:
        arguments: dict[str, Value | Thunk] = {name: delay(code, frame) for name, code in self.arguments.items()}
        path = self.block.path or frame.path + self.suffix
        return BlockLayer(self.block, arguments, path, self.segment, self.span)


def delay(code: Code, frame: Frame) -> Value | Thunk:
    """The value of *code* if evaluating it now can do no harm, else a thunk.

    Harm is a decision made that may never be needed. Code that decides nothing is tried at once; if it fails, the
    failure waits until the value is needed.
    """
    if type(code) is Constant:  # `isinstance` takes its time with abstract classes
        return code.value
    if type(code) is LocalName:
        value = frame.names[code.name]
        return value.value if isinstance(value, Thunk) and value.frame is None else value
    if harmless(code, frame):
        try:
            return code.run(frame)
        except (SourceError, Infeasible, DeadEnd):
            frame.run.tried()
    return Thunk(code, frame.capture(code.free))


def harmless(code: Code, frame: Frame) -> bool:
    """Whether evaluating *code* now makes no decision, in itself or in a binding that it reads."""
    settled = not code.asks and all(each.settled(frame.run) for each in code.uses)
    return settled and all(_known(frame.names.get(name)) for name in code.free)


def _known(value: Value | Thunk) -> bool:
    return not isinstance(value, Thunk) or value.frame is None


class FnCall(Code):
    """A user's `fn` called: arguments are evaluated as they are needed."""

    def __init__(self, function: FnCode, arguments: dict[str, Code], span: Span) -> None:
        self.function, self.arguments, self.span = function, arguments, span
        self.absorb(*arguments.values())
        self.uses |= {function}

    def run(self, frame: Frame) -> Value:
        arguments: dict[str, Value | Thunk] = {name: delay(code, frame) for name, code in self.arguments.items()}
        return self.function.call(arguments, frame, self.span)


class ValueCall(Code):
    """Something held by a variable called: a block's name passed as an argument, or a layer on tensors."""

    fresh = True

    def __init__(self, callee: Code, arguments: Argued, site: Site, span: Span) -> None:
        self.callee, self.arguments, self.site, self.span = callee, arguments, site, span
        self.absorb(callee, *arguments.codes)
        self.needs = callee.needs

    def run(self, frame: Frame) -> Value:
        callee = self.callee.run(frame)
        if isinstance(callee, BlockRecipe):
            given = [(code, spread) for code, spread in self.arguments.positional]
            if any(spread for _, spread in given):
                fail("E0307", "a block's settings cannot be spread", self.span)
            names = [parameter.name for parameter in callee.block.settings]
            pairs = [*zip(names, (code for code, _ in given), strict=False), *self.arguments.named.items()]
            arguments: dict[str, Value | Thunk] = {name: delay(code, frame) for name, code in pairs}
            path = callee.block.path or frame.path + self.site.suffix
            return BlockLayer(callee.block, arguments, path, self.site.segment, self.span)
        positional, named = self.arguments.values(frame)
        if isinstance(callee, OperatorLayer) and not any(isinstance(each, Tensor) for each in positional):
            return operator_layer(
                callee.operator, [setting_value(each) for each in positional],
                {name: setting_value(each) for name, each in named.items()}, self.site.segment, self.span, {},
            )  # fmt: skip
        tensors = [each for each in positional if isinstance(each, Tensor)]
        if is_layer(callee) and len(tensors) == len(positional) and tensors and not named:
            return apply(callee, tensors, frame, self.site, False, self.span)
        fail("E0308", f"{describe(callee)} cannot be called here", self.callee.span, "apply a layer with `->`")


Builtin = Callable[[Frame, Argued, Span], Value]
FUNCTIONS: dict[str, tuple[Builtin, tuple[str, ...]]] = {}
"""Functions of the language by name, with the names of their parameters."""


def function(name: str, *parameters: str) -> Callable[[Builtin], Builtin]:
    """Register a function of the language called *name*."""

    def register(made: Builtin) -> Builtin:
        FUNCTIONS[name] = (made, parameters)
        return made

    return register


_OF_ALL = frozenset({"sum", "mean", "min", "max", "concat"})
"""Functions that evaluate every item of the list that they are given."""


class FunctionCall(Code):
    """A function of the language called: `len(xs)`, `multiple(v, of = 8)`."""

    def __init__(self, name: str, arguments: Argued, span: Span) -> None:
        self.function, self.parameters = FUNCTIONS[name]
        self.arguments, self.span = arguments, span
        self.absorb(*arguments.codes)
        if arguments.positional:
            code = arguments.positional[0][0]
            self.needs = code.needs | code.certain if name in _OF_ALL else code.needs

    def run(self, frame: Frame) -> Value:
        return self.function(frame, self.arguments, self.span)


class MethodCall(Code):
    """`x.transpose(1, 2)`: a tensor's method, as in PyTorch."""

    def __init__(self, target: Code, name: str, arguments: Argued, segment: str, span: Span, name_span: Span) -> None:
        self.target, self.name, self.arguments, self.segment = target, name, arguments, segment
        self.span, self.name_span = span, name_span
        self.absorb(target, *arguments.codes)
        self.needs = target.needs

    def run(self, frame: Frame) -> Value:
        target = self.target.run(frame)
        operator = operators.lookup(self.name)
        if not isinstance(target, Tensor):
            fail("E0308", f"{describe(target)} has no method `{self.name}`", self.name_span)
        if operator is None or not operator.method:
            known = [each.name for each in operators.OPERATORS.values() if each.method]
            hint = suggest(self.name, known)
            fail("E0309", f"a tensor has no method `{self.name}`", self.name_span, hint)
        positional, named = self.arguments.values(frame)
        more = [each for each in positional if isinstance(each, Tensor)]
        rest = [setting_value(each) for each in positional if not isinstance(each, Tensor)]
        spans = {name: code.span for name, code in self.arguments.named.items()}
        given = {name: setting_value(each) for name, each in named.items()}
        layer = operator_layer(operator, rest, given, self.segment, self.span, spans)
        return apply_operator(frame, operator, layer.settings, [target, *more], self.segment, self.span, spans)


@compiles(tree.Call)
def _call(node: tree.Call, place: Place) -> Code:
    if isinstance(node.function, tree.Attribute):
        return _method(node, node.function, place)
    if not isinstance(node.function, tree.Name):
        callee = compile_node(node.function, place.plain())
        arguments = _argued(node, place.plain(), [], within=False)
        return ValueCall(callee, arguments, Site(place.naming.prefix, place.naming.application("call")), node.span)
    name = node.function.name
    if place.locals.read(name):
        callee = compile_node(node.function, place)
        site = Site(place.naming.prefix, place.naming.application(name))
        inner = place.inside(place.naming.below(site.segment))
        return ValueCall(callee, _argued(node, inner, [], within=False), site, node.span)
    declared = place.module.declared.get(name)
    if isinstance(declared, BlockCode):
        return _block_call(node, name, declared, place)
    if isinstance(declared, FnCode):
        matched = _matched(
            node, declared.name, declared.parameters, place.plain(), within=False, declared=declared.span
        )
        return FnCall(declared, matched, node.span)
    if name in FUNCTIONS and declared is None:
        return _function_call(node, name, place)
    operator = declared.operator if isinstance(declared, UsedLayer) else operators.lookup(name)
    if operator is not None and not (isinstance(declared, UsedLayer) and not declared.sound):
        segment = place.naming.application(name)
        hints = [setting.name for setting in operator.settings]
        arguments = _argued(node, place.plain(), hints, within=False)
        _check_settings(node, operator, place)
        return use_of(declared, OperatorCall(operator, arguments, segment, node.span, node.function.span))
    callee = compile_node(node.function, place)  # reports what is wrong with the name
    _argued(node, place.plain(), [], within=False)
    return callee


def _function_call(node: tree.Call, name: str, place: Place) -> Code:
    _, parameters = FUNCTIONS[name]
    maker = PLACEHOLDERS.get(name)
    if maker is not None:
        return maker(node, place)
    for argument in node.arguments:
        if argument.name is not None and argument.name not in parameters:
            place.report(
                "E0301", f"`{name}` has no setting `{argument.name}`", argument.name_span,
                suggest(argument.name, parameters),
            )  # fmt: skip
    call = FunctionCall(name, _argued(node, place.plain(), [], within=False), node.span)
    return apart(call, place, f"`{name}`")


PLACEHOLDERS: dict[str, Callable[[tree.Call, Place], Code]] = {}
"""Placeholders written as calls, each compiled in its own file."""


def _check_settings(node: tree.Call, operator: Operator, place: Place) -> None:
    """Report settings that the operator does not have, without waiting for the call to run."""
    known = [*(setting.name for setting in operator.settings), *operator.inputs, *operator.optional]
    for argument in node.arguments:
        if argument.name is not None and argument.name not in known:
            hint = left_out(argument.name) or suggest(argument.name, known)
            span = argument.name_span if argument.name_span.source.text else argument.span
            place.report("E0301", f"`{operator.name}` has no setting `{argument.name}`", span, hint)


def _block_call(node: tree.Call, name: str, block: BlockCode, place: Place) -> Code:
    segment = place.naming.application(name)
    inner = place.inside(place.naming.below(segment))
    arguments = _matched(node, name, block.settings, inner, within=True, declared=block.span)
    return BlockCall(block, arguments, segment, f"{place.naming.prefix}.{segment}", node.span)


def _matched(
    node: tree.Call, name: str, parameters: tuple[ParameterCode, ...], place: Place, within: bool, declared: Span
) -> dict[str, Code]:
    """Arguments by parameter name; wrong ones are reported, with where what is called is *declared*."""
    note = (Note(f"`{name}` is declared here", declared),)
    names = [parameter.name for parameter in parameters]
    argued = _argued(node, place, names, within)
    if any(spread for _, spread in argued.positional):
        place.report("E0307", f"settings of `{name}` cannot be spread", node.span)
    if len(argued.positional) > len(names):
        extra = argued.positional[len(names)][0]
        many = f"{len(names)} setting{'s' if len(names) != 1 else ''}"
        place.report("E0304", f"`{name}` has {many}; {len(argued.positional)} are given", extra.span, notes=note)
    found = dict(zip(names, (code for code, _ in argued.positional), strict=False))
    for argument in node.arguments:
        if argument.name is None:
            continue
        span = argument.name_span if argument.name_span.source.text else argument.span
        if argument.name not in names:
            hint = suggest(argument.name, names)
            place.report("E0301", f"`{name}` has no setting `{argument.name}`", span, hint, note)
        elif argument.name in found:
            place.report("E0302", f"`{argument.name}` is given twice", span)
        else:
            found[argument.name] = argued.named[argument.name]
    return found


def _method(node: tree.Call, function: tree.Attribute, place: Place) -> Code:
    target = compile_node(function.target, place.plain())
    arguments = _argued(node, place.plain(), [], within=False)
    segment = place.naming.application(function.name)
    return MethodCall(target, function.name, arguments, segment, node.span, function.name_span)


# ---------------------------------------------------------------------------------------------------- as


class AsCode(Code):
    """`value as name` over something composite: its parts are named below *name*."""

    def __init__(self, value: Code, segment: str, span: Span) -> None:
        self.value, self.segment, self.span = value, segment, span
        self.absorb(value)
        self.needs, self.fresh, self.applied, self.tensor = value.needs, value.fresh, value.applied, value.tensor

    def run(self, frame: Frame) -> Value:
        value = self.value.run(frame)
        return Renamed(value, self.segment) if is_layer(value) else value


@compiles(tree.As)
def _as(node: tree.As, place: Place) -> Code:
    """A call or bare name takes the name as its own segment; a placeholder takes it as its decision's name."""
    inner = node.value
    wrapped = _named_inside(node, place)
    if wrapped is not None:
        return compile_node(wrapped, place)
    if isinstance(inner, (tree.Call, tree.Name)):
        name = inner.function.name if isinstance(inner, tree.Call) and isinstance(inner.function, tree.Name) else None
        name = inner.name if isinstance(inner, tree.Name) else name
        plain = name is not None and name not in place.locals.bound and name not in FUNCTIONS
        if plain:
            return compile_node(inner, Place(place.module, _Fixed(place.naming, node.name), place.locals))
    if isinstance(inner, tree.Binary) and inner.operator in _TRUTHS:
        hint = f"put brackets around what it names: `(… as {node.name})`"
        place.report("E0217", f"`as {node.name}` names nothing here", node.name_span, hint)
    code = compile_node(inner, place.named(node.name))
    if isinstance(inner, tree.OneOf) or (isinstance(inner, tree.Call) and _is_placeholder(inner)):
        if "." in node.name or "[" in node.name:  # what it stands in is said by the paths of decisions already
            place.report("E0244", "a decision is called by one word", node.name_span, "only a layer is named by a path")
        return code
    return AsCode(code, place.naming.application(node.name), node.span)


WRAPPERS: set[str] = set()
"""Functions that take a layer and give it with something said of it, filled in their own file."""


def _named_inside(node: tree.As, place: Place) -> tree.Call | None:
    """`frozen(layer as name)` for `frozen(layer) as name`: what wraps a layer is no part of its weights' names."""
    call = node.value
    if not isinstance(call, tree.Call) or not isinstance(call.function, tree.Name):
        return None
    name = call.function.name
    if name not in WRAPPERS or name in place.locals.bound or name in place.module.declared or not call.arguments:
        return None
    first, *rest = call.arguments
    return evolve(call, arguments=(evolve(first, value=evolve(node, value=first.value)), *rest))


_TRUTHS = frozenset(tree.BinaryOperator) - {
    tree.BinaryOperator.ADD,
    tree.BinaryOperator.SUBTRACT,
    tree.BinaryOperator.MULTIPLY,
    tree.BinaryOperator.DIVIDE,
    tree.BinaryOperator.MATMUL,
}
"""Operators whose result is never a tensor, so that `as` after them names nothing."""


class _Fixed(Naming):
    """A naming whose next application is called as `as` says; everything else is the naming around it."""

    def __init__(self, naming: Naming, name: str) -> None:
        super().__init__(naming.prefix)
        self._naming, self._name, self._taken = naming, name, False

    def decision(self, name: str) -> str:
        """As the naming around it."""
        return self._naming.decision(name)

    def application(self, name: str) -> str:
        """The fixed name first, then the naming's own."""
        if self._taken:
            return self._naming.application(name)
        self._taken = True
        return self._naming.application(self._name)
