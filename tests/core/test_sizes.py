import copy
import pickle
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnas.sizes import (
    Exact,
    InexactSize,
    Size,
    SizeError,
    SymbolicSize,
    UnknownSize,
    divides,
    exact_divide,
    floor_divide,
    is_whole,
    product,
    substitute,
    symbol,
    symbols_of,
)  # fmt: skip

H, N, T, D = symbol("H"), symbol("N"), symbol("T"), symbol("D")

values = st.fixed_dictionaries({name: st.integers(1, 60) for name in "HNT"})


def _combined(parts: st.SearchStrategy[Size]) -> st.SearchStrategy[Size]:
    pairs = st.tuples(parts, parts)
    return st.one_of(
        pairs.map(lambda pair: pair[0] + pair[1]),
        pairs.map(lambda pair: pair[0] - pair[1]),
        pairs.map(lambda pair: pair[0] * pair[1]),
        st.tuples(parts, st.integers(1, 6)).map(lambda pair: floor_divide(pair[0], pair[1])),
        st.tuples(parts, st.integers(1, 6)).map(lambda pair: pair[0] % pair[1]),
        st.tuples(parts, st.sampled_from([H, 2 * N, H * T])).map(lambda pair: floor_divide(pair[0], pair[1])),
    )


leaves: st.SearchStrategy[Size] = st.one_of(st.integers(-6, 12), st.sampled_from([H, N, T]))
sizes = st.recursive(leaves, _combined, max_leaves=8)


def _python(size: Size, at: dict[str, int]) -> int:
    """The value of what `str` prints, by Python itself."""
    return int(eval(str(size), {}, {name: Fraction(value) for name, value in at.items()}))  # noqa: S307 (our own text)


def _squared(size: Size, times: int) -> Size:
    for _ in range(times):
        size = size * size
    return size


