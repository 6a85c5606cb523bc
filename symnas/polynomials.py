"""Polynomials with rational coefficients: the arithmetic beneath symbolic sizes.

A polynomial is a dict from monomials to coefficients other than zero. Its atoms are symbols, or compounds that the
owner of this arithmetic makes up; what they stand for, and text, are `symnas.sizes`' business.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import product as every_combination
from math import gcd, lcm, prod
from typing import Protocol

from symnas.errors import NasError

__all__ = [
    "Atom", "Coefficient", "Compound", "Monomial", "SizeError", "Term", "Terms", "add", "denominator", "divide", "leading",
    "multiply", "ordered", "reduced", "scaled", "whole_valued",
]  # fmt: skip

MOST_TERMS = 4096
HIGHEST_DEGREE = 256


class SizeError(NasError, ArithmeticError):
    """An expression of sizes that has no answer, or one too large to write down."""


class Compound(Protocol):
    """An atom that is no symbol. Equal atoms have equal keys; keys order atoms."""

    @property
    def key(self) -> str:
        """Text that orders it among atoms."""

    def __hash__(self) -> int:
        """Atoms are looked up."""


Atom = str | Compound
Monomial = tuple[tuple[Atom, int], ...]
"""Atoms in the order of their keys, each with its exponent; `()` is 1."""
Coefficient = int | Fraction
Term = tuple[Monomial, Coefficient]
Terms = dict[Monomial, Coefficient]


def add(left: Terms, right: Terms, times: int = 1) -> Terms:
    """The sum of *left* and *times* times *right*."""
    total = dict(left)
    for monomial, coefficient in right.items():
        value = total.get(monomial, 0) + times * coefficient
        if value:
            total[monomial] = value
        else:
            del total[monomial]
    return total


def multiply(left: Terms, right: Terms) -> Terms:
    """The product of *left* and *right*.

    Raises:
        SizeError: it would have thousands of terms, or a degree in the hundreds.
    """
    if len(left) * len(right) > 16 * MOST_TERMS:
        raise _too_large()
    total: Terms = {}
    for one, factor in left.items():
        for other, coefficient in right.items():
            monomial = _times(one, other)
            total[monomial] = total.get(monomial, 0) + factor * coefficient
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def scaled(terms: Terms, factor: int) -> Terms:
    """*terms* times a number other than zero."""
    return {monomial: _plain(coefficient * factor) for monomial, coefficient in terms.items()}


def ordered(terms: Terms) -> tuple[Term, ...]:
    """The terms in canonical order, highest degree first, whole coefficients as `int`.

    Raises:
        SizeError: there are thousands of them.
    """
    if len(terms) > MOST_TERMS:
        raise _too_large()
    if len(terms) == 1:
        return tuple((monomial, _plain(coefficient)) for monomial, coefficient in terms.items())
    return tuple((monomial, _plain(terms[monomial])) for monomial in sorted(terms, key=_order))


def leading(terms: Terms) -> Monomial:
    """The highest monomial in canonical order."""
    return min(terms, key=_order)


def divide(dividend: Terms, divisor: Terms, *, whole: bool) -> tuple[Terms, Terms]:
    """Quotient and remainder of polynomial division.

    With *whole* the quotient has whole coefficients, and what is left of a coefficient is at least 0 and below the
    divisor's leading one, as floor division of numbers leaves it.
    """
    lead = leading(divisor)
    scale = divisor[lead]
    left, quotient, rest = dict(dividend), dict[Monomial, Coefficient](), dict[Monomial, Coefficient]()
    while left:
        top = leading(left)
        factor = _quotient(top, lead)
        times = 0 if factor is None else left[top] // scale if whole else Fraction(left[top]) / scale
        if factor is not None and times:
            quotient[factor] = times
            left = add(left, multiply({factor: times}, divisor), -1)
        if top in left:
            rest[top] = left.pop(top)
    return quotient, rest


def denominator(terms: Terms) -> int:
    """The least number that makes all coefficients whole."""
    return lcm(*(coefficient.denominator for coefficient in terms.values()))


def whole_valued(terms: Terms) -> bool:
    """Whether *terms* are whole for all whole atoms: over the denominator d they are if they are on every residue
    modulo d. Where there are too many residues to try, the answer is no.
    """
    below = denominator(terms)
    if below == 1:
        return True
    atoms = list({atom for monomial in terms for atom, _ in monomial})
    if below ** len(atoms) > MOST_TERMS:
        return False
    for residues in every_combination(range(below), repeat=len(atoms)):
        at = dict(zip(atoms, residues, strict=True))
        value = sum(c * prod(at[atom] ** power for atom, power in monomial) for monomial, c in terms.items())
        if value.denominator != 1:
            return False
    return True


def reduced(rest: Terms, divisor: Terms) -> tuple[Terms, Terms]:
    """*rest* and *divisor* with whole coefficients, without what divides both, for the floor of their quotient.

    Below a plain number the constant of *rest* need not be divisible: it is rounded down, which the floor allows.
    """
    by_number = not any(divisor.keys())
    common = gcd(*(int(c) for m, c in rest.items() if m or not by_number), *(int(c) for c in divisor.values()))
    shared = _common_atoms([*rest, *divisor])
    return _cancel(rest, common, shared), _cancel(divisor, common, shared)


def _too_large() -> SizeError:
    return SizeError(f"an expression of sizes has more than {MOST_TERMS} terms")


def _plain(coefficient: Coefficient) -> Coefficient:
    return int(coefficient) if coefficient.denominator == 1 else coefficient


def _times(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    exponents = dict(left)
    for atom, exponent in right:
        exponents[atom] = exponents.get(atom, 0) + exponent
    if sum(exponents.values()) > HIGHEST_DEGREE:
        raise SizeError(f"an expression of sizes has a degree above {HIGHEST_DEGREE}")
    return tuple(sorted(exponents.items(), key=lambda power: _key(power[0])))


def _quotient(dividend: Monomial, divisor: Monomial) -> Monomial | None:
    """The monomial that times *divisor* gives *dividend*, if there is one."""
    if not divisor:
        return dividend
    exponents = dict(dividend)
    for atom, exponent in divisor:
        exponents[atom] = exponents.get(atom, 0) - exponent
        if exponents[atom] < 0:
            return None
    return tuple((atom, exponent) for atom, exponent in exponents.items() if exponent)


def _key(atom: Atom) -> str:
    return atom if isinstance(atom, str) else atom.key


def _order(monomial: Monomial) -> tuple[int, list[str]]:
    """Sorts by falling degree, then lexicographically: a monomial order, which polynomial division needs."""
    return -sum(exponent for _, exponent in monomial), [_key(atom) for atom, times in monomial for _ in range(times)]


def _cancel(terms: Terms, common: int, shared: Monomial) -> Terms:
    found: Terms = {}
    for monomial, coefficient in terms.items():
        factor = _quotient(monomial, shared)
        assert factor is not None
        if value := int(coefficient) // common:
            found[factor] = value
    return found


def _common_atoms(monomials: Sequence[Monomial]) -> Monomial:
    exponents: Iterable[dict[Atom, int]] = [dict(each) for each in monomials]
    least = {atom: min(each.get(atom, 0) for each in exponents) for atom, _ in monomials[0]}
    return tuple((atom, exponent) for atom, exponent in least.items() if exponent)
