"""What a generated class consists of, before classes that are alike are made one: a blueprint for each scope.

Text of `forward` is written by `forward`, places of weights by `layout`; `families` then joins blueprints to classes.
"""

from collections import OrderedDict
from functools import cached_property, lru_cache
from threading import Lock
from typing import Final, assert_never

from attrs import define, field

from symnas.compilers.torch.calls import Borrowed, Call, Device, Forward, Inner, SharedLayer, Symbol, Written
from symnas.compilers.torch.constructors import Constructor
from symnas.compilers.torch.forward import write_forward
from symnas.compilers.torch.layout import Place, place_at
from symnas.compilers.torch.lowering import READ_WEIGHT, Lowered, lower, place_of, read_weight
from symnas.compilers.torch.names import is_word, snake_case
from symnas.compilers.torch.sharing import Sharing, find_sharing, relative
from symnas.errors import CompileError
from symnas.graph import Branch, Graph, Loop, Operation, Outputs, Scope, Step, Use, join, scopes_within
from symnas.types import TensorType

__all__ = ["Blueprint", "draw"]

WHEN: Final = '''class When(nn.Module):
    """Which of two functions gives a value is decided for each sample; what no sample needs is not computed.

    While this trains, is traced, compiled or exported, or there are no data (on the meta device), both compute all.
    """

    def forward(self, condition, then, taken, otherwise, left):
        is_real = isinstance(condition, torch.Tensor) and not condition.is_meta
        if self.training or not is_real or torch.compiler.is_compiling() or torch.jit.is_tracing():
            sides = zip(then(*taken), otherwise(*left))
            return tuple(torch.where(condition.reshape([-1] + [1] * (x.ndim - 1)), x, y) for x, y in sides)
        first, second = condition.nonzero().flatten(), (~condition).nonzero().flatten()
        if len(second) == 0:
            return then(*taken)
        if len(first) == 0:
            return otherwise(*left)
        sides = zip(then(*(x[first] for x in taken)), otherwise(*(y[second] for y in left)))
        rows = torch.cat([first, second]).argsort()
        return tuple(torch.cat([x, y])[rows] for x, y in sides)
'''
"""Helper of generated files; only written where a `when` needs it."""


@define(eq=False)
class Blueprint:
    """The class of one block application, as yet without a name.

    *layout* says what `__init__` makes, *drawn* is what `forward` does, and *unbound* the sizes that it needs and no
    input shows. *inner* are the blueprints of the blocks it applies. *trains* says whether any weight made in it does,
    `None` where none is.
    """

    drawn: Forward
    unbound: tuple[Symbol | Device, ...]
    inner: "tuple[Blueprint, ...]"
    helpers: dict[str, str]
    trains: bool | None
    height: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.height = 1 + max((each.height for each in self.inner), default=-1)

    @property
    def scope(self) -> Scope:
        """What it is the class of."""
        return self.drawn.scope

    @property
    def layout(self) -> Place:
        """Where its submodules live."""
        return self.drawn.layout

    @property
    def borrowed(self) -> tuple[Borrowed, ...]:
        """What `forward` takes beside its tensors: shared layers by path, sizes by symbol."""
        return (*self.drawn.shared, *self.unbound)

    @cached_property
    def forward(self) -> Written:
        """The rest of the class, which is written when it is first asked for."""
        return write_forward(self.drawn)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Everything that lives in it, in the order of registration."""
        return tuple(self.layout.walk())

    @cached_property
    def made(self) -> tuple[Place, ...]:
        """Those at which something is made."""
        return tuple([place for place in self.places if place.made is not None])

    @cached_property
    def is_plain(self) -> bool:
        """Whether PyTorch's own modules are all that is made, under names that are attributes, and blocks are not nested
        deeper than Python's stack allows.
        """
        shallow = self.height <= _DEEPEST
        return shallow and all(map(_is_plain, self.places)) and all(each.is_plain for each in self.inner)

    def with_inner(self) -> "list[Blueprint]":
        """It and those that it needs, each behind those it needs itself."""
        found: dict[Blueprint, None] = {}
        waiting = [(self, False)]
        while waiting:
            each, ready = waiting.pop()
            if ready:
                found[each] = None
            elif each not in found:
                waiting.append((each, True))
                waiting += [(inner, False) for inner in reversed(each.inner)]
        return list(found)


_DEEPEST: Final = 40


def _is_plain(place: Place) -> bool:
    if is_word(place.name) or place.is_twofold:
        return False
    return not isinstance(place.made, Constructor) or place.made.callee.startswith("nn.")


def draw(graph: Graph) -> Blueprint:
    """The blueprint of *graph*.

    Raises:
        CompileError: an operation has no PyTorch text, or two layers would have one weight path.
    """
    site = _Site(find_sharing(graph.scope))
    site.draw_within(graph.scope)
    root = _Draughtsman(graph.scope, "", site).draw(graph.outputs)
    if root.borrowed:
        missing = ", ".join(f"`{each.name}`" for each in root.borrowed)
        raise CompileError(f"`{graph.name}` reads {missing}, which is the size of no dimension of its inputs")
    return root


class _Blocks:
    """The blueprints of the blocks that were drawn last, wherever they stand: the architectures of a search have most of
    their blocks in common. Scopes are told apart by identity, as equal ones may come from other lines of a program.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Blueprint] = OrderedDict()
        self._lock = Lock()

    def get(self, scope: Scope) -> Blueprint | None:
        """That of *scope*, if it is known."""
        with self._lock:
            if (found := self._kept.get(id(scope))) is not None:
                self._kept.move_to_end(id(scope))
            return found

    def keep(self, blueprint: Blueprint) -> None:
        """Know *blueprint* from now on."""
        with self._lock:
            self._kept[id(blueprint.scope)] = blueprint
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)


