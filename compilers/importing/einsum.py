"""`einsum` of one or two tensors as products of matrices: letters of both sides are rows of a batch, those of one side
alone rows or columns, those in both and not in the result what is summed over.
"""

from collections.abc import Sequence

from symnas.compilers.importing.drawing import Drawing
from symnas.compilers.importing.rearranging import reshaped
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Flow
from symnas.sizes import Size

__all__ = ["einsum"]


def einsum(drawing: Drawing, equation: str, operands: Sequence[Flow]) -> Flow:
    """The sum that *equation* writes of *operands*.

    Raises:
        Refused: it has `...`, a letter twice in one operand, or other than one or two operands.
    """
    left, arrow, result = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if not arrow:
        letters = sorted(set(left.replace(",", "")))
        result = "".join(each for each in letters if left.count(each) == 1)
    if "." in equation or len(terms) != len(operands) or any(len(set(each)) != len(each) for each in terms):
        raise Refused(f"`{equation}` is not read")
    if len(terms) == 1:
        return _ordered(drawing, _summed(drawing, operands[0], terms[0], result)[0], _kept(terms[0], result), result)
    if len(terms) != 2:
        raise Refused(f"`{equation}` has {len(terms)} operands")
    return _product(drawing, terms, result, operands)


def _product(drawing: Drawing, terms: Sequence[str], result: str, operands: Sequence[Flow]) -> Flow:
    first, rows = _summed(drawing, operands[0], terms[0], result + terms[1])
    second, columns = _summed(drawing, operands[1], terms[1], result + terms[0])
    sizes: dict[str, Size] = dict(zip(rows, first.type.shape, strict=True))
    sizes |= dict(zip(columns, second.type.shape, strict=True))
    batch = "".join(each for each in rows if each in columns and each in result)
    inner = "".join(each for each in rows if each in columns and each not in result)
    above = "".join(each for each in rows if each not in columns)
    aside = "".join(each for each in columns if each not in rows)
    left = _grouped(drawing, first, rows, (batch, above, inner), sizes)
    right = _grouped(drawing, second, columns, (batch, inner, aside), sizes)
    found = drawing.one("matmul", left, right)
    together = batch + above + aside
    return _ordered(drawing, reshaped(drawing, found, [sizes[each] for each in together]), together, result)


def _grouped(drawing: Drawing, flow: Flow, letters: str, groups: tuple[str, str, str], sizes: dict[str, Size]) -> Flow:
    """*flow* with the letters of the batch each a dimension, and the others two: rows and columns."""
    batch, rows, columns = groups
    flow = _ordered(drawing, flow, letters, batch + rows + columns)
    return reshaped(drawing, flow, [*(sizes[each] for each in batch), _total(rows, sizes), _total(columns, sizes)])


def _total(letters: str, sizes: dict[str, Size]) -> Size:
    total: Size = 1
    for each in letters:
        total = total * sizes[each]
    return total


def _kept(letters: str, needed: str) -> str:
    return "".join(each for each in letters if each in needed)


def _summed(drawing: Drawing, flow: Flow, letters: str, needed: str) -> tuple[Flow, str]:
    """*flow* summed over the letters that nothing needs, and those that are left."""
    gone = tuple(place for place, each in enumerate(letters) if each not in needed)
    return (drawing.one("sum", flow, dim=gone), _kept(letters, needed)) if gone else (flow, letters)


def _ordered(drawing: Drawing, flow: Flow, letters: str, wanted: str) -> Flow:
    if sorted(letters) != sorted(wanted):
        raise Refused(f"`{wanted}` names what `{letters}` has not")
    order = tuple(letters.index(each) for each in wanted)
    return flow if order == tuple(range(len(order))) else drawing.one("permute", flow, dims=order)
