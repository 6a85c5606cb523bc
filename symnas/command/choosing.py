"""Which program, and which of its architectures: files, `--pick`, `--seed`."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from attrs import frozen

from symnas import tree
from symnas.architecture import Architecture
from symnas.command.terminal import count_of
from symnas.errors import SearchError, suggest
from symnas.fixing import check_picks
from symnas.limits import LIMITS, Limits
from symnas.program import Program, load

if TYPE_CHECKING:
    from symnas.rewriting import Rule

__all__ = ["Chosen", "choose", "read", "rules_asked"]


@frozen
class Chosen:
    """An architecture, and how it came to be this one, in words; empty if there is no other."""

    architecture: Architecture
    how: str


def read(file: str, picks: Sequence[str] = (), limits: Limits = LIMITS) -> Program:
    """The program in *file*, with *picks* (`path=choice`) beside its own; of two for one path, the later holds.
    *limits* are what it may ask for at most.

    Raises:
        SourceError: the file is no program.
        SearchError: a pick is not written as one.
    """
    program = load(file, limits=limits)
    if not picks:
        return program
    entries = tuple(entry for written in picks for entry in _entries(written))
    decided = {entry.path for entry in entries}
    kept = [_without(each, decided) for each in program.module.declarations]
    made = tree.Module((*kept, tree.Pick(entries)), program.module.version)
    return program.changed(made)


def choose(program: Program, seed: int | None) -> Chosen:
    """The architecture that the program's picks name; what they leave open is drawn with *seed*, or with 0.

    Raises:
        SourceError: the program has mistakes.
        SearchError: there is no such architecture.
    """
    space = program.space()
    architecture = space.sample(Random(seed or 0))
    check_picks(space, architecture.genotype)
    drawn = sum(space.picked is None or not space.picked.has(path) for path in architecture.genotype)
    if not drawn:
        return Chosen(architecture, "")
    total = len(architecture.genotype)
    what = count_of(total, "decision") if drawn == total else f"{drawn} of its {total} decisions"
    again = "" if seed is not None else "; --seed or --pick take another"
    return Chosen(architecture, f"{what} drawn with --seed {seed or 0}{again}")


def rules_asked(program: Program, file: str, rules: str | None, names: Sequence[str]) -> "Sequence[Rule]":
    """The rules of the file *rules* (of one in Python, which is run, those that it makes), or those that the library has
    under that name, or those of *program*, which was read from *file*: those called *names* in that order, or all.

    Raises:
        SourceError: their file is none. SearchError: there is no such rule.
    """
    known = {each.name: each for each in _rules_of(program, rules)}
    if not known:
        raise SearchError(f"{rules or file} declares no rule; write `rule name: pattern => replacement`")
    for name in names:
        if name not in known:
            raise SearchError(f"{rules or file} has no rule `{name}`; {suggest(name, known)}")
    return [known[name] for name in names] if names else [*known.values()]


def _rules_of(program: Program, rules: str | None) -> "Sequence[Rule]":
    from symnas.rewriting import rules_of
    from symnas.rewriting.library import rules as library
    from symnas.rewriting.reading import rules_in

    if rules is None:
        return rules_of(program)
    if rules.endswith(".py"):
        return rules_in(Path(rules))
    offered = None if Path(rules).exists() else library.called(rules)
    if offered is not None:
        return offered.rules
    if not rules.endswith(".nas") and not Path(rules).exists():
        close = suggest(rules.partition("(")[0], [*library], "it has")
        raise SearchError(f"there is no file {rules}, and the library has no such rules; {close}")
    return rules_of(load(rules))


def _entries(written: str) -> tuple[tree.PickEntry, ...]:
    from symnas.grammar import parse

    path, equals, choice = written.partition("=")
    if not (equals and path.strip() and choice.strip()):
        raise SearchError(f"`--pick {written}` is no pick; write `--pick width=0.75`")
    found = parse(f"pick {{ {path}: {choice} }}", "--pick").declarations
    if len(found) != 1 or not isinstance(found[0], tree.Pick):
        raise SearchError(f"`--pick {written}` is more than a pick; write `--pick width=0.75`, once for each decision")
    return found[0].entries


def _without(declaration: tree.Declaration, decided: set[str]) -> tree.Declaration:
    if not isinstance(declaration, tree.Pick):
        return declaration
    kept = tuple(entry for entry in declaration.entries if entry.path not in decided)
    return tree.Pick(kept, span=declaration.span)
