"""Elaborating whole programs: the region that is a file, and what an architecture of it consists of."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from attrs import frozen

from symnas import tree
from symnas.depth import deep_recursion
from symnas.elaborate import (
    arithmetic,
    atoms,
    branching,
    control,
    functions,
    layers,
    listing,
    outputs,
    pipelines,
    placeholders,
    repeating,
    rules,
    scanning,
    wrapping,
)
from symnas.elaborate.applying import deep
from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.claims import Claim, compile_claims, compile_imported
from symnas.elaborate.code import Frame
from symnas.elaborate.counting import Counter, Summary
from symnas.elaborate.declarations import BlockCode, CellInPlace, LetCode, NetCode
from symnas.elaborate.files import Imports
from symnas.elaborate.fragments import Fragment, scope_of
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.outputs import check_outputs, outputs_of, training_places
from symnas.elaborate.recipes import filled, setting
from symnas.elaborate.regions import Infeasible, Oracle, Picks, Region, Run, build
from symnas.elaborate.sameness import compile_sames
from symnas.elaborate.templates import HoleStep, Nested
from symnas.elaborate.values import Listing, MovedTwice, Tensor, Value, port, too_deep
from symnas.errors import Diagnostic, SourceError
from symnas.graph import Graph, Scope
from symnas.limits import LIMITS, Limits
from symnas.spans import Span

__all__ = ["Elaboration", "Root", "deep_recursion"]

T = TypeVar("T")

FAMILIES = (
    arithmetic, atoms, branching, control, functions, layers, listing, outputs, pipelines, placeholders,
    repeating, rules,
    scanning, wrapping,
)  # fmt: skip
"""Modules that register how their kinds of expressions become code."""


@frozen(eq=False)
class Root:
    """What the root region of an architecture carries: each net's place and outputs, and its recipe, to be `filled`."""

    nets: dict[str, tuple[int, Any]]
    train: dict[str, Any]


class Elaboration:
    """One program, compiled, with everything that is kept between its architectures."""

    def __init__(
        self, module: tree.Module, picked: Picks | None = None, files: Imports | None = None, limits: Limits = LIMITS
    ) -> None:
        self.tree = module
        self.limits = limits
        self.picked = picked
        self.files = files or {}
        self._kept: set[Span] = set()
        cells = [each.name for each in module.declarations if isinstance(each, tree.Block)]
        self._compile(self._picked(cells))
        imported = [each.path for each in self.module.rooted.values() if isinstance(each, BlockCode)]
        if not self.module.in_place.issuperset(self._picked(imported)):
            self._compile(self._picked(imported))

    def _picked(self, cells: Iterable[str]) -> frozenset[str]:
        """Those of *cells* that a pick reaches into."""
        return frozenset(path for path in cells if self.picked is not None and self.picked.reach(path))

    def _compile(self, in_place: frozenset[str]) -> None:
        with deep_recursion():
            self.module = ModuleCode(self.tree, in_place, self.files, limits=self.limits)
        self.module.kept = self._kept
        self.requires = [*compile_claims(self.module, tree.Require), *compile_imported(self.module)]
        self.asserts = compile_claims(self.module, tree.Assert)
        self.sames = compile_sames(self.module)
        if self.module.diagnostics:
            found = dict.fromkeys(self.module.diagnostics)
            raise SourceError(sorted(found, key=self._order))
        self.measured = [claim for claim in self.requires if claim.measured]
        """`require`s that only an evaluation can answer."""
        self.costly = [claim for claim in self.requires if claim.costs and not claim.measured]
        self.plain = [claim for claim in self.requires if claim.plain]
        self.counter = Counter(self.limits)
        self._roots: dict[str | None, Region] = {}

    def _order(self, found: Diagnostic) -> tuple[bool, str, int, int]:
        """The root file's mistakes first, each file's in the order of its text."""
        source = found.span.source
        return source != self.tree.span.source, source.name, found.span.start, found.span.end

    def root(self, net: str | None = None) -> Region:
        """The region of the whole file, or of one net alone."""
        if net not in self._roots:
            nets = [each for each in self.module.nets if net in (None, each.name)]
            train = self.module.train if net is None else []
            title = f"net `{net}`" if net else "the program"
            self._roots[net] = Region(title, lambda run: self._evaluate(run, nets, train, whole=net is None))
        return self._roots[net]

    def _evaluate(self, run: Run, nets: list[NetCode], train: list[LetCode], *, whole: bool) -> tuple[Value, Any]:
        run.picked = self.picked
        if whole and self.plain:
            run.known = lambda name: self._check_let(run, name)
        outputs: dict[str, tuple[int, Any]] = {}
        results: list[Tensor] = []
        for net in nets:
            outputs[net.name] = self._net(run, net, results)
        left = self._check_plain(run, self.plain) if whole else []
        settings = {let.name.removeprefix("train."): setting(self.module, run, let) for let in train}
        self._check_plain(run, left)  # what only `train` reads is decided now
        return Listing(results, is_tuple=True), Root(outputs, settings)

    def _net(self, run: Run, net: NetCode, results: list[Tensor]) -> tuple[int, Any]:
        """Elaborate one net as a nested scope; its outputs join *results*, from the place given on."""
        builder = ScopeBuilder(net.name, run.builder)
        value = deep(net.evaluate(builder, run))
        check_outputs(value, net)
        tensors: list[Tensor] = []
        ported = port(value, tensors)
        template = builder.finish(tensors, training_places(ported))
        types = tuple(tensor.type for tensor in tensors)
        inputs = [run.builder.input(type, name) for type, name in zip(builder.inputs, builder.input_names, strict=True)]
        made = run.builder.add(
            lambda operands: Nested(template, operands, types, net.name, None, net.span), inputs, types
        )
        first = len(results)
        results.extend(made)
        return first, ported

    def _check_plain(self, run: Run, claims: list[Claim]) -> list[Claim]:
        """Top-level `require`s on decisions; those with a `let` that nothing has used yet are left over, and hold."""
        left = []
        for claim in claims:
            if not all(let.settled(run) for let in claim.lets if let.keyword == "let"):
                left.append(claim)
                continue
            frame = Frame({}, "", "", run.builder, run)
            if not atoms.need_bool(claim.code.run(frame), claim.code.span, "what `require` asks"):
                raise Infeasible(claim.span)
        return left

    def _check_let(self, run: Run, name: str) -> None:
        """Top-level `require`s that read the let *name*, which has just been decided: what they exclude has no faults."""
        self._check_plain(run, [claim for claim in self.plain if any(let.name == name for let in claim.lets)])

    # ------------------------------------------------------------------------------------------ queries

    def summary(self, net: str | None = None) -> Summary:
        """What is known of the whole space, or of one net's.

        Raises:
            TooLarge: an exact count would take too long.
        """
        with _no_collections():
            return self._settled(lambda: self.counter.summary(self.root(net)))

    def _settled(self, work: Callable[[], T], begin: Callable[[], None] = lambda: None) -> T:
        """The result of *work*, begun again whenever it turns out that a cell or a binding must stay in place."""
        with deep_recursion():
            while True:
                try:
                    return work()
                except RecursionError:
                    raise too_deep(self.tree.span) from None
                except CellInPlace as found:
                    self._compile(self.module.in_place | {found.name})
                    begin()
                except MovedTwice as moved:
                    self._kept.add(moved.span)
                    self._compile(self.module.in_place)
                    begin()

    def build(self, oracle: Oracle, net: str | None = None) -> Fragment:
        """The architecture of the oracle's choices, or one net of it."""
        oracle.limits = self.limits
        known = self.root(net).summary  # once all ways have been tried, nothing turns out any more
        is_tried = known is not None and not known.continuous
        if oracle.rng is None or is_tried or not (self.module.has_cells or self.module.moves):
            return self._settled(lambda: build(self.root(net), "", oracle), oracle.begin)
        rng, state = oracle.rng, oracle.rng.getstate()

        def begin() -> None:
            oracle.begin()
            rng.setstate(state)  # the same seed gives the same draw, whenever it is found out how to elaborate

        return self._settled(lambda: build(self.root(net), "", oracle), begin)

    def recipe(self, fragment: Fragment) -> dict[str, Any]:
        """The `train` settings of an architecture as plain Python values; where there are several nets, those of
        `train Net` below the net's name.
        """
        root: Root = fragment.payload
        found: dict[str, Any] = {}
        for path, value in root.train.items():
            net, _, name = path.rpartition(".")
            settings = found.setdefault(net, {}) if net and len(self.module.nets) > 1 else found
            settings[name] = filled(value, fragment)
        return found

    def graph(self, fragment: Fragment, net: str) -> Graph:
        """The network called *net* of an architecture."""
        root: Root = fragment.payload
        check_size(fragment, self.limits)
        with deep_recursion():
            scope = _scope_of(fragment, net)
        _, ported = root.nets[net]
        return Graph(net, scope, outputs_of(ported))


