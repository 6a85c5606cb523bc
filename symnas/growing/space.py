"""The networks that rules can make of one network, as a space: its points are told by moves, and changed by one more.

A network is the graphs of the start, rewritten move by move: what a rule asks for is always asked of the program that the
start stands in. Which move is made is a searcher's business, with what weights the network begins, `inheriting`'s.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from random import Random
from typing import Any, NoReturn

from symnas import tree
from symnas.architecture import Architecture
from symnas.domains import Choice, Domain
from symnas.elaborate.claims import Claim
from symnas.elaborate.roots import holds
from symnas.errors import SearchError, SourceError, suggest
from symnas.expanding import program_of
from symnas.genotype import Genotype
from symnas.graph import Graph
from symnas.growing.moves import Move, genotype_of, moves_of
from symnas.growing.packing import pack_rules, text_of_rules, unpack_rules
from symnas.measure import Measure
from symnas.program import Program, unpacked
from symnas.rewriting import Found, Rewriting, Rule, matches, rewrite
from symnas.rewriting.reading import Context
from symnas.study.networks import network_of
from symnas.tree import Direction
from symnas.treepaths import walk

__all__ = ["Grown", "Growth", "open_growth"]

KEPT = 1_000
"""How many networks a space keeps; what is asked for again beyond that is made again, from the nearest one that it has."""


class Grown(Architecture):
    """A network that *moves* have made of the start of *growth*. Its choices are the moves; it has no others. Its recipe,
    and its `fragment`, are the start's; its `program` is one of its own.

    *parent* is the network before the last move, *done* what that move did; both `None` for the start.
    """

    def __init__(
        self, growth: "Growth", moves: Sequence[Move] = (), parent: "Grown | None" = None, done: Rewriting | None = None
    ) -> None:
        begun = growth.origin
        super().__init__(begun.space, genotype_of(moves), begun.fragment, begun.once)
        self.growth, self.moves, self.parent, self.done = growth, tuple(moves), parent, done

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Grown):
            return NotImplemented
        return self.moves == other.moves and self.growth.fingerprint == other.growth.fingerprint

    def __hash__(self) -> int:
        return hash(self.genotype)

    def __repr__(self) -> str:
        return f"<Grown {', '.join(map(str, self.moves)) or 'the start'}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _regrown, (self.growth.packed, self.genotype.to_json())

    @cached_property
    def domains(self) -> dict[str, Domain]:
        """Nothing: moves are no choices from a domain."""
        return {}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Nothing, for the same reason."""
        return ()

    @cached_property
    def _graphs(self) -> dict[str, Graph]:
        if self.done is not None:
            return {each.name: each for each in self.done.graphs}
        begun = self.growth.origin
        return {name: begun.graph(name) for name in begun.space.nets}

    @cached_property
    def program(self) -> Program:
        """The network as one program without rules, as `symnas expand` writes it, with what the start's program requires
        of its nets.
        """
        made = program_of(self, [*self._graphs.values()])
        return made.changed(tree.Module((*made.module.declarations, *self.growth.demands), 1))

    @cached_property
    def text(self) -> str:
        """`program` as text."""
        return self.program.text

    @cached_property
    def violated(self) -> Claim | None:
        """The first `require` on costs of the start's program that does not hold, if any."""
        space = self.space
        return holds(space.elaboration.costly, self.growth.origin.genotype, self.cost, space.claimed_size)

    @cached_property
    def network(self) -> str:
        """A digest that it has in common with what computes the same at the same costs, whatever moves led there."""
        return network_of(self)

    @cached_property
    def found(self) -> tuple[Found, ...]:
        """Every match of the rules in it that is decided, one for each rule and path, in the order of rules and steps."""
        found = {
            (each.rule, each.path): each for each in matches(self, *self.growth.rules.values()) if not each.undecided
        }
        return tuple(found.values())

    def replace(self, changes: Mapping[str, Choice]) -> Architecture:
        """Nothing can be chosen otherwise.

        Raises:
            SearchError: always, saying what to do.
        """
        raise SearchError(
            "a network that was grown has moves, no choices to replace; `Growth.take` makes one more move"
        )


