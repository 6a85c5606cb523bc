"""Editing: changes to a program, made together or not at all, and undone as a whole.

Nodes are frozen, so an edit copies the nodes between the program and what changes, and shares everything else; a
program as it was before is kept by keeping its root. What may be put into a program is `replacements`' business,
addresses are `treepaths`', names and all that read them `renaming`'s.
"""

from collections.abc import Callable

from attrs import evolve, fields, frozen

from symnas import tree
from symnas.errors import SourceError
from symnas.grammar import parse
from symnas.matching import Match, matcher
from symnas.renaming import renamed
from symnas.replacements import check_reads_back, inspect, located, read, reads_back_alone
from symnas.traversal import Step, child_at, child_kinds, exchange, remove, steps, with_fields
from symnas.treepaths import PathError, Paths, Route, find_place, walk

__all__ = ["Edit", "Found", "Moment", "find_all"]

Kinds = tuple[type[tree.Node], ...]

_SURELY_READABLE = 40
"""Trees no deeper than this are far from the parser's limits."""

_STRICT_FIELDS = ("type", "result")
"""Where not every expression may stand."""


@frozen(eq=False)
class Moment:
    """A program as it was, and the moment before it: a history that programs and their copies share."""

    module: tree.Module
    before: "Moment | None"


@frozen
class Found:
    """A node and its path."""

    path: str
    node: tree.Node


def find_all(module: tree.Module, match: Match) -> list[Found]:
    """The nodes of *module* that match, outer ones first, in the order of the text; of a call that a bare name
    matches, the name itself is not listed again.
    """
    matches, paths = matcher(match), Paths(module)
    found: list[Found] = []
    called: set[Route] = set()
    for node, route in walk(module):
        if route and route not in called and matches(node):
            found.append(Found(paths.of(route), node))
            if isinstance(node, tree.Call):
                called.add((*route, Step("function")))
    return found


class Edit:
    """Changes to a program, in the making; `Program.edit` begins one and takes it over at its end.

    Each method sees what those before it did. Costs are those of the nodes on the way to the change, of the
    replacement, and of the list of declarations, not of the program.
    """

    def __init__(self, module: tree.Module) -> None:
        self._base = module
        self.module = module
        """The program with the changes so far."""
        self._sound = {id(each): each for each in module.declarations}
        self._located: dict[int, tuple[tree.Node, tree.Node]] = {}

    def get(self, path: str) -> tree.Node:
        """The node at *path*.

        Raises:
            PathError: nothing is there.
        """
        return find_place(self.module, path).node

    def replace(self, path: str, new: str | tree.Node) -> None:
        """Put *new* in the place of the node at *path*.

        Text is read as an expression, or as a declaration where one stands. Nodes without an origin get that of the
        node they replace; one and the same node given twice stays one node.

        Raises:
            PathError: nothing is at *path*.
            SourceError: *new* is wrong, or cannot stand there.
        """
        place = find_place(self.module, path)
        if new is place.node:
            return
        allowed = self._allowed(place.route)
        node = read(new, allowed, place.node, path) if isinstance(new, str) else new
        facts = inspect(node, allowed, place.node.span)
        if not isinstance(new, str):
            node = located(node, place.node.span, self._located)
        before = self._declaration(place.route)
        easy = (
            isinstance(node, tree.Expression)
            and not isinstance(node, tree.Body | tree.If | tree.When)
            and tree.Number in allowed
            and place.route[-1].field not in _STRICT_FIELDS
            and not (facts.variables and not isinstance(before, tree.Rule))
            and len(place.route) + facts.depth <= _SURELY_READABLE
        )
        easy = easy and id(before) in self._sound and (isinstance(new, str) or reads_back_alone(node))
        self.module = exchange(self.module, place.route, node)
        if easy:  # an expression that reads back reads back wherever an expression stands
            after = self._declaration(place.route)
            self._sound[id(after)] = after

    def replace_all(self, match: Match, function: Callable[[tree.Node], tree.Node | None]) -> int:
        """Put what *function* makes of each node that matches in its place; `None` keeps the node, and looks inside.

        One pass from the outside in, never into what *function* made. A node reached in several ways is changed once
        and stays one node. Returns how many were replaced.

        Raises:
            SourceError: what *function* made cannot stand there.
        """
        sweep = _Sweep(matcher(match), function, self._located)
        changed = sweep.visit(self.module, (tree.Module,))
        assert isinstance(changed, tree.Module), "only a module may stand for a module"
        self.module = changed
        return sweep.count

    def insert_declaration(
        self, new: str | tree.Declaration, *, before: str | None = None, after: str | None = None
    ) -> None:
        """Add declarations before or after the one that a path leads into, else at the end.

        Raises:
            PathError: nothing is at that path.
            SourceError: the text is wrong.
        """
        held = self.module.declarations
        at = len(held)
        if before is not None and after is not None:
            raise PathError("give the place before which, or the one after which; not both")
        beside = before if before is not None else after
        if beside is not None:
            at = self._number(find_place(self.module, beside).route) + (before is None)
        if isinstance(new, str):
            added = parse(
                new, f"<edit: inserted {'before' if before else 'after'} {beside or 'the last'}>"
            ).declarations
        else:
            inspect(new, child_kinds(self.module)["declarations"], self.module.span)
            added = (new,)
        self.module = evolve(self.module, declarations=(*held[:at], *added, *held[at:]))

    def remove(self, path: str) -> None:
        """Take away what has the name *path*: a whole `let`, parameter, setting, alternative or binding; or the one
        node that a path of fields leads to.

        Raises:
            PathError: nothing is at *path*.
            SourceError: it cannot be missing.
        """
        place = find_place(self.module, path)
        route = place.route[: place.holder]
        if route[-1].position is None and not _optional(self.module, route):
            what = f"`{path}` cannot be missing from what it stands in"
            raise SourceError.at("E0705", what, place.node.span, hint="replace it, or remove what it stands in")
        self.module = remove(self.module, route)

    def rename(self, old: str, new: str) -> None:
        """Give what has the name *old*, a path, the name *new*, wherever it is read: in values, in calls that set a
        parameter, in picks.

        Raises:
            PathError: nothing is at *old*.
            SourceError: the name is taken, or what is there has no name of its own.
        """
        self.module = renamed(self.module, old, new)

    def finished(self) -> tree.Module:
        """The program with all changes; the program itself where there are none.

        Raises:
            SourceError: a declaration that changed would not read back as it is.
        """
        for each in self.module.declarations:
            if id(each) not in self._sound:
                check_reads_back(each)
        return self.module

    def _allowed(self, route: Route) -> Kinds:
        """The kinds of nodes that may stand where *route* leads."""
        holder: tree.Node = self.module
        for step in route[:-1]:
            child = child_at(holder, step)
            assert child is not None
            holder = child
        return child_kinds(holder)[route[-1].field]

    def _declaration(self, route: Route) -> tree.Declaration:
        """The declaration that *route* leads into."""
        return self.module.declarations[self._number(route)]

    def _number(self, route: Route) -> int:
        assert route[0].position is not None, "every route begins with a declaration"
        return route[0].position


