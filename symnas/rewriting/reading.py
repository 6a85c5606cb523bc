"""Rules as they are handed to `rewrite`: read from text, compiled beside the declarations of the network's program."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from attrs import field, frozen

from symnas import tree
from symnas.architecture import Architecture
from symnas.elaborate.declarations import BlockCode
from symnas.elaborate.roots import Elaboration
from symnas.elaborate.rules import RuleCode
from symnas.elaborate.using import UsedLayer
from symnas.errors import SearchError, SourceError, suggest
from symnas.grammar import parse
from symnas.inlining import inlined
from symnas.operators import OPERATORS
from symnas.operators.base import Operator
from symnas.program import Program

__all__ = ["Context", "Rule", "rule", "rules_of"]

_HELP = tree.Block | tree.Let | tree.Fn | tree.Shared | tree.Use | tree.Rule
"""What a file of rules may declare that its rules read."""
_BASE = _HELP | tree.Import | tree.Net | tree.Rewritten | tree.Train


@frozen
class Rule:
    """A rule by its *name*, and the *module* that declares it, with what it reads: blocks, `fn`s, lets."""

    name: str
    module: tree.Module = field(repr=False)


def rule(text: str, name: str = "rule_1") -> Rule:
    """A rule from *text*: `Conv2d($c, 3, $*r) => Conv2d($c, 5, $*r)`, called *name*; or declarations, of which one is
    `rule name: …` and the others are what it reads.

    Raises:
        SourceError: the text is no rule. SearchError: it declares no rule, or several.
    """
    declared = re.search(r"^\s*rule\s+\w+\s*:", text, re.MULTILINE) is not None
    module = parse(text if declared else f"rule {name}: {text}", f"<{name}>")
    found = rules_of(module)
    if len(found) != 1:
        raise SearchError(f"the text declares {len(found)} rules; give them one at a time, or a program of several")
    return found[0]


def rules_of(what: tree.Module | Program) -> tuple[Rule, ...]:
    """The rules that a file declares, in order."""
    module = what if isinstance(what, tree.Module) else inlined(what) if what.imports else what.module
    return tuple(Rule(each.name, module) for each in module.declarations if isinstance(each, tree.Rule))


class Context:
    """Rules ready to run on *architecture*: compiled in one file with what its program declares."""

    def __init__(self, architecture: Architecture, wanted: Iterable[Rule]) -> None:
        self.architecture = architecture
        program = architecture.space.program
        wanted = list(wanted)
        joined = _joined(program.module, wanted)
        self.declarations = {
            name: each for each in joined.declarations if isinstance(each, _HELP) for name in _names(each)
        }
        """What replacements may call, by name."""
        self.elaboration = Elaboration(joined, files=program.imports, limits=program.limits)
        self.module = self.elaboration.module
        self.rules = tuple(self._compiled(each) for each in wanted)

    def _compiled(self, wanted: Rule) -> RuleCode:
        found = self.module.declared.get(wanted.name)
        if not isinstance(found, RuleCode):
            known = [name for name, each in self.module.declared.items() if isinstance(each, RuleCode)]
            raise SearchError(f"there is no rule `{wanted.name}`; {suggest(wanted.name, known, 'there are')}")
        for each in self.module.lets_of(found.code):
            if each.name in self._decided:
                raise SourceError.at(
                    "E0267", f"rule `{found.name}` reads `{each.name}`, which is decided in the network", found.span,
                    "write the value that it has there",
                )  # fmt: skip
        return found

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


def _joined(base: tree.Module, wanted: Iterable[Rule]) -> tree.Module:
    """*base* without its picks and claims, and what the rules' files declare that it does not."""
    kept = [each for each in base.declarations if isinstance(each, _BASE)]
    known = {name: each for each in kept for name in _names(each)}
    for each in (declared for rule in wanted for declared in rule.module.declarations):
        if not isinstance(each, _HELP):
            continue
        before = [known[name] for name in _names(each) if name in known]
        if any(other == each for other in before):
            continue
        if before:
            name = next(name for name in _names(each) if name in known)
            raise SourceError.at(
                "E0204", f"`{name}` is declared twice: by the network's program, or another rule's, too", each.span,
                "rename one of them",
            )  # fmt: skip
        kept.append(each)
        known.update((name, each) for name in _names(each))
    return tree.Module(tuple(kept), 1, span=base.span)


def _names(declaration: tree.Declaration) -> list[str]:
    if isinstance(declaration, tree.Use):
        return [each.name for each in declaration.names]
    if isinstance(declaration, tree.Import):
        return [each.alias or each.name for each in declaration.names]
    name = getattr(declaration, "name", None)
    return [name] if isinstance(name, str) else []
