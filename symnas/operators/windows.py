"""Windows that slide over a dimension, as convolutions and poolings have them: default padding and output sizes."""

from collections.abc import Sequence

from attrs import frozen

from symnas.operators.settings import OperatorError, Settings, per_dimension
from symnas.sizes import Size

__all__ = ["Window", "paddings", "windows"]


@frozen
class Window:
    """A window along one dimension. *before* and *after* are the padding on its sides, different only for `"same"`."""

    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def extent(self) -> int:
        """How many elements it covers from its first to its last."""
        return self.dilation * (self.kernel - 1) + 1

    def positions(self, owner: str, size: Size, *, ceil: bool = False) -> Size:
        """How many positions it takes over *size* elements.

        With *ceil* a last one may hang over the end, if it starts inside the input or the padding before it.

        Raises:
            OperatorError: it does not fit once.
        """
        span = size + self.before + self.after - self.extent
        if isinstance(span, int) and span < 0 and not (ceil and span > -self.stride):
            raise OperatorError(
                f"`{owner}` has a window of {self.extent}, larger than its padded input of {span + self.extent}",
                input=0,
            )
        if not ceil:
            return span // self.stride + 1
        # ceil(span / stride) + 1, but at most ceil((size + before) / stride): their difference is known.
        last = span + self.stride if self.after + self.stride <= self.extent else size + self.before
        return -(-last // self.stride)


def windows(settings: Settings, dimensions: int) -> list[Window]:
    """The window along each dimension. A stride of `none` is the kernel's size, padding of `none` the default:
    `max(0, ceil((dilation * (kernel - 1) + 1 - stride) / 2))` on each side.

    Raises:
        OperatorError: an even window at stride 1 without padding: no symmetric one keeps its size.
    """
    kernel = per_dimension(settings, "kernel_size", dimensions)
    stride = kernel if settings["stride"] is None else per_dimension(settings, "stride", dimensions)
    dilation = per_dimension(settings, "dilation", dimensions) if "dilation" in settings else (1,) * dimensions
    written = settings["padding"]
    if written is not None and not isinstance(written, str):
        padding = per_dimension(settings, "padding", dimensions)
        return [Window(k, s, d, p, p) for k, s, d, p in zip(kernel, stride, dilation, padding, strict=True)]
    return [_padded(k, s, d, written) for k, s, d in zip(kernel, stride, dilation, strict=True)]


def paddings(found: Sequence[Window]) -> tuple[int, ...]:
    """Padding before each dimension, as PyTorch's modules take it."""
    return tuple(each.before for each in found)


def _padded(kernel: int, stride: int, dilation: int, written: str | None) -> Window:
    """A window with the padding that a word, or nothing written, stands for."""
    extent = dilation * (kernel - 1) + 1
    if written == "valid":
        return Window(kernel, stride, dilation, 0, 0)
    if written == "same":
        return Window(kernel, stride, dilation, (extent - 1) // 2, extent // 2)
    if stride == 1 and extent % 2 == 0:
        raise OperatorError(
            f"a window of {extent} at stride 1 must say its padding: no default keeps the size",
            "`padding = 0`, or an odd `kernel_size`",
            setting="kernel_size",
        )
    padding = max(0, (extent - stride + 1) // 2)
    return Window(kernel, stride, dilation, padding, padding)
