"""Counting distinct networks: members of a space that are the same by some rules count once.

Every member is elaborated, and its canonical form looked up among those found: time grows with the number of members,
memory with the number of distinct networks. A `cell` can be counted by itself, as the network that it is between its
inputs and outputs: one small scope, however often and however deep in a net it is used.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from symnas.canonical import Rules, canonical_form, rules_of
from symnas.canonical.rules import Rule
from symnas.errors import SearchError, suggest
from symnas.graph import Graph, Scope

if TYPE_CHECKING:
    from symnas.space import Space

__all__ = ["MOST", "Distinct", "distinct_networks"]

MOST = 1_000_000
"""How many members are listed, unless more are allowed."""

Told = Callable[[int, int, int], None]
"""Is told how many members have been listed, of how many, and how many networks they are."""


@frozen
class Distinct:
    """How many *members* a space has and how many different networks they are, by *rules*."""

    members: int
    networks: int
    rules: Rules


def distinct_networks(
    space: "Space",
    rules: "str | Iterable[Rule | str] | None" = None,
    *,
    net: str | None = None,
    cell: str | None = None,
    most: int = MOST,
    progress: Told | None = None,
) -> Distinct:
    """The members of *space* and the networks that they are by *rules*, of *net* or the only net, or of *cell* alone.

    Settings of `train` make no other network: only the net's own decisions are gone through.

    Raises:
        SearchError: the space has more than *most* members, no exact count, or continuous decisions in its net; there
            is no such net or cell; or no rule is called so.
    """
    chosen = rules_of(rules)
    listed, size = _cell_graphs(space, cell) if cell is not None else _net_graphs(space, space.net_name(net))
    if size > most:
        raise SearchError(
            f"{size:,} members are more than the {most:,} that are listed to count distinct networks; "
            + ("count a cell alone (`--cell`), or " if cell is None and space.cells() else "")
            + "`pick` some of the choices"
        )
    found: set[str] = set()
    members = 0
    for done, graph in enumerate(listed, 1):
        if graph is not None:
            members += 1
            found.add(canonical_form(graph, chosen).hash)
        if progress is not None:
            progress(done, size, len(found))
    return Distinct(members, len(found), chosen)


def _net_graphs(space: "Space", net: str) -> tuple[Iterator[Graph | None], int]:
    """The graphs of *net* one by one, `None` for a member that a `require` on costs forbids; and how many."""
    costly = bool(space.elaboration.costly)
    alone = None if costly else net
    size = space.size_of(alone)
    if space.elaboration.summary(alone).continuous:
        raise SearchError(f"the networks of `{net}` cannot be listed: some of its decisions are continuous")
    members = iter(space) if alone is None else space.of_net(alone)
    return (None if costly and each.violated is not None else each.graph(net) for each in members), size


def _cell_graphs(space: "Space", name: str) -> tuple[Iterator[Graph], int]:
    """The graphs of the cell called *name* as its first use has it, and how many."""
    cells = space.cells()
    if name not in cells:
        hint = suggest(name, cells, "there are") if cells else "there is none in this file"
        raise SearchError(f"there is no cell `{name}` that is decided; {hint}")
    return (_closed(name, fragment.scope) for fragment in space.of_cell(name)), cells[name]


def _closed(name: str, scope: Scope) -> Graph:
    """*scope* as a network of its own."""
    return Graph(name, scope, tuple(range(len(scope.results))))
