"""Differences between two programs, or two architectures, by path. Those of values of Python are
`symnas.annotated.comparing`'s business.

Two trees are compared from the top: what is equal is passed over, parts of lists are paired by what they are called and
by what they say, and a difference is told of the smallest thing that has a name, or, inside what is long, of the
smallest node. Layout, comments and spellings of numbers are no difference.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import Enum

from attrs import evolve, field, fields, frozen

from symnas import tree
from symnas.architecture import Architecture
from symnas.errors import SourceError
from symnas.grammar import dump
from symnas.program import Program
from symnas.renaming import Declaring, renamed
from symnas.sizes import Size
from symnas.spans import NOWHERE, Span
from symnas.traversal import Step, child_kinds
from symnas.treepaths import PathError, Paths, Route, bound_names, find_place, names

__all__ = ["CostDifference", "Difference", "Kind", "cost_differences", "diff"]

SHORT = 60
"""How many characters what has a name may have to be told of as a whole."""


class Kind(Enum):
    """What happened on the way from the first to the second."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RENAMED = "renamed"


@frozen
class Difference:
    """One difference at *path*: a tree path of the program, or the path of a decision. *before* and *after* are the
    texts on both sides, *a* and *b* where they stand; what is on one side only has no other.
    """

    path: str
    kind: Kind
    before: str | None = None
    after: str | None = None
    a: Span = field(default=NOWHERE, eq=False, repr=False)
    b: Span = field(default=NOWHERE, eq=False, repr=False)

    def __str__(self) -> str:
        match self.kind:
            case Kind.ADDED:
                return f"{self.path}: only in the second: {_one_line(self.after)}"
            case Kind.REMOVED:
                return f"{self.path}: only in the first: {_one_line(self.before)}"
            case Kind.CHANGED:
                return f"{self.path}: {_one_line(self.before)} → {_one_line(self.after)}"
            case Kind.RENAMED:
                return f"{self.path}: renamed {self.after}"


@frozen
class CostDifference:
    """A cost of a net, `params` or `macs`, that differs between two architectures; symbolic where a size is."""

    net: str
    cost: str
    before: Size
    after: Size

    def __str__(self) -> str:
        return f"{self.net}.{self.cost}: {_size(self.before)} → {_size(self.after)}"


def diff(a: object, b: object) -> list[Difference]:
    """What differs between *a* and *b*, in the order of the text. Of architectures of one space these are decisions; of
    two symbolic values, or anything else of Python, their parts.
    """
    if not isinstance(a, Program | Architecture) or not isinstance(b, Program | Architecture):
        from symnas.annotated.comparing import value_differences

        return value_differences(a, b)
    module_a, module_b = _program(a).module, _program(b).module
    pair = _architectures(a, b)
    if pair is not None:
        return list(_decisions(_told(pair[0]), _told(pair[1])))
    found = list(_Comparison(module_a, module_b).found())
    return found + list(_decisions(_picked(module_a), _picked(module_b)))


def cost_differences(a: Program | Architecture, b: Program | Architecture) -> list[CostDifference]:
    """Costs that differ between two architectures of one space; none where either leaves decisions open."""
    pair = _architectures(a, b)
    if pair is None:
        return []
    first, second = pair
    costs = [(net, cost) for net in first.space.nets for cost in ("params", "macs")]
    found = [CostDifference(net, cost, first.cost(net, cost), second.cost(net, cost)) for net, cost in costs]
    return [each for each in found if each.before != each.after]


def _program(what: Program | Architecture) -> Program:
    return what if isinstance(what, Program) else what.space.program


def _architectures(a: Program | Architecture, b: Program | Architecture) -> tuple[Architecture, Architecture] | None:
    """*a* and *b* as two architectures of one space, where they are that."""
    if a == b or _no_picks(_program(a).module) != _no_picks(_program(b).module):
        return None
    if _program(a).imports != _program(b).imports:
        return None
    first, second = _architecture(a), _architecture(b)
    return None if first is None or second is None else (first, second)


def _architecture(what: Program | Architecture) -> Architecture | None:
    """*what*, if it leaves nothing open; a program with mistakes is compared as text."""
    if isinstance(what, Architecture):
        return what
    try:
        return what.architecture()
    except SourceError:
        return None


# ---------------------------------------------------------------------------------------------- decisions

_Choices = dict[str, tuple[str, Span]]


def _picked(module: tree.Module) -> _Choices:
    """The picks written in *module*, by path; `X[0]` is `X`."""
    picks = (each for each in module.declarations if isinstance(each, tree.Pick))
    return {entry.path.replace("[0]", ""): (dump(entry.choice), entry.span) for pick in picks for entry in pick.entries}


