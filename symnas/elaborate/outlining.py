"""Outlines: every decision that a space can ask, with every domain that it can have. Only where tries are complete.

Paths in a region are relative, so a region is outlined once, and its outline taken over wherever it is invoked.
"""

from attrs import frozen

from symnas.domains import Domain
from symnas.elaborate.tries import Kind, Node, Region, following, resolve
from symnas.errors import SearchError

__all__ = ["Slot", "outline"]

_MOST = 100_000
"""Decisions that are listed at most."""


@frozen
class Slot:
    """A decision that architectures of a space can have.

    *domains* are those that it has in some of them, in the order first met: they differ where guards remove
    alternatives, or bounds are computed. *certain* says that every architecture has it.
    """

    path: str
    domains: tuple[Domain, ...]
    certain: bool


@frozen(eq=False)
class _Outline:
    """Decisions of a region by relative path, with their domains (a dict for its order), and those on every way."""

    domains: dict[str, dict[Domain, None]]
    certain: frozenset[str]


def outline(region: Region) -> tuple[Slot, ...]:
    """The decisions of *region*, in the order in which completing it met them.

    A region invoked at a place is outlined whole, though some of its decisions may lead nowhere at that place: a
    decision may be listed that no architecture has, never the other way round.

    Raises:
        SearchError: there are more than 100,000.
    """
    found = _Outliner().region(region)
    return tuple(Slot(path, tuple(domains), path in found.certain) for path, domains in found.domains.items())


class _Outliner:
    """Goes through every way of every region once."""

    def __init__(self) -> None:
        self.known: dict[Region, _Outline] = {}

    def region(self, region: Region) -> _Outline:
        if region not in self.known:
            domains: dict[str, dict[Domain, None]] = {}
            assert region.root is not None
            certain = self._visit(region.root, domains, set())
            self.known[region] = _Outline(domains, certain or frozenset())
        return self.known[region]

    def _visit(
        self, node: Node, domains: dict[str, dict[Domain, None]], placed: set[tuple[str, Region]]
    ) -> frozenset[str] | None:
        """Decisions on every way on from *node*; `None` if no way on makes an architecture."""
        if not node.counts:
            return None
        if node.kind == Kind.LEAF:
            return frozenset()
        if node.kind == Kind.ASK:
            domains.setdefault(node.path, {})[node.domain] = None
            own = frozenset((node.path,))
        else:
            inner = self.region(node.region)
            own = frozenset(resolve(node.path, path) for path in inner.certain)
            if (node.path, node.region) not in placed:
                placed.add((node.path, node.region))
                for path, each in inner.domains.items():
                    domains.setdefault(resolve(node.path, path), {}).update(each)
        if len(domains) > _MOST:
            raise SearchError(f"architectures of this space can have more than {_MOST:,} different decisions")
        after = [found for child in following(node) if (found := self._visit(child, domains, placed)) is not None]
        return own | frozenset.intersection(*after) if after else None
