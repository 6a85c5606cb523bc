"""Literals and names: the code of what stands alone."""

from collections.abc import Iterable
from fractions import Fraction

from symnas import operators, tree
from symnas.elaborate.code import LET, Code, Frame, Naming, Nothing, Place, compiles, fail
from symnas.elaborate.declarations import BlockCode, Declared, LetCode, NetCode, SharedCode
from symnas.elaborate.using import UsedFunction, UsedLayer
from symnas.elaborate.values import BlockRecipe, OperatorLayer, Tensor, Thunk, Value
from symnas.errors import Note, SourceError, near, suggest
from symnas.operators.base import Operator, OperatorError
from symnas.operators.starts import STARTS, Start
from symnas.spans import Span

__all__ = [
    "Constant",
    "LetName",
    "LocalName",
    "OperatorName",
    "RecipeName",
    "noting_shapes",
    "operator_layer",
    "unknown_name",
    "use_of",
]


class Constant(Code):
    """A value known from the text."""

    def __init__(self, value: Value, span: Span, real: bool = False) -> None:
        self.value = value
        self.span = span
        self.real = real
        """Whether it was written with a point or an exponent, which makes a `range` real."""

    def run(self, frame: Frame) -> Value:
        return self.value


class LocalName(Code):
    """A parameter or a binding of the block at hand."""

    def __init__(self, name: str, span: Span, tensor: bool = False, bound: Span | None = None) -> None:
        self.name = name
        self.span = span
        self.bound = bound
        """Where it is bound, if there is one place."""
        self.free = self.needs = frozenset((name,))
        self.applied = frozenset((name + "!",))
        self.tensor = tensor

    def run(self, frame: Frame) -> Value:
        value = frame.names[self.name]
        return value.force() if isinstance(value, Thunk) else value


class LetName(Code):
    """A top-level `let`, or a setting of `train`: evaluated once in an architecture."""

    def __init__(self, let: LetCode, span: Span) -> None:
        self.let = let
        self.span = span
        self.uses = frozenset((let,))
        self.needs = frozenset((LET + let.name,))

    def run(self, frame: Frame) -> Value:
        return self.let.value(frame.run)


class SharedName(Code):
    """A top-level `shared` layer."""

    def __init__(self, shared: SharedCode, span: Span) -> None:
        self.shared = shared
        self.span = span
        self.uses = frozenset((shared,))

    def run(self, frame: Frame) -> Value:
        return self.shared.value(frame.run)


class RecipeName(Code):
    """The bare name of a block or cell: a recipe, decided wherever it is applied."""

    fresh = True

    def __init__(self, block: BlockCode, name: str, naming: Naming, span: Span) -> None:
        self.uses = frozenset((block,))
        self.span = span
        block.compile()
        self.applied = block.sure
        segment = naming.application(name)
        self.recipe = BlockRecipe(block, segment, f"{naming.prefix}.{segment}", span)

    def run(self, frame: Frame) -> Value:
        return self.recipe


class OperatorName(Code):
    """The bare name of an operator: the layer with all its defaults."""

    fresh = True

    def __init__(self, operator: Operator, name: str, naming: Naming, span: Span) -> None:
        self.operator = operator
        self.span = span
        self.segment = naming.application(name)
        self._layer: OperatorLayer | None = None

    def run(self, frame: Frame) -> Value:
        if self._layer is None:
            self._layer = operator_layer(self.operator, [], {}, self.segment, self.span, {})
        return self._layer


def operator_layer(
    operator: Operator, positional: list[object], named: dict[str, object], segment: str, span: Span,
    spans: dict[str, Span],
) -> OperatorLayer:  # fmt: skip
    """The layer of *operator* with its settings bound; *spans* say where each was written."""
    try:
        settings = operator.bind(positional, named)
    except OperatorError as error:
        raise operator_fault(error, span, spans) from None
    return OperatorLayer(operator, tuple(settings.items()), segment, span, tuple(spans.items()))


def operator_fault(error: OperatorError, span: Span, spans: dict[str, Span]) -> SourceError:
    """What an operator refused, as a diagnostic at the setting's argument or at the whole application."""
    code = "E0305" if error.setting is not None else "E0403"
    return SourceError.at(code, error.message, spans.get(error.setting or "", span), error.hint)


@compiles(tree.Number)
def _number(node: tree.Number, place: Place) -> Code:
    value = int(node.value) if node.value.denominator == 1 else Fraction(node.value)
    return Constant(value, node.span, node.real)


