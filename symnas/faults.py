"""Choices that make no network: found, reduced to the fewest that matter, and counted where that is cheap.

Where every way through a program is known, its faults are. Beyond the first fault of a way, and in programs with other
mistakes, an `Examination` finds those that do not follow from it.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random
from typing import Any

from attrs import evolve, frozen

from symnas.domains import Choice
from symnas.elaborate.examining import LIMITS, Examination, Met
from symnas.elaborate.oracles import DomainClash, Oracle, Picks
from symnas.elaborate.regions import Infeasible
from symnas.elaborate.roots import deep_recursion
from symnas.elaborate.spoiling import Spoiling
from symnas.errors import Diagnostic, Note, SourceError, Spoils
from symnas.space import Space

__all__ = ["examined", "faults_of"]

Way = Mapping[str, Choice]
Key = tuple[str, Any]
"""What makes two faults the same: code and place."""

DRAWS = 12
"""Architectures that must all fail before some choices are said to be what makes them fail."""

SAMPLES = 200
"""Architectures drawn where not every way can be tried."""

MOST_LAYERS = 12_000
"""Layers that examining a program may elaborate, a hundred for each architecture: a second or two."""

MOST_SHOWN = 3
"""Choices that are shown as they are, without finding out which of them matter."""

DRAWN_WORK = 8
"""Times the work of an exact count, spent on the question which choices bring a fault about: some ten seconds."""

MOST_WAYS = 8
"""Faults beyond which no way is examined for further ones."""


def key_of(diagnostic: Diagnostic) -> Key:
    """What makes it the same fault as another."""
    return diagnostic.code, diagnostic.span


def faults_of(space: Space) -> tuple[list[Diagnostic], int | None]:
    """The faults of a program without other mistakes, and how many architectures were tried: `None` for every way, which
    is where they can be counted.
    """
    found: dict[Key, Diagnostic] = {}
    ways, tried = _ways(space)
    if not ways:
        return [], tried
    examiner = _Examiner(Examination(space.module, space.picked, space.imports, space.program.limits), space.picked)
    causes = [_cause(space, first, way) for first, way in ways.values()]
    for (first, _), cause in zip(ways.values(), causes, strict=True):
        shown = examiner.shown(first, cause.needed, cause.way) if cause.needed else first
        found[key_of(first)] = evolve(shown, spoils=cause.spoils if cause.needed else None)
    for cause in causes[:MOST_WAYS]:
        seen = [*examiner.drawn(cause.needed)]
        for each in seen:
            for key in [key for key in each.faults if key not in found]:
                found[key] = examiner.beside(each.faults[key], cause.needed, each.way, seen)
    return list(found.values()), tried


def examined(examination: Examination, picked: Picks | None, *, every: bool) -> list[Diagnostic]:
    """The faults of a program with other mistakes, met in some of its architectures; only those met in *every* one
    where what restricts the choices could not be read.
    """
    examiner = _Examiner(examination, picked)
    ways: dict[Key, tuple[Diagnostic, Way]] = {}
    met = [*examiner.drawn({})]
    for seen in met:
        for key, fault in seen.faults.items():
            ways.setdefault(key, (fault, seen.way))
    if every:
        return [fault for key, (fault, _) in ways.items() if all(key in seen.faults for seen in met)]
    return [examiner.explained(fault, way) for fault, way in ways.values()]


def _ways(space: Space) -> tuple[dict[Key, tuple[Diagnostic, Way]], int | None]:
    """Each fault met, with choices that lead to it, and how many architectures were drawn, if not every way was tried."""
    ways: dict[Key, tuple[Diagnostic, Way]] = {}
    if not space.countable:
        tried = _sampled(space, SAMPLES, ways)
        return ways, tried
    for error, trail in space.summary.faults:
        first = error.diagnostics[0]
        ways.setdefault(key_of(first), (first, dict(trail)))
    if not ways:  # cells that clash, and regions that never come to an end, show only when they are built
        _sampled(space, 3 if space.size > 0 else DRAWS, ways)
    return ways, None


def _sampled(space: Space, most: int, ways: dict[Key, tuple[Diagnostic, Way]], first: int = 0) -> int:
    """Put the first fault of each of *most* architectures drawn choice by choice into *ways*; how many were tried. The
    seeds of the draws count from *first*.
    """
    left = 2 * space.program.limits.work
    tried = 0
    for number in range(first, first + most):
        if left <= 0:
            break
        oracle = Oracle({}, Random(number), picked=space.picked)
        try:
            space.elaboration.build(oracle)
            tried += 1
        except Infeasible:
            pass
        except DomainClash as error:
            fault = space.clash(error).diagnostics[0]
            ways.setdefault(key_of(fault), (fault, {}))
            return tried + 1
        except SourceError as error:
            fault = error.diagnostics[0]
            ways.setdefault(key_of(fault), (fault, {**oracle.persistent, **oracle.local}))
            tried += 1
            if fault.code in LIMITS:  # a second one would take as long
                return tried
        left -= oracle.work + oracle.parts
    return tried


@frozen
class _Cause:
    """What brings a fault about: a smallest set of the choices *way*, and how much of the space they spoil."""

    needed: Way
    way: Way
    spoils: Spoils | None = None


def _cause(space: Space, fault: Diagnostic, way: Way) -> _Cause:
    """What brings *fault* about, known from all ways through the space, or from draws where there are too many.

    Of what runs into a limit no second trial is made: each is expensive.
    """
    if fault.code in LIMITS:
        return _Cause(way if len(way) <= MOST_SHOWN else {}, way)
    if space.countable:
        with deep_recursion():
            known = _known_cause(space, key_of(fault))
        if known is not None:
            return known
    return _drawn_cause(space, fault, way)


def _known_cause(space: Space, key: Key) -> _Cause | None:
    """What brings the fault about, exactly; `None` where building alone shows it.

    Choices are enough where everything that they leave fails. Another fault that comes before this one takes nothing
    from that, unless nothing is fine whatever is chosen: then it must be this one.
    """
    spoiling = Spoiling(space.elaboration.root(), lambda error: key_of(error.diagnostics[0]) == key)
    whole = spoiling.weighed({})
    if not whole.spoilt:
        return None

    def enough(given: Way) -> bool:
        left = spoiling.weighed(given)
        return not left.fine and bool(whole.fine or not left.another)

    ways = [spoiling.witness(), spoiling.witness(last=True)]
    needed, way = min(((_smallest(way, enough), way) for way in ways), key=lambda found: len(found[0]))
    counted = whole.counted(space.size)
    spoils = Spoils(*counted) if counted else Spoils(whole.share.numerator, whole.share.denominator, "draws")
    return _Cause(needed, way, spoils)


def _drawn_cause(space: Space, fault: Diagnostic, way: Way) -> _Cause:
    """What brings the fault about, as far as some draws can tell, within bounds."""
    left = [DRAWN_WORK * space.program.limits.work]

    def fails(given: Way, rng: Random) -> bool | None:
        if left[0] <= 0:
            raise _Spent
        oracle = Oracle(given, rng, strict=False, picked=space.picked)
        try:
            space.elaboration.build(oracle)
        except SourceError as error:
            return True if key_of(error.diagnostics[0]) == key_of(fault) else None
        except (Infeasible, DomainClash):
            return None
        finally:
            left[0] -= oracle.work + oracle.parts
        return False

    met: dict[Key, tuple[Diagnostic, Way]] = {}
    spoilt, whole = 0, 0
    for number in range(SAMPLES):
        met.clear()
        whole += _sampled(space, 1, met, first=number)
        spoilt += key_of(fault) in met
    if spoilt == whole:
        return _Cause({}, way)
    needed = way
    try:
        for draws in (DRAWS, 4 * DRAWS, 16 * DRAWS):
            needed = _smallest(way, partial(_always, fails=fails, draws=draws))
            if _always(needed, fails, SAMPLES):
                break
    except _Spent:
        needed = needed if len(needed) <= MOST_SHOWN else {}
    return _Cause(needed, way, Spoils(spoilt, whole, "estimate") if spoilt else None)


class _Spent(Exception):
    """The work that examining may take is done."""


@frozen
class _Seen:
    """The faults of one architecture, and the choices that make it."""

    faults: Mapping[Key, Diagnostic]
    way: Way


class _Examiner:
    """Examines architectures of one program, within bounds."""

    def __init__(self, examination: Examination, picked: Picks | None) -> None:
        self._examination, self._picked = examination, picked
        self._left = MOST_LAYERS

    def met(self, given: Way, rng: Random) -> _Seen | None:
        """The faults met with the choices *given*, the others drawn; `None` if excluded, or if enough was done."""
        if self._left <= 0:
            return None
        oracle = Oracle(given, rng, strict=False, picked=self._picked)
        met = self._met(oracle)
        return None if met is None else _Seen(met.faults, {**oracle.persistent, **oracle.local})

    def drawn(self, given: Way) -> Iterator[_Seen]:
        """Architectures with the choices *given*, the others drawn; those that a `require` excludes are drawn again."""
        left = DRAWS
        for number in range(SAMPLES):
            seen = self.met(given, Random(number))
            if seen is not None:
                yield seen
                left -= 1
            if not left or self._left <= 0:
                return

    def _met(self, oracle: Oracle) -> Met | None:
        met = self._examination.met(oracle)
        self._left -= 100 + (met.layers if met is not None else 0)
        return met

    def explained(self, fault: Diagnostic, way: Way) -> Diagnostic:
        """*fault* with a smallest set of the choices of *way* that brings it about."""

        def fails(given: Way, rng: Random) -> bool | None:
            if self._left <= 0:
                raise _Spent
            seen = self.met(given, rng)
            return None if seen is None else key_of(fault) in seen.faults

        try:
            needed = _smallest(way, lambda given: _always(given, fails, DRAWS // 2))
        except _Spent:
            return fault
        return self.shown(fault, needed, way) if needed else fault

    def beside(self, fault: Diagnostic, needed: Way, way: Way, seen: list[_Seen]) -> Diagnostic:
        """*fault*, met with the choices *needed* of another one: explained by them if all of those *seen* have it."""
        if needed and all(key_of(fault) in each.faults for each in seen):
            return self.shown(fault, needed, way)
        return self.explained(fault, way)

    def shown(self, fault: Diagnostic, needed: Way, way: Way) -> Diagnostic:
        """*fault* with the choices that it needs, some of those of *way*: in words, as picks, and where they are made."""
        oracle = Oracle(way, Random(0), strict=False, picked=self._picked)
        met = self._met(oracle)
        domains = oracle.domains
        shown = tuple((path, domains[path].show(choice)) for path, choice in needed.items() if path in domains)
        if not shown:
            return fault
        when = " and ".join(f"`{path.rsplit('.', 1)[-1]} = {choice}`" for path, choice in shown)
        picks = " ".join(f"--pick {path}={choice}" for path, choice in shown)
        hint = f"{fault.hint}; to see it: {picks}" if fault.hint else f"to see it: {picks}"
        places = met.asked if met is not None else {}
        notes = tuple(
            Note(f"`{path.rsplit('.', 1)[-1]}` is decided here", places[path])
            for path, _ in shown
            if path in places and places[path] != fault.span
        )
        known = {note.span for note in fault.notes}
        return evolve(
            fault, message=f"{fault.message} when {when}", hint=hint, pick=shown,
            notes=(*fault.notes, *(note for note in dict.fromkeys(notes) if note.span not in known)),
        )  # fmt: skip


# ----------------------------------------------------------------------------------- the fewest choices


def _always(given: Way, fails: Callable[[Way, Random], bool | None], draws: int = DRAWS) -> bool:
    """Whether the fault follows from *given*, whatever the other choices are (as far as *draws* can tell)."""
    seen = False
    for number in range(draws):
        result = fails(given, Random(number))
        if result is False:
            return False
        seen = seen or result is True
    return seen


def _smallest(way: Way, enough: Callable[[Way], bool]) -> Way:
    """A smallest set of the choices of *way* that is still *enough*: none of them can be left out.

    QuickXplain (Junker, AAAI 2004): of n choices, k that matter are found in about k log n trials.
    """
    if not way or enough({}):
        return {}
    found = _needed({}, [*way.items()], enough, fresh=False)
    order = {path: place for place, path in enumerate(way)}
    return dict(sorted(found, key=lambda item: order[item[0]]))


def _needed(
    kept: Way, among: list[tuple[str, Choice]], enough: Callable[[Way], bool], *, fresh: bool
) -> list[tuple[str, Choice]]:
    """Those of *among* that are needed beside *kept*; *fresh* says that *kept* has grown since it was last tried."""
    if fresh and enough(kept):
        return []
    if len(among) <= 1:
        return among
    half = len(among) // 2
    first, second = among[:half], among[half:]
    later = _needed({**kept, **dict(first)}, second, enough, fresh=bool(first))
    return [*_needed({**kept, **dict(later)}, first, enough, fresh=bool(later)), *later]
