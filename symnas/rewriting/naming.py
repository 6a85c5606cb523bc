"""Names of what rules put down: layers with weights are called apart from those that stand beside them.

Most names differ already. Layers without weights may share one, and where a rule puts weights in the place of each, the
second gets the next number, as a layer that is applied twice.
"""

from itertools import count

from attrs import evolve

from symnas.graph import Operation, Scope, Step, map_scopes
from symnas.rewriting.replacing import Put

__all__ = ["named_apart", "owned_names", "owns_weights"]


def owns_weights(step: Step) -> bool:
    """Whether *step* has weights of its own, called by its name; blocks, `when` and `scan` count as if they had."""
    return step.shared is None and (not isinstance(step, Operation) or step.trains is not None)


def owned_names(step: Step) -> set[str]:
    """The names of *step*, and of what is in it and belongs to the block around it, as far as they own weights."""
    found = {step.name} if owns_weights(step) else set()

    def look(scope: Scope) -> Scope:
        for each in scope.steps:
            found.update(owned_names(each))
        return scope

    map_scopes(step, look)
    return found


def named_apart(made: Scope, put: tuple[Put, ...], taken: set[str]) -> tuple[Scope, tuple[Put, ...]]:
    """*made* and the places of what it puts down, with names of their own: none is in *taken*, which knows them then."""
    names: dict[str, str] = {}

    def apart(step: Step) -> Step:
        if owns_weights(step):
            name = step.name
            if name in taken:
                name = next(f"{step.name}.{number}" for number in count(1) if f"{step.name}.{number}" not in taken)
                names[step.name] = name
            taken.add(name)
            step = evolve(step, name=name)
        return map_scopes(step, lambda inner: evolve(inner, steps=tuple(map(apart, inner.steps))))

    steps = tuple(map(apart, made.steps))
    if not names:
        return made, put
    return evolve(made, steps=steps), tuple(evolve(each, path=_renamed(each.path, names)) for each in put)


def _renamed(path: str, names: dict[str, str]) -> str:
    old = max((name for name in names if path == name or path.startswith(f"{name}.")), key=len, default=None)
    return path if old is None else names[old] + path[len(old) :]
