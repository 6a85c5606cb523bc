"""Rearranging tensors: views, permutations, slices, joining, repeating, borders, resizing."""

from typing import Any

import numpy as np

from symnas.compilers.importing.casting import cast
from symnas.compilers.importing.rearranging import bordered, elements, reshaped, taken
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.torch.operators.elementwise import combined
from symnas.compilers.importing.torch.registry import reads
from symnas.compilers.importing.torch.site import Site
from symnas.compilers.importing.values import Flow, Known, Value, exact
from symnas.operators.warping import MODES, PADDINGS
from symnas.sizes import Size
from symnas.types import Dtype

_END = 2**31
"""Bounds from here on mean the end."""


@reads("view", "reshape", "_unsafe_view", "view_copy")
def _view(at: Site) -> Value:
    if "dtype" in at.arguments and at.has("dtype"):
        raise Refused("it reads numbers as another dtype")
    return reshaped(at.drawing, at.flow(), at.sizes("size" if "size" in at.arguments else "shape"))


@reads("view_as", "reshape_as")
def _like(at: Site) -> Value:
    return reshaped(at.drawing, at.flow(), at.type("other").shape)


@reads("flatten")
def _flatten(at: Site) -> Value:
    rank = at.type().rank
    start, end = int(at["start_dim"]) % max(1, rank), int(at["end_dim"]) % max(1, rank)
    if start == end:
        return at.value()
    if start == 1:
        return at.one("Flatten", at.flow(), end_dim=-1 if end == rank - 1 else end)
    return at.one("flatten", at.flow(), start_dim=start, end_dim=-1 if end == rank - 1 else end)


@reads("unflatten")
def _unflatten(at: Site) -> Value:
    return at.one("unflatten", at.flow(), dim=at.dim(), unflattened_size=at.sizes("sizes"))


@reads("permute")
def _permute(at: Site) -> Value:
    return at.one("permute", at.flow(), dims=at.numbers("dims"))


@reads("transpose", "swapaxes", "t", "numpy_T", "mT")
def _transpose(at: Site) -> Value:
    rank = at.type().rank
    if at.operator in ("t", "numpy_T", "mT"):
        return at.one("transpose", at.flow(), dim0=rank - 2, dim1=rank - 1) if rank > 1 else at.value()
    first, second = (at["dim0"], at["dim1"]) if "dim0" in at.arguments else (at["axis0"], at["axis1"])
    return at.one("transpose", at.flow(), dim0=int(first), dim1=int(second))


@reads("movedim")
def _moved(at: Site) -> Value:
    rank = at.type().rank
    sources, targets = ([each % rank for each in at.numbers(name)] for name in ("source", "destination"))
    order = [each for each in range(rank) if each not in sources]
    for target, source in sorted(zip(targets, sources, strict=True)):
        order.insert(target, source)
    return at.one("permute", at.flow(), dims=tuple(order))


@reads("squeeze")
def _squeeze(at: Site) -> Value:
    shape = at.type().shape
    if "dim" not in at.arguments:
        places = [place for place, size in enumerate(shape) if size == 1]
    else:
        places = [place for each in at.numbers("dim") if shape[place := each % len(shape)] == 1]
    flow: Value = at.value()
    for each in sorted(places, reverse=True):
        flow = at.one("squeeze", flow, dim=each)
    return flow


@reads("unsqueeze")
def _unsqueeze(at: Site) -> Value:
    return at.one("unsqueeze", at.flow(), dim=int(at["dim"]))


@reads("expand", "broadcast_to")
def _expand(at: Site) -> Value:
    sizes, shape = at.sizes("size"), at.type().shape
    missing = len(sizes) - len(shape)
    target = tuple(shape[place - missing] if size == -1 else size for place, size in enumerate(sizes))
    return at.value() if target == shape else at.one("expand", at.flow(), sizes=target)


@reads("expand_as")
def _expand_as(at: Site) -> Value:
    shape = at.type("other").shape
    return at.value() if shape == at.type().shape else at.one("expand", at.flow(), sizes=shape)


