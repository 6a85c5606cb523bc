"""Rules as declarations: `rule name: pattern where cond => replacement keep mode`.

How patterns are read and compared is `rulereading`'s and `rulepatterns`' business, how a net is rewritten while it is
elaborated `rewriting`'s.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve

from symnas import operators, tree
from symnas.elaborate.atoms import need_bool
from symnas.elaborate.code import Code, Frame, Locals, Naming, Nothing, Place, compile_node, compiles, fail
from symnas.elaborate.declarations import BlockCode, Declared
from symnas.elaborate.listing import AttributeCode
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.rulepatterns import Bound, Called, RulePattern
from symnas.elaborate.rulereading import compile_pattern
from symnas.elaborate.values import BlockLayer, Listing, OperatorLayer, Tensor, Thunk, Value, force
from symnas.errors import SourceError, nearest, suggest
from symnas.graph import Graph
from symnas.sizes import Size
from symnas.spans import Span

if TYPE_CHECKING:
    from symnas.elaborate.rewriting import Measured

__all__ = ["COSTING", "INSIDE", "KEEPS", "Costs", "RuleCode", "asked_of", "cost_of", "word_in"]

KEEPS = ("same", "slice", "replicate")
"""How weights carry over from a match to what replaces it."""
INSIDE = "path"
"""The name under which conditions find the blocks around the match."""
COSTING = "costs"
"""The name under which conditions find what tells costs."""
_ASKED = ("in", "out", "path")
"""What may be asked of a whole match."""
_COSTS = ("params", "trainable", "macs", "flops", "memory")
"""What it may be asked that is a number."""


class VariableCode(Code):
    """`$x`, or something asked of the match, in a condition or replacement."""

    def __init__(self, name: str, span: Span, fresh: bool = False) -> None:
        self.name, self.span, self.fresh = name, span, fresh
        self.free = self.needs = frozenset((f"${name}",))
        self.applied = frozenset((f"${name}!",))

    def run(self, frame: Frame) -> Value:
        value = frame.names[f"${self.name}"]
        return value.force() if isinstance(value, Thunk) else value


@compiles(tree.PatternVariable)
def _variable(node: tree.PatternVariable, place: Place) -> Code:
    bound = sorted(name[1:] for name in place.locals.bound if name.startswith("$"))
    close = nearest(node.name, bound)
    hint = (
        f"did you mean `${close}`?" if close else f"it binds {', '.join(f'`${name}`' for name in bound) or 'nothing'}"
    )
    place.report("E0252", f"the pattern binds no `${node.name}`", node.span, hint)
    return Nothing()


# ------------------------------------------------------------------------------- what is asked of a match


class _Types(Code):
    """`$f.in`, `$f.out`: the tensors that flow into the match, and those that it gives if it is left as it is; of a
    stage `$a`, *which* is `a.in`.
    """

    def __init__(self, which: str, span: Span) -> None:
        self.which, self.span = which, span

    def run(self, frame: Frame) -> Value:
        return force(frame.names[self.which])


class NotThere(SourceError):
    """What is asked of the match it has not: the height of `[N, 64]`, the channels of several tensors."""


class _Part(AttributeCode):
    """`$f.in.channels`."""

    def run(self, frame: Frame) -> Value:
        try:
            return super().run(frame)
        except SourceError as error:
            several = isinstance(self.target.run(frame), Listing)
            if several or error.diagnostics[0].code == _NO_SUCH_DIMENSION:
                raise NotThere(error.diagnostics) from None
            raise


_NO_SUCH_DIMENSION = "E0419"
"""The code of the mistake that a tensor has too few dimensions for what is asked of it."""


class _Same(Code):
    """`$f.in == $f.out`: whether the types are the same."""

    def __init__(self, left: Code, right: Code, negated: bool, span: Span) -> None:
        self.left, self.right, self.negated, self.span = left, right, negated, span

    def run(self, frame: Frame) -> Value:
        return (_types(self.left, frame) == _types(self.right, frame)) is not self.negated


def _types(code: Code, frame: Frame) -> object:
    value = code.run(frame)
    if isinstance(value, Tensor):
        return value.type
    if isinstance(value, Listing):
        items = value.all()
        if all(isinstance(each, Tensor) for each in items):
            return tuple(each.type for each in items if isinstance(each, Tensor))
    fail("E0254", "`.in` and `.out` are compared with each other", code.span, "or ask for `.shape` or `.channels`")


class _Inside(Code):
    """`$f.path in Block`: whether the match stands inside an application of the block."""

    def __init__(self, block: BlockCode, negated: bool, span: Span) -> None:
        self.block, self.negated, self.span = block, negated, span

    def run(self, frame: Frame) -> Value:
        inside = cast(frozenset[BlockCode], frame.names[INSIDE])
        return (self.block in inside) is not self.negated


class _Cost(Code):
    """`$f.params`: what the match costs if it is left as it is; *stage* is the variable for it."""

    def __init__(self, stage: str, cost: str, span: Span) -> None:
        self.stage, self.cost, self.span = stage, cost, span

    def run(self, frame: Frame) -> Value:
        costs = cast(Costs, frame.names[COSTING])
        return costs(self.stage, self.cost, self.span)


Costs = Callable[[str, str, Span], Size]
"""What a stage of a match costs, by the variable for it and the cost's name."""


