"""A space of plain decisions without a language: what searchers and studies are tested on.

Decisions may be conditional (an alternative brings its own), continuous, and some choices may be forbidden together.
The space is written as JSON, so that worker processes build it again from text, as they do with .nas files.
"""

import hashlib
import json
import math
from collections import ChainMap
from collections.abc import Iterator, Mapping
from random import Random

from attrs import field, frozen

from symnas.domains import Alternatives, Choice, Continuous, Domain
from symnas.elaborate.outlining import Slot
from symnas.errors import SearchError, SourceError
from symnas.genotype import Genotype
from symnas.searchers import Objective
from symnas.space import Measure
from symnas.spans import NOWHERE
from symnas.tree import Direction

__all__ = ["Decision", "ToyArchitecture", "ToyDraft", "ToySpace", "decision", "open_toy", "real"]


@frozen
class Decision:
    """A choice between alternatives, each of which brings further decisions; without any, a number in [0, 1]."""

    name: str
    alternatives: tuple[tuple["Decision", ...], ...]

    @property
    def continuous(self) -> bool:
        """Whether it is a number between 0 and 1."""
        return not self.alternatives

    @property
    def domain(self) -> Domain:
        """What it chooses from."""
        return Continuous(0.0, 1.0) if self.continuous else Alternatives(tuple(map(str, range(len(self.alternatives)))))


def decision(name: str, size: int, **under: list[Decision]) -> Decision:
    """*size* alternatives; `_2=[…]` gives the decisions that exist only under alternative 2."""
    return Decision(name, tuple(tuple(under.get(f"_{index}", ())) for index in range(size)))


def real(name: str) -> Decision:
    """A continuous decision."""
    return Decision(name, ())


@frozen
class ToyArchitecture:
    """A point of a toy space."""

    genotype: Genotype
    recipe: Mapping[str, object] = field(factory=dict)
    violated: str | None = None
    space: "ToySpace | None" = field(default=None, eq=False, repr=False)

    @property
    def domains(self) -> dict[str, Domain]:
        """What each decision chooses from."""
        assert self.space is not None, "made by a space"
        return {each.name: each.domain for each in _active(self.space.roots, self.genotype)}

    @property
    def params(self) -> int:
        """A cost that is known without evaluating: the sum of all choices."""
        return int(sum(self.genotype.values()))

    @property
    def trainable(self) -> int:
        """Nothing is frozen."""
        return self.params

    @property
    def macs(self) -> int:
        """Another one."""
        return 10 * self.params

    @property
    def memory(self) -> int:
        """And another one."""
        return 4 * self.params

    def expected_macs(self, rates: Mapping[str, float]) -> int:
        """A cost by a single exit rate, in percent."""
        return int(self.macs * rates["when"])

    def graph(self, _net: str | None = None, /) -> "ToyArchitecture":
        """It answers for its costs itself."""
        return self

    @property
    def value(self) -> float:
        """A score: the sum of the choices, those with later names weighing more."""
        choices = sorted(self.genotype.items())
        return float(sum(choice * (place + 1) for place, (_, choice) in enumerate(choices)))