@reads("repeat", "tile")
def _repeat(at: Site) -> Value:
    times = at.sizes("repeats" if "repeats" in at.arguments else "dims")
    flow = at.flow()
    while flow.type.rank < len(times):
        flow = at.one("unsqueeze", flow, dim=0)
    times = (*(1,) * (flow.type.rank - len(times)), *times)
    stretched = tuple(many if size == 1 else size for size, many in zip(flow.type.shape, times, strict=True))
    rest = [1 if size == 1 else many for size, many in zip(flow.type.shape, times, strict=True)]
    if stretched != flow.type.shape:
        flow = at.one("expand", flow, sizes=stretched)
    for dim, many in enumerate(rest):
        if many != 1:
            shape = flow.type.shape
            apart = at.one("unsqueeze", flow, dim=dim)
            spread = at.one("expand", apart, sizes=(*shape[:dim], many, *shape[dim:]))
            flow = reshaped(at.drawing, spread, (*shape[:dim], many * shape[dim], *shape[dim + 1 :]))
    return flow


@reads("repeat_interleave")
def _interleave(at: Site) -> Value:
    many = at["repeats"]
    if not isinstance(many, int) or not at.has("dim"):
        raise Refused("it repeats each element another number of times")
    dim, shape = at.dim(), at.type().shape
    apart = at.one("unsqueeze", at.flow(), dim=dim + 1)
    spread = at.one("expand", apart, sizes=(*shape[: dim + 1], many, *shape[dim + 1 :]))
    return reshaped(at.drawing, spread, (*shape[:dim], shape[dim] * many, *shape[dim + 1 :]))


# ------------------------------------------------------------------------------------- parts, and joining


@reads("slice", "narrow")
def _slice(at: Site) -> Value:
    rank, dim = at.type().rank, at.dim()
    if at.operator == "narrow":
        start, stop, step = at["start"], at["start"] + at["length"], 1
    else:
        start, stop, step = at["start"] or 0, at["end"], int(at["step"])
    last = None if stop is None or (isinstance(stop, int) and stop >= _END) else stop
    bounds: list[Any] = [(None, None, 1)] * rank
    bounds[dim] = (start, last, step)
    if isinstance(start, int) and start == at.type().shape[dim]:  # nothing, which only `cat` takes
        return Known(np.zeros(0, np.float32))
    return taken(at.drawing, at.flow(), bounds)


@reads("copy")
def _copied(at: Site) -> Value:
    """All of a tensor written over: what is written, in its shape and dtype."""
    shape = at.type().shape
    found = cast(at.drawing, at.value("src"), at.type().dtype)
    return found if at.type("src").shape == shape else at.one("expand", found, sizes=shape)


@reads("slice_scatter")
def _slice_written(at: Site) -> Value:
    """A tensor with a stretch of it written over: what is before, what is written, what is behind."""
    dim, size = at.dim(), at.type().shape[at.dim()]
    start, end = at["start"] or 0, at["end"]
    stop = size if end is None or (isinstance(end, int) and (end >= _END or end == size)) else end
    if int(at["step"]) != 1:
        raise Refused("it writes into every so manieth place")
    return _written(at, dim, start, stop, at.value("src"))


@reads("select_scatter")
def _select_written(at: Site) -> Value:
    """A tensor with one slice of it written over."""
    dim, place = at.dim(), at["index"]
    if isinstance(place, int) and place < 0:
        place = place + at.type().shape[dim]
    return _written(at, dim, place, place + 1, at.one("unsqueeze", at.flow("src"), dim=dim))


def _written(at: Site, dim: int, start: Size, stop: Size, source: Value) -> Value:
    flow, whole = at.flow(), [(None, None, 1)] * at.type().rank
    parts: list[Value] = [source]
    if start != 0:
        parts.insert(0, taken(at.drawing, flow, [*whole[:dim], (0, start, 1), *whole[dim + 1 :]]))
    if stop != flow.type.shape[dim]:
        parts.append(taken(at.drawing, flow, [*whole[:dim], (stop, None, 1), *whole[dim + 1 :]]))
    return parts[0] if len(parts) == 1 else at.one("concat", *parts, dim=dim)


@reads("select")
def _select(at: Site) -> Value:
    whole: list[Any] = [(None, None, None)] * at.dim()
    return at.one("slice", at.flow(), index=(*whole, at["index"]))


