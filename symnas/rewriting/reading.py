"""Rules as they are handed to `rewrite`: read from text, compiled beside the declarations of the network's program."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from runpy import run_path
from typing import overload

from attrs import evolve, field, frozen

from symnas import tree
from symnas.architecture import Architecture
from symnas.elaborate.declarations import BlockCode
from symnas.elaborate.roots import Elaboration
from symnas.elaborate.rulechains import has_several
from symnas.elaborate.rules import RuleCode
from symnas.elaborate.using import UsedLayer
from symnas.errors import SearchError, SourceError, suggest
from symnas.grammar import dump, parse, parse_expression
from symnas.inlining import inlined
from symnas.operators import OPERATORS
from symnas.operators.base import Operator
from symnas.program import Program
from symnas.renaming import renamed
from symnas.rewriting.nodes import Applied, Node, expression_of

__all__ = ["WHOLE", "Context", "Function", "Rule", "rule", "rules_in", "rules_of"]

_HELP = tree.Block | tree.Let | tree.Fn | tree.Shared | tree.Use | tree.Rule
"""What a file of rules may declare that its rules read."""
_BASE = _HELP | tree.Import | tree.Net | tree.Rewritten | tree.Train


Function = Callable[[Applied], Node | str | None]
"""A rule in Python: what is put down in the place of a layer, or `None` where it is left as it is."""


@frozen
class Rule:
    """A rule by its *name*, and the *module* that declares it, with what it reads: blocks, `fn`s, lets. One that is
    written in Python has a pattern there, and a *function* that says what is put down.
    """

    name: str
    module: tree.Module = field(repr=False)
    function: Function | None = field(default=None, repr=False)


@overload
def rule(text: str, name: str = "rule_1") -> Rule: ...
@overload
def rule(text: Function) -> Rule: ...
@overload
def rule(
    *, on: str | Sequence[str] | None = None, name: str | None = None, keep: str = "same", declaring: str = ""
) -> Callable[[Function], Rule]: ...
def rule(
    text: str | Function | None = None, name: str | None = None, *, on: str | Sequence[str] | None = None,
    keep: str = "same", declaring: str = "",
) -> Rule | Callable[[Function], Rule]:  # fmt: skip
    """A rule from *text*: `Conv2d($c, 3, $*r) => Conv2d($c, 5, $*r)`, called *name*; or declarations, of which one is
    `rule name: …` and the others are what it reads.

    As a decorator, `@symnas.rule` or `@symnas.rule(on="Conv2d")`, it makes a rule of a function that is given each layer
    applied, or those that *on* says: names, or a pattern with its condition. The function gives back what is to be put
    down, made of `symnas.rewriting.nas` or as text, or `None`. *keep* is how weights carry over, *declaring* are blocks
    that it calls.

    Raises:
        SourceError: the text is no rule. SearchError: it declares no rule, or several.
    """
    if isinstance(text, str):
        return _read(text, name or "rule_1")
    if text is not None:
        return _written(text, name, on, keep, declaring)
    return lambda function: _written(function, name, on, keep, declaring)


def _read(text: str, name: str) -> Rule:
    declared = re.search(r"^\s*rule\s+\w+\s*:", text, re.MULTILINE) is not None
    module = parse(text if declared else f"rule {name}: {text}", f"<{name}>")
    found = rules_of(module)
    if len(found) != 1:
        raise SearchError(f"the text declares {len(found)} rules; give them one at a time, or a program of several")
    return found[0]


def _written(function: Function, name: str | None, on: str | Sequence[str] | None, keep: str, declaring: str) -> Rule:
    """The rule that *function* is."""
    name = name or str(getattr(function, "__name__", "rule_1"))
    if not isinstance(on, str):
        names = [*(on or ())]
        on = "$_" if not names else names[0] if len(names) == 1 else f"oneof({', '.join(names)})"
    module = parse(f"{declaring}\nrule {name}: {on} => Identity keep {keep}", f"<{name}>")
    *others, found = module.declarations
    assert isinstance(found, tree.Rule)
    return Rule(
        name, tree.Module((*others, evolve(found, pattern=_named(found.pattern))), 1, span=module.span), function
    )


WHOLE = "matched"
"""What the match of a rule in Python is called, where the rule does not say."""


def _named(pattern: tree.Expression) -> tree.Expression:
    """*pattern* with names for the whole match and for the stages of a chain, so that they can be put down."""
    if isinstance(pattern, tree.As):
        return evolve(pattern, value=_with_stages(pattern.value))
    if isinstance(pattern, tree.PatternVariable):
        return evolve(pattern, name=WHOLE) if pattern.name == "_" else pattern
    return tree.As(_with_stages(pattern), f"${WHOLE}", span=pattern.span)


def _with_stages(pattern: tree.Expression, number: int = 1) -> tree.Expression:
    if not isinstance(pattern, tree.Pipe) or has_several(pattern.right):
        return pattern
    right = pattern.right
    if not isinstance(right, tree.As | tree.PatternVariable):
        right = tree.As(right, f"${WHOLE}_{number}", span=right.span)
    left = pattern.left
    if isinstance(left, tree.Pipe):
        left = _with_stages(left, number + 1)
    elif not isinstance(left, tree.As | tree.PatternVariable) and not has_several(left):
        left = tree.As(left, f"${WHOLE}_{number + 1}", span=left.span)
    return evolve(pattern, left=left, right=right)


def rules_of(what: tree.Module | Program) -> tuple[Rule, ...]:
    """The rules that a file declares, in order."""
    module = what if isinstance(what, tree.Module) else inlined(what) if what.imports else what.module
    return tuple(Rule(each.name, module) for each in module.declarations if isinstance(each, tree.Rule))


def rules_in(file: Path) -> tuple[Rule, ...]:
    """The rules that a Python *file* makes, in order: the file is run.

    Raises:
        SearchError: there is no such file.
    """
    if not file.is_file():
        raise SearchError(f"there is no file {file}")
    made = run_path(str(file), run_name="__rules__")
    return tuple(dict.fromkeys(each for each in made.values() if isinstance(each, Rule)))


class Context:
    """Rules ready to run on *architecture*: compiled in one file with what its program declares."""

    def __init__(self, architecture: Architecture, wanted: Iterable[Rule]) -> None:
        self.architecture = architecture
        program = architecture.space.program
        wanted = list(wanted)
        joined, called = _joined(program.module, wanted)
        self.declarations = {
            name: each for each in joined.declarations if isinstance(each, _HELP) for name in _names(each)
        }
        """What replacements may call, by name."""
        self.elaboration = Elaboration(joined, files=program.imports, limits=program.limits)
        self.module = self.elaboration.module
        self.rules = tuple(map(self._compiled, called))
        pairs = zip(self.rules, wanted, strict=True)
        self.functions = {code: each.function for code, each in pairs if each.function is not None}
        """Rules that are functions."""
        self._made: dict[tuple[RuleCode, tree.Expression], RuleCode] = {}

    def _compiled(self, name: str) -> RuleCode:
        found = self.module.declared.get(name)
        if not isinstance(found, RuleCode):
            known = [name for name, each in self.module.declared.items() if isinstance(each, RuleCode)]
            raise SearchError(f"there is no rule `{name}`; {suggest(name, known, 'there are')}")
        for each in self.module.lets_of(found.code):
            if each.name in self._decided:
                raise SourceError.at(
                    "E0267", f"rule `{found.name}` reads `{each.name}`, which is decided in the network", found.span,
                    "write the value that it has there",
                )  # fmt: skip
        return found

    def made(self, rule: RuleCode, found: Node | str | None) -> RuleCode | None:
        """*rule* with what its function has *found* for its replacement.

        Raises:
            SourceError: what it found makes no sense there.
        """
        if found is None:
            return None
        written = expression_of(found)
        key = rule, written
        if key not in self._made:
            text = parse_expression(dump(written), f"<{rule.name}>")
            made = RuleCode(evolve(rule.node, replacement=text, condition=None), self.module)
            made.compile()
            if self.module.diagnostics:
                wrong, self.module.diagnostics[:] = [*self.module.diagnostics], []
                raise SourceError(wrong)
            self.module.join(made.code.uses)
            self._made[key] = made
        return self._made[key]

    @cached_property
    def _decided(self) -> frozenset[str]:
        """What the network's own program declares."""
        return frozenset(name for each in self.architecture.space.program.module.declarations for name in _names(each))

    def operator(self, name: str) -> Operator | None:
        """The operator called *name*, a Python layer by its full name."""
        return OPERATORS.get(name) or self._python.get(name)

    @cached_property
    def _python(self) -> Mapping[str, Operator]:
        modules = [self.module, *self.module.modules.values()]
        used = [each for module in modules for each in module.declared.values() if isinstance(each, UsedLayer)]
        return {each.operator.name: each.operator for each in used}

    def block(self, name: str) -> BlockCode | None:
        """The block called *name*, where the program or the rules declare it."""
        found = self.module.declared.get(name)
        return found if isinstance(found, BlockCode) else None


