"""Symbolic values of PyTorch's own layers as programs of the language: `nn.Sequential(nn.Conv2d(3, width, 3), …)` as a net.

Layers have PyTorch's names and settings there too, so each is written as what it is. Sizes of what flows in, which
PyTorch asks for and the language works out, are checked. Values of other classes stay values: see `writing`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from operator import eq
from typing import Any, Final, Protocol, runtime_checkable

from symnas import grammar, tree
from symnas.annotated.layers import (
    children_of,
    class_of,
    defaults_of,
    given_to,
    has_weights,
    is_layer,
    is_row,
    operator_of,
)
from symnas.annotated.modules import is_module
from symnas.annotated.placeholders import Manyof, Oneof, Placeholder, Range
from symnas.annotated.values import Symbolic, name_of, refuse_lacking
from symnas.annotated.wording import shown
from symnas.annotated.writing import Writer, quoted
from symnas.checking import check
from symnas.errors import SearchError, SourceError
from symnas.grammar.tokens import keywords
from symnas.operators import OPERATORS
from symnas.operators.base import Operator
from symnas.operators.settings import REQUIRED, Kind, Setting, left_out, show
from symnas.program import Program, parse

__all__ = ["NetWriter", "to_nas"]

_TAKES: Final = "TakesSize"
_CHECK: Final = f"block {_TAKES}(dim, size)(x) {{\n  require x.shape[dim] == size\n  x\n}}"
_PAIRS: Final = (Kind.PAIR, Kind.PAIR_OR_NONE, Kind.EACH_OR_NONE)
_LAST: Final = ("in_features", "input_size")
"""Sizes that PyTorch is given, of the last dimension of what flows in; others are of its channels."""


def to_nas(value: object, *inputs: str, name: str = "Net") -> Program:
    """The program whose net, called *name*, is *value*: an `nn.Sequential` of PyTorch's own layers, or one of these,
    symbolic or not, that takes *inputs* (`"image: f32[N, 3, 32, 32]"`). Placeholders become the language's.

    Raises:
        SearchError: something in *value* is no layer of the language, has a setting that the language lacks, or, where
            the space can be counted, is made for another size than what flows in.
        SourceError: an input is written wrongly, or the layers do not fit.
    """
    if not inputs:
        raise SearchError('`to_nas` needs to know what flows in: `symnas.to_nas(value, "image: f32[N, 3, 32, 32]")`')
    if not name.isidentifier() or name in OPERATORS or name in keywords():
        raise SearchError(f'a net cannot be called `{name}`; give it a name that is no layer\'s, `name="Net"`')
    if len(inputs) > 1:
        raise SearchError(f"layers in a row take one input; these are {len(inputs)}")
    (given,) = inputs
    given = given if ":" in given else f"x: {given}"
    program = NetWriter(given).program(value, name)
    mistakes = check(program).diagnostics
    if mistakes:
        raise SourceError(mistakes)
    _check_sizes(program, value, given, name)
    return program


def _check_sizes(program: Program, value: object, given: str, name: str) -> None:
    """Refuse sizes of inputs, as PyTorch's layers were given them, which are not those that flow in."""
    if not program.space().countable:
        return
    whole = program.space().size
    writer = NetWriter(given, lambda _: True)
    fitting = _size(writer.program(value, name))
    if fitting == whole:
        return
    wrong = next(
        path for path in writer.sizes if _size(NetWriter(given, partial(eq, path)).program(value, name)) != whole
    )
    raise SearchError(
        f"layer `{wrong}` is made for {writer.sizes[wrong]}, which is what flows in "
        f"{f'in {fitting:,} of {whole:,} architectures only' if fitting else 'in no architecture'}; "
        "let one placeholder stand at both sides of it, or give the size that flows in"
    )


def _size(program: Program) -> int:
    try:
        return program.space().size
    except SourceError:  # nothing is left
        return 0


@runtime_checkable
class FromProgram(Protocol):
    """What is called from Python and declared in a *program*, of which it needs *declarations*."""

    program: Program
    declarations: tuple[tree.Declaration, ...]

    def written(self, writer: "NetWriter", arguments: Mapping[str, Any], path: str) -> str:
        """A call of it, with arguments as *writer* writes them."""

    def sizes(self, arguments: Mapping[str, Any]) -> Mapping[int, Any]:
        """The sizes that its one input must have, by dimension."""


