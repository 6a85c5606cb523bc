"""Reading patterns of several layers: chains `A -> B`, alternatives with chains in them, and several tensors that flow
into one: `($x -> A) + $y`, `concat($x -> A, $x -> B)`, `($x, $y) -> Mix`.

Patterns of single layers are `rulereading`'s business; such ones only matter for one network (`symnas.rewriting`).
"""

from itertools import product

from symnas import tree
from symnas.elaborate.atoms import Constant as Value
from symnas.elaborate.code import Code, Place
from symnas.elaborate.rulepatterns import CallPattern, Constant, RulePattern, Way
from symnas.elaborate.rulereading import compile_single, named
from symnas.operators import OPERATORS
from symnas.operators.base import Operator
from symnas.spans import Span
from symnas.tree import BinaryOperator

__all__ = ["COMMUTATIVE", "compile_ways", "has_several"]

MOST_WAYS = 64
"""Chains that alternatives may come to."""
_SIGNS = {
    BinaryOperator.ADD: "add", BinaryOperator.SUBTRACT: "sub", BinaryOperator.MULTIPLY: "mul",
    BinaryOperator.DIVIDE: "div", BinaryOperator.MATMUL: "matmul", BinaryOperator.POWER: "pow",
}  # fmt: skip
_OF_LISTS = {"sum": "sum_all", "mean": "mean_all", "min": "min_all", "max": "max_all"}
"""Functions of a list of tensors, and the operators that they are."""
COMMUTATIVE = frozenset({
    "add", "mul", "eq", "ne", "minimum", "maximum", "logical_and", "logical_or", "sum_all", "mean_all", "min_all",
    "max_all",
})  # fmt: skip
"""Operators whose tensors may be exchanged."""


def has_several(node: tree.Expression) -> bool:
    """Whether several layers make a match of the pattern *node*, or several tensors flow into it."""
    if isinstance(node, tree.OneOf):
        return any(has_several(_bare(each.value)) for each in node.alternatives)
    return isinstance(node, tree.Pipe) or _joins(node)


def _bare(node: tree.Expression) -> tree.Expression:
    return _bare(node.value) if isinstance(node, tree.As) else node


def _joins(node: tree.Expression) -> bool:
    """Whether several tensors flow into what the pattern *node* begins with."""
    node = _bare(node)
    match node:
        case tree.Pipe():
            return _joins(node.left)
        case tree.Tuple():
            return True
        case tree.Binary():
            return node.operator in _SIGNS
        case tree.Call():
            return bool(_flowing(node)[1])
        case _:
            return False


def _function(node: tree.Call) -> Operator | None:
    """The operator that *node* calls as a function of tensors."""
    if not isinstance(node.function, tree.Name) or not node.function.name.islower():
        return None
    return OPERATORS.get(_OF_LISTS.get(node.function.name, node.function.name))


def _flowing(node: tree.Call) -> tuple[Operator | None, list[tree.Expression], list[tree.Argument]]:
    """What *node* calls, the patterns of the tensors that it takes, and its other arguments."""
    operator = _function(node)
    given = list(node.arguments)
    leading = sum(each.leads for each in operator.settings) if operator is not None else 0
    before, given = given[:leading], given[leading:]
    if operator is None or not given:
        return operator, [], [*before, *given]
    first = given[0].value
    if operator.variadic and given[0].name is None and isinstance(first, tree.ListOf):
        return operator, [each.value for each in first.items], [*before, *given[1:]]
    count = 0
    most = len(given) if operator.variadic else len(operator.inputs) + len(operator.optional)
    several = operator.variadic or most > 1
    while count < most and count < len(given) and given[count].name is None and _is_tensor(given[count].value, several):
        count += 1
    return operator, [each.value for each in given[:count]], [*before, *given[count:]]


def _is_tensor(node: tree.Expression, several: bool) -> bool:
    """Whether *node*, an argument of a function, stands for a tensor; a variable does where the function takes *several*."""
    node = _bare(node)
    if isinstance(node, tree.PatternVariable):
        return several and not node.rest
    return isinstance(node, tree.Pipe) or _joins(node)


