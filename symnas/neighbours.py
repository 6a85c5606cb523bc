"""Mutants and neighbours of an architecture, and children of two: feasible members always, and always different ones.
And the member that holds given choices, as far as the space has them.

How an architecture is rebuilt around one changed decision is the business of `elaborate.regions`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, TypeVar

from symnas.architecture import Architecture
from symnas.domains import Choice, Continuous, Domain
from symnas.elaborate.fragments import Fragment
from symnas.elaborate.narrowing import Allowed
from symnas.elaborate.oracles import Changing, DomainClash, NotWalkable, Oracle, Picks, belongs
from symnas.elaborate.regions import Infeasible, rebuild
from symnas.elaborate.tries import Way
from symnas.errors import SearchError, SourceError
from symnas.genotype import Genotype

if TYPE_CHECKING:
    from symnas.space import Space

__all__ = ["complete", "crossover", "mutate", "neighbours"]

_COMPLETIONS = 1000
"""Ways to make the decisions that a change brings about, before the change is passed over."""

_PLAINLY = 16
"""Changes that are tried as they are drawn where it takes a circuit of its own to do better."""

_CHILDREN = 64
"""Children of two parents, before something that is not made of the parents alone is tried."""

_DRAWS = 2000
"""Mutants, or samples, before it is said that there is none."""


# -------------------------------------------------------------------------------------------- mutation


def mutate(space: "Space", architecture: Architecture, rng: Random, spread: float | None) -> Architecture:
    """See `Space.mutate`."""
    decisions = len(architecture.genotype)
    if space.picked is not None and all(map(space.picked.has, architecture.genotype)):
        decisions = 0
    if not decisions:
        raise SearchError("a space of one architecture has no neighbours")
    given = architecture.genotype.choices
    broken: set[tuple[int, Choice]] = set()
    for drawn in range(_DRAWS):
        place = rng.randrange(decisions)
        if space.picked is not None and space.picked.has(architecture.order[place]):
            continue
        oracle = _oracle(architecture, place, Changing(given, rng, space.picked, spread=spread))
        found = _rebuilt(space, architecture, place, oracle)
        if found is not None and _meets(space, found):
            if found.genotype != architecture.genotype:
                return found
        elif drawn >= _patience(space) and oracle.drawn is not None and (place, oracle.drawn) not in broken:
            completed, sure = _completed(space, architecture, place, oracle.drawn, rng, found)
            if completed is not None:
                return completed
            broken |= {(place, oracle.drawn)} if sure else set()
            if len(broken) == _changes(space, architecture):
                raise SearchError(f"none of its {len(broken):,} one-decision changes meets every `require`")
    raise SearchError(f"none of {_DRAWS:,} one-decision changes meets every `require`")


def _changes(space: "Space", architecture: Architecture) -> int:
    """How many one-decision changes there are; -1 where continuous decisions have more than can be counted."""
    free = [each for path, each in architecture.domains.items() if space.picked is None or not space.picked.has(path)]
    return -1 if any(isinstance(each, Continuous) for each in free) else sum(each.size - 1 for each in free)


def _meets(space: "Space", architecture: Architecture) -> bool:
    """Whether *architecture* meets the `require`s on costs."""
    return not space.elaboration.costly or architecture.violated is None


def _patience(space: "Space") -> int:
    """How many changes are tried as they are drawn, before what is new in one is drawn among what makes it feasible."""
    return 0 if space.elaboration.costly and space.pricing.restricted.drawer is not None else _PLAINLY


def _completed(
    space: "Space", architecture: Architecture, place: int, choice: Choice, rng: Random, tried: Architecture | None
) -> tuple[Architecture | None, bool]:
    """The member with *choice* at *place* and everything else kept, whose new decisions are drawn among those choices
    that make it feasible; and whether that is the last word: `None` may be for want of luck. *tried* is such a member that costs too
    much.
    """
    before = architecture.genotype.choices
    if tried is not None and tried.genotype.keys() <= before.keys():
        return None, True  # nothing is new: it is the only one
    kept = {path: (had,) for path, had in before.items() if tried is None or tried.genotype.get(path, had) == had}
    kept[architecture.order[place]] = (choice,)
    among = space.pricing.restricted.among(kept)
    found = among.sample(rng) if among is not None else None
    return found, found is not None or (among is not None and not among.count)


C = TypeVar("C", bound=Changing)


def _oracle(architecture: Architecture, place: int, oracle: C) -> C:
    """*oracle*, to change the decision at *place* in the order they are asked: by its number among those that are not
    made once, else by its path.
    """
    if place >= architecture.once:
        oracle.place = place - architecture.once
    else:
        oracle.changed = architecture.order[place]
    return oracle


def _rebuilt(space: "Space", architecture: Architecture, place: int, oracle: Changing) -> Architecture | None:
    """*architecture* with the decision at *place* changed by *oracle*, whatever it costs; `None` if that is no member.

    The tree is rebuilt along one branch where the tries know the way, from scratch otherwise.
    """
    if oracle.changed is None:
        try:
            return _joined(space, architecture, oracle, rebuild(architecture.fragment, "", oracle, 0))
        except (Infeasible, SourceError, DomainClash):
            return None
        except NotWalkable:
            oracle.place, oracle.changed = -1, architecture.order[place]  # from the beginning, with the same choice
    return space.decided_by(oracle, whatever_it_costs=True)


def _joined(space: "Space", before: Architecture, oracle: Changing, fragment: Fragment) -> Architecture:
    """The mutant whose tree is *fragment*: choices of *before* that it still has, and those that *oracle* gave."""
    choices, once = before.genotype.choices, before.once
    made = choices | oracle.persistent | oracle.local
    for gone in oracle.dropped - oracle.local.keys():
        del made[gone]
    if oracle.unsure or oracle.persistent.keys() - choices or len(made) - once != fragment.decisions:
        complete = Oracle(made, picked=space.picked)
        space.elaboration.build(complete)
        made, once = {**complete.persistent, **complete.local}, len(complete.persistent)
    return Architecture(space, Genotype(made), fragment, once)


# ------------------------------------------------------------------------------------------ neighbours


def neighbours(space: "Space", architecture: Architecture, rng: Random | None) -> Iterator[Architecture]:
    """See `Space.neighbours`."""
    places = {path: place for place, path in enumerate(architecture.order)}
    for path, domain in architecture.domains.items():
        picked = space.picked is not None and space.picked.has(path)
        for choice in range(0 if picked else domain.size):
            if choice != architecture.genotype[path]:
                found = _changed(space, architecture, places[path], choice, rng)
                if found is not None:
                    yield found


def _changed(
    space: "Space", architecture: Architecture, place: int, choice: int, rng: Random | None
) -> Architecture | None:
    """The member with *choice* at *place* and everything else kept; what is new is drawn, or the first that is feasible."""
    script: list[int] | None = [] if rng is None else None
    sizes: list[int] = []
    tried: Architecture | None = None
    for drawn in range(_COMPLETIONS):
        completing = _Completing(architecture.genotype.choices, rng, space.picked, choice, script, sizes)
        found = _rebuilt(space, architecture, place, _oracle(architecture, place, completing))
        if found is not None and _meets(space, found):
            return found
        if not sizes:
            return None
        if script is not None:
            script = _following(script, sizes)
            if script is None:
                return None
        tried = found or tried
        if drawn == (_patience(space) if rng is not None else _COMPLETIONS - 1):
            completed, sure = _completed(space, architecture, place, choice, rng or Random(0), tried)
            if sure:
                return completed
    return None


def _following(script: Sequence[int], sizes: Sequence[int]) -> list[int] | None:
    """The script after *script*, counting from the back, where choice i is one of `sizes[i]`; `None` after the last."""
    digits = [*script, *[0] * (len(sizes) - len(script))][: len(sizes)]
    while digits and digits[-1] + 1 >= sizes[len(digits) - 1]:
        digits.pop()
    if not digits:
        return None
    digits[-1] += 1
    return digits


class _Completing(Changing):
    """One decision changed to a known choice; those that come to exist follow *script*, or are drawn without one.

    The numbers of choices of those are written to *sizes*.
    """

    __slots__ = ("script", "sizes")

    def __init__(
        self, given: dict[str, Choice], rng: Random | None, picked: Picks | None, choice: int, script: list[int] | None,
        sizes: list[int],
    ) -> None:  # fmt: skip
        super().__init__(given, rng or Random(0), picked)
        self.drawn = choice
        self.script = script
        self.sizes = sizes
        self.sizes.clear()

    def begin(self) -> None:
        """Start over, from the script's beginning."""
        super().begin()
        self.sizes.clear()

    def draw(self, domain: Domain, rng: Random) -> Choice:
        """The script's next choice, the first after its end."""
        place = len(self.sizes)
        self.sizes.append(max(1, domain.size))
        if self.script is None:
            return super().draw(domain, rng)
        if isinstance(domain, Continuous):
            return domain.at(0.5)
        return self.script[place] if place < len(self.script) else 0