@frozen
class ToySpace:
    """All fillings of *roots*, decisions with those below them, less those that contain a *forbidden* set of choices."""

    roots: tuple[Decision, ...]
    forbidden: tuple[tuple[tuple[str, int], ...], ...] = ()
    objectives: tuple[Objective, ...] = (("score", Direction.MAXIMIZE),)

    @property
    def countable(self) -> bool:
        """Always."""
        return True

    @property
    def size(self) -> int:
        """Number of points; the forbidden ones are counted."""
        return _count(self.roots)

    @property
    def continuous(self) -> int:
        """Number of continuous decisions."""
        return sum(each.continuous for each in _all(self.roots))

    @property
    def decisions(self) -> tuple[Slot, ...]:
        """Every decision that a point can have."""
        return tuple(Slot(each.name, (each.domain,), each in self.roots) for each in _all(self.roots))

    def cells(self) -> dict[str, int]:
        """There are none."""
        return {}

    @property
    def text(self) -> str:
        """The space as JSON."""
        objectives = [(name, direction.value) for name, direction in self.objectives]
        return json.dumps([[_write(each) for each in self.roots], self.forbidden, objectives])

    @property
    def packed(self) -> str:
        """All of the space as text."""
        return self.text

    @property
    def fingerprint(self) -> str:
        """A digest of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def sample(self, rng: Random, measure: Measure = Measure.ARCHITECTURES, /) -> ToyArchitecture:
        """A legal point."""
        for _ in range(1000):
            if measure is Measure.ARCHITECTURES:
                choices = _unrank(self.roots, rng.randrange(self.size), rng)
            else:
                choices = _fill(self.roots, {}, rng)
            if self._is_legal(choices):
                return self.made(choices)
        raise SearchError("no legal point found")

    def mutate(self, architecture: ToyArchitecture, rng: Random, spread: float | None = None, /) -> ToyArchitecture:
        """One decision changed, decisions that come to exist drawn anew."""
        old = architecture.genotype
        active = _active(self.roots, old)
        moves = [(each.name, choice) for each in active for choice in _others(each, old, rng, spread)]
        rng.shuffle(moves)
        for name, choice in moves:
            choices = _fill(self.roots, {**old, name: choice}, rng)
            if self._is_legal(choices):
                return self.made(choices)
        raise SearchError("no legal neighbour")

    def complete(self, rng: Random, /, *wishes: Mapping[str, Choice]) -> ToyArchitecture | None:
        """The point with the first choice wished for at each decision, drawn where there is none; `None` if forbidden."""
        made = self.made(_fill(self.roots, ChainMap(*map(dict, wishes)), rng))
        return made if made.violated is None else None

    def draft(self) -> "ToyDraft":
        """A point of which nothing is decided."""
        return ToyDraft(self, {}).settled()

    def architecture(self, genotype: Mapping[str, Choice], /) -> ToyArchitecture:
        """The point with these choices."""
        choices = dict(genotype)
        if {each.name for each in _active(self.roots, choices)} != set(choices) or not self._is_legal(choices):
            raise SourceError.at("E0000", f"not a point of this space: {choices}", NOWHERE)
        return self.made(choices)

    def __getitem__(self, index: int, /) -> ToyArchitecture:
        choices = _unrank(self.roots, index, Random(0))
        return self.made(choices)

    def legal(self) -> Iterator[ToyArchitecture]:
        """Every legal point of a discrete space."""
        return (point for index in range(self.size) if (point := self[index]).violated is None)

    def made(self, choices: Mapping[str, Choice]) -> ToyArchitecture:
        """The point with these choices, legal or not."""
        violated = None if self._is_legal(choices) else "forbidden"
        return ToyArchitecture(Genotype(choices), violated=violated, space=self)

    def _is_legal(self, choices: Mapping[str, Choice]) -> bool:
        return not any(all(choices.get(name) == choice for name, choice in each) for each in self.forbidden)


class ToyDraft:
    """A toy point of which some decisions are made."""

    def __init__(
        self, space: ToySpace, choices: dict[str, Choice], waiting: tuple[Decision, ...] | None = None
    ) -> None:
        self.space = space
        self.choices = choices
        self.waiting = space.roots if waiting is None else waiting
        self.path: str | None = None
        self.domain: Domain | None = None
        self.weights: dict[int, int] | None = None
        self.is_sure = not space.forbidden
        self.left: int | None = None

    def settled(self) -> "ToyDraft":
        """The draft, its next decision found; those with one alternative are made."""
        while self.waiting:
            each = self.waiting[0]
            if len(each.alternatives) != 1:
                self.path, self.domain = each.name, each.domain
                self.weights = None if each.continuous else dict(enumerate(map(_count, each.alternatives)))
                break
            self.choices[each.name] = 0
            self.waiting = each.alternatives[0] + self.waiting[1:]
        if self.is_sure and not self.space.continuous:
            self.left = _count(self.waiting)
        return self

    def take(self, choice: Choice) -> "ToyDraft | None":
        """The draft with one decision more."""
        assert self.path is not None
        each = self.waiting[0]
        below = () if each.continuous else each.alternatives[int(choice)]
        return ToyDraft(self.space, {**self.choices, self.path: choice}, below + self.waiting[1:]).settled()

    def finish(self, rng: Random, measure: Measure = Measure.ARCHITECTURES) -> ToyArchitecture | None:
        """The rest decided, one decision after the other."""
        choices = dict(self.choices)
        waiting = list(reversed(self.space.roots))
        while waiting:
            each = waiting.pop()
            if each.continuous:
                choices.setdefault(each.name, rng.random())
                continue
            if each.name not in choices:
                even = measure is not Measure.ARCHITECTURES
                weights = [1 if even else _count(alternative) for alternative in each.alternatives]
                (choices[each.name],) = rng.choices(range(len(weights)), weights)
            waiting += reversed(each.alternatives[int(choices[each.name])])
        made = self.space.made(choices)
        return made if made.violated is None else None


def open_toy(text: str) -> ToySpace:
    """The space that a text describes; worker processes call it."""
    decisions, forbidden, objectives = json.loads(text)
    return ToySpace(
        tuple(_read(each) for each in decisions),
        tuple(tuple((name, choice) for name, choice in each) for each in forbidden),
        tuple((name, Direction(direction)) for name, direction in objectives),
    )


def _count(decisions: tuple[Decision, ...]) -> int:
    return math.prod(sum(map(_count, each.alternatives)) if each.alternatives else 1 for each in decisions)


def _all(decisions: tuple[Decision, ...]) -> Iterator[Decision]:
    for each in decisions:
        yield each
        for alternative in each.alternatives:
            yield from _all(alternative)


def _active(decisions: tuple[Decision, ...], choices: Mapping[str, Choice]) -> Iterator[Decision]:
    """Decisions that exist under *choices*; what a choice that is missing or out of bounds brings is left out."""
    for each in decisions:
        yield each
        choice = choices.get(each.name, -1)
        if not each.continuous and 0 <= choice < len(each.alternatives):
            yield from _active(each.alternatives[int(choice)], choices)


def _others(each: Decision, choices: Mapping[str, Choice], rng: Random, spread: float | None) -> list[Choice]:
    if each.continuous:
        return [Continuous(0.0, 1.0).near(choices[each.name], spread, rng) if spread else rng.random()]
    return [index for index in range(len(each.alternatives)) if index != choices[each.name]]


def _fill(decisions: tuple[Decision, ...], known: Mapping[str, Choice], rng: Random) -> dict[str, Choice]:
    choices: dict[str, Choice] = {}
    for each in decisions:
        if each.continuous:
            choices[each.name] = known.get(each.name, rng.random())
        else:
            choice = int(known[each.name]) if each.name in known else rng.randrange(len(each.alternatives))
            choices[each.name] = choice
            choices |= _fill(each.alternatives[choice], known, rng)
    return choices


def _unrank(decisions: tuple[Decision, ...], index: int, rng: Random) -> dict[str, Choice]:
    choices: dict[str, Choice] = {}
    for each in decisions:
        if each.continuous:
            choices[each.name] = rng.random()
            continue
        index, own = divmod(index, _count((each,)))
        for choice, alternative in enumerate(each.alternatives):
            below = _count(alternative)
            if own < below:
                choices[each.name] = choice
                choices |= _unrank(alternative, own, rng)
                break
            own -= below
    return choices


def _write(each: Decision) -> list[object]:
    return [each.name, [[_write(below) for below in alternative] for alternative in each.alternatives]]


def _read(data: list[object]) -> Decision:
    name, alternatives = data
    assert isinstance(name, str)
    assert isinstance(alternatives, list)
    return Decision(name, tuple(tuple(map(_read, alternative)) for alternative in alternatives))
