"""Checking a program: everything that can be said about it without building anything.

The mistakes of the text come first; then whether its architectures can be elaborated, whether its picks name
decisions, and whether its claims hold. Where not every architecture was looked at, the report says how many were.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from random import Random

from attrs import evolve, field, frozen

from symnas.architecture import Architecture
from symnas.domains import Choice
from symnas.elaborate.claims import Claim
from symnas.elaborate.oracles import DomainClash, Oracle, plain
from symnas.elaborate.regions import Infeasible
from symnas.elaborate.roots import check_size
from symnas.errors import Diagnostic, SearchError, SourceError, nearest
from symnas.program import Program
from symnas.space import Measure, Space

__all__ = ["Report", "check"]

_SAMPLES = 200
_ENUMERATED = 500
_ATTEMPTS = 12


@frozen
class Report:
    """What a check found: *diagnostics* are mistakes, *facts* what is known, a sentence each."""

    diagnostics: tuple[Diagnostic, ...] = ()
    facts: tuple[str, ...] = ()
    ok: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "ok", not self.diagnostics)


def check(program: Program) -> Report:
    """Everything that is wrong with *program*, and the main facts about it."""
    try:
        space = program.space()
    except SourceError as error:
        return Report(error.diagnostics)
    try:
        if space.countable and space.size > 0:
            check_size(space[0].fragment)
    except SourceError as error:
        return Report(error.diagnostics)
    found = [*_faults(space)]
    if found:
        return Report(tuple(_distinct(found)))
    try:
        members, exhaustive = _members(space)
        for member in members:
            check_size(member.fragment)
    except SourceError as error:
        return Report(error.diagnostics)
    except SearchError as error:
        span = space.elaboration.costly[0].span if space.elaboration.costly else program.module.span
        return Report((Diagnostic("E0608", str(error), span, "loosen a `require`"),))
    found += _unknown_picks(space, members)
    facts = [_size_fact(space)]
    for claim in space.elaboration.asserts:
        failed = _failure(claim, space, members)
        if failed is not None:
            found.append(failed)
        elif claim.costs and not exhaustive:
            line = claim.span.line
            facts.append(f"the `assert` on line {line} was checked on {len(members)} architectures, not on all")
    return Report(tuple(_distinct(found)), tuple(facts))


def _size_fact(space: Space) -> str:
    if not space.countable:
        return "the space has no exact count yet"
    continuous = (
        f" and {space.continuous} continuous decision{'s' * (space.continuous != 1)}" if space.continuous else ""
    )
    if space.size == 1 and not continuous:
        return "one architecture"
    if space.size == 1:
        return f"one architecture, apart from its {continuous.removeprefix(' and ')}"
    before = ", before `require` on costs" if space.elaboration.costly else ""
    return f"{space.size:,} architectures{continuous}{before}"


# ----------------------------------------------------------------------------------------------- faults


def _faults(space: Space) -> Iterator[Diagnostic]:
    """Choices that make no network. Every way is tried where the space can be counted, samples elsewhere."""
    if not space.countable:
        yield from _sampled_faults(space)
        return
    ways: dict[tuple[str, object], tuple[SourceError, tuple[tuple[str, Choice], ...]]] = {}
    for error, way in space.summary.faults:
        first = error.diagnostics[0]
        ways.setdefault((first.code, first.span), (error, way))
    for error, way in ways.values():
        yield _explained(space, error, dict(way))
    if not ways and space.size > 0:
        yield from _sampled_faults(space, most=3)  # cells that clash show only when they are built
    elif not ways:
        yield from _dead(space)


def _dead(space: Space) -> Iterator[Diagnostic]:
    """No architecture is left: point at the `require` that the draws failed at."""
    for number in range(_ATTEMPTS):
        try:
            space.elaboration.build(Oracle({}, Random(number), picked=space.picked))
        except Infeasible as error:
            yield Diagnostic("E0608", "no architecture meets this `require`", error.span, "loosen it")
            return
        except SourceError as error:
            yield error.diagnostics[0]
            return


def _sampled_faults(space: Space, most: int = _SAMPLES) -> Iterator[Diagnostic]:
    """Mistakes met by building *most* architectures drawn uniformly over decisions."""
    for number in range(most):
        oracle = Oracle({}, Random(number), picked=space.picked)
        try:
            space.elaboration.build(oracle)
        except Infeasible:
            continue
        except DomainClash as error:
            yield space.clash(error).diagnostics[0]
            return
        except SourceError as error:
            yield _explained(space, error, {**oracle.persistent, **oracle.local})
            return


def _explained(space: Space, error: SourceError, way: dict[str, Choice]) -> Diagnostic:
    """The fault with a smallest set of choices that brings it about, and the picks that reproduce it."""
    first = error.diagnostics[0]
    needed = dict(way)
    for path in list(way):
        fewer = {other: choice for other, choice in needed.items() if other != path}
        if _always(space, error, fewer):
            needed = fewer
    if not needed:
        return first
    oracle = _failing(space, needed, Random(0))
    shown = {path: oracle.domains[path].show(choice) for path, choice in needed.items() if path in oracle.domains}
    if not shown:
        return first
    when = " and ".join(f"`{path.rsplit('.', 1)[-1]} = {choice}`" for path, choice in shown.items())
    picks = " ".join(f"--pick {path}={choice}" for path, choice in shown.items())
    hint = f"{first.hint}; to see it: {picks}" if first.hint else f"to see it: {picks}"
    return evolve(first, message=f"{first.message} when {when}", hint=hint)


def _always(space: Space, error: SourceError, given: dict[str, Choice]) -> bool:
    """Whether the same fault follows from *given*, whatever the other choices are (as far as draws can tell)."""
    first = error.diagnostics[0]
    for number in range(_ATTEMPTS):
        try:
            space.elaboration.build(Oracle(given, Random(number), strict=False, picked=space.picked))
        except SourceError as other:
            if (other.diagnostics[0].code, other.diagnostics[0].span) == (first.code, first.span):
                continue
            return False
        except (Infeasible, DomainClash):
            continue
        return False
    return True


def _failing(space: Space, given: dict[str, Choice], rng: Random) -> Oracle:
    oracle = Oracle(given, rng, strict=False, picked=space.picked)
    with suppress(SourceError, Infeasible, DomainClash):
        space.elaboration.build(oracle)
    return oracle


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
    measure = Measure.ARCHITECTURES if space.countable else Measure.DECISIONS
    return [space.sample(rng, measure) for _ in range(20)], False


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


def _unknown_picks(space: Space, members: list[Architecture]) -> list[Diagnostic]:
    """Picks of decisions that do not exist in any architecture looked at."""
    if space.picked is None:
        return []
    known = {path for member in members for path in member.genotype}
    plainly = {plain(path) for path in known}
    found = []
    for path, (_, span) in space.picked.entries.items():
        if path not in space.picked.asked and path not in plainly:
            close = nearest(path, known)
            hint = f"did you mean `{close}`?" if close else None
            found.append(Diagnostic("E0610", f"there is no decision `{path}`", span, hint))
    return found


def _distinct(found: list[Diagnostic]) -> list[Diagnostic]:
    return sorted(dict.fromkeys(found), key=lambda each: (each.span.start, each.span.end))
