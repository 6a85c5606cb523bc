"""Oracles: who answers the decisions of one architecture, and the choices that a file's `pick` fixes.

Where decisions are asked is the business of `regions.py`.
"""

import json
import re
from collections.abc import Mapping
from random import Random

from symnas.domains import Alternatives, Choice, Continuous, Domain, show_count
from symnas.elaborate.fragments import Fragment
from symnas.elaborate.tries import Kind, Node, Way, resolve
from symnas.errors import NasError, SourceError, nearest
from symnas.limits import LIMITS
from symnas.spans import Span

__all__ = ["ByPrior", "Changing", "DomainClash", "NotWalkable", "Oracle", "Picks", "UnknownDecision", "belongs"]


class DomainClash(NasError):
    """A decision that is made once was asked with two different domains."""

    def __init__(self, path: str, first: Domain, second: Domain) -> None:
        super().__init__(path, first, second)
        self.path, self.first, self.second = path, first, second


class UnknownDecision(NasError):
    """A genotype lacks a decision, or holds a choice that its domain does not have."""

    def __init__(self, path: str, domain: Domain, choice: Choice | None) -> None:
        super().__init__(path, domain, choice)
        self.path, self.domain, self.choice = path, domain, choice


class Oracle:
    """Answers decisions for one architecture and records them: from *given*, else at random with *rng*.

    Decisions made once for the program (`let`, `train`, cells) are recorded in `persistent`, the others in `local`,
    each in the order asked.
    """

    __slots__ = (
        "domains", "given", "limits", "local", "once", "parts", "persistent", "picked", "rng", "strict", "work",
    )  # fmt: skip

    def __init__(
        self, given: Mapping[str, Choice], rng: Random | None = None, strict: bool = True,
        picked: "Picks | None" = None,
    ) -> None:  # fmt: skip
        self.given = given
        self.picked = picked
        self.rng = rng
        self.strict = strict
        self.limits = LIMITS
        """What the architecture may ask for at most; its program's, once that is elaborated."""
        self.persistent: dict[str, Choice] = {}
        self.local: dict[str, Choice] = {}
        self.domains: dict[str, Domain] = {}
        self.parts = 0
        """How many regions that decide were built so far."""
        self.work = 0
        """What elaborating took so far, where no way was known: layers, turns, calls, items."""
        self.once = 0
        """How many cells are being built around what is asked: their decisions are made once for the program."""

    def begin(self) -> None:
        """Forget what was answered: the program is elaborated from the beginning again."""
        self.persistent.clear()
        self.local.clear()
        self.domains.clear()
        self.once = self.parts = self.work = 0

    def ask(self, path: str, domain: Domain, persistent: bool) -> Choice:
        """The choice for *path*.

        Raises:
            UnknownDecision: it is not given and nothing may be drawn.
            DomainClash: a persistent decision was asked before with another domain.
        """
        persistent = persistent or self.once > 0
        record = self.persistent if persistent else self.local
        if path in record:  # a way that is not known to its end is walked, then elaborated: one draw for both
            before = self.domains[path]
            if before == domain:
                return record[path]
            if persistent:
                raise DomainClash(path, before, domain)
        choice = self.given.get(path)
        if self.picked is not None and self.picked.has(path):
            choice = self.picked.choice(path, domain)
        if choice is None or not belongs(choice, domain):
            if self.rng is None or (self.strict and choice is not None):
                raise UnknownDecision(path, domain, choice)
            choice = self.draw(domain, self.rng)
        record[path] = choice
        self.domains[path] = domain
        return choice

    def follow(self, ways: Way, prefix: str) -> Way | None:
        """The end that the choices for the decisions on *ways*, below *prefix*, lead to; `None` if that is not known."""
        way: Way | None = ways
        while way is not None and way.member is None:
            way = way.next.get(self.ask(prefix + way.path, way.domain, False))
        return way

    def draw(self, domain: Domain, rng: Random) -> Choice:
        """A choice that is not given."""
        return domain.sample(rng) if isinstance(domain, Continuous) else rng.randrange(domain.size)


class ByPrior(Oracle):
    """Draws by the probabilities that a `prior` gives, uniformly where there is none."""

    __slots__ = ()

    def draw(self, domain: Domain, rng: Random) -> Choice:
        """A choice by the prior."""
        return domain.draw(rng) if isinstance(domain, Alternatives) else Oracle.draw(self, domain, rng)


class NotWalkable(Exception):
    """The way an architecture took is not remembered: it has continuous decisions, or its region too many ways."""


