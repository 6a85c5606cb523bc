"""Layers with weights: convolutions, linear layers, embeddings, normalisations."""

from collections.abc import Sequence

import numpy as np

from symnas.compilers.importing.onnx.bordering import Border, border
from symnas.compilers.importing.onnx.registry import reads
from symnas.compilers.importing.onnx.site import Site, like
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Flow, Known, Value
from symnas.sizes import Size


@reads("Conv")
def _conv(at: Site) -> Value:
    if isinstance(at.input(1), Flow):
        raise Refused("its kernel depends on what flows in")
    weight = at.weight(1, "kernel")
    spatial = weight.array.ndim - 2
    found = border(at, spatial, weight.array.shape[2:])
    flowing = found.apart(at, at.input(0), 0) if found.uneven else at.flow(0)
    weights = {"weight": weight}
    if at.has(2):
        weights["bias"] = at.weight(2, "bias")
    return at.layer(
        f"Conv{_few(spatial)}d",
        flowing,
        weights,
        out_channels=int(weight.array.shape[0]),
        kernel_size=tuple(map(int, weight.array.shape[2:])),
        stride=found.stride,
        padding=found.padding,
        dilation=found.dilation,
        groups=at.whole("group", 1),
        bias=at.has(2),
    )


@reads("ConvTranspose")
def _transposed(at: Site) -> Value:
    weight = at.weight(1, "kernel")
    spatial = weight.array.ndim - 2
    found = border(at, spatial, weight.array.shape[2:])
    groups = at.whole("group", 1)
    extra = tuple(map(int, at.attributes.get("output_padding", (0,) * spatial)))
    if "output_shape" in at.attributes or found.automatic:
        raise Refused("its padding follows from `output_shape` or `auto_pad`")
    weights = {"weight": weight}
    if at.has(2):
        weights["bias"] = at.weight(2, "bias")
    cut = found.uneven
    result = at.layer(
        f"ConvTranspose{_few(spatial)}d",
        at.flow(0),
        weights,
        out_channels=int(weight.array.shape[1]) * groups,
        kernel_size=tuple(map(int, weight.array.shape[2:])),
        stride=found.stride,
        padding=(0,) * spatial if cut else found.padding,
        output_padding=extra,
        groups=groups,
        dilation=found.dilation,
        bias=at.has(2),
    )
    return _cut(at, result, found) if cut else result


def _cut(at: Site, flow: Flow, found: Border) -> Flow:
    """*flow* without the border, which is another before than after."""
    whole = (None, None, None)
    bounds = [(before or None, -after if after else None, None) for before, after in found.sides]
    return at.one("slice", flow, index=(whole, whole, *bounds))


def _few(spatial: int) -> int:
    if not 1 <= spatial <= 3:
        raise Refused(f"it has {spatial} spatial dimensions; symnas has layers for 1, 2 and 3")
    return spatial


# --------------------------------------------------------------------------------------------- linear layers


def _linear(at: Site, flowing: Value, weight: Known, bias: Known | None) -> Flow:
    """`Linear` with *weight* as PyTorch has it: a row for each output."""
    weights = {"weight": weight} if bias is None else {"weight": weight, "bias": bias}
    out = int(weight.array.shape[0])
    return at.layer("Linear", flowing, weights, out_features=out, bias=bias is not None)


@reads("MatMul")
def _matmul(at: Site) -> Value:
    right = at.input(1)
    if isinstance(right, Known) and right.array.ndim == 2 and at.type().dtype.is_floating and at.type().rank >= 2:
        added = at.absorbed(int(right.array.shape[1]))
        return _linear(at, at.flow(0), like(right, right.array.T), added)
    return at.one("matmul", at.input(0), at.input(1))


@reads("Gemm")
def _gemm(at: Site) -> Value:
    alpha, beta = at.real("alpha", 1.0), at.real("beta", 1.0)
    flowing: Value = at.one("permute", at.flow(0), dims=(1, 0)) if at.whole("transA", 0) else at.input(0)
    weight, added = at.input(1), at.input(2) if at.has(2) else None
    if isinstance(weight, Known) and isinstance(flowing, Flow) and (added is None or isinstance(added, Known)):
        matrix = weight.array if at.whole("transB", 0) else weight.array.T
        if alpha != 1:
            matrix = (matrix * np.float32(float(alpha))).astype(matrix.dtype)
        if added is None:
            return _linear(at, flowing, like(weight, matrix), None)
        scaled = added.array if beta == 1 else (added.array * np.float32(float(beta))).astype(added.array.dtype)
        if scaled.ndim <= 1 or scaled.shape[0] == 1:
            row = np.broadcast_to(scaled.reshape(-1), (matrix.shape[0],))
            return _linear(at, flowing, like(weight, matrix), like(added, row))
    right: Value = at.one("permute", at.flow(1), dims=(1, 0)) if at.whole("transB", 0) else weight
    result = at.one("matmul", flowing, right)
    if alpha != 1:
        result = at.one("mul", result, other=alpha)
    if added is None:
        return result
    term = at.one("mul", added, other=beta) if beta != 1 else added
    return at.one("add", result, term)