class Growth:
    """What *rules* can make of the one network *start*, move by move."""

    def __init__(self, start: Architecture, rules: Iterable[Rule]) -> None:
        self.origin = start
        self.rules: dict[str, Rule] = {}
        for each in rules:
            if each.name in self.rules:
                raise SearchError(f"two rules are called `{each.name}`; rename one of them")
            self.rules[each.name] = each
        if not self.rules:
            raise SearchError("there are no rules to grow with; write `rule name: pattern => replacement`")
        self._refuse_open()
        self.start = Grown(self)
        self._known: dict[Genotype, Grown] = {}

    def _refuse_open(self) -> None:
        """Refuse rules that leave something open: a move makes one network."""
        for each in Context(self.origin, self.rules.values()).rules:
            if each.decides:
                raise SearchError(
                    f"rule `{each.name}` leaves something to be decided, and a move makes one network; write a rule for each choice"
                )

    # ------------------------------------------------------------------------------------------ moves

    def take(self, of: Grown, move: Move) -> Grown:
        """The network that *move* makes of *of*, legal or not.

        Raises:
            SearchError: there is no such rule, or it does not match there.
            SourceError: it breaks the network; the message says how.
        """
        known = self._known.get(genotype_of((*of.moves, move)))
        if known is not None:
            return known
        rule = self.rules.get(move.rule)
        if rule is None:
            raise SearchError(f"there is no rule `{move.rule}`; {suggest(move.rule, self.rules)}")
        done = rewrite(of, rule, at=move.path)
        if all(each.path != move.path for each in done.firings):
            raise SearchError(f"rule `{move.rule}` does not match at `{move.path}`, only below it")
        return self._keep(Grown(self, (*of.moves, move), of, done))

    def legal(self, of: Grown, move: Move) -> Grown | None:
        """The network that *move* makes of *of*; `None` where it breaks the network or a `require`, or changes nothing."""
        try:
            made = self.take(of, move)
        except (SourceError, SearchError):  # a function may think better of what its pattern matches
            return None
        return None if made.network in ("", of.network) or made.violated is not None else made

    def children(self, of: Grown, rng: Random) -> Iterator[Grown]:
        """Every legal network one move from *of*, in random order: a rule is drawn first, then one of its matches, so that
        a rule that matches everywhere does not crowd out the others.
        """
        places: dict[str, list[str]] = {}
        for each in of.found:
            places.setdefault(each.rule, []).append(each.path)
        while places:
            rule = rng.choice(list(places))
            path = places[rule].pop(rng.randrange(len(places[rule])))
            if not places[rule]:
                del places[rule]
            made = self.legal(of, Move(rule, path))
            if made is not None:
                yield made

    # ------------------------------------------------------------------------------------------ a space for searchers

    countable, continuous = False, 0

    @property
    def size(self) -> int:
        """Unknown.

        Raises:
            SearchError: always.
        """
        _no("is not counted")

    @property
    def decisions(self) -> NoReturn:
        """None that could be listed.

        Raises:
            SearchError: always.
        """
        _no("has moves in place of decisions")

    def cells(self) -> Mapping[str, int]:
        """None."""
        return {}

    @property
    def objectives(self) -> tuple[tuple[str, Direction], ...]:
        """What the start's program maximizes and minimizes."""
        return self.origin.space.objectives

    def sample(self, rng: Random, measure: Measure = Measure.DECISIONS) -> Grown:
        """The start after one random legal move.

        Raises:
            SearchError: it has none.
        """
        return self.mutate(self.start, rng)

    def mutate(self, architecture: Grown, rng: Random, spread: float | None = None) -> Grown:
        """*architecture* after one random legal move.

        Raises:
            SearchError: it has none.
        """
        made = next(self.children(architecture, rng), None)
        if made is None:
            raise SearchError(f"no rule makes a legal network of {architecture!r}")
        return made

    def complete(self, rng: Random, *wishes: Mapping[str, Choice]) -> Grown | None:
        """Nothing: moves of two networks do not mix."""
        return None

    def draft(self) -> None:
        """Nothing: there are no decisions."""
        return

    def architecture(self, genotype: Mapping[str, Choice]) -> Grown:
        """The network with these moves.

        Raises:
            SearchError: they are not moves of these rules, or do not fit one after the other.
        """
        moves, left = moves_of(genotype), list[Move]()
        while moves and (known := self._known.get(genotype_of(moves))) is None:
            moves, left = moves[:-1], [moves[-1], *left]
        made = known if moves and known is not None else self.start
        for each in left:
            made = self.take(made, each)
        return made

    def __getitem__(self, index: int) -> Grown:
        _no("has no numbers")

    # ------------------------------------------------------------------------------------------ a space for studies

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the start and the rules."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def text(self) -> str:
        """The start, decided, and the rules with what their files declare."""
        return f"{self.origin.text}\n{text_of_rules([*self.rules.values()])}"

    @cached_property
    def packed(self) -> str:
        """The same for another process.

        Raises:
            SearchError: a rule is a function that no other process can import.
        """
        start = [self.origin.space.packed, self.origin.genotype.to_json()]
        return json.dumps({"start": start, **pack_rules([*self.rules.values()])})

    @cached_property
    def demands(self) -> tuple[tree.Require, ...]:
        """The `require`s of the start's program that say something of any network: on its nets and on what is measured."""
        told = {*self.origin.space.nets}.union(*(each.metrics for each in self.origin.space.elaboration.measured))
        declared = self.origin.space.module.declarations
        return tuple(each for each in declared if isinstance(each, tree.Require) and _names(each) <= told)

    def _keep(self, made: Grown) -> Grown:
        if len(self._known) >= KEPT:
            del self._known[next(iter(self._known))]
        self._known[made.genotype] = made
        return made


def open_growth(packed: str) -> Growth:
    """The space that `Growth.packed` wrote down; worker processes call it."""
    data = json.loads(packed)
    program, choices = data["start"]
    return Growth(unpacked(program).space().architecture(choices), unpack_rules(data))


def _regrown(packed: str, moves: dict[str, Choice]) -> Grown:
    return open_growth(packed).architecture(Genotype(moves))


def _names(node: tree.Node) -> set[str]:
    return {each.name for each, _ in walk(node) if isinstance(each, tree.Name)}


def _no(why: str) -> NoReturn:
    raise SearchError(f"what rules make of a network {why}; search it with `symnas grow`")
