"""Reading patterns of rules: names resolved, arguments matched with settings, variables noted, mistakes reported.

How they are compared with layers is `rulepatterns`' business.
"""

from collections.abc import Iterator

from symnas import operators, tree
from symnas.elaborate.atoms import unknown_name
from symnas.elaborate.code import Code, Place, compile_node
from symnas.elaborate.declarations import BlockCode
from symnas.elaborate.layers import FUNCTIONS, PLACEHOLDERS
from symnas.elaborate.rulepatterns import CallPattern, Constant, Head, Items, Part, RulePattern, Variable
from symnas.elaborate.using import UsedLayer
from symnas.errors import suggest
from symnas.operators.base import REQUIRED
from symnas.spans import Span

__all__ = ["compile_pattern", "compile_single", "named"]


class _Reader:
    """Compiles one rule's pattern and notes its variables."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.variables: dict[str, Span] = {}
        self.repeated = False
        self.codes: list[Code] = []

    def call(self, node: tree.Expression) -> CallPattern | None:
        """One alternative, or `None` if it was reported."""
        name = node.function if isinstance(node, tree.Call) else node
        if not isinstance(name, tree.Name):
            self._refuse(node)
            return None
        head = self._head(name)
        if head is None:
            return None
        if not isinstance(node, tree.Call):
            return CallPattern(head, {}, None, bare=True)
        return self._arguments(node, head)

    def _head(self, node: tree.Name) -> Head | None:
        declared = self.place.module.declared.get(node.name)
        if isinstance(declared, BlockCode):
            return declared
        if isinstance(declared, UsedLayer):
            return declared.operator
        if node.name in self.place.module.missing:
            return None
        operator = operators.lookup(node.name) if declared is None and node.name not in PLACEHOLDERS else None
        if operator is not None:
            return operator
        if declared is None and node.name not in FUNCTIONS:
            unknown_name(node.name, node.span, self.place)
        else:
            what = f"the `{declared.keyword}` `{node.name}`" if declared is not None else f"`{node.name}`"
            self.place.report(
                "E0250", f"{what} is never applied to tensors, so no rule finds it", node.span,
                "a pattern begins with an operator, a block or a cell",
            )  # fmt: skip
        return None

    def _refuse(self, node: tree.Expression) -> None:
        self.place.report(
            "E0250", "a pattern is a call of an operator or block, or `$x` for any layer", node.span,
            "write `Conv2d($out, 3, $*rest)`",
        )  # fmt: skip

    def _arguments(self, node: tree.Call, head: Head) -> CallPattern:
        settings = [each.name for each in head.settings if not getattr(each, "named", False)]
        known = [each.name for each in head.settings]
        parts: dict[str, Part] = {}
        rest: str | None = None
        first = head.settings[0] if head.settings else None
        gathers = bool(getattr(first, "rest", False))
        positional = [each for each in node.arguments if each.name is None]
        gathered = gathers and first is not None and (len(positional) > 1 or any(map(_is_rest, positional)))
        if gathered and first is not None:
            parts[first.name] = Items([self._item(each.value) for each in positional])
        taken = 0
        for argument in node.arguments:
            if argument.name is None and gathered:
                continue
            if argument.name is None and _is_rest(argument):
                rest = self._rest(argument.value, rest)
                continue
            if argument.spread:
                self.place.report("E0307", "a pattern spreads `$*rest` alone", argument.span, "write `$*rest`")
                continue
            name = argument.name
            if name is None:
                if taken >= len(settings):
                    many = f"{len(settings)} setting{'s' * (len(settings) != 1)}"
                    self.place.report("E0304", f"`{head.name}` has {many}", argument.span)
                    continue
                name, taken = settings[taken], taken + 1
            self._setting(head, name, known, argument, parts)
        if rest is None:
            self._check_left(node, head, parts)
        return CallPattern(head, parts, rest, bare=False)

    def _setting(
        self, head: Head, name: str, known: list[str], argument: tree.Argument, parts: dict[str, Part]
    ) -> None:
        span = argument.name_span if argument.name is not None and argument.name_span.source.text else argument.span
        if name not in known:
            hint = suggest(name, known)
            self.place.report("E0301", f"`{head.name}` has no setting `{name}`", span, hint)
        elif name in parts:
            self.place.report("E0302", f"`{name}` is given twice", span)
        else:
            parts[name] = self.part(argument.value)

    def _check_left(self, node: tree.Call, head: Head, parts: dict[str, Part]) -> None:
        """A pattern without `$*rest` that leaves out a setting without default would match nothing."""
        missing = [each.name for each in head.settings if each.name not in parts and _required(each)]
        if missing:
            self.place.report(
                "E0250", f"the pattern leaves out `{missing[0]}`, which every `{head.name}` has", node.span,
                "add `$*rest` for the settings that may be anything",
            )  # fmt: skip

    def _rest(self, node: tree.Expression, before: str | None) -> str | None:
        assert isinstance(node, tree.PatternVariable)
        if before is not None or f"*{node.name}" in self.variables:
            self.place.report("E0253", "a call has one `$*` at most, under a name of its own", node.span)
        self.variables[f"*{node.name}"] = node.span
        return node.name

    def part(self, node: tree.Expression) -> Part:
        """What the pattern says of one argument."""
        if isinstance(node, tree.PatternVariable):
            if node.rest:
                self.place.report("E0253", f"`$*{node.name}` stands for several: it is no setting's value", node.span)
            self.repeated = self.repeated or (node.name in self.variables and node.name != "_")
            self.variables.setdefault(node.name, node.span)
            return Variable(node.name)
        name = node.function if isinstance(node, tree.Call) else node
        if isinstance(name, tree.Name) and self._is_layer(name.name):
            return self.call(node) or Variable("_")
        if isinstance(node, (tree.ListOf, tree.Tuple)) and any(_variables(node)):
            return Items([self._item(each.value) for each in node.items])
        for variable in _variables(node):
            self.place.report(
                "E0250", "in a pattern a variable stands alone, or in a call or list", variable.span,
                "bind it alone, and compute with it after `where` or `=>`",
            )  # fmt: skip
            return Variable("_")
        return self._constant(node)

    def _constant(self, node: tree.Expression) -> Part:
        code = compile_node(node, self.place)
        if code.asks:
            self.place.report("E0261", "a pattern decides nothing", node.span, "name the value with `$x`")
        self.codes.append(code)
        return Constant(code)

    def _item(self, node: tree.Expression) -> Part | str:
        if isinstance(node, tree.PatternVariable) and node.rest:
            self.variables.setdefault(f"*{node.name}", node.span)
            return node.name
        return self.part(node)

    def _is_layer(self, name: str) -> bool:
        declared = self.place.module.declared.get(name)
        if declared is not None:
            return isinstance(declared, (BlockCode, UsedLayer))
        return operators.lookup(name) is not None and name not in PLACEHOLDERS


def _required(setting: object) -> bool:
    default = getattr(setting, "default", None)
    node = getattr(setting, "node", None)
    return default is REQUIRED or (node is not None and node.default is None)


def _is_rest(argument: tree.Argument) -> bool:
    return isinstance(argument.value, tree.PatternVariable) and argument.value.rest


def _variables(node: tree.Node) -> Iterator[tree.PatternVariable]:
    if isinstance(node, tree.PatternVariable):
        yield node
    for child in tree.children(node):
        yield from _variables(child)


def compile_pattern(node: tree.Expression, place: Place) -> tuple[RulePattern, list[Code]]:
    """The pattern written as *node*, and the code of the values in it; mistakes are reported at *place*."""
    from symnas.elaborate.rulechains import compile_ways, has_several

    whole, inner = named(node, place)
    if has_several(inner):
        return compile_ways(inner, whole, place)
    return compile_single(node, place)


def named(node: tree.Expression, place: Place) -> tuple[str | None, tree.Expression]:
    """The name that `as $f` gives to *node*, and what it is given to."""
    if not isinstance(node, tree.As):
        return None, node
    if not node.name.startswith("$"):
        hint = f"write `as ${node.name.lstrip('$*')}`"
        place.report("E0250", "a whole match is named with `as $f`", node.name_span, hint)
    return node.name.lstrip("$*"), node.value


def compile_single(node: tree.Expression, place: Place) -> tuple[RulePattern, list[Code]]:
    """The pattern of one layer written as *node*, and the code of the values in it."""
    whole, node = named(node, place)
    reader = _Reader(place)
    if isinstance(node, tree.PatternVariable):
        if node.rest or whole is not None:
            place.report("E0250", "`$x` alone stands for any one layer", node.span, "write `$x where … => …`")
        return RulePattern((), node.name, {node.name: node.span}, True), []
    calls = _alternatives(node, reader) if isinstance(node, tree.OneOf) else (reader.call(node),)
    if whole is not None:
        if whole in reader.variables:
            place.report("E0253", f"`${whole}` is an argument and the whole match", node.span, "name one otherwise")
        reader.variables[whole] = node.span
    found = tuple(each for each in calls if each is not None)
    sure = not reader.repeated and all(each.complete for each in found)
    return RulePattern(found, whole, reader.variables, sure), reader.codes


def _alternatives(node: tree.OneOf, reader: _Reader) -> tuple[CallPattern | None, ...]:
    """The alternatives of `oneof(A, B)` as a pattern; they bind the same variables."""
    found: list[CallPattern | None] = []
    first: set[str] | None = None
    before: dict[str, Span] = {}
    for each in node.alternatives:
        if each.spread or each.guard is not None or each.label is not None:
            reader.place.report("E0250", "alternatives of a pattern are plain calls", each.span, "use `where`")
        reader.variables = {}
        found.append(reader.call(each.value))
        names = set(reader.variables)
        if first is not None and names != first:
            odd = min(names ^ first)
            reader.place.report(
                "E0263", f"`${odd}` is bound by some alternatives only", each.span, "bind the same variables in each"
            )
        first = names if first is None else first
        before.update(reader.variables)
    reader.variables = before
    return tuple(found)