def compile_ways(node: tree.Expression, whole: str | None, place: Place) -> tuple[RulePattern, list[Code]]:
    """The pattern written as *node*, of which several layers make a match, called *whole*."""
    reader, before = _Ways(place), len(place.module.diagnostics)
    ways = reader.read(node)
    sound = len(place.module.diagnostics) == before
    variables: dict[str, Span] = {}
    first: set[str] | None = None
    for _, names in ways:
        if sound and first is not None and set(names) != first:
            odd = min(set(names) ^ first)
            place.report(
                "E0263", f"`${odd}` is bound by some alternatives only", node.span, "bind the same variables in each"
            )
        first = set(names) if first is None else first
        variables.update(names)
    if whole is not None and whole in variables:
        place.report("E0253", f"`${whole}` is bound in a stage, and the whole match", node.span, "name one otherwise")
    if whole is not None:
        variables[whole] = node.span
    calls = dict.fromkeys(call for way, _ in ways for stage in way.stages for call in stage.calls)
    return RulePattern(tuple(calls), whole, variables, False, tuple(way for way, _ in ways)), reader.codes


_Read = tuple[Way, dict[str, Span]]
"""A way for a pattern to match, and its variables."""


class _Ways:
    """Reads the ways of one pattern; a stage that is part of several is read once."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.codes: list[Code] = []
        self._known: dict[int, RulePattern] = {}

    def read(self, node: tree.Expression) -> list[_Read]:
        """Each way for *node* to match."""
        if isinstance(node, tree.OneOf) and not all(map(_is_plain, node.alternatives)):
            self.place.report("E0250", "alternatives of a pattern are plain calls", node.span, "use `where`")
        if isinstance(node, tree.OneOf) and any(_joins(each.value) for each in node.alternatives):
            return [read for each in node.alternatives for read in self.read(self._unnamed(each.value))]
        if _joins(node):
            return [_Joint(self).read(node)]
        rows = self._rows(node)
        if len(rows) > MOST_WAYS:
            self.place.report(
                "E0250", f"the pattern's alternatives come to {len(rows):,} chains; {MOST_WAYS} are the most", node.span,
                "write several rules",
            )  # fmt: skip
            rows = rows[:1]
        return [self._chain(each) for each in rows]

    def _rows(self, node: tree.Expression) -> list[list[tree.Expression]]:
        """The chains that *node* stands for, each by its stages."""
        if isinstance(node, tree.Pipe):
            return [[*left, *right] for left, right in product(self._rows(node.left), self._rows(node.right))]
        if isinstance(node, tree.OneOf) and has_several(node):
            return [row for each in node.alternatives for row in self._rows(self._unnamed(each.value))]
        if isinstance(node, tree.As) and has_several(_bare(node)):
            return self._rows(self._unnamed(node))
        return [[node]]

    def _unnamed(self, node: tree.Expression) -> tree.Expression:
        """*node*, which no `as $f` names as a whole if it is several layers."""
        if isinstance(node, tree.As) and has_several(_bare(node)):
            self.place.report(
                "E0250", "`as $f` names one stage, or the whole match", node.name_span, "name its stages one by one"
            )
            return _bare(node)
        return node

    def stage(self, node: tree.Expression) -> RulePattern:
        """The pattern of one layer."""
        if id(node) not in self._known:
            self._known[id(node)], codes = compile_single(node, self.place)
            self.codes += codes
        return self._known[id(node)]

    def _chain(self, row: list[tree.Expression]) -> _Read:
        last = row[-1]
        tail = last if isinstance(last, tree.PatternVariable) and last.rest and len(row) > 1 else None
        stages = tuple(map(self.stage, row[:-1] if tail is not None else row))
        variables = self.variables(stages)
        if tail is None:
            return Way(stages), variables
        if f"*{tail.name}" in variables:
            self.place.report("E0253", f"`$*{tail.name}` is bound by a stage, too", tail.span, "name one otherwise")
        return Way(stages, tail=tail.name), {**variables, f"*{tail.name}": tail.span}

    def variables(self, stages: tuple[RulePattern, ...]) -> dict[str, Span]:
        """The variables of *stages* together."""
        found: dict[str, Span] = {}
        for stage in stages:
            for name, span in stage.variables.items():
                if name in found and name != "*_" and (name.startswith("*") or name == stage.whole):
                    message = f"`${name}` is bound by another stage, too"
                    self.place.report("E0253", message, span, "name one otherwise")
                found.setdefault(name, span)
        return found


def _is_plain(each: tree.Alternative) -> bool:
    return not each.spread and each.guard is None and each.label is None


class _Joint:
    """Reads one pattern into which several tensors flow."""

    def __init__(self, ways: _Ways) -> None:
        self.ways, self.place = ways, ways.place
        self.stages: list[RulePattern] = []
        self.links: list[tuple[int | str, ...]] = []
        self.inputs: dict[str, Span] = {}

    def read(self, node: tree.Expression) -> _Read:
        """The one way for *node* to match."""
        self._source(node)
        stages = tuple(self.stages)
        variables = self.ways.variables(stages)
        for name, span in self.inputs.items():
            if name in variables:
                message = f"`${name}` is a tensor that flows in, and something else"
                self.place.report("E0253", message, variables[name], "name one otherwise")
            variables.setdefault(name, span)
        inputs = tuple(each for each in self.inputs if each != "_")
        return Way(stages, tuple(self.links), inputs), variables

    def _source(self, node: tree.Expression) -> int | str:
        """What gives the tensor that *node* stands for: a stage, by its number, or what flows in."""
        whole, inner = named(node, self.place)
        match inner:
            case tree.PatternVariable(rest=False) if whole is None:
                if inner.name != "_":
                    self.inputs.setdefault(inner.name, inner.span)
                return inner.name
            case tree.Pipe():
                if isinstance(inner.left, tree.Tuple):
                    links = tuple(self._source(each.value) for each in inner.left.items)
                else:
                    links = (self._source(inner.left),)
                return self._add(self._named(self.ways.stage(inner.right), whole, node), links)
            case tree.Binary() if inner.operator in _SIGNS:
                return self._sign(inner, whole)
            case tree.Call():
                operator, flowing, rest = _flowing(inner)
                if operator is not None and flowing:
                    return self._call(inner, operator, flowing, rest, whole)
            case _:
                pass
        self.place.report(
            "E0250", "this stands for no tensor", node.span,
            "begin with what flows in, and apply layers to it: `$x -> Conv2d($out, 1)`",
        )  # fmt: skip
        return "_"

    def _add(self, stage: RulePattern, links: tuple[int | str, ...]) -> int:
        self.stages.append(stage)
        self.links.append(links)
        return len(self.stages) - 1

    def _named(self, stage: RulePattern, whole: str | None, node: tree.Expression) -> RulePattern:
        """*stage*, called *whole* where it is named with what flows into it."""
        if whole is None:
            return stage
        return RulePattern(stage.calls, whole, {**stage.variables, whole: node.span}, stage.sure)

    def _sign(self, node: tree.Binary, whole: str | None) -> int:
        """`$a + $b`, `2 * $a`: a number on one side is the operator's setting."""
        operator = OPERATORS[_SIGNS[node.operator]]
        numbers = [each for each in (node.left, node.right) if isinstance(each, tree.Number)]
        links = tuple(self._source(each) for each in (node.left, node.right) if each not in numbers)
        parts = {}
        for each in numbers:
            value = int(each.value) if each.value.denominator == 1 else each.value
            parts["other"] = Constant(Value(value, each.span))
            if operator.name not in COMMUTATIVE:
                parts["reversed"] = Constant(Value(node.left is each, each.span))
        call = CallPattern(operator, {**parts}, "_" if parts else None, bare=not parts)
        return self._add(self._named(RulePattern((call,), None, {}, False), whole, node), links)

    def _call(
        self, node: tree.Call, operator: Operator, flowing: list[tree.Expression], rest: list[tree.Argument],
        whole: str | None,
    ) -> int:  # fmt: skip
        """`concat($a, $b, dim = 1)`: tensors first, then settings."""
        links = tuple(map(self._source, flowing))
        head: tree.Expression = tree.Name(operator.name, span=node.function.span)
        if rest:
            head = tree.Call(head, tuple(rest), span=node.span)
        elif operator.settings:
            head = tree.Call(head, (), span=node.span)
        return self._add(self._named(self.ways.stage(head), whole, node), links)