@compiles(tree.Text)
def _text(node: tree.Text, place: Place) -> Code:
    return Constant(node.value, node.span)


@compiles(tree.Boolean)
def _boolean(node: tree.Boolean, place: Place) -> Code:
    return Constant(node.value, node.span)


@compiles(tree.NoneValue)
def _none(node: tree.NoneValue, place: Place) -> Code:
    return Constant(None, node.span)


@compiles(tree.Name)
def _name(node: tree.Name, place: Place) -> Code:
    name = node.name
    if place.locals.read(name):
        versions = place.locals.bound[name]
        bound = versions[0].span if len(versions) == 1 else None
        return LocalName(name, node.span, place.locals.is_tensor(name), bound)
    declared = place.module.declared.get(name)
    if isinstance(declared, LetCode):
        return LetName(declared, node.span)
    if isinstance(declared, SharedCode):
        return SharedName(declared, node.span)
    if isinstance(declared, BlockCode):
        return RecipeName(declared, name, place.naming, node.span)
    if isinstance(declared, NetCode):
        place.report("E0206", f"net `{name}` is not a value", node.span, f"read its costs: `{name}.params`")
        return Nothing()
    if name in STARTS:
        return _start(name, node.span, place)
    if isinstance(declared, UsedFunction):
        place.report(
            "E0223", f"`{name}` is a Python function, no layer", node.span,
            f"it may stand in `measure` and `search`; for a layer, say its shape: `use … ({name}(x: [*S]) -> [*S])`",
        )  # fmt: skip
        return Nothing()
    if isinstance(declared, UsedLayer) and not declared.sound:
        return Nothing()
    operator = declared.operator if isinstance(declared, UsedLayer) else operators.lookup(name)
    if operator is not None:
        return use_of(declared, OperatorName(operator, name, place.naming, node.span))
    return unknown_name(name, node.span, place)


def _start(way: str, span: Span, place: Place) -> Code:
    """A bare name as a way for weights to start: `zeros`."""
    needed = STARTS[way]
    if needed is not None:
        place.report("E0303", f"`{way}` needs its setting `{needed}`", span, f"write `{way}(0.02)`")
        return Nothing()
    return Constant(Start(way), span)


def use_of(declared: Declared | None, code: Code) -> Code:
    """*code*, which applies *declared* if that is a Python layer: then that takes part in the program."""
    if isinstance(declared, UsedLayer):
        code.uses |= {declared}
    return code


def noting_shapes(error: SourceError, operands: Iterable[tuple[Code, Value]]) -> SourceError:
    """*error*, if it is that shapes do not fit, with where the tensors that are called by name were bound."""
    if not error.diagnostics or error.diagnostics[0].code != "E0403":
        return error
    return error.noting(
        *(
            Note(f"`{code.name}` is {value.type}", code.bound)
            for code, value in operands
            if isinstance(code, LocalName) and code.bound is not None and isinstance(value, Tensor)
        )
    )


def unknown_name(name: str, span: Span, place: Place) -> Code:
    """Report a name that nothing has, with the nearest that something has: once in a declaration."""
    if name in place.locals.missed:
        return Nothing()
    place.locals.missed.add(name)
    if name in place.locals.ended:
        what, line = place.locals.ended[name]
        bound = tuple(Note("it is bound here", each.span) for each in place.locals.made if each.name == name)
        for binding in place.locals.made:  # one mistake, one message
            binding.used = binding.used or binding.name == name
        place.report(
            "E0203", f"`{name}` ends with the `{what}` on line {line}", span,
            f"bind `{name}` before the `{what}`", bound[-1:],
        )  # fmt: skip
        return Nothing()
    known = [
        *place.locals.bound,
        *place.module.declared,
        *place.module.metrics,
        *operators.names(),
        *place.module.functions,
    ]
    declared = sorted(each for each in [*place.locals.bound, *place.module.declared] if "." not in each)
    hint = suggest(name, known, many=True) if near(name, known) else suggest(name, declared, "declared are", many=True)
    place.report("E0201", f"nothing is called `{name}`", span, hint)
    return Nothing()


def need_bool(value: Value, span: Span, what: str) -> bool:
    """*value* as a truth value, or an error that says where one is needed."""
    if isinstance(value, bool):
        return value
    from symnas.elaborate.values import Tensor, describe

    hint = "use `when` for what is decided while the network runs" if isinstance(value, Tensor) else None
    fail("E0404", f"{what} must be `true` or `false`, not {describe(value)}", span, hint)