def check_size(fragment: Fragment, limits: Limits) -> None:
    """Refuse a network of more layers than the limit, at the step that makes it so large; or of more blocks.

    Raises:
        SourceError: it has more operations, or uses of blocks, than that.
    """
    with deep_recursion():
        if max(fragment.layers, fragment.uses) <= limits.layers:
            return
    if fragment.layers <= limits.layers:
        message = f"{fragment.uses:,} uses of blocks; the limit is {limits.layers:,}"
        raise SourceError.at("E0501", message, fragment.template.steps[0].span, f"repeat less; {limits.hint('layers')}")
    template, parts = fragment.template, fragment.parts
    while True:
        for step in template.steps:
            if isinstance(step, Nested) and _layers(step, parts) > limits.layers:
                template = step.template
                break
            if isinstance(step, HoleStep) and parts[step.number].layers > limits.layers:
                message = f"{parts[step.number].layers:,} layers; the limit is {limits.layers:,}"
                raise SourceError.at("E0501", message, step.span, f"repeat less; {limits.hint('layers')}")
        else:
            message = f"{fragment.layers:,} layers; the limit is {limits.layers:,}"
            nested = [step for step in template.steps if isinstance(step, Nested)]
            largest = max(nested, key=lambda step: _layers(step, parts), default=template.steps[0])
            less = "repeat less; " if nested else ""
            raise SourceError.at("E0501", message, largest.span, less + limits.hint("layers"))


def _layers(step: Nested, parts: tuple[Fragment, ...]) -> int:
    return step.template.own[0] + sum(parts[number].layers for number in step.template.charged)


def _scope_of(fragment: Fragment, net: str) -> Scope:
    for step in fragment.template.steps:
        if isinstance(step, Nested) and step.name == net:
            return scope_of(step.template, fragment.parts)
    raise KeyError(net)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Python's collector kept from looking through tries while they grow: all of it is kept, a fifth of the time.

    Afterwards they count as old, which spares them the collection that would begin at once: another tenth.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before and not gc.get_freeze_count():  # nobody else has frozen what would be let go here
            gc.freeze()
            gc.unfreeze()
        if before:
            gc.enable()


def holds(claims: list[Claim], genotype: Mapping[str, Any], cost: Any, size: Any) -> Claim | None:
    """The first claim that does not hold, if any."""
    return next((claim for claim in claims if not claim.holds(genotype, cost, size)), None)
