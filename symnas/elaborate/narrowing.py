"""Narrowing: the part of a circuit in which decisions take choices out of given ones."""

from collections.abc import Collection, Mapping

from symnas.domains import Choice as Chosen
from symnas.elaborate.charging import plus
from symnas.elaborate.circuits import Choice, Label, Leaf, Node, Pair, union
from symnas.elaborate.tries import resolve

__all__ = ["Allowed", "narrowed"]

Allowed = Mapping[str, Collection[Chosen]]
"""The choices that decisions may take, by path; decisions without an entry may take all of theirs."""


def narrowed(node: Node, allowed: Allowed) -> Node | None:
    """The architectures of *node* whose decisions take choices that are *allowed*; `None` if there are none.

    Decisions that are left one choice are put in: the labels are those of the others. Continuous decisions stay.
    Whoever draws adds the choices that were the only ones allowed.
    """
    return _Narrowing(allowed).of(node, "")


class _Narrowing:
    """Parts at their places, each narrowed once."""

    def __init__(self, allowed: Allowed) -> None:
        self.allowed = allowed
        self._kept: dict[tuple[int, str], Node | None] = {}

    def of(self, node: Node, prefix: str) -> Node | None:
        if isinstance(node, Leaf):
            return node
        key = (id(node), prefix)
        if key not in self._kept:
            self._kept[key] = self._choice(node, prefix) if isinstance(node, Choice) else self._pair(node, prefix)
        return self._kept[key]

    def _choice(self, node: Choice, prefix: str) -> Node | None:
        branches: list[tuple[Label | None, Node]] = []
        for label, below in node.branches:
            choices = self._of_label(label, prefix)
            if label is not None and choices is not None and label.choice not in choices:
                continue
            inner = self.of(below, prefix)
            if inner is not None:
                branches.append((None if choices is not None and len(choices) == 1 else label, inner))
        return union(branches) if branches else None

    def _of_label(self, label: Label | None, prefix: str) -> Collection[Chosen] | None:
        if label is None or label.domain is not None:
            return None
        return self.allowed.get(resolve(prefix, label.path))

    def _pair(self, node: Pair, prefix: str) -> Node | None:
        inner = self.of(node.inner, resolve(prefix, node.path))
        rest = self.of(node.rest, prefix) if inner is not None else None
        if inner is None or rest is None:
            return None
        if isinstance(inner, Leaf) and isinstance(rest, Leaf):
            return Leaf(plus(inner.cost, rest.cost))
        return Pair(node.path, inner, rest)