@reads("index")
def _index(at: Site) -> Value:
    flow, places = at.flow(), at["indices"]
    given = [(dim, each) for dim, each in enumerate(places) if each is not None]
    if len(given) == 1 and isinstance(given[0][1], Flow | Known):
        dim, index = given[0]
        return elements(at.drawing, flow, dim, index)
    first, last = given[0][0], given[-1][0]
    if [dim for dim, _ in given] != list(range(first, last + 1)):
        raise Refused("it takes elements from dimensions apart")
    return _at_points(at, flow, first, [each for _, each in given])


def _at_points(at: Site, flow: Flow, first: int, places: list[Value]) -> Value:
    """The elements of *flow* at *places*, one tensor for each dimension from *first*: those dimensions as one, in which
    a point has one number.
    """
    sizes = flow.type.shape[first : first + len(places)]
    if any((each.dtype if isinstance(each, Known) else each.type.dtype) is Dtype.BOOL for each in places):
        raise Refused("how much it takes depends on what flows in")
    number: Value = places[0]
    total: Size = sizes[0]
    for each, size in zip(places[1:], sizes[1:], strict=True):
        number = combined(at, "add", combined(at, "mul", number, size), each)
        total = total * size
    together = (*flow.type.shape[:first], total, *flow.type.shape[first + len(places) :])
    return elements(at.drawing, reshaped(at.drawing, flow, together), first, number)


@reads("diff")
def _difference(at: Site) -> Value:
    if at["n"] != 1 or at.has("append"):
        raise Refused("it takes differences of differences, or of what is appended")
    flow, dim = at.flow(), at.dim()
    if at.has("prepend"):
        flow = at.one("concat", at.value("prepend"), flow, dim=dim)
    whole: list[Any] = [(None, None, None)] * dim
    after = at.one("slice", flow, index=(*whole, (1, None, None)))
    return at.one("sub", after, at.one("slice", flow, index=(*whole, (None, -1, None))))


@reads("index_select")
def _index_select(at: Site) -> Value:
    return elements(at.drawing, at.flow(), at.dim(), at.value("index"))


@reads("gather")
def _gather(at: Site) -> Value:
    return at.one("gather", at.flow(), at.value("index"), dim=at.dim())


@reads("scatter", "scatter_add")
def _scatter(at: Site) -> Value:
    """One number is put in as a tensor of it."""
    if at.has("reduce"):
        raise Refused("it puts in by another rule")
    index = at.flow("index")
    source = at.arguments.get("src")
    if source is None:
        source = at.drawing.filled(at.type().dtype, exact(at["value"]), index.type.shape)
    return at.one(at.operator, at.flow(), index, source, dim=at.dim())


@reads("one_hot")
def _one_hot(at: Site) -> Value:
    if int(at["num_classes"]) < 1:
        raise Refused("how many classes there are depends on what flows in")
    return at.one("one_hot", at.flow(), num_classes=int(at["num_classes"]))


@reads("cat", "concat", "concatenate")
def _cat(at: Site) -> Value:
    values = [each for each in at["tensors"] if not (isinstance(each, Known) and each.array.size == 0)]
    return values[0] if len(values) == 1 else at.one("concat", *values, dim=int(at["dim"]))


@reads("stack")
def _stack(at: Site) -> Value:
    return at.one("stack", *at["tensors"], dim=int(at["dim"]))


@reads("split", "split_with_sizes", "chunk", "unbind", "tensor_split")
def _split(at: Site) -> tuple[Value, ...]:
    dim, flow = at.dim(), at.flow()
    if at.operator == "unbind":
        count = flow.type.shape[dim]
        if not isinstance(count, int):
            raise Refused("it takes apart a dimension whose size is open")
        whole: list[Any] = [(None, None, None)] * dim
        return tuple(at.one("slice", flow, index=(*whole, place)) for place in range(count))
    if at.operator in ("chunk", "tensor_split"):
        name = "chunks" if at.operator == "chunk" else "sections"
        return at.drawing.apply("chunk", [flow], {"chunks": int(at[name]), "dim": dim})
    name = "split_sizes" if "split_sizes" in at.arguments else "split_size"
    return at.drawing.apply("split", [flow], {"split_size": at.sizes(name), "dim": dim})


@reads("flip")
def _flip(at: Site) -> Value:
    return at.one("flip", at.flow(), dims=at.numbers("dims"))