class TestCanonicalForm:
    """Two ways to compute one size give equal values."""

    @pytest.mark.parametrize(
        ("left", "right"),
        (
            ((H - 1) // 2 + 1, (H + 1) // 2),
            ((H + 2 * 3 - 7) // 2 + 1, (H + 1) // 2),
            ((H + 6) // 2, H // 2 + 3),
            ((H // 2) // 2, H // 4),
            ((H // 2 + 3) // 4, (H + 6) // 8),
            ((3 * H + 1) // 2, H + (H + 1) // 2),
            ((4 * H + 3) // 8, H // 2),
            ((4 * H + 6) // 8, (2 * H + 3) // 4),
            (H * N // N, H),
            ((H * T * N) // (D * N), H * T // D),
            ((H * D + 5) // D, H + 5 // D),
            (N * (H + T), N * H + N * T),
            ((H + 1) ** 2, H * H + 2 * H + 1),
            (H // -2, (-H) // 2),
            (H * Fraction(1, 2) * 2, H),
            ((H * Fraction(1, 2)) // 3, H // 6),
            ((H // 2 + T) // 3, (H + 2 * T) // 6),
        ),
    )
    def test_equal_sizes_compare_equal(self, left: Size, right: Size) -> None:
        """Sizes that are provably equal have one form, and one hash."""
        assert left == right
        assert hash(left) == hash(right)

    @pytest.mark.parametrize(("left", "right"), ((H, N), (H // 2, H), (2 * (H // 2), H), (H + 1, H), (H, 4)))
    def test_different_sizes_compare_unequal(self, left: Size, right: Size) -> None:
        """Sizes that differ for some input are different."""
        assert left != right

    def test_constants_collapse_to_numbers(self) -> None:
        """What no longer depends on a symbol is a plain `int`."""
        found = [H - H, (H + 3) - H, H // H, (2 * H) // H, H % 1, H * 0, H**0, (H * N) / (N * H)]
        assert found == [0, 3, 1, 2, 0, 0, 1, 1]
        assert all(type(each) is int for each in found)

    @given(sizes, values)
    def test_text_means_the_size(self, size: Size, at: dict[str, int]) -> None:
        """The printed expression, evaluated by Python, gives the value of the size."""
        assert _python(size, at) == substitute(size, at)

    @given(sizes)
    def test_survives_copies(self, size: Size) -> None:
        """A pickled or deep-copied size equals the original and has its hash."""
        for again in (pickle.loads(pickle.dumps(size)), copy.deepcopy(size)):  # noqa: S301 (our own bytes)
            assert again == size
            assert hash(again) == hash(size)


class TestSubstitution:
    """Giving symbols values commutes with every operation."""

    @pytest.mark.parametrize(
        "operation",
        (lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, _: -a, lambda a, _: a * a * a),
    )
    @given(left=sizes, right=sizes, at=values)
    def test_is_a_homomorphism_of_ring_operations(
        self, operation: Callable[[Size, Size], Size], left: Size, right: Size, at: dict[str, int]
    ) -> None:
        """Substituting in a sum, difference or product is the sum, … of what was substituted."""
        assert substitute(operation(left, right), at) == operation(substitute(left, at), substitute(right, at))

    @given(left=sizes, right=sizes, at=values)
    def test_is_a_homomorphism_of_division(self, left: Size, right: Size, at: dict[str, int]) -> None:
        """Substituting in a floor division or remainder is dividing what was substituted."""
        below = substitute(right, at)
        if below != 0:
            assert substitute(floor_divide(left, right), at) == floor_divide(substitute(left, at), below)
            if not isinstance(right, int):
                assert substitute(left % right, at) == substitute(left, at) % below

    @given(size=sizes, at=values)
    def test_steps_do_not_matter(self, size: Size, at: dict[str, int]) -> None:
        """One symbol after the other gives what all at once give."""
        first = substitute(size, {"H": at["H"]})
        assert "H" not in symbols_of(first)
        assert substitute(first, at) == substitute(size, at)

    @given(left=sizes, right=sizes, at=values)
    def test_equal_forms_have_equal_values(self, left: Size, right: Size, at: dict[str, int]) -> None:
        """Equal canonical forms agree wherever the symbols stand; a known difference is the difference."""
        difference = left - right
        if isinstance(difference, int):
            assert (left == right) == (difference == 0)
            assert substitute(left, at) - substitute(right, at) == difference

    def test_takes_sizes(self) -> None:
        """A symbol may be replaced by an expression."""
        assert substitute(H // 2 + N, {"H": 4 * N}) == 3 * N

    def test_names_what_is_not_whole(self) -> None:
        """A half that turns out not whole is an error, not a rounded number."""
        with pytest.raises(InexactSize, match="must be whole; 3/2"):
            substitute(H * Fraction(1, 2), {"H": 3})


class TestExactDivision:
    """`/` divides exactly or not at all."""

    @given(left=sizes, right=sizes)
    def test_undoes_multiplication(self, left: Size, right: Size) -> None:
        """A product divided by one factor is the other."""
        if right != 0:
            assert exact_divide(left * right, right) == left

    @pytest.mark.parametrize(("above", "below"), ((7, 2), (H, 2), (H, N), (H + 1, H), (2 * H + 1, 2), (1, H)))
    def test_refuses_what_is_not_whole(self, above: Exact, below: Exact) -> None:
        """A quotient that is not a whole number for every size raises `InexactSize`."""
        with pytest.raises(InexactSize, match="is not known to be a multiple of"):
            exact_divide(above, below)
        assert not divides(below, above)

    def test_knows_whole_polynomials(self) -> None:
        """A product of neighbours is even, so half of it is a size; a triple of neighbours has a sixth."""
        assert substitute(exact_divide(T * (T + 1), 2), {"T": 5}) == 15
        assert is_whole(exact_divide(T * (T + 1) * (T + 2), 6))
        assert not is_whole(T * Fraction(1, 2))

    def test_by_zero(self) -> None:
        """Division by zero says what was divided."""
        with pytest.raises(ZeroDivisionError, match="`H` divided by zero"):
            H // 0
        with pytest.raises(ZeroDivisionError, match="`H` divided by zero"):
            H / (N - N)


class TestUnknown:
    """Questions that only the final sizes answer."""

    def test_comparison_names_the_symbols(self) -> None:
        """Comparing with an unknown size raises `UnknownSize` with the symbols."""
        with pytest.raises(UnknownSize, match="`H`, `N` are unknown at build time") as caught:
            _ = H // 2 > N
        assert caught.value.symbols == {"H", "N"}
        assert pickle.loads(pickle.dumps(caught.value)).symbols == {"H", "N"}  # noqa: S301 (our own bytes)

    def test_known_differences_compare(self) -> None:
        """Two sizes a known distance apart are ordered."""
        assert H < H + 1 <= H + 2
        assert not H > H + 0
        assert 2 + H > H + 1

    def test_truth_and_powers(self) -> None:
        """A size is no truth value and no exponent."""
        with pytest.raises(UnknownSize, match="`H` is unknown"):
            bool(H)
        with pytest.raises(UnknownSize):
            2**H

    def test_hostile_expressions_end(self) -> None:
        """Expressions that would fill the memory raise `SizeError`."""
        with pytest.raises(SizeError, match="more than 4096 terms"):
            _squared(H + N + T + D + 1, 20)
        with pytest.raises(SizeError, match="degree above 256"):
            _squared(H, 20)


def test_prints_as_the_language_writes_it() -> None:
    """Sizes print as expressions of the language, positive terms first."""
    sizes_and_texts: list[tuple[Size, str]] = [
        (H // 2, "H // 2"),
        (4 * D, "4 * D"),
        ((H - 1) // 2 + 1, "(H + 1) // 2"),
        (3 - H, "3 - H"),
        (N * (H // 2), "N * (H // 2)"),
        (4 * ((H + 1) // 2), "4 * ((H + 1) // 2)"),
        (H**2 - H, "H ** 2 - H"),
        (H * Fraction(1, 2), "H / 2"),
        (7 // H, "7 // H"),
        (-(H // 2), "-(H // 2)"),
        (3 - H // 2, "3 - H // 2"),
        (-2 * (H // 2), "-2 * (H // 2)"),
        (-(H // (2 * N)), "-(H // (2 * N))"),
        (D // (2 * H), "D // (2 * H)"),
        ((H // 2) ** 2, "(H // 2) ** 2"),
    ]
    assert [str(size) for size, _ in sizes_and_texts] == [text for _, text in sizes_and_texts]


def test_product_and_symbols() -> None:
    """A product multiplies sizes of both kinds; symbols inside a floor count."""
    assert product([2, H, 3]) == 6 * H
    assert product([]) == 1
    assert symbols_of((H * N) // T + 1) == {"H", "N", "T"}
    assert symbols_of(4) == frozenset()
    assert isinstance(H + 1, SymbolicSize)


@pytest.mark.parametrize("other", ("2", 1.5, None))
def test_refuses_other_types(other: object) -> None:
    """Sizes compute with whole numbers, fractions and sizes only."""
    with pytest.raises(TypeError):
        H + other  # type: ignore[operator]  # the point of the test