def cost_of(graph: Graph, cost: str) -> Size:
    """*cost* of *graph*, by its name."""
    found: dict[str, Size] = {
        "params": graph.params, "trainable": graph.trainable, "macs": graph.macs, "flops": 2 * graph.macs,
        "memory": graph.memory,
    }  # fmt: skip
    return found[cost]


# ------------------------------------------------------------------------------------------------- rules


class RuleCode(Declared):
    """A rule."""

    keyword = "rule"

    def __init__(self, node: tree.Rule, module: ModuleCode) -> None:
        super().__init__(node.name, node.name_span, module)
        self.node = node
        self.keep = node.keep or "same"
        self.pattern = RulePattern((), None, {}, False)
        self.condition: Code | None = None
        self.replacement: Code = Nothing()
        self.broken = False
        """Whether its pattern could not be made sense of."""
        self.asked: dict[str, Code] = {}
        """What is asked of the match, by the variable that stands for it."""
        self.facts: dict[tree.Node, str] = {}
        """What of that is known of a match, whatever flows on: where it stands. By what is written."""
        self.written: tree.Expression = node.replacement
        """The replacement with `$*rest` written out."""
        self.blocks: frozenset[BlockCode] = frozenset()
        """Blocks that `$f.path in Block` names."""
        self._early: frozenset[str] = frozenset()

    @property
    def whole(self) -> str | None:
        """The variable for the whole match."""
        return self.pattern.whole

    @property
    def wholes(self) -> frozenset[str]:
        """The variables for the whole match and for its stages."""
        return self.pattern.wholes

    @property
    def certain(self) -> bool:
        """Whether the rule matches every call of what its pattern names, whatever surrounds it."""
        return self.condition is None and self.pattern.sure

    @cached_property
    def reads(self) -> frozenset[str]:
        """Settings of the match whose value the rule reads, apart from the whole."""
        read = {name for part in self.replacement.free for name in (part.removeprefix("$*").partition(".")[2],) if name}
        for call in self.pattern.calls:
            read |= {name for name, part in call.parts.items() if f"${getattr(part, 'name', '')}" in self._free}
            read |= {name for name, part in call.parts.items() if not part.sure}
        return frozenset(read)

    @cached_property
    def _free(self) -> frozenset[str]:
        return self.replacement.free | (self.condition.free if self.condition is not None else frozenset())

    def compile(self) -> None:
        """Compile pattern, condition and replacement; mistakes go to the module."""
        node = self.node
        place = Place(self.module, Naming(f".{node.name}"), Locals())
        before = len(self.module.diagnostics)
        self.pattern, codes = compile_pattern(node.pattern, place)
        names = {each.name for each in _walk(node.pattern) if isinstance(each, tree.Name)}
        if len(self.module.diagnostics) > before or not names.isdisjoint(self.module.missing):
            self.broken = True
            if not names.isdisjoint(self.module.missing):
                return  # what it binds is not known
            for each in _walk(node.pattern):
                if isinstance(each, tree.PatternVariable):
                    self.pattern.variables.setdefault(_key(each), each.span)
        if self.keep not in KEEPS:
            close = nearest(self.keep, KEEPS)
            hint = f"did you mean `keep {close}`?" if close else f"one of {', '.join(KEEPS)}"
            span = word_in(node.span, self.keep)
            place.report("E0256", f"weights are not carried over by `keep {self.keep}`", span, hint)
        for name, span in self.pattern.variables.items():
            place.locals.bind(f"${name}", span)
        replacement = self.written = self._spread(node.replacement, place)
        self._check_names(replacement, place)
        claimed = self.module.claimed
        self.module.claimed = self._claimed(replacement, place)
        try:
            self.replacement = compile_node(replacement, place)
            if node.condition is not None:
                self.condition = compile_node(node.condition, Place(self.module, Naming(), place.locals))
                if self.condition.asks:
                    place.report("E0261", "a condition decides nothing", node.condition.span, "decide after `=>`")
        finally:
            self.module.claimed = claimed
        self.broken = len(self.module.diagnostics) > before
        self._early = frozenset(key for key in self.asked if f"${key}" in self.replacement.free)
        code = Nothing()
        code.absorb(self.replacement, self.condition, *codes)
        code.uses |= {each.head for each in self.pattern.calls if isinstance(each.head, BlockCode)}
        code.free = frozenset()
        self.code = code

    # ------------------------------------------------------------------------------ what stands in the text

    def _spread(self, node: tree.Expression, place: Place) -> tree.Expression:
        """*node* with `$*rest` in calls written out: the settings that it took, by name, but for those given there."""
        tails = self.pattern.tails

        def spread(each: tree.Node) -> tree.Node:
            if isinstance(each, tree.PatternVariable) and each.rest and each.name in tails:
                return evolve(each, name=f"*{each.name}", rest=False)
            made = tree.rebuild(each, spread)
            return self._spread_call(made, place) if isinstance(made, tree.Call) else made

        made = spread(node)
        assert isinstance(made, tree.Expression)
        return made

    def _spread_call(self, call: tree.Call, place: Place) -> tree.Call:
        given = [each for each in call.arguments if not _rest_of(each)]
        rests = [each for each in call.arguments if _rest_of(each)]
        if not rests:
            return call
        known = _settings_of(call, place)
        before = sum(each.name is None for each in call.arguments[: call.arguments.index(rests[0])])
        taken = {each.name for each in given if each.name is not None} | set((known or ())[:before])
        arguments = list(given)
        for each in rests:
            variable = each.value
            assert isinstance(variable, tree.PatternVariable)
            names = self.pattern.rest.get(variable.name)
            if self.broken and names is None:
                continue
            if names is None or {rest[variable.name] for rest in self._rests if variable.name in rest} != {names}:
                arguments.append(evolve(each, value=evolve(variable, rest=False)))  # reported as bound by nothing
                continue
            extra = [name for name in names if known is not None and name not in known]
            if extra:
                place.report(
                    "E0262", f"`$*{variable.name}` holds `{extra[0]}`, which `{_title(call)}` has not", each.span,
                    f"take it out: write `{extra[0]} = $_` in the pattern",
                )  # fmt: skip
                continue
            for name in names:
                if name not in taken:
                    value = tree.PatternVariable(f"*{variable.name}.{name}", span=each.span)
                    arguments.append(tree.Argument(value, name, span=each.span, name_span=each.span))
        return evolve(call, arguments=tuple(arguments))

    @property
    def _rests(self) -> list[dict[str, tuple[str, ...]]]:
        return [{each.rest: each.left} for each in self.pattern.calls if each.rest is not None]

    def _check_names(self, node: tree.Node, place: Place) -> None:
        """`as $f` belongs before `=>`."""
        if isinstance(node, tree.As) and node.name.startswith("$"):
            hint = "name the whole match there, or write `as name`"
            place.report("E0250", "`as $f` stands in the pattern", node.name_span, hint)
        for child in tree.children(node):
            self._check_names(child, place)

    def _claimed(self, replacement: tree.Expression, place: Place) -> dict[tree.Node, Code]:
        """What stands for variables, and for what is asked of the match, in the condition and the replacement."""
        found: dict[tree.Node, Code] = {}
        counts = Counter(_applied_once(replacement))
        parts = [replacement] if self.node.condition is None else [self.node.condition, replacement]
        for part in parts:
            for each in _walk(part):
                self._claim_asked(each, place, found)
        for part in parts:
            self._claim_variables(part, place, found, counts)
        return found

    def _claim_variables(
        self, node: tree.Node, place: Place, found: dict[tree.Node, Code], counts: Counter[str]
    ) -> None:
        if node in found:
            return
        if isinstance(node, tree.PatternVariable) and node.name == self.whole and self.pattern.joins:
            place.report(
                "E0250", f"`${node.name}` is several layers with several tensors that flow in, which is no layer", node.span,
                "say what is made of the tensors; or name a stage, and apply that",
            )  # fmt: skip
            found[node] = Nothing()
            return
        if isinstance(node, tree.PatternVariable) and not node.rest and place.locals.read(f"${_key(node)}"):
            found[node] = VariableCode(_key(node), node.span, counts[node.name] == 1)
        elif isinstance(node, tree.PatternVariable) and node.name.startswith("*"):
            found[node] = VariableCode(node.name, node.span, counts[node.name] == 1)
        asked = asked_of(node)
        if asked is not None:
            self._report_asked(*asked, place)
            found[node] = Nothing()
            return
        if (
            isinstance(node, tree.Attribute)
            and isinstance(node.target, tree.PatternVariable)
            and node.target.name in self.wholes
        ):
            hint = suggest(node.name, (*_ASKED, *_COSTS))
            place.report("E0254", f"a match has no `{node.name}`", node.name_span, hint)
            found[node] = Nothing()
            return
        for child in tree.children(node):
            self._claim_variables(child, place, found, counts)

    def _report_asked(self, node: tree.Attribute, variable: tree.PatternVariable, place: Place) -> None:
        if variable.name not in self.wholes:
            place.report(
                "E0254", f"`.{node.name}` is asked of the whole match, not of `${variable.name}`", node.span,
                "name the match: `pattern as $f`" if self.whole is None else f"write `${self.whole}.{node.name}`",
            )  # fmt: skip
        elif node.name == "path":
            place.report(
                "E0255", f"`${variable.name}.path` is asked with `in`", node.span,
                f"write `${variable.name}.path in Block`",
            )  # fmt: skip
        else:
            place.report(
                "E0254", f"`${variable.name}.{node.name}` is no value: a part of it is, or a comparison", node.span,
                f"write `${variable.name}.{node.name}.channels`, or `${variable.name}.in == ${variable.name}.out`",
            )  # fmt: skip

    def _claim_asked(self, node: tree.Node, place: Place, found: dict[tree.Node, Code]) -> None:
        """Note *node* if it asks something of the match: a part of its types, a comparison of them, where it stands."""
        code = self._asking(node, place)
        if code is None or node in found:
            return
        key = f"#{len(self.asked)}"
        self.asked[key] = code
        if isinstance(code, _Inside | _Cost):
            self.facts[node] = key
        found[node] = VariableCode(key, node.span)

    def _asking(self, node: tree.Node, place: Place) -> Code | None:
        if isinstance(node, tree.Attribute) and node.name in _COSTS and isinstance(node.target, tree.PatternVariable):
            return _Cost(node.target.name, node.name, node.span) if node.target.name in self.wholes else None
        if isinstance(node, tree.Attribute):
            types = self._measured(node.target)
            return None if types is None else _Part(types, node.name, node.span, node.name_span)
        if not isinstance(node, tree.Binary):
            return None
        if node.operator in (tree.BinaryOperator.EQUAL, tree.BinaryOperator.UNEQUAL):
            left, right = self._measured(node.left), self._measured(node.right)
            negated = node.operator is tree.BinaryOperator.UNEQUAL
            return None if left is None or right is None else _Same(left, right, negated, node.span)
        asked = asked_of(node.left)
        if node.operator in (tree.BinaryOperator.IN, tree.BinaryOperator.NOT_IN) and asked is not None:
            field, variable = asked
            if field.name == "path" and variable.name in self.wholes:
                return self._standing(node.right, node.operator is tree.BinaryOperator.NOT_IN, node.span, place)
        return None

    def _standing(self, right: tree.Expression, negated: bool, span: Span, place: Place) -> Code:
        declared = place.module.declared.get(right.name) if isinstance(right, tree.Name) else None
        if isinstance(declared, BlockCode):
            self.blocks |= {declared}
            return _Inside(declared, negated, span)
        known = [name for name, each in place.module.declared.items() if isinstance(each, BlockCode)]
        close = nearest(right.name, known) if isinstance(right, tree.Name) else None
        hint = f"did you mean `{close}`?" if close else f"one of {', '.join(known)}" if known else None
        place.report("E0255", "a match stands in a block or cell", right.span, hint)
        return Nothing()

    def _measured(self, node: tree.Node) -> Code | None:
        """The types that *node*, `$f.in` or `$f.out`, stands for."""
        asked = asked_of(node)
        if asked is None or asked[0].name == "path" or asked[1].name not in self.wholes:
            return None
        field, variable = asked
        return _Types(field.name if variable.name == self.whole else f"{variable.name}.{field.name}", node.span)

    # ----------------------------------------------------------------------------------------- while running

    def concerns(self, layer: OperatorLayer | BlockLayer) -> bool:
        """Whether *layer* calls what the pattern calls."""
        return self.pattern.concerns(layer)

    def match(self, called: Called, measured: "Measured", frame: Frame, known: bool) -> Bound | None:
        """What the variables stand for if the rule applies to *called*; that it does may be *known* beforehand."""
        bound = self.pattern.match(called, frame, known)
        if bound is None or frame.rules is None:
            return None
        asked: dict[str, Any] = {
            "in": measured.tensors, "out": measured.out, INSIDE: frame.rules.inside, COSTING: measured.cost,
        }  # fmt: skip
        return self.judged(bound, asked, {self.whole: called.layer} if self.whole is not None else {}, frame, known)

    def judged(
        self, bound: Bound, asked: dict[str, Any], wholes: Bound, frame: Frame, known: bool = False
    ) -> Bound | None:
        """*bound*, and with it what is *asked* of the match, if the condition holds of it. *asked* are the tensors by
        `in` and `out`, those of a stage by `a.in`, and the blocks around by `INSIDE`; *wholes* what was matched, by the
        variables for it.
        """
        asking = Frame(asked, frame.path, frame.name, frame.builder, frame.run, frame.again, frame.rules)
        for key, code in self.asked.items():
            bound[key] = Thunk(code, asking)
        if self.condition is not None and not known:
            given = {f"${name}": value for name, value in bound.items()}
            given.update({f"${name}": layer for name, layer in wholes.items()})
            inner = Frame(given, "", "", frame.builder, frame.run)
            try:
                if not need_bool(self.condition.run(inner), self.condition.span, "the condition of a rule"):
                    return None
            except NotThere:
                return None
        for key in sorted(self._early):
            bound[key] = force(bound[key])
        return bound


