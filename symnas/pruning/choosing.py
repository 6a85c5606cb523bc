"""Choosing what goes: the least important units, as many as a budget asks for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np
from attrs import frozen

from symnas.errors import SearchError, suggest
from symnas.graph import Graph
from symnas.pruning.groups import Group, Units
from symnas.pruning.importance import Scores
from symnas.pruning.labels import Flags, Ids
from symnas.pruning.removing import removed
from symnas.sizes import SymbolicSize, substitute

__all__ = ["Budget", "Choice", "choose", "selected"]


@frozen
class Budget:
    """What may be left, each as a share of what there is, from 0 to 1: *channels* of those that can go, *params*, *macs*.
    All that are given must hold; *sizes* are symbolic sizes that the MACs depend on.
    """

    channels: float | None = None
    params: float | None = None
    macs: float | None = None
    sizes: Mapping[str, int] = {}

    def check(self, *, needed: bool = True) -> None:
        """Refuse what is no share and, where it is *needed*, a budget that asks for nothing.

        Raises:
            SearchError: it is so.
        """
        given = {"keep": self.channels, "params": self.params, "macs": self.macs}
        if needed and all(each is None for each in given.values()):
            raise SearchError("say how much may be left: a share of channels (keep), of params or of macs")
        for name, share in given.items():
            if share is not None and not 0 < share <= 1:
                raise SearchError(f"`{name}` is a share above 0 and at most 1; {share}")


@frozen(eq=False)
class Choice:
    """Which classes of channels go, and groups of which all would have gone: one unit of each is left."""

    gone: Flags
    emptied: tuple[Group, ...] = ()


def selected(groups: Sequence[Group], only: Iterable[str] = (), skip: Iterable[str] = ()) -> list[Group]:
    """The *groups* at the paths *only* (all without any) and not at *skip*. A path is the name of a group, of a block around
    it, or a pattern of such (`stage.*`).

    Raises:
        SearchError: no group is there.
    """
    only, skip = [*only], [*skip]
    for path in (*only, *skip):
        if not any(_at(group, path) for group in groups):
            known = [group.name for group in groups]
            raise SearchError(f"nothing can be removed at `{path}`; {suggest(path, known, 'it can at')}")
    wanted = [each for each in groups if not only or any(_at(each, path) for path in only)]
    return [each for each in wanted if not any(_at(each, path) for path in skip)]


def _at(group: Group, path: str) -> bool:
    path, name = path.replace("[", ".").replace("]", ""), group.name
    return name == path or name.startswith(f"{path}.") or fnmatchcase(name, path)


def choose(
    units: Units, scores: Scores, budget: Budget, *, groups: Sequence[Group] | None = None, alike: bool = False,
    multiple: int = 1, whole: Graph | None = None,
) -> Choice:  # fmt: skip
    """Which classes of channels go: the least important by *scores*, of all *groups* together, or of each the same share
    (*alike*), so that the *budget*, a share of *whole*, holds and no more. What is left of each group is a *multiple* in channels, where any
    of it goes.

    Raises:
        SearchError: the budget cannot be met.
    """
    budget.check()
    whole = whole or units.coupling.graph
    if multiple < 1:
        raise SearchError(f"`multiple` is a whole number of at least 1; {multiple}")
    chosen = _Order(units, scores, groups if groups is not None else units.groups, alike=alike, multiple=multiple)
    if not chosen.order:
        raise SearchError(f"nothing of `{whole.name}` can be removed{_why(units)}")
    fits = _fitting(chosen, budget, whole)
    if not fits(len(chosen.order)):
        raise SearchError(_too_small(chosen, budget, whole))
    low, high = 0, len(chosen.order)
    while low < high:  # removing more never costs more
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return Choice(chosen.gone(low), chosen.emptied(low))


class _Order:
    """Units in the order in which they go."""

    def __init__(self, units: Units, scores: Scores, groups: Sequence[Group], *, alike: bool, multiple: int) -> None:
        self.units, self.multiple = units, multiple
        self.groups = [each for each in groups if np.isfinite(scores[each.units]).any()]
        self.sorted = [_sorted(each, scores) for each in self.groups]
        self.total = sum(len(each.units) for each in self.groups)
        self._last: list[tuple[int, int]] = []
        places = [(self._rank(number, rank, unit, scores, alike=alike), number, unit)
                  for number, ids in enumerate(self.sorted) for rank, unit in enumerate(ids.tolist())]  # fmt: skip
        self.order = self._allowed([(number, unit) for _, number, unit in sorted(places)])
        """Groups, by number, and units of them, the first to go first."""

    def _rank(self, number: int, rank: int, unit: int, scores: Scores, *, alike: bool) -> float:
        return (rank + 1) / len(self.groups[number].units) if alike else float(scores[unit])

    def _allowed(self, order: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """*order* without those units that are the last of a group, or of a tensor's axis."""
        left = [len(set(row.tolist())) for row in self.units.rows]
        rows: dict[int, list[int]] = {}
        for number, row in enumerate(self.units.rows):
            for unit in set(row.tolist()):
                rows.setdefault(unit, []).append(number)
        counts = [len(each.units) for each in self.groups]
        found: list[tuple[int, int]] = []
        for group, unit in order:
            within = rows.get(unit, [])
            if counts[group] > 1 and all(left[each] > 1 for each in within):
                counts[group] -= 1
                for each in within:
                    left[each] -= 1
                found.append((group, unit))
            elif counts[group] == 1:
                self._last.append((len(found), group))
        return found

    def emptied(self, count: int) -> tuple[Group, ...]:
        """The groups whose last unit would go before the first *count* are gone."""
        return tuple(self.groups[group] for place, group in self._last if place < count)

    def gone(self, count: int) -> Flags:
        """Which classes go if the first *count* of the order do, rounded to multiples."""
        gone = self.units.none()
        taken: dict[int, list[int]] = {}
        for number, unit in self.order[:count]:
            taken.setdefault(number, []).append(unit)
        for number, found in taken.items():
            group = self.groups[number]
            size = len(group.units)
            left = size - len(found)
            while left < size and left * group.width % self.multiple:
                left += 1
            gone[found[: size - left]] = True
        return gone

    def graph(self, count: int) -> Graph:
        """The network without the first *count*."""
        return removed(self.units.coupling, self.units.kept(self.gone(count)))


