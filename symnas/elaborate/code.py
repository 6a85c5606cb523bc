"""Code: what an expression becomes before it is run, and the frame it runs in.

A tree is compiled once per program: names are resolved, decisions and layers get their path segments, and it is
known what each piece needs. Running code is what `elaborate` means by evaluating; each family of expressions has
its own module of `Code` classes, registered with `compiles`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import define, field, frozen

from symnas.elaborate.values import Thunk, Value
from symnas.errors import Note, SourceError
from symnas.spans import NOWHERE, Span
from symnas.tree import Body, Hole, If, Node, Repeat, When

if TYPE_CHECKING:
    from symnas.elaborate.builder import ScopeBuilder
    from symnas.elaborate.declarations import Declared
    from symnas.elaborate.modules import ModuleCode
    from symnas.elaborate.regions import Run
    from symnas.elaborate.rewriting import Rules

__all__ = [
    "LET",
    "Code",
    "Frame",
    "Locals",
    "Naming",
    "Nothing",
    "Place",
    "Spoilt",
    "Wrong",
    "compile_node",
    "compiles",
    "fail",
    "weight_name",
]


class Frame:
    """Where code runs: the names in force, the decision path and weight name so far, the scope being built.

    *again* says that the path may be visited more than once, because a layer that was decided once is applied
    several times: then nothing here is a region, whose decisions would count for each visit. *rules* are those in
    force on what is applied here, in a net that is made by rewriting.
    """

    __slots__ = ("again", "builder", "name", "names", "path", "rules", "run")

    def __init__(
        self, names: dict[str, Value | Thunk], path: str, name: str, builder: "ScopeBuilder", run: "Run",
        again: bool = False, rules: "Rules | None" = None,
    ) -> None:  # fmt: skip
        self.names = names
        self.path = path
        self.name = name
        self.builder = builder
        self.run = run
        self.again = again
        self.rules = rules

    def within(self, path: str, name: str) -> "Frame":
        """The same names one step further down a path: a turn of a loop."""
        full = f"{self.name}.{name}" if self.name else name
        return Frame(self.names, self.path + path, full, self.builder, self.run, self.again, self.rules)

    def capture(self, names: Iterable[str]) -> "Frame":
        """This frame with only *names*, as they are now: what a thunk keeps."""
        return Frame(
            {name: self.names[name] for name in names if name in self.names},
            self.path, self.name, self.builder, self.run, self.again, self.rules,
        )  # fmt: skip


LET = "@"
"""Before the name of a `let` among the names that code needs; no local name begins with it."""


class Code(ABC):
    """An expression or statement ready to run.

    *free* are the local names it reads, *needs* those that running it certainly evaluates (lets too, after `LET`); *fresh* says that its
    value, if a layer, is made by it and applied nowhere else; *asks* that it holds a placeholder itself, *uses* the
    declarations it refers to.
    """

    span: Span = NOWHERE
    free: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    applied: frozenset[str] = frozenset()
    """What applying its value, if that is a layer, certainly needs besides; `name!` stands for applying *name*."""
    certain: frozenset[str] = frozenset()
    """What evaluating every item of its value, if that is a list, certainly needs besides."""
    tensor: bool = False
    """Whether its value is known to be a tensor, so that what it flows into is applied."""
    flowing: str = "x"
    """What is written before it in a pipeline, for the remedy of an operator that binds tighter than meant."""
    fresh: bool = False
    movable: bool = True
    """Whether a binding of it may be evaluated in another region: not if it holds values of the run it was made in."""
    asks: bool = False
    forks: bool = False
    """Whether a `when` stands in it, which takes over what was made before it in the same scope."""
    uses: "frozenset[Declared]" = frozenset()

    @abstractmethod
    def run(self, frame: Frame) -> Value:
        """The value in *frame*."""

    def absorb(self, *parts: "Code | None") -> None:
        """Take over what the parts read, ask and use; *needs* is each class's own affair."""
        real = [part for part in parts if part is not None]
        self.free = self.free.union(*(part.free for part in real))
        self.asks = self.asks or any(part.asks for part in real)
        self.forks = self.forks or any(part.forks for part in real)
        self.uses = self.uses.union(*(part.uses for part in real))

    @property
    def decides(self) -> bool:
        """Whether running it may make a decision, here or in what it refers to."""
        return self.asks or any(each.decides for each in self.uses)


class Spoilt(SourceError):
    """A value depends on something that was reported before: there is no more to say about it."""

    def __init__(self) -> None:
        super().__init__(())


class Nothing(Code):
    """What stands for code that was reported as wrong, or gathers what several parts read.

    Only `examining` runs a program with mistakes, to find further ones.
    """

    def run(self, frame: Frame) -> Value:
        raise Spoilt


class Wrong(Nothing):
    """An expression that holds a mistake: it reads and decides what *code* does, and has no value."""

    def __init__(self, code: Code) -> None:
        self.absorb(code)
        self.needs, self.applied, self.tensor, self.fresh = code.needs, code.applied, code.tensor, code.fresh
        self.span = code.span


# ----------------------------------------------------------------------------------------- while compiling


