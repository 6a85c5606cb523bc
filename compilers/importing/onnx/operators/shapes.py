"""Rearranging tensors: reshape, transpose, slices, joining, repeating, borders."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from symnas.compilers.importing.casting import cast
from symnas.compilers.importing.onnx.bordering import border
from symnas.compilers.importing.onnx.registry import reads
from symnas.compilers.importing.onnx.site import Site
from symnas.compilers.importing.rearranging import bordered, elements, reshaped, taken
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Flow, Known, Value, dtype_of, exact
from symnas.sizes import Size
from symnas.types import Dtype

_OPEN = 2**31
"""Bounds from here on mean the end."""


@reads("Reshape")
def _reshape(at: Site) -> Value:
    wanted = at.sizes(1, "shape") if at.has(1) else tuple(map(int, at.attributes["shape"]))
    shape = at.type().shape
    if not at.whole("allowzero", 0):
        wanted = tuple(shape[place] if size == 0 else size for place, size in enumerate(wanted))
    return reshaped(at.drawing, at.flow(0), wanted)


@reads("Flatten")
def _flatten(at: Site) -> Value:
    axis, rank = at.whole("axis", 1), at.type().rank
    axis = axis % rank if axis != rank else rank
    if axis == 1:
        return (
            at.one("Flatten", at.flow(0))
            if rank > 2
            else at.input(0)
            if rank == 2
            else at.one("unsqueeze", at.flow(0), dim=1)
        )
    shape = at.type().shape
    before, after = _product(shape[:axis]), _product(shape[axis:])
    return reshaped(at.drawing, at.flow(0), (before, after))


def _product(shape: tuple[Size, ...]) -> Size:
    total: Size = 1
    for each in shape:
        total = total * each
    return total


@reads("Transpose")
def _transpose(at: Site) -> Value:
    rank = at.type().rank
    order = tuple(map(int, at.attributes.get("perm", range(rank)[::-1])))
    if order == tuple(range(rank)):
        return at.input(0)
    return at.one("permute", at.flow(0), dims=order)


@reads("Squeeze")
def _squeeze(at: Site) -> Value:
    shape = at.type().shape
    axes = at.axes(len(shape))
    if axes is None:
        axes = tuple(place for place, size in enumerate(shape) if size == 1)
    flow: Flow = at.flow(0)
    for each in sorted(axes, reverse=True):
        flow = at.one("squeeze", flow, dim=each)
    return flow


@reads("Unsqueeze")
def _unsqueeze(at: Site) -> Value:
    written = at.attributes["axes"] if "axes" in at.attributes else at.numbers(1, "axes")
    rank = at.type().rank + len(written)
    flow: Flow = at.flow(0)
    for each in sorted(int(axis) % rank for axis in written):
        flow = at.one("unsqueeze", flow, dim=each)
    return flow


@reads("Concat")
def _concat(at: Site) -> Value:
    values = [each for each in at.inputs if each is not None]
    if len(values) == 1:
        return values[0]
    return at.one("concat", *values, dim=at.whole("axis", 1))


@reads("Split")
def _split(at: Site) -> Value | tuple[Value, ...]:
    axis, shape = at.whole("axis", 0), at.type().shape
    size = shape[axis]
    parts: tuple[Size, ...]
    if "split" in at.attributes:
        parts = tuple(map(int, at.attributes["split"]))
    elif at.has(1):
        parts = at.sizes(1, "parts")
    else:
        count = at.whole("num_outputs", at.outputs)
        step = -(-size // count)
        parts = (*(step for _ in range(count - 1)), size - step * (count - 1))
    return at.drawing.apply("split", [at.flow(0)], {"split_size": parts, "dim": axis})


@reads("Slice")
def _slice(at: Site) -> Value:
    rank = at.type().rank
    starts: tuple[Size, ...]
    ends: tuple[Size, ...]
    if at.has(1):
        starts, ends = at.sizes(1, "bounds"), at.sizes(2, "bounds")
        axes = at.numbers(3, "axes") if at.has(3) else tuple(range(len(starts)))
        steps = at.numbers(4, "steps") if at.has(4) else (1,) * len(starts)
    else:
        starts, ends = tuple(map(int, at.attributes["starts"])), tuple(map(int, at.attributes["ends"]))
        axes, steps = tuple(map(int, at.attributes.get("axes", range(len(starts))))), (1,) * len(starts)
    bounds: dict[int, tuple[Size | None, Size | None, int]] = {}
    turned = []
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        place = axis % rank
        if step < 0:
            whole = (
                isinstance(start, int)
                and isinstance(end, int)
                and (start == -1 or start >= _OPEN // 2)
                and end < -_OPEN // 2
            )
            if step != -1 or not whole:
                raise Refused("it takes elements backwards")
            turned.append(place)
            continue
        last = None if isinstance(end, int) and end >= _OPEN - 1 else end
        bounds[place] = (None if start == 0 else start, last, step)
    flow = at.one("flip", at.flow(0), dims=tuple(turned)) if turned else at.flow(0)
    return taken(at.drawing, flow, [bounds.get(place, (None, None, 1)) for place in range(rank)])


@reads("Gather")
def _gather(at: Site) -> Value:
    data, places = at.input(0), at.input(1)
    axis = at.whole("axis", 0) % at.type().rank
    table = axis == 0 and isinstance(data, Known) and data.array.ndim == 2 and data.dtype.is_floating
    if table and isinstance(places, Flow) and isinstance(data, Known):
        count, features = map(int, data.array.shape)
        weight = Known(data.array, data.name, trains=True)
        return at.layer("Embedding", places, {"weight": weight}, num_embeddings=count, embedding_dim=features)
    return elements(at.drawing, at.drawing.tensor(data), axis, places)


@reads("GatherElements")
def _gather_elements(at: Site) -> Value:
    axis = at.whole("axis", 0) % at.type().rank
    return at.one("gather", at.input(0), at.input(1), dim=axis)


@reads("ScatterElements")
def _scatter_elements(at: Site) -> Value:
    reduction = at.word("reduction", "none")
    if reduction not in ("none", "add"):
        raise Refused(f"it puts in by the rule `{reduction}`")
    operator = "scatter_add" if reduction == "add" else "scatter"
    axis = at.whole("axis", 0) % at.type().rank
    return at.one(operator, at.input(0), at.input(1), at.input(2), dim=axis)


@reads("OneHot")
def _one_hot(at: Site) -> Value:
    """Of two numbers, where places that are negative count from the end; as PyTorch has it, where those are 0 and 1."""
    off, on = (exact(each) for each in at.known(2, "numbers").array.reshape(-1))
    if at.whole("axis", -1) not in (-1, at.type().rank) or (off, on) != (0, 1):
        raise Refused("its ones are not along a last dimension, or other numbers")
    found = at.one("one_hot", cast(at.drawing, at.input(0), Dtype.I64), num_classes=at.scalar(1, "depth"))
    return cast(at.drawing, found, at.type(2).dtype)


@reads("Col2Im")
def _fold(at: Site) -> Value:
    wanted, kernel = at.sizes(1, "image shape"), at.numbers(2, "block shape")
    found = border(at, len(kernel), kernel)
    if len(kernel) != 2 or found.uneven:
        raise Refused("it is not of images, or its border differs on its sides")
    return at.one(
        "Fold", at.flow(0), output_size=wanted, kernel_size=kernel, dilation=found.dilation, padding=found.padding,
        stride=found.stride,
    )  # fmt: skip


@reads("Expand")
def _expand(at: Site) -> Value:
    wanted, shape = at.sizes(1, "shape"), at.type().shape
    missing = len(wanted) - len(shape)
    if missing < 0:
        wanted = (*(1,) * -missing, *wanted)
    shape = (*(1,) * max(0, missing), *shape)
    target = tuple(size if want == 1 else want for size, want in zip(shape, wanted, strict=True))
    if target == at.type().shape:
        return at.input(0)
    return at.one("expand", at.flow(0), sizes=target)


@reads("Tile")
def _tile(at: Site) -> Value:
    flow = at.flow(0)
    for axis, times in enumerate(at.numbers(1, "repeats")):
        if flow.type.shape[axis] == 1 and times != 1:
            sizes = tuple(times if place == axis else size for place, size in enumerate(flow.type.shape))
            flow = at.one("expand", flow, sizes=sizes)
        elif times != 1:
            flow = at.one("concat", *[flow] * times, dim=axis)
    return flow


@reads("ConstantOfShape")
def _filled(at: Site) -> Value:
    from onnx.numpy_helper import to_array

    value = at.attributes.get("value")
    array = np.zeros(1, np.float32) if value is None else to_array(value).reshape(-1)
    return at.drawing.filled(dtype_of(array), exact(array[0]), at.sizes(0, "shape"))


@reads("Range")
def _range(at: Site) -> Value:
    (start,), (stop,), (step,) = (at.sizes(place, "bounds") for place in range(3))
    return at.one("arange", bounds=(start, stop, step) if step != 1 else (start, stop))


@reads("Pad")
def _pad(at: Site) -> Value:
    rank = at.type().rank
    pads = (
        at.numbers(1, "padding")
        if at.has(1)
        else tuple(map(int, at.attributes.get("pads", at.attributes.get("paddings"))))
    )
    axes = tuple(each % rank for each in at.numbers(3, "axes")) if at.has(3) else tuple(range(rank))
    half = len(pads) // 2
    sides = dict(zip(axes, zip(pads[:half], pads[half:], strict=True), strict=True))
    filling = at.scalar(2, "value") if at.has(2) else at.real("value", 0.0)
    return bordered(
        at.drawing,
        at.flow(0),
        [sides.get(place, (0, 0)) for place in range(rank)],
        at.word("mode", "constant"),
        filling,
    )


@reads("DepthToSpace")
def _to_space(at: Site) -> Value:
    block = at.whole("blocksize", 1)
    if at.word("mode", "DCR") == "CRD":
        return at.one("PixelShuffle", at.flow(0), upscale_factor=block)
    batch, channels, height, width = at.type().shape
    few = channels // block**2
    apart = reshaped(at.drawing, at.flow(0), (batch, block, block, few, height, width))
    turned = at.one("permute", apart, dims=(0, 3, 4, 1, 5, 2))
    return reshaped(at.drawing, turned, (batch, few, height * block, width * block))


@reads("SpaceToDepth")
def _to_depth(at: Site) -> Value:
    block = at.whole("blocksize", 1)
    batch, channels, height, width = at.type().shape
    apart = reshaped(at.drawing, at.flow(0), (batch, channels, height // block, block, width // block, block))
    turned = at.one("permute", apart, dims=(0, 3, 5, 1, 2, 4))
    return reshaped(at.drawing, turned, (batch, channels * block**2, height // block, width // block))


@reads("Trilu")
def _triangle(at: Site) -> Value:
    shift = at.scalar(1, "diagonal") if at.has(1) else 0
    return at.one("triu" if at.whole("upper", 1) else "tril", at.flow(0), diagonal=shift)


@reads("Resize", "Upsample")
def _resize(at: Site) -> Value:
    rank, shape = at.type().rank, at.type().shape
    scales = _scales(at)
    if scales is not None and len(scales) == rank - 2:  # `axes` names the spatial dimensions
        scales = [1, 1, *scales]
    if tuple(each % rank for each in at.attributes.get("axes", range(2, rank))) != tuple(range(2, rank)):
        raise Refused("it resizes more than the spatial dimensions")
    given: dict[str, object] = {}
    if at.operator == "Resize" and at.has(3):
        sizes = at.numbers(3, "sizes")
        if tuple(sizes[:2]) != tuple(shape[:2]) and len(sizes) == rank:
            raise Refused("it resizes more than the spatial dimensions")
        given["size"] = tuple(sizes[-(rank - 2) :])
    elif scales is not None:
        if any(each != 1 for each in scales[:2]):
            raise Refused("it resizes more than the spatial dimensions")
        given |= {"scale_factor": scales[2]} if len(set(scales[2:])) == 1 else {"size": _resized(shape[2:], scales[2:])}
    else:
        raise Refused("it says neither sizes nor scales")
    return at.one("Upsample", at.flow(0), **given, **_mode(at, rank - 2))


def _resized(shape: Sequence[Size], scales: Sequence[Any]) -> tuple[int, ...]:
    """*shape* by *scales*, another for each dimension.

    Raises:
        Refused: a size is open, or does not come out whole.
    """
    found = [size * scale if isinstance(size, int) else None for size, scale in zip(shape, scales, strict=True)]
    whole = tuple(int(each) for each in found if each is not None and each == int(each))
    if len(whole) != len(found):
        raise Refused("it resizes every dimension by another factor")
    return whole


def _scales(at: Site) -> list[Any] | None:
    if "scales" in at.attributes:
        return [exact(np.float32(each)) for each in at.attributes["scales"]]
    place = 1 if at.operator == "Upsample" or at.opset < 11 else 2
    if not at.has(place) or not at.known(place, "scales").array.size:
        return None
    return [exact(each) for each in at.known(place, "scales").array.reshape(-1)]


def _mode(at: Site, spatial: int) -> dict[str, object]:
    """How values between elements are found, where PyTorch finds them so, too."""
    mode = at.word("mode", "nearest")
    usual = "half_pixel" if at.opset >= 11 else "asymmetric"
    places = at.word("coordinate_transformation_mode", usual)
    if mode == "nearest":
        rounding = at.word("nearest_mode", "round_prefer_floor" if at.opset >= 11 else "floor")
        if places == "asymmetric" and rounding == "floor":
            return {"mode": "nearest"}
        if places in ("half_pixel", "pytorch_half_pixel") and rounding in ("round_prefer_floor", "round_prefer_ceil"):
            return {"mode": "nearest-exact"}
        raise Refused(f"its places are `{places}`, rounded by `{rounding}`")
    words = {"linear": ("linear", "bilinear", "trilinear")[spatial - 1], "cubic": "bicubic"}
    if mode not in words or places not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        raise Refused(f"its mode is `{mode}` at `{places}` places")
    return {"mode": words[mode], "align_corners": places == "align_corners"}


@reads("GridSample")
def _sampled(at: Site) -> Value:
    modes = {"linear": "bilinear", "cubic": "bicubic"}
    mode = at.word("mode", "linear")
    return at.one(
        "grid_sample", at.flow(0), at.flow(1), mode=modes.get(mode, mode),
        padding_mode=at.word("padding_mode", "zeros"), align_corners=bool(at.whole("align_corners", 0)),
    )  # fmt: skip


@reads("AffineGrid")
def _grid(at: Site) -> Value:
    return at.one("affine_grid", at.flow(0), size=at.sizes(1, "size"), align_corners=bool(at.whole("align_corners", 0)))
