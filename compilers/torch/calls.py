"""What a generated `forward` is made of, before it is written: calls, what they borrow, statements.

What each step calls is decided by `blueprints`, how it reads by `forward` and what that uses.
"""

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from symnas.compilers.torch.layout import Place
from symnas.compilers.torch.names import snake_case
from symnas.graph import Branch, Operation, Outputs, Scope, Step, Use
from symnas.sizes import symbol, symbols_of

__all__ = [
    "THIS", "Borrowed", "Call", "Device", "Forward", "Inner", "Line", "SharedLayer", "Symbol", "Written",
]  # fmt: skip

THIS = "{class}"
"""Stands for the name of the class in the names of functions beside it, until that name is given."""


@frozen
class SharedLayer:
    """A layer or parameter made further out, by its absolute path."""

    path: str
    is_parameter: bool = False

    @property
    def name(self) -> str:
        """The argument it arrives in."""
        return snake_case(next((part for part in reversed(self.path.split(".")) if not part.isdigit()), self.path))

    @property
    def annotation(self) -> str:
        """Its Python type."""
        return "torch.Tensor" if self.is_parameter else "nn.Module"


@frozen
class Symbol:
    """A size known only when the network runs."""

    name: str
    annotation: str = "int"


@frozen
class Device:
    """The device of the network's inputs."""

    name: str = "device"
    annotation: str = "torch.device"


Borrowed = SharedLayer | Symbol | Device
"""What `forward` may need beside its tensors."""


@frozen(eq=False)
class Call:
    """One step: *text* has `{self}` for *target*, `{0}`, `{1}`, … for operands, `{lent0}`, … for what is *lent* to an
    inner block, `{device}`, and the names of *symbols*. With *unpack* it gives a tuple, in which the items from *state*
    on are a tuple. *inner* are the sides of a `when` or the body of a `scan`, which are written where it stands.
    """

    step: Step
    text: str
    target: Place | SharedLayer | None = None
    symbols: tuple[Symbol, ...] = ()
    unpack: bool = False
    is_identity: bool = False
    lent: tuple[Place | Borrowed, ...] = ()
    state: int | None = None
    inner: "tuple[Inner, ...]" = ()

    @property
    def likeness(self) -> object:
        """What its text depends on beside *target*, what it is *lent* and *needs*, if no scope is in it."""
        step = self.step
        kind = step.operator if isinstance(step, Operation) else step.scope.block if isinstance(step, Use) else None
        line = step.span.source.name, step.span.line
        made = len(step.outputs), self.unpack, self.state, self.is_identity
        return self.text, kind, step.name, step.operands, made, line

    @property
    def places(self) -> Iterator[Place]:
        """The submodules of this class that the step reads."""
        yield from (each for each in (self.target, *self.lent) if isinstance(each, Place))
        for inner in self.inner:
            for call in inner.calls:
                yield from call.places

    @property
    def reached(self) -> "Iterator[Place | Borrowed]":
        """All that the step reads beside values."""
        if self.target is not None:
            yield self.target
        yield from self.lent
        for inner in self.inner:
            for call in inner.calls:
                yield from (each for each in call.reached if not isinstance(each, Symbol | Device))
        yield from self.needs

    @property
    def needs(self) -> list[Symbol | Device]:
        """Sizes and the device, where the step reads them."""
        if not (self.symbols or self.lent or self.inner or "{device}" in self.text):
            return []
        found: list[Symbol | Device] = [*self.symbols]
        found += [each for each in self.lent if isinstance(each, Symbol | Device)]
        if "{device}" in self.text:
            found.append(Device())
        for inner in self.inner:
            found += inner.needs(self.step)
        return found


@frozen(eq=False)
class Inner:
    """The calls of a scope that is written inside the `forward` of the block around it."""

    scope: Scope
    calls: tuple[Call, ...]

    def needs(self, step: Step) -> "Iterator[Symbol | Device]":
        """What the calls need from around *step*, whose scope it is: a side of a `when` counts its own rows."""
        rows = symbols_of(step.rows) if isinstance(step, Branch) else frozenset[str]()
        for call in self.calls:
            yield from (each for each in call.needs if isinstance(each, Device) or each.name not in rows)


@frozen(eq=False)
class Forward:
    """What is to be written: the calls of *scope* in order, what it returns, where its submodules live, the shared layers
    handed in, and the names that mean something in the file.
    """

    scope: Scope
    calls: tuple[Call, ...]
    outputs: Outputs
    layout: Place
    shared: tuple[SharedLayer, ...]
    taken: tuple[str, ...] = ()

    @property
    def needs(self) -> list[Symbol | Device]:
        """The sizes that its calls need, and the device."""
        return list(dict.fromkeys([need for call in self.calls for need in call.needs]))

    @property
    def unbound(self) -> tuple[Symbol | Device, ...]:
        """Those of them that no input shows: the caller must hand them in."""
        needs = self.needs
        if not needs:
            return ()
        shown = {size for type in self.scope.inputs for size in type.shape}
        return tuple(
            need
            for need in needs
            if (not self.scope.inputs if isinstance(need, Device) else symbol(need.name) not in shown)
        )

    @property
    def likeness(self) -> object:
        """What its text depends on, sizes apart; `None` where it takes as long to tell as to write: steps that hold others,
        or need what is no value, and networks that return several values.
        """
        if not isinstance(self.outputs, int) or any(call.inner or call.lent or call.needs for call in self.calls):
            return None
        places = {place: number for number, place in enumerate(self.layout.walk())}
        tree = tuple([(each.name, each.is_parameter, each.made is None, len(each.children)) for each in places])
        calls = tuple([(call.likeness, _where(call.target, places)) for call in self.calls])
        return self.scope.input_names, self.scope.results, self.outputs, self.shared, self.taken, tree, calls


def _where(target: Place | SharedLayer | None, places: Mapping[Place, int]) -> object:
    return places[target] if isinstance(target, Place) else target


@frozen
class Line:
    """One statement; *origin* is the .nas line it comes from, and makes no difference between two classes."""

    code: str
    origin: str = field(default="", eq=False)

    def indented(self) -> "Line":
        """The statement one level deeper."""
        return Line(f"    {self.code}" if self.code else "", self.origin)

    def __str__(self) -> str:
        return f"{self.code}  # {self.origin}" if self.origin else self.code


@frozen(cache_hash=True)
class Written:
    """The `forward` of a class. *functions* stand beside the class, each as its lines."""

    parameters: tuple[tuple[str, str], ...]
    returns: str
    lines: tuple[Line, ...]
    functions: tuple[tuple[Line, ...], ...] = ()