# -------------------------------------------------------------------------------------------- normalisations


def _scaled(at: Site) -> dict[str, Known]:
    return {"weight": at.weight(1, "scale"), "bias": at.weight(2, "shift")}


@reads("BatchNormalization")
def _batch_norm(at: Site) -> Value:
    if at.outputs > 1:
        raise Refused("it hands out statistics of the batch")
    if not at.whole("spatial", 1):
        raise Refused("its statistics are of every position apart (`spatial = 0`)")
    weights = _scaled(at) | {"running_mean": at.weight(3, "mean"), "running_var": at.weight(4, "variance")}
    spatial = max(1, at.type().rank - 2)
    momentum = 1 - at.real("momentum", 0.9)
    return at.layer(f"BatchNorm{_few(spatial)}d", at.flow(0), weights, eps=at.real("epsilon", 1e-5), momentum=momentum)


@reads("InstanceNormalization")
def _instance_norm(at: Site) -> Value:
    spatial = at.type().rank - 2
    eps = at.real("epsilon", 1e-5)
    return at.layer(f"InstanceNorm{_few(spatial)}d", at.flow(0), _scaled(at), eps=eps, affine=True)


@reads("GroupNormalization")
def _group_norm(at: Site) -> Value:
    groups, (channels,) = at.whole("num_groups", 1), _known(at.type().shape[1:2])
    weights = _scaled(at)
    if at.opset < 21:  # one number for each group
        weights = {name: like(each, np.repeat(each.array, channels // groups)) for name, each in weights.items()}
    return at.layer("GroupNorm", at.flow(0), weights, num_groups=groups, eps=at.real("epsilon", 1e-5))


def _known(sizes: Sequence[Size]) -> tuple[int, ...]:
    """*sizes* as numbers.

    Raises:
        Refused: one is open.
    """
    found = tuple(each for each in sizes if isinstance(each, int))
    if len(found) != len(sizes):
        raise Refused("how many features it normalises is open")
    return found


@reads("LayerNormalization", "RMSNormalization")
def _layer_norm(at: Site) -> Value:
    if at.outputs > 1:
        raise Refused("it hands out its statistics")
    rank = at.type().rank
    start = at.whole("axis", -1) % rank
    shape = _known(at.type().shape[start:])
    scale = at.weight(1, "scale")
    weights = {"weight": like(scale, np.broadcast_to(scale.array, shape))}
    settings: dict[str, object] = {"eps": at.real("epsilon", 1e-5)}
    if len(shape) > 1:
        settings["normalized_shape"] = shape
    if at.operator == "RMSNormalization":
        return at.layer("RMSNorm", at.flow(0), weights, **settings)
    if at.has(2):
        shift = at.weight(2, "shift")
        weights["bias"] = like(shift, np.broadcast_to(shift.array, shape))
    return at.layer("LayerNorm", at.flow(0), weights, bias=at.has(2), **settings)


@reads("LRN")
def _local_response(at: Site) -> Value:
    """x / (bias + alpha / size · Σ x²)^beta, the sum over *size* channels around each. Of an even number ONNX takes more of
    those behind, PyTorch of those before: then as an average within a border of zeros.
    """
    size, rank = at.whole("size", 1), at.type().rank
    if size % 2:
        numbers = {"alpha": at.real("alpha", 1e-4), "beta": at.real("beta", 0.75), "k": at.real("bias", 1.0)}
        return at.one("LocalResponseNorm", at.flow(0), size=size, **numbers)
    if rank != 4:
        raise Refused(f"it takes [N, C, H, W]; this is {at.type()}")
    squares = at.one("unsqueeze", at.one("square", at.flow(0)), dim=1)
    before, after = (size - 1) // 2, size // 2
    bordered = at.one("ZeroPad3d", squares, padding=(0, 0, 0, 0, before, after))
    mean = at.one("AvgPool3d", bordered, kernel_size=(size, 1, 1), stride=1, padding=0)
    scaled = at.one("mul", at.one("squeeze", mean, dim=1), other=at.real("alpha", 1e-4))
    power = at.one("pow", at.one("add", scaled, other=at.real("bias", 1.0)), other=at.real("beta", 0.75))
    return at.one("div", at.flow(0), power)


# ------------------------------------------------------------------------------------------------ activations


@reads("PRelu")
def _prelu(at: Site) -> Value:
    slope = at.weight(1, "slope")
    rank, shape = at.type().rank, slope.array.shape
    count = slope.array.size
    channels = rank >= 2 and len(shape) == rank - 1 and count == shape[0]
    if count != 1 and not (channels and at.type().shape[1] == count):
        raise Refused(f"its slope is {list(shape)}; symnas has one number, or one for each channel")
    return at.layer("PReLU", at.flow(0), {"weight": like(slope, slope.array.reshape(-1))}, num_parameters=int(count))
