"""Arguments are checked against what their parameters are annotated with, the moment they are given."""

# ruff: noqa: UP006, UP007, UP045 (older spellings are checked as well)

import collections.abc
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, NewType, Optional, Protocol, TypeVar, Union

import attrs
import numpy as np
import pytest

import symnas
from symnas.annotated.argumenttypes import check_arguments
from symnas.errors import SearchError

T = TypeVar("T")
Width = NewType("Width", int)


class Shape:
    """A base class."""


@symnas.symbolic
class Square(Shape):
    """A class of one's own."""

    def __init__(self, side: int = 1, inner: "list[Shape] | None" = None) -> None:
        self.given = (side, inner)


class Box(Generic[T]):
    """A class with a parameter."""


class Sized(Protocol):
    """A protocol that cannot be checked."""

    size: int


@symnas.symbolic
def make_square(side: int) -> Square:
    """A function that gives one."""
    return Square(side)


def taking(annotation: object, default: object = ...) -> Callable[..., None]:
    """A function with one parameter, annotated so."""

    def function(it: object = default) -> None:
        """It takes what it takes."""

    function.__annotations__["it"] = annotation
    return function


two = symnas.partial(Square, 2)
FITS: tuple[tuple[object, object], ...] = (
    (int, 3), (int, True), (int, np.int64(3)), (int, symnas.range(1, 3)), (int, symnas.oneof(1, symnas.oneof(2, 3))),
    (float, 3), (float, 0.5), (float, np.float32(1)), (float, symnas.range(1, 3)), (float, symnas.range(0.0, 1.0)),
    (complex, 1), (str, "a"), (bool, False), (None, None), (object, two), (Any, "x"), (Optional[int], None),
    (int | None, symnas.maybe(3)), (Union[int, str], symnas.oneof(1, "a")), (Literal["a", 1], symnas.oneof("a", 1)),
    (Sequence[int], [1, 2]), (Sequence[int], (1, symnas.oneof(2, 3))), (list[Shape], [two, Square(1)]), (list[int], []),
    (list[int], symnas.manyof(2, [1, 2, 3])), (typing.List[int], [1]), (tuple[int, ...], (1, 2)), (tuple[int, str], (1, "a")),
    (tuple[()], ()), (set[int], {1}), (frozenset[str], frozenset("a")), (Mapping[str, int], {"a": symnas.oneof(1, 2)}),
    (dict[str, Sequence[int]], {"a": [1]}), (Iterable[int], iter("abc")), (Iterator[int], iter([])),
    (Callable[[int], int], len), (collections.abc.Callable, Square), (Callable[..., Any], two), (type[Shape], Square),
    (type[Shape], symnas.symbolic(Shape)), (type[int | str], int), (type, int), (type[Any], int), (Shape, two),
    (Shape, make_square(symnas.oneof(1, 2))), (Annotated[int, "much"], 3), (Width, 3), (T, "anything"), (Box[int], Box()),
    (Sized, 3), ("int", 3), ("NotThere", "x"), ("Shape | None", None), (typing.Callable, print), (Sequence, "abc"),
    (Sequence[str], "abc"),
)  # fmt: skip


@pytest.mark.parametrize(("annotation", "value"), FITS)
def test_what_fits(annotation: object, value: object) -> None:
    """Values, candidates and calls that are what the annotation says, and all where nobody can say."""
    check_arguments(taking(annotation), {"it": value})


