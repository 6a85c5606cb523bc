"""Settings by name: shared reading and checking of records such as `train { … }` and `data: {…}`.

Which settings exist, and what they mean, is said where they are used: `recipe` and `data`.
"""

from collections.abc import Callable, Iterable, Mapping
from numbers import Real

from symnas.errors import SearchError, nearest

__all__ = ["Check", "flag", "number", "one_of", "read", "unknown", "whole", "word"]

Check = Callable[[object], object]
"""Turns a written value into the value used; raises `ValueError("what is expected")`."""


def read(values: Mapping[str, object], checks: Mapping[str, Check], where: str) -> dict[str, object]:
    """The *values* that *checks* know, each checked; faults of all of them are reported together.

    Raises:
        SearchError: for values that are not what their setting expects.
    """
    checked: dict[str, object] = {}
    faults: list[str] = []
    for name in values.keys() & checks.keys():
        try:
            checked[name] = checks[name](values[name])
        except ValueError as expected:
            faults.append(f"{where}: `{name}` must be {expected}, not {show(values[name])}")
    if faults:
        raise SearchError("\n".join(sorted(faults)))
    return checked


def unknown(wrong: str, known: Iterable[str], what: str) -> str:
    """The message for a name that does not exist, with the name it was probably meant to be and all valid ones."""
    names = sorted(known)
    close = nearest(wrong, names)
    guess = f"; did you mean `{close}`?" if close else ""
    return f"{what} `{wrong}` is unknown{guess} (known: {', '.join(names)})"


def show(value: object) -> str:
    """*value* as it would be written in a .nas file, near enough for a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _real(value: object) -> float:
    """*value* as a real number; what is none becomes NaN, which no range contains."""
    if isinstance(value, bool):
        return float("nan")
    return float(value) if isinstance(value, Real) else float("nan")


def number(low: float, high: float = float("inf"), open_low: bool = False) -> Check:
    """A check for a real number from *low* to *high*; *open_low* excludes *low* itself."""
    lower = f"above {low:g}" if open_low else f"at least {low:g}"
    expected = f"a number {lower}" + ("" if high == float("inf") else f" and at most {high:g}")

    def check(value: object) -> float:
        real = _real(value)
        if (low < real if open_low else low <= real) and real <= high and real != float("inf"):
            return real
        raise ValueError(expected)

    return check


def whole(low: int) -> Check:
    """A check for a whole number of at least *low*; `5.0` counts as whole."""

    def check(value: object) -> int:
        real = _real(value)
        if real >= low and real % 1 == 0:
            return int(real)
        raise ValueError(f"a whole number of at least {low}")

    return check


def flag(value: object) -> bool:
    """The check for `true` or `false`."""
    if isinstance(value, bool):
        return value
    raise ValueError("`true` or `false`")


def word(value: object) -> str:
    """The check for a text that is not empty."""
    if isinstance(value, str) and value:
        return value
    raise ValueError("a text in quotes")


def one_of(words: Iterable[str]) -> Check:
    """A check for one of *words*; the message names the one that was probably meant."""
    known = tuple(words)

    def check(value: object) -> str:
        if isinstance(value, str) and value in known:
            return value
        close = nearest(value, known) if isinstance(value, str) else None
        listed = ", ".join(f'"{each}"' for each in known)
        raise ValueError(f"one of {listed}" + (f' (did you mean "{close}"?)' if close else ""))

    return check
