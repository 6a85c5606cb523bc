"""The nodes of a program: a closed union of frozen values that share structure.

A node has no parent and never changes. Nodes compare and hash by content; where they stand in a text (`span`) is
ignored, and hashes are kept. Editing is `editing.py`'s business, what a node means `elaborate`'s, how nodes are walked
`traversal`'s. A class whose fields do not stand in the order of the text names that order as `WRITTEN`.
"""

from enum import Enum
from fractions import Fraction
from typing import ClassVar

from attrs import field, frozen

from symnas.spans import NOWHERE, Span
from symnas.traversal import children as children
from symnas.traversal import rebuild as rebuild

__all__ = [
    "Alternative", "Argument", "As", "Assert", "Attribute", "Binary", "BinaryOperator", "Bind", "Block",
    "BlockKind", "Body", "Boolean", "Call", "Comprehend", "Declaration", "Direction", "Expression", "Field", "Fn",
    "For", "Hole", "If", "Import", "Imported", "Index", "Item", "Let", "ListOf", "Measure", "Module", "Moved", "Name",
    "NamePattern", "Net", "Node", "NoneValue", "Number", "Objective", "OneOf", "Parameter", "Pattern",
    "PatternVariable", "Pick", "PickEntry", "Pipe", "Record", "Repeat", "Require", "Result", "Rewritten", "Rule",
    "Search", "Shared", "Slice", "Statement", "Text", "Train", "Tuple", "TuplePattern", "Unary", "UnaryOperator",
    "Use", "Used", "When", "children", "rebuild",
]  # fmt: skip


@frozen(kw_only=True)
class _Located:
    """What every node has beside its content: the place it was written."""

    span: Span = field(default=NOWHERE, eq=False, repr=False)


# ---------------------------------------------------------------------------------------------- values


@frozen(cache_hash=True)
class Number(_Located):
    """An exact number. *real* says that it was written with a point or an exponent (`0.0`, `1e-3`).

    *written* keeps the spelling (`500K`, `8MiB`, `10_000`) for printing and does not take part in equality.
    `3ms` is 3/1000 (seconds), `8MiB` is 8388608 (bytes).
    """

    value: Fraction
    real: bool = False
    written: str | None = field(default=None, eq=False, repr=False, kw_only=True)


@frozen(cache_hash=True)
class Text(_Located):
    """A string: `"sgd"`; *value* is without quotes and escapes."""

    value: str


@frozen(cache_hash=True)
class Boolean(_Located):
    """`true` or `false`."""

    value: bool


@frozen(cache_hash=True)
class NoneValue(_Located):
    """`none`, the absent value."""


@frozen(cache_hash=True)
class Hole(NoneValue):
    """Stands where text could not be read, only in trees that `grammar.recover` gives: never in a `Program`.

    *keyword* is the word that a declaration began with, and *reads* are the words of the text that is missing.
    """

    keyword: str = ""
    reads: tuple[str, ...] = ()


@frozen(cache_hash=True)
class Name(_Located):
    """A name standing alone: `x`, `ReLU`, `f32`."""

    name: str


@frozen(cache_hash=True)
class PatternVariable(_Located):
    """`$x` or, with *rest*, `$*xs`: binds in a rule's pattern, stands for what was bound elsewhere in the rule."""

    name: str
    rest: bool = False


# ----------------------------------------------------------------------------------------- compound values


@frozen(cache_hash=True)
class Attribute(_Located):
    """`target.name`; *name_span* underlines the name alone."""

    target: "Expression"
    name: str
    name_span: Span = field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@frozen(cache_hash=True)
class Slice(_Located):
    """`start:stop:step` inside brackets; each part may be missing."""

    start: "Expression | None" = None
    stop: "Expression | None" = None
    step: "Expression | None" = None


@frozen(cache_hash=True)
class Index(_Located):
    """`target[i]`, `target[1:]`, `target[:, 0]`; also a tensor type, `f32[N, 3, 32, 32]`, where a type stands."""

    target: "Expression"
    items: tuple["Expression | Slice", ...]


