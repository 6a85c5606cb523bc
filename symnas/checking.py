"""Checking a program: everything that can be said about it without building anything.

The mistakes of the text come first, then those of names and settings, then choices that make no network: each stage
goes on with what the one before it could make sense of, so that all independent mistakes are found together. Picks and
claims are looked at where there are none. Where not every architecture was looked at, the report says how many were.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random

from attrs import evolve, field, frozen

from symnas import tree
from symnas.allowing import python_layers
from symnas.architecture import Architecture
from symnas.domains import show_count
from symnas.elaborate.claims import Claim
from symnas.elaborate.examining import Examination
from symnas.elaborate.files import Imports
from symnas.elaborate.modules import MOST_MISTAKES
from symnas.elaborate.oracles import Oracle, plain
from symnas.elaborate.regions import Infeasible
from symnas.elaborate.rewritten import RewrittenCode
from symnas.elaborate.roots import check_size, deep_recursion
from symnas.elaborate.sameness import Same, same_flow
from symnas.errors import Diagnostic, Note, SearchError, SourceError, suggest
from symnas.faults import examined
from symnas.grammar import recover
from symnas.importing import read_imports
from symnas.limits import LIMITS, Limits
from symnas.moved import check_moves
from symnas.picking import picks_of
from symnas.program import Program, read_text
from symnas.proving import prove
from symnas.requiring import clash, idle
from symnas.space import Measure, Space

__all__ = ["Report", "check", "check_file", "check_text", "unknown_picks"]

_ENUMERATED = 500
_DRAWN = 20
_PLAINLY = 200
_ATTEMPTS = 12


@frozen
class Report:
    """What a check found: *diagnostics* are mistakes, *facts* what is known, a sentence each.

    *proved* says that every architecture is known to build; where that was tried on some, *checked* says on how many.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    facts: tuple[str, ...] = ()
    proved: bool = False
    checked: int | None = None
    ok: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "ok", not self.diagnostics)


def check_file(path: str | Path, limits: Limits = LIMITS) -> Report:
    """Everything that is wrong with the program in a file, and the main facts about it."""
    try:
        text = read_text(path, limits)
    except SourceError as error:
        return Report(error.diagnostics)
    return check_text(text, str(path), folder=Path(path).parent, file=Path(path), limits=limits)


def check_text(
    text: str, name: str = "<text>", *, folder: str | Path | None = None, file: Path | None = None,
    limits: Limits = LIMITS,
) -> Report:  # fmt: skip
    """Everything that is wrong with a program, and the main facts about it. What it imports is read from *folder*;
    *file* is where the text lies, if it lies anywhere; *limits* are what it may ask for at most.
    """
    found = recover(text, name, limits)
    if found.module is None:
        return Report(found.mistakes)
    module, mistakes = found.module, found.mistakes
    imports: Imports = {}
    if folder is not None:
        try:
            imports = read_imports(module, Path(folder), name, file, limits)
        except SourceError as error:
            module, mistakes = _without_imports(module), (*mistakes, *error.diagnostics)
    if mistakes:
        return Report(_with_further(module, mistakes, imports, limits))
    return check(Program(module, name, imports, None if folder is None else Path(folder), limits))


@deep_recursion()
def check(program: Program) -> Report:
    """Everything that is wrong with *program*, and the main facts about it."""
    try:
        space = program.space()
    except SourceError as error:
        return Report(_with_further(program.module, error.diagnostics, program.imports, program.limits))
    try:
        if space.countable and space.size > 0:
            check_size(space[0].fragment, program.limits)
    except SourceError as error:
        return Report(error.diagnostics)
    proof = prove(space)
    found = [*proof.faults] or [*_dead(space)]
    if found:
        return Report(_in_order(found, program.module), checked=proof.checked)
    try:
        members, exhaustive = _members(space)
        for member in members:
            check_size(member.fragment, program.limits)
    except SourceError as error:
        return Report(error.diagnostics)
    except SearchError as error:
        if (clashing := clash(space)) is not None:
            return Report((clashing,))
        span = space.elaboration.costly[0].span if space.elaboration.costly else program.module.span
        return Report((Diagnostic("E0608", str(error), span, "loosen a `require`"),))
    found += [*unknown_picks(space, members), *_idle_rules(space)]
    found += check_moves(space, members, exhaustive=exhaustive)
    facts = [_size_fact(space), *([proof.fact] if proof.fact else [])]
    for claim in space.elaboration.asserts:
        if len(found) >= MOST_MISTAKES:
            break
        failed = _failure(claim, space, members)
        if failed is not None:
            found.append(failed)
        elif claim.costs and not exhaustive and not _decided(claim, space, members[0]):
            line = claim.span.line
            facts.append(f"the `assert` on line {line} was checked on {len(members)} architectures, not on all")
    facts += [*idle(space), *_unknown_costs(space, members)]
    facts += [_same_fact(claim, members) for claim in space.elaboration.sames]
    return Report(_in_order(found, program.module), tuple(facts), proof.proved, proof.checked)


