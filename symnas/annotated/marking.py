"""`symbolic`: a class or function whose calls may wait until what they are given is decided.

@symnas.symbolic
class Block(nn.Module):
    def __init__(self, channels, kernel=3): ...

Block(8)                # the ordinary object
Block(oneof(8, 16))     # a `Symbolic`
"""

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast, overload

from symnas.annotated.argumenttypes import check_arguments
from symnas.annotated.calling import TRACE
from symnas.annotated.names import mark, target_of
from symnas.annotated.remembering import Remembered
from symnas.annotated.values import CALL, Function, Symbolic, bound, call_of, is_symbolic
from symnas.errors import SearchError

__all__ = ["partial", "symbolic"]

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def symbolic(target: F) -> F:
    """Make *target*, a class or function, accept placeholders: called with some, it gives a `Symbolic`.

    As a decorator it changes the class in place, so that `super()`, `isinstance`, pickling and subclasses go on as they
    did; a class that is defined elsewhere (`symbolic(nn.Conv2d)`) is left as it is, and what comes back makes its objects.
    """
    if not callable(target):
        raise SearchError(f"`symbolic` takes a class or a function; {target!r} is neither")
    made = _changed(target) if inspect.isclass(target) and _is_being_defined(target) else _wrapped(target)
    mark(made)
    return cast("F", made)


@overload
def partial(target: type[T], /, *args: Any, **kwargs: Any) -> T: ...
@overload
def partial(target: Function[T], /, *args: Any, **kwargs: Any) -> T: ...
@overload
def partial(target: T, /, *args: Any, **kwargs: Any) -> T: ...
def partial(target: Any, /, *args: Any, **kwargs: Any) -> Any:
    """A call of *target* that waits, placeholders or not; arguments may still be missing. Of a call that waits already,
    or of an object of a symbolic class, a call as that was, with these arguments in place of those that it had.

    Raises:
        SearchError: *target* has no such argument, or one is of the wrong type.
    """
    call = call_of(target)
    if call is not None:
        before, arguments = call
        return _waiting(before, {**arguments, **bound(before, args, kwargs, partly=True)})
    if not callable(target):
        raise SearchError(f"`partial` takes a class, a function or a call that waits; {target!r} is none")
    return _waiting(target_of(target), bound(target, args, kwargs, partly=True))


def _waiting(target: Callable[..., Any], arguments: Mapping[str, Any]) -> Symbolic:
    """A call that waits; its arguments are checked now."""
    check_arguments(target, arguments)
    return Symbolic(target, arguments)


def _is_being_defined(target: type) -> bool:
    """Whether *target* has no name yet where it is defined: a decorator is at work."""
    module = sys.modules.get(target.__module__)
    return "<locals>" in target.__qualname__ or getattr(module, target.__name__, None) is not target


def _wrapped(target: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(target, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        if is_symbolic([*args, *kwargs.values()]):
            return _waiting(target_of(call), bound(target, args, kwargs))
        trace = TRACE.get()
        return target(*args, **kwargs) if trace is None else trace.called(target_of(call), target, args, kwargs)

    return call


def _changed(target: Any) -> Any:
    make, begin = target.__new__, target.__init__

    @functools.wraps(make)
    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        if is_symbolic([*args, *kwargs.values()]):
            return _waiting(cls, bound(cls, args, kwargs))
        if make is object.__new__:
            args, kwargs = (), {}
        trace = TRACE.get()
        return make(cls, *args, **kwargs) if trace is None else trace.begun(cls, lambda: make(cls, *args, **kwargs))

    def started(self: Any, *args: Any, **kwargs: Any) -> None:
        _remember(self, args, kwargs)
        begin(self, *args, **kwargs)

    @functools.wraps(begin)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if type(self).__init__ is not init:  # on the way from a subclass
            begin(self, *args, **kwargs)
            return
        trace = TRACE.get()
        if trace is None:
            started(self, *args, **kwargs)
        else:
            trace.initialise(self, args, kwargs, started)

    new.__signature__ = inspect.signature(begin)  # type: ignore[attr-defined]  # what `inspect` looks for
    target.__new__ = new
    target.__init__ = init
    return target


def _remember(made: object, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    try:
        object.__setattr__(made, CALL, Remembered(bound(type(made), args, kwargs)))
    except (AttributeError, SearchError):  # slots leave no room; wrong arguments are the class's to refuse
        return