_MOST_KEPT: Final = 2048
_BLOCKS: Final = _Blocks()


class _Site:
    """The blueprints of one network as they are drawn, innermost first."""

    def __init__(self, sharing: Sharing) -> None:
        self.sharing = sharing
        self._drawn: dict[tuple[int, str], Blueprint] = {}

    def draw_within(self, root: Scope) -> None:
        """Draw the blocks in *root* that nobody knows yet; however deep they are nested, on no stack but this."""
        waiting = [(root, "", False)]
        while waiting:
            scope, prefix, ready = waiting.pop()
            if ready and scope is not root:
                self._keep(_Draughtsman(scope, prefix, self).draw_inner(), prefix)
            elif not ready and (scope is root or self.blueprint(scope, prefix) is None):
                waiting.append((scope, prefix, True))
                uses = [step for step in scope.every_step() if isinstance(step, Use)]
                waiting += [(step.scope, _inner_prefix(step, prefix), False) for step in reversed(uses)]

    def blueprint(self, scope: Scope, prefix: str) -> Blueprint | None:
        """That of the block *scope* at *prefix*; where it stands makes a difference if it uses shared weights."""
        key = id(scope), prefix if scope.shares else ""
        found = self._drawn.get(key)
        if found is None and not scope.shares and (found := _BLOCKS.get(scope)) is not None:
            self._drawn[key] = found
        return found

    def _keep(self, blueprint: Blueprint, prefix: str) -> None:
        scope = blueprint.scope
        self._drawn[id(scope), prefix if scope.shares else ""] = blueprint
        if not scope.shares:
            _BLOCKS.keep(blueprint)


def _inner_prefix(step: Use, prefix: str) -> str:
    """Where the block that *step* applies stands, if *step* stands at *prefix*."""
    return step.shared or join(prefix, step.name)