def word_in(span: Span, word: str, before: str = "") -> Span:
    """Where *word* stands last in *span*, or last before the word *before*."""
    end = span.text.rfind(before) if before else len(span.text)
    found = [each.start() for each in re.finditer(rf"\b{re.escape(word)}\b", span.text[: max(end, 0)])]
    return Span(span.source, span.start + found[-1], span.start + found[-1] + len(word)) if found else span


def _key(node: tree.PatternVariable) -> str:
    return f"*{node.name}" if node.rest else node.name


def _rest_of(argument: tree.Argument) -> bool:
    return isinstance(argument.value, tree.PatternVariable) and argument.value.rest


def _title(call: tree.Call) -> str:
    return call.function.name if isinstance(call.function, tree.Name) else "it"


def _settings_of(call: tree.Call, place: Place) -> tuple[str, ...] | None:
    """The settings of what *call* calls, if it is known."""
    if not isinstance(call.function, tree.Name):
        return None
    declared = place.module.declared.get(call.function.name)
    if isinstance(declared, BlockCode):
        return tuple(each.name for each in declared.settings)
    operator = operators.lookup(call.function.name) if declared is None else None
    return tuple(each.name for each in operator.settings) if operator is not None else None


def asked_of(node: tree.Node) -> tuple[tree.Attribute, tree.PatternVariable] | None:
    """`$f.in`, `$f.out` or `$f.path`, and its variable."""
    if isinstance(node, tree.Attribute) and isinstance(node.target, tree.PatternVariable) and node.name in _ASKED:
        return node, node.target
    return None


def _walk(node: tree.Node) -> Iterator[tree.Node]:
    yield node
    for child in tree.children(node):
        yield from _walk(child)


def _applied_once(node: tree.Node, times: int = 1) -> Iterator[str]:
    """The variables in *node*, as often as each may be applied: what stands in a loop may be many times."""
    if isinstance(node, tree.PatternVariable):
        yield from [node.name] * times
    several = isinstance(node, (tree.Repeat, tree.For)) or (isinstance(node, (tree.Item, tree.Field)) and node.clauses)
    for child in tree.children(node):
        yield from _applied_once(child, 2 if several else times)
