"""Walking nodes: which of their fields hold nodes, in the order they are written, and how one child is exchanged.

All of it is read off the classes of `tree.py`, so that a new kind of node is walked without a word here. What may
stand where beyond its kind is the grammar's business, names and paths are `treepaths`'.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast, get_args, get_type_hints

from attrs import evolve, fields, has

from symnas.spans import Span

if TYPE_CHECKING:
    from symnas.tree import Module, Node

__all__ = ["Step", "child_at", "child_kinds", "children", "exchange", "rebuild", "remove", "steps", "with_fields"]

T = TypeVar("T", bound="Node")


class Step(NamedTuple):
    """From a node to one of its children: the field that holds it, and its position where the field holds several."""

    field: str
    position: int | None = None

    def __str__(self) -> str:
        return self.field if self.position is None else f"{self.field}[{self.position}]"


def children(node: "Node") -> tuple["Node", ...]:
    """Direct children of *node*, in the order they are written."""
    found: list[Node] = []
    for name in child_kinds(node):
        value = getattr(node, name)
        if isinstance(value, tuple):
            found.extend(value)
        elif value is not None:
            found.append(value)
    return tuple(found)


def steps(node: "Node") -> Iterator[tuple[Step, "Node"]]:
    """Direct children of *node*, in the order they are written, with the steps to them."""
    for name in child_kinds(node):
        value = getattr(node, name)
        if isinstance(value, tuple):
            for index, each in enumerate(value):
                yield Step(name, index), each
        elif value is not None:
            yield Step(name), value


def child_at(node: "Node", step: Step) -> "Node | None":
    """The child of *node* at *step*, or `None` where it has no such child."""
    if step.field not in child_kinds(node):
        return None
    value = getattr(node, step.field)
    if isinstance(value, tuple) != (step.position is not None):
        return None
    if step.position is None:
        return value  # type: ignore[no-any-return]  # a field that holds one node or none
    return value[step.position] if step.position < len(value) else None


def rebuild(node: "Node", change: Callable[["Node"], "Node"]) -> "Node":
    """*node* with `change` applied to each direct child; *node* itself, not a copy, where no child changes.

    The caller keeps the kinds of children right: a statement is replaced by a statement.
    """
    changed: dict[str, Any] = {}
    for name in child_kinds(node):
        old = getattr(node, name)
        if isinstance(old, tuple):
            new: Any = tuple(change(each) for each in old)
            if any(a is not b for a, b in zip(old, new, strict=True)):
                changed[name] = new
        elif old is not None and (new := change(old)) is not old:
            changed[name] = new
    return with_fields(node, changed) if changed else node


def with_fields(node: T, values: Mapping[str, object]) -> T:
    """*node* with other *values* in some of its fields; the caller knows that they have them, and of which kinds."""
    made: T = evolve(cast(Any, node), **values)
    return made


def exchange(module: "Module", route: Sequence[Step], new: "Node") -> "Module":
    """*module* with *new* where *route* leads: the nodes on the way are new, all others are shared.

    *module* itself where *new* stands there already.
    """
    passed = _passed(module, route)
    if passed[-1] is new:
        return module
    put: Any = new
    for node, step in zip(reversed(passed[:-1]), reversed(route), strict=True):
        if step.position is not None:
            held = getattr(node, step.field)
            put = (*held[: step.position], put, *held[step.position + 1 :])
        put = with_fields(node, {step.field: put})
    return put  # type: ignore[no-any-return]  # the outermost of the rebuilt nodes


def remove(module: "Module", route: Sequence[Step]) -> "Module":
    """*module* without the node that *route* leads to, which stands in a list or is optional."""
    *before, last = route
    holder = _passed(module, before)[-1]
    kept: Any = None
    if last.position is not None:
        held = getattr(holder, last.field)
        kept = (*held[: last.position], *held[last.position + 1 :])
    return exchange(module, before, with_fields(holder, {last.field: kept}))


def _passed(node: "Node", route: Sequence[Step]) -> list["Node"]:
    """*node* and every node on *route*, the one at its end included."""
    passed = [node]
    for step in route:
        child = child_at(passed[-1], step)
        assert child is not None, f"a route that was found leads nowhere at {step}"
        passed.append(child)
    return passed


def child_kinds(node: object) -> Mapping[str, tuple[type[Any], ...]]:
    """The fields of *node* that hold nodes, in the order they are written, with the kinds of nodes each may hold.

    Read off the type annotations, so that none is forgotten. A class whose fields are not declared in the order of
    the text names that order as `WRITTEN`.
    """
    return _child_kinds(type(node))  # type: ignore[arg-type]  # classes hash, though `__hash__` is their instances'


@cache
def _child_kinds(kind: type[object]) -> Mapping[str, tuple[type[Any], ...]]:
    hints = get_type_hints(kind)
    found: dict[str, tuple[type[Any], ...]] = {}
    for each in fields(cast(Any, kind)):
        held = tuple(one for one in _classes(hints[each.name]) if has(one) and one is not Span)
        if held:
            found[each.name] = held
    written: tuple[str, ...] = getattr(kind, "WRITTEN", tuple(found))
    return {name: found[name] for name in written}


def _classes(hint: Any) -> Iterator[type[Any]]:
    """The classes that *hint* mentions, at any depth."""
    if isinstance(hint, type) and not get_args(hint):
        yield hint
    for each in get_args(hint):
        yield from _classes(each)
