"""Tree paths: readable addresses of the nodes of a program.

`width` is the value of a `let`, `MBConv.kernel` a parameter's default, `Mobile.x[1]` the second binding of `x`,
`train.lr` a setting. A name is looked up in what it stands in, whatever lies between: `if`, `for` and pipelines add
nothing, as in the paths of decisions. Where no name reaches, the fields of the tree go on:
`Mobile.x[1].right.arguments[0].value`. A path that begins with `declarations[…]` uses fields alone.

These are addresses in the text. Decisions and weights have paths of their own, made while elaborating.
"""

import re
from collections.abc import Iterable, Iterator

from attrs import frozen

from symnas import tree
from symnas.errors import SearchError, nearest
from symnas.traversal import Step, child_at, child_kinds, steps

__all__ = ["PathError", "Paths", "Place", "Route", "bound_names", "find_place", "spell", "walk"]

Route = tuple[Step, ...]
"""The way from a module down to one of its nodes."""

_STEP = re.compile(r"([^\W\d]\w*)(?:\[(\d+)\])?(?:\.|\Z)")

_KEYWORDS: dict[type[object], str] = {
    tree.Train: "train", tree.Search: "search", tree.Require: "require", tree.Assert: "assert",
    tree.Measure: "measure", tree.Import: "import", tree.Use: "use", tree.Pick: "pick", tree.Moved: "moved",
}  # fmt: skip
"""What declarations without a name of their own are called."""

_MEANING: dict[type[object], str] = {
    tree.Let: "value", tree.Shared: "value", tree.Require: "condition", tree.Assert: "condition",
    tree.Objective: "metric", tree.Measure: "evaluator", tree.Field: "value", tree.Alternative: "value",
    tree.Argument: "value", tree.As: "value", tree.Bind: "value", tree.For: "iterable", tree.Comprehend: "iterable",
}  # fmt: skip
"""The field that a path to one of these leads into: the name of a `let` is a path to its value."""


class PathError(SearchError):
    """No node of the program has this path; the message says how far the path led, and how it could go on."""


@frozen
class Place:
    """Where a path leads: to *node*, by *route*. *holder* is the length of the route to what has the name: of
    `let width = 3` the path `width` leads to `3`, its holder is the whole `let`.
    """

    node: tree.Node
    route: Route
    holder: int


def find_place(module: tree.Module, path: str) -> Place:
    """The place that *path* leads to.

    Raises:
        PathError: nothing is there.
    """
    place = Place(module, (), 0)
    plain = _is_plain(path)
    done = 0
    for name, number, end in list(_split(path)):
        step = Step(name, number)
        found = (None if plain else _named(place, name, number or 0)) or _field(place, step)
        if found is None:
            raise _unknown(path, done, name, place)
        place, done = found, end
    return place


def _split(path: str) -> Iterator[tuple[str, int | None, int]]:
    """The names of *path*, their numbers, and how far the path has been read with each."""
    position = 0
    while position < len(path) or not path:
        found = _STEP.match(path, position)
        if found is None or (found.end() == len(path) and path.endswith(".")):
            raise PathError(f"`{path}` is no path; a path looks like `width`, `MBConv.kernel` or `Net.x[1]`")
        yield found[1], int(found[2]) if found[2] else None, found.end() - path[found.end() - 1].count(".")
        position = found.end()


def _named(place: Place, name: str, number: int) -> Place | None:
    """The *number*-th thing called *name* in *place*."""
    known = names(place.node)
    if isinstance(place.node, tree.Module):  # there may be thousands of declarations: make places of those called so
        held = enumerate(place.node.declarations)
        known = ((name, _meant(each, (Step("declarations", at),))) for at, each in held if _headline(each) == name)
    for each, found in known:
        if each == name:
            if number == 0:
                return Place(found.node, place.route + found.route, len(place.route) + found.holder)
            number -= 1
    return None


def _field(place: Place, step: Step) -> Place | None:
    """The child of *place* at *step*."""
    child = child_at(place.node, step)
    route = (*place.route, step)
    return None if child is None else Place(child, route, len(route))


def _unknown(path: str, done: int, name: str, place: Place) -> PathError:
    """The message for *path*, which leads to *place* and, at *name*, no further."""
    known = list(dict.fromkeys(each for each, _ in names(place.node)))
    before = path[:done]
    where = f"`{before}`" if before else "this program"
    message = f"there is nothing at `{path}`"
    count = sum(each == name for each, _ in names(place.node))
    if count:
        return PathError(f"{message}: {where} has {_times(name, count)}, counted from 0")
    fields = [f"{each}[…]" if several else each for each, several in _fields(place.node)]
    close = nearest(name, known)
    if close is not None:
        message += f"; did you mean `{before}{'.' if before else ''}{close}`?"
    shown = ", ".join(f"`{each}`" for each in (known or fields)[:12]) or "nothing inside"
    more = ", …" if len(known or fields) > 12 else ""
    return PathError(f"{message} ({where} has {shown}{more})")


def _times(name: str, count: int) -> str:
    return f"one `{name}`" if count == 1 else f"{count} times `{name}`"


def _fields(node: tree.Node) -> Iterator[tuple[str, bool]]:
    """The fields of *node* that hold a node, and whether they hold several."""
    for name in child_kinds(node):
        value = getattr(node, name)
        if value is not None and value != ():
            yield name, isinstance(value, tuple)


# ------------------------------------------------------------------------------------------------ names


