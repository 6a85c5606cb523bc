"""Placeholders in Python code: `oneof(32, 64)` where a number would stand.

A placeholder is one decision, however many places it stands at: `width = oneof(8, 16)` used twice is decided once. To a
type checker it is what it stands for: `oneof(32, 64)` is an `int`. Inside `collecting` the same functions give values.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from fractions import Fraction
from inspect import isroutine
from typing import Any, TypeVar, cast, overload

from attrs import evolve, field, frozen

from symnas.errors import SearchError

__all__ = [
    "CHOOSING", "KINDS", "Manyof", "Oneof", "Placeholder", "Range", "made_oneof", "manyof", "maybe", "oneof", "permutation", "range", "several", "subset",
    "with_candidate",
]  # fmt: skip

T = TypeVar("T")
U = TypeVar("U")


@frozen(eq=False, repr=False)
class Placeholder:
    """One decision; two that are written alike are two. *name* is its name, where it was given one."""

    name: str | None = field(default=None, kw_only=True)

    def __repr__(self) -> str:
        from symnas.annotated.wording import shown

        return shown(self)

    def __bool__(self) -> bool:
        raise SearchError(
            f"{self!r} is not decided yet, so it is neither true nor false; "
            "put the `if` into a symbolic function, or let the value be chosen where it is used"
        )


@frozen(eq=False, repr=False)
class Oneof(Placeholder):
    """One of *candidates*, drawn with *prior* where it is given."""

    candidates: tuple[object, ...]
    labels: tuple[str, ...] | None = None
    prior: tuple[Fraction, ...] | None = None


@frozen(eq=False, repr=False)
class Range(Placeholder):
    """A number from *low* to *high*, both included."""

    low: float
    high: float
    step: float | None = None
    log: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are `int`."""
        return type(self.low) is type(self.high) is int and type(self.step) in (int, type(None))


@frozen(eq=False, repr=False)
class Manyof(Placeholder):
    """Several of *candidates*: *kind* is one of `KINDS` (*least* of them), `subset` (from *least* to *most*),
    `permutation`, or `several` (*least* things like the only one).
    """

    kind: str
    candidates: tuple[object, ...]
    least: object = None
    most: object = None


KINDS = {(True, True): "manyof", (True, False): "arrangement", (False, True): "multiset", (False, False): "product"}
"""What `manyof` makes: of different candidates or not, in their order or in any."""


def with_candidate(placeholder: Placeholder, number: int | str, candidate: object) -> Placeholder:
    """*placeholder* with another candidate *number*, or another number of them; it is a decision of its own."""
    assert isinstance(placeholder, Oneof | Manyof), "others have none"
    if isinstance(number, str):
        changed: Placeholder = evolve(placeholder, **{number: candidate})  # type: ignore[arg-type]  # one that it has
        return changed
    candidates = (*placeholder.candidates[:number], candidate, *placeholder.candidates[number + 1 :])
    if isinstance(placeholder, Oneof):
        _refuse_equal(candidates)
    return evolve(placeholder, candidates=candidates)


CHOOSING: ContextVar[Callable[[Placeholder], Any] | None] = ContextVar("symnas_choosing", default=None)
"""What gives placeholders their values while a function runs; without it they stay."""


def _made(placeholder: Placeholder) -> Any:
    choose = CHOOSING.get()
    return placeholder if choose is None else choose(placeholder)


@overload
def oneof(one: T, two: U, /, *, name: str | None = None, prior: Sequence[float] | None = None) -> T | U: ...
@overload
def oneof(
    candidates: Mapping[str, T], /, *, name: str | None = None, prior: Mapping[str, float] | None = None
) -> T: ...
@overload
def oneof(*candidates: T, name: str | None = None, prior: Sequence[float] | None = None) -> T: ...
def oneof(*candidates: Any, name: str | None = None, prior: Any = None) -> Any:
    """One of *candidates*, of any kind, placeholders in them included; a single dictionary gives them labels.

    *prior* are the probabilities with which they are drawn, for each candidate or by label; labels that it does not
    name share what is left.

    Raises:
        SearchError: there is no candidate, two are the same value, or *prior* does not fit.
    """
    if len(candidates) == 1 and isinstance(candidates[0], Mapping):
        return _made(made_oneof(tuple(candidates[0].values()), tuple(map(str, candidates[0])), prior, name))
    return _made(made_oneof(candidates, None, prior, name))


def made_oneof(candidates: tuple[Any, ...], labels: tuple[str, ...] | None, prior: Any, name: str | None) -> Oneof:
    """As `oneof`, of candidates and labels apart, and never decided."""
    if not candidates:
        raise SearchError("`oneof` needs at least one candidate, `oneof(3, 5)`; a list is spread, `oneof(*sizes)`")
    if labels is not None and (len(labels) != len(candidates) or len(set(labels)) != len(labels)):
        raise SearchError(f"`oneof` needs a label of its own for each candidate; there are {', '.join(labels)}")
    _refuse_equal(candidates)
    return Oneof(candidates, labels, _prior(prior, len(candidates), labels), name=name)


def maybe(value: T, *, name: str | None = None) -> T | None:
    """*value*, or `None`."""
    found: T | None = _made(Oneof((value, None), name=name))
    return found


