"""Blocks of `.nas` programs as classes of Python: called with settings they make PyTorch modules, with placeholders they
wait, as symbolic classes do.

How settings are written for the language is `nets`' business, what is compiled that of the compilers.
"""

import re
from collections.abc import Callable, Collection, Mapping
from inspect import Parameter, Signature
from typing import Any

from symnas import tree
from symnas.annotated.calling import TRACE
from symnas.annotated.nets import NetWriter
from symnas.annotated.placeholders import oneof
from symnas.annotated.placeholders import range as range_
from symnas.annotated.values import Symbolic, bound, is_symbolic, name_of
from symnas.api import compile as compile_architecture
from symnas.architecture import Architecture
from symnas.elaborate.oracles import plain
from symnas.errors import SearchError, listing, suggest
from symnas.grammar import parse
from symnas.program import Program

__all__ = ["NasBlock", "block_of"]

_KEPT = (tree.Block, tree.Let, tree.Fn, tree.Shared, tree.Import, tree.Use, tree.Rule)
"""What a block may need of its program; nets, recipes and what is claimed of them are left."""

_CHOICES = "choices"

_BRACED = re.compile(r"\{(\w+)\}")
"""A size of an input that is given with the call."""

_MOST = 256
"""How many ways to call a block are kept compiled."""


def block_of(program: Program, name: str, *inputs: str, allow: Collection[str] = ()) -> Callable[..., Any]:
    """The block or cell *name* of *program*, as a class of Python's: its settings are the arguments, the module that it
    makes takes *inputs* (`"x: f32[N, 8, 32, 32]"`; what stands in braces there, `{into}`, is a setting or one more
    argument). Settings whose default is a plain `oneof` or `range` are decided with the value that the call stands in;
    what is decided in the body is given as `choices={"path": choice}`. *allow* are the Python modules that the block may
    import layers from.

    Raises:
        SearchError: the program has no such block, or no input is named. When it is called: a setting is unknown or
            cannot be written in the language, or a decision is left open.
        SourceError: the block does not fit what flows in.
    """
    if not isinstance(program, Program):
        raise SearchError(
            f"`block_of` takes a program, as `symnas.load` and `symnas.parse` give it; this is {name_of(program)}"
        )
    known = {each.name: each for each in program.module.declarations if isinstance(each, tree.Block)}
    if name not in known:
        raise SearchError(f"the program has no block `{name}`; {suggest(name, known, 'it has')}")
    if not inputs:
        raise SearchError(
            f'`block_of` needs to know what flows in: `symnas.block_of(program, "{name}", "x: f32[N, 8]")`'
        )
    named = (f"x: {inputs[0]}",) if len(inputs) == 1 and ":" not in inputs[0] else inputs
    return NasBlock(program, name, named, tuple(allow))


