"""What a constructor or function makes inside, as parts of a symbolic value, found by running it.

net = symnas.traced(Net, 64)
symnas.edit(net, {"inside['stages.0'].kernel": symnas.oneof(3, 5)})
"""

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, cast

from symnas.annotated.calling import Made, Trace
from symnas.annotated.marking import partial
from symnas.annotated.recorded import INSIDE, Inner, Traced, has_identity, paths_of
from symnas.annotated.spaces import space_of
from symnas.annotated.values import Symbolic, is_symbolic, name_of
from symnas.errors import SearchError

__all__ = ["traced"]

P = ParamSpec("P")
T = TypeVar("T")


def traced(target: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """A call of *target*, a class or function, whose argument `inside` has the symbolic calls that it makes itself, by
    where what they give is found: `inside['stages.0'].kernel`. In place of *target* a call that waits may stand.

    *target* is run once to find them, with the first candidate of every placeholder that it is given. When the value is
    built it is run again, with what was changed; what was not changed follows the other arguments.

    Raises:
        SearchError: *target* has no such argument, or one that is called `inside`. When it is built: a call that was
            changed is not made, or made for another place.
    """
    before = getattr(target, "symnas_target", None)
    if isinstance(before, Traced):
        raise SearchError(f"`{name_of(before)}` is traced already; trace a call of it anew")
    waiting = cast("Symbolic", partial(target, *args, **kwargs))
    function, arguments = waiting.symnas_target, waiting.symnas_arguments
    Traced(function, {})  # refuses what cannot be traced before it is run
    trace = Trace(function)
    made = trace.run(space_of(arguments)[0].build() if is_symbolic(arguments) else arguments)
    paths = paths_of(made, trace.calls)
    names = {
        id(each.made): Made(each.key, path)
        for each, path in zip(trace.calls, paths, strict=True)
        if has_identity(each.made)
    }
    inner = {
        path: Inner(each.key, each.target, {name: _named(value, names) for name, value in each.arguments.items()})
        for each, path in zip(trace.calls, paths, strict=True)
    }
    inside = {path: Symbolic(each, each.arguments) for path, each in inner.items()}
    return cast("T", Symbolic(Traced(function, inner), {**arguments, INSIDE: inside}))


def _named(value: Any, names: Mapping[int, Made]) -> Any:
    """*value* with names for what other calls made."""
    if id(value) in names:
        return names[id(value)]
    match value:
        case list() | tuple():
            return type(value)(_named(each, names) for each in value)
        case dict():
            return {key: _named(each, names) for key, each in value.items()}
        case _:
            return value
