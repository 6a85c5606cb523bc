"""Costs and claims: what `require`, `assert` and objectives say about a whole architecture or the space.

`Mobile.params` and its like are known once a network is elaborated; they are read from it here, never built.
"""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from symnas import tree
from symnas.costs import KNOWN_COSTS
from symnas.elaborate.atoms import need_bool
from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.code import Code, Frame, Locals, Naming, Nothing, Place, compile_node, fail
from symnas.elaborate.declarations import LetCode, NetCode
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.regions import Alone, Run
from symnas.elaborate.sameness import is_same
from symnas.elaborate.values import Value
from symnas.errors import NasError, suggest
from symnas.sizes import SymbolicSize
from symnas.spans import Span

__all__ = ["COSTS", "Claim", "compile_claims", "compile_imported", "cost_code"]

COSTS = ("params", "trainable", "macs", "flops", "memory", "latency")
"""What a net costs, known without building it; `latency` is measured."""


class CostCode(Code):
    """`Net.params`: read from the elaborated network by the function that the run carries."""

    def __init__(self, net: str, cost: str, span: Span) -> None:
        self.net, self.cost, self.span = net, cost, span

    def run(self, frame: Frame) -> Value:
        read: Callable[[str, str], int | SymbolicSize] = frame.names["#cost"]  # type: ignore[assignment]  # put there by `holds`
        value = read(self.net, self.cost)
        if isinstance(value, SymbolicSize):
            names = ", ".join(sorted(value.symbols))
            fail("E0601", f"{self.cost} depend on {names}", self.span, f"give it: `--size {names}=224`")
        return value


class MetricCode(Code):
    """`latency` in a `require`: what an evaluation told."""

    def __init__(self, name: str, span: Span) -> None:
        self.name, self.span = name, span

    def run(self, frame: Frame) -> Value:
        read: Callable[[str], Value] = frame.names["#metric"]  # type: ignore[assignment]  # put there by `met`
        return read(self.name)


class SpaceCode(Code):
    """`space.size`, `Net.space.size`."""

    def __init__(self, net: str | None, span: Span) -> None:
        self.net, self.span = net, span

    def run(self, frame: Frame) -> Value:
        read: Callable[[str | None], int] = frame.names["#size"]  # type: ignore[assignment]  # put there by `holds`
        return read(self.net)


class Claim:
    """A `require` or `assert` at top level. *costs* says that it reads costs, *space* that it reads sizes of spaces,
    *metrics* are those that it reads which only an evaluation tells.
    """

    def __init__(
        self, code: Code, span: Span, costs: bool, space: bool, metrics: frozenset[str] = frozenset()
    ) -> None:  # fmt: skip
        self.code, self.span, self.costs, self.space, self.metrics = code, span, costs, space, metrics

    @property
    def measured(self) -> bool:
        """Whether it can be answered only when the architecture has been evaluated."""
        return bool(self.metrics)

    @property
    def plain(self) -> bool:
        """Whether it reads decisions alone."""
        return not (self.costs or self.space or self.measured)

    def holds(
        self, genotype: Mapping[str, Any], cost: Callable[[str, str], Any], size: Callable[[str | None], int]
    ) -> bool:
        """Whether the claim holds; decisions are read from *genotype*, and one that it lacks leaves it vacuous."""
        try:
            return need_bool(self.code.run(_frame(genotype, cost, size)), self.code.span, "a claim")
        except _Absent:
            return True

    def broken(
        self, genotype: Mapping[str, Any], cost: Callable[[str, str], Any], metrics: Mapping[str, float]
    ) -> float | None:
        """By how much a claim on *metrics*, which have all that it reads, does not hold: the difference of the sides of
        a comparison, else 1; `None` if it holds.
        """
        frame = _frame(genotype, cost, lambda _net: 0)
        frame.names["#metric"] = lambda name: _exact(metrics[name])  # type: ignore[assignment]  # read by `MetricCode`
        try:
            if need_bool(self.code.run(frame), self.code.span, "a claim"):
                return None
        except _Absent:
            return None
        sides = [getattr(self.code, name, None) for name in ("left", "right")]
        values = [side.run(frame) if isinstance(side, Code) else None for side in sides]
        numbers = [_float(value) for value in values if isinstance(value, int | Fraction | float)]
        return abs(numbers[0] - numbers[1]) or 1.0 if len(numbers) == 2 else 1.0

    def compared(
        self, genotype: Mapping[str, Any], cost: Callable[[str, str], Any], size: Callable[[str | None], int]
    ) -> str | None:
        """What the left side of a comparison is, for the message of a claim that fails: "space.size is 360"."""
        left = getattr(self.code, "left", None)
        if left is None:
            return None
        value = left.run(_frame(genotype, cost, size))
        shown = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else None
        return f"`{left.span.text}` is {shown}" if shown else None

    @property
    def lets(self) -> list[LetCode]:
        """The lets and train settings it reads."""
        return [each for each in self.code.uses if isinstance(each, LetCode)]


def _frame(genotype: Mapping[str, Any], cost: Callable[[str, str], Any], size: Callable[[str | None], int]) -> Frame:
    names: dict[str, Any] = {"#cost": cost, "#size": size}
    return Frame(names, "", "", ScopeBuilder(None), Run(_Reader(genotype)))