@frozen(cache_hash=True)
class Argument(_Located):
    """One argument of a call: `value`, `name = value`, or, with *spread*, `*value`."""

    value: "Expression"
    name: str | None = None
    spread: bool = False
    name_span: Span = field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@frozen(cache_hash=True)
class Call(_Located):
    """`function(arguments)`: a block, an operator, a function, or a placeholder such as `range` and `maybe`."""

    function: "Expression"
    arguments: tuple[Argument, ...] = ()


class BinaryOperator(Enum):
    """Operators with two operands; the value is the spelling."""

    OR = "or"
    AND = "and"
    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    IN = "in"
    NOT_IN = "not in"
    TO = ".."
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    FLOOR_DIVIDE = "//"
    MODULO = "%"
    MATMUL = "@"
    POWER = "**"


class UnaryOperator(Enum):
    """Operators with one operand; the value is the spelling."""

    NOT = "not"
    NEGATE = "-"


@frozen(cache_hash=True)
class Binary(_Located):
    """`left operator right`; *operator_span* underlines the operator."""

    operator: BinaryOperator
    left: "Expression"
    right: "Expression"
    operator_span: Span = field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@frozen(cache_hash=True)
class Unary(_Located):
    """`not a`, `-a`."""

    operator: UnaryOperator
    operand: "Expression"


@frozen(cache_hash=True)
class Pipe(_Located):
    """`left -> right`: applies *right* to a tensor, or makes one layer of two. Nests to the left."""

    left: "Expression"
    right: "Expression"


@frozen(cache_hash=True)
class As(_Located):
    """`value as name`: names a stage, a layer or a decision in paths; shares nothing."""

    value: "Expression"
    name: str
    name_span: Span = field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@frozen(cache_hash=True)
class Comprehend(_Located):
    """One clause of a comprehension: `for target in iterable` with the `if` conditions that follow it."""

    target: "Pattern"
    iterable: "Expression"
    conditions: tuple["Expression", ...] = ()


@frozen(cache_hash=True)
class Item(_Located):
    """One entry of a list or tuple: `value`, `*value` (spread), `value if guard`, or a whole comprehension
    `value for … in … if …` (then *clauses* is not empty and *guard* is `None`).
    """

    value: "Expression"
    spread: bool = False
    guard: "Expression | None" = None
    clauses: tuple[Comprehend, ...] = ()


@frozen(cache_hash=True)
class ListOf(_Located):
    """`[a, *b, c if d, f(x) for x in xs]`."""

    items: tuple[Item, ...] = ()


@frozen(cache_hash=True)
class Tuple(_Located):
    """`(a, b)`; a single parenthesised expression is that expression, not a tuple."""

    items: tuple[Item, ...] = ()


@frozen(cache_hash=True)
class Field(_Located):
    """One entry of a record: `label: value`, `[key]: value` (computed, *key*), `*value` (*spread*), with an optional
    guard, or a comprehension. Exactly one of *label*, *key*, *spread* is set.
    """

    WRITTEN: ClassVar = ("key", "value", "guard", "clauses")
    value: "Expression"
    label: str | None = None
    key: "Expression | None" = None
    spread: bool = False
    guard: "Expression | None" = None
    clauses: tuple[Comprehend, ...] = ()


@frozen(cache_hash=True)
class Record(_Located):
    """`{logits: a, aux: b}`; `{}` is the empty record."""

    fields: tuple[Field, ...] = ()


# ------------------------------------------------------------------------------------ placeholders, control


@frozen(cache_hash=True)
class Alternative(_Located):
    """One alternative of a `oneof`: a label or none, a value, `*value` (*spread*), `… if guard`."""

    value: "Expression"
    label: str | None = None
    spread: bool = False
    guard: "Expression | None" = None


@frozen(cache_hash=True)
class OneOf(_Located):
    """`oneof(a, b)`, `oneof { a: …, b: … }`, `oneof(*list, prior = {…})`. *braces* keeps which form was written."""

    alternatives: tuple[Alternative, ...]
    prior: "Expression | None" = None
    braces: bool = field(default=False, eq=False, kw_only=True)


