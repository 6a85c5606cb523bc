"""Borders around sliding windows: what ONNX writes as `pads`, `auto_pad` and `strides`."""

from collections.abc import Sequence

from attrs import frozen

from symnas.compilers.importing.onnx.site import Site
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Flow, Value
from symnas.operators.settings import SettingValue

__all__ = ["Border", "border"]


@frozen
class Border:
    """How windows slide: *sides* are the border before and after each dimension."""

    sides: tuple[tuple[int, int], ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    automatic: bool

    @property
    def uneven(self) -> bool:
        """Whether the border is another before than after, which no layer has."""
        return any(before != after for before, after in self.sides)

    @property
    def padding(self) -> tuple[int, ...]:
        """The border on each side as layers have it; none where it is drawn apart."""
        return tuple(0 if self.uneven else before for before, _ in self.sides)

    def apart(self, at: Site, value: Value, filling: SettingValue) -> Flow:
        """*value* with the border around it, made of *filling*."""
        sides = tuple(each for pair in reversed(self.sides) for each in pair)
        word = f"{len(self.sides)}d"
        if filling == 0:
            return at.one(f"ZeroPad{word}", value, padding=sides)
        return at.one(f"ConstantPad{word}", value, padding=sides, value=filling)


def border(at: Site, spatial: int, kernel: Sequence[int]) -> Border:
    """The border of *at*, whose *kernel* slides over *spatial* dimensions."""
    stride = tuple(map(int, at.attributes.get("strides", (1,) * spatial)))
    dilation = tuple(map(int, at.attributes.get("dilations", (1,) * spatial)))
    pads = tuple(map(int, at.attributes.get("pads", (0,) * 2 * spatial)))
    automatic = at.word("auto_pad", "NOTSET")
    sides = tuple(zip(pads[:spatial], pads[spatial:], strict=True))
    if automatic in ("SAME_UPPER", "SAME_LOWER"):
        shape = at.type().shape[2:]
        sides = tuple(
            _same(size, int(k), s, d, automatic == "SAME_UPPER")
            for size, k, s, d in zip(shape, kernel, stride, dilation, strict=True)
        )
    elif automatic == "VALID":
        sides = ((0, 0),) * spatial
    if any(each < 0 for pair in sides for each in pair):
        raise Refused("its padding is negative")
    return Border(sides, stride, dilation, automatic in ("SAME_UPPER", "SAME_LOWER"))


def _same(size: object, kernel: int, stride: int, dilation: int, upper: bool) -> tuple[int, int]:
    """The border that keeps `ceil(size / stride)` positions; an odd one is behind where *upper*."""
    extent = dilation * (kernel - 1) + 1
    if isinstance(size, int):
        total = max(0, (-(-size // stride) - 1) * stride + extent - size)
    elif stride == 1:
        total = extent - 1
    else:
        raise Refused(f"its padding depends on a size that is open: {size}")
    less, more = total // 2, total - total // 2
    return (less, more) if upper else (more, less)