@reads("roll")
def _roll(at: Site) -> Value:
    flow = at.flow()
    shifts, dims = at.numbers("shifts"), at.numbers("dims")
    if len(shifts) != len(dims):
        raise Refused("it rolls the elements as a row")
    kept = [(shift, dim) for shift, dim in zip(shifts, dims, strict=True) if shift]
    if not kept:
        return flow
    return at.one("roll", flow, shifts=tuple(shift for shift, _ in kept), dims=tuple(dim for _, dim in kept))


@reads("tril", "triu")
def _triangle(at: Site) -> Value:
    return at.one(at.operator, at.flow(), diagonal=int(at["diagonal"]))


# --------------------------------------------------------------------------------------- borders, resizing


@reads("pad", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "replication_pad1d", "replication_pad2d")
def _pad(at: Site) -> Value:
    name = "pad" if "pad" in at.arguments else "padding"
    given, rank = at.numbers(name), at.type().rank
    sides = [(0, 0)] * rank
    for place in range(len(given) // 2):
        sides[rank - 1 - place] = (given[2 * place], given[2 * place + 1])
    mode = at.operator.split("_")[0].replace("reflection", "reflect").replace("replication", "replicate")
    mode = str(at["mode"]) if "mode" in at.arguments else "constant" if mode == "constant" else mode
    value = at.exact("value") if at.has("value") else 0
    return bordered(at.drawing, at.flow(), sides, mode, value)


@reads(
    "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_linear1d", "upsample_bilinear2d",
    "upsample_trilinear3d", "upsample_bicubic2d", "_upsample_nearest_exact2d", "_upsample_nearest_exact1d",
)  # fmt: skip
def _upsample(at: Site) -> Value:
    mode = at.operator.removeprefix("_").removeprefix("upsample_")[:-2].replace("_", "-")
    settings: dict[str, object] = {"mode": mode}
    if "align_corners" in at.arguments:
        settings["align_corners"] = bool(at["align_corners"])
    flow = at.flow("input" if "input" in at.arguments else "self")
    factors = at.arguments.get("scale_factors")
    if factors is not None and len(set(factors)) == 1:
        return at.one("Upsample", flow, scale_factor=exact(factors[0]), **settings)
    if factors is not None and not at.has("output_size"):
        steps = zip(flow.type.shape[2:], factors, strict=True)
        sizes = [size * factor if isinstance(size, int) else 0.5 for size, factor in steps]
        if not all(float(each).is_integer() for each in sizes):
            raise Refused("it scales every dimension by another factor")
        return at.one("Upsample", flow, size=tuple(map(int, sizes)), **settings)
    if not at.has("output_size"):
        raise Refused("it is not told what to scale to")
    return at.one("Upsample", flow, size=at.numbers("output_size"), **settings)


@reads("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle")
def _shuffle(at: Site) -> Value:
    layer, setting = {
        "pixel_shuffle": ("PixelShuffle", "upscale_factor"), "pixel_unshuffle": ("PixelUnshuffle", "downscale_factor"),
    }.get(at.operator, ("ChannelShuffle", "groups"))  # fmt: skip
    return at.one(layer, at.flow(), **{setting: int(at[setting])})


@reads("im2col")
def _unfold(at: Site) -> Value:
    names = ("kernel_size", "dilation", "padding", "stride")
    return at.one("Unfold", at.flow(), **{name: at.numbers(name) for name in names})


@reads("col2im")
def _fold(at: Site) -> Value:
    names = ("kernel_size", "dilation", "padding", "stride")
    settings = {name: at.numbers(name) for name in names}
    return at.one("Fold", at.flow(), output_size=at.sizes("output_size"), **settings)


@reads("grid_sampler")
def _sampled(at: Site) -> Value:
    mode, padding = MODES[int(at["interpolation_mode"])], PADDINGS[int(at["padding_mode"])]
    corners = bool(at["align_corners"])
    return at.one(
        "grid_sample", at.flow("input"), at.flow("grid"), mode=mode, padding_mode=padding, align_corners=corners
    )


@reads("affine_grid_generator")
def _grid(at: Site) -> Value:
    return at.one("affine_grid", at.flow("theta"), size=at.sizes("size"), align_corners=bool(at["align_corners"]))
