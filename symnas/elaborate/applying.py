"""Applying layers to tensors: operators become operations of the graph, blocks become scopes and regions.

Decisions were made where a layer was evaluated; weights are made here.
"""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard

from attrs import evolve, frozen

from symnas import operators
from symnas.elaborate.atoms import operator_fault
from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.code import Frame, fail, weight_name
from symnas.elaborate.declarations import BlockCode, CellInPlace, Declared
from symnas.elaborate.explaining import explained
from symnas.elaborate.marking import Marks
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.moving import Carrier, land_moved
from symnas.elaborate.regions import Region, Run
from symnas.elaborate.templates import Nested
from symnas.elaborate.values import (
    LAYERS,
    MOST_WALKED,
    BlockLayer,
    BlockRecipe,
    Chain,
    Layer,
    Listing,
    OperatorLayer,
    Record,
    Renamed,
    Repeated,
    Ruled,
    SharedLayer,
    Tensor,
    Thunk,
    Unportable,
    Value,
    Wrapped,
    describe,
    land,
    port,
    walk,
)  # fmt: skip
from symnas.errors import Note
from symnas.graph import Operation
from symnas.operators.base import Operator, OperatorError, SettingValue
from symnas.operators.python import is_python
from symnas.operators.settings import LARGEST_WHOLE
from symnas.sizes import SymbolicSize, UnknownSize
from symnas.spans import Span
from symnas.types import TensorType

if TYPE_CHECKING:
    from symnas.elaborate.rewriting import Rules

__all__ = ["Site", "apply", "apply_named", "flow", "in_region", "marked_apart", "setting_value"]


class Site:
    """The name under which a layer held by a variable is applied: a path suffix and a weight name."""

    __slots__ = ("segment", "suffix")

    def __init__(self, prefix: str, segment: str) -> None:
        self.suffix = f"{prefix}.{segment}"
        self.segment = segment


def flow(value: Value) -> list[Tensor] | None:
    """The tensors that *value* sends into a layer: one, or those of a tuple and of tuples in it, as an LSTM's
    `(x, (h, c))`; `None` if it is no such thing.
    """
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Listing) and value.is_tuple:
        found = [flow(item) for item in value.all()]
        if found and None not in found:
            return [tensor for each in found if each is not None for tensor in each]
    return None


def apply(layer: Value, tensors: list[Tensor], frame: Frame, site: Site | None, fresh: bool, span: Span) -> Value:
    """What *layer* gives for *tensors*, written at *span*; *fresh* layers are applied nowhere else."""
    match layer:
        case OperatorLayer():
            name = weight_name(site.segment if site else layer.segment)
            spans = dict(layer.setting_spans)
            return apply_operator(frame, layer.operator, layer.settings, tensors, name, layer.span, spans)
        case BlockLayer():
            segment = site.segment if site else layer.segment
            return _apply_block(layer, tensors, frame, weight_name(segment), fresh, span)
        case BlockRecipe():
            path = frame.path + (site.suffix if site else layer.suffix)
            decided = BlockLayer(layer.block, {}, layer.block.path or path, layer.segment, layer.span)
            segment = site.segment if site else layer.segment
            return _apply_block(decided, tensors, frame, weight_name(segment), fresh or site is not None, span)
        case Chain():
            inner = _below(frame, site)
            between = apply(layer.first, tensors, inner, None, fresh and layer.fresh[0], span)
            middle = flow(between)
            if middle is None:
                fail("E0408", f"{describe(between)} cannot flow into a layer", span)
            return apply(layer.second, middle, inner, None, fresh and layer.fresh[1], span)
        case Renamed():
            inner = _below(_below(frame, site), Site("", layer.segment))
            return apply(layer.layer, tensors, inner, None, fresh, span)
        case Wrapped():
            return _apply_wrapped(layer, tensors, frame, site, fresh, span)
        case Ruled():
            return apply(layer.layer, tensors, _ruled(frame, layer), site, fresh, span)
        case Repeated():
            return layer.code.turns(layer, 0, layer.count, tensors, _below(frame, site), fresh)
        case SharedLayer():
            return _apply_shared(layer, tensors, frame, span)
        case _:
            fail("E0409", f"{describe(layer)} is not a layer", span, "the right side of `->` is a layer")


def _ruled(frame: Frame, layer: Ruled) -> Frame:
    """*frame* with the rules in force that the layer keeps."""
    rules = frame.rules and evolve(frame.rules, which=layer.rules, judged=layer.judged)
    return Frame(frame.names, frame.path, frame.name, frame.builder, frame.run, frame.again, rules)


