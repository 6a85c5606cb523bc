"""Poolings: with a window, and over everything."""

from collections.abc import Sequence

from symnas.compilers.importing.onnx.bordering import Border, border
from symnas.compilers.importing.onnx.registry import reads
from symnas.compilers.importing.onnx.site import Site
from symnas.compilers.importing.rearranging import reshaped
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import LOWEST, Flow, Value
from symnas.operators.windows import Window
from symnas.sizes import Size, product

__all__ = ["in_plane"]


@reads("MaxPool")
def _max(at: Site) -> Value | tuple[Value, ...]:
    kernel = tuple(map(int, at.attributes["kernel_shape"]))
    found = border(at, len(kernel), kernel)
    places = at.outputs > 1
    if places and at.whole("storage_order", 0):
        raise Refused("it counts the places of the maxima by columns")
    if places and found.uneven:
        return _hanging(at, kernel, found)
    flowing = found.apart(at, at.input(0), LOWEST) if found.uneven else at.flow(0)
    settings = {
        "kernel_size": kernel,
        "stride": found.stride,
        "padding": found.padding,
        "dilation": found.dilation,
        "ceil_mode": bool(at.whole("ceil_mode", 0)),
        "return_indices": places,
    }
    most, *rest = at.drawing.apply(f"MaxPool{len(kernel)}d", [flowing], settings)
    return (most, *(_of_all(at, each) for each in rest)) if places else most


def _hanging(at: Site, kernel: tuple[int, ...], found: Border) -> tuple[Value, ...]:
    """A border that is wider behind, as windows that hang over the end: places are those in the tensor then.

    Raises:
        Refused: that gives other sizes.
    """
    padding = tuple(before for before, _ in found.sides)
    steps = list(zip(at.type().shape[2:], kernel, found.stride, found.dilation, found.sides, strict=True))
    hanging = [Window(k, s, d, b, b).positions("MaxPool", size, ceil=True) for size, k, s, d, (b, _) in steps]
    wanted = [Window(k, s, d, b, a).positions("MaxPool", size) for size, k, s, d, (b, a) in steps]
    if hanging != wanted:
        raise Refused("it counts the places of the maxima within a border that differs on its sides")
    settings = {"kernel_size": kernel, "stride": found.stride, "padding": padding, "dilation": found.dilation}
    most, places = at.drawing.apply(
        f"MaxPool{len(kernel)}d", [at.flow(0)], {**settings, "ceil_mode": True, "return_indices": True}
    )
    return most, _of_all(at, places)


def _of_all(at: Site, places: Flow) -> Flow:
    """*places* in their planes as ONNX numbers them: those of all planes on."""
    _, channels, *plane = at.type().shape
    one = product(plane)
    found = places
    for dim, step in ((0, channels * one), (1, one)):
        size = at.type().shape[dim]
        numbers = at.one("mul", at.one("arange", bounds=(size,)), other=step)
        column = reshaped(at.drawing, numbers, (size, *(1,) * (at.type().rank - 1 - dim)))
        found = at.one("add", found, column)
    return found


def in_plane(at: Site, flow: Flow, plane: Size) -> Flow:
    """Places as ONNX numbers them, in planes of so many elements; those of a pooling are known already."""
    place = flow
    for _ in range(2):
        maker = at.drawing.made(place)
        if maker is not None and maker.operator == "add":
            place = at.drawing.flow_of(maker.operands[0])
    maker = at.drawing.made(place)
    if maker is not None and maker.operator.startswith("MaxPool") and maker.outputs[1:] == (place.number,):
        before = at.drawing.types[maker.operands[0]].shape[2:]
        if product(before) == plane:
            return place
    return at.one("remainder", flow, other=plane)


@reads("MaxUnpool")
def _unpool(at: Site) -> Value:
    kernel = tuple(map(int, at.attributes["kernel_shape"]))
    found = border(at, len(kernel), kernel)
    if found.uneven:
        raise Refused("its border differs on its sides")
    settings: dict[str, object] = {"kernel_size": kernel, "stride": found.stride, "padding": found.padding}
    if at.has(2):
        sizes: Sequence[Size] = at.sizes(2, "output shape")[2:]
        settings["output_size"] = tuple(sizes)
    else:
        window = zip(at.type().shape[2:], kernel, found.stride, found.padding, strict=True)
        sizes = [(size - 1) * stride - 2 * before + extent for size, extent, stride, before in window]
    places = in_plane(at, at.flow(1), product(sizes))
    return at.one(f"MaxUnpool{len(kernel)}d", at.flow(0), places, **settings)


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
