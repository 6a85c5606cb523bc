"""Costs over a whole space: the least and the greatest, with architectures that attain them, and how many cost so much.

Costs are exact wherever the space has an exact count; the circuit that they are read from is `elaborate/costing.py`'s.
"""

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING

from attrs import frozen

from symnas.architecture import Architecture
from symnas.domains import Choice
from symnas.elaborate.charging import Form, Quantity, plus
from symnas.elaborate.circuits import Bounds, Node
from symnas.elaborate.costing import Costing, shared_cost
from symnas.elaborate.counting import TooLarge
from symnas.elaborate.limiting import Limit
from symnas.elaborate.metering import Meter, NotMetered
from symnas.elaborate.oracles import Oracle
from symnas.elaborate.relaxing import Apart
from symnas.elaborate.roots import deep_recursion
from symnas.errors import SearchError, afresh, suggest
from symnas.feasible import Restricted
from symnas.genotype import Genotype
from symnas.graph import Graph
from symnas.memory import activations, batch_of
from symnas.sizes import Size, substitute, symbols_of

if TYPE_CHECKING:
    from symnas.distribution import Distribution
    from symnas.space import Space

__all__ = ["ADDED_COSTS", "Attained", "CostsUnknown", "Pricing", "cost_of", "form_of"]

ADDED_COSTS = ("params", "trainable", "macs", "flops", "memory", "layers", "activations")
"""Costs that add up over the parts of a network."""


class CostsUnknown(SearchError):
    """The parts of a space do not tell what it costs; its members do, one by one."""


@frozen
class Attained:
    """A cost and an architecture that has it."""

    cost: int
    architecture: Architecture