def _below(frame: Frame, site: Site | None) -> Frame:
    if site is None:
        return frame
    name = weight_name(site.segment)
    full = f"{frame.name}.{name}" if frame.name else name
    return Frame(frame.names, frame.path, full, frame.builder, frame.run, frame.again, frame.rules)


# --------------------------------------------------------------------------------------------- operators


def spend_layers(run: Run, layers: int, span: Span) -> None:
    """So many layers more: a program cannot make networks without end."""
    run.fuel -= layers
    if run.fuel < 0:
        fail("E0501", f"more than {run.limits.layers:,} layers", span, run.limits.hint("layers"))


def apply_operator(
    frame: Frame, operator: Operator, settings: tuple[tuple[str, SettingValue], ...], tensors: Sequence[Tensor],
    name: str, span: Span, spans: dict[str, Span], shared: str | None = None,
) -> Value:  # fmt: skip
    """Add one operation to the graph, or what a rule puts in its place."""
    if frame.rules is not None and shared is None:
        layer = OperatorLayer(operator, settings, name, span, tuple(spans.items()))
        match, _, frame = frame.rules.find(layer, list(tensors), frame, name)
        if match is not None:
            return match.apply(list(tensors), True, span)
    _check_arity(operator, settings, tensors, span)
    types = tuple(tensor.type for tensor in tensors)
    key = (operator.name, settings, types)
    try:
        applied = _APPLIED.get(key)
        if applied is None or is_python(operator.name):  # another program may give the name another shape
            applied = operator.apply(dict(settings), types)
            _check_sizes(applied.outputs)
            if len(_APPLIED) > 50_000:
                _APPLIED.clear()
            _APPLIED[key] = applied
    except OperatorError as error:
        raise operator_fault(error, span, spans) from None
    except UnknownSize as error:
        names = " and ".join(f"`{each}`" for each in sorted(error.symbols))
        fail("E0401", f"{names} is unknown at build time", span, "give it in the net's signature")
    if operator.identity and shared is None:
        return tensors[0]
    spend_layers(frame.run, 1, span)
    frame.run.work += 1
    full = f"{frame.name}.{name}" if frame.name else name
    outputs, weights, macs = applied.outputs, applied.weights, applied.macs

    def make(operands: tuple[int, ...]) -> Operation:
        return Operation(operator.name, settings, operands, outputs, full, weights, macs, shared, span)

    made: list[Any] = [*frame.builder.add(make, list(tensors), outputs)]
    if applied.state is not None:
        made = [*made[: applied.state], Listing(made[applied.state :], is_tuple=True)]
    return Listing(made, is_tuple=True) if applied.many else made[0]


def _check_sizes(types: Iterable[TensorType]) -> None:
    """Refuse what no tensor can have: sizes beyond 64 bits, and more dimensions than PyTorch's 64.

    Raises:
        OperatorError: that.
    """
    for each in types:
        if each.rank > MOST_RANK:
            raise OperatorError(f"a tensor of {each.rank:,} dimensions; {MOST_RANK} are the most")
        if any(isinstance(size, int) and size > LARGEST_WHOLE for size in each.shape):
            raise OperatorError(f"a tensor has a size of more than {LARGEST_WHOLE:,}")


MOST_RANK = 64
"""Dimensions of a tensor, in PyTorch too."""

_APPLIED: dict[Any, Any] = {}
"""What operators gave for settings and types: pure, so kept for the process."""


def _check_arity(
    operator: Operator, settings: tuple[tuple[str, SettingValue], ...], tensors: Sequence[Tensor], span: Span
) -> None:
    if operator.variadic:
        return
    given = {name for name, value in settings if value is not None}
    wanted = sum(name not in given for name in operator.inputs)
    if not wanted <= len(tensors) <= wanted + len(operator.optional):
        names = ", ".join(f"`{name}`" for name in (*operator.inputs, *operator.optional))
        many = f"{wanted} tensor{'s' if wanted != 1 else ''}"
        if operator.optional:
            many = f"{wanted} to {wanted + len(operator.optional)} tensors"
        flowing = f"{len(tensors)} {'flows' if len(tensors) == 1 else 'flow'} in"
        fail("E0306", f"`{operator.name}` takes {many} ({names}); {flowing}", span)


