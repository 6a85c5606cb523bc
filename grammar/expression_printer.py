"""Expressions and statements as documents: where brackets must stand, and where lines may be broken.

A line may be broken inside round and square brackets, before `->`, `and` and `or`, and after other operators; in braces
each field or statement has a line, or they share one. Declarations are `printer.py`'s. What the lines of a text that
was read have to say is `formatter.py`'s, which overrides the methods named hooks.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from symnas import tree
from symnas.grammar.document import Document, Group, Line, Nest
from symnas.grammar.literals import BadNumber, UnknownUnit, read_number, spell_number, spell_text
from symnas.tree import BinaryOperator, UnaryOperator

__all__ = ["Chain", "ExpressionPrinter", "Link", "hugs"]

PIPE, AS, OR, AND, NOT, COMPARISON, RANGE, SUM, TERM, NEGATED, POWER, POSTFIX, ATOM = range(13)
"""How tightly the forms bind, loosest first: the levels of the grammar."""

_LEVELS = {
    BinaryOperator.OR: OR, BinaryOperator.AND: AND, BinaryOperator.EQUAL: COMPARISON,
    BinaryOperator.UNEQUAL: COMPARISON, BinaryOperator.LESS: COMPARISON, BinaryOperator.AT_MOST: COMPARISON,
    BinaryOperator.GREATER: COMPARISON, BinaryOperator.AT_LEAST: COMPARISON, BinaryOperator.IN: COMPARISON,
    BinaryOperator.NOT_IN: COMPARISON, BinaryOperator.TO: RANGE, BinaryOperator.ADD: SUM,
    BinaryOperator.SUBTRACT: SUM, BinaryOperator.MULTIPLY: TERM, BinaryOperator.DIVIDE: TERM,
    BinaryOperator.FLOOR_DIVIDE: TERM, BinaryOperator.MODULO: TERM, BinaryOperator.MATMUL: TERM,
    BinaryOperator.POWER: POWER,
}  # fmt: skip

_WORDS = frozenset({BinaryOperator.AND, BinaryOperator.OR})

Link = tuple[str, Line, Document]
"""A step of a chain: what stands before the place where a line may be broken, that place, and what follows."""

Chain = list[Document]
"""The pieces of `if … { } else { }` in order, each pair of braces a piece of its own."""


class ExpressionPrinter:
    """Makes documents of expressions and statements, without regard to where nodes were written."""

    # -------------------------------------------------------------------------------------------- hooks

    def before(self, node: tree.Node) -> Line:
        """Hook: the place before *node* where an expression may go on in a new line."""
        return Line()

    def behind(self, node: tree.Node) -> Line:
        """Hook: the place behind *node* where an expression may go on in a new line."""
        return Line()

    def opening(self, node: tree.Node, flat: str) -> Line:
        """Hook: the place between an opening bracket and *node*."""
        return Line(flat)

    def separator(self, node: tree.Node, flat: str | None) -> Line:
        """Hook: the place before *node*, which is not the first in its brackets."""
        return Line(flat)

    def closing(self, node: tree.Node, flat: str) -> Line:
        """Hook: the place between *node*, the last in its brackets, and the closing one."""
        return Line(flat)

    def linked(self, link: Link) -> Document:
        """Hook: *link* as it follows the rest of its chain."""
        return Group(*link)

    def enclosed(self, opening: str, inside: Sequence[Document], lines: Sequence[Line], closing: str) -> Document:
        """Hook: *inside* in brackets, with *lines* before, between and after. Separators that do not read the same
        broken or not are part of *inside*.
        """
        parts = [each for pair in zip(lines, inside, strict=False) for each in pair]
        return Group(opening, Nest(*parts), lines[-1], closing)

    def parenthesised(self, node: tree.Expression, shown: Document) -> Document:
        """Hook: *node* in round brackets."""
        return self.enclosed("(", [shown], [Line(""), Line("")], ")")

    def hugged(self, argument: tree.Argument, shown: Document) -> Document | None:
        """Hook: a lone *argument*, which has brackets of its own that can be broken, right inside those of its call;
        `None` where these must be broken, too.
        """
        return "(", shown, ")"

    def prior_place(self, node: tree.OneOf) -> int:
        """Hook: before which alternative the prior is written."""
        return len(node.alternatives)

    def chained(self, chain: Chain) -> Document:
        """Hook: a chain of branches."""
        return Group(*chain)

    def otherwise(self, then: tree.Body) -> Document:
        """Hook: `else` behind *then*."""
        return " else "

    def pipeline(self, first: Document, stages: list[Link]) -> Document:
        """Hook: what flows into the stages, and these."""
        return first, Nest(*map(self.linked, stages))

    def meant(self, value: tree.Expression, shown: Document) -> tuple[Document, ...]:
        """Hook: `= value`, where the value may begin the next line."""
        if hugs(value):
            return " = ", shown
        return " =", Nest(Group(self.before(value), shown))

    def wrapped(self, node: tree.Expression) -> bool:
        """Hook: whether *node* stands in round brackets although nothing asks for it."""
        return False

    def text(self, node: tree.Text) -> str:
        """Hook: a string as it is spelled."""
        return spell_text(node.value)

    # ---------------------------------------------------------------------------------------- expressions

    def expression(self, node: tree.Expression, level: int = PIPE) -> Document:
        """*node* where a form of at least *level* must stand, in brackets if it binds looser."""
        document = self._bare(node)
        if _level(node) >= level and not self.wrapped(node):
            return document
        return self.parenthesised(node, document)

    def part(self, node: tree.Expression) -> Document:
        """*node* where the grammar wants a call, an index or what binds as tightly: a type, or what is called."""
        return self.expression(node, POSTFIX)

    def _bare(self, node: tree.Expression) -> Document:
        """*node* without brackets around it."""
        match node:
            case tree.Number():
                return _number(node)
            case tree.Text():
                return self.text(node)
            case tree.Boolean(value=value):
                return "true" if value else "false"
            case tree.NoneValue():
                return "none"
            case tree.Name(name=name):
                return name
            case tree.PatternVariable(name=name, rest=rest):
                return f"$*{name}" if rest else f"${name}"
            case tree.Attribute(target=target, name=name):
                return self.part(target), ".", name
            case tree.Index(target=target, items=items):
                return self.part(target), self.bracketed("[", items, [self.subscript(each) for each in items], "]")
            case tree.Call(function=function, arguments=arguments):
                return self.part(function), self._arguments(arguments)
            case tree.Binary():
                return self._binary(node)
            case tree.Unary():
                return self._unary(node)
            case tree.Pipe():
                return self._pipe(node)
            case tree.As(value=value, name=name):
                return self.expression(value, AS), " as ", name
            case tree.ListOf(items=items):
                return self.bracketed("[", items, [self.item(each) for each in items], "]")
            case tree.Tuple(items=items):
                return self._tuple(items, [self.item(each) for each in items])
            case tree.Record(fields=fields):
                return self.braced("{", fields, [self.field(each) for each in fields])
            case tree.OneOf():
                return self._oneof(node)
            case tree.Repeat(count=count, body=inside):
                turns = self.bracketed("(", [count], [self.expression(count)], ")")
                return "repeat", turns, " ", self.braces(inside)
            case tree.If() | tree.When():
                return self.chained(self._branches(node))
            case tree.Body():
                return self.braces(node)
            case _:
                assert_never(node)

    # ------------------------------------------------------------------------------------------ operators

    def _unary(self, node: tree.Unary) -> Document:
        operand = self.expression(node.operand, NOT if node.operator is UnaryOperator.NOT else NEGATED)
        if node.operator is UnaryOperator.NOT:
            return "not ", operand
        if isinstance(node.operand, tree.Number) and _level(node.operand) == ATOM and not self.wrapped(node.operand):
            return "-(", _number(node.operand), ")"  # without brackets it would be a number below 0
        return "-", operand

    def _pipe(self, node: tree.Pipe) -> Document:
        stages: list[Link] = []
        first: tree.Expression = node
        while isinstance(first, tree.Pipe) and not (stages and self.wrapped(first)):
            stages.append(("", self.behind(first.left), ("-> ", self.expression(first.right, AS))))
            first = first.left
        return self.pipeline(self.expression(first, PIPE), stages[::-1])

    def _binary(self, node: tree.Binary) -> Document:
        """A chain of operators of one level; powers nest to the right, comparisons and `..` not at all."""
        level = _LEVELS[node.operator]
        if level == POWER:
            return self.expression(node.left, POSTFIX), " ** ", self.expression(node.right, NEGATED)
        if node.operator is BinaryOperator.TO:
            return self._bound(node.left), "..", self._bound(node.right)
        if level == COMPARISON:
            return self.expression(node.left, RANGE), Nest(self._operator(node, RANGE))
        links: list[Document] = []
        first: tree.Expression = node
        while isinstance(first, tree.Binary) and _LEVELS[first.operator] == level:
            if links and self.wrapped(first):
                break
            link = self._operator(first, level + 1)
            in_brackets = _level(first.right) <= level and first.operator not in _WORDS
            links.append(link if in_brackets else Nest(link))
            first = first.left
        return self.expression(first, level), *reversed(links)

    def _operator(self, node: tree.Binary, level: int) -> Document:
        """The operator and what stands to its right, with the place where a line may be broken."""
        document = self.expression(node.right, level)
        if node.operator in _WORDS:
            return self.linked(("", self.behind(node.left), (f"{node.operator.value} ", document)))
        if _level(node.right) < level or self.wrapped(node.right):  # in brackets, which can be broken instead
            return self.before_brackets(f" {node.operator.value}", self.before(node.right), document)
        return self.linked((f" {node.operator.value}", self.before(node.right), document))

    def before_brackets(self, sign: str, line: Line, document: Document) -> Document:
        """Hook: *sign* and its operand in brackets, which are broken rather than *line*."""
        return f"{sign} ", document

    def _bound(self, node: tree.Expression) -> Document:
        """A bound of `a..b`; a sum of plain parts stands tight, `i+1..n-1`, as it binds tighter than it would look."""
        sums = {BinaryOperator.ADD, BinaryOperator.SUBTRACT}
        if isinstance(node, tree.Binary) and node.operator in sums and not self.wrapped(node):
            left, right = self._bound(node.left), self.expression(node.right, TERM)
            if isinstance(left, str) and isinstance(right, str):
                return f"{left}{node.operator.value}{right}"
        return self.expression(node, SUM)

    # ------------------------------------------------------------------------------- brackets and braces

    def bracketed(
        self, opening: str, nodes: Sequence[tree.Node], parts: Sequence[Document], closing: str
    ) -> Document:  # fmt: skip
        """`(a, b)`, or a line for each part; *parts* are the *nodes* as documents."""
        if not nodes:
            return opening + closing
        lines = [self.opening(nodes[0], ""), *(self.separator(each, " ") for each in nodes[1:])]
        inside = [*((each, ",") for each in parts[:-1]), parts[-1]]
        return self.enclosed(opening, inside, [*lines, self.closing(nodes[-1], "")], closing)

    def _tuple(self, nodes: Sequence[tree.Node], parts: Sequence[Document]) -> Document:
        """`(a, b)`, or `(a,)`."""
        return self.bracketed("(", nodes, [(parts[0], ",")] if len(parts) == 1 else parts, ")")

    def braced(
        self, opening: str, nodes: Sequence[tree.Node], parts: Sequence[Document], edge: str = ""
    ) -> Document:  # fmt: skip
        """`{a: 1, b: 2}`, or a line for each field, where newlines stand for the commas. Braces that belong to a word
        before them, `train { a: 1 }`, have *edge* inside.
        """
        if not nodes:
            return f"{opening}{edge}}}"
        lines = [self.opening(nodes[0], edge), *(self.separator(each, ", ") for each in nodes[1:])]
        return self.enclosed(opening, parts, [*lines, self.closing(nodes[-1], edge)], "}")

    def braces(self, body: tree.Body) -> Document:
        """`{ a }`, or a line for each statement."""
        return Group(self._braces(body))

    def _braces(self, body: tree.Body) -> tuple[Document, ...]:
        """Braces whose lines belong to the group around them."""
        if not body.statements:
            return ("{ }",)
        first, *others = body.statements
        following = [each for other in others for each in (self.separator(other, None), self.statement(other))]
        inside = Nest(self.opening(first, " "), self.statement(first), *following)
        return "{", inside, self.closing(body.statements[-1], " "), "}"

    def _branches(self, node: tree.If | tree.When) -> Chain:
        """A chain of branches: all on one line, or each with lines of its own."""
        word = "if " if isinstance(node, tree.If) else "when "
        parts: Chain = [word, self.expression(node.condition), " ", self._braces(node.then)]
        match node.otherwise:
            case None:
                return parts
            case tree.Body() as last:
                return [*parts, self.otherwise(node.then), self._braces(last)]
            case following:
                return [*parts, self.otherwise(node.then), *self._branches(following)]

    def _arguments(self, arguments: tuple[tree.Argument, ...]) -> Document:
        """The arguments of a call; a list that is the only one is broken in place of the call's brackets."""
        parts = [self.argument(each) for each in arguments]
        if len(parts) == 1 and hugs(arguments[0].value):
            hugged = self.hugged(arguments[0], parts[0])
            if hugged is not None:
                return hugged
        return self.bracketed("(", arguments, parts, ")")

    def item(self, node: tree.Item) -> Document:
        """An entry of a list or tuple."""
        value = self.expression(node.value)
        if node.guard is None and not node.clauses:
            return ("*", value) if node.spread else value
        parts: list[Document] = ["*" if node.spread else "", value]
        if node.guard is not None:
            parts += [self.beside(value, self.behind(node.value)), "if ", self.expression(node.guard)]
        last: tree.Node = node.value
        for each in node.clauses:
            parts += [self.beside(value, self.behind(last)), self.clause(each)]
            last = each
        return tuple(parts)

    def beside(self, value: Document, line: Line) -> Document:
        """Hook: the *line* between *value* and its guard or clause."""
        return line

    def field(self, node: tree.Field) -> Document:
        """An entry of a record; in braces a newline would end it, so it is broken inside its value only."""
        if node.spread:
            label: tuple[Document, ...] = ("*",)
        elif node.key is not None:
            label = "[", self.expression(node.key), "]: "
        else:
            label = (f"{node.label}: ",)
        return *label, self.expression(node.value), *self._tail(node.guard, node.clauses)

    def _tail(self, guard: tree.Expression | None, clauses: tuple[tree.Comprehend, ...]) -> tuple[Document, ...]:
        """What may follow an entry: a guard, or the clauses of a comprehension."""
        if guard is not None:
            return " if ", self.expression(guard)
        return tuple(each for found in clauses for each in (" ", self.clause(found)))

    def clause(self, node: tree.Comprehend) -> Document:
        """`for x in xs if condition`."""
        conditions = tuple(each for condition in node.conditions for each in (" if ", self.expression(condition)))
        return "for ", self.pattern(node.target), " in ", self.expression(node.iterable), *conditions

    def argument(self, node: tree.Argument) -> Document:
        """`value`, `name = value` or `*value`."""
        if node.name is not None:
            return f"{node.name} = ", self.expression(node.value)
        return ("*", self.expression(node.value)) if node.spread else self.expression(node.value)

    def subscript(self, node: tree.Expression | tree.Slice) -> Document:
        """A position, `...`, or `start:stop:step`."""
        if node == tree.Text("..."):
            return "..."
        if not isinstance(node, tree.Slice):
            return self.expression(node)
        found = (node.start, node.stop, node.step)
        start, stop, step = ("" if each is None else self.expression(each) for each in found)
        return (start, ":", stop) if node.step is None else (start, ":", stop, ":", step)

    def _oneof(self, node: tree.OneOf) -> Document:
        """In braces where it was written so, or where labels ask for it."""
        nodes: list[tree.Node] = list(node.alternatives)
        parts = [self.alternative(each) for each in node.alternatives]
        labelled = any(each.label is not None for each in node.alternatives)
        if node.prior is None and (node.braces or labelled):
            return self.braced("oneof {", nodes, parts, " ")
        if labelled:
            nodes, parts = [node], [("*", self.braced("{", nodes, parts))]
        if node.prior is not None:
            place = self.prior_place(node)
            nodes.insert(place, node.prior)
            parts.insert(place, ("prior = ", self.expression(node.prior)))
        return "oneof", self.bracketed("(", nodes, parts, ")")

    def alternative(self, node: tree.Alternative) -> Document:
        """One alternative of a `oneof`."""
        label = "*" if node.spread else "" if node.label is None else f"{node.label}: "
        return label, self.expression(node.value), *self._tail(node.guard, ())

    # ----------------------------------------------------------------------------------------- statements

    def pattern(self, node: tree.Pattern) -> Document:
        """`x`, or `(a, b)`."""
        if isinstance(node, tree.NamePattern):
            return node.name
        return self._tuple(node.items, [self.pattern(each) for each in node.items])

    def statement(self, node: tree.Statement) -> Document:
        """A statement, to stand on a line of its own or alone in braces."""
        match node:
            case tree.Bind(pattern=target, value=value):
                return self.pattern(target), " = ", self.expression(value)
            case tree.For(target=target, iterable=iterable, body=inside):
                return "for ", self.pattern(target), " in ", self.expression(iterable), " ", self.braces(inside)
            case tree.If():
                return self.chained(self._branches(node))
            case tree.Shared(name=name, value=value):
                return f"shared {name} = ", self.expression(value)
            case tree.Require(condition=condition):
                return "require ", self.expression(condition)
            case tree.Result(value=value):
                return self.expression(value)
            case _:
                assert_never(node)


