"""What a rule with placeholders puts down on one network: its replacement as it is written in the program that comes of
it, with what its variables stand for in their place.

What was captured whole stays what it is, a part of the step (`symnas.openings`). What is asked of the types of a match is
asked of what flows in, in the program too, where it may depend on what was decided before.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import TypeGuard

from attrs import evolve

from symnas import tree
from symnas.elaborate.applying import setting_value
from symnas.elaborate.rulepatterns import as_value, same
from symnas.elaborate.rules import asked_of
from symnas.elaborate.values import BlockLayer, BlockRecipe, Chain, Listing, OperatorLayer, Record, Thunk, Value, force
from symnas.errors import SourceError
from symnas.grammar import dump
from symnas.graph import Operation, Scope, Step, Use
from symnas.openings import FLOWING, Opening, flowing, open_step, part
from symnas.operators import OPERATORS
from symnas.operators.base import REQUIRED, SettingValue
from symnas.operators.starts import Start
from symnas.rewriting.finding import written
from symnas.rewriting.inferring import Types
from symnas.rewriting.matching import Match
from symnas.rewriting.placing import Placing, decisions_in, piped
from symnas.rewriting.reading import Context
from symnas.rewriting.replacing import base_name
from symnas.sizes import SymbolicSize
from symnas.spelling import of_operation, value_node

__all__ = ["Writer"]

_FLOWING = tree.PatternVariable(FLOWING)


class Writer:
    """Makes steps that are not decided, and gathers what the program has to declare for them."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.declared: dict[str, tree.Declaration] = {}
        """What was called, by name: blocks, `fn`s and `let`s of the network's program and of the rules."""

    def scope(self, match: Match, types: Types) -> Scope:
        """The replacement of *match*, into which *types* flow."""
        name = match.first.name
        filled = _Filled(match)
        expression = filled.expression(match.rule.written)
        self._declare(expression)
        placed = Placing(match.rule.name, name, filled.parts, decisions_in(match.rule.written))
        if match.way.joins and filled.reads_tensors:
            made = placed.tensor(expression, base_name(match))
        else:
            made = placed.layer(expression, name)
        found = Opening(made, tuple(placed.parts), not filled.reads_tensors)
        outputs = match.outputs
        step = open_step(found, name, types, outputs, _title(found, match.way.inputs), tuple(filled.symbols))
        first = len(types)
        return Scope("", types, step.scope.input_names, (step,), tuple(range(first, first + len(outputs))))

    def _declare(self, node: tree.Node) -> None:
        """Gather what *node* reads of what is declared, and what that reads."""
        known = self.context.declarations
        waiting = [node]
        while waiting:
            each = waiting.pop()
            waiting += tree.children(each)
            if isinstance(each, tree.Name) and each.name in known and each.name not in self.declared:
                self.declared[each.name] = known[each.name]
                waiting.append(known[each.name])


def _title(found: Opening, inputs: Sequence[str]) -> str:
    """An expression as reports tell it, captured layers by what they call, and tensors by the variables for them."""
    names: dict[tree.Node, tree.Expression] = {
        part(number): tree.Name(written(each)) for number, each in enumerate(found.parts)
    }
    names |= {flowing(number): tree.PatternVariable(name) for number, name in enumerate(inputs)}

    def told(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.As):
            return told(node.value)
        if isinstance(node, tree.PatternVariable):
            return names.get(node, tree.Name("x"))
        return tree.rebuild(node, told)

    found_node = told(found.expression)
    assert isinstance(found_node, tree.Expression)
    return dump(found_node)


# ------------------------------------------------------------------------------------------- variables