def apply_named(frame: Frame, name: str, values: Sequence[Value], span: Span) -> Value:
    """An operator of arithmetic between tensors and numbers: `x + y`, `1 - x`."""
    operator = operators.OPERATORS[name]
    tensors = [value for value in values if isinstance(value, Tensor)]
    named: dict[str, object] = {}
    if len(tensors) < len(values) and len(values) == 2:
        number = next(value for value in values if not isinstance(value, Tensor))
        if isinstance(number, bool) or not isinstance(number, (int, Fraction, float, SymbolicSize)):
            fail("E0407", f"a tensor does not go with {describe(number)} here", span)
        named["other"] = number
        if not isinstance(values[0], Tensor):
            named["reversed"] = True
    try:
        settings = tuple(operator.bind([], named).items())
    except OperatorError as error:
        raise operator_fault(error, span, {}) from None
    return apply_operator(frame, operator, settings, tensors, name, span, {})


@frozen
class Unfit:
    """A value that no setting takes, as messages call it: "a layer"."""

    text: str

    def __str__(self) -> str:
        return self.text


def setting_value(value: Value) -> object:
    """A value as an operator's setting: lists become tuples, what no setting takes becomes what it is called."""
    return _setting(value, [MOST_WALKED])


def _setting(value: Value, left: list[int]) -> object:
    if isinstance(value, Listing):
        walk(left, len(value))
        return tuple(_setting(item, left) for item in value.all())
    if isinstance(value, (Tensor, Record, *LAYERS)):
        return Unfit(describe(value))
    return value


# ------------------------------------------------------------------------------------------------ blocks


def _apply_block(layer: BlockLayer, tensors: list[Tensor], frame: Frame, name: str, fresh: bool, span: Span) -> Value:
    block = layer.block
    _check_call(layer, tensors, span)
    decides = block.decides
    rules = frame.rules
    if rules is not None:
        match, found, frame = rules.find(layer, tensors, frame, name)
        if match is not None:
            return match.apply(tensors, fresh, span)
        assert isinstance(found, BlockLayer)
        layer = found if decides or block.is_cell else evolve(found, path=rules.path(frame, name))
        decides = decides or rules.decides
    full = f"{frame.name}.{name}" if frame.name else name
    again = frame.again or not fresh or block.in_place
    if (not again or not decides or block.is_cell) and not block.in_place:
        try:
            return _block_region(layer, tensors, frame, full, span)
        except Unportable:
            if block.is_cell and decides and not block.in_place:
                raise CellInPlace(block.path) from None
    return _block_in_place(layer, tensors, frame, full, again, span)


def _check_call(layer: BlockLayer, tensors: list[Tensor], span: Span) -> None:
    block = layer.block
    for parameter in block.settings:
        if parameter.default is None and parameter.name not in layer.arguments:
            place = block.node.span.source.position(parameter.node.span.start)
            hint = (
                f"if `{parameter.name}` is an input, write `({parameter.name}: [N, C, H, W])` at {place[0]}:{place[1]}"
                if block.inputs is None
                else f"write `{block.name}({parameter.name} = …)`"
            )
            note = (Note("it is declared here", parameter.node.span),)
            fail("E0303", f"`{block.name}` needs its setting `{parameter.name}`", layer.span, hint, note)
    if block.inputs is not None and len(block.inputs) != len(tensors):
        many = f"{len(block.inputs)} input{'s' if len(block.inputs) != 1 else ''}"
        fail("E0306", f"`{block.name}` takes {many}; {len(tensors)} flow in", span)


def _block_region(layer: BlockLayer, tensors: list[Tensor], frame: Frame, name: str, span: Span) -> Value:
    block = layer.block
    rules = frame.rules and frame.rules.entering(name, "", block)
    if (rules and rules.recorder is not None) or any(map(is_deciding, layer.arguments.values())):
        raise Unportable
    operands: list[Tensor] = []
    for each in block.first:
        value = layer.arguments.get(each)
        if type(value) is Thunk:
            layer.arguments[each] = value.force()
    ported = tuple((each, port(value, operands)) for each, value in layer.arguments.items())
    inputs = len(operands)
    operands = [*operands, *tensors]
    block.module.decide(block.sure, frame.run)
    lets = _ported_lets(_with_rules(block.lets, rules), frame.run)
    key = (block, ported, tuple(tensor.type for tensor in operands), lets, rules)
    region = block.module.regions.get(key)
    if region is not None and region.active:
        _fail_endless(block, layer.span)
    if region is None:

        def evaluate(run: Run) -> tuple[Value, Any]:
            run.lets = {each: land(value, ()) for each, value in lets}
            run.builder.block = block.name
            landed = _inputs(run.builder, operands, inputs, block)
            arguments: dict[str, Value | Thunk] = {each: land(value, landed) for each, value in ported}
            block.module.enter(layer.span)
            try:
                with explained(rules):
                    value = block.evaluate(arguments, landed[inputs:], "", run.builder, run, layer.span, rules=rules)
                    return value, None
            finally:
                block.module.leave()

        region = Region(f"`{block.name}`", evaluate, block.path if block.is_cell else None)
        block.module.regions[key] = region
    return frame.run.invoke(region, layer.path, frame.builder, name, operands, span)