@frozen(cache_hash=True)
class Repeat(_Located):
    """`repeat(count) { body }`: *count* in a row, decided anew each time."""

    count: "Expression"
    body: "Body"


@frozen(cache_hash=True)
class If(_Located):
    """`if condition { … } else { … }`; `else if` is an `If` in *otherwise*. As a statement `else` may be missing."""

    condition: "Expression"
    then: "Body"
    otherwise: "Body | If | None" = None


@frozen(cache_hash=True)
class When(_Located):
    """`when condition { … } else { … }`: decided per sample while the network runs."""

    condition: "Expression"
    then: "Body"
    otherwise: "Body | If | When"


@frozen(cache_hash=True)
class Result(_Located):
    """The expression whose value a body has: its last statement."""

    value: "Expression"


@frozen(cache_hash=True)
class Body(_Located):
    """Statements in braces. A body that has a value ends in a `Result`."""

    statements: tuple["Statement", ...]


# ------------------------------------------------------------------------------------ patterns, statements


@frozen(cache_hash=True)
class NamePattern(_Located):
    """A name being bound; `_` discards."""

    name: str


@frozen(cache_hash=True)
class TuplePattern(_Located):
    """`(a, b) = …`, nested as deep as written."""

    items: tuple["Pattern", ...]


@frozen(cache_hash=True)
class Bind(_Located):
    """`pattern = value`."""

    pattern: "Pattern"
    value: "Expression"


@frozen(cache_hash=True)
class For(_Located):
    """`for target in iterable { body }`."""

    target: "Pattern"
    iterable: "Expression"
    body: Body


@frozen(cache_hash=True)
class Shared(_Located):
    """`shared name = layer`: weights made once. Also a declaration."""

    name: str
    value: "Expression"


@frozen(cache_hash=True)
class Require(_Located):
    """`require condition`: removes architectures. Also a declaration."""

    condition: "Expression"


# ----------------------------------------------------------------------------------------- declarations


class BlockKind(Enum):
    """A `block` is decided at each use, a `cell` once for the whole program."""

    BLOCK = "block"
    CELL = "cell"


@frozen(cache_hash=True)
class Parameter(_Located):
    """A parameter of a block, net, fn or used layer: `name`, `name = default`, `name: type`, or `*name` (*rest*).

    A type is the expression written: `[N, C, H, W]` (a `ListOf`) or `f32[N, 3, 32, 32]` (an `Index`); inside a
    type `*S` stands for any number of dimensions.
    """

    WRITTEN: ClassVar = ("type", "default")
    name: str
    default: "Expression | None" = None
    type: "Expression | None" = None
    rest: bool = False


@frozen(cache_hash=True)
class Block(_Located):
    """`block Name(settings)(inputs) -> type …` or `cell …`.

    *inputs* is `None` where no input list was written: then the body is a layer. The parser has already decided
    whether a single list holds settings or inputs (inputs if its first parameter has a type).
    """

    WRITTEN: ClassVar = ("settings", "inputs", "result", "body")
    kind: BlockKind
    name: str
    body: "Expression | Body"
    settings: tuple[Parameter, ...] = ()
    inputs: tuple[Parameter, ...] | None = None
    result: "Expression | None" = None
    name_span: Span = field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@frozen(cache_hash=True)
class Net(_Located):
    """`net Name(inputs) -> type { … }` or `= expression`."""

    WRITTEN: ClassVar = ("inputs", "result", "body")
    name: str
    inputs: tuple[Parameter, ...]
    body: "Expression | Body"
    result: "Expression | None" = None
    name_span: Span = field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@frozen(cache_hash=True)
class Rewritten(_Located):
    """`net Small = Big with rule1, rule2`."""

    name: str
    base: str
    rules: tuple[str, ...]
    name_span: Span = field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@frozen(cache_hash=True)
class Let(_Located):
    """`let name = value`."""

    name: str
    value: "Expression"
    name_span: Span = field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@frozen(cache_hash=True)