# ---------------------------------------------------------------------------------- beside other mistakes


def _with_further(
    module: tree.Module, known: Sequence[Diagnostic], imports: Imports, limits: Limits
) -> tuple[Diagnostic, ...]:
    """The mistakes *known*, and those that do not follow from them, of names and settings and of choices."""
    picked = picks_of(module)
    try:
        examination = Examination(module, picked, imports, limits)
    except SourceError as error:  # so many that it is not read on
        return _in_order([*known, *error.diagnostics], module)
    found = [*known, *examination.diagnostics]
    restricting = [each for each in _below(module) if isinstance(each, (tree.Require, tree.Pick))]
    spoilt = any(_lies_in(each, restricting) for each in found) or _missing(module, ("require", "pick"))
    return _in_order([*found, *examined(examination, picked, every=spoilt)], module)


def _missing(module: tree.Module, keywords: tuple[str, ...]) -> bool:
    """Whether a declaration or statement that begins with one of *keywords* could not be read."""
    return any(isinstance(each, tree.Hole) and each.keyword in keywords for each in _below(module))


def _below(module: tree.Module) -> Iterator[tree.Node]:
    waiting: list[tree.Node] = [module]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(tree.children(each))


def _lies_in(diagnostic: Diagnostic, nodes: Iterable[tree.Node]) -> bool:
    place = diagnostic.span
    return any(
        each.span.source is place.source and each.span.start <= place.start < max(each.span.end, each.span.start + 1)
        for each in nodes
    )


def _without_imports(module: tree.Module) -> tree.Module:
    """*module* with what it imports declared, but not known."""
    made: list[tree.Declaration] = []
    for each in module.declarations:
        if isinstance(each, tree.Import):
            hole = tree.Hole(keyword="import", span=each.span)
            made += [
                tree.Let(name.alias or name.name, hole, name_span=name.span, span=name.span) for name in each.names
            ]
        else:
            made.append(each)
    return evolve(module, declarations=tuple(made))


def _dead(space: Space) -> Iterable[Diagnostic]:
    """No architecture is left: point at the `require` that the draws failed at."""
    if not space.countable or space.size > 0:
        return
    if (clashing := clash(space)) is not None:
        yield clashing
        return
    for number in range(_ATTEMPTS):
        try:
            space.elaboration.build(Oracle({}, Random(number), picked=space.picked))
        except Infeasible as error:
            yield Diagnostic("E0608", "no architecture meets this `require`", error.span, "loosen it")
            return
        except SourceError as error:
            yield error.diagnostics[0]
            return


def _decided(claim: Claim, space: Space, member: Architecture) -> bool:
    """Whether every architecture has the same nets that *claim* reads costs of, so that one shows it."""
    nets: set[str] = set()

    def cost(net: str, name: str) -> object:
        nets.add(net)
        return member.cost(net, name)

    claim.holds(member.genotype, cost, space.claimed_size)
    try:
        return not claim.lets and space.countable and all(space.size_of(net) == 1 for net in nets)
    except SearchError:  # a net alone may have no exact count where all together have one
        return False


def _unknown_costs(space: Space, members: list[Architecture]) -> list[str]:
    """What claims on costs leave out: Python layers, of which nothing is known until they are built."""
    if not any(claim.costs for claim in (*space.elaboration.asserts, *space.elaboration.requires)):
        return []
    found = {layer for member in members for net in space.nets for layer in python_layers(member.graph(net))}
    shown = ", ".join(f"`{layer}`" for layer in sorted(found))
    return [f"costs leave out {shown}: what Python layers weigh and compute is not known"] if found else []


def _size_fact(space: Space) -> str:
    if not space.countable:
        return f"{space.estimate()}; no exact count"
    continuous = (
        f" and {space.continuous} continuous decision{'s' * (space.continuous != 1)}" if space.continuous else ""
    )
    if space.size == 1 and not continuous:
        return "one architecture"
    if space.size == 1:
        return f"one architecture, apart from its {continuous.removeprefix(' and ')}"
    before = ", before `require` on costs" if space.elaboration.costly else ""
    return f"{show_count(space.size)} architectures{continuous}{before}"