class Changing(Oracle):
    """Answers from a genotype, except that one decision gets another choice; decisions that are new are drawn.

    The decision is known by its path (*changed*), or by its number among the local ones (*place*) until `rebuild`
    gets there. *dropped* collects the paths that the old way had and the new one may lack.
    """

    __slots__ = ("changed", "drawn", "dropped", "place", "spread", "unsure")

    def __init__(
        self, given: Mapping[str, Choice], rng: Random, picked: "Picks | None", *, changed: str | None = None,
        place: int = -1, spread: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(given, rng, strict=False, picked=picked)
        self.changed = changed
        self.place = place
        self.spread = spread
        self.drawn: Choice | None = None
        self.dropped: set[str] = set()
        self.unsure = False
        """Whether a decision made once for the program was passed, which others may still need."""

    def ask(self, path: str, domain: Domain, persistent: bool) -> Choice:
        """Another choice for the changed decision, the genotype's for the others."""
        if path != self.changed:
            return Oracle.ask(self, path, domain, persistent)
        assert self.rng is not None
        if self.drawn is None:
            self.drawn = another(self.given[path], domain, self.rng, self.spread)
        record = self.persistent if persistent or self.once > 0 else self.local
        record[path] = self.drawn
        self.domains[path] = domain
        return self.drawn

    def leave(self, node: Node | None, parts: tuple[Fragment, ...], prefix: str) -> dict[str, list[Fragment]]:
        """Walk the old way from *node* on: decisions passed are noted as dropped, *parts* given by their paths."""
        found: dict[str, list[Fragment]] = {}
        for part in parts:
            self.unsure = self.unsure or part.holds_once
            node = self._skip_asks(node, prefix)
            found.setdefault(node.path, []).append(part)
            node = node.next.get(part.outcome)
        if node is not None:
            self._skip_asks(node, prefix)
        return found

    def _skip_asks(self, node: Node | None, prefix: str) -> Node:
        """The first node from *node* on that is no decision; decisions passed are noted."""
        while node is not None and node.kind == Kind.ASK:
            path = resolve(prefix, node.path)
            if node.persistent:
                self.unsure = True
            else:
                self.dropped.add(path)
            node = node.next.get(self.given[path])
        if node is None:
            raise NotWalkable
        return node


_FIRST = re.compile(r"(?<!\])\[0\](?!\[)")


def plain(path: str) -> str:
    """*path* in the one form that picks are compared in: `X[0]` is `X`, where no other number follows."""
    return _FIRST.sub("", path)


def another(choice: Choice, domain: Domain, rng: Random, spread: float | None = None) -> Choice:
    """A choice of *domain* other than *choice*, uniformly; of a continuous one near it, where *spread* says how near."""
    if isinstance(domain, Continuous):
        near = domain.near(choice, spread, rng) if spread else choice
        return near if near != choice else domain.sample(rng)
    drawn = rng.randrange(domain.size - 1)
    return drawn + (drawn >= choice)


class Picks:
    """The `pick` of a file: choices by path, as they are written, with their places."""

    def __init__(self, entries: Mapping[str, tuple[str, Span]]) -> None:
        self.entries = {plain(path): entry for path, entry in entries.items()}
        self.asked: set[str] = set()

    def has(self, path: str) -> bool:
        """Whether the decision at *path* is picked."""
        return plain(path) in self.entries

    def choice(self, path: str, domain: Domain) -> Choice:
        """The choice that is written for *path*.

        Raises:
            SourceError: its domain has no such choice.
        """
        self.asked.add(plain(path))
        text, span = self.entries[plain(path)]
        choice = domain.read(text)
        if choice is None and text.startswith('"'):
            choice = domain.read(json.loads(text))  # a label that no expression is written as
        if choice is None:
            name = path.rsplit(".", 1)[-1]
            raise SourceError.at("E0606", f"`{name}` is {_one_of(domain)}, not {text}", span, _hint(text, domain))
        return choice

    def reach(self, path: str) -> bool:
        """Whether a decision below *path* is picked."""
        path = plain(path)
        return any(entry == path or entry.startswith(path + ".") for entry in self.entries)


def _one_of(domain: Domain) -> str:
    if isinstance(domain, Continuous):
        return f"between {domain.low} and {domain.high}"
    if domain.size > 12:
        return f"one of {show_count(domain.size)} choices, such as {domain.show(0)}"
    return "one of " + ", ".join(domain.show(choice) for choice in range(domain.size))


def _hint(text: str, domain: Domain) -> str | None:
    if isinstance(domain, Continuous) or domain.size > 1000:
        return None
    close = nearest(text, [domain.show(choice) for choice in range(domain.size)])
    return f"did you mean `{close}`?" if close else None


def belongs(choice: Choice, domain: Domain) -> bool:
    """Whether *domain* has *choice*."""
    if isinstance(domain, Continuous):
        return domain.low <= choice <= domain.high
    return type(choice) is int and 0 <= choice < domain.size