def names(node: tree.Node) -> Iterator[tuple[str, Place]]:
    """What paths may go on with from *node*: the names in it, with their places as seen from it, in the order of the
    text. Names within something that has a name are left to that.
    """
    if isinstance(node, tree.Module):
        for position, each in enumerate(node.declarations):
            yield _headline(each), _meant(each, (Step("declarations", position),))
        return
    if isinstance(node, tree.Call):
        for position, argument in enumerate(node.arguments):
            if argument.name is not None:
                yield argument.name, _meant(argument, (Step("arguments", position),))
    pending = _inner(node, ())
    while pending:
        child, route = pending.pop()
        found = tuple(_own_names(child))
        for name in found:
            yield name, _meant(child, route)
        if isinstance(child, tree.For | tree.Comprehend):  # a loop's names stand for what it runs over
            pending += [each for each in _inner(child, route) if each[1][-1].field not in ("target", "iterable")]
        elif not found:
            pending += _inner(child, route)


def _inner(node: tree.Node, route: Route) -> list[tuple[tree.Node, Route]]:
    """Children of *node*, the last first, but for settings given by name, which are reached through their call."""
    found = [(child, (*route, step)) for step, child in steps(node)]
    found = [each for each in found if not (isinstance(each[0], tree.Argument) and each[0].name is not None)]
    return found[::-1]


def _headline(node: tree.Declaration) -> str:
    """What the declaration *node* is called: its name, or the word that it begins with."""
    word = _KEYWORDS.get(type(node))
    if word is not None:
        return word
    return node.direction.value if isinstance(node, tree.Objective) else node.name  # type: ignore[union-attr]  # the rest


def _own_names(node: tree.Node) -> Iterable[str]:
    """The names that *node* gives to what it holds."""
    match node:
        case tree.Bind(pattern=pattern) | tree.For(target=pattern) | tree.Comprehend(target=pattern):
            return bound_names(pattern)
        case tree.Parameter(name=name) | tree.Shared(name=name) | tree.As(name=name) | tree.Used(name=name):
            return (name,) if name.isidentifier() else ()  # a rule's `as $b` and a path name no place here
        case tree.Field(label=str(label)) | tree.Alternative(label=str(label)):
            return (label,)
        case _:
            return ()


def bound_names(pattern: tree.Pattern) -> Iterator[str]:
    """The names that *pattern* binds, in order."""
    if isinstance(pattern, tree.NamePattern):
        yield pattern.name
        return
    for each in pattern.items:
        yield from bound_names(each)


def _meant(node: tree.Node, route: Route) -> Place:
    """Where a path to *node* leads: to its value, where it is one that gives a name to a value."""
    if isinstance(node, tree.Parameter):
        inner = None if node.default is None else "default"
    else:
        inner = _MEANING.get(type(node))
    if inner is None:
        return Place(node, route, len(route))
    return Place(getattr(node, inner), (*route, Step(inner)), len(route))


# ------------------------------------------------------------------------------------------------ paths


def walk(node: tree.Node, before: Route = ()) -> Iterator[tuple[tree.Node, Route]]:
    """*node* and every node below it, outer ones first, in the order of the text, with its route after *before*.

    A node reached in several ways is met on each.
    """
    pending = [(node, before)]
    while pending:
        each, route = pending.pop()
        yield each, route
        pending += [(child, (*route, step)) for step, child in steps(each)][::-1]


class Paths:
    """The paths of the nodes of *module*. Names are looked up once for each thing that has one."""

    def __init__(self, module: tree.Module) -> None:
        self._module = module
        self._scopes: dict[Route, tuple[dict[Route, str], frozenset[str]]] = {}

    def of(self, route: Route) -> str:
        """The shortest path that `find_place` follows along *route*: names as far as they reach, then fields."""
        path, fresh = "", True
        node: tree.Node = self._module
        named: list[dict[Route, str]] = []
        taken: frozenset[str] = frozenset()
        for depth, step in enumerate(route):
            here, there = route[:depth], route[: depth + 1]
            if fresh or (isinstance(node, tree.Call) and not _is_plain(path)):
                found, words = self._scope(here, path, node)
                named, taken, fresh = [found, *named], taken | words, False
            name = next((each[there] for each in named if there in each), None)
            if name is not None:
                path, fresh, named, taken = name, True, [], frozenset()
            elif depth == 0 or _is_plain(path) or step.field in taken:  # a name would be found in the field's place
                path = spell(there)
            else:
                path = f"{path}.{step}"
            child = child_at(node, step)
            assert child is not None, f"a route that was found leads nowhere at {step}"
            node = child
        return path

    def _scope(self, route: Route, path: str, node: tree.Node) -> tuple[dict[Route, str], frozenset[str]]:
        """The paths of what has a name in *node*, by route, and the names. Of two names for one place the first
        counts.
        """
        if route not in self._scopes:
            counts: dict[str, int] = {}
            found: dict[Route, str] = {}
            for name, place in names(node):
                number = counts[name] = counts.get(name, -1) + 1
                shown = f"{path}.{name}" if path else name
                found.setdefault(route + place.route, shown + (f"[{number}]" if number else ""))
            self._scopes[route] = found, frozenset(counts)
        return self._scopes[route]


def _is_plain(path: str) -> bool:
    return path.startswith("declarations[")


def spell(route: Iterable[Step]) -> str:
    """*route* as a path of fields alone."""
    return ".".join(str(step) for step in route)