def _float(value: int | Fraction | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _exact(value: float) -> Value:
    """A measured number as the language has it."""
    return int(value) if value.is_integer() else value


class _Absent(NasError):
    """A claim reads a decision that does not exist in the architecture."""


class _Reader(Alone):
    """Answers decisions from a genotype."""

    def __init__(self, genotype: Mapping[str, Any]) -> None:
        super().__init__()
        self.genotype = genotype

    def ask(self, path: str, domain: Any, persistent: bool, only: Any = None) -> Any:
        """The genotype's choice."""
        if path not in self.genotype:
            raise _Absent(path)
        return self.genotype[path]


def compile_claims(module: ModuleCode, kind: type[tree.Require] | type[tree.Assert]) -> list[Claim]:
    """The claims of *kind* (`tree.Require` or `tree.Assert`) at top level; mistakes go to the module."""
    wanted = [node for node in module.node.declarations if isinstance(node, kind)]
    found = [compile_claim(node.condition, module, node.span) for node in wanted if not is_same(node.condition)]
    for claim in found if kind is tree.Assert else ():
        if claim.measured:
            module.report("E0229", "an `assert` cannot wait for a measurement", claim.span, "write `require`")
    return found


def compile_imported(main: ModuleCode) -> list[Claim]:
    """The `require`s of imported files that travel with what they constrain: those on decisions, all of which take
    part. What a file asks of costs and sizes is its own affair.
    """
    found = []
    for module in main.modules.values():
        for node in module.node.declarations:
            if isinstance(node, tree.Require) and _travels(node.condition, module):
                claim = compile_claim(node.condition, module, node.span)
                main.join(claim.code.uses)
                found.append(claim)
    return found


def _travels(node: tree.Node, module: ModuleCode) -> bool:
    """Whether every declaration that *node* names takes part, fns apart, and none is a net."""
    name = _named(node)
    declared = module.declared.get(name) if name is not None else None
    if name in (*COSTS, "space") and declared is None:
        return False
    if isinstance(declared, NetCode) or not (declared is None or declared.keyword == "fn" or declared in module.joined):
        return False
    return all(_travels(child, module) for child in tree.children(node))


def _named(node: tree.Node) -> str | None:
    match node:
        case tree.Attribute(target=tree.Name(name="train"), name=name):
            return f"train.{name}"
        case tree.Name(name=name):
            return name
        case _:
            return None


def compile_claim(node: tree.Expression, module: ModuleCode, span: Span) -> Claim:
    """One claim; costs and sizes in it are found and replaced by what reads them."""
    found = {"costs": False, "space": False, "measured": False}
    place = Place(module, Naming(), Locals())
    names: dict[tree.Node, Code] = {}
    _collect(node, module, place, found, names)
    metrics = frozenset(each.name for each in names.values() if isinstance(each, MetricCode))
    module.claimed = names
    try:
        code = compile_node(node, place)
    finally:
        module.claimed = {}
    return Claim(code, span, found["costs"], found["space"], metrics)


def _collect(
    node: tree.Node, module: ModuleCode, place: Place, found: dict[str, bool], names: dict[tree.Node, Code]
) -> None:
    """Note what stands for a cost or a size below *node*."""
    made = _space(node, module) or _metric(node, module) or cost_code(node, module, place)
    if made is not None:
        names[node] = made
        found["space" if isinstance(made, SpaceCode) else "measured" if isinstance(made, MetricCode) else "costs"] = (
            True
        )
        return
    for child in tree.children(node):
        _collect(child, module, place, found, names)


def _space(node: tree.Node, module: ModuleCode) -> Code | None:
    match node:
        case tree.Attribute(target=tree.Name(name="space"), name="size"):
            return SpaceCode(None, node.span)
        case tree.Attribute(target=tree.Attribute(target=tree.Name(name=net), name="space"), name="size"):
            return SpaceCode(net, node.span) if isinstance(module.declared.get(net), NetCode) else None
        case _:
            return None


def _metric(node: tree.Node, module: ModuleCode) -> Code | None:
    """What stands for a metric that the file measures, or that an objective names."""
    if isinstance(node, tree.Name) and node.name in module.main.metrics and node.name not in module.declared:
        return MetricCode(node.name, node.span)
    return None


def cost_code(node: tree.Node, module: ModuleCode, place: Place) -> Code | None:
    """What stands for a net's cost (`Net.params`, `params`, `worst(Net.macs)`), if *node* is one; mistakes are reported."""
    match node:
        case tree.Call(
            function=tree.Name(name="worst"), arguments=(tree.Argument(name=None, spread=False) as only,)
        ) if "worst" not in module.declared:
            return cost_code(only.value, module, place)
        case tree.Call(function=tree.Name(name="expected")) if "expected" not in module.declared:
            message = "an expected cost depends on which samples leave early, so it is known only once measured"
            place.report("E0235", message, node.span, "constrain `worst(…)`, or write `minimize expected(…)`")
            return Nothing()
        case tree.Attribute(target=tree.Name(name=name), name=cost) if isinstance(module.declared.get(name), NetCode):
            if cost not in KNOWN_COSTS:
                hint = suggest(cost, KNOWN_COSTS)
                place.report("E0216", f"a net has no cost `{cost}`", node.name_span, hint)
                return Nothing()
            return CostCode(module.declared[name].name, cost, node.span)
        case tree.Name(name=cost) if cost in KNOWN_COSTS and cost not in module.declared:
            if module.misses("net"):
                return Nothing()
            if len(module.nets) != 1:
                options = ", ".join(f"`{net.name}.{cost}`" for net in module.nets)
                place.report("E0215", f"which net's {cost}?", node.span, options or "there is no net in this file")
                return Nothing()
            return CostCode(module.nets[0].name, cost, node.span)
        case _:
            return None
