"""Patches: changes with a name and parameters that travel as text, `"wider?by=2"`, on values and on programs.

A patch is a function that says what it would change; making the changes is `editing`'s business, and that of programs.
"""

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, overload
from urllib.parse import unquote
from warnings import catch_warnings, simplefilter

from attrs import frozen

from symnas.annotated.argumenttypes import check_arguments
from symnas.annotated.editing import MISSING, Changes, Edit, edit_within
from symnas.annotated.placeholders import manyof, maybe, oneof, permutation, range, subset  # noqa: A004 (what texts say)
from symnas.annotated.values import bound, name_of, signature_of
from symnas.errors import SearchError, suggest
from symnas.program import Program

__all__ = ["Applied", "apply", "changes_of", "patch", "put_into", "read_value"]

F = TypeVar("F", bound=Callable[..., Any])

_PATCHES: dict[str, Callable[..., Changes]] = {}
"""The patches of this process, by name."""

_PLACEHOLDERS: Mapping[str, Callable[..., Any]] = {
    "oneof": oneof, "range": range, "maybe": maybe, "manyof": manyof, "subset": subset, "permutation": permutation,
}  # fmt: skip

_WORDS: Mapping[str, Any] = {"true": True, "false": False, "none": None, "inf": float("inf"), "nan": float("nan")}


class Applied(Protocol):
    """What was applied, and can be taken back."""

    def undo(self) -> None:
        """Everything as it was before."""
        ...


def patch(function: F) -> F:
    """Let *function* be applied by its name, `symnas.apply(value, "wider?by=2")`. It is called with the value, or the
    program, and the parameters of the text, and gives back what is to change, as `symnas.edit` takes it; for a program,
    texts of the language by path. It changes nothing itself.

    Raises:
        SearchError: it takes no value, or another function of this name is a patch already.
    """
    signature = signature_of(function)
    if signature is None or not _takes_value(signature):
        raise SearchError("a patch is a function whose first argument is the value, `def wider(value, by: int = 2)`")
    name = function.__name__
    before = _PATCHES.get(name)
    if before is not None and _place(before) != _place(function):
        raise SearchError(f"there is a patch `{name}` already, in {before.__module__}; give one of them another name")
    _PATCHES[name] = function
    return function


@overload
def apply(value: Program, *patches: str | Mapping[str, Any]) -> Applied: ...
@overload
def apply(value: object, *patches: str | Changes) -> Applied: ...
def apply(value: object, *patches: Any) -> Applied:
    """Change *value*, or a program, by *patches*, one after the other, each seeing what those before it did: all of
    them, or after a mistake none.

    A patch is a text, `"wider?by=2"` for one with a name and parameters or `"stem.kernel=5"` for one path (`"stem.kernel="` takes
    away), or changes as `symnas.edit` takes them; of a program, `{"Net.width": "oneof(8, 16)"}`.

    Raises:
        SearchError: there is no such patch or parameter, or one is of the wrong type; or the change is not possible.
        SourceError: what is put into a program is wrong there.
    """
    if isinstance(value, Program):
        return _apply_to_program(value, patches)
    done = Edit()
    for each in patches:
        try:
            edit_within(done, value, changes_of(value, each))
        except BaseException as error:
            done.undo()
            if isinstance(error, SearchError) and isinstance(each, str):
                raise SearchError(f"`{each}`: {error}") from None
            raise
    return done


@frozen
class _ProgramEdit:
    """One edit of a program."""

    program: Program

    def undo(self) -> None:
        """The program as it was before."""
        self.program.undo()


def _apply_to_program(program: Program, patches: tuple[Any, ...]) -> Applied:
    work = program.copy()
    for each in patches:
        put_into(work, changes_of(work, each))
    with program.edit() as edit:
        edit.module = work.module
    return _ProgramEdit(program)