def _sorted(group: Group, scores: Scores) -> Ids:
    """The units of *group* that may go, the least important first."""
    units = group.units[np.argsort(scores[group.units], kind="stable")]
    return units[np.isfinite(scores[units])]


def _fitting(chosen: _Order, budget: Budget, whole: Graph) -> Callable[[int], bool]:
    """Whether the budget holds without the first so many."""
    params, macs = whole.params, _macs(whole, budget) if budget.macs is not None else 0

    def fits(count: int) -> bool:
        left = chosen.total - int(chosen.gone(count).sum())
        if budget.channels is not None and left > budget.channels * chosen.total:
            return False
        if budget.params is None and budget.macs is None:
            return True
        graph = chosen.graph(count)
        fewer = budget.params is None or graph.params <= budget.params * params
        return fewer and (budget.macs is None or _macs(graph, budget) <= budget.macs * macs)

    return fits


def _macs(graph: Graph, budget: Budget) -> int:
    found = substitute(graph.macs, budget.sizes)
    if isinstance(found, SymbolicSize):
        names = ", ".join(f"{name}=…" for name in sorted(found.symbols))
        raise SearchError(f"the MACs of `{graph.name}` are {graph.macs}; give sizes: {names}")
    return found


def _why(units: Units) -> str:
    """What keeps most channels, for the message that nothing can go."""
    counts: dict[str, int] = {}
    for each in units.stuck:
        counts[each.why] = counts.get(each.why, 0) + each.count
    return f"; most of it stays because {max(counts, key=lambda why: counts[why])}" if counts else ""


def _too_small(chosen: _Order, budget: Budget, whole: Graph) -> str:
    """What is left at least, for the message that it is too much."""
    count = len(chosen.order)
    graph = chosen.graph(count)
    parts = [f"{1 - int(chosen.gone(count).sum()) / max(1, chosen.total):.1%} of the channels that can go"]
    parts.append(f"{graph.params / max(1, whole.params):.1%} of the parameters")
    if budget.macs is not None:
        parts.append(f"{_macs(graph, budget) / max(1, _macs(whole, budget)):.1%} of the MACs")
    many = f", in multiples of {chosen.multiple}" if chosen.multiple > 1 else ""
    return f"the budget cannot be met: at least {', '.join(parts)} stay{many}"