def _told(architecture: Architecture) -> _Choices:
    """Every choice of *architecture*, with the place of the pick that says so."""
    written = _picked(architecture.space.module)
    return {
        path: (choice, written.get(path.replace("[0]", ""), ("", NOWHERE))[1])
        for path, choice in architecture.picks.items()
    }


def _decisions(a: _Choices, b: _Choices) -> Iterator[Difference]:
    for path, (before, place) in a.items():
        if path not in b:
            yield Difference(path, Kind.REMOVED, before, a=place)
        elif b[path][0] != before:
            yield Difference(path, Kind.CHANGED, before, b[path][0], place, b[path][1])
    for path, (after, place) in b.items():
        if path not in a:
            yield Difference(path, Kind.ADDED, after=after, b=place)


# ------------------------------------------------------------------------------------------------- trees

_Placed = tuple[tree.Node, Route]


class _Comparison:
    """Two modules, declaration by declaration; picks apart."""

    def __init__(self, a: tree.Module, b: tree.Module) -> None:
        self._renames: list[Difference] = []
        self._a, self._b = self._without_renames(_no_picks(a), _no_picks(b)), _no_picks(b)
        self._paths_a, self._paths_b = Paths(self._a), Paths(self._b)

    def found(self) -> Iterator[Difference]:
        """The differences."""
        yield from self._renames
        if self._a != self._b:
            yield from self._lists(_declared(self._a), _declared(self._b))

    def _without_renames(self, a: tree.Module, b: tree.Module) -> tree.Module:
        """*a* with the names of *b* for what is called otherwise there, and else the same."""
        names_a, names_b = _named(a), _named(b)
        fresh = [each for name, each in names_b.items() if name not in names_a]
        for name, each in names_a.items():
            if name in names_b:
                continue
            twin = next((other for other in fresh if _same_but_name(each, other)), None)
            if twin is None:
                continue
            try:
                a = renamed(a, name, twin.name)
            except (SourceError, PathError):
                continue
            fresh.remove(twin)
            self._renames.append(Difference(name, Kind.RENAMED, name, twin.name, each.span, twin.span))
        return a

    # ------------------------------------------------------------------------------------------ nodes

    def _nodes(self, a: _Placed, b: _Placed) -> Iterator[Difference]:
        """The differences of two nodes that stand for each other."""
        before, after = a[0], b[0]
        if before == after:
            return
        if type(before) is not type(after) or _differ_in_words(before, after):
            yield self._difference(Kind.CHANGED, a, b)
            return
        within = list(self._within(a, b))
        if self._told_whole(a, b) and not (len(within) == 1 and not _is_field(within[0].path.rpartition(".")[2])):
            yield self._difference(Kind.CHANGED, a, b)
        else:
            yield from within

    def _within(self, a: _Placed, b: _Placed) -> Iterator[Difference]:
        """The differences of the children of two nodes of one kind."""
        (before, route_a), (after, route_b) = a, b
        for name in child_kinds(before):
            left, right = getattr(before, name), getattr(after, name)
            if isinstance(left, tuple) is not isinstance(right, tuple):  # inputs where there were none
                yield self._difference(Kind.CHANGED, a, b)
                return
            if isinstance(left, tuple):
                yield from self._lists(_placed(left, route_a, name), _placed(right, route_b, name))
            elif left is not None and right is not None:
                yield from self._nodes((left, (*route_a, Step(name))), (right, (*route_b, Step(name))))
            elif left is not None:
                yield self._difference(Kind.REMOVED, (left, (*route_a, Step(name))), None)
            elif right is not None:
                yield self._difference(Kind.ADDED, None, (right, (*route_b, Step(name))))

    def _told_whole(self, a: _Placed, b: _Placed) -> bool:
        """Whether two expressions are short enough to be told of as they are."""
        if not isinstance(a[0], tree.Expression) or isinstance(a[0], tree.Body):
            return False
        return all(len(_one_line(dump(each), 2 * SHORT)) <= SHORT for each in (a[0], b[0]))

    def _lists(self, a: Sequence[_Placed], b: Sequence[_Placed]) -> Iterator[Difference]:
        """The differences of two lists, their parts paired."""
        keys_a, keys_b = ([_key(node) for node, _ in each] for each in (a, b))
        matcher = SequenceMatcher(None, keys_a, keys_b, autojunk=False)
        for kind, i, i_end, j, j_end in matcher.get_opcodes():
            paired = min(i_end - i, j_end - j) if kind in ("equal", "replace") else 0
            while kind == "replace" and paired and not _comparable(a[i + paired - 1][0], b[j + paired - 1][0]):
                paired -= 1
            for left, right in zip(a[i : i + paired], b[j : j + paired], strict=True):
                yield from self._nodes(left, right)
            yield from (self._difference(Kind.REMOVED, each, None) for each in a[i + paired : i_end])
            yield from (self._difference(Kind.ADDED, None, each) for each in b[j + paired : j_end])

    def _difference(self, kind: Kind, a: _Placed | None, b: _Placed | None) -> Difference:
        before, after = (None if each is None else _shown(each[0]) for each in (a, b))
        span_a, span_b = (NOWHERE if each is None else each[0].span for each in (a, b))
        if a is not None:
            path = self._path(self._paths_a, self._a, a)
        else:
            assert b is not None
            path = self._path(self._paths_b, self._b, b)
        return Difference(path, kind, before, after, span_a, span_b)

    def _path(self, paths: Paths, module: tree.Module, placed: _Placed) -> str:
        node, route = placed
        if len(route) == 1:
            return next(name for name, place in names(module) if place.route[:1] == route)
        named = {"default", "value"} & set(child_kinds(node)) if isinstance(node, _NAMED_PARTS) else set()
        inner = next((each for each in sorted(named) if getattr(node, each) is not None), None)
        route = route if inner is None else (*route, Step(inner))
        path = paths.of(route)
        short = ".".join(part for part in path.split(".") if not _is_field(part))
        try:
            return short if short and find_place(module, short).route == route else path
        except PathError:
            return path


