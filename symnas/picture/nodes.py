"""What a picture consists of before anything has a place: nodes with chips, and the edges between them.

A node is a layer, a block with its inside, a run of equal ones, or a port. Two nodes are equal if they look the
same; where in the network they stand does not take part, so that equal neighbours can be drawn once.
"""

from enum import Enum

from attrs import field, frozen

__all__ = ["Chip", "Kind", "Node", "Part", "size_of"]


class Kind(Enum):
    """What a node is, and so how it looks."""

    LAYER = "layer"
    JOIN = "join"
    """An operator that brings several tensors together."""
    BLOCK = "block"
    """A block that is drawn with its inside."""
    CLOSED = "closed"
    """A block that is drawn as one box."""
    RUN = "run"
    """Several neighbours that repeat."""
    INPUT = "input"
    OUTPUT = "output"
    PORT = "port"
    """Where the tensors of a block enter or leave."""


@frozen(cache_hash=True)
class Part:
    """One alternative of a decision: its label, and its text in the program where that says more.

    *cost* is how many parameters, or multiply-adds, the member drawn would have more or less with it; *tip* tells both.
    They are those of the first where equal decisions are drawn as one.
    """

    label: str
    detail: str = ""
    cost: str = field(default="", eq=False)
    tip: str = field(default="", eq=False)


@frozen(cache_hash=True)
class Chip:
    """A placeholder: its *label* relative to the node it stands at, and its alternatives.

    *chosen* is the place of the alternative that the architecture takes, if one is shown. *framed* alternatives are
    layers or tensors and stand side by side; the others are values. *size* is how many alternatives there are to take
    one of, 0 where they are continuous. *times* counts equal decisions shown as one.
    """

    label: str
    parts: tuple[Part, ...]
    chosen: int | None = None
    framed: bool = False
    size: int = 0
    times: int = field(default=1, eq=False)
    path: str = field(default="", eq=False)


@frozen(cache_hash=True)
class Node:
    """A box of the picture.

    *lines* stand for an inside that is not drawn. *edges* connect places in *children*, first where a tensor comes
    from. *times* is how many equal ones in a row it stands for; *path* is its place in the genotype's spelling. *ways*
    says in how many ways what is decided in it can be decided.
    """

    kind: Kind
    title: str
    settings: str = ""
    shape: str = ""
    lines: tuple[str, ...] = ()
    chips: tuple[Chip, ...] = ()
    children: tuple["Node", ...] = ()
    edges: tuple[tuple[int, int], ...] = ()
    times: int = 1
    cell: bool = False
    ways: str = ""
    path: str = field(default="", eq=False)


def size_of(node: Node) -> int:
    """Number of boxes that *node* takes."""
    return (node.kind is not Kind.PORT) + sum(map(size_of, node.children))
