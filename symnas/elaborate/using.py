"""`use`: Python layers with their shapes, and Python functions, as a program sees them. Nothing is imported here.

A layer becomes an operator of the program's own; whoever builds a network imports it (`symnas.allowing`).
"""

from collections.abc import Sequence

from symnas import tree
from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.code import Code, Frame, Locals, Naming, Nothing, Place, compile_node
from symnas.elaborate.declarations import Declared
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.typing import TypePattern, compile_type
from symnas.elaborate.values import Listing, Thunk, Value
from symnas.errors import SourceError
from symnas.operators.base import REQUIRED, Applied, Kind, Operator, OperatorError, Setting, Settings
from symnas.operators.python import python_form
from symnas.operators.settings import SettingValue
from symnas.sizes import SymbolicSize
from symnas.types import Dtype, TensorType

__all__ = ["UsedFunction", "UsedLayer", "declare_used", "outside"]


class UsedFunction(Declared):
    """A Python function: for `measure`, or to train by."""

    keyword = "use"

    def __init__(self, node: tree.Used, python: str, module: ModuleCode) -> None:
        super().__init__(node.name, node.span, module)
        self.node = node
        self.python = python
        """The Python module that it comes from."""

    def compile(self) -> None:
        """There is nothing in it to compile."""


class UsedLayer(Declared):
    """A Python layer: its settings, and what shapes it gives for what flows in."""

    keyword = "use"

    def __init__(self, node: tree.Used, python: str, module: ModuleCode) -> None:
        super().__init__(node.name, node.span, module)
        self.node, self.python = node, python
        self._inputs: list[TypePattern] = []
        self._results: list[TypePattern] = []
        self._operator: Operator | None = None
        self._sound = True

    def compile(self) -> None:
        """Make its operator; what is wrong with its settings and types is reported."""
        _ = self.operator

    @property
    def operator(self) -> Operator:
        """The layer as an operator called by its full Python name, which no operator of ours has: it has a dot."""
        if self._operator is None:
            self._operator = self._made(
                (), ()
            )  # for whoever asks while its settings are read: they need not be its own
            place, found = Place(self.module, Naming(), Locals()), len(self.module.diagnostics)
            settings = tuple(self._setting(each, place) for each in self.node.settings)
            inputs = self.node.inputs or ()
            self._compile_types(inputs, place)
            for binding in place.locals.made:
                binding.used = True
            self._operator = self._made(settings, tuple(each.name for each in inputs))
            self._sound = len(self.module.diagnostics) == found
        return self._operator

    @property
    def sound(self) -> bool:
        """Whether its signature has no mistakes: only then what it is applied to can be looked at."""
        _ = self.operator  # which finds out
        return self._sound

    def _made(self, settings: tuple[Setting, ...], inputs: tuple[str, ...]) -> Operator:
        name = f"{self.python}.{self.node.name}"
        return Operator(name, settings, self._apply, lambda given, _types: python_form(name, given), inputs)

    def _setting(self, node: tree.Parameter, place: Place) -> Setting:
        default: object = REQUIRED
        if node.rest:
            place.report(
                "E0221", "the settings of a Python layer are given by name", node.span, "write a list: `sizes`"
            )
        if node.default is not None:
            default = self._value(compile_node(node.default, place), place)
        place.locals.bind(node.name, node.span)
        return Setting(node.name, Kind.ANY, default)  # type: ignore[arg-type]  # `_value` gives plain ones

    def _value(self, code: Code, place: Place) -> SettingValue:
        """The value of a default, which is known from the text."""
        from symnas.elaborate.applying import setting_value

        if isinstance(code, Nothing):
            return None
        if code.free or code.decides:
            place.report(
                "E0221", "the default of a Python layer's setting is a plain value", code.span, "write a number"
            )
            return None
        try:
            return Setting("default", Kind.ANY).normalise(self.name, setting_value(code.run(outside({}))))
        except OperatorError as error:
            place.report("E0221", error.message, code.span, "write a number, a string, `true`, `none` or a list")
        except SourceError as error:
            self.module.diagnostics.extend(error.diagnostics)
        return None

    def _compile_types(self, inputs: Sequence[tree.Parameter], place: Place) -> None:
        for each in inputs:
            if each.type is None:
                place.report(
                    "E0211", f"input `{each.name}` has no type", each.span, "write `(x: [N, C, H, W])` or `(x: [*S])`"
                )
            else:
                self._inputs.append(compile_type(each.type, place))
        result = self.node.result
        if result is None:
            hint = f"write `{self.name}(…)(x: [*S]) -> [*S]`"
            place.report("E0220", f"`{self.name}` does not say what shape it gives", self.span, hint)
            return
        known = set(place.locals.bound)
        results = [item.value for item in result.items] if isinstance(result, tree.Tuple) else [result]
        self._results = [compile_type(each, place) for each in results]
        for name in place.locals.bound.keys() - known:
            place.report("E0220", f"no input says what `{name}` is", result.span, f"name `{name}` in an input's type")
        if any(each.code.decides for each in (*self._inputs, *self._results)):
            place.report("E0220", "the shape of a Python layer hangs on a decision", result.span, "make that a setting")

    def _apply(self, settings: Settings, types: Sequence[TensorType]) -> Applied:
        """The types that the layer gives. Its weights and multiply-adds are its own affair: none are known."""
        for name, value in settings.items():
            if isinstance(value, SymbolicSize):
                raise OperatorError(f"`{name}` of `{self.name}` is {value}, unknown at build time", setting=name)
        frame = outside({name: _landed(value) for name, value in settings.items()})
        try:
            for pattern, type, each in zip(self._inputs, types, self.node.inputs or (), strict=True):
                pattern.match(type, frame, self.span, f"input `{each.name}` of `{self.name}`")
            dtype = types[0].dtype if types else Dtype.F32
            made = tuple(each.made(frame, dtype) for each in self._results)
        except SourceError as error:
            first = error.diagnostics[0]
            raise OperatorError(first.message, first.hint) from None
        return Applied(made, many=len(made) > 1)


def declare_used(node: tree.Use, module: ModuleCode) -> list[Declared]:
    """What *node* takes from Python: what has inputs is a layer, what has no lists at all a function."""
    made: list[Declared] = []
    for each in node.names:
        plain = each.inputs is None and not each.settings and each.result is None
        made.append(UsedFunction(each, node.module, module) if plain else UsedLayer(each, node.module, module))
    return made


def _landed(value: SettingValue) -> Value:
    return Listing([_landed(each) for each in value], is_tuple=True) if isinstance(value, tuple) else value


def outside(names: dict[str, Value | Thunk]) -> Frame:
    """A frame outside of any architecture: nothing can be decided in it."""
    from symnas.elaborate.regions import Alone, Run

    return Frame(names, "", "", ScopeBuilder(None), Run(Alone()))