class _Filled:
    """Fills what the variables of one match stand for into expressions; *parts* are the layers that were captured."""

    def __init__(self, match: Match) -> None:
        self.match = match
        self.parts: list[Operation | Use] = []
        self.symbols: dict[SymbolicSize, None] = {}
        rule, way = match.rule, match.way
        self.stages = {each.whole: place for place, each in enumerate(way.stages) if each.whole is not None}
        if rule.whole is not None and not rule.pattern.single:
            self.stages[rule.whole] = -1
        self.reads_tensors = False
        """Whether it says itself what is made of the tensors that flow in, as is done where there are several."""
        self.flowing = {name: flowing(place) for place, name in enumerate(way.inputs)}

    def expression(self, node: tree.Expression) -> tree.Expression:
        """*node* of the replacement, filled."""
        found = self._filled(node)
        assert isinstance(found, tree.Expression)
        return found

    def _filled(self, node: tree.Node) -> tree.Node:
        if isinstance(node, tree.PatternVariable):
            return self._variable(node)
        if isinstance(node, tree.Call):
            return self._call(node)
        asked = asked_of(node)
        if asked is not None:
            return self._asked(asked[0].name, asked[1].name)
        if node in self.match.rule.facts:
            return self._value(self.match.bound[self.match.rule.facts[node]])
        if isinstance(node, tree.Binary) and asked_of(node.left) is not None and asked_of(node.right) is not None:
            return evolve(node, left=_shape(self._filled(node.left)), right=_shape(self._filled(node.right)))
        return tree.rebuild(node, self._filled)

    def _variable(self, node: tree.PatternVariable) -> tree.Expression:
        if node.name in self.flowing:
            self.reads_tensors = True
            return self.flowing[node.name]
        if node.name in self.stages:
            return self._whole(node.name)
        if node.name == f"*{self.match.way.tail}":
            return piped(map(self._part, self.match.tail))
        return self._value(self.match.bound[node.name])

    def _whole(self, name: str) -> tree.Expression:
        """The stage called *name*, or all of them."""
        place = self.stages[name]
        if place >= 0:
            return self._part(self.match.steps[place])
        return piped(map(self._part, self.match.every))

    def _part(self, step: Step) -> tree.Expression:
        assert isinstance(step, Operation | Use), "what rules match is an operation or a block"
        self.parts.append(step)
        return part(len(self.parts) - 1)

    def _asked(self, which: str, name: str) -> tree.Expression:
        """`$f.in` or `$f.out`: what flows in, through the stages up to there."""
        if self.match.way.joins:
            return self._asked_of_joint(which, self.stages[name])
        steps = self.match.every
        place = self.stages[name]
        first, last = (0, len(steps) - 1) if place < 0 or name == self.match.rule.whole else (place, place)
        before = steps[:first] if which == "in" else steps[: last + 1]
        return piped((_FLOWING, *map(self._part, before)))

    def _asked_of_joint(self, which: str, place: int) -> tree.Expression:
        """The same where several tensors flow in: they, or what is made of them."""
        links = self.match.way.links[place]
        if which == "in" and place < 0:
            found = list[tree.Expression](self.flowing.values())
        elif which == "in":
            found = [self._made(each) for each in links]
        else:
            return self._made(len(self.match.steps) - 1 if place < 0 else place)
        return found[0] if len(found) == 1 else tree.Tuple(tuple(map(tree.Item, found)))

    def _made(self, link: int | str) -> tree.Expression:
        """What stands for a tensor in the match, made anew."""
        if isinstance(link, str):
            return self.flowing[link]
        step, operands = self.match.steps[link], [self._made(each) for each in self.match.way.links[link]]
        if isinstance(step, Operation) and step.operator[0].islower():
            return of_operation(step, operands)
        into = operands[0] if len(operands) == 1 else tree.Tuple(tuple(map(tree.Item, operands)))
        return tree.Pipe(into, self._part(step))

    def _call(self, node: tree.Call) -> tree.Expression:
        """A call, without what is passed on where it is the default."""
        made = tree.rebuild(node, self._filled)
        assert isinstance(made, tree.Call)
        defaults = _defaults(node.function.name) if isinstance(node.function, tree.Name) else {}
        given = [
            after
            for before, after in zip(node.arguments, made.arguments, strict=True)
            if not (_is_passed_on(before) and self._is_default(before, defaults))
        ]
        return evolve(made, arguments=tuple(given))

    def _is_default(self, argument: tree.Argument, defaults: dict[str, Value]) -> bool:
        assert isinstance(argument.value, tree.PatternVariable)
        if argument.value.name not in self.match.bound:
            return False
        value = force(self.match.bound[argument.value.name])
        return argument.name in defaults and same(defaults[argument.name or ""], value)

    def _value(self, value: Value | Thunk) -> tree.Expression:
        """*value* as it is written."""
        value = force(value)
        match value:
            case OperatorLayer():
                return of_operation(Operation(value.operator.name, value.settings, (), (), ""), ())
            case BlockLayer():
                given = tuple(tree.Argument(self._value(each), name) for name, each in value.arguments.items())
                name = tree.Name(value.block.name)
                return tree.Call(name, given) if given else name
            case BlockRecipe():
                return tree.Name(value.block.name)
            case Chain():
                return tree.Pipe(self._value(value.first), self._value(value.second))
            case Listing():
                return tree.ListOf(tuple(tree.Item(self._value(each)) for each in value.all()))
            case Record():
                return tree.Record(tuple(tree.Field(self._value(value[each]), each) for each in value.labels))
            case _:
                plain = setting_value(value)
                if isinstance(plain, SymbolicSize):
                    self.symbols[plain] = None
                if not _is_plain(plain):
                    raise SourceError.at(
                        "E0269", f"{plain} cannot be written down", self.match.rule.replacement.span,
                        "match the block that it is given to",
                    )  # fmt: skip
                return value_node(plain)


def _is_plain(value: object) -> TypeGuard[SettingValue]:
    return value is None or isinstance(value, bool | int | float | str | Fraction | Start | SymbolicSize)


def _is_passed_on(argument: tree.Argument) -> bool:
    """Whether *argument* is a setting as it was matched."""
    return isinstance(argument.value, tree.PatternVariable) and argument.name is not None


@lru_cache(maxsize=256)
def _defaults(operator: str) -> dict[str, Value]:
    found = OPERATORS.get(operator)
    settings = () if found is None else found.settings
    return {each.name: as_value(each.default) for each in settings if each.default is not REQUIRED}


def _shape(node: tree.Node) -> tree.Expression:
    assert isinstance(node, tree.Expression)
    return tree.Attribute(node, "shape")
