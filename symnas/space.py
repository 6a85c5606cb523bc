"""The space of a program: its decisions, its size, and ways to draw from it.

How a program is elaborated and counted is `elaborate`'s business; searchers see a space through the methods here.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, partial
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, NoReturn, TypeVar

from attrs import evolve

from symnas import tree
from symnas.architecture import Architecture
from symnas.breakdown import Breakdown, count_by
from symnas.canonical import Rule
from symnas.distinct import MOST, Told, distinct_networks
from symnas.domains import Choice, Continuous, show_count
from symnas.drafts import Draft, begin
from symnas.drawing import WALKED, in_random_order, never_twice
from symnas.elaborate.claims import Claim
from symnas.elaborate.counting import End, Found, Summary, TooLarge
from symnas.elaborate.estimating import Estimate, estimate
from symnas.elaborate.extents import Extent, extent
from symnas.elaborate.fragments import Fragment
from symnas.elaborate.moves import Moves
from symnas.elaborate.oracles import ByPrior
from symnas.elaborate.outlining import Slot, outline
from symnas.elaborate.regions import DomainClash, Infeasible, Oracle, UnknownDecision
from symnas.elaborate.roots import Elaboration, deep_recursion, holds
from symnas.errors import SearchError, SourceError, afresh
from symnas.fixing import check_picks, fixed
from symnas.genotype import Genotype
from symnas.measure import Measure
from symnas.neighbours import complete, crossover, mutate, neighbours
from symnas.picking import choice_node, picks_of
from symnas.pricing import Pricing
from symnas.sourceorder import source_order
from symnas.spans import NOWHERE
from symnas.tree import Direction

if TYPE_CHECKING:
    from symnas.program import Program

__all__ = ["Measure", "Space"]

_OWN = (tree.Assert, tree.Search, tree.Objective, tree.Pick, tree.Measure, tree.Moved)
"""What a file declares for itself: it does not act where the file is imported."""

_DRAWS = 200
"""Draws that a size is estimated from."""

T = TypeVar("T")

_TRIES = 2000
"""Draws before a space is given up as having no feasible member."""


class Space:
    """All architectures of a program."""

    def __init__(self, program: "Program") -> None:
        self.program = program
        self.module = program.module
        self.source_name = program.name
        self.moves = Moves.of(self.module)
        self.picked = picks_of(self.module)
        self.imports = program.imports
        self.elaboration = Elaboration(self.module, self.picked, self.imports, program.limits)
        self._uncounted: dict[str | None, str] = {}
        """Why a net, or the whole, has no exact count, where that was tried."""

    # -------------------------------------------------------------------------------------- what it is

    @property
    def nets(self) -> tuple[str, ...]:
        """Names of the program's nets."""
        return tuple(net.name for net in self.elaboration.module.nets)

    def net_name(self, name: str | None) -> str:
        """*name*, or the only net's.

        Raises:
            SearchError: no such net, or several and none was named.
        """
        if name in self.nets:
            return name
        if name is None and len(self.nets) == 1:
            return self.nets[0]
        known = ", ".join(f"`{each}`" for each in self.nets) or "none"
        wanted = f"there is no net `{name}`" if name else "say which net"
        raise SearchError(f"{wanted}; this program has {known}")

    @cached_property
    def fingerprint(self) -> str:
        """A digest of what the program means: a study resumes only on the same one.

        Layout, the spelling of numbers, claims, and the defaults for the command line do not take part.
        """
        from symnas.grammar import dump

        kept = tuple(
            each for each in self.module.declarations if not isinstance(each, (tree.Assert, tree.Search, tree.Moved))
        )
        texts = [dump(_spelled_alike(tree.Module(kept)))]
        for file in sorted(set(self.imports.values()), key=lambda each: each.path):
            declared = tuple(each for each in file.module.declarations if not isinstance(each, _OWN))
            texts += [file.path, dump(_spelled_alike(tree.Module(declared)))]
        return hashlib.sha256(" ".join(" ".join(texts).split()).encode()).hexdigest()

    @cached_property
    def content(self) -> tuple[tree.Declaration, ...]:
        """The program without its picks: what two architectures of it have in common."""
        return tuple(each for each in self.module.declarations if not isinstance(each, tree.Pick))

    @cached_property
    def text(self) -> str:
        """The program as `.nas` text, without its picks."""
        return self.text_of({})

    @cached_property
    def packed(self) -> str:
        """The program and the files that it imports as one text, which `symnas.program.unpacked` reads."""
        from symnas.importing import pack

        return pack(self.text, self.imports, self.program.limits)

    def text_of(self, picks: Mapping[str, str]) -> str:
        """The program with *picks* in place of its own."""
        from symnas.grammar import dump

        kept = list(self.content)
        entries = tuple(tree.PickEntry(path, choice_node(shown)) for path, shown in picks.items())
        if entries:
            kept.append(tree.Pick(entries))
        return dump(tree.Module(tuple(kept), self.module.version))

    @cached_property
    def objectives(self) -> tuple[tuple[str, Direction], ...]:
        """What the program maximizes and minimizes, by the name of the metric."""
        from symnas.grammar import dump

        return tuple(
            (dump(each.metric).strip(), each.direction)
            for each in self.module.declarations
            if isinstance(each, tree.Objective)
        )

    # -------------------------------------------------------------------------------------- how large

    @cached_property
    def summary(self) -> Summary:
        """Counts by outcome.

        Raises:
            TooLarge: an exact count would take too long.
        """
        return self.elaboration.summary()

    @cached_property
    def size(self) -> int:
        """Exact number of architectures, continuous decisions apart and `require`s on costs not applied.

        Raises:
            SearchError: the space is too entangled to be counted exactly here.
        """
        return self._counted(None)

    def size_of(self, net: str | None) -> int:
        """The size of one net's own space, or of the whole."""
        return self.size if net is None else self._counted(net)

    def claimed_size(self, net: str | None) -> int:
        """What `space.size` and `Net.space.size` are in a claim: the size of the file's space, its picks apart.

        So what a file claims of its space holds in the file of one architecture as well.
        """
        if self.picked is not None:
            return self.unpicked.size_of(net)
        return self.size_of(net)

    @cached_property
    def unpicked(self) -> "Space":
        """The space of the program without its picks."""
        return self.program.changed(tree.Module(self.content, self.module.version)).space()

    def _counted(self, net: str | None) -> int:
        if net in self._uncounted:
            raise SearchError(self._uncounted[net])
        try:
            summary = self.summary if net is None else self.elaboration.summary(net)
            return sum(count * self._cells(end) for end, count in summary.ends.items())
        except TooLarge as error:
            self._uncounted[net] = f"this space has no exact count: {error}"
            raise SearchError(self._uncounted[net]) from None
        except DomainClash as error:
            raise self.clash(error) from None

    def _cells(self, end: End) -> int:
        """How many ways the cells touched can be decided, each once for the whole program."""
        total = 1
        for cell in end[1]:
            total *= self.elaboration.counter.cells[cell].summary.total
        return total

    def estimate(self, net: str | None = None, draws: int = _DRAWS) -> Estimate:
        """About how large the space is, or one net's, where it has no exact count: the same in every process.

        Raises:
            SourceError: none of the members drawn makes a network, for the reason that the first one gives.
        """
        try:
            reason = "" if self.size_of(net) else "it is empty"
        except SearchError as error:
            reason = str(error)
        weights, left, faults = list[int](), 2 * self.program.limits.work, list[SourceError]()
        for number in range(draws):
            oracle = Oracle({}, Random(number), picked=self.picked)
            weights.append(self._weight(oracle, net, faults))
            left -= oracle.work + oracle.parts
            if left < 0 and len(weights) > 1:
                break
        if len(faults) == len(weights):
            raise faults[0]
        return estimate(self.elaboration.root(net), weights, reason)

    def _weight(self, oracle: Oracle, net: str | None, faults: list[SourceError]) -> int:
        """The product of the numbers of alternatives that one draw chose among; 0 if it makes no network."""
        try:
            self.elaboration.build(oracle, net)
        except SourceError as error:
            faults.append(error)
            return 0
        except (Infeasible, DomainClash):
            return 0
        open_ones = (path for path in oracle.domains if self.picked is None or not self.picked.has(path))
        return math.prod(max(1, oracle.domains[path].size) for path in open_ones)

    def unique_count(
        self,
        rules: "str | Iterable[Rule | str] | None" = None,
        *,
        net: str | None = None,
        cell: str | None = None,
        most: int = MOST,
        progress: Told | None = None,
    ) -> int:
        """How many different networks the members are, by *rules* (those that are exact, unless others are given).

        Of *net* or the only net, or of *cell* alone; settings of `train` make no other network. At most *most* members
        are listed; *progress* is told how many have been, of how many, and how many networks they are.

        Raises:
            SearchError: there are more, or no exact count, or continuous decisions in the net; or no such net, cell, rule.
        """
        return distinct_networks(self, rules, net=net, cell=cell, most=most, progress=progress).networks

    def count_by(self, *by: str, net: str | None = None) -> tuple[Breakdown, ...]:
        """The exact size broken down by *by*: see `breakdown.count_by`.

        Raises:
            SearchError: there is no exact count, nothing that is so named, or the table is too large.
        """
        return count_by(self, by, net)

    @property
    def continuous(self) -> int:
        """Number of continuous decisions that an architecture can have at most."""
        return self.summary.continuous

    @property
    def countable(self) -> bool:
        """Whether `size` is known exactly."""
        try:
            return self.size >= 0
        except SearchError:
            return False

    @cached_property
    def pricing(self) -> Pricing:
        """What its architectures cost, and how many meet a `require` on costs."""
        return Pricing(self)

    @cached_property
    def decisions(self) -> tuple[Slot, ...]:
        """Every decision that an architecture can have, by declaration in the order of the text, else as met first.

        Raises:
            SearchError: the space has no exact count, or more than 100,000 decisions.
        """
        _ = self.size
        with deep_recursion():
            slots = outline(self.elaboration.root())
        return tuple(sorted(slots, key=lambda slot: self.source_order(slot.path)))

    def extent(self, net: str | None = None) -> Extent:
        """How many operations a net, or the only one, has at most, and which.

        Raises:
            SearchError: the space has no exact count, or there is no such net.
        """
        name, _ = self.net_name(net), self.size
        with deep_recursion():
            return extent(self.elaboration.root(), name)

    # ---------------------------------------------------------------------------------- making members

    def architecture(self, genotype: Mapping[str, Choice]) -> Architecture:
        """The member with *genotype*.

        Raises:
            SourceError: a decision is missing, has no such choice, or the choices make no network.
        """
        choices = genotype.choices if isinstance(genotype, Genotype) else genotype
        if self.moves.moves:
            choices = {self.moves.path(path): choice for path, choice in choices.items()}
        oracle = Oracle(choices, picked=self.picked)
        fragment = self._elaborated(oracle)
        unknown = sorted(set(choices) - set(oracle.persistent) - set(oracle.local))
        if unknown:
            self._fail("E0604", f"this architecture has no decision `{unknown[0]}`")
        check_picks(self, [*oracle.persistent, *oracle.local])
        made = self._made(oracle, fragment)
        if made.violated is not None:
            span = made.violated.span
            raise SourceError.at("E0605", "a `require` does not hold for these choices", span)
        return made

    def moved_weights(self, weights: Mapping[str, T], net: str | None = None) -> dict[str, T]:
        """*weights* of before a refactoring (a `state_dict` of *net*, or of the only net) under their names of now, as
        the program's `moved` say.

        Raises:
            SearchError: there is no such net.
        """
        name = self.net_name(net)
        return {self.moves.weight(path, name): each for path, each in weights.items()}

    def fixed(self, choices: Mapping[str, object]) -> "Space":
        """The part of the space in which *choices* are made: by path, as a `pick` writes them or as plain values.

        Raises:
            SearchError: there is no such decision, or it has no such choice.
        """
        return fixed(self, choices)

    def _elaborated(self, oracle: Oracle) -> Fragment:
        try:
            return self.elaboration.build(oracle)
        except UnknownDecision as error:
            if error.choice is None:
                self._fail("E0602", f"`{error.path}` is not decided")
            options = (
                "a value in its range" if isinstance(error.domain, Continuous) else f"0 to {error.domain.size - 1}"
            )
            self._fail("E0603", f"`{error.path}` has no choice {error.choice!r}; it takes {options}")
        except Infeasible as error:
            raise SourceError.at("E0605", "a `require` does not hold for these choices", error.span) from None
        except DomainClash as error:
            raise self.clash(error) from None

    def _fail(self, code: str, message: str) -> NoReturn:
        raise SourceError.at(code, message, self.module.span if self.module.span is not NOWHERE else NOWHERE)

    def clash(self, error: DomainClash) -> SourceError:
        """A cell whose uses ask for different alternatives, as a diagnostic at the placeholder."""
        from symnas.elaborate.clashes import describe_clash

        return describe_clash(error, self.elaboration.module)

    def _made(self, oracle: Oracle, fragment: Fragment) -> Architecture:
        return Architecture(self, Genotype({**oracle.persistent, **oracle.local}), fragment, len(oracle.persistent))

    def violated(self, architecture: Architecture) -> Claim | None:
        """The first `require` on costs that *architecture* breaks."""
        if not self.elaboration.costly:
            return None
        known = "summary" in self.__dict__  # all ways: costs are told from the choices then, without a network
        cost = partial(self.pricing.cost_of, architecture) if known else architecture.cost
        return holds(self.elaboration.costly, architecture.genotype, cost, self.claimed_size)

    def sample(self, rng: Random, measure: Measure = Measure.ARCHITECTURES) -> Architecture:
        """A feasible member drawn with *rng*: every `require` holds.

        Raises:
            SearchError: no feasible member was found in many draws.
        """
        if self.elaboration.costly and measure is Measure.ARCHITECTURES and self.countable and self.size:
            return self.pricing.restricted.sample(rng, lambda: self._draw(rng, measure))
        tally = self.pricing.restricted
        for _ in range(_TRIES):
            with suppress(Infeasible):
                drawn = self._draw(rng, measure)
                if not self.elaboration.costly or drawn.violated is None:
                    tally.drawn += 1
                    return drawn
            tally.rejected += 1
        raise SearchError(f"none of {_TRIES:,} draws meets every `require`; loosen one of them")

    def _draw(self, rng: Random, measure: Measure) -> Architecture:
        if measure is Measure.ARCHITECTURES and self.countable:
            if self.size == 0:
                self._fail_empty()
            return self._member(rng.randrange(self.size), rng)
        oracle = (ByPrior if measure is Measure.PRIOR else Oracle)({}, rng, picked=self.picked)
        try:
            fragment = self.elaboration.build(oracle)
        except DomainClash as error:
            raise self.clash(error) from None
        return self._made(oracle, fragment)

    def _fail_empty(self) -> None:
        if self.summary.faults:
            raise afresh(self.summary.faults[0][0])
        raise SearchError("this space is empty: no architecture meets every `require`")

    def __getitem__(self, index: int) -> Architecture:
        """The architecture numbered *index*; `index(space[i]) == i`. Requires on costs are not applied.

        Raises:
            IndexError: *index* is not below `size`. Continuous decisions are set to the middle of their range.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"index {index} is outside a space of {show_count(self.size)}")
        return self._member(index, None)

    def __iter__(self) -> Iterator[Architecture]:
        return self.members()

    def __contains__(self, architecture: object) -> bool:
        """Whether *architecture*'s choices make a feasible member, a continuous space's too."""
        if not isinstance(architecture, Architecture):
            return False
        try:
            self.architecture(architecture.genotype)
        except SourceError:
            return False
        return True

    def members(self, start: int = 0, stop: int | None = None) -> Iterator[Architecture]:
        """The members by number, from *start* up to, not including, *stop*, each made when it is asked for.

        As with `space[i]`, requires on costs are not applied and continuous decisions are set to their middle.

        Raises:
            IndexError: *start* is negative. SearchError: the space has no exact count.
        """
        if start < 0:
            raise IndexError(f"members are numbered from 0, not from {start}")
        numbers = range(start, self.size if stop is None else min(stop, self.size))
        return (self._member(number, None) for number in numbers)

    def sample_without_replacement(self, rng: Random, n: int | None = None) -> Iterator[Architecture]:
        """Up to *n* feasible members in random order, none twice, uniform over architectures; without *n*, all of them.

        Each is made when it is asked for. No two have the same discrete choices; continuous decisions are drawn. A
        space without an exact count is drawn from uniformly over decisions, what was drawn before left out.

        Raises:
            SearchError: while iterating, if nothing feasible and new is found in 100,000 tries.
        """
        if self.countable and not (self.elaboration.costly and self.size > WALKED):
            return islice(in_random_order(self.size, lambda number: self._member(number, rng), rng), n)
        total = self.pricing.restricted.feasible.size if self.countable else None
        return islice(never_twice(lambda: self.sample(rng), total), n)

    def _member(self, rank: int, rng: Random | None, net: str | None = None) -> Architecture:
        """Unrank, in the whole space or in one net's: the end first, then each touched cell's choices, then the rest."""
        summary = self.summary if net is None else self.elaboration.summary(net)
        for end, count in summary.ends.items():
            block = count * self._cells(end)
            if rank < block:
                break
            rank -= block
        found = Found()
        for cell in self.elaboration.counter.in_order(end):
            rank, _ = self.elaboration.counter.decide(cell, rank, rng, found)
        fragment = self.elaboration.counter.draw(self.elaboration.root(net), end, rank, "", found, rng)
        return Architecture(self, Genotype(found.all()), fragment, len(found.once))

    def of_net(self, net: str) -> Iterator[Architecture]:
        """The members of one net's own space, of which `size_of` says how many there are: the rest is not decided."""
        return (self._member(rank, None, net) for rank in range(self.size_of(net)))

    def cells(self) -> dict[str, int]:
        """The cells of a space with an exact count, each with the number of ways to decide it and those within it."""
        found: dict[str, int] = {}
        for cell, region in self.elaboration.counter.cells.items() if self.size else ():
            (only,) = region.summary.ends
            found.setdefault(cell[0], region.summary.total * self._cells(only))
        return found

    def of_cell(self, name: str) -> Iterator[Fragment]:
        """A cell decided in every way, as its first use has it.

        Raises:
            SearchError: the space has no exact count.
        """
        cell = next(each for each in self.elaboration.counter.cells if self.size and each[0] == name)
        (only,) = self.elaboration.counter.cells[cell].summary.ends
        for number in range(self.cells()[name]):
            rank, found = number, Found()
            for inner in self.elaboration.counter.in_order(only):
                rank, _ = self.elaboration.counter.decide(inner, rank, None, found)
            yield self.elaboration.counter.decide(cell, rank, None, found)[1]

    def index(self, architecture: Architecture) -> int:
        """The number of *architecture* in the space.

        Raises:
            SearchError: it is not a member.
        """
        counter = self.elaboration.counter
        summary = self.summary
        try:
            with deep_recursion():
                end, rank = counter.rank(self.elaboration.root(), "", architecture.genotype)
                for cell in reversed(self.elaboration.counter.in_order(end)):
                    region = counter.cells[cell]
                    _, inner = counter.rank(region, cell[0], architecture.genotype)
                    rank = rank * region.summary.total + inner
        except KeyError as error:
            raise SearchError(f"this architecture is not of this space: {error}") from None
        for other, count in summary.ends.items():
            if other == end:
                return rank
            rank += count * self._cells(other)
        raise SearchError("this architecture is not of this space")

    def mutate(self, architecture: Architecture, rng: Random, spread: float | None = None) -> Architecture:
        """*architecture* with one decision changed, the rest kept where it still exists; feasible and different.

        A continuous decision is drawn anew; with *spread*, it takes a normal step of that standard deviation, as a share
        of its range (of its logarithm with `log`), reflected at the ends.

        Raises:
            SearchError: no neighbour is feasible.
        """
        return mutate(self, architecture, rng, spread)

    def neighbours(self, architecture: Architecture, rng: Random | None = None) -> Iterator[Architecture]:
        """Every feasible member that differs from *architecture* in one discrete decision, one for each other choice.

        They come in the order of `architecture.domains`, choices in their own. What still exists is kept; decisions that
        come to exist are drawn with *rng*, or without it are the first choices, in their order, that make a feasible
        member; where the first 1,000 make none, choices that limits on costs allow are drawn, always alike.
        """
        return neighbours(self, architecture, rng)

    def crossover(self, first: Architecture, second: Architecture, rng: Random) -> Architecture:
        """A feasible child that is neither parent: each decision as one of them has it, drawn where neither does.

        Where parents make no other child, because they differ in one decision, one of them is mutated; where that gives
        but the parents too, a member is drawn.

        Raises:
            SearchError: nothing but the parents was found.
        """
        return crossover(self, first, second, rng)

    def complete(self, rng: Random, *wishes: Mapping[str, Choice]) -> Architecture | None:
        """The member in which each decision is as the first of *wishes* has it whose choice fits; drawn where none does.
        Choices that there is no decision for are left out. `None` if they break a `require` or make no network.
        """
        return complete(self, rng, wishes)

    def draft(self) -> Draft | None:
        """An architecture of which nothing is decided yet, to be decided one decision after the other; `None` where there
        is none.
        """
        with deep_recursion():
            return begin(self)

    def decided_by(self, oracle: Oracle, whatever_it_costs: bool = False) -> Architecture | None:
        """The member with the choices that *oracle* gives; `None` if they make none that meets every `require`."""
        try:
            with deep_recursion():
                fragment = self.elaboration.build(oracle)
        except (Infeasible, SourceError, DomainClash):
            return None
        made = self._made(oracle, fragment)
        return None if self.elaboration.costly and not whatever_it_costs and made.violated is not None else made

    # -------------------------------------------------------------------------------------- for people

    @cached_property
    def source_order(self) -> Callable[[str], int]:
        """A sort key that puts paths in the order of the text: lets and cells where declared, then each net."""
        return source_order(self.module, self.imports)


def _spelled_alike(node: tree.Node) -> tree.Node:
    """*node* with every number written in the one plain way."""
    if isinstance(node, tree.Number):
        return evolve(node, written=None)
    return tree.rebuild(node, _spelled_alike)
