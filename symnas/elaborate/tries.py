"""Tries: what is remembered of the ways through a region.

A trie has a node for each decision asked and each region invoked; each leaf is what one way gives. How tries grow is
the business of `regions.py` (building) and `counting.py` (completing).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from symnas.domains import Choice
from symnas.elaborate.values import Value
from symnas.types import TensorType

if TYPE_CHECKING:
    from symnas.elaborate.fragments import Fragment
    from symnas.elaborate.regions import Run

__all__ = ["Kind", "Node", "Outcome", "Region", "Way", "following", "resolve"]


@frozen(cache_hash=True)
class Outcome:
    """What a region gives: a portable value, and the types of the tensors in it, in order."""

    value: Any
    types: tuple[TensorType, ...] = field(eq=False)


class Kind:
    """Kinds of trie nodes."""

    ASK = 0
    INVOKE = 1
    LEAF = 2
    DEAD = 3
    FAULT = 4


class Node:
    """One event on a way through a region, or its end."""

    __slots__ = (
        "continuous", "counts", "domain", "error", "kept", "kind", "next", "only", "outcome", "path", "payload", "persistent", "plan", "region",
        "template", "ways",
    )  # fmt: skip

    def __init__(self, kind: int) -> None:
        self.kind = kind
        self.path = ""
        self.next: dict[Any, Node] = {}
        self.persistent = False
        self.continuous = False
        self.only: Choice | None = None
        self.domain: Any = None
        self.region: Any = None
        self.template: Any = None
        self.outcome: Any = None
        self.payload: Any = None
        self.error: Any = None
        self.counts: Any = None
        self.plan: Any = None
        self.ways: Any = None
        self.kept: dict[tuple[Fragment, ...], Fragment] | None = None


class Way:
    """A decision on the ways through a region with a handful of members, regions in it included; or one of these at the end.

    Below the decision at *path* of *domain*, `next` has the way on by choice. At the end stands the *member*, built of
    *parts* regions that decide.
    """

    __slots__ = ("domain", "member", "next", "parts", "path")

    def __init__(self, path: str, domain: Any) -> None:
        self.path = path
        self.domain = domain
        self.next: dict[Choice, Way] = {}
        self.member: Fragment | None = None
        self.parts = 0


class Region:
    """A piece of program with everything it depends on fixed, but for its decisions.

    *evaluate* runs the interpreter over it and returns its value and payload; *label* names it for people. *cell* is
    the name of the cell whose decisions, made once for the whole program, are all that it asks. *once* says that its
    decisions are made once without being a cell's: those of a setting of `train`.
    """

    __slots__ = (
        "active", "cell", "evaluate", "fixed", "label", "nodes", "once", "opaque", "outcomes", "root", "summary", "table", "ways",
    )  # fmt: skip

    def __init__(
        self, label: str, evaluate: "Callable[[Run], tuple[Value, Any]]", cell: str | None = None, once: bool = False
    ) -> None:
        self.label = label
        self.evaluate = evaluate
        self.cell = cell
        self.once = once or cell is not None
        self.root: Node | None = None
        self.nodes = 0
        self.opaque = False
        self.fixed: Fragment | None = None
        """The one fragment of a region in which nothing is decided."""
        self.outcomes: dict[Outcome, Outcome] = {}
        """What it has given so far, by itself: equal outcomes are one object, which a walk compares at once."""
        self.active = False
        self.summary: Any = None
        self.table: dict[Any, Any] = {}
        self.ways: Way | None = None
        """Of a region with a handful of members, the decisions on the ways to those that have been built."""

    @property
    def recipe(self) -> bool:
        """Whether it is a setting of `train` or a part of one, whose decisions have their whole paths in it."""
        return self.once and self.cell is None


def resolve(prefix: str, path: str) -> str:
    """The absolute form of *path*, which is relative to *prefix* if it is empty or starts with a point."""
    if not path:
        return prefix
    return prefix + path if path[0] == "." else path


def following(node: Node) -> list[Node]:
    """The ways on from *node* in the order of choices, or of the region's outcomes, whoever went there first.

    Where a region is invoked, it has to be complete.
    """
    if node.kind == Kind.ASK:
        return [node.next[choice] for choice in sorted(node.next)]
    if node.kind == Kind.INVOKE:
        return [node.next[outcome] for outcome in node.region.summary.outcomes if outcome in node.next]
    return []