def is_deciding(value: Value | Thunk) -> bool:
    """Whether *value* is a layer of which a block decides what it is made of."""
    if isinstance(value, Thunk):
        return value.frame is None and is_deciding(value.value)
    if isinstance(value, Chain):
        return is_deciding(value.first) or is_deciding(value.second)
    return isinstance(value, BlockLayer) and value.block.decides


def _with_rules(lets: Iterable[Declared], rules: "Rules | None") -> Iterable[Declared]:
    """*lets* and those that the rules in force read."""
    if rules is None or not rules.lets:
        return lets
    found = {each.name: each for each in (*lets, *rules.lets)}
    return [found[name] for name in sorted(found)]


def _fail_endless(block: BlockCode, span: Span) -> NoReturn:
    fail("E0505", f"`{block.name}` may never end", span, "pass it a whole number that falls, and a guard that ends it")


def _inputs(builder: ScopeBuilder, operands: list[Tensor], settings: int, block: BlockCode) -> list[Tensor]:
    if block.inputs is None:
        return [builder.input(tensor.type, f"x{place}") for place, tensor in enumerate(operands)]
    names = [parameter.name for parameter in block.inputs]
    return [
        builder.input(tensor.type, names[place - settings] if 0 <= place - settings < len(names) else f"x{place}")
        for place, tensor in enumerate(operands)
    ]


def _block_in_place(
    layer: BlockLayer, tensors: list[Tensor], frame: Frame, name: str, again: bool, span: Span
) -> Value:
    """Elaborate the block here and now: it depends on something that is not decided yet, or is applied again."""
    block = layer.block
    builder = ScopeBuilder(block.name, frame.builder)
    inputs = _inputs(builder, tensors, 0, block)
    block.module.enter(layer.span)
    try:
        rules = frame.rules
        if rules is not None:  # each application is a match of its own, whatever was decided for the layer
            held = again and block.decides and not block.is_cell
            rules = rules.entering(name, rules.rooted(name) if held else layer.path, block)
        value = block.evaluate(dict(layer.arguments), inputs, layer.path, builder, frame.run, layer.span, again, rules)
    finally:
        block.module.leave()
    return _close(builder, value, tensors, frame, name, None, span)


def _apply_wrapped(
    layer: Wrapped, tensors: list[Tensor], frame: Frame, site: Site | None, fresh: bool, span: Span
) -> Value:
    """Apply what is wrapped in a scope of its own, which is spliced into the one around it with its marks."""
    builder = ScopeBuilder(None, frame.builder)
    inputs = [builder.input(tensor.type, f"x{place}") for place, tensor in enumerate(tensors)]
    inner = Frame(frame.names, frame.path, frame.name, builder, frame.run, frame.again, frame.rules)
    value = deep(apply(layer.layer, inputs, inner, site, fresh, span))
    return _close(builder, value, tensors, frame, "", None, span, layer.marks)


def marked_apart(work: Callable[[Frame], Value], frame: Frame, marks: Marks, span: Span) -> Value:
    """What *work* makes, with *marks* on the operations that it takes: `frozen(param([4]))`."""
    builder = ScopeBuilder(None, frame.builder)
    inner = Frame(frame.names, frame.path, frame.name, builder, frame.run, frame.again, frame.rules)
    return _close(builder, deep(work(inner)), [], frame, "", None, span, marks)


def _close(
    builder: ScopeBuilder, value: Value, tensors: list[Tensor], frame: Frame, name: str, shared: str | None, span: Span,
    marks: Marks | None = None,
) -> Value:  # fmt: skip
    """Finish *builder* as a nested scope of the frame's, and give *value* in terms of the frame's tensors."""
    results: list[Tensor] = []
    ported = port(value, results)
    template = builder.finish(results)
    outputs = tuple(tensor.type for tensor in results)

    def make(operands: tuple[int, ...]) -> Nested:
        return Nested(template, operands, outputs, name, shared, span, marks)

    return land(ported, frame.builder.add(make, [*tensors, *builder.captured()], outputs))


def _ported_lets(lets: Iterable[Declared], run: Run) -> tuple[tuple[str, Any], ...]:
    """The values of deciding declarations that a region depends on; they must have been decided already."""
    found = []
    for declared in lets:
        if declared.name not in run.lets:
            raise Unportable
        tensors: list[Tensor] = []
        found.append((declared.name, port(run.lets[declared.name], tensors)))
        if tensors:
            raise Unportable
    return tuple(found)