def _level(node: tree.Expression) -> int:
    match node:
        case tree.Pipe():
            return PIPE
        case tree.As():
            return AS
        case tree.Binary(operator=operator):
            return _LEVELS[operator]
        case tree.Unary(operator=operator):
            return NOT if operator is UnaryOperator.NOT else NEGATED
        case tree.Number():
            spelled = _number(node)
            return TERM if "/" in spelled else NEGATED if spelled.startswith("-") else ATOM
        case tree.Attribute() | tree.Index() | tree.Call():
            return POSTFIX
        case _:
            return ATOM


def _number(node: tree.Number) -> str:
    """The spelling that was written, if it still says the value."""
    if node.written is not None:
        sign = -1 if node.written.startswith("-") else 1
        try:
            value, real = read_number(node.written.lstrip("- "))
        except (BadNumber, UnknownUnit):
            return spell_number(node.value, node.real)
        if (sign * value, real) == (node.value, node.real):
            return node.written
    return spell_number(Fraction(node.value), node.real)


def hugs(node: tree.Expression) -> bool:
    """Whether *node* has brackets of its own that can be broken, so that it may follow another sign at once."""
    match node:
        case tree.ListOf() | tree.Tuple() | tree.Record() | tree.OneOf() | tree.Repeat():
            return True
        case tree.If() | tree.When() | tree.Body():
            return True
        case _:
            return False