class _Draughtsman:
    """Draws one blueprint: lowers the steps, gives every submodule its place, collects what must be borrowed."""

    def __init__(self, scope: Scope, prefix: str, site: _Site) -> None:
        self.scope, self.prefix, self.site, self.sharing = scope, prefix, site, site.sharing
        self.layout: Place = Place("")
        self.shared: dict[SharedLayer, None] = {}
        self.inner: dict[Blueprint, None] = {}
        self.helpers: dict[str, str] = {}
        self.states: set[bool | None] = set()

    def draw(self, outputs: Outputs) -> Blueprint:
        """The blueprint; *outputs* says what its `forward` returns."""
        calls = self._calls(self.scope)
        forward = Forward(self.scope, calls, outputs, self.layout, tuple(self.shared), tuple(self.helpers))
        trains = True in self.states if self.states - {None} else None
        return Blueprint(forward, forward.unbound, tuple(self.inner), self.helpers, trains)

    def draw_inner(self) -> Blueprint:
        """The blueprint of a block; where nothing in it trains, whoever applies it says so."""
        count = len(self.scope.results)
        blueprint = self.draw(0 if count == 1 else tuple(range(count)))
        if blueprint.trains is False:
            for place in blueprint.made:
                place.trains = None
        return blueprint

    def _calls(self, scope: Scope) -> tuple[Call, ...]:
        types = scope.value_types()
        return tuple([self._call(step, types) for step in scope.steps])

    def _call(self, step: Step, types: tuple[TensorType, ...]) -> Call:
        match step:
            case Operation():
                return self._operation(step, types)
            case Use():
                return self._use(step)
            case Branch():
                self.helpers["When"] = WHEN
                inner = tuple(Inner(each, self._calls(each)) for each in scopes_within(step))
                return Call(step, "", self._placed(step, Constructor("When", ())), inner=inner)
            case Loop():
                return Call(step, "", inner=(Inner(step.body, self._calls(step.body)),))
            case _:
                assert_never(step)

    def _operation(self, step: Operation, types: tuple[TensorType, ...]) -> Call:
        if step.operator == READ_WEIGHT:
            path, name = read_weight(step)
            return Call(step, f"{{self}}.{name}", self._shared(path, step))
        lowered = lower(step, [types[index] for index in step.operands])
        self.helpers.update(lowered.form.helpers)
        target: Place | SharedLayer | None = None
        if lowered.constructor is not None and step.shared is not None:
            target = self._shared(step.shared, step)
        elif lowered.constructor is not None:
            target = self._placed(step, lowered.constructor, lowered)
        unknown = lowered.form.symbols
        symbols = tuple(Symbol(name) for name in sorted(unknown)) if unknown else ()
        return Call(step, lowered.call, target, symbols, lowered.unpack, lowered.is_identity, state=lowered.state)

    def _use(self, step: Use) -> Call:
        blueprint = self._blueprint(step)
        lent = [self._shared(each.path, step) if isinstance(each, SharedLayer) else each for each in blueprint.borrowed]
        target = self._placed(step, blueprint) if step.shared is None else self._shared(step.shared, step)
        call = _application(len(step.operands), len(lent))
        return Call(step, call, target, unpack=len(step.outputs) != 1, lent=tuple(lent))

    def _blueprint(self, step: Use) -> Blueprint:
        found = self.site.blueprint(step.scope, _inner_prefix(step, self.prefix))
        assert found is not None, step.scope.block
        self.inner[found] = None
        return found

    def _placed(
        self, step: Operation | Use | Branch, made: Constructor | Blueprint, lowered: Lowered | None = None
    ) -> Place:
        """The place of weights that only *step* uses."""
        path = step.name or snake_case(_kind(step))
        place = place_at(self.layout, path)
        if place.made is not None:
            if _has_weights(step):
                raise CompileError(f"two layers have the weight path `{join(self.prefix, path)}`{place_of(step)}")
            number = 2
            while (place := place_at(self.layout, f"{path}_{number}")).made is not None:
                number += 1
        place.made, place.trains = made, made.trains if isinstance(made, Blueprint) else step.trains
        self.states.add(place.trains)
        if lowered is not None:
            place.is_parameter, place.after = lowered.is_parameter, lowered.form.after
        return place

    def _shared(self, path: str, step: Operation | Use) -> Place | SharedLayer:
        """The place of the shared weights at *path*, if this class makes them, else how they are handed in."""
        maker = self.sharing.makers.get(path)
        if maker is None:
            raise CompileError(f"no layer has the shared weights `{path}` that are read here{place_of(step)}")
        if self.sharing.owners[path] != self.prefix:
            layer = SharedLayer(
                path, isinstance(maker.step, Operation) and lower(maker.step, maker.operands).is_parameter
            )
            self.shared[layer] = None
            return layer
        place = place_at(self.layout, relative(path, self.prefix))
        if place.made is None and isinstance(maker.step, Use):
            place.made = self._blueprint(maker.step)
        elif place.made is None:
            assert isinstance(maker.step, Operation)
            lowered = lower(maker.step, maker.operands)
            place.made, place.is_parameter = lowered.constructor, lowered.is_parameter
            place.after = lowered.form.after
        place.trains = None if maker.step.trains is None else path not in self.sharing.frozen
        self.states.add(place.trains)
        return place


@lru_cache(maxsize=256)
def _application(tensors: int, lent: int) -> str:
    places = [f"{{{place}}}" for place in range(tensors)] + [f"{{lent{place}}}" for place in range(lent)]
    return f"{{self}}({', '.join(places)})"


def _kind(step: Operation | Use | Branch) -> str:
    match step:
        case Operation():
            return step.operator
        case Use():
            return step.scope.block
        case Branch():
            return "when"


def _has_weights(step: Step) -> bool:
    if isinstance(step, Use):
        return any(_has_weights(each) for each in step.scope.every_step())
    return isinstance(step, Operation) and bool(step.weights)