class NetWriter(Writer):
    """Writes layers, and arguments of blocks; or a net that takes *given*. Before the layers whose path *checks* says yes
    to, it writes that what flows in has the size that the layer was made for; *sizes* are those, by path.
    """

    def __init__(self, given: str, checks: Callable[[str], bool] = lambda _: False) -> None:
        super().__init__()
        self._in_argument = False
        self.given = given
        self.checks = checks
        self.sizes: dict[str, str] = {}
        self.programs: dict[int, FromProgram] = {}
        self._taken |= {given.partition(":")[0].strip(), *OPERATORS}

    def program(self, value: object, name: str) -> Program:
        """The program whose net *name* is *value*, with the blocks of other programs that stand in it.

        Raises:
            SearchError: those are of two programs.
        """
        self._taken.add(name)
        self.meet(value, "")
        text = self._net(value, name)
        if len(self.programs) > 1:
            names = " and ".join(f"`{name_of(each)}`" for each in self.programs.values())
            raise SearchError(f"{names} are blocks of two programs; let one program `import` the other's")
        for block in self.programs.values():
            own = grammar.parse(text)
            return block.program.changed(tree.Module((*block.declarations, *own.declarations), own.version))
        return parse(text, f"<{name}>")

    def _net(self, value: object, name: str) -> str:
        body = self.text(value, "")
        lets = self.lets.values()
        return "\n".join(
            [
                *([_CHECK] if any(map(self.checks, self.sizes)) else []),
                *lets,
                f"net {name}({self.given}) = {self.given.partition(':')[0]} -> {body}",
                "",
            ]
        )

    def meet(self, value: object, path: str) -> None:
        """Count how often what may be shared is met, modules as well."""
        super().meet(value, path)
        target: object = value.symnas_target if isinstance(value, Symbolic) else None
        if isinstance(target, FromProgram):
            self.programs[id(target.program)] = target
            self._taken.update(getattr(each, "name", "") for each in target.declarations)
        if is_module(value):
            self._met[id(value)] += 1
            self._alive.append(value)
            if self._met[id(value)] == 1 and is_row(value):
                for name, each in children_of(value):
                    self.meet(each, f"{path}.{name}")

    def text(self, value: object, path: str) -> str:
        """*value*, a layer or a setting, which stands at *path*."""
        if self._met[id(value)] < 2 or not (isinstance(value, Symbolic | Placeholder) or is_module(value)):
            return self._alone(value, path)
        name = self._names.get(id(value))
        if name is None:
            wanted = value.name if isinstance(value, Placeholder) else None
            name = self._names[id(value)] = self._unique(wanted or _word(path, value))
            self.lets[name] = ""  # its place, before those that it reads
            own = f"{'shared' if has_weights(value) else 'let'} {name} = {self._alone(value, path, name)}"
            del self.lets[name]
            self.lets[name] = own
        return name

    def argument(self, value: object, path: str) -> str:
        """*value*, an argument of a block, in which a class stands for its layer."""
        before, self._in_argument = self._in_argument, True
        try:
            return self.text(value, path)
        finally:
            self._in_argument = before

    def _alone(self, value: Any, path: str, shared: str | None = None) -> str:
        match value:
            case Oneof() | Range() | Manyof():
                text = self._placeholder(value, path)
                return f"({text} as {self._unique(value.name)})" if value.name and shared is None else text
            case Symbolic():
                refuse_lacking(value.symnas_target, value.symnas_arguments, path)
                return self._called(value.symnas_target, value.symnas_arguments, path)
            case type() if self._in_argument:
                return self._called(value, {}, path)
            case bool() | None:
                return show(value)
            case int() if type(value) is int:
                return repr(value)
            case float() if type(value) is float:
                return repr(int(value) if value.is_integer() else value)
            case str() if type(value) is str:
                return quoted(value)
            case list() | tuple():
                items = ", ".join(self.text(each, f"{path}.{place}") for place, each in enumerate(value))
                return f"[{items}]" if isinstance(value, list) else f"({items}{',' * (len(value) == 1)})"
            case dict() if self._in_argument and all(isinstance(key, str) and key.isidentifier() for key in value):
                fields = (f"{key}: {self.text(each, f'{path}.{key}')}" for key, each in value.items())
                return f"{{{', '.join(fields)}}}"
            case _ if is_module(value):
                return self._module(value, path)
            case _:
                hint = f"; make a layer of it, `{value.__name__}()`" if isinstance(value, type) else ""
                raise SearchError(f"`{_place(path)}` is {name_of(value)}, for which the language has no form{hint}")

    def _module(self, module: Any, path: str) -> str:
        if is_row(module):
            return self._row([(name, each) for name, each in children_of(module)], path)
        return self._called(type(module), given_to(module, _place(path)), path)

    def _called(self, target: Any, arguments: Mapping[str, Any], path: str) -> str:
        """A call of *target*: a layer, or layers in a row."""
        if is_row(target):
            items = arguments.get("args", [])
            if len(items) == 1 and isinstance(items[0], dict):
                return self._row(list(items[0].items()), path)
            return self._row([(str(place), each) for place, each in enumerate(items)], path)
        if isinstance(target, FromProgram):
            sizes = target.sizes(arguments)
            check = self._check(f"inputs of {shown(list(sizes.values()))}", sizes, path) if sizes else ""
            return f"{check}{target.written(self, arguments, path)}"
        operator = operator_of(target, _place(path))
        given = {**defaults_of(target), **arguments}
        checks = self._left_out(operator, target, given, path)
        settings = ", ".join(self._settings(operator, given, path))
        return f"{checks}{operator.name}({settings})" if settings else f"{checks}{operator.name}"

    def _row(self, items: Sequence[tuple[str, Any]], path: str) -> str:
        return " -> ".join(self.text(each, f"{path}.{name}") for name, each in items) or "Identity"

    def _settings(self, operator: Operator, given: Mapping[str, Any], path: str) -> Iterator[str]:
        """The settings of *operator* that are not the language's defaults."""
        named = False
        for setting in operator.settings:
            if setting.name not in given:
                continue
            text = self._setting(setting, given[setting.name], f"{path}.{setting.name}")
            if setting.default is REQUIRED and not named:
                yield text
            elif setting.default is REQUIRED or text != show(setting.default):
                named = True
                yield f"{setting.name} = {text}"

    def _setting(self, setting: Setting, value: Any, path: str) -> str:
        if isinstance(value, tuple | list) and (len(value) == 1 or (setting.kind in _PAIRS and _all_equal(value))):
            value = value[0]
        return self.text(tuple(value) if isinstance(value, list) else value, path)

    def _left_out(self, operator: Operator, target: Any, given: Mapping[str, Any], path: str) -> str:
        """What is written before *operator* for the parameters that the language leaves out.

        Raises:
            SearchError: one is set to something that the language does not do.
        """
        known = {setting.name for setting in operator.settings}
        usual = defaults_of(target)
        before = ""
        for name, value in given.items():
            if name in known or name == "inplace":
                continue
            if left_out(name) and name != "batch_first":
                before = self._check(f"{name} = {shown(value)}", {-1 if name in _LAST else 1: value}, path)
            elif name not in usual or value is not usual[name]:
                raise SearchError(f"`{_place(path)}`: the language's `{operator.name}` has no setting `{name}`")
        return before

    def _check(self, what: str, sizes: Mapping[int, Any], path: str) -> str:
        """What is written before a layer that was made for *sizes*, by dimension; *what* that is called."""
        self.sizes[_place(path)] = what
        if not self.checks(_place(path)):
            return ""
        return "".join(f"{_TAKES}({dim}, {self.text(size, path)}) -> " for dim, size in sizes.items())

    def _oneof(self, value: Oneof, path: str) -> str:
        if is_layer(value) and None in value.candidates:
            raise SearchError(f"`{_place(path)}` may be None, which PyTorch does not call; let it be `nn.Identity()`")
        if value.labels is not None or value.prior is not None:
            return super()._oneof(value, path)
        candidates = value.candidates
        if len(candidates) == 2 and class_of(candidates[1]) == "Identity":
            return f"maybe({self.text(candidates[0], path)})"
        return f"oneof({', '.join(self.text(each, path) for each in candidates)})"


def _all_equal(values: Sequence[object]) -> bool:
    return all(type(each) is int and each == values[0] for each in values)


def _place(path: str) -> str:
    return path.removeprefix(".")


def _word(path: str, value: object) -> str:
    """A name for *value*, which stands at *path* first: the last word of that."""
    words = re.findall(r"[A-Za-z_]\w*", path)
    return words[-1] if words else name_of(value).lower()