# ------------------------------------------------------------------------------------------- crossover


def crossover(space: "Space", first: Architecture, second: Architecture, rng: Random) -> Architecture:
    """See `Space.crossover`."""
    parents = (first.genotype, second.genotype)
    differing = [path for path in {**parents[0], **parents[1]} if parents[0].get(path) != parents[1].get(path)]
    for _ in range(_CHILDREN if len(differing) > 1 else 0):
        child = space.decided_by(_Crossing(*parents, rng, space.picked))
        if child is not None and child.genotype not in parents:
            return child
    if len(differing) > 1 and (among := space.pricing.restricted.among(_either(*parents))) is not None:
        for _ in range(_CHILDREN if among.count > len(parents) else 0):
            child = among.sample(rng)
            if child is not None and child.genotype not in parents:
                return child
    draws: tuple[Callable[[], Architecture], ...] = (
        lambda: space.mutate(rng.choice((first, second)), rng),
        lambda: space.sample(rng),
    )
    for draw in draws:
        for _ in range(_DRAWS):
            try:
                child = draw()
            except SearchError:  # a parent without neighbours
                break
            if child.genotype not in parents:
                return child
    raise SearchError(f"nothing but the two parents was found in {2 * _DRAWS:,} draws: the space may hold no other")


def _either(first: Genotype, second: Genotype) -> Allowed:
    """Each decision as one of two parents has it."""
    return {
        path: {each[path] for each in (first, second) if path in each} for path in {**first.choices, **second.choices}
    }


