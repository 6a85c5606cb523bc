"""Exact sizes of dimensions: whole numbers, or expressions over sizes that are not known yet (batch, time, height).

A symbolic size is kept as a polynomial in canonical form, so that two ways to compute one size give equal values:
`(H - 1) // 2 + 1 == (H + 1) // 2`. Known sizes are plain `int`, and whatever becomes constant collapses to one.
Symbols stand for whole numbers of at least 1. What a size means for a tensor is `symnas.types`' business.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from itertools import product as every_combination
from math import gcd, lcm, prod

from attrs import field, frozen

from symnas.errors import NasError

__all__ = [
    "Exact", "InexactSize", "Size", "SizeError", "SymbolicSize", "UnknownSize", "as_ratio", "divides", "exact_divide",
    "floor_divide", "is_whole", "product", "substitute", "symbol", "symbols_of",
]  # fmt: skip

_MOST_TERMS = 4096
_HIGHEST_DEGREE = 256


class SizeError(NasError, ArithmeticError):
    """An expression of sizes that has no answer, or one too large to write down."""


class UnknownSize(SizeError):
    """A comparison, or another yes-or-no question, whose answer depends on sizes that are not known yet."""

    def __init__(self, symbols: Iterable[str]) -> None:
        self.symbols = frozenset(symbols)
        super().__init__(self.symbols)

    def __str__(self) -> str:
        names = ", ".join(f"`{each}`" for each in sorted(self.symbols))
        return f"{names} {'is' if len(self.symbols) == 1 else 'are'} unknown at build time"


class InexactSize(SizeError):
    """A division, or a substitution, that does not give a whole number."""


@frozen(cache_hash=True, repr=False)
class _Floor:
    """The atom `numerator // divisor`, already reduced. Only `floor_divide` makes one."""

    numerator: "SymbolicSize"
    divisor: "Size"
    key: str = field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "key", f"~{self}")  # `~` sorts behind every name

    def __str__(self) -> str:
        numerator = f"({self.numerator})" if len(self.numerator.terms) > 1 else str(self.numerator)
        divisor = str(self.divisor)
        return f"{numerator} // {divisor if divisor.isidentifier() or divisor.isdigit() else f'({divisor})'}"


_Atom = str | _Floor
_Monomial = tuple[tuple[_Atom, int], ...]  # atoms in order of their keys, each with its exponent; () is 1
_Coefficient = int | Fraction
_Term = tuple[_Monomial, _Coefficient]
_Terms = dict[_Monomial, _Coefficient]


@frozen(cache_hash=True, repr=False, order=False)
class SymbolicSize:
    """A size that depends on at least one symbol. Immutable; equal exactly if the canonical forms are equal.

    `+ - * // % **` take whole numbers, fractions and sizes. `a / b` divides exactly or raises `InexactSize`.
    `<` and its kin raise `UnknownSize` unless the difference is a known number.
    """

    terms: tuple[_Term, ...]
    """Monomials with their coefficients, highest degree first. Made by this module only."""

    @property
    def symbols(self) -> frozenset[str]:
        """Names of the unknown sizes it depends on."""
        return frozenset().union(*(_symbols_in(atom) for monomial, _ in self.terms for atom, _ in monomial))

    def __add__(self, other: "Exact") -> "Size":
        return _collapse(_add(_terms(self), _terms(other))) if _is_exact(other) else NotImplemented

    def __sub__(self, other: "Exact") -> "Size":
        return _collapse(_add(_terms(self), _terms(other), -1)) if _is_exact(other) else NotImplemented

    def __rsub__(self, other: int | Fraction) -> "Size":
        return _collapse(_add(_terms(other), _terms(self), -1)) if _is_exact(other) else NotImplemented

    def __mul__(self, other: "Exact") -> "Size":
        return _collapse(_multiply(_terms(self), _terms(other))) if _is_exact(other) else NotImplemented

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> "Size":
        return self * -1

    def __pos__(self) -> "Size":
        return self

    def __floordiv__(self, other: "Exact") -> "Size":
        return floor_divide(self, other) if _is_exact(other) else NotImplemented

    def __rfloordiv__(self, other: int | Fraction) -> "Size":
        return floor_divide(other, self) if _is_exact(other) else NotImplemented

    def __mod__(self, other: "Exact") -> "Size":
        return _remainder(self, other) if _is_exact(other) else NotImplemented

    def __rmod__(self, other: int | Fraction) -> "Size":
        return _remainder(other, self) if _is_exact(other) else NotImplemented

    def __truediv__(self, other: "Exact") -> "Size":
        return exact_divide(self, other) if _is_exact(other) else NotImplemented

    def __rtruediv__(self, other: int | Fraction) -> "Size":
        return exact_divide(other, self) if _is_exact(other) else NotImplemented

    def __pow__(self, exponent: int) -> "Size":
        if not isinstance(exponent, int):
            return NotImplemented
        if exponent < 0:
            raise InexactSize(f"`{self}` to the power {exponent} is not a whole number")
        result: Size = 1
        for _ in range(exponent):
            result = result * self
        return result

    def __rpow__(self, base: int) -> "Size":
        raise UnknownSize(self.symbols)

    def __lt__(self, other: "Exact") -> bool:
        return self._above(other) < 0

    def __le__(self, other: "Exact") -> bool:
        return self._above(other) <= 0

    def __gt__(self, other: "Exact") -> bool:
        return self._above(other) > 0

    def __ge__(self, other: "Exact") -> bool:
        return self._above(other) >= 0

    def __bool__(self) -> bool:
        raise UnknownSize(self.symbols)

    def __str__(self) -> str:
        text = ""
        for monomial, coefficient in sorted(self.terms, key=_is_negative):  # stable: degrees keep falling
            sign = ("-" if coefficient < 0 else "") if not text else (" - " if coefficient < 0 else " + ")
            text += sign + _term_text(monomial, -coefficient if coefficient < 0 else coefficient)
        return text

    def __repr__(self) -> str:
        return f"<size {self}>"

    def _above(self, other: "Exact") -> _Coefficient:
        """By how much *self* exceeds *other*, where that is known."""
        terms = _add(_terms(self), _terms(other), -1)
        if any(terms.keys()):
            raise UnknownSize(_sized(terms).symbols)
        return terms.get((), 0)


Size = int | SymbolicSize
"""The size of a dimension: a whole number, or an expression over symbols."""
Exact = int | Fraction | SymbolicSize
"""What sizes are computed with."""


def symbol(name: str) -> SymbolicSize:
    """The unknown size called *name*: a whole number of at least 1."""
    return SymbolicSize(((((name, 1),), 1),))


def symbols_of(size: Exact) -> frozenset[str]:
    """Names of the unknown sizes that *size* depends on; none for a number."""
    return size.symbols if isinstance(size, SymbolicSize) else frozenset()


def product(sizes: Iterable[Size]) -> Size:
    """All *sizes* multiplied: the number of elements of a tensor with that shape."""
    return prod(sizes)


def substitute(size: Size, values: Mapping[str, Size]) -> Size:
    """*size* with *values* in place of its symbols; symbols without a value stay.

    Raises:
        InexactSize: the result is a known number but not a whole one.
    """
    if not isinstance(size, SymbolicSize) or not size.symbols & values.keys():
        return size
    total: _Terms = {}
    for monomial, coefficient in size.terms:
        factors = [_substitute_atom(atom, values) ** exponent for atom, exponent in monomial]
        total = _add(total, _multiply(_terms(product(factors)), {(): coefficient}))
    return _collapse(total)


@lru_cache(maxsize=8192)
def floor_divide(dividend: Exact, divisor: Exact) -> Size:
    """`dividend // divisor` in canonical form: whole multiples of the divisor are pulled out, what is left is reduced
    by common factors, and floors of floors are flattened (Graham, Knuth, Patashnik, *Concrete Mathematics*, 3.11).

    Raises:
        ZeroDivisionError: the divisor is zero.
    """
    if not isinstance(dividend, SymbolicSize) and not isinstance(divisor, SymbolicSize):
        return dividend // divisor
    above, below = _terms(dividend), _terms(divisor)
    if not below:
        raise ZeroDivisionError(f"`{dividend}` divided by zero")
    scale = _denominator(above) * _denominator(below)
    if below[_leading(below)] < 0:
        scale = -scale
    above, below = _scaled(above, scale), _scaled(below, scale)
    quotient, rest = _divide(above, below, whole=True)
    return _collapse(_add(quotient, _terms(_floor_of_remainder(rest, below))))


def _remainder(dividend: Exact, divisor: Exact) -> Size:
    whole = _multiply(_terms(divisor), _terms(floor_divide(dividend, divisor)))
    return _collapse(_add(_terms(dividend), whole, -1))


def exact_divide(dividend: Exact, divisor: Exact) -> Size:
    """`dividend / divisor`, where that is a whole number whatever the symbols are.

    Raises:
        InexactSize: it is not, or that cannot be seen from the expression.
        ZeroDivisionError: the divisor is zero.
    """
    below = _terms(divisor)
    if not below:
        raise ZeroDivisionError(f"`{dividend}` divided by zero")
    quotient, rest = _divide(_terms(dividend), below, whole=False)
    if rest or not _is_whole_valued(quotient):
        raise InexactSize(f"`{dividend}` is not known to be a multiple of `{divisor}`")
    return _collapse(quotient)


def divides(divisor: Exact, size: Exact) -> bool:
    """Whether *size* is a multiple of *divisor* whatever the symbols are, as far as the expressions show it."""
    try:
        exact_divide(size, divisor)
    except (InexactSize, ZeroDivisionError):
        return False
    return True


def is_whole(size: Exact) -> bool:
    """Whether *size* is a whole number whatever the symbols are: so `H * (H + 1) / 2` is, `H / 2` is not."""
    return _is_whole_valued(_terms(size))


def as_ratio(size: Size) -> tuple[Size, int]:
    """*size* as a size with whole coefficients over a number: `H * (H + 1) / 2` as `H ** 2 + H` and 2."""
    below = _denominator(_terms(size))
    return size * below, below


# ------------------------------------------------------------------------------------------ polynomials


def _is_exact(value: object) -> bool:
    return isinstance(value, int | Fraction | SymbolicSize)


def _terms(size: Exact) -> _Terms:
    if isinstance(size, SymbolicSize):
        return dict(size.terms)
    return {(): size} if size else {}


def _collapse(terms: _Terms) -> Size:
    """The size of *terms*: a plain number where no symbol is left."""
    if any(terms.keys()):
        return _sized(terms)
    constant = terms.get((), 0)
    if constant.denominator != 1:
        raise InexactSize(f"a size must be whole; {constant}")
    return int(constant)


def _sized(terms: _Terms) -> SymbolicSize:
    if len(terms) > _MOST_TERMS:
        raise SizeError(f"an expression of sizes has more than {_MOST_TERMS} terms")
    ordered = sorted(terms.items(), key=lambda term: _order(term[0]))
    return SymbolicSize(tuple((monomial, _plain(coefficient)) for monomial, coefficient in ordered))


def _is_negative(term: _Term) -> bool:
    return term[1] < 0


def _plain(coefficient: _Coefficient) -> _Coefficient:
    return int(coefficient) if coefficient.denominator == 1 else coefficient


def _add(left: _Terms, right: _Terms, times: int = 1) -> _Terms:
    """The sum of *left* and *times* times *right*."""
    total = dict(left)
    for monomial, coefficient in right.items():
        value = total.get(monomial, 0) + times * coefficient
        if value:
            total[monomial] = value
        else:
            del total[monomial]
    return total


def _multiply(left: _Terms, right: _Terms) -> _Terms:
    if len(left) * len(right) > 16 * _MOST_TERMS:
        raise SizeError(f"an expression of sizes has more than {_MOST_TERMS} terms")
    total: _Terms = {}
    for one, factor in left.items():
        for other, coefficient in right.items():
            monomial = _times(one, other)
            total[monomial] = total.get(monomial, 0) + factor * coefficient
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def _scaled(terms: _Terms, factor: int) -> _Terms:
    return {monomial: _plain(coefficient * factor) for monomial, coefficient in terms.items()}


def _times(left: _Monomial, right: _Monomial) -> _Monomial:
    if not left or not right:
        return left or right
    exponents = dict(left)
    for atom, exponent in right:
        exponents[atom] = exponents.get(atom, 0) + exponent
    if sum(exponents.values()) > _HIGHEST_DEGREE:
        raise SizeError(f"an expression of sizes has a degree above {_HIGHEST_DEGREE}")
    return tuple(sorted(exponents.items(), key=lambda power: _key(power[0])))


def _quotient(dividend: _Monomial, divisor: _Monomial) -> _Monomial | None:
    """The monomial that times *divisor* gives *dividend*, if there is one."""
    exponents = dict(dividend)
    for atom, exponent in divisor:
        exponents[atom] = exponents.get(atom, 0) - exponent
        if exponents[atom] < 0:
            return None
    return tuple((atom, exponent) for atom, exponent in exponents.items() if exponent)


def _key(atom: _Atom) -> str:
    return atom if isinstance(atom, str) else atom.key


def _order(monomial: _Monomial) -> tuple[int, list[str]]:
    """Sorts by falling degree, then lexicographically: a monomial order, which polynomial division needs."""
    return -sum(exponent for _, exponent in monomial), [_key(atom) for atom, times in monomial for _ in range(times)]


def _leading(terms: _Terms) -> _Monomial:
    return min(terms, key=_order)


def _divide(dividend: _Terms, divisor: _Terms, *, whole: bool) -> tuple[_Terms, _Terms]:
    """Polynomial division with remainder. With *whole* the quotient has whole coefficients and what is left of a
    coefficient is at least 0 and below the divisor's leading one, as floor division of numbers leaves it.
    """
    lead = _leading(divisor)
    scale = divisor[lead]
    left, quotient, rest = dict(dividend), dict[_Monomial, _Coefficient](), dict[_Monomial, _Coefficient]()
    while left:
        top = _leading(left)
        factor = _quotient(top, lead)
        times = 0 if factor is None else left[top] // scale if whole else Fraction(left[top]) / scale
        if factor is not None and times:
            quotient[factor] = times
            left = _add(left, _multiply({factor: times}, divisor), -1)
        if top in left:
            rest[top] = left.pop(top)
    return quotient, rest


def _denominator(terms: _Terms) -> int:
    return lcm(*(coefficient.denominator for coefficient in terms.values()))


def _is_whole_valued(terms: _Terms) -> bool:
    """A polynomial over the common denominator d is whole everywhere if it is on every residue modulo d."""
    below = _denominator(terms)
    if below == 1:
        return True
    atoms = sorted({atom for monomial in terms for atom, _ in monomial}, key=_key)
    if below ** len(atoms) > _MOST_TERMS:
        return False
    for residues in every_combination(range(below), repeat=len(atoms)):
        at = dict(zip(atoms, residues, strict=True))
        value = sum(c * prod(at[atom] ** power for atom, power in monomial) for monomial, c in terms.items())
        if value.denominator != 1:
            return False
    return True


# ------------------------------------------------------------------------------------------- floors


def _floor_of_remainder(rest: _Terms, divisor: _Terms) -> Size:
    """floor(rest / divisor), where no multiple of the divisor is left in *rest*; both have whole coefficients."""
    if not rest:
        return 0
    smaller_rest, smaller_divisor = _without_common_factor(rest, divisor)
    if smaller_divisor != divisor:
        return floor_divide(_collapse(smaller_rest), _collapse(smaller_divisor))
    if any(divisor.keys()):
        return _atom(_collapse(rest), _collapse(divisor))
    below = int(divisor[()])
    if not any(rest.keys()):
        return int(rest[()]) // below
    inner = [
        m[0][0] for m, c in rest.items() if c == 1 and len(m) == 1 and m[0][1] == 1 and isinstance(m[0][0], _Floor)
    ]
    if len(inner) != 1:
        return _atom(_collapse(rest), below)
    # floor((floor(a / m) + z) / n) = floor((a + m z) / (m n)) for whole z and n > 0
    (floor,) = inner
    assert isinstance(floor, _Floor)
    others = _collapse({m: c for m, c in rest.items() if m != ((floor, 1),)})
    return floor_divide(floor.numerator + floor.divisor * others, floor.divisor * below)


def _atom(numerator: Size, divisor: Size) -> Size:
    if not isinstance(numerator, SymbolicSize):
        # `3 // H`: only the divisor is symbolic; the numerator is wrapped as a constant polynomial
        return _sized({((_Floor(SymbolicSize((((), numerator),)), divisor), 1),): 1})
    return _sized({((_Floor(numerator, divisor), 1),): 1})


def _without_common_factor(rest: _Terms, divisor: _Terms) -> tuple[_Terms, _Terms]:
    """Cancel what divides both. By a number, the constant of *rest* need not be divisible: it is rounded down."""
    by_number = not any(divisor.keys())
    common = gcd(*(int(c) for m, c in rest.items() if m or not by_number), *(int(c) for c in divisor.values()))
    shared = _common_atoms([*rest, *divisor])
    return _cancel(rest, common, shared), _cancel(divisor, common, shared)


def _cancel(terms: _Terms, common: int, shared: _Monomial) -> _Terms:
    found: _Terms = {}
    for monomial, coefficient in terms.items():
        factor = _quotient(monomial, shared)
        assert factor is not None
        if value := int(coefficient) // common:
            found[factor] = value
    return found


def _common_atoms(monomials: list[_Monomial]) -> _Monomial:
    exponents = [dict(each) for each in monomials]
    least = {atom: min(each.get(atom, 0) for each in exponents) for atom in exponents[0]}
    return tuple((atom, exponent) for atom, exponent in least.items() if exponent)


def _substitute_atom(atom: _Atom, values: Mapping[str, Size]) -> Size:
    if isinstance(atom, str):
        return values.get(atom, symbol(atom))
    return floor_divide(_substitute_terms(atom.numerator, values), substitute(atom.divisor, values))


def _substitute_terms(numerator: SymbolicSize, values: Mapping[str, Size]) -> Size:
    return substitute(numerator, values) if numerator.symbols else _collapse(dict(numerator.terms))


def _symbols_in(atom: _Atom) -> frozenset[str]:
    return frozenset({atom}) if isinstance(atom, str) else atom.numerator.symbols | symbols_of(atom.divisor)


# -------------------------------------------------------------------------------------------- text


def _term_text(monomial: _Monomial, coefficient: _Coefficient) -> str:
    factors = [] if coefficient.numerator == 1 and monomial else [str(coefficient.numerator)]
    for atom, exponent in monomial:
        alone = not factors and exponent == 1 and len(monomial) == 1
        name = atom if isinstance(atom, str) else str(atom) if alone else f"({atom})"
        factors.append(name if exponent == 1 else f"{name} ** {exponent}")
    below = "" if coefficient.denominator == 1 else f" / {coefficient.denominator}"
    return " * ".join(factors) + below