class Fn(_Located):
    """`fn name(parameters) = expression` or `{ … }`: a helper on numbers and lists."""

    name: str
    parameters: tuple[Parameter, ...]
    body: "Expression | Body"
    name_span: Span = field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@frozen(cache_hash=True)
class Train(_Located):
    """`train { … }`, or `train Net { … }` for one net: the recipe that the evaluator receives."""

    fields: tuple[Field, ...]
    net: str | None = None


@frozen(cache_hash=True)
class Search(_Located):
    """`search { … }`: defaults for the command line."""

    fields: tuple[Field, ...]


@frozen(cache_hash=True)
class Assert(_Located):
    """`assert condition`: a claim about every architecture, or about `space`."""

    condition: "Expression"


class Direction(Enum):
    """Which way an objective is better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


@frozen(cache_hash=True)
class Objective(_Located):
    """`maximize metric`, `minimize expected(N.macs)`."""

    direction: Direction
    metric: "Expression"


@frozen(cache_hash=True)
class Measure(_Located):
    """`measure a, b = name(arguments)`: metrics that a named evaluator computes."""

    metrics: tuple[str, ...]
    evaluator: "Expression"


@frozen(cache_hash=True)
class Rule(_Located):
    """`rule name: pattern where condition => replacement keep mode`."""

    WRITTEN: ClassVar = ("pattern", "condition", "replacement")
    name: str
    pattern: "Expression"
    replacement: "Expression"
    condition: "Expression | None" = None
    keep: str | None = None
    name_span: Span = field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@frozen(cache_hash=True)
class Imported(_Located):
    """`name` or `name as alias` in an import."""

    name: str
    alias: str | None = None


@frozen(cache_hash=True)
class Import(_Located):
    """`import "file.nas" (A, B as C)`, pinned by *digest* where one is written after the path: `"f.nas" "sha256:…"`."""

    path: str
    names: tuple[Imported, ...]
    digest: str | None = None


@frozen(cache_hash=True)
class Used(_Located):
    """One thing taken from a Python module: a layer with its signature `Roll(p)(x: [*S]) -> [*S]`, or a plain name."""

    name: str
    settings: tuple[Parameter, ...] = ()
    inputs: tuple[Parameter, ...] | None = None
    result: "Expression | None" = None


@frozen(cache_hash=True)
class Use(_Located):
    """`use my.layers (Roll(p)(x: [*S]) -> [*S])`: Python that is imported only when building or searching."""

    module: str
    names: tuple[Used, ...]


@frozen(cache_hash=True)
class PickEntry(_Located):
    """`path: choice` of a `pick`. *path* is text, `Mobile.channels[1].MBConv[0].kernel`, spaces removed."""

    path: str
    choice: "Expression"


@frozen(cache_hash=True)
class Pick(_Located):
    """`pick { … }`: choices made; a file with all picks is one architecture."""

    entries: tuple[PickEntry, ...]


@frozen(cache_hash=True)
class Moved(_Located):
    """`moved old => new`: keeps old picks and checkpoints valid. Paths are text."""

    old: str
    new: str


@frozen(cache_hash=True)
class Module(_Located):
    """A whole file: its declarations in order, and the version if written, which is printed always."""

    declarations: tuple["Declaration", ...]
    version: int | None = field(default=None, eq=False)


Expression = (
    Number | Text | Boolean | NoneValue | Name | PatternVariable | Attribute | Index | Call | Binary | Unary | Pipe
    | As | ListOf | Tuple | Record | OneOf | Repeat | If | When | Body
)  # fmt: skip
"""Anything with a value. A `Body` stands where braces are an expression: `fn f(x) { … }` or a branch."""
Pattern = NamePattern | TuplePattern
Statement = Bind | For | If | Shared | Require | Result
Declaration = (
    Block | Net | Rewritten | Let | Fn | Shared | Train | Search | Require | Assert | Objective | Measure | Rule
    | Import | Use | Pick | Moved
)  # fmt: skip
Node = (
    Expression | Pattern | Statement | Declaration | Module | Slice | Argument | Comprehend | Item | Field
    | Alternative | Parameter | Imported | Used | PickEntry
)  # fmt: skip
