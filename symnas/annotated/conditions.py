"""Under which choices a decision exists, found out from runs of a function that met it and runs that did not.

How a function is run is `collecting`'s business.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from symnas.errors import SearchError

__all__ = ["Condition", "Ways", "holds", "under"]

Ways = Mapping[str, int]
"""One run: the ways that were taken, by the decisions that were met."""

Condition = Mapping[str, frozenset[int]]
"""Each of these decisions is met, and takes one of these ways. A decision on whose way another one here depends comes
before it.
"""


def holds(conditions: Sequence[Condition], run: Ways) -> bool:
    """Whether one of *conditions* is met by *run*; if there are none, always."""
    return not conditions or any(_matches(each, run) for each in conditions)


def under(name: str, before: Mapping[str, Sequence[Condition]], runs: Sequence[Ways]) -> tuple[Condition, ...]:
    """The conditions, one of which is met just where *runs* meet the decision *name*; none if they all do.

    *before* are the decisions that it may depend on, with their own conditions.

    Raises:
        SearchError: no choices among these tell the runs apart.
    """
    there, missed = [each for each in runs if name in each], [each for each in runs if name not in each]
    found: list[Condition] = []
    for each in _told_apart(there, missed, list(before)) if missed else ():
        if each is None:
            raise SearchError(
                f"whether `{name}` is asked for depends on a number from a range, or on nothing that is decided; "
                "let it depend on a `oneof`"
            )
        found += [whole for whole in _whole(each, before) if whole not in found]
    return tuple(found)


def _told_apart(there: Sequence[Ways], missed: Sequence[Ways], names: Sequence[str]) -> Iterator[Condition | None]:
    """Conditions that tell runs that were *there* from those that *missed*; `None` where there is none.

    One condition on the fewest decisions, if that will do; else one, or more, for each way of the decision that tells
    most.
    """
    one = _conjunction(there, missed, names)
    if one is not None:
        yield one
        return
    splits = {each: _split(there, missed, each) for each in names if all(each in run for run in there)}
    telling = {each: split for each, split in splits.items() if len(split) > 1 or _kept(split) < len(missed)}
    if not telling:
        yield None
        return
    best = min(telling, key=lambda each: _unclear(telling[each]))
    left = [each for each in names if each != best]
    for way, (yes, no) in telling[best].items():
        for found in _told_apart(yes, no, left) if no else ({},):
            yield None if found is None else {best: frozenset((way,)), **found}


def _conjunction(there: Sequence[Ways], missed: Sequence[Ways], names: Sequence[str]) -> Condition | None:
    """The fewest decisions whose ways in all runs that were *there* are not those of any that *missed*."""
    ways = {each: frozenset(run[each] for run in there) for each in names if all(each in run for run in there)}
    found: dict[str, frozenset[int]] = {}
    while missed:
        left = {each: [run for run in missed if run.get(each) in taken] for each, taken in ways.items()}
        name = min(left, key=lambda each: len(left[each]), default=None)
        if name is None or len(left[name]) == len(missed):
            return None
        found[name], missed = ways[name], left[name]
    return found


_Split = Mapping[int, tuple[list[Ways], list[Ways]]]


def _split(there: Iterable[Ways], missed: Iterable[Ways], name: str) -> _Split:
    """By the way that the decision *name* takes: the runs that were *there*, and those that *missed*."""
    found: dict[int, tuple[list[Ways], list[Ways]]] = {}
    for run in there:
        found.setdefault(run[name], ([], []))[0].append(run)
    for run in missed:
        if run.get(name) in found:
            found[run[name]][1].append(run)
    return found


def _kept(split: _Split) -> int:
    return sum(len(no) for _, no in split.values())


def _unclear(split: _Split) -> int:
    """How many runs are on the smaller side of their way."""
    return sum(min(len(yes), len(no)) for yes, no in split.values())


def _whole(condition: Condition, before: Mapping[str, Sequence[Condition]]) -> list[Condition]:
    """*condition*, with what has to be so for its decisions to exist, in every way that this can be."""
    whole: list[Condition] = [{}]
    for name in before:  # in the order in which they were met, so that what others depend on comes first
        if name in condition:
            own = {name: condition[name]}
            wider = (_merged(each, more, own) for each in whole for more in before[name] or ({},))
            whole = [each for each in wider if each is not None]
    return whole


def _merged(*conditions: Condition) -> Condition | None:
    """All of *conditions* together; `None` if they contradict each other."""
    found: dict[str, frozenset[int]] = {}
    for name, ways in (each for condition in conditions for each in condition.items()):
        found[name] = found.get(name, ways) & ways
    return found if all(found.values()) else None


def _matches(condition: Condition, run: Ways) -> bool:
    return all(run.get(name) in ways for name, ways in condition.items())
