"""Names for what a replacement with placeholders is made of, as it is written into a program: layers are called as their
match was, or below that, decisions by the match and the rule.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from attrs import evolve

from symnas import tree
from symnas.graph import Operation, Use
from symnas.openings import FLOWING, part
from symnas.operators import OPERATORS
from symnas.operators.base import OperatorError
from symnas.rewriting.matching import last_name
from symnas.sizes import UnknownSize
from symnas.types import Dtype, TensorType

__all__ = ["Placing", "decisions_in", "piped"]

_ASKED = "asked"
"""What a layer is called that is applied for its type alone."""


class Placing:
    """Gives names to what a replacement is made of. A single layer is called what its match was called, stages stand
    below that; decisions are called by the match and the rule, those of one rule by their own words, too.
    """

    def __init__(self, rule: str, match: str, parts: Sequence[Operation | Use], decisions: int) -> None:
        self.parts: list[Operation | Use] = []
        self._captured = parts
        self._match = match
        self._decided = f"{_word(match)}_{rule}"
        self._alone = decisions == 1

    def layer(self, node: tree.Expression, name: str) -> tree.Expression:
        """*node*, a layer, called *name*."""
        match node:
            case tree.PatternVariable():
                self.parts.append(evolve(self._captured[int(node.name[1:])], name=name))
                return part(len(self.parts) - 1)
            case tree.As() if _is_placeholder(node.value):
                return self._decision(node.value, node.name, name)
            case tree.As():
                return self.layer(node.value, name)
            case tree.Pipe():
                return self._stages(node, name)
            case tree.Call(function=tree.Name("frozen" | "quantised")):
                first, *others = node.arguments
                given = [self._argument(each) for each in others]
                return evolve(node, arguments=(evolve(first, value=self.layer(first.value, name)), *given))
            case tree.If():
                return self._if(node, name)
            case _:
                return self._decision(node, None, name) if _is_placeholder(node) else self._single(node, name)

    def tensor(self, node: tree.Expression, name: str) -> tree.Expression:
        """*node*, which makes a tensor of others, its layers called *name* or below that."""
        stages = [each for each in _applied(node) if not _is_weightless(each)]
        counts: dict[str, int] = {}

        def place(each: tree.Node) -> tree.Node:
            if isinstance(each, tree.OneOf):
                made = tree.rebuild(each, place)
                assert isinstance(made, tree.OneOf)
                return tree.As(made, self._decided if self._alone else f"{self._decided}_oneof")
            if not isinstance(each, tree.Pipe):
                return tree.rebuild(each, place)
            left = place(each.left)
            assert isinstance(left, tree.Expression)
            word = self._called(each.right)
            before = counts.get(word, 0)
            counts[word] = before + 1
            below = f"{name}.{word}.{before}" if before else f"{name}.{word}"
            return tree.Pipe(left, self.layer(each.right, name if len(stages) == 1 else below))

        made = place(node)
        assert isinstance(made, tree.Expression)
        return made

    def _single(self, node: tree.Expression, name: str) -> tree.Expression:
        made = self._within(node)
        return made if _is_weightless(node) else tree.As(made, _path(name))

    def _if(self, node: tree.If, name: str) -> tree.If:
        """A layer on conditions: its sides are called *name*."""
        other = node.otherwise
        if other is not None:
            other = self._if(other, name) if isinstance(other, tree.If) else self._side(other, name)
        return tree.If(self._within(node.condition), self._side(node.then, name), other, span=node.span)

    def _side(self, body: tree.Body, name: str) -> tree.Body:
        def change(node: tree.Node) -> tree.Node:
            return tree.Result(self.layer(node.value, name)) if isinstance(node, tree.Result) else self._each(node)

        made = tree.rebuild(body, change)
        assert isinstance(made, tree.Body)
        return made

    def _stages(self, node: tree.Pipe, name: str) -> tree.Expression:
        counts: dict[str, int] = {}
        stages = []
        for each in _stages_of(node):
            word = self._called(each)
            before = counts.get(word, 0)
            counts[word] = before + 1
            stages.append(self.layer(each, f"{name}.{word}.{before}" if before else f"{name}.{word}"))
        return piped(stages)

    def _called(self, node: tree.Expression) -> str:
        """What *node*, a stage, is called in a pipeline."""
        match node:
            case tree.As():
                return node.name
            case tree.PatternVariable():
                return last_name(self._captured[int(node.name[1:])].name)
            case tree.Call(function=tree.Name("maybe" | "frozen" | "quantised")) if node.arguments:
                return self._called(node.arguments[0].value)
            case tree.Call(function=tree.Name(name)) | tree.Name(name):
                return name
            case tree.Repeat():
                return "repeat"
            case _:
                return "layer"

    def _decision(self, node: tree.Expression, word: str | None, layer: str | None) -> tree.Expression:
        """*node*, a placeholder, called *word*; what it chooses among, called *layer* if that are layers."""
        own = node.function.name if isinstance(node, tree.Call) and isinstance(node.function, tree.Name) else "oneof"
        if layer is None:
            made = tree.rebuild(node, self._each)
        elif isinstance(node, tree.OneOf):
            made = evolve(node, alternatives=tuple(self._alternatives(node, layer)))
        elif isinstance(node, tree.Call) and own == "maybe":
            first, *others = node.arguments
            made = evolve(node, arguments=(evolve(first, value=self.layer(first.value, layer)), *others))
        else:
            made = tree.rebuild(node, self._each)
        assert isinstance(made, tree.Expression)
        return tree.As(made, self._decided if self._alone and word is None else f"{self._decided}_{word or own}")

    def _alternatives(self, node: tree.OneOf, name: str) -> Iterator[tree.Alternative]:
        """The alternatives: the first, and what was captured, keep the name; others stand below it."""
        for place, each in enumerate(node.alternatives):
            if each.spread:
                yield evolve(each, value=self._within(each.value))
                continue
            kept = place == 0 or isinstance(each.value, tree.PatternVariable | tree.Pipe)
            called = name if kept else f"{name}.{self._called(each.value)}"
            yield evolve(each, value=self.layer(each.value, called))

    def _each(self, node: tree.Node) -> tree.Node:
        return self._within(node) if isinstance(node, tree.Expression) else tree.rebuild(node, self._each)

    def _within(self, node: tree.Expression, word: str | None = None) -> tree.Expression:
        """*node*, a value, with its decisions named: by *word*, the setting that it fills."""
        if isinstance(node, tree.PatternVariable):
            if node.name.startswith(FLOWING):
                return node
            return self.layer(node, self._match)
        if isinstance(node, tree.Attribute):
            return evolve(node, target=self._asked(node.target))
        if isinstance(node, tree.As) and _is_placeholder(node.value):
            return self._decision(node.value, node.name, None)
        if _is_placeholder(node):
            return self._decision(node, word, None)
        if isinstance(node, tree.Call):
            function = self._within(node.function) if not isinstance(node.function, tree.Name) else node.function
            return evolve(node, function=function, arguments=tuple(map(self._argument, node.arguments)))
        made = tree.rebuild(node, self._each)
        assert isinstance(made, tree.Expression)
        return made

    def _asked(self, node: tree.Expression) -> tree.Expression:
        """*node*, of which the type alone is asked."""

        def change(each: tree.Node) -> tree.Node:
            if isinstance(each, tree.PatternVariable) and not each.name.startswith(FLOWING):
                return self.layer(each, _ASKED)
            return tree.rebuild(each, change)

        made = change(node)
        assert isinstance(made, tree.Expression)
        return made

    def _argument(self, argument: tree.Argument) -> tree.Argument:
        return evolve(argument, value=self._within(argument.value, argument.name))


_PLACEHOLDERS = frozenset({"range", "maybe", "manyof", "subset", "permutation"})


def _is_placeholder(node: tree.Node) -> bool:
    """Whether *node* decides something itself."""
    called = (
        isinstance(node, tree.Call) and isinstance(node.function, tree.Name) and node.function.name in _PLACEHOLDERS
    )
    return called or isinstance(node, tree.OneOf)


def decisions_in(node: tree.Node) -> int:
    """How many placeholders are in *node*."""
    return _is_placeholder(node) + sum(map(decisions_in, tree.children(node)))


def _applied(node: tree.Node) -> Iterator[tree.Expression]:
    """The layers that *node*, a tensor, applies."""
    if isinstance(node, tree.Pipe):
        yield from _applied(node.left)
        yield node.right
    else:
        for each in tree.children(node):
            yield from _applied(each)


def _stages_of(node: tree.Expression) -> Iterator[tree.Expression]:
    if isinstance(node, tree.Pipe):
        yield from _stages_of(node.left)
        yield from _stages_of(node.right)
    else:
        yield node


def _path(name: str) -> str:
    """The path by which weights are called *name*: `stage[0].conv` for `stage.0.conv`."""
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", name)


def _word(name: str) -> str:
    """*name* as one word."""
    return re.sub(r"\W+", "_", name).strip("_")


def _is_weightless(node: tree.Expression) -> bool:
    """Whether *node* calls an operator that has no weights, so that nothing is called by its name."""
    name = node.function if isinstance(node, tree.Call) else node
    return isinstance(name, tree.Name) and _has_none(name.name)


@lru_cache(maxsize=256)
def _has_none(operator: str) -> bool:
    """Whether *operator* has no weights with its defaults, for some input that it takes."""
    found = OPERATORS.get(operator)
    if found is None:
        return False
    try:
        settings = found.bind([], {})
    except OperatorError:
        return False
    for shape in ((1, 8, 8, 8), (1, 8), (1, 8, 8)):
        try:
            return not found.apply(settings, [TensorType(shape, Dtype.F32)] * len(found.inputs)).weights
        except (OperatorError, UnknownSize):
            continue
    return False


def piped(stages: Iterable[tree.Expression]) -> tree.Expression:
    """*stages* one after the other."""
    first, *others = stages
    for each in others:
        first = tree.Pipe(first, each)
    return first