WRONG: tuple[tuple[object, object, str], ...] = (
    (int, 3.0, "`function` needs `int` for `it`; `3.0` is of type float"),
    (int, symnas.oneof(3, "5"), "the candidate `'5'` of `oneof(3, '5')` is of type str"),
    (int, symnas.oneof(3, symnas.oneof(4, None)), "the candidate `None` of `oneof(4, None)`"),
    (int, symnas.range(1.0, 2.0), "the candidate `1.0` of `range(1.0, 2.0)` is of type float"),
    (float, "1", "needs `float` for `it`; `'1'`"),
    (str, 3, "needs `str`"),
    (None, 3, "needs `None`"),
    (bool, 1, "needs `bool`"),
    (Optional[int], "x", "needs `int | None`"),
    (Union[int, str], 1.5, "needs `int | str`"),
    (int | None, symnas.maybe("x"), "needs `int | None` for `it`; the candidate `'x'` of `oneof('x', None)`"),
    (Literal["relu", "gelu"], "rellu", "needs `'relu' or 'gelu'` for `it`; `'rellu'` is none of them; did you mean `relu`?"),
    (Literal[1], True, "needs `1`"),
    (list[int], (1,), "needs `list[int]` for `it`; `(1,)` is of type tuple"),
    (list[int], [1, "a"], "needs `int` for `it[1]`; `'a'`"),
    (list[int], symnas.manyof(1, [1, "b"]), "needs `int` for `it[1]`; the candidate `'b'` of `manyof(1, [1, 'b'])`"),
    (Sequence[int], "ab", "needs `int` for `it[0]`; `'a'`"),
    (list[Shape], [two, 3], "needs `Shape` for `it[1]`; `3`"),
    (tuple[int, str], (1, 2), "needs `str` for `it[1]`"),
    (tuple[int, str], (1,), "needs `tuple[int, str]` for `it`; `(1,)` is of type tuple"),
    (Mapping[str, list[int]], {"a": ["x"]}, "needs `int` for `it['a'][0]`"),
    (dict[str, int], {1: 1}, "needs `str` for `it[1]`"),
    (Callable[[], int], 3, "needs `Callable[[], int]`"),
    (type[Shape], int, "needs `type[Shape]` for `it`; `int` is a class"),
    (type[Shape], two, "`Square(side=2)` is a call of `Square`"),
    (Shape, Square, "needs `Shape` for `it`; `Square` is a class"),
    (int, two, "needs `int` for `it`; `Square(side=2)` is a call of `Square`"),
    (Width, "x", "needs `int`"),
    ("int", "x", "needs `int`"),
)  # fmt: skip


@pytest.mark.parametrize(("annotation", "value", "message"), WRONG)
def test_what_does_not_fit(annotation: object, value: object, message: str) -> None:
    """The message names the call, the argument, what was expected and what was given, of a placeholder the candidate."""
    with pytest.raises(SearchError) as caught:
        check_arguments(taking(annotation), {"it": value})
    assert message in str(caught.value).replace("tests.annotated.test_argument_types.", "")


def test_the_default_fits() -> None:
    """Whatever it is annotated as."""
    check_arguments(taking(int, None), {"it": None})
    with pytest.raises(SearchError):
        check_arguments(taking(int, 3), {"it": None})


@symnas.symbolic
def gathered(*sizes: int, rate: float = 0.5, **more: str) -> object:
    """A function of any arguments."""
    return sizes, rate, more


def test_arguments_in_a_row_and_of_any_name() -> None:
    """Each of them is checked."""
    gathered(1, symnas.oneof(2, 3), rate=1, name="a")
    with pytest.raises(SearchError, match=r"needs `int` for `sizes\[1\]`"):
        gathered(1, symnas.oneof("a", 3))  # type: ignore[arg-type]  # it is wrong
    with pytest.raises(SearchError, match="needs `str` for `name`"):
        gathered(symnas.oneof(2, 3), name=3)  # type: ignore[arg-type]  # it is wrong


@symnas.symbolic
@attrs.frozen
class Record:
    """A class whose constructor somebody else writes."""

    width: int
    act: "Callable[[float], float] | None" = None


@pytest.mark.parametrize(
    "made",
    (
        lambda: Record(symnas.oneof(1, "a")),  # type: ignore[arg-type]  # it is wrong
        lambda: symnas.partial(Record, "a"),
        lambda: symnas.edit(Record(symnas.oneof(1, 2)), {"width": "a"}),
        lambda: symnas.edit([Record(symnas.oneof(1, 2))], {"[0].width[1]": "a"}),
        lambda: setattr(Record(symnas.oneof(1, 2)), "width", "a"),
        lambda: symnas.merge({"r": Record(symnas.oneof(1, 2))}, {"r.width": "a"}),
        lambda: symnas.apply(Record(symnas.oneof(1, 2)), "width=a"),
        lambda: symnas.from_json(
            symnas.to_json(Record(symnas.oneof(1, 2)), known=[Record]).replace("2", '"a"'), known=[Record]
        ),
        lambda: symnas.edit(symnas.partial(Square, inner=[two]), {"inner[0]": "a"}),
    ),
)
def test_every_way_to_give_an_argument_is_checked(made: Callable[[], object]) -> None:
    """Calls, edits, also of candidates and of items, merges, patches and texts."""
    with pytest.raises(SearchError, match=r"`'a'`.* is of type str"):
        made()


def test_ordinary_calls_are_left_alone() -> None:
    """What is not searched is made as it always was."""
    made: Any = Square("wide")  # type: ignore[arg-type]  # nobody looks
    assert made.given == ("wide", None)