@overload
def range(low: int, high: int, *, step: int | None = None, log: bool = False, name: str | None = None) -> int: ...
@overload
def range(
    low: float, high: float, *, step: float | None = None, log: bool = False, name: str | None = None
) -> float: ...
def range(low: Any, high: Any, *, step: Any = None, log: bool = False, name: str | None = None) -> Any:
    """A number from *low* to *high*, both included: whole if both are `int`, else real; continuous without *step*.

    Raises:
        SearchError: *high* is below *low*, *step* is not positive, or *log* begins at 0 or below.
    """
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in (low, high, step or 1)):
        raise SearchError(f"`range` takes numbers, `range(1, 8)`; it was given {low!r} and {high!r}")
    if not low <= high:
        raise SearchError(f"`range` goes up: {low} is not below {high}")
    if step is not None and step <= 0:
        raise SearchError(f"`step` is positive; it is {step}")
    if log and low <= 0:
        raise SearchError(f"`log` needs a range above 0; it begins at {low}")
    return _made(Range(low, high, step, log, name=name))


def manyof(
    k: int, candidates: Sequence[T], *, distinct: bool = True, sorted: bool = True, name: str | None = None
) -> list[T]:
    """*k* of *candidates*: different ones unless *distinct* is false, in their order unless *sorted* is false.

    Where none is taken twice, what is undecided in a candidate is decided once; else anew each time that it is taken.
    """
    _refuse_numbers(k, k, len(candidates) if distinct else None)
    found: list[T] = _made(Manyof(KINDS[distinct, sorted], tuple(candidates), k, name=name))
    return found


def several(k: int, value: T, *, name: str | None = None) -> list[T]:
    """A list of *k* things like *value*, what is undecided in it decided for each of them; *k* may be undecided itself.

    Raises:
        SearchError: it stands in a function that is searched, where a loop says the same.
    """
    if CHOOSING.get() is not None:
        raise SearchError("in a function, `several` is a loop: `[oneof(3, 5) for _ in range(k)]`")
    _refuse_numbers(k, k, None)
    found: Any = Manyof("several", (value,), k, name=name)
    return cast("list[T]", found)


def subset(candidates: Sequence[T], least: int = 0, most: int | None = None, *, name: str | None = None) -> list[T]:
    """From *least* to *most* different ones of *candidates*, in their order."""
    most = len(candidates) if most is None else most
    _refuse_numbers(least, most, len(candidates))
    found: list[T] = _made(Manyof("subset", tuple(candidates), least, most, name=name))
    return found


def permutation(candidates: Sequence[T], *, name: str | None = None) -> list[T]:
    """All of *candidates* in some order."""
    found: list[T] = _made(Manyof("permutation", tuple(candidates), name=name))
    return found


def _refuse_numbers(least: object, most: object, candidates: int | None) -> None:
    """Refuse numbers of candidates that cannot be chosen; those that are undecided are the language's to refuse. Without
    *candidates*, any number may.
    """
    for each in (least, most):
        if candidates is None:
            if not isinstance(each, Placeholder) and (type(each) is not int or each < 0):
                raise SearchError(f"the number of things is a whole one from 0 on; it is {each!r}")
            continue
        if not isinstance(each, Placeholder) and (type(each) is not int or not 0 <= each <= candidates):
            raise SearchError(
                f"of {candidates} candidates, {each!r} cannot be chosen; give a number from 0 to {candidates}"
            )
    if isinstance(least, int) and isinstance(most, int) and least > most:
        raise SearchError(f"at least {least} and at most {most} cannot both be: give the smaller number first")


_PLAIN = (int, float, str, bool, type(None))


def _refuse_equal(candidates: Sequence[object]) -> None:
    plain: set[tuple[type, object]] = set()
    others: dict[int, object] = {}
    for each in candidates:
        if isinstance(each, _PLAIN):
            twice = (type(each), each) in plain
            plain.add((type(each), each))
        else:
            twice = id(each) in others or any(_alike(each, other) for other in others.values())
            others[id(each)] = each
        if twice:
            raise SearchError(f"`oneof` has the candidate {each!r} twice; give each once, and weigh it by `prior`")


def _alike(one: object, other: object) -> bool:
    """Whether two candidates are the same data or the same call; an object that was made is like no other."""
    from symnas.annotated.comparing import equal

    return type(one) is type(other) and _waits(one) and _waits(other) and equal(one, other)


def _waits(value: object) -> bool:
    """Whether *value* is data and calls alone, with nothing made in it yet."""
    from symnas.annotated.values import Symbolic, parts

    if isinstance(value, Symbolic | Placeholder | list | tuple | dict):
        return all(_waits(each) for _, each in parts(value))
    return isinstance(value, (*_PLAIN, type)) or isroutine(value)


def _sharing_the_rest(prior: Mapping[str, Any], labels: Sequence[str]) -> list[Fraction]:
    """The probabilities of *labels*: those that *prior* does not name share what is left, as in the language."""
    given = {label: Fraction(str(each)) for label, each in prior.items()}
    rest = max(Fraction(0), 1 - sum(given.values(), Fraction(0))) / max(1, len(labels) - len(given))
    return [given.get(label, rest) for label in labels]


def _prior(prior: Any, count: int, labels: Sequence[str] | None) -> tuple[Fraction, ...] | None:
    if prior is None:
        return None
    if isinstance(prior, Mapping):
        unknown = [each for each in prior if each not in (labels or ())]
        if unknown:
            raise SearchError(f"`prior` names {unknown[0]!r}; the candidates are {list(labels or ())}")
        prior = _sharing_the_rest(prior, labels or ())
    weights = [Fraction(str(each)) for each in prior]
    if len(weights) != count or any(each < 0 for each in weights) or not sum(weights):
        raise SearchError(f"`prior` needs a probability for each of the {count} candidates; it is {list(prior)}")
    total = sum(weights)
    return tuple(each / total for each in weights)