_NAMED_PARTS = tree.Parameter | tree.Bind | tree.Field


def _is_field(part: str) -> bool:
    """Whether a part of a path is a field of a node rather than a name."""
    return part.partition("[")[0] in _FIELDS


_FIELDS = frozenset(
    "alternatives arguments body clauses condition conditions count declarations fields function guard inputs items "
    "iterable key left operand otherwise pattern prior replacement result right settings start statements step stop "
    "target then type value".split()
)


def _no_picks(module: tree.Module) -> tree.Module:
    kept = tuple(each for each in module.declarations if not isinstance(each, tree.Pick))
    return evolve(module, declarations=kept)


def _declared(module: tree.Module) -> list[_Placed]:
    return _placed(module.declarations, (), "declarations")


def _placed(nodes: Sequence[tree.Node], route: Route, name: str) -> list[_Placed]:
    return [(node, (*route, Step(name, place))) for place, node in enumerate(nodes)]


def _named(module: tree.Module) -> dict[str, Declaring]:
    return {each.name: each for each in module.declarations if isinstance(each, Declaring)}


def _same_but_name(a: Declaring, b: Declaring) -> bool:
    return type(a) is type(b) and evolve(b, name=a.name) == a


def _key(node: tree.Node) -> object:
    """What *node* is found again by in another list: what it is called, or all that it says."""
    match node:
        case tree.Bind(pattern=pattern) | tree.For(target=pattern):
            return type(node), tuple(bound_names(pattern))
        case tree.Field(label=str(label)) | tree.Alternative(label=str(label)):
            return type(node), label
        case tree.Argument(name=str(name)):
            return type(node), name
        case tree.Parameter(name=name) | tree.Imported(name=name) | tree.Used(name=name):
            return type(node), name
        case tree.Train(net=net):
            return type(node), net
        case tree.Use(module=name) | tree.Import(path=name):
            return type(node), name
        case _ if isinstance(node, Declaring):
            return "declaration", node.name
        case _:
            return node


def _comparable(a: tree.Node, b: tree.Node) -> bool:
    """Whether two parts that are called otherwise may stand for each other: what has a name stands for itself alone."""
    return type(a) is type(b) and _key(a) is a and _key(b) is b


def _differ_in_words(a: tree.Node, b: tree.Node) -> bool:
    """Whether two nodes of one kind differ in what is no node: a name, an operator, a number."""
    kinds = child_kinds(a)
    own = [each.name for each in fields(type(a)) if each.eq and each.name not in kinds]
    return any(getattr(a, each) != getattr(b, each) for each in own)


def _shown(node: tree.Node) -> str:
    """*node* as text; of what gives a name to a value, the value, as the path says the name."""
    match node:
        case tree.Parameter(default=None, type=None) | tree.Result():
            return dump(node)
        case tree.Parameter(default=value) if value is not None:
            return dump(value)
        case tree.Bind(value=value) | tree.Field(value=value, guard=None, clauses=()):
            return dump(value)
        case _:
            return dump(node)


def _one_line(text: str | None, most: int = 100) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _size(size: Size) -> str:
    return f"{size:,}" if isinstance(size, int) else str(size)