def _joined(base: tree.Module, wanted: Iterable[Rule]) -> tuple[tree.Module, list[str]]:
    """*base* without its picks and claims, and what the rules' files declare that it does not; and what the rules are
    called in it. What they declare under a name that stands for something else is called otherwise, unless their patterns
    say that name: then it is not known which is meant.
    """
    kept = [each for each in base.declarations if isinstance(each, _BASE)]
    known: dict[str, tree.Declaration] = {name: each for each in kept for name in _names(each)}
    local = frozenset(name for each in kept for name in _bound(each))
    fitted: dict[tree.Module, dict[str, str]] = {}
    called = []
    for rule in wanted:
        if rule.module not in fitted:
            module, fitted[rule.module] = _fitted(rule.module, known, local)
            more = [each for each in module.declarations if isinstance(each, _HELP)]
            kept += [each for each in more if not any(name in known for name in _names(each))]
            known.update((name, each) for each in more for name in _names(each))
        called.append(fitted[rule.module].get(rule.name, rule.name))
    return tree.Module(tuple(kept), 1, span=base.span), called


def _fitted(
    module: tree.Module, known: Mapping[str, tree.Declaration], local: frozenset[str]
) -> tuple[tree.Module, dict[str, str]]:
    """*module* whose names mean nothing else among those *known* and *local* ones, and what was called otherwise for that."""
    others: dict[str, str] = {}
    matched = {name for each in module.declarations if isinstance(each, tree.Rule) for name in _said(each.pattern)}
    for each in module.declarations:
        for name in _names(each) if isinstance(each, _HELP) else ():
            if known.get(name) == each or (name not in known and (name not in local or name in matched)):
                continue
            if isinstance(each, tree.Use) or name in matched:
                raise SourceError.at(
                    "E0204", f"`{name}` is declared twice: by the network's program, or another rule's, too", each.span,
                    "rename one of them",
                )  # fmt: skip
            others[name] = _free(name, module, {*known, *local})
            module = renamed(module, name, others[name])
    return module, others


def _free(name: str, module: tree.Module, known: set[str]) -> str:
    taken = {*known, *(name for each in module.declarations for name in _names(each))}
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _bound(node: tree.Node) -> Iterator[str]:
    """The names that are bound within *node*."""
    if isinstance(node, tree.NamePattern | tree.Parameter | tree.Shared):
        yield node.name
    for child in tree.children(node):
        yield from _bound(child)


def _said(node: tree.Node) -> Iterator[str]:
    """The names that *node* says."""
    if isinstance(node, tree.Name):
        yield node.name
    for child in tree.children(node):
        yield from _said(child)


def _names(declaration: tree.Declaration) -> list[str]:
    if isinstance(declaration, tree.Use):
        return [each.name for each in declaration.names]
    if isinstance(declaration, tree.Import):
        return [each.alias or each.name for each in declaration.names]
    name = getattr(declaration, "name", None)
    return [name] if isinstance(name, str) else []