# ------------------------------------------------------------------------------- turns and other regions


def in_region(
    module: ModuleCode, key: tuple[Any, ...], frame: Frame, names: Iterable[str], extra: list[Value],
    lets: Iterable[Declared], label: str, span: Span, work: Callable[[Frame, list[Value]], Value],
    *, moving: bool = False,
) -> Value:  # fmt: skip
    """`work(frame, extra)` as a region of its own, closed over *names*, so that its result is kept. With *moving*,
    bindings among them that wait to be evaluated are carried into it.

    Raises:
        Unportable: something it depends on is not decided yet.
    """
    if frame.again or (frame.rules is not None and frame.rules.recorder is not None):
        raise Unportable
    rules = frame.rules and frame.rules.apart(frame)
    carrier = Carrier(frame, module, moving)
    tensors = carrier.tensors
    ported = tuple((name, carrier.port(frame.names[name])) for name in names if name in frame.names)
    carried = tuple(carrier.port(value) for value in extra)
    known = _ported_lets(_with_rules(carrier.lets(lets), rules), frame.run)
    full = (key, ported, carried, tuple(tensor.type for tensor in tensors), known, rules)
    region = module.regions.get(full)
    if region is None:

        def evaluate(run: Run) -> tuple[Value, Any]:
            run.lets = {each: land(value, ()) for each, value in known}
            inputs = [run.builder.input(tensor.type, f"x{place}") for place, tensor in enumerate(tensors)]
            inner = Frame({}, "", "", run.builder, run, rules=rules)
            inner.names.update((name, land_moved(value, inputs, inner)) for name, value in ported)
            with explained(rules):
                return work(inner, [land(each, inputs) for each in carried]), None

        region = Region(label, evaluate)
        module.regions[full] = region
    value = frame.run.invoke(region, frame.path, frame.builder, frame.name, tensors, span)
    carrier.done()
    return value


# ------------------------------------------------------------------------------------------ shared weights


def _apply_shared(layer: SharedLayer, tensors: list[Tensor], frame: Frame, span: Span) -> Value:
    """Apply weights that exist once; every use must fit those that the first use made."""
    types = tuple(tensor.type for tensor in tensors)
    inner = Frame(frame.names, frame.path, "", frame.builder, frame.run, frame.again)
    if isinstance(layer.layer, OperatorLayer):
        one = layer.layer
        value = apply_operator(
            inner, one.operator, one.settings, tensors, layer.path, one.span, dict(one.setting_spans), layer.path
        )
    else:
        builder = ScopeBuilder(None, frame.builder)
        builder.block = layer.path.rsplit(".", 1)[-1]
        inputs = [builder.input(type, f"x{place}") for place, type in enumerate(types)]
        rules = frame.rules and frame.rules.sharing(layer.path)
        below = Frame(frame.names, frame.path, "", builder, frame.run, True, rules)
        result = deep(apply(layer.layer, inputs, below, None, False, span))
        value = _close(builder, result, tensors, frame, layer.path, layer.path, span)
    _check_shared(layer, types, span)
    return value


def _check_shared(layer: SharedLayer, types: tuple[Any, ...], span: Span) -> None:
    if layer.first is None:
        layer.first = (types, span)
        return
    before, first_span = layer.first
    for old, new in zip(before, types, strict=False):
        place = 1 if old.rank > 2 else -1
        if old.rank != new.rank or (old.dtype.is_floating and old.shape[place] != new.shape[place]):
            name = layer.path.rsplit(".", 1)[-1]
            fail(
                "E0411", f"`{name}` has weights for {old.shape[place]} channels; here {new.shape[place]} flow in", span,
                "make a layer of its own for this use", (Note("its weights were made here", first_span),),
            )  # fmt: skip


def deep(value: Value) -> Value:
    """*value* with every item and field evaluated, so that nothing is left to be done in a scope that is closed."""
    if isinstance(value, (Listing, Record)):
        _deep(value, [MOST_WALKED])
    return value


def _deep(value: Value, left: list[int]) -> None:
    if isinstance(value, Listing):
        walk(left, len(value))
        for item in value.all():
            _deep(item, left)
    elif isinstance(value, Record):
        walk(left, len(value.labels))
        for label in value.labels:
            _deep(value[label], left)


def is_layer(value: object) -> TypeGuard[Layer]:
    """Whether *value* can stand right of `->`."""
    return isinstance(value, LAYERS)
