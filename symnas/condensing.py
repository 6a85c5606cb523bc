"""Bodies of imported blocks as a person would write them: what only the next statement reads is written into it, and
values are called by the layers that made them.

Only what makes no weights is moved, so that names of weights stay what they are.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final, TypeGuard, TypeVar

from symnas import tree
from symnas.compilers.importing.naming import Names
from symnas.elaborate.files import KEYWORDS
from symnas.elaborate.layers import FUNCTIONS
from symnas.grammar import dump
from symnas.operators import OPERATORS
from symnas.traversal import children, rebuild, with_fields

__all__ = ["condensed"]

_LONGEST: Final = 94
"""Characters of a statement that another one was written into."""
_MAKES: Final = frozenset({"param", "buffer"})
"""Functions that make weights."""
_WORDS: Final = {"query": "q", "key": "k", "value": "v", "cos": "cosines", "sin": "sines"}
"""What a value is called whose layer has a long name, or that of a function."""

Declared = TypeVar("Declared", tree.Block, tree.Net)
Plain = tree.Bind | tree.Result


def condensed(declared: Declared, blocks: frozenset[str]) -> Declared:
    """*declared*, beside *blocks* of these names, with a shorter body that does the same."""
    body = declared.body
    if not isinstance(body, tree.Body) or not _are_plain(body.statements):
        return declared
    fixed = _given(declared)
    statements = _merged(_Naming(fixed, blocks, body.statements).named())
    statements = _Naming(fixed, blocks, statements).named()  # some numbers are free now
    last = statements[-1]
    short = len(statements) == 1 and isinstance(last, tree.Result)
    return with_fields(declared, {"body": last.value if short else tree.Body(tuple(statements))})


def _given(declared: tree.Block | tree.Net) -> list[str]:
    """The names of what *declared* takes."""
    settings = declared.settings if isinstance(declared, tree.Block) else ()
    return [each.name for each in (*settings, *(declared.inputs or ()))]


def _are_plain(statements: Sequence[tree.Statement]) -> TypeGuard[Sequence[Plain]]:
    return all(isinstance(each, Plain) for each in statements)


def _patterns(statement: Plain) -> list[str]:
    """The names that *statement* binds."""
    return list(_bound(statement.pattern)) if isinstance(statement, tree.Bind) else []


def _bound(node: tree.Node) -> Iterator[str]:
    if isinstance(node, tree.NamePattern) and node.name != "_":
        yield node.name
    for each in children(node):
        yield from _bound(each)


# --------------------------------------------------------------------------------------- fewer statements


def _merged(statements: Sequence[Plain]) -> list[Plain]:
    """*statements* with each value that the next one alone reads written into that."""
    found, behind = [statements[-1]], set[str]()  # the last one first; names that are read behind what was found last
    for first in reversed(statements[:-1]):
        second = found[-1]
        together = _together(first, second, behind.difference(_patterns(second)))
        if together is None:
            behind.difference_update(_patterns(second))
            behind.update(_names(second.value))
            found.append(first)
        else:
            found[-1] = together
    return found[::-1]


def _together(first: Plain, second: Plain, behind: Collection[str]) -> Plain | None:
    """*first* written into *second*, if that does the same and is short; *behind* that one, these names are read."""
    if not isinstance(first, tree.Bind) or not isinstance(first.pattern, tree.NamePattern) or not _is_pure(first.value):
        return None
    name = first.pattern.name
    if _reads(second, name) != 1 or name in behind or _repeats(second, name):
        return None
    made = with_fields(second, {"value": _instead(second.value, name, first.value)})
    return made if len(dump(made)) <= _LONGEST and "\n" not in dump(made).strip() else None


def _is_pure(node: tree.Node) -> bool:
    """Whether *node* applies no layer and makes no weight: functions and arithmetic alone."""
    if isinstance(node, tree.Pipe | tree.As | tree.Repeat | tree.Body):
        return False
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
        word = node.function.name
        if word in _MAKES or word not in OPERATORS or word[0].isupper():
            return False
    return all(map(_is_pure, children(node)))


def _reads(node: tree.Node, name: str) -> int:
    """How often *name* is read in *node*."""
    return int(node == tree.Name(name)) + sum(_reads(each, name) for each in children(node))


def _repeats(node: tree.Node, name: str) -> bool:
    """Whether *name* is read in a `repeat` in *node*, where it would be computed in each turn."""
    if isinstance(node, tree.Repeat):
        return bool(_reads(node, name))
    return any(_repeats(each, name) for each in children(node))


def _instead(node: tree.Expression, name: str, value: tree.Expression) -> tree.Expression:
    """*node* with *value* where it reads *name*."""
    if node == tree.Name(name):
        return value
    found = rebuild(node, lambda each: _replaced(each, name, value))
    assert isinstance(found, tree.Expression)
    return found


def _replaced(node: tree.Node, name: str, value: tree.Expression) -> tree.Node:
    return value if node == tree.Name(name) else rebuild(node, lambda each: _replaced(each, name, value))


# ------------------------------------------------------------------------------------------ names of values


class _Naming:
    """Names for what *statements* bind, beside *fixed* names and *blocks*."""

    def __init__(self, fixed: list[str], blocks: frozenset[str], statements: Sequence[Plain]) -> None:
        self.statements = statements
        read = {name for each in statements for name in _names(each)}
        bound = {name for each in statements for name in _patterns(each)}
        self._taken = Names({*fixed, *(read - bound), *blocks, *KEYWORDS, *OPERATORS, *FUNCTIONS})
        self._fixed = frozenset(fixed)
        self._free: list[str] = []

    def named(self) -> list[Plain]:
        """The statements, with other names."""
        now: dict[str, str] = {}
        found: list[Plain] = []
        for statement, ending in zip(self.statements, _endings(self.statements), strict=True):
            value = statement.value
            read = _renamed(value, now)
            if not isinstance(statement, tree.Bind):
                found.append(with_fields(statement, {"value": read}))
                continue
            for name in [each for each in now if each in ending]:
                if (freed := now.pop(name)) not in self._fixed:
                    self._free.append(freed)
            words = {name: self._word(name, value) for name in _patterns(statement)}
            now.update(words)
            found.append(with_fields(statement, {"pattern": _pattern(statement.pattern, words), "value": read}))
        return found

    def _word(self, name: str, value: tree.Expression) -> str:
        """What the value that was called *name* is called."""
        layer = _last(value)
        word = layer.removesuffix("_proj").removesuffix("_lin") if layer is not None else None
        if word is not None:
            short = _WORDS.get(word, word)
            if (short != layer or not _is_flow(name)) and short not in self._taken:
                return self._taken.fresh(short)
        if _is_flow(name):
            return name
        reused = [each for each in self._free if _is_value(each)]
        if reused:
            self._free.remove(reused[0])
            return reused[0]
        return self._taken.fresh("y", "")


def _is_flow(name: str) -> bool:
    """Whether *name* is what flows into a block."""
    return name.startswith("x") and (name == "x" or name[1:].isdigit())


def _is_value(name: str) -> bool:
    return name.startswith("y") and (name == "y" or name[1:].isdigit())


def _endings(statements: Sequence[Plain]) -> list[set[str]]:
    """For each of *statements*, the names whose values nothing reads behind it."""
    found: list[set[str]] = []
    needed: set[str] = set()
    for statement in reversed(statements):
        bound, read = _patterns(statement), set(_names(statement.value))
        if found:  # what nobody reads
            found[-1].update(name for name in bound if name not in needed)
        needed.difference_update(bound)
        found.append(read - needed)
        needed |= read
    return found[::-1]


def _last(value: tree.Expression) -> str | None:
    """What the last layer of *value* is called, its path and number left out, if it is a block or the only one: a
    normalisation behind a convolution says nothing.
    """
    found: list[tree.As] = []
    while isinstance(value, tree.Pipe):
        if isinstance(value.right, tree.As):
            found.append(value.right)
        value = value.left
    if isinstance(value, tree.As):
        found.append(value)
    if not found or (len(found) > 1 and _is_operator(found[0].value)):
        return None
    word = found[0].name.rpartition(".")[2].partition("[")[0]
    return word if word.isidentifier() else None


def _is_operator(layer: tree.Expression) -> bool:
    name = layer.function if isinstance(layer, tree.Call) else layer
    return isinstance(name, tree.Name) and name.name in OPERATORS


def _names(node: tree.Node) -> Iterator[str]:
    if isinstance(node, tree.Name):
        yield node.name
    for each in children(node):
        yield from _names(each)


def _renamed(node: tree.Node, now: dict[str, str]) -> tree.Node:
    if isinstance(node, tree.Name):
        return tree.Name(now.get(node.name, node.name))
    return rebuild(node, lambda each: _renamed(each, now))


def _pattern(pattern: tree.Node, words: dict[str, str]) -> tree.Node:
    if isinstance(pattern, tree.NamePattern):
        return tree.NamePattern(words.get(pattern.name, "_"))
    return rebuild(pattern, lambda each: _pattern(each, words))
