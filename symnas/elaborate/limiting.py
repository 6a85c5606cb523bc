"""Limiting: which parts of a top-level `require` are limits on costs that add up, and what is left of it.

`require A.params <= 500K and A.macs <= 60M` is two limits. A comparison is one if both sides are sums of costs and
numbers, whatever is multiplied by constants; what reads decisions, or multiplies costs, is left to be tried.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor, lcm

from attrs import frozen

from symnas import tree
from symnas.costs import KNOWN_COSTS
from symnas.elaborate.charging import Form, Quantity
from symnas.elaborate.claims import Claim
from symnas.spans import Span
from symnas.tree import BinaryOperator

__all__ = ["Limit", "Limited", "limits_of"]


@frozen
class Limit:
    """What a cost may be: from *low* to *high*, both included; `None` is no limit."""

    low: int | None = None
    high: int | None = None

    def holds(self, cost: int) -> bool:
        """Whether *cost* is within."""
        return (self.low is None or cost >= self.low) and (self.high is None or cost <= self.high)

    def joined(self, other: "Limit") -> "Limit":
        """Both limits."""
        lows = [each for each in (self.low, other.low) if each is not None]
        highs = [each for each in (self.high, other.high) if each is not None]
        return Limit(max(lows, default=None), min(highs, default=None))


@frozen
class Limited:
    """A limit on *form*, and the comparisons that set it."""

    form: Form
    limit: Limit
    spans: tuple[Span, ...]

    def joined(self, other: "Limited | None") -> "Limited":
        """Both limits on the same form."""
        if other is None:
            return self
        return Limited(self.form, other.limit.joined(self.limit), (*other.spans, *self.spans))


_Sum = dict[Quantity | None, Fraction]
"""Factors of costs; that of `None` is a number."""

_MIRRORED = {
    BinaryOperator.LESS: BinaryOperator.GREATER,
    BinaryOperator.GREATER: BinaryOperator.LESS,
    BinaryOperator.AT_MOST: BinaryOperator.AT_LEAST,
    BinaryOperator.AT_LEAST: BinaryOperator.AT_MOST,
    BinaryOperator.EQUAL: BinaryOperator.EQUAL,
}


def limits_of(module: tree.Module, nets: Sequence[str], claims: Sequence[Claim]) -> tuple[list[Limited], list[Claim]]:
    """The limits that *claims*, those of *module* on costs, set; and the claims that say more than that."""
    reader = _Reader(module, nets)
    conditions = {each.span: each.condition for each in module.declarations if isinstance(each, tree.Require)}
    found: dict[Form, Limited] = {}
    left: list[Claim] = []
    for claim in claims:
        condition = conditions.get(claim.span)
        parts = [] if condition is None else [reader.limited(part) for part in _conjuncts(condition)]
        limits = [each for each in parts if each is not None]
        whole = 0 < len(parts) == len(limits)
        if not whole:
            left.append(claim)
        if whole or not claim.lets:  # a claim on a decision that does not exist says nothing of costs, either
            for each in limits:
                found[each.form] = each.joined(found.get(each.form))
    return list(found.values()), left


def _conjuncts(node: tree.Expression) -> Iterator[tree.Expression]:
    if isinstance(node, tree.Binary) and node.operator is BinaryOperator.AND:
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield node


class _Reader:
    """Reads sums of costs in the terms of one module."""

    def __init__(self, module: tree.Module, nets: Sequence[str]) -> None:
        self.nets = nets
        self.declared = {
            name: each for each in module.declarations if isinstance(name := getattr(each, "name", None), str)
        }

    def limited(self, node: tree.Expression) -> Limited | None:
        """The limit that a comparison sets, if it is one on costs that add up."""
        if not isinstance(node, tree.Binary) or node.operator not in _MIRRORED:
            return None
        left, right = self._sum(node.left), self._sum(node.right)
        if left is None or right is None:
            return None
        total = _added(left, right, Fraction(-1))
        rest = -total.pop(None, Fraction(0))
        terms = {quantity: factor for quantity, factor in total.items() if quantity is not None and factor}
        if not terms:
            return None
        scale = Fraction(lcm(*(factor.denominator for factor in terms.values())))
        operator = node.operator
        ordered = sorted(terms.items(), key=lambda pair: (pair[0].name, pair[0].net))
        if ordered[0][1] < 0:
            scale, operator = -scale, _MIRRORED[operator]
        form = Form(tuple((int(factor * scale), quantity) for quantity, factor in ordered))
        return Limited(form, _limit(operator, rest * scale), (node.span,))

    def _sum(self, node: tree.Expression) -> _Sum | None:
        match node:
            case tree.Number(value=value):
                return {None: value}
            case tree.Unary(operator=tree.UnaryOperator.NEGATE, operand=operand):
                return _scaled(self._sum(operand), Fraction(-1))
            case tree.Binary(operator=BinaryOperator.ADD | BinaryOperator.SUBTRACT, left=left, right=right):
                first, second = self._sum(left), self._sum(right)
                sign = Fraction(1 if node.operator is BinaryOperator.ADD else -1)
                return None if first is None or second is None else _added(first, second, sign)
            case tree.Binary(operator=BinaryOperator.MULTIPLY, left=left, right=right):
                return self._product(self._sum(left), self._sum(right))
            case tree.Binary(operator=BinaryOperator.DIVIDE, left=left, right=right):
                below = self._sum(right)
                if below is None or below.keys() != {None} or not below[None]:
                    return None
                return _scaled(self._sum(left), 1 / below[None])
            case tree.Call(
                function=tree.Name(name="worst"), arguments=(tree.Argument(name=None, spread=False) as only,)
            ) if "worst" not in self.declared:
                return self._sum(only.value)
            case _:
                return self._named(node)

    @staticmethod
    def _product(first: _Sum | None, second: _Sum | None) -> _Sum | None:
        for one, other in ((first, second), (second, first)):
            if one is not None and one.keys() <= {None}:
                return _scaled(other, one.get(None, Fraction(0)))
        return None

    def _named(self, node: tree.Expression) -> _Sum | None:
        match node:
            case tree.Attribute(target=tree.Name(name=net), name=cost) if net in self.nets and cost in KNOWN_COSTS:
                return {Quantity(cost, net): Fraction(1)}
            case tree.Name(name=name) if name in self.declared:
                let = self.declared[name]
                return self._sum(let.value) if isinstance(let, tree.Let) else None
            case tree.Name(name=cost) if cost in KNOWN_COSTS and len(self.nets) == 1:
                return {Quantity(cost, self.nets[0]): Fraction(1)}
            case _:
                return None


def _limit(operator: BinaryOperator, value: Fraction) -> Limit:
    match operator:
        case BinaryOperator.AT_MOST:
            return Limit(high=floor(value))
        case BinaryOperator.LESS:
            return Limit(high=ceil(value) - 1)
        case BinaryOperator.AT_LEAST:
            return Limit(low=ceil(value))
        case BinaryOperator.GREATER:
            return Limit(low=floor(value) + 1)
        case _:
            return Limit(ceil(value), floor(value))


def _added(first: _Sum, second: _Sum, factor: Fraction) -> _Sum:
    return {key: first.get(key, Fraction(0)) + factor * second.get(key, Fraction(0)) for key in {**first, **second}}


def _scaled(given: _Sum | None, factor: Fraction) -> _Sum | None:
    return None if given is None else {key: factor * value for key, value in given.items()}
