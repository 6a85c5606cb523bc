"""Exact sizes of dimensions: whole numbers, or expressions over sizes that are not known yet (batch, time, height).

A symbolic size is kept as a polynomial in canonical form, so that two ways to compute one size give equal values:
`(H - 1) // 2 + 1 == (H + 1) // 2`. Known sizes are plain `int`, and whatever becomes constant collapses to one.
Symbols stand for whole numbers of at least 1. What a size means for a tensor is `symnas.types`' business.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from math import prod

from attrs import field, frozen

from symnas.polynomials import (
    Atom,
    Coefficient,
    Monomial,
    SizeError,
    Term,
    Terms,
    add,
    denominator,
    divide,
    leading,
    multiply,
    ordered,
    reduced,
    scaled,
    whole_valued,
)

__all__ = [
    "Exact", "InexactSize", "Size", "SizeError", "SymbolicSize", "UnknownSize", "as_ratio", "divides", "exact_divide",
    "floor_divide", "is_whole", "larger", "product", "substitute", "symbol", "symbols_of",
]  # fmt: skip


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


@frozen(cache_hash=True, repr=False)
class _Larger:
    """The atom `max(first, second)` of two sizes, neither of which is known to be the larger. Only `larger` makes one."""

    first: "Size"
    second: "Size"
    key: str = field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "key", f"~{self}")

    def __str__(self) -> str:
        return f"max({self.first}, {self.second})"


@frozen(cache_hash=True, repr=False, order=False)
class SymbolicSize:
    """A size that depends on at least one symbol. Immutable; equal exactly if the canonical forms are equal.

    `+ - * // % **` take whole numbers, fractions and sizes. `a / b` divides exactly or raises `InexactSize`.
    `<` and its kin raise `UnknownSize` unless the difference is a known number.
    """

    terms: tuple[Term, ...]
    """Monomials with their coefficients, highest degree first. Made by this module only."""

    @property
    def symbols(self) -> frozenset[str]:
        """Names of the unknown sizes it depends on."""
        return _symbols(monomial for monomial, _ in self.terms)

    def __add__(self, other: "Exact") -> "Size":
        return _sum(self, other) if _is_exact(other) else NotImplemented

    def __sub__(self, other: "Exact") -> "Size":
        return _sum(self, other, -1) if _is_exact(other) else NotImplemented

    def __rsub__(self, other: int | Fraction) -> "Size":
        return _sum(other, self, -1) if _is_exact(other) else NotImplemented

    def __mul__(self, other: "Exact") -> "Size":
        return _product(self, other) if _is_exact(other) else NotImplemented

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
        first, *others = sorted(self.terms, key=_is_negative)  # stable: degrees keep falling
        text = _term_text(first[0], first[1]) if first[1] > 0 else _negated_text(first[0], -first[1])
        for monomial, coefficient in others:
            sign, size = (" - ", -coefficient) if coefficient < 0 else (" + ", coefficient)
            text += sign + _term_text(monomial, size)
        return text

    def __repr__(self) -> str:
        return f"<size {self}>"

    def _above(self, other: "Exact") -> Coefficient:
        """By how much *self* exceeds *other*, where that is known."""
        terms = add(_terms(self), _terms(other), -1)
        if any(terms.keys()):
            raise UnknownSize(_symbols(terms))
        return terms.get((), 0)


Size = int | SymbolicSize
"""The size of a dimension: a whole number, or an expression over symbols."""
Exact = int | Fraction | SymbolicSize
"""What sizes are computed with."""
_EXACT = (int, Fraction, SymbolicSize)


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
    total: Terms = {}
    for monomial, coefficient in size.terms:
        factors = [_substitute_atom(atom, values) ** exponent for atom, exponent in monomial]
        total = add(total, multiply(_terms(product(factors)), {(): coefficient}))
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
    scale = denominator(above) * denominator(below)
    if below[leading(below)] < 0:
        scale = -scale
    above, below = scaled(above, scale), scaled(below, scale)
    quotient, rest = divide(above, below, whole=True)
    return _collapse(add(quotient, _terms(_floor_of_remainder(rest, below))))


def _remainder(dividend: Exact, divisor: Exact) -> Size:
    return _sum(dividend, _product(divisor, floor_divide(dividend, divisor)), -1)


def exact_divide(dividend: Exact, divisor: Exact) -> Size:
    """`dividend / divisor`, where that is a whole number whatever the symbols are.

    Raises:
        InexactSize: it is not, or that cannot be seen from the expression.
        ZeroDivisionError: the divisor is zero.
    """
    below = _terms(divisor)
    if not below:
        raise ZeroDivisionError(f"`{dividend}` divided by zero")
    quotient, rest = divide(_terms(dividend), below, whole=False)
    if rest or not whole_valued(quotient):
        raise InexactSize(f"`{dividend}` is not known to be a multiple of `{divisor}`")
    return _collapse(quotient)


def larger(left: Size, right: Size) -> Size:
    """The larger of two sizes, neither of which is negative: `max(9 * T, T ** 2)` where that depends on the symbols."""
    above = add(_terms(left), _terms(right), -1)
    if _never_negative(above):
        return left
    if _never_negative(scaled(above, -1)):
        return right
    first, second = sorted((left, right), key=str)
    return _collapse({((_Larger(first, second), 1),): 1})


def _never_negative(terms: Terms) -> bool:
    """Whether it is plain that the value is at least 0: symbols are at least 1, other atoms at least 0."""
    rising = {monomial: coefficient for monomial, coefficient in terms.items() if monomial}
    sure = sum(c for monomial, c in rising.items() if all(isinstance(atom, str) for atom, _ in monomial))
    return all(coefficient > 0 for coefficient in rising.values()) and terms.get((), 0) + sure >= 0


def divides(divisor: Exact, size: Exact) -> bool:
    """Whether *size* is a multiple of *divisor* whatever the symbols are, as far as the expressions show it."""
    try:
        exact_divide(size, divisor)
    except (InexactSize, ZeroDivisionError):
        return False
    return True


def is_whole(size: Exact) -> bool:
    """Whether *size* is a whole number whatever the symbols are: so `H * (H + 1) / 2` is, `H / 2` is not."""
    return whole_valued(_terms(size))


def as_ratio(size: Size) -> tuple[Size, int]:
    """*size* as a size with whole coefficients over a number: `H * (H + 1) / 2` as `H ** 2 + H` and 2."""
    below = denominator(_terms(size))
    return size * below, below


# --------------------------------------------------------------------------------------- from and to polynomials


def _is_exact(value: object) -> bool:
    return isinstance(value, _EXACT)


def _terms(size: Exact) -> Terms:
    if isinstance(size, SymbolicSize):
        return dict(size.terms)
    return {(): size} if size else {}


def _collapse(terms: Terms) -> Size:
    """The size of *terms*: a plain number where no symbol is left."""
    if any(terms.keys()):
        return SymbolicSize(ordered(terms))
    constant = terms.get((), 0)
    if constant.denominator != 1:
        raise InexactSize(f"a size must be whole; {constant}")
    return int(constant)


@lru_cache(maxsize=8192)
def _sum(left: Exact, right: Exact, times: int = 1) -> Size:
    return _collapse(add(_terms(left), _terms(right), times))


@lru_cache(maxsize=8192)
def _product(left: Exact, right: Exact) -> Size:
    return _collapse(multiply(_terms(left), _terms(right)))


def _is_negative(term: Term) -> bool:
    return term[1] < 0


# ------------------------------------------------------------------------------------------- floors


def _floor_of_remainder(rest: Terms, divisor: Terms) -> Size:
    """floor(rest / divisor), where no multiple of the divisor is left in *rest*; both have whole coefficients."""
    if not rest:
        return 0
    smaller_rest, smaller_divisor = reduced(rest, divisor)
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
        return _collapse({((_Floor(SymbolicSize((((), numerator),)), divisor), 1),): 1})
    return _collapse({((_Floor(numerator, divisor), 1),): 1})


def _substitute_atom(atom: Atom, values: Mapping[str, Size]) -> Size:
    if isinstance(atom, str):
        return values.get(atom, symbol(atom))
    if isinstance(atom, _Larger):
        return larger(substitute(atom.first, values), substitute(atom.second, values))
    assert isinstance(atom, _Floor)
    return floor_divide(_substitute_terms(atom.numerator, values), substitute(atom.divisor, values))


def _substitute_terms(numerator: SymbolicSize, values: Mapping[str, Size]) -> Size:
    return substitute(numerator, values) if numerator.symbols else _collapse(dict(numerator.terms))


def _symbols(monomials: Iterable[Monomial]) -> frozenset[str]:
    return frozenset[str]().union(*(_symbols_in(atom) for monomial in monomials for atom, _ in monomial))


def _symbols_in(atom: Atom) -> frozenset[str]:
    if isinstance(atom, str):
        return frozenset({atom})
    if isinstance(atom, _Larger):
        return symbols_of(atom.first) | symbols_of(atom.second)
    assert isinstance(atom, _Floor)
    return atom.numerator.symbols | symbols_of(atom.divisor)


# -------------------------------------------------------------------------------------------- text


def _term_text(monomial: Monomial, coefficient: Coefficient) -> str:
    factors = [] if coefficient.numerator == 1 and monomial else [str(coefficient.numerator)]
    for atom, exponent in monomial:
        name = atom if isinstance(atom, str) or _is_lone_floor(monomial, coefficient) else f"({atom})"
        factors.append(str(name) if exponent == 1 else f"{name} ** {exponent}")
    below = "" if coefficient.denominator == 1 else f" / {coefficient.denominator}"
    return " * ".join(factors) + below


def _negated_text(monomial: Monomial, coefficient: Coefficient) -> str:
    text = _term_text(monomial, coefficient)
    # `-H // 2` would be the floor of -H / 2, which is another number
    return f"-({text})" if _is_lone_floor(monomial, coefficient) else f"-{text}"


def _is_lone_floor(monomial: Monomial, coefficient: Coefficient) -> bool:
    """Whether the term is a floor division written without a factor, and so without parentheses."""
    return (
        coefficient.numerator == 1
        and len(monomial) == 1
        and monomial[0][1] == 1
        and not isinstance(monomial[0][0], str)
    )
