"""How many ways there are to decide one part of a program: the decisions below a path, whatever the others are.
Only where tries are complete.

What a region asks below the path is kept as a *form*, the rest is left out: a trie of decisions with choices by
label, in which equal parts are one. Forms of ways that differ elsewhere are united, so that each way to decide the
part counts once.
"""

from attrs import frozen

from symnas.domains import Continuous
from symnas.elaborate.counting import Counter
from symnas.elaborate.tries import Kind, Node, Outcome, Region, resolve
from symnas.errors import SearchError

__all__ = ["Ways", "ways_below"]

_MOST = 200_000
"""Steps of uniting forms before it is given up."""


@frozen
class Ways:
    """A number of ways to decide a part. Where not *exact*, the part's decisions are asked in different orders on
    different ways, and the same ones may have been counted twice.
    """

    number: int
    exact: bool


def ways_below(region: Region, counter: Counter, path: str) -> Ways | None:
    """The ways to decide what lies below *path* in *region*, a whole program; `None` if it takes too long to say.

    Not deciding any of it, where that happens, counts as no way. A cell's decisions lie below the cell alone.
    """
    forms = _Forms()
    projector = _Projector(forms, path)
    begin = [(region, "")]
    begin += [(cell, name) for (name, _), cell in counter.cells.items() if _holds(name, path)]
    try:
        found = forms.empty
        for each, prefix in begin:
            for form in projector.region(each, prefix).values():
                found = forms.unite(found, form)
    except SearchError:
        return None
    count, exact = forms.count(found)
    return Ways(count - forms.kept[found][0], exact)


def _holds(path: str, target: str) -> bool:
    """Whether a region at *path* may decide something below *target*."""
    return not path or path == target or path.startswith(target + ".") or target.startswith(path + ".")


Form = int
Heads = dict[str, dict[str, Form]]


class _Forms:
    """Forms by number: whether nothing more may be decided, and what is asked first, with what follows each choice."""

    def __init__(self) -> None:
        self.kept: list[tuple[bool, Heads]] = []
        self.numbers: dict[object, Form] = {}
        self.united: dict[tuple[Form, Form], Form] = {}
        self.followed: dict[tuple[Form, Form], Form] = {}
        self.counted: dict[Form, tuple[int, bool]] = {}
        self.empty = self.make(False, {})
        self.end = self.make(True, {})

    def make(self, ends: bool, heads: Heads) -> Form:
        """The number of the form that begins like this."""
        key = (ends, frozenset((path, frozenset(each.items())) for path, each in heads.items()))
        if key not in self.numbers:
            if len(self.kept) + len(self.united) > _MOST:
                raise SearchError("too many forms")
            self.numbers[key] = len(self.kept)
            self.kept.append((ends, heads))
        return self.numbers[key]

    def unite(self, one: Form, other: Form) -> Form:
        """All ways of both."""
        if other in (one, self.empty):
            return one
        if one == self.empty:
            return other
        key = (min(one, other), max(one, other))
        if key not in self.united:
            (ends, heads), (also, more) = self.kept[one], self.kept[other]
            both = {path: dict(each) for path, each in heads.items()}
            for path, choices in more.items():
                mine = both.setdefault(path, {})
                for label, after in choices.items():
                    mine[label] = self.unite(mine.get(label, self.empty), after)
            self.united[key] = self.make(ends or also, both)
        return self.united[key]

    def follow(self, one: Form, other: Form) -> Form:
        """Each way of *one*, then each of *other*."""
        if other == self.end or one == self.empty:
            return one
        if one == self.end or other == self.empty:
            return other
        key = (one, other)
        if key not in self.followed:
            ends, heads = self.kept[one]
            longer = {
                path: {label: self.follow(after, other) for label, after in each.items()}
                for path, each in heads.items()
            }
            made = self.make(False, longer)
            self.followed[key] = self.unite(made, other) if ends else made
        return self.followed[key]

    def count(self, form: Form) -> tuple[int, bool]:
        """The number of ways, and whether it is exact."""
        if form not in self.counted:
            ends, heads = self.kept[form]
            below = [self.count(after) for each in heads.values() for after in each.values()]
            exact = len(heads) < 2 and all(each for _, each in below)
            self.counted[form] = (ends + sum(number for number, _ in below), exact)
        return self.counted[form]


class _Projector:
    """Makes the forms of regions: by outcome, of what lies below *target*."""

    def __init__(self, forms: _Forms, target: str) -> None:
        self.forms, self.target = forms, target
        self.known: dict[tuple[Region, str], dict[Outcome, Form]] = {}

    def region(self, region: Region, prefix: str) -> dict[Outcome, Form]:
        """The forms of *region* at *prefix*, by outcome."""
        if (region, prefix) not in self.known:
            assert region.root is not None
            self.known[region, prefix] = self._visit(region.root, prefix)
        return self.known[region, prefix]

    def _visit(self, node: Node, prefix: str) -> dict[Outcome, Form]:
        if not node.counts:
            return {}
        if node.kind == Kind.LEAF:
            return {node.outcome: self.forms.end}
        path = resolve(prefix, node.path)
        found: dict[Outcome, Form] = {}
        if node.kind == Kind.ASK:
            within = path == self.target or path.startswith(self.target + ".")
            for choice, child in node.next.items():
                label = "" if isinstance(node.domain, Continuous) else node.domain.show(choice)
                for outcome, form in self._visit(child, prefix).items():
                    made = self.forms.make(False, {path: {label: form}}) if within else form
                    found[outcome] = self.forms.unite(found.get(outcome, self.forms.empty), made)
            return found
        inner = self._inner(node.region, path)
        for outcome, child in node.next.items():
            for last, form in self._visit(child, prefix).items():
                made = self.forms.follow(inner.get(outcome, self.forms.empty), form)
                found[last] = self.forms.unite(found.get(last, self.forms.empty), made)
        return found

    def _inner(self, region: Region, path: str) -> dict[Outcome, Form]:
        """A region invoked at *path*; one that cannot hold anything below the target decides nothing."""
        if region.cell is not None or not _holds(path, self.target):
            return dict.fromkeys(region.summary.outcomes, self.forms.end)
        return self.region(region, path)
