"""Declarations as code: blocks and cells, nets, lets, fns, shared layers. The file that holds them is `modules`'."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from symnas import tree
from symnas.elaborate.code import (
    LET,
    Code,
    Frame,
    Locals,
    Naming,
    Nothing,
    Place,
    Spoilt,
    compile_node,
    fail,
    weight_name,
)
from symnas.elaborate.templates import AsText
from symnas.elaborate.values import Listing, Record, SharedLayer, Tensor, Thunk, Unwieldy, Value, describe, too_deep
from symnas.spans import Span

if TYPE_CHECKING:
    from symnas.elaborate.builder import ScopeBuilder
    from symnas.elaborate.modules import ModuleCode
    from symnas.elaborate.regions import Run
    from symnas.elaborate.rewriting import Rules

__all__ = [
    "BlockCode",
    "CellInPlace",
    "Declared",
    "FnCode",
    "LetCode",
    "NetCode",
    "ParameterCode",
    "SharedCode",
    "named_layer",
]


class Declared(ABC):
    """Something that a name at top level stands for."""

    keyword = ""

    def __init__(self, name: str, span: Span, module: "ModuleCode") -> None:
        self.name, self.span, self.module = name, span, module
        self.code: Code = Nothing()
        self.known_decides: bool | None = None

    @abstractmethod
    def compile(self) -> None:
        """Resolve names and number paths in it; mistakes go to the module."""

    @property
    def decides(self) -> bool:
        """Whether using it may make a decision: it, or anything that it refers to, however far, holds a placeholder."""
        if self.known_decides is not None:
            return self.known_decides
        found = _deciding(self)
        if self.module.main.linked:  # else some are not compiled yet
            for each in found:
                each.known_decides = found[each]
        return found[self]

    @cached_property
    def lets(self) -> "tuple[Declared, ...]":
        """Deciding lets and shared layers that it reads itself or through blocks and fns, by name."""
        return self.module.lets_of(self.code)

    def settled(self, run: "Run") -> bool:
        """Whether evaluating it in *run* makes no decision."""
        return not self.decides

    def root(self, name: str) -> None:
        """Begin the paths below it with *name*: what the root file calls it, or its file and its own name."""
        self.name = name


def _deciding(declared: Declared) -> dict[Declared, bool]:
    """Of *declared*, and of all that it refers to, whether it decides: found for all at once, for in a row of a hundred
    thousand lets each would look at all before it.
    """
    found: dict[Declared, bool] = {}
    readers: dict[Declared, list[Declared]] = {}
    waiting = [declared]
    while waiting:
        each = waiting.pop()
        if each in found:
            continue
        found[each] = bool(each.known_decides)
        if each.known_decides is None:
            for used in each.code.uses:
                readers.setdefault(used, []).append(each)
                waiting.append(used)
    deciding = [each for each in found if found[each] or each.code.asks]
    while deciding:
        each = deciding.pop()
        found[each] = True
        deciding.extend(reader for reader in readers.get(each, ()) if not found[reader])
    return found


class ParameterCode:
    """A parameter of a block, net or fn."""

    def __init__(self, node: tree.Parameter, default: Code | None, type: "TypePattern | None") -> None:
        self.node, self.name, self.default, self.type = node, node.name, default, type


def _bind(parameter: tree.Parameter, place: Place, *, tensor: bool = False) -> None:
    """Let the name of *parameter* be known where the body is compiled; two of one name are a mistake."""
    if parameter.name in place.locals.bound:
        place.report("E0204", f"`{parameter.name}` is declared twice", parameter.span, "rename one of them")
    place.locals.bind(parameter.name, parameter.span, tensor=tensor)


class BlockCode(Declared):
    """A block or cell."""

    def __init__(self, node: tree.Block, module: "ModuleCode") -> None:
        super().__init__(node.name, node.name_span, module)
        self.node = node
        self.keyword = node.kind.value
        self.is_cell = node.kind is tree.BlockKind.CELL
        self.path = node.name if self.is_cell else ""
        self.strict: frozenset[str] = frozenset()
        """Settings that every application certainly needs, so that they may be evaluated before it."""
        self.sure: frozenset[str] = frozenset()
        """Lets that every application certainly reads, each after `LET`."""
        self._begun = False
        self.settings: tuple[ParameterCode, ...] = tuple(ParameterCode(each, None, None) for each in node.settings)
        self.inputs: tuple[ParameterCode, ...] | None = (
            None if node.inputs is None else tuple(ParameterCode(each, None, None) for each in node.inputs)
        )
        self.body: Code = Nothing()

    def root(self, name: str) -> None:
        """Only what is decided once has paths of its own; its name stays the one that it is declared by."""
        if self.is_cell:
            self.path = name

    @cached_property
    def first(self) -> tuple[str, ...]:
        """The settings that every application certainly needs, in order."""
        return tuple(sorted(self.strict))

    @cached_property
    def in_place(self) -> bool:
        """Whether some use of the cell cannot take it as a region."""
        return self.is_cell and self.path in self.module.in_place

    def compile(self) -> None:
        """Compile defaults, types and body, once: at its turn or when a call first asks what it needs."""
        if not self._begun:
            self._begun = True
            try:
                self._compile()
            except RecursionError:
                raise too_deep(self.span) from None

    def _compile(self) -> None:
        from symnas.elaborate.control import compile_body
        from symnas.elaborate.typing import compile_type

        place = Place(self.module, Naming(), Locals())
        code = Nothing()
        settings = []
        for each in self.node.settings:
            default = compile_node(each.default, place.named(each.name)) if each.default is not None else None
            if default is not None:
                code.absorb(default)
            settings.append(ParameterCode(each, default, None))
            _bind(each, place)
        self.settings = tuple(settings)
        if self.node.inputs is not None:
            self.inputs = tuple(
                ParameterCode(each, None, compile_type(each.type, place) if each.type is not None else None)
                for each in self.node.inputs
            )
            for each in self.node.inputs:
                _bind(each, place, tensor=True)
        for binding in place.locals.made:
            binding.used = True
        self.body = compile_body(self.node.body, place, top=True)
        code.absorb(self.body)
        self.code = code
        certain = self.body.needs | self.body.applied  # a layer as the body's value is applied
        self.strict = certain & {each.name for each in settings}
        self.sure = frozenset(name for name in certain if name.startswith(LET))

    def evaluate(
        self, arguments: dict[str, Value | Thunk], tensors: list[Tensor], path: str, builder: "ScopeBuilder",
        run: "Run", span: Span, again: bool = False, rules: "Rules | None" = None,
    ) -> Value:  # fmt: skip
        """What the block gives for *tensors*, its decisions below *path*, which *again* says may be visited before.
        *rules* are in force on what it applies.
        """
        from symnas.elaborate.pipelines import deep, delay, given  # in one go: this is done for every use of a block

        frame = Frame(arguments, path, "", builder, run, again, rules)
        builder.settings = tuple(
            [
                (name, _HIDDEN if type(value) is Thunk and value.frame is not None else _kept(value))
                for name, value in arguments.items()
            ]
        )
        for parameter in self.settings:
            if parameter.name not in arguments and parameter.default is not None:
                arguments[parameter.name] = delay(parameter.default, frame)
        for parameter, tensor in zip(self.inputs or (), tensors, strict=self.inputs is not None):
            arguments[parameter.name] = tensor
            if parameter.type is not None:
                parameter.type.match(tensor.type, frame, span, f"input `{parameter.name}` of `{self.name}`")

        def refuse(value: Value) -> NoReturn:
            fail("E0409", f"`{self.name}` is a layer, but its body is {describe(value)}", self.body.span)

        value, _ = given(self.body, tensors, frame, refuse if self.inputs is None else None)
        return deep(value)


_HIDDEN = AsText("")


def _kept(value: Value | Thunk) -> object:
    """What of a setting is kept to be shown: not what is undecided or flows, of lists and records their text."""
    if type(value) is int or type(value) is str:
        return value
    if isinstance(value, Thunk):
        if value.frame is not None:
            return _HIDDEN
        value = value.value
    if isinstance(value, Tensor):
        return _HIDDEN
    if not isinstance(value, (Listing, Record)):
        return value
    from symnas.elaborate.placeholders import value_label

    return AsText(value_label(value, 0))


class LetCode(Declared):
    """A top-level `let`, or one setting of `train`."""

    def __init__(
        self, name: str, value: tree.Expression, span: Span, module: "ModuleCode", keyword: str = "let"
    ) -> None:
        super().__init__(name, span, module)
        self.keyword = keyword
        self.value_node = value
        self._pure: list[Value] = []

    def compile(self) -> None:
        """Compile the value; a placeholder that is all of it is called as the let is."""
        self.code = compile_node(self.value_node, Place(self.module, Naming(), Locals(), hint=""))

    def value(self, run: "Run") -> Value:
        """The value, evaluated once in *run*, or once for all where it decides nothing."""
        if self._pure:
            return self._pure[0]
        if self.name in run.lets:
            value = run.lets[self.name]
            if value is _BUSY:
                fail("E0209", f"`{self.name}` is defined in terms of itself", self.span)
            known: Value = value
            return known
        run.lets[self.name] = _BUSY
        try:
            value = self.code.run(Frame({}, self.name, self.name, run.builder, run))
        except RecursionError:
            del run.lets[self.name]
            raise too_deep(self.span) from None
        except Unwieldy as error:
            del run.lets[self.name]
            fail("E0502", str(error), self.span)
        except BaseException:
            del run.lets[self.name]
            raise
        if self.decides:
            run.lets[self.name] = value
            if run.known is not None:
                run.known(self.name)
        else:
            del run.lets[self.name]
            self._pure.append(value)
        return value

    def settled(self, run: "Run") -> bool:
        return not self.decides or self.name in run.lets


_BUSY = object()


def named_layer(node: tree.Shared) -> tuple[tree.Expression, str]:
    """The layer of a `shared`, and what its weights are called: `shared f = Linear(8) as stage[0].f` says it."""
    value = node.value
    if not isinstance(value, tree.As) or isinstance(value.value, tree.OneOf):  # there `as` names the decision
        return value, node.name
    function = value.value.function if isinstance(value.value, tree.Call) else None
    decides = isinstance(function, tree.Name) and function.name in ("maybe", "manyof", "subset", "permutation", "range")
    return (value, node.name) if decides else (value.value, value.name)


class SharedCode(Declared):
    """A top-level `shared` layer: its weights exist once in an architecture."""

    keyword = "shared"

    def __init__(self, node: tree.Shared, module: "ModuleCode") -> None:
        super().__init__(node.name, node.span, module)
        self.node = node
        self._called = node.name

    def compile(self) -> None:
        """Compile the layer."""
        layer, self._called = named_layer(self.node)
        self.code = compile_node(layer, Place(self.module, Naming(), Locals()))
        self.code.asks = True  # whoever uses it is elaborated in place: its weights are made where it is first applied

    def value(self, run: "Run") -> Value:
        """The layer with its shared weights."""
        from symnas.elaborate.applying import is_layer

        if self.name not in run.lets:
            layer = self.code.run(Frame({}, self.name, "", run.builder, run))
            if not is_layer(layer):
                fail(
                    "E0409",
                    f"`shared` makes a layer's weights once; {describe(layer)} is no layer",
                    self.node.value.span,
                )
            run.lets[self.name] = SharedLayer(layer, weight_name(self._called), self.span)
        shared: SharedLayer = run.lets[self.name]
        return shared


class FnCode(Declared):
    """A `fn`: a helper on numbers and lists."""

    keyword = "fn"

    def __init__(self, node: tree.Fn, module: "ModuleCode") -> None:
        super().__init__(node.name, node.name_span, module)
        self.node = node
        self.parameters = tuple(ParameterCode(each, None, None) for each in node.parameters)
        self.body: Code = Nothing()

    def compile(self) -> None:
        """Compile the body; placeholders and layers have no place in it."""
        from symnas.elaborate.control import compile_body

        place = Place(self.module, Naming(), Locals())
        made = []
        for each in self.node.parameters:
            default = compile_node(each.default, place) if each.default is not None else None
            made.append(ParameterCode(each, default, None))
            _bind(each, place)
        self.parameters = tuple(made)
        for binding in place.locals.made:
            binding.used = True
        self.body = compile_body(self.node.body, place, top=True)
        code = Nothing()
        code.absorb(self.body, *(each.default for each in made))
        self.code = code
        if code.asks:
            place.report("E0210", f"`fn {self.name}` holds a placeholder", self.span, "make it a `block`, or a `let`")

    def call(self, arguments: dict[str, Value | Thunk], frame: Frame, span: Span) -> Value:
        """The value of the body for *arguments*."""
        frame.run.spend(span)
        inner = Frame(arguments, frame.path, frame.name, frame.builder, frame.run, frame.again, frame.rules)
        for parameter in self.parameters:
            if parameter.name not in arguments:
                if parameter.default is None:
                    fail("E0303", f"`{self.name}` needs `{parameter.name}`", span)
                arguments[parameter.name] = Thunk(parameter.default, inner)
        self.module.enter(span)
        try:
            return self.body.run(inner)
        finally:
            self.module.leave()


class NetCode(Declared):
    """A network: typed inputs and a body."""

    keyword = "net"

    def __init__(self, node: tree.Net, module: "ModuleCode") -> None:
        super().__init__(node.name, node.name_span, module)
        self.node = node
        self.inputs: tuple[ParameterCode, ...] = ()
        self.result: TypePattern | None = None
        self.body: Code = Nothing()

    def compile(self) -> None:
        """Compile the input types and the body."""
        from symnas.elaborate.control import compile_body
        from symnas.elaborate.typing import compile_type

        place = Place(self.module, Naming(), Locals())
        made = []
        for each in self.node.inputs:
            if each.type is None:
                place.report(
                    "E0211", f"input `{each.name}` has no type", each.span, "write `(image: f32[N, 3, 32, 32])`"
                )
            type = compile_type(each.type, place, net=True) if each.type is not None else None
            made.append(ParameterCode(each, None, type))
        for each in self.node.inputs:
            _bind(each, place, tensor=True)
        self.inputs = tuple(made)
        shown = place.branch()  # names that only the result has are free there, and nothing in the body
        self.result = compile_type(self.node.result, shown, net=True) if self.node.result is not None else None
        for binding in place.locals.made:
            binding.used = True
        self.body = compile_body(self.node.body, place, top=True)
        code = Nothing()
        code.absorb(self.body, *(each.type.code for each in made if each.type is not None))
        self.code = code

    def evaluate(self, builder: "ScopeBuilder", run: "Run") -> Value:
        """The net's outputs, in *builder*."""
        return self.elaborate(builder, run, self.name, None)

    def elaborate(self, builder: "ScopeBuilder", run: "Run", path: str, rules: "Rules | None") -> Value:
        """The net's outputs, its decisions below *path*, with *rules* in force on what it applies."""
        names: dict[str, Value | Thunk] = {}
        frame = Frame(names, path, "", builder, run, rules=rules)
        tensors = []
        for parameter in self.inputs:
            if parameter.type is None:
                raise Spoilt
            tensors.append(builder.input(parameter.type.declared(frame), parameter.name))
        names.update({parameter.name: tensor for parameter, tensor in zip(self.inputs, tensors, strict=True)})
        try:
            return self._result(frame, tensors)
        except Unwieldy as error:
            fail("E0502", str(error), self.body.span)

    def _result(self, frame: Frame, tensors: list[Tensor]) -> Value:
        from symnas.elaborate.applying import deep
        from symnas.elaborate.pipelines import given

        value, _ = given(self.body, tensors, frame)
        if self.result is not None and isinstance(value, Tensor):
            self.result.match(value.type, frame, self.body.span, f"the result of `{self.name}`")
        return deep(value)


class CellInPlace(Exception):
    """A use of the cell *name* depends on something undecided, so that none of its uses may be a region."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


from symnas.elaborate.typing import TypePattern  # noqa: E402  (types are patterns over the names declared here)