def put_into(program: Program, changes: Changes) -> None:
    """Make *changes*, texts or nodes by path, in *program*; `MISSING` takes away what a path leads to."""
    if not isinstance(changes, Mapping):
        raise SearchError("of a program, changes are texts by path, `{'Net.width': 'oneof(8, 16)'}`")
    with program.edit() as edit:
        for path, new in changes.items():
            if new is MISSING:
                edit.remove(path)
            else:
                edit.replace(path, new)


def changes_of(value: object, given: str | Changes) -> Changes:
    """What the patch *given* changes of *value*; a text is read.

    Raises:
        SearchError: the text is no patch; the message says what is near.
    """
    if not isinstance(given, str):
        return given
    name, asked, rest = given.partition("?")
    if "=" in name:
        path, _, text = given.partition("=")
        if not text.strip():
            return {path.strip(): MISSING}
        return {path.strip(): text.strip() if isinstance(value, Program) else read_value(text)}
    function = _PATCHES.get(name.strip())
    if function is None:
        raise SearchError(
            f"there is no patch `{name}`; {suggest(name, _PATCHES, 'there are', many=True) or 'write one, `@symnas.patch`, or import the module that has it'}"
        )
    parameters = _parameters(function, rest if asked else "")
    found: Any = function(value, **parameters)
    if not isinstance(found, Mapping) and not callable(found):
        raise SearchError(f"the patch `{name}` gives back what is to change, `{{path: new}}`; it gave {found!r}")
    return found  # type: ignore[no-any-return]  # a mapping or a function


def _parameters(function: Callable[..., Any], text: str) -> dict[str, Any]:
    """The parameters that *text*, what follows `?`, gives to *function*."""
    signature = signature_of(function)
    assert signature is not None, "checked when it was declared"
    found: dict[str, Any] = {}
    for part in text.split("&") if text else ():
        name, given, word = (unquote(each) for each in part.partition("="))
        if not given or name in found:
            problem = "given twice" if name in found else "not given a value, `name=value`"
            raise SearchError(f"`{name_of(function)}`: the parameter `{name}` is {problem}")
        found[name] = _fitting(function, name, word)
    bound(function, (None,), found)
    return found


def _fitting(function: Callable[..., Any], name: str, word: str) -> Any:
    """*word* as what the parameter *name* of *function* is annotated as: what it reads as, or else itself."""
    value = read_value(word)
    try:
        check_arguments(function, {name: value})
    except SearchError:
        try:
            check_arguments(function, {name: word})
        except SearchError:
            check_arguments(function, {name: value})
        return word
    return value


def read_value(text: str) -> Any:
    """What *text* says: a number, `true`, `none`, a quoted text, a list, tuple or dictionary of these, a placeholder such
    as `oneof(3, 5)`; any other text is itself.

    Raises:
        SearchError: a placeholder is given what it does not take.
    """
    try:
        with catch_warnings():
            simplefilter("ignore")  # of Python's spelling, which this is not
            return _read(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        return text


def _read(node: ast.expr) -> Any:
    match node:
        case ast.Name(id=name):
            if name not in _WORDS:
                return name
            return _WORDS[name]
        case ast.List(elts=items):
            return [_read(each) for each in items]
        case ast.Tuple(elts=items):
            return tuple(_read(each) for each in items)
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {_read(key): _read(each) for key, each in zip(keys, values, strict=True) if key is not None}
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in _PLACEHOLDERS:
            given, named = [_read(each) for each in args], [(each.arg, _read(each.value)) for each in keywords]
            try:
                return _PLACEHOLDERS[name](*given, **{str(key): each for key, each in named})
            except TypeError as error:
                raise SearchError(f"`{ast.unparse(node)}`: {error}") from None
        case _:
            return ast.literal_eval(node)


def _takes_value(signature: inspect.Signature) -> bool:
    first = next(iter(signature.parameters.values()), None)
    return first is not None and first.kind in (first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD)


def _place(function: Callable[..., Any]) -> tuple[str, str]:
    return function.__module__, function.__qualname__
