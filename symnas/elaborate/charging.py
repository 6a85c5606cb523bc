"""What a template costs by itself, and which of its holes are charged for, how often and under which marks.

A cost adds up over operations, and so over templates and what fills their holes. Two things do not add up, and are told
apart here: weights that several uses share, which count once, and the multiply-adds of a `when`, the larger of two sums.
What the parts of a whole space cost together is `circuits.py`'s business.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve, field, frozen

from symnas.elaborate.lives import EVERYTHING, Life, Mask
from symnas.elaborate.marking import Marks, marked
from symnas.elaborate.templates import Fork, HoleStep, Made, Nested, Turns
from symnas.errors import SearchError
from symnas.graph import READ_WEIGHT, Kept, Operation, join, kept_weight
from symnas.memory import made_bytes
from symnas.sizes import Size, substitute, symbols_of

__all__ = [
    "Charges",
    "Charging",
    "Context",
    "Form",
    "Item",
    "Quantity",
    "Vector",
    "Worst",
    "WorstSide",
    "plus",
    "times",
]

Vector = tuple[int, ...]
"""A number for each form of a query."""

Item = tuple[str, str, Kept | None]
"""A shared weight: the net, its path, and how it is kept; `None` where it is read as it is."""


@frozen(cache_hash=True)
class Quantity:
    """A cost of *net*: `layers`, `params`, `trainable`, `macs`, `flops`, `memory` or `activations`."""

    name: str
    net: str


@frozen(cache_hash=True)
class Form:
    """A sum of quantities, each with a whole factor: what a query asks for, and what a `require` limits."""

    terms: tuple[tuple[int, Quantity], ...]


@frozen(cache_hash=True)
class Context:
    """How a region is charged for: as part of *net*, under *marks* (the innermost first), its weights below the path
    *owner* if it stands in a shared layer. Its layers and weights count *uses* times, the tensors that it makes *turns*
    times, its multiply-adds *macs* times: 0 in a `when`, where they are counted apart. Only what its results in *wanted*
    depend on is charged for.
    """

    net: str | None = None
    marks: tuple[Marks, ...] = ()
    owner: str | None = None
    uses: int = 1
    turns: int = 1
    macs: int = 1
    wanted: Mask = EVERYTHING

    def joined(self, other: "Context") -> "Context":
        """Both uses of one region."""
        return evolve(
            self, uses=self.uses + other.uses, turns=self.turns + other.turns, macs=self.macs + other.macs
        )  # fmt: skip

    def looped(self, turns: int) -> "Context":
        """The same in a loop of *turns*."""
        return evolve(self, turns=turns * self.turns, macs=turns * self.macs)


@frozen(cache_hash=True)
class WorstSide:
    """A side of a `when`: multiply-adds of its own, of each hole in it times a factor, and of the `when`s within."""

    own: int
    holes: tuple[tuple[int, int], ...] = ()
    within: "tuple[Worst, ...]" = ()

    @property
    def open(self) -> frozenset[int]:
        """Numbers of the holes that its cost waits for."""
        return frozenset(number for number, _ in self.holes) | {n for each in self.within for n in each.open}

    def filled(self, number: int, macs: int) -> "WorstSide":
        """The side once what fills hole *number* is known to need *macs* multiply-adds."""
        own = self.own + sum(factor * macs for each, factor in self.holes if each == number)
        within = []
        for each in self.within:
            each = each.filled(number, macs)
            if each.open:
                within.append(each)
            else:
                own += each.macs
        return WorstSide(own, tuple(pair for pair in self.holes if pair[0] != number), tuple(within))


@frozen(cache_hash=True)
class Worst:
    """A `when` whose sides hold regions: *turns* times the larger of its sides."""

    turns: int
    then: WorstSide
    otherwise: WorstSide

    @property
    def open(self) -> frozenset[int]:
        """Numbers of the holes that it waits for."""
        return self.then.open | self.otherwise.open

    @property
    def macs(self) -> int:
        """What it costs once no hole is open."""
        return self.turns * max(self.then.own, self.otherwise.own)

    def filled(self, number: int, macs: int) -> "Worst":
        """As of its sides."""
        return Worst(self.turns, self.then.filled(number, macs), self.otherwise.filled(number, macs))


@frozen
class Charges:
    """What one way through a region costs: of its *own*, shared *items*, the *holes* charged for, and the `when`s whose
    sides hold regions, each with what a multiply-add of it counts in each form.
    """

    own: Vector
    items: frozenset[Item] = frozenset()
    holes: Mapping[int, tuple[Context, ...]] = field(factory=dict)
    worst: tuple[tuple[Vector, Worst], ...] = ()


def joined(contexts: tuple[Context, ...]) -> tuple[Context, ...]:
    """*contexts* with those put together that differ in how often they count alone."""
    made: dict[tuple[object, ...], Context] = {}
    for each in contexts:
        key = (each.net, each.marks, each.owner, each.wanted)
        made[key] = made[key].joined(each) if key in made else each
    return tuple(made.values())


def plus(first: Vector, second: Vector) -> Vector:
    """Two vectors added."""
    return tuple(map(sum, zip(first, second, strict=True)))


def times(factor: int, vector: Vector) -> Vector:
    """A vector, a number of times."""
    return tuple(factor * each for each in vector)


class Charging:
    """Charges for templates in terms of *forms*; *sizes* are the values of symbolic sizes.

    Costs are worked out once for what lives of a template and each context.
    """

    def __init__(self, forms: tuple[Form, ...], sizes: Mapping[str, Size]) -> None:
        self.forms = forms
        self.sizes = sizes
        self._kept: dict[tuple[Life, Context], Charges] = {}
        names = {quantity.name for form in forms for _, quantity in form.terms}
        self._shares = bool(names & {"params", "trainable", "memory"})
        self._forks = bool(names & {"macs", "flops"})
        self._marks = bool(names & {"trainable", "memory"})

    def of(self, living: Life, context: Context) -> Charges:
        """What *living*, of one template, costs in *context*.

        Raises:
            SearchError: a cost depends on a size that has no value.
        """
        found = self._kept.get((living, context))
        if found is None:
            made = _Made(len(self.forms))
            self._add(made, living, context, Counter())
            found = self._kept[(living, context)] = made.charges()
        return found

    # ------------------------------------------------------------------------------------------ templates

    def _add(self, made: "_Made", living: Life, context: Context, named: Counter[str]) -> None:
        """Add what lives; *named* counts the names that the shared layer around it has given so far."""
        for _, step, inner, mask in living.steps:
            below = [each for each in inner if each is not None]
            match step:
                case Operation():
                    self._operation(made, step, context, named)
                case HoleStep():
                    made.hole(step.number, evolve(_owned(context, step.name, named), wanted=mask))
                case Nested() if step.shared is not None:
                    self._add(made, below[0], evolve(self._inside(step, context), owner=step.shared), Counter())
                case Nested():
                    self._add(made, below[0], _owned(self._inside(step, context), step.name, named), named)
                case Fork():
                    for side in below:
                        self._add(made, side, evolve(context, macs=0), named)
                    if self._forks and context.macs:
                        self._fork(made, below, context)
                case Turns():
                    self._add(made, below[0], context.looped(self._number(step.length)), named)

    def _inside(self, step: Nested, context: Context) -> Context:
        if step.template.block is None and step.marks is not None:
            return evolve(context, marks=(step.marks, *context.marks)) if self._marks else context
        if context.net is None:
            return evolve(context, net=step.name)  # the nets of a program are the scopes that the root has
        return context

    def _operation(self, made: "_Made", operation: Operation, context: Context, named: Counter[str]) -> None:
        operation = _under(operation, context.marks)
        if operation.shared is None and context.owner is not None:
            operation = evolve(operation, shared=_owned(context, operation.name, named).owner)
        if self._shares and (operation.shared is not None or operation.operator == READ_WEIGHT):
            made.items |= _items_of(operation, context.net or "")
        for place, form in enumerate(self.forms):
            for factor, quantity in form.terms:
                if quantity.net == context.net:
                    made.own[place] += factor * self._amount(operation, quantity.name, context)

    def _amount(self, operation: Operation, name: str, context: Context) -> int:
        match name:
            case "layers":
                return context.uses
            case "macs" | "flops":
                return _OF_MACS[name] * context.macs * self._number(operation.macs) if context.macs else 0
            case "activations":
                return context.turns * made_bytes(operation, self._number)
            case _ if operation.shared is not None:
                return 0
            case _:
                kept = (kept_weight(operation, each) for each in operation.weights)
                return context.uses * sum(amount_kept(each, name) for each in kept)

    def _number(self, size: Size) -> int:
        found = substitute(size, self.sizes)
        if not isinstance(found, int):
            names = sorted(symbols_of(found))
            raise SearchError(
                f"costs depend on {', '.join(names)}: give {' '.join(f'`--size {name}=…`' for name in names)}"
            )
        return found

    # ------------------------------------------------------------------------------------------------ when

    def _fork(self, made: "_Made", sides: list[Life], context: Context) -> None:
        worst = self._worst(sides, context.macs)
        value = tuple(
            sum(factor * _OF_MACS.get(quantity.name, 0) for factor, quantity in form.terms
                if quantity.net == context.net)
            for form in self.forms
        )  # fmt: skip
        if worst.open:
            made.worst.append((value, worst))
        else:
            made.own = list(plus(tuple(made.own), times(worst.macs, value)))

    def _worst(self, sides: list[Life], turns: int) -> Worst:
        then, otherwise = (self._side(each) for each in sides)
        return Worst(turns, then, otherwise)

    def _side(self, living: Life) -> WorstSide:
        own = 0
        holes: list[tuple[int, int]] = []
        within: list[Worst] = []
        for step, below, turns in self._flat(living, 1):
            match step:
                case Operation():
                    own += turns * self._number(step.macs)
                case HoleStep():
                    holes.append((step.number, turns))
                case Fork():
                    inner = self._worst(below, turns)
                    if inner.open:
                        within.append(inner)
                    else:
                        own += inner.macs
                case Nested() | Turns():
                    pass  # `_flat` goes into them
        return WorstSide(own, tuple(holes), tuple(within))

    def _flat(self, living: Life, turns: int) -> Iterator[tuple[Made, list[Life], int]]:
        for _, step, inner, _ in living.steps:
            below = [each for each in inner if each is not None]
            if isinstance(step, Nested):
                yield from self._flat(below[0], turns)
            elif isinstance(step, Turns):
                yield from self._flat(below[0], turns * self._number(step.length))
            else:
                yield step, below, turns


_OF_MACS = {"macs": 1, "flops": 2}


class _Made:
    """Charges while they are added up."""

    def __init__(self, forms: int) -> None:
        self.own = [0] * forms
        self.items: frozenset[Item] = frozenset()
        self.holes: dict[int, tuple[Context, ...]] = {}
        self.worst: list[tuple[Vector, Worst]] = []

    def hole(self, number: int, context: Context) -> None:
        """Charge hole *number* once more."""
        before = self.holes.get(number)
        self.holes[number] = (context,) if before is None else joined((*before, context))

    def charges(self) -> Charges:
        """What was added."""
        return Charges(tuple(self.own), self.items, self.holes, tuple(self.worst))


def amount_kept(kept: Kept, name: str) -> int:
    """What one weight adds to `params`, `trainable` or `memory`."""
    match name:
        case "params":
            return kept.elements if kept.is_parameter else 0
        case "trainable":
            return kept.elements if kept.is_parameter and not kept.frozen else 0
        case "memory":
            return kept.bytes
        case _:
            return 0


def _owned(context: Context, name: str, named: Counter[str]) -> Context:
    """*context* for what is called *name* in a shared layer: its weights have a path of their own, the same at each use
    of the layer.
    """
    if context.owner is None:
        return context
    path = join(context.owner, name)
    named[path] += 1
    return evolve(context, owner=path if named[path] == 1 else f"{path}#{named[path]}")


def _under(operation: Operation, marks: Iterable[Marks]) -> Operation:
    for each in marks:
        step = marked(operation, each)
        assert isinstance(step, Operation)
        operation = step
    return operation


def _items_of(operation: Operation, net: str) -> frozenset[Item]:
    if operation.operator == READ_WEIGHT:
        settings = dict(operation.settings)
        return frozenset({(net, join(str(settings["module"]), str(settings["name"])), None)})
    path = operation.shared or ""
    return frozenset((net, join(path, each.name), kept_weight(operation, each)) for each in operation.weights)