class NasBlock:
    """The block *name* of *program* for *inputs*."""

    def __init__(self, program: Program, name: str, inputs: tuple[str, ...], allow: tuple[str, ...]) -> None:
        self.program, self.inputs, self.allow = program, inputs, allow
        declared = next(
            each for each in program.module.declarations if isinstance(each, tree.Block) and each.name == name
        )
        self.declarations = tuple(each for each in program.module.declarations if isinstance(each, _KEPT))
        self.__name__ = self.__qualname__ = name
        self.settings = tuple(each.name for each in declared.settings)
        self._sizes = tuple(dict.fromkeys(size for each in inputs for size in _BRACED.findall(each)))
        self.__signature__ = Signature([
            *(_parameter(each) for each in declared.settings),
            *(Parameter(each, Parameter.KEYWORD_ONLY) for each in self._sizes if each not in self.settings),
            Parameter(_CHOICES, Parameter.KEYWORD_ONLY, default=None),
        ])  # fmt: skip
        self._defaults = {
            each.name: made for each in declared.settings if (made := _placeholder(each.default)) is not None
        }
        self._made: dict[str, Architecture] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return NasBlock, self._origin

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NasBlock) and self._origin == other._origin

    def __hash__(self) -> int:
        return hash((self.__name__, self.inputs))

    @property
    def _origin(self) -> tuple[Program, str, tuple[str, ...], tuple[str, ...]]:
        return self.program, self.__name__, self.inputs, self.allow

    def __repr__(self) -> str:
        return f"<block {self.__name__} of {self.program.name}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """A module with fresh weights; a call that waits where something is undecided."""
        given = bound(self, args, kwargs)
        given |= {name: make() for name, make in self._defaults.items() if name not in given}
        if is_symbolic(given):
            return Symbolic(self, given)
        trace = TRACE.get()
        return self.made(**given) if trace is None else trace.called(self, self.made, (), given)

    def made(self, *, choices: Mapping[str, object] | None = None, **settings: Any) -> Any:
        """The module, compiled."""
        text = self._net(settings)
        key = f"{text}{sorted((choices or {}).items())}"
        if key not in self._made:
            if len(self._made) == _MOST:
                self._made.clear()
            self._made[key] = self._architecture(text, choices or {})
        return compile_architecture(self._made[key], "torch", allow=self.allow)

    def _net(self, settings: Mapping[str, Any]) -> str:
        """A net of this block alone."""
        inputs = [_BRACED.sub(lambda size: str(settings[size[1]]), each) for each in self.inputs]
        names = ", ".join(each.partition(":")[0].strip() for each in inputs)
        written = self.written(NetWriter(""), settings, "")
        given = names if len(inputs) == 1 else f"({names})"
        return f"net {self.__name__}Net({', '.join(inputs)}) = {given} -> {written}\n"

    def written(self, writer: NetWriter, arguments: Mapping[str, Any], path: str) -> str:
        """A call, with arguments as *writer* writes them.

        Raises:
            SearchError: choices are made in the body, which a call does not say.
        """
        if arguments.get(_CHOICES):
            raise SearchError(
                f"`{self.__name__}` stays open in a program; leave `choices` out, and `pick` in the program"
            )
        settings = [
            f"{name} = {writer.argument(value, f'{path}.{name}')}"
            for name, value in arguments.items()
            if name in self.settings
        ]
        return f"{self.__name__}({', '.join(settings)})" if settings else self.__name__

    def sizes(self, arguments: Mapping[str, Any]) -> Mapping[int, Any]:
        """The sizes that the input must have, by dimension, where they are numbers or come from *arguments*.

        Raises:
            SearchError: there are several inputs, which do not stand in a row.
        """
        if len(self.inputs) > 1:
            raise SearchError(f"`{self.__name__}` takes {len(self.inputs)} inputs, so it does not stand in a row")
        _, _, inside = self.inputs[0].partition("[")
        found: dict[int, Any] = {}
        for dim, size in enumerate(each.strip() for each in inside.rstrip("] ").split(",")):
            if size.isdigit():
                found[dim] = int(size)
            elif size.startswith("{") and size.endswith("}"):
                found[dim] = arguments[size[1:-1]]
        return found

    def _architecture(self, text: str, choices: Mapping[str, object]) -> Architecture:
        (net,) = parse(text).declarations
        space = self.program.changed(tree.Module((*self.declarations, net), self.program.module.version)).space()
        paths = {self._short(slot.path): slot.path for slot in space.decisions}
        if choices:
            space = space.fixed({paths.get(each, each): choice for each, choice in choices.items()})
        made = space.picked.entries if space.picked is not None else {}
        left = [self._short(slot.path) for slot in space.decisions if plain(slot.path) not in made]
        if left:
            raise SearchError(
                f"`{self.__name__}` leaves open: {listing(left)}; choose, `choices={{'{left[0]}': …}}`, where a placeholder "
                "may stand"
            )
        return space.architecture({})

    def _short(self, path: str) -> str:
        """The path of a decision as it is called in the block."""
        return path.removeprefix(f"{self.__name__}Net.").removeprefix(f"{self.__name__}.")


def _parameter(setting: tree.Parameter) -> Parameter:
    default = Parameter.empty if setting.default is None else setting.default
    return Parameter(setting.name, Parameter.POSITIONAL_OR_KEYWORD, default=default)


def _placeholder(default: tree.Expression | None) -> Callable[[], Any] | None:
    """What makes the placeholder that *default* is, if it is one of plain values."""
    match default:
        case tree.OneOf(alternatives=alternatives, prior=None):
            values = [_plain(each.value) for each in alternatives if each.guard is None and not each.spread]
            labels = [each.label for each in alternatives if each.label is not None]
            if (
                len(values) < len(alternatives)
                or any(value is _OTHER for value in values)
                or 0 < len(labels) < len(values)
            ):
                return None
            labelled = dict(zip(labels, values, strict=True)) if labels else None
            return lambda: oneof(*values) if labelled is None else oneof(labelled)
        case tree.Call(
            function=tree.Name("range"), arguments=(tree.Argument(low, None, False), tree.Argument(high, None, False))
        ):
            bounds = [_plain(low), _plain(high)]
            return None if any(each is _OTHER for each in bounds) else lambda: range_(*bounds)
        case _:
            return None


_OTHER = object()


def _plain(node: tree.Expression) -> Any:
    """The value of a number, string or truth as Python has it."""
    match node:
        case tree.Number(value=value, real=real):
            return int(value) if value.denominator == 1 and not real else float(value)
        case tree.Text(value=value) | tree.Boolean(value=value):
            return value
        case tree.Unary(operator=tree.UnaryOperator.NEGATE, operand=tree.Number() as operand):
            return -_plain(operand)
        case _:
            return _OTHER