class Pricing:
    """What the architectures of *space* cost; *sizes* are values of its symbolic sizes."""

    def __init__(self, space: "Space", sizes: Mapping[str, int] | None = None) -> None:
        self.space = space
        self.sizes: dict[str, Size] = dict(sizes or {})
        self._circuits: dict[tuple[Form, ...], Node | TooLarge | None] = {}
        self._meters: dict[tuple[Form, ...], Meter] = {}
        self.restricted = Restricted(space)
        """What `require`s on costs leave of the space."""

    def circuit(self, *forms: Form) -> Node | None:
        """The circuit of the space with the costs *forms*; `None` if the space is empty.

        Raises:
            TooLarge: costs do not add up here, or there is no exact count.
            SearchError: a cost depends on a size that has no value.
        """
        if forms not in self._circuits:
            if self.space.size == 0:
                return None
            with deep_recursion():
                costing = Costing(self.space.elaboration.counter, forms, self._values())
                try:
                    self._circuits[forms] = costing.whole(self.space.elaboration.root())
                except TooLarge as error:
                    self._circuits[forms] = error
        found = self._circuits[forms]
        if isinstance(found, TooLarge):
            raise afresh(found)
        return found

    def bounds(self, cost: str, net: str | None = None) -> tuple[Attained, Attained]:
        """The least and the greatest *cost* of *net*, or of all nets together, with architectures that attain them.

        Raises:
            SearchError: there is no such cost or net, no architecture, or no exact answer.
        """
        form = form_of(self.space, cost, net)
        try:
            least, greatest = self._attained(form)
        except TooLarge as error:
            raise CostsUnknown(f"costs are not known over this space: {error}") from None
        first, last = ((self.member(choices), amount) for choices, amount in (least, greatest))
        return Attained(first[1], first[0]), Attained(last[1], last[0])

    def _attained(self, form: Form) -> list[tuple[dict[str, Choice], int]]:
        """The choices with the least and the greatest *form*, and what they cost."""
        bounds = Bounds()
        with deep_recursion():
            try:
                node = self.circuit(form)
            except TooLarge:
                elaboration, values = self.space.elaboration, self._values()
                apart = Apart(elaboration.counter, form, values, elaboration.root())
                return [apart.attained(side) for side in (False, True)]
            if node is None:
                raise SearchError("this space is empty")
            found = bounds.of(node)
            return [(bounds.attained(node, 0, side), found[side][0]) for side in (False, True)]

    def estimate(self, cost: str, net: str | None = None, draws: int = 2_000) -> "Distribution":
        """How many of *draws* architectures, drawn uniformly and always alike, have how much of *cost*: where the
        distribution itself is not known. What is drawn meets every `require`.

        Raises:
            SearchError: there is no such cost or net, no exact count, or no architecture.
        """
        from symnas.distribution import of_draws

        rng = Random(0)
        form_of(self.space, cost, net)
        drawn = (self.space.sample(rng).genotype for _ in range(draws))
        return of_draws([found for (found,) in self.costs(drawn, (cost,), net)])

    def feasible_bounds(self, cost: str, net: str | None = None) -> tuple[Attained, Attained] | None:
        """The least and the greatest *cost* among architectures that meet every `require`; `None` where what is required
        of costs is too much to tell.

        Raises:
            SearchError: as for `bounds`.
        """
        low, high = self.bounds(cost, net)
        least = self._feasible(cost, net, 1, low)
        greatest = self._feasible(cost, net, -1, high) if least is not None else None
        return (least, greatest) if least is not None and greatest is not None else None

    def _feasible(self, cost: str, net: str | None, sign: int, best: Attained) -> Attained | None:
        """The least, or with -1 the greatest, *cost*; *best* attains it if it meets every `require`."""
        if best.architecture.violated is None:
            return best
        member = self.restricted.least(form_of(self.space, cost, net), sign)
        return None if member is None else Attained(self.costs([member.genotype], (cost,), net)[0][0], member)

    def feasible_distribution(self, cost: str, net: str | None = None) -> "Distribution | None":
        """How many architectures that meet every `require` have how much of *cost*; `None` where that is not known.

        Raises:
            SearchError: as for `distribution`, or no architecture meets every `require`.
        """
        if not self.space.elaboration.costly:
            return self.distribution(cost, net)
        return self.restricted.distribution(form_of(self.space, cost, net))

    def distribution(self, cost: str, net: str | None = None) -> "Distribution":
        """How many architectures have how much of *cost*, before `require`s on costs.

        Raises:
            SearchError: there is no such cost or net, no architecture, or no exact count.
        """
        from symnas.distribution import distribution

        node = self._some(form_of(self.space, cost, net))
        found = distribution(node, Limit())
        assert found is not None
        return found

    def costs(
        self,
        genotypes: Iterable[Mapping[str, Choice]],
        costs: Sequence[str] = ("params", "macs"),
        net: str | None = None,
    ) -> list[tuple[int, ...]]:
        """What the architectures with *genotypes* cost, whatever a `require` says; choices of decisions that an
        architecture does not have are passed over.

        Raises:
            SearchError: there is no such cost or net, no exact count, or a size has no value.
            SourceError: a decision is missing or has no such choice.
        """
        forms = tuple(form_of(self.space, cost, net) for cost in costs)
        meter = self._meters.get(forms)
        if meter is None:
            assert self.space.size >= 0  # all ways are known from here on
            meter = self._meters[forms] = Meter(self.space.elaboration.root(), forms, self._values())
        with deep_recursion():
            return [self._metered(meter, genotype) for genotype in genotypes]

    def cost_of(self, architecture: Architecture, net: str, name: str) -> Size:
        """A cost of *net* of one architecture: from its choices if it adds up over parts, else from its graph."""
        if name in ADDED_COSTS:
            try:
                return self.costs((architecture.genotype,), (name,), net)[0][0]
            except SearchError:  # it depends on a size that has no value
                pass
        return architecture.cost(net, name)

    def _metered(self, meter: Meter, genotype: Mapping[str, Choice]) -> tuple[int, ...]:
        choices = genotype.choices if isinstance(genotype, Genotype) else genotype
        try:
            found, items = meter.cost(choices)
        except NotMetered:
            return self._built(meter.forms, choices)
        return plus(found, shared_cost(items, meter.forms)) if items else found

    def _built(self, forms: tuple[Form, ...], choices: Mapping[str, Choice]) -> tuple[int, ...]:
        """The same from graphs: where a `when` compares what its sides cost."""
        member = self.member(choices)
        return tuple(
            sum(factor * cost_of(member.graph(each.net), each.name, self._values()) for factor, each in form.terms)
            for form in forms
        )

    def _some(self, form: Form) -> Node:
        try:
            node = self.circuit(form)
        except TooLarge as error:
            raise CostsUnknown(f"costs are not known over this space: {error}") from None
        if node is None:
            raise SearchError("this space is empty")
        return node

    def member(self, choices: Mapping[str, Choice]) -> Architecture:
        """The architecture with *choices*, whatever a `require` says of its costs."""
        oracle = Oracle(choices, picked=self.space.picked)
        fragment = self.space.elaboration.build(oracle)
        genotype = Genotype({**oracle.persistent, **oracle.local})
        return Architecture(self.space, genotype, fragment, len(oracle.persistent))

    def _values(self) -> dict[str, Size]:
        """The sizes, and 1 for the batch."""
        first = self.space[0]
        batch = {name: one for net in self.space.nets for name, one in batch_of(first.graph(net).scope).items()}
        return batch | self.sizes


def form_of(space: "Space", cost: str, net: str | None = None) -> Form:
    """*cost* of *net*, or of all nets together.

    Raises:
        SearchError: there is no such cost, or no such net.
    """
    if cost not in ADDED_COSTS:
        hint = suggest(cost, ADDED_COSTS)
        raise SearchError(f"`{cost}` is no cost that adds up over a network{f'; {hint}' if hint else ''}")
    nets = space.nets if net is None else (space.net_name(net),)
    return Form(tuple((1, Quantity(cost, each)) for each in nets))


def cost_of(graph: Graph, cost: str, sizes: Mapping[str, Size]) -> int:
    """One cost of one network; *sizes* are values of its symbolic sizes.

    Raises:
        SearchError: it depends on a size that has no value.
    """
    if cost == "activations":
        return activations(graph, sizes)
    if cost == "layers":
        return sum(1 for _ in graph.deployed.operations())
    found: Size = 2 * graph.macs if cost == "flops" else getattr(graph, cost)
    known = substitute(found, sizes)
    if not isinstance(known, int):
        raise SearchError(f"{cost} depend on {', '.join(sorted(symbols_of(known)))}")
    return known
