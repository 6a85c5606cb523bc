"""Hypothesis strategies for programs: random nodes of every kind, as reading a text would build them.

What no text can say is left out: an empty `oneof`, a comprehension with a guard, an `if` used as a value without
`else`. Nothing here means anything; the trees only have the right shape.

Trees are grown by plain functions that draw their choices: nested strategies would be thousands of objects.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from symnas import tree
from symnas.grammar.tokens import keywords

__all__ = ["declarations", "expressions", "modules"]

T = TypeVar("T")

WORDS: SearchStrategy[str] = st.sampled_from(
    [*"abcxy", "Conv2d", "out_channels", "keep", "_", "space", "x1", *sorted(keywords())]
)
"""What may stand after `.`, as a label or as a setting: any word."""

NAMES: SearchStrategy[str] = st.sampled_from([*"abcxy", "Conv2d", "out_channels", "keep", "_", "space", "x1"])
"""What may be bound and read."""

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PATHS = st.sampled_from(["kernel", "train.lr", "Net.stem", "A.b[0].if", "A.x[12].B[1].repeat[3].k", "keep.in"])
ROUTES = NAMES | st.sampled_from(["a[0].b", "stage.conv[1][2]"])
COUNTS = st.integers(0, 3)
CHANCE = st.booleans()
WHOLE = st.integers(-(10**12), 10**12)
EXPONENTS = st.integers(-40, 40)
OPERATORS = st.sampled_from(tree.BinaryOperator)
SIGNS = st.sampled_from(tree.UnaryOperator)


class Grower:
    """Grows nodes out of drawn choices; *in_rule* lets variables of rules stand among the expressions."""

    def __init__(self, draw: st.DrawFn, *, in_rule: bool = False) -> None:
        self.draw = draw
        self.in_rule = in_rule

    def pick(self, *makers: Callable[[], T]) -> T:
        """What one of *makers* makes."""
        return makers[self.draw(st.integers(0, len(makers) - 1))]()

    def maybe(self, make: Callable[[], T]) -> T | None:
        """What *make* makes, or nothing."""
        return make() if self.draw(CHANCE) else None

    def few(self, make: Callable[[], T], least: int = 0) -> tuple[T, ...]:
        """A few of what *make* makes."""
        return tuple(make() for _ in range(max(least, self.draw(COUNTS))))

    def name(self) -> str:
        """A name that may be bound."""
        return self.draw(NAMES)

    def word(self) -> str:
        """A name or a keyword."""
        return self.draw(WORDS)

    # ------------------------------------------------------------------------------------ expressions

    def number(self) -> tree.Number:
        """An exact number with an end: whole, or with a point, of either sign, large or small."""
        if self.draw(CHANCE):
            return tree.Number(Fraction(self.draw(WHOLE)))
        return tree.Number(Fraction(self.draw(WHOLE)) * Fraction(10) ** self.draw(EXPONENTS), real=True)

    def leaf(self) -> tree.Expression:
        """An expression without parts."""
        if self.in_rule and self.draw(CHANCE):
            return tree.PatternVariable(self.name(), self.draw(CHANCE))
        makers: list[Callable[[], tree.Expression]] = [
            self.number,
            lambda: tree.Text(self.draw(TEXTS)),
            lambda: tree.Boolean(self.draw(CHANCE)),
            tree.NoneValue,
            lambda: tree.Name(self.name()),
            lambda: tree.Name("train"),
        ]
        return self.pick(*makers)

    def expression(self, depth: int) -> tree.Expression:
        """An expression at most *depth* forms deep."""
        if depth == 0:
            return self.leaf()

        def inner() -> tree.Expression:
            return self.expression(depth - 1)

        return self.pick(
            self.leaf,
            lambda: tree.Attribute(inner(), self.word()),
            lambda: tree.Index(inner(), self.few(lambda: self.subscript(depth), 1)),
            lambda: tree.Call(inner(), self.few(lambda: self.argument(depth))),
            lambda: tree.Binary(self.draw(OPERATORS), inner(), inner()),
            lambda: tree.Binary(self.draw(OPERATORS), inner(), inner()),
            lambda: tree.Unary(self.draw(SIGNS), inner()),
            lambda: tree.Pipe(inner(), inner()),
            lambda: tree.As(inner(), self.draw(ROUTES)),
            lambda: tree.ListOf(self.few(lambda: self.item(depth))),
            lambda: tree.Tuple(self.few(lambda: self.item(depth))),
            lambda: tree.Record(self.few(lambda: self.field(depth))),
            lambda: self.oneof(depth),
            lambda: tree.Repeat(inner(), self.value_body(depth - 1)),
            lambda: self.value_if(depth - 1),
            lambda: self.when(depth - 1),
            lambda: self.value_body(depth - 1),
        )

    def subscript(self, depth: int) -> tree.Expression | tree.Slice:
        """A position or a slice."""
        if self.draw(CHANCE):
            return self.expression(depth - 1)
        start, stop, step = (self.maybe(lambda: self.expression(depth - 1)) for _ in range(3))
        return tree.Slice(start, stop, step)

    def argument(self, depth: int) -> tree.Argument:
        """A plain, named or spread argument."""
        value = self.expression(depth - 1)
        name = self.maybe(self.word)
        return tree.Argument(value, name, spread=name is None and self.draw(CHANCE))

    def condition(self, depth: int) -> tuple[tree.Expression | None, tuple[tree.Comprehend, ...]]:
        """A guard, the clauses of a comprehension, or neither."""
        guard = self.maybe(lambda: self.expression(depth - 1))
        clauses = self.few(lambda: self.clause(depth)) if guard is None and self.draw(CHANCE) else ()
        return guard, clauses

    def clause(self, depth: int) -> tree.Comprehend:
        """One clause of a comprehension."""
        conditions = self.few(lambda: self.expression(depth - 1))
        return tree.Comprehend(self.pattern(), self.expression(depth - 1), conditions)

    def item(self, depth: int) -> tree.Item:
        """An entry of a list or tuple."""
        guard, clauses = self.condition(depth)
        return tree.Item(self.expression(depth - 1), self.draw(CHANCE), guard, clauses)

    def field(self, depth: int) -> tree.Field:
        """An entry of a record: labelled, computed or spread."""
        guard, clauses = self.condition(depth)
        value = self.expression(depth - 1)
        return self.pick(
            lambda: tree.Field(value, self.word(), guard=guard, clauses=clauses),
            lambda: tree.Field(value, key=self.expression(depth - 1), guard=guard, clauses=clauses),
            lambda: tree.Field(value, spread=True, guard=guard, clauses=clauses),
        )

    def oneof(self, depth: int) -> tree.OneOf:
        """`oneof` in brackets, with a prior or without, or in braces, with labels or without."""
        if self.draw(CHANCE):
            alternatives = self.few(lambda: self.alternative(depth, None), 1)
            return tree.OneOf(alternatives, self.maybe(lambda: self.expression(depth - 1)))
        return tree.OneOf(self.few(lambda: self.alternative(depth, self.maybe(self.word)), 1), braces=True)

    def alternative(self, depth: int, label: str | None) -> tree.Alternative:
        """One alternative, guarded or not."""
        guard = self.maybe(lambda: self.expression(depth - 1))
        return tree.Alternative(self.expression(depth - 1), label, label is None and self.draw(CHANCE), guard)

    # ----------------------------------------------------------------------------- statements, bodies

    def pattern(self, depth: int = 2) -> tree.Pattern:
        """A name, or a tuple of patterns."""
        if depth == 0 or self.draw(CHANCE):
            return tree.NamePattern(self.name())
        return tree.TuplePattern(self.few(lambda: self.pattern(depth - 1), 1))

    def statement(self, depth: int) -> tree.Statement:
        """A statement that has no value."""
        inner = max(0, depth - 1)
        plain: list[Callable[[], tree.Statement]] = [
            lambda: tree.Bind(self.pattern(), self.expression(inner)),
            lambda: tree.Shared(self.name(), self.expression(inner)),
            lambda: tree.Require(self.expression(inner)),
        ]
        if depth <= 0:
            return self.pick(*plain)
        return self.pick(
            *plain,
            lambda: tree.For(self.pattern(), self.expression(inner), self.body(inner)),
            lambda: tree.If(self.expression(inner), self.body(inner), self.maybe(lambda: self.body(inner))),
            lambda: tree.If(
                self.expression(inner), self.body(inner), tree.If(self.expression(inner), self.body(inner))
            ),
        )

    def body(self, depth: int) -> tree.Body:
        """A body without a result."""
        return tree.Body(self.few(lambda: self.statement(depth)))

    def value_body(self, depth: int) -> tree.Body:
        """A body that ends in a result."""
        before = self.few(lambda: self.statement(depth - 1))[:2]
        return tree.Body((*before, tree.Result(self.expression(max(0, depth)))))

    def value_if(self, depth: int) -> tree.If:
        """`if` with `else`, chained or not, every branch with a value."""
        body: Callable[[], tree.Body | tree.If] = lambda: self.value_body(depth)  # noqa: E731 - a maker among others
        last = self.pick(body, body, lambda: self.value_if(depth))
        return tree.If(self.expression(depth), self.value_body(depth), last)

    def when(self, depth: int) -> tree.When:
        """`when`, its last branch a body, an `if` or another `when`."""
        body: Callable[[], tree.Body | tree.If | tree.When] = lambda: self.value_body(depth)  # noqa: E731 - as above
        last = self.pick(body, body, lambda: self.value_if(depth), lambda: self.when(depth))
        return tree.When(self.expression(depth), self.value_body(depth), last)

    # ------------------------------------------------------------------------------------ declarations

    def parameter(self) -> tree.Parameter:
        """A parameter: plain, with a default, typed, or of any number."""
        if self.draw(COUNTS) == 0:
            return tree.Parameter(self.name(), rest=True)
        return tree.Parameter(self.name(), self.maybe(self.leaf), self.maybe(lambda: self.expression(1)))

    def lists(self) -> tuple[tuple[tree.Parameter, ...], tuple[tree.Parameter, ...] | None]:
        """Settings and inputs; a lone list whose first parameter has a type is one of inputs."""
        settings, inputs = self.few(self.parameter), self.maybe(lambda: self.few(self.parameter))
        if inputs is None and settings and settings[0].type is not None:
            return (), settings
        return settings, inputs

    def meaning(self) -> tree.Expression:
        """What a declaration stands for; a body is never the value after `=`, where it would look the same."""
        return self.expression(2)

    def type(self) -> tree.Expression | None:
        """A declared result."""
        return self.maybe(lambda: self.expression(1))

    def block(self) -> tree.Block:
        """A block or a cell."""
        kind = tree.BlockKind.CELL if self.draw(CHANCE) else tree.BlockKind.BLOCK
        return tree.Block(kind, self.name(), self.meaning(), *self.lists(), self.type())

    def used(self) -> tree.Used:
        """A thing from a Python module."""
        return tree.Used(self.name(), *self.lists(), self.type())

    def rule(self) -> tree.Rule:
        """A rewriting rule, the only declaration with variables."""
        inner = Grower(self.draw, in_rule=True)
        condition = self.maybe(lambda: inner.expression(2))
        return tree.Rule(self.name(), inner.expression(2), inner.expression(2), condition, self.maybe(self.name))

    def declaration(self) -> tree.Declaration:
        """A declaration of any kind."""
        direction = tree.Direction.MAXIMIZE if self.draw(CHANCE) else tree.Direction.MINIMIZE
        makers: list[Callable[[], tree.Declaration]] = [
            self.block,
            lambda: tree.Net(self.name(), self.few(self.parameter), self.meaning(), self.type()),
            lambda: tree.Rewritten(self.name(), self.name(), self.few(self.name, 1)),
            lambda: tree.Let(self.name(), self.expression(3)),
            lambda: tree.Fn(self.name(), self.few(self.parameter), self.meaning()),
            lambda: tree.Shared(self.name(), self.expression(2)),
            lambda: tree.Train(self.few(lambda: self.field(2)), self.maybe(self.name)),
            lambda: tree.Search(self.few(lambda: self.field(2))),
            lambda: tree.Require(self.expression(2)),
            lambda: tree.Assert(self.expression(2)),
            lambda: tree.Objective(direction, self.expression(2)),
            lambda: tree.Measure(self.few(self.name, 1), self.expression(2)),
            self.rule,
            lambda: tree.Import(self.draw(TEXTS), self.few(self.imported, 1), self.maybe(lambda: self.draw(TEXTS))),
            lambda: tree.Use(".".join(self.few(self.name, 1)), self.few(self.used, 1)),
            lambda: tree.Pick(self.few(lambda: tree.PickEntry(self.draw(PATHS), self.expression(1)))),
            lambda: tree.Moved(self.draw(PATHS), self.draw(PATHS)),
        ]
        return self.pick(*makers)

    def imported(self) -> tree.Imported:
        """A name in an import."""
        return tree.Imported(self.name(), self.maybe(self.name))


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> tree.Expression:
    """Expressions at most *depth* forms deep."""
    return Grower(draw).expression(depth)


@st.composite
def declarations(draw: st.DrawFn) -> tree.Declaration:
    """Declarations of every kind."""
    return Grower(draw).declaration()


@st.composite
def modules(draw: st.DrawFn) -> tree.Module:
    """Whole files."""
    grower = Grower(draw)
    return tree.Module(grower.few(grower.declaration), 1 if draw(CHANCE) else None)