# ------------------------------------------------------------------------------------- members and claims


def _members(space: Space) -> tuple[list[Architecture], bool]:
    """Architectures to try claims on, and whether they are all there are.

    Raises:
        SearchError: no feasible one was found.
    """
    if space.countable and space.size <= _ENUMERATED and not space.continuous:
        found = [space[index] for index in range(space.size)]
        feasible = [member for member in found if member.violated is None]
        if not feasible:
            raise SearchError("no architecture meets every `require`")
        return feasible, True
    rng = Random(0)
    if not space.countable:
        return [space.sample(rng, Measure.DECISIONS) for _ in range(_DRAWN)], False
    return [_feasible(space, rng) for _ in range(_DRAWN)], False


def _feasible(space: Space, rng: Random) -> Architecture:
    """A member that meets every `require`: of a few drawn plainly if there is one, for the tables that draw without
    rejection take longer to make than a check should.
    """
    for _ in range(_PLAINLY if space.elaboration.costly else 0):
        drawn = space[rng.randrange(space.size)]
        if drawn.violated is None:
            return drawn
    return space.sample(rng)


def _failure(claim: Claim, space: Space, members: list[Architecture]) -> Diagnostic | None:
    """Why *claim* does not hold, with an architecture that shows it."""
    try:
        for member in members if claim.costs or claim.lets else islice(members, 1):
            if not claim.holds(member.genotype, member.cost, space.claimed_size):
                actual = claim.compared(member.genotype, member.cost, space.claimed_size)
                shown = "; ".join(f"{path} = {choice}" for path, choice in islice(member.picks.items(), 6))
                return Diagnostic(
                    "E0607", f"this `assert` does not hold{f': {actual}' if actual else ''}", claim.span,
                    f"for example when {shown}" if shown and claim.costs else None,
                )  # fmt: skip
    except SourceError as error:
        return error.diagnostics[0]
    except SearchError as error:
        return Diagnostic("E0609", f"this `assert` could not be checked: {error}", claim.span)
    return None


def _idle_rules(space: Space) -> Iterator[Diagnostic]:
    """Rules that match nothing in the net that they are to rewrite, whatever is decided there."""
    if space.picked is not None or not space.countable:
        return
    for net in space.elaboration.module.nets:
        if not isinstance(net, RewrittenCode):
            continue
        for rule in net.idle:
            before = "" if rule is net.rules[0] else ", or that a rule before it has left it"
            yield Diagnostic(
                "E0264", f"rule `{rule.name}` matches nothing in `{net.written.base}`", net.listed(rule),
                f"see that what it looks for is there{before}", (Note("the rule is here", rule.span),),
            )  # fmt: skip


def _same_fact(claim: Same, members: list[Architecture]) -> str:
    """What is known of `assert same(A, B)` without numbers."""
    line = claim.span.line
    equal = all(same_flow(member.graph(claim.first), member.graph(claim.second)) for member in members)
    if equal:
        return f"`{claim.first}` and `{claim.second}` do the same operations, as the `assert` on line {line} says"
    return (
        f"the `assert` on line {line} is not proved: `{claim.first}` and `{claim.second}` are written differently, "
        "and nothing is computed here"
    )


def unknown_picks(space: Space, members: Sequence[Architecture]) -> list[Diagnostic]:
    """Picks of decisions that do not exist in any architecture looked at."""
    if space.picked is None:
        return []
    known = {path for member in members for path in member.genotype}
    plainly = {plain(path) for path in known}
    found = []
    for path, (_, span) in space.picked.entries.items():
        if path not in space.picked.asked and path not in plainly:
            hint = suggest(path, sorted(known), "the decisions are")
            found.append(Diagnostic("E0610", f"there is no decision `{path}`", span, hint))
    return found


def _in_order(found: Iterable[Diagnostic], module: tree.Module) -> tuple[Diagnostic, ...]:
    """Each mistake once, the root file's first, in the order of the text."""
    once: dict[tuple[str, object], Diagnostic] = {}
    for each in found:
        once.setdefault((each.code, each.span), each)

    def order(each: Diagnostic) -> tuple[bool, str, int, int]:
        source = each.span.source
        return source != module.span.source, source.name, each.span.start, each.span.end

    return tuple(sorted(once.values(), key=order))
