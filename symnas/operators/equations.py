"""Equations of `einsum`: which letters stand for the dimensions of each tensor, and which are left in the result.

What the sizes are, and what it costs, is in `einsum.py`.
"""

from collections.abc import Sequence

from attrs import frozen

from symnas.operators.settings import OperatorError
from symnas.types import TensorType

__all__ = ["Equation", "equation_of"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@frozen
class Equation:
    """What an equation says for tensors of known ranks: a letter for each dimension of each *term*, and of the *result*;
    dimensions of `...` have letters that the equation does not use. *written* are the terms as they were.
    """

    terms: tuple[str, ...]
    result: str
    written: tuple[str, ...]

    def __str__(self) -> str:
        return f"{','.join(self.terms)}->{self.result}"


def equation_of(text: str, inputs: Sequence[TensorType]) -> Equation:
    """The equation written as *text*, for tensors *inputs*.

    Raises:
        OperatorError: it is none, or not one for these tensors; the message says which part of it is wrong.
    """
    left, arrow, right = text.replace(" ", "").partition("->")
    terms, result = left.split(","), right if arrow else None
    for part in (*terms, *([] if result is None else [result])):
        _check_letters(text, part)
    if len(terms) != len(inputs):
        raise _wrong(
            f"`{text}` has {len(terms)} term{'s' * (len(terms) != 1)}; {len(inputs)} "
            f"{'tensor flows' if len(inputs) == 1 else 'tensors flow'} in",
            "one term for each tensor, with `,` between them",
        )
    dots = _dots(terms, inputs)
    if result is None:  # as PyTorch: what stands once, in the order of the alphabet
        result = "..." * bool(dots) + "".join(each for each in _LETTERS if left.count(each) == 1)
    _check_result(text, terms, result)
    spare = [each for each in reversed(_LETTERS) if each not in text][: len(dots)]
    if len(spare) < len(dots):
        raise _wrong(f"`{text}` leaves too few letters for what `...` stands for")
    return Equation(
        tuple(
            term.replace("...", "".join(spare[len(dots) - (type.rank - len(term) + 3) :]) if "..." in term else "")
            for term, type in zip(terms, inputs, strict=True)
        ),
        result.replace("...", "".join(spare)),
        tuple(terms),
    )


def _wrong(message: str, hint: str | None = None) -> OperatorError:
    return OperatorError(message, hint, setting="equation")


def _check_letters(text: str, part: str) -> None:
    """Refuse a term or result of what is neither a letter nor one `...`."""
    named = f"`{part}` of `{text}`" if part != text else f"`{text}`"
    if "->" in part:
        raise _wrong(f"`{text}` has two results", "one `->`, behind the terms")
    if part.count("...") > 1:
        raise _wrong(f"{named} has `...` twice")
    strange = next((each for each in part.replace("...", "", 1) if each not in _LETTERS), None)
    if strange is not None:
        hint = 'an equation is made of letters, `...`, `,` and one `->`: `"bhqd,bhkd->bhqk"`'
        raise _wrong(f"{named} has `{strange}`, which is no letter", hint)


def _dots(terms: Sequence[str], inputs: Sequence[TensorType]) -> range:
    """As many numbers as `...` stands for dimensions, at most.

    Raises:
        OperatorError: a term has another number of letters than its tensor has dimensions.
    """
    most = 0
    for place, (term, type) in enumerate(zip(terms, inputs, strict=True)):
        named, open_ended = len(term.replace("...", "")), "..." in term
        if type.rank < named or (type.rank > named and not open_ended):
            many = f"{named} letter{'s' * (named != 1)}"
            hint = None if open_ended or type.rank < named else "`...` stands for dimensions that need no letter"
            raise OperatorError(f"the term `{term}` has {many}; the tensor is {type}", hint, input=place)
        most = max(most, type.rank - named)
    return range(most)


def _check_result(text: str, terms: Sequence[str], result: str) -> None:
    """Refuse a result that names what no term has, or one letter twice, or leaves `...` out."""
    known = "".join(terms)
    for each in result.replace("...", ""):
        if each not in known:
            raise _wrong(f"`{each}` of the result `{result}` stands in no term of `{text}`")
        if result.count(each) > 1:
            raise _wrong(f"the result `{result}` of `{text}` has `{each}` twice")
    if ("..." in result) is not ("..." in known):
        where = "the result" if "..." in known else "a term"
        raise _wrong(f"`{text}` has `...` on one side alone", f"write `...` in {where} too")
