"""Windows that slide over an input, as convolutions and poolings have them: default padding and output sizes."""

from symnas.operators.settings import OperatorError
from symnas.sizes import Size

__all__ = ["extent", "padding_or_default", "slid"]


def extent(kernel: int, dilation: int) -> int:
    """How many elements a window covers from its first to its last."""
    return dilation * (kernel - 1) + 1


def padding_or_default(
    padding: tuple[int, ...] | None, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[int, ...]:
    """*padding*, or the language's default: `max(0, ceil((dilation * (kernel - 1) + 1 - stride) / 2))` on each side.

    Raises:
        OperatorError: an even window at stride 1, which no symmetric padding keeps at its size.
    """
    if padding is not None:
        return padding
    found = []
    for size, step, spread in zip(kernel, stride, dilation, strict=True):
        window = extent(size, spread)
        if step == 1 and window % 2 == 0:
            raise OperatorError(
                f"a window of {window} at stride 1 must say its padding: no default keeps the size",
                "`padding = 0`, or an odd `kernel_size`",
                setting="kernel_size",
            )
        found.append(max(0, (window - step + 1) // 2))
    return tuple(found)


def slid(
    owner: str, size: Size, window: int, stride: int, padding: int, *, trailing: int | None = None, ceil: bool = False
) -> Size:
    """Number of positions of a *window* over *size* elements with *padding* before and *trailing* (or as many) after.

    With *ceil* a last window may hang over the end, if it starts inside the input or the padding before it.
    """
    span = size + padding + (padding if trailing is None else trailing) - window
    if isinstance(span, int) and span < 0 and not (ceil and span > -stride):
        raise OperatorError(
            f"`{owner}` has a window of {window}, larger than its padded input of {span + window}", input=0
        )
    if not ceil:
        return span // stride + 1
    # ceil(span / stride) + 1 positions, but at most ceil((size + padding) / stride); their difference is a constant.
    last = span + stride if padding + stride <= window else size + padding
    return -(-last // stride)