class _Sweep:
    """One pass of `Edit.replace_all`; *count* is how many nodes it replaced."""

    def __init__(
        self,
        matches: Callable[[tree.Node], bool],
        function: Callable[[tree.Node], tree.Node | None],
        located: dict[int, tuple[tree.Node, tree.Node]],
    ) -> None:
        self.count = 0
        self._matches, self._function, self._located = matches, function, located
        self._done: dict[int, tree.Node] = {}

    def visit(self, node: tree.Node, allowed: Kinds) -> tree.Node:
        """What becomes of *node*, which stands where one of *allowed* may."""
        found = self._done.get(id(node))
        if found is None:
            found = self._done[id(node)] = self._replaced(node, allowed) or self._inside(node)
        elif type(found) not in allowed:
            inspect(found, allowed, node.span)
        return found

    def _replaced(self, node: tree.Node, allowed: Kinds) -> tree.Node | None:
        """What the function makes of *node*, with an origin; `None` where it does not match or is kept."""
        new = self._function(node) if self._matches(node) else None
        if new is None:
            return None
        if new is not node:
            self.count += 1
            inspect(new, allowed, node.span)
            new = located(new, node.span, self._located)
        return new

    def _inside(self, node: tree.Node) -> tree.Node:
        """*node* with its children visited; itself where none changes."""
        changed: dict[str, list[tree.Node]] = {}
        kinds = child_kinds(node)
        for step, child in steps(node):
            new = self.visit(child, kinds[step.field])
            if new is not child:
                held = getattr(node, step.field)
                several = changed.setdefault(step.field, list(held) if isinstance(held, tuple) else [held])
                several[step.position or 0] = new
        if not changed:
            return node
        fresh = {
            name: tuple(new) if isinstance(getattr(node, name), tuple) else new[0] for name, new in changed.items()
        }
        return with_fields(node, fresh)


def _optional(module: tree.Module, route: Route) -> bool:
    """Whether the node at the end of *route* stands in a field that may be empty."""
    *before, last = route
    holder: tree.Node = module
    for step in before:
        child = child_at(holder, step)
        assert child is not None
        holder = child
    return bool(getattr(fields(type(holder)), last.field).default is None)
