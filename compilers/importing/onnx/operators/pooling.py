"""Poolings: with a window, and over everything."""

from symnas.compilers.importing.onnx.bordering import border
from symnas.compilers.importing.onnx.registry import reads
from symnas.compilers.importing.onnx.site import Site
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import LOWEST, Value


@reads("MaxPool")
def _max(at: Site) -> Value:
    if at.outputs > 1:
        raise Refused("it hands out the places of the maxima")
    kernel = tuple(map(int, at.attributes["kernel_shape"]))
    found = border(at, len(kernel), kernel)
    flowing = found.apart(at, at.input(0), LOWEST) if found.uneven else at.flow(0)
    return at.one(
        f"MaxPool{len(kernel)}d",
        flowing,
        kernel_size=kernel,
        stride=found.stride,
        padding=found.padding,
        dilation=found.dilation,
        ceil_mode=bool(at.whole("ceil_mode", 0)),
    )


@reads("AveragePool")
def _average(at: Site) -> Value:
    kernel = tuple(map(int, at.attributes["kernel_shape"]))
    found = border(at, len(kernel), kernel)
    if set(found.dilation) != {1}:
        raise Refused("its window is dilated")
    counted, ceil = bool(at.whole("count_include_pad", 0)), bool(at.whole("ceil_mode", 0))
    operator = f"AvgPool{len(kernel)}d"
    settings = {"kernel_size": kernel, "stride": found.stride, "padding": found.padding, "ceil_mode": ceil}
    if not found.uneven:
        return at.one(operator, at.flow(0), count_include_pad=counted, **settings)
    flowing = found.apart(at, at.input(0), 0)
    total = at.one(operator, flowing, count_include_pad=True, **settings)
    if counted:
        return total
    ones = at.one("ones", size=(1, 1, *at.type().shape[2:]))  # what is not border, in each window
    return at.one("div", total, at.one(operator, found.apart(at, ones, 0), count_include_pad=True, **settings))


@reads("GlobalAveragePool", "GlobalMaxPool")
def _over_everything(at: Site) -> Value:
    spatial = at.type().rank - 2
    word = "Avg" if at.operator == "GlobalAveragePool" else "Max"
    return at.one(f"Global{word}Pool{spatial}d", at.flow(0))