class _Crossing(Oracle):
    """Takes each choice from one of two parents, evenly; from the one that has it; drawn where neither does."""

    __slots__ = ("mixed", "parents")

    def __init__(self, first: Genotype, second: Genotype, rng: Random, picked: Picks | None) -> None:
        self.mixed: dict[str, Choice] = {}
        super().__init__(self.mixed, rng, strict=False, picked=picked)
        self.parents = (first.choices, second.choices)

    def ask(self, path: str, domain: Domain, persistent: bool) -> Choice:
        """A parent's choice, if its domain has it here."""
        if path not in self.mixed:
            held = [each[path] for each in self.parents if path in each and belongs(each[path], domain)]
            if held:
                assert self.rng is not None
                self.mixed[path] = held[0] if len(held) == 1 or self.rng.random() < 0.5 else held[1]
        return super().ask(path, domain, persistent)


# ------------------------------------------------------------------------------------------ completing


def complete(space: "Space", rng: Random, wishes: Sequence[Mapping[str, Choice]]) -> Architecture | None:
    """See `Space.complete`."""
    return space.decided_by(_Wishing([_choices(each) for each in wishes], rng, space.picked))


def _choices(wish: Mapping[str, Choice]) -> Mapping[str, Choice]:
    return wish.choices if isinstance(wish, Genotype) else wish  # a plain record is read faster


class _Wishing(Oracle):
    """Takes each choice from the first of several records that has one which fits; drawn where none does."""

    __slots__ = ("first", "wishes")

    def __init__(self, wishes: Sequence[Mapping[str, Choice]], rng: Random, picked: Picks | None) -> None:
        super().__init__({}, rng, strict=False, picked=picked)
        self.wishes = wishes
        self.first = wishes[0].get if wishes and not picked else None
        """What the first of them has for a path, where nothing is picked."""

    def ask(self, path: str, domain: Domain, persistent: bool) -> Choice:
        """The first choice wished for that the domain has."""
        if self.first is not None and not persistent and not self.once and path not in self.local:
            choice = self.first(path)
            if type(choice) is int and 0 <= choice < domain.size:  # nearly always: one call in place of three
                self.local[path] = choice
                self.domains[path] = domain
                return choice
        for wish in self.wishes:
            choice = wish.get(path)
            if choice is not None and belongs(choice, domain):
                self.given = wish
                break
        return super().ask(path, domain, persistent)

    def follow(self, ways: Way, prefix: str) -> Way | None:
        """See `Oracle.follow`."""
        first, local, domains = self.first, self.local, self.domains
        if first is None or self.once:
            return super().follow(ways, prefix)
        way: Way | None = ways
        while way is not None and way.member is None:
            path = prefix + way.path
            choice = first(path)
            below = way.next.get(choice) if type(choice) is int else None
            if choice is None or below is None or path in local:
                below = way.next.get(self.ask(path, way.domain, False))
            else:  # as `ask` does, without the call
                local[path], domains[path] = choice, way.domain
            way = below
        return way
