"""How numbers and strings are spelled: reading them exactly, and spelling them again.

A number keeps its written form in its node; `spell_number` is for numbers that no text stands behind.
"""

import re
from fractions import Fraction

__all__ = ["UNITS", "BadEscape", "BadNumber", "UnknownUnit", "read_number", "read_text", "spell_number", "spell_text"]

UNITS = {
    "K": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12),
    "B": Fraction(1), "KB": Fraction(10**3), "MB": Fraction(10**6), "GB": Fraction(10**9), "TB": Fraction(10**12),
    "KiB": Fraction(2**10), "MiB": Fraction(2**20), "GiB": Fraction(2**30), "TiB": Fraction(2**40),
    "ns": Fraction(1, 10**9), "us": Fraction(1, 10**6), "ms": Fraction(1, 10**3), "s": Fraction(1),
    "min": Fraction(60), "h": Fraction(3600),
}  # fmt: skip
"""What may follow a number directly: counts, bytes, seconds."""

MOST_DIGITS = 400
_NUMBER = re.compile(r"([0-9][0-9_]*)(?:\.([0-9][0-9_]*))?(?:[eE]([+-]?[0-9]+))?([A-Za-z_]*)")
_ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]{1,6}\}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_SPELLED = {value: f"\\{name}" for name, value in _ESCAPES.items()}


class BadNumber(ValueError):
    """More digits, or a larger exponent, than anyone means."""


class UnknownUnit(ValueError):
    """The letters after a number are no unit."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        super().__init__(unit)


class BadEscape(ValueError):
    """A backslash is followed by what it does not escape, *offset* characters into the literal."""

    def __init__(self, escape: str, offset: int) -> None:
        self.escape = escape
        self.offset = offset
        super().__init__(escape)


def read_number(written: str) -> tuple[Fraction, bool]:
    """The exact value of a literal such as `8MiB`, and whether it is written with a point or an exponent.

    Raises: `BadNumber`, `UnknownUnit`.
    """
    if written.isdecimal() and len(written) <= MOST_DIGITS:
        return Fraction(int(written)), False
    found = _NUMBER.fullmatch(written)
    if found is None:
        raise BadNumber(written)
    whole, part, exponent, unit = found.groups()
    if len(written) > MOST_DIGITS or (exponent and (len(exponent) > 6 or abs(int(exponent)) > MOST_DIGITS)):
        raise BadNumber(written)
    if unit and unit not in UNITS:
        raise UnknownUnit(unit)
    digits = part.replace("_", "") if part else ""
    value = Fraction(int(whole.replace("_", "") + digits)) * Fraction(10) ** (int(exponent or 0) - len(digits))
    return value * UNITS.get(unit, 1), part is not None or exponent is not None


def spell_number(value: Fraction, real: bool) -> str:
    """A spelling of *value*: `12`, `-0.75`, `1e-30`; a fraction without end, such as 1/3, is a quotient."""
    sign, value = "-" if value < 0 else "", abs(value)
    twos, fives, rest = _factors(value.denominator)
    if rest != 1:
        return f"{sign}{value.numerator} / {value.denominator}"
    places = max(twos, fives)
    digits = str(value.numerator * 10**places // value.denominator)
    if places == 0 and not real:
        return sign + digits
    if places > 20 or len(digits) > 25:
        stripped = digits.rstrip("0") or "0"
        return f"{sign}{stripped}e{len(digits) - len(stripped) - places}"
    digits = digits.rjust(places + 1, "0")
    return f"{sign}{digits[: len(digits) - places]}.{digits[len(digits) - places :] or '0'}"


def _factors(denominator: int) -> tuple[int, int, int]:
    """How often 2 and 5 divide *denominator*, and what is left."""
    counts = []
    for prime in (2, 5):
        count = 0
        while denominator % prime == 0:
            denominator //= prime
            count += 1
        counts.append(count)
    return counts[0], counts[1], denominator


def read_text(written: str) -> str:
    """The value of a string literal, quotes included in *written*.

    Raises: `BadEscape`.
    """
    if "\\" not in written:
        return written[1:-1]
    return _ESCAPE.sub(_unescape, written[1:-1])


def _unescape(found: re.Match[str]) -> str:
    escape = found.group(1)
    if len(escape) == 1 and escape in _ESCAPES:
        return _ESCAPES[escape]
    if len(escape) > 1:
        point = int(escape[2:-1], 16)
        if point < 0x110000 and not 0xD800 <= point < 0xE000:
            return chr(point)
    raise BadEscape(escape, found.start() + 1)


def spell_text(value: str) -> str:
    """*value* in quotes, with escapes where a plain character would not be seen or would end the string."""
    return '"' + "".join(_spell_character(character) for character in value) + '"'


def _spell_character(character: str) -> str:
    if character in _SPELLED:
        return _SPELLED[character]
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"