class Naming:
    """Hands out path segments below one point of the text; siblings of one name are numbered in source order."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self._decisions: dict[str, int] = {}
        self._applications: dict[str, int] = {}

    def decision(self, name: str) -> str:
        """Path of the next decision called *name*, relative to the frame."""
        return self.prefix + ("." + _numbered(self._decisions, name) if name else "")

    def application(self, name: str) -> str:
        """Segment of the next layer, block or turn called *name*."""
        return _numbered(self._applications, name)

    def below(self, segment: str) -> "Naming":
        """Naming for arguments written inside a call that stands at *segment*."""
        return Naming(f"{self.prefix}.{segment}")


def _numbered(counts: dict[str, int], name: str) -> str:
    number = counts.get(name, 0)
    counts[name] = number + 1
    return f"{name}[{number}]" if number else name


def weight_name(segment: str) -> str:
    """A path segment as `state_dict` keys write it: `repeat[0]` is `repeat.0`."""
    return segment.replace("][", ".").replace("[", ".").replace("]", "") if "[" in segment else segment


@define(eq=False)
class Binding:
    """One version of a local name, while its scope is compiled."""

    name: str
    span: Span
    used: bool = False
    tensor: bool = False


@define(eq=False)
class Locals:
    """The local names in force at one point of the text.

    *ended* holds names that were first bound inside an `if` or `for` that is over, for the message.
    """

    bound: dict[str, list[Binding]] = field(factory=dict)
    ended: dict[str, tuple[str, int]] = field(factory=dict)
    made: list[Binding] = field(factory=list)
    missed: set[str] = field(factory=set)
    """Names that were reported as unknown in this declaration: once is enough."""

    def bind(self, name: str, span: Span, tensor: bool = False) -> None:
        """A new version of *name*; the earlier ones are out of force. *tensor* says that it is one."""
        binding = Binding(name, span, tensor=tensor)
        self.made.append(binding)
        self.bound[name] = [binding]
        self.ended.pop(name, None)

    def read(self, name: str) -> bool:
        """Whether *name* is local here; its versions in force count as used."""
        versions = self.bound.get(name)
        for each in versions or ():
            each.used = True
        return versions is not None

    def is_tensor(self, name: str) -> bool:
        """Whether every version of *name* in force is a tensor."""
        return all(each.tensor for each in self.bound.get(name, [])) and name in self.bound

    def copy(self) -> "Locals":
        """The same names for a branch; versions made there are still reported once, by the body around it."""
        return Locals(
            {name: list(versions) for name, versions in self.bound.items()}, dict(self.ended), self.made, self.missed
        )


@frozen(eq=False)
class Place:
    """Where an expression is compiled: the program, the path naming, the local names, and the name that a
    placeholder standing here alone would get (*hint*).
    """

    module: "ModuleCode"
    naming: Naming
    locals: Locals
    hint: str | None = None

    def plain(self) -> "Place":
        """The same place for a part of a value: a placeholder there is called by its own word."""
        return Place(self.module, self.naming, self.locals) if self.hint is not None else self

    def named(self, hint: str | None) -> "Place":
        """The same place for the whole value of something called *hint*."""
        return Place(self.module, self.naming, self.locals, hint)

    def inside(self, naming: Naming) -> "Place":
        """The same names with paths counted anew: the body of a loop, the arguments of a call."""
        return Place(self.module, naming, self.locals)

    def branch(self) -> "Place":
        """The same place with its own copy of the local names."""
        return Place(self.module, self.naming, self.locals.copy())

    def report(
        self, code: str, message: str, span: Span, hint: str | None = None, notes: tuple[Note, ...] = ()
    ) -> None:
        """Record a mistake and go on compiling, so that all of a file's mistakes are found at once."""
        self.module.report(code, message, span, hint, notes)


Compiler = Callable[[Any, Place], Code]
_COMPILERS: dict[type, Compiler] = {}


def compiles(kind: type) -> Callable[[Compiler], Compiler]:
    """Register how nodes of *kind* become code."""

    def register(function: Compiler) -> Compiler:
        _COMPILERS[kind] = function
        return function

    return register


def compile_node(node: Node, place: Place) -> Code:
    """The code of *node*; mistakes found on the way are reported to the place's module."""
    claimed = place.module.claimed.get(node) if place.module.claimed else None
    if claimed is not None:
        return claimed
    compiler = _COMPILERS[type(node)]
    found = place.module.diagnostics
    before = len(found)
    code = compiler(node, place)
    if code.span is NOWHERE:
        code.span = node.span
    return Wrong(code) if len(found) > before and not isinstance(node, _HOLD_STATEMENTS) else code


_HOLD_STATEMENTS = (Body, If, When, Repeat)
"""Expressions of which one part may be wrong and another still be run."""


@compiles(Hole)
def _hole(node: Hole, place: Place) -> Code:
    return Nothing()


def fail(code: str, message: str, span: Span, hint: str | None = None, notes: tuple[Note, ...] = ()) -> NoReturn:
    """Raise a `SourceError` of one diagnostic."""
    raise SourceError.at(code, message, span, hint, notes)
