"""Layers whose weights multiply: convolutions, `Linear`, `Embedding`, free parameters; what flows in ends there.

Their outputs are new channels, made by rows of the weights, and what flows in is read by columns: a channel that goes
takes both along. So whatever happens to it on the way does not matter, as long as it meets no other channel.
"""

import numpy as np

from symnas.graph import READ_WEIGHT, join
from symnas.pruning.coupling import Site
from symnas.pruning.labels import Axis, Count, Labels, Pending
from symnas.pruning.rules.registry import couples, quantised

_CONVOLUTIONS = [f"{kind}{place}d" for place in (1, 2, 3) for kind in ("Conv", "DepthwiseConv", "ConvTranspose")]


@couples(*_CONVOLUTIONS)
def _convolution(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    quantised(site, labels)
    site.stay_but(labels, (1,), "goes along it")
    made, groups, outputs = labels.axes[1], _groups(site), _outputs(site)
    transposed = site.operation.operator.startswith("ConvTranspose")
    if groups == 1:
        rows: Axis = site.fresh(outputs)
        columns = rows if transposed else made
    else:
        columns, rows = _grouped(site, made, groups, outputs)
    if transposed:
        site.weigh("weight", made, columns)
    else:
        site.weigh("weight", rows, columns)
    site.weigh("bias", rows)
    if rows is not None and "out_channels" in dict(site.operation.settings):
        site.settings["out_channels"] = Count(rows)
    axes: list[Axis] = [None, rows, *(None for _ in labels.axes[2:])]
    return [Labels.of(axes, [False, True, *(False for _ in labels.axes[2:])])]


def _groups(site: Site) -> int:
    size = site.types[0].shape[1]
    assert isinstance(size, int), size
    return size if site.operation.operator.startswith("Depthwise") else site.whole("groups")


def _outputs(site: Site) -> int:
    size = site.outputs[0].shape[1]
    assert isinstance(size, int), size
    return size


def _grouped(site: Site, made: Axis, groups: int, outputs: int) -> tuple[Axis, Axis]:
    """What the weight has along its second axis, and what is made. Groups go whole where there are as many of them as
    there are channels in each and anything of them can go; otherwise each loses the same.
    """
    size = site.types[0].shape[1]
    assert isinstance(size, int), size
    within, each = size // groups, outputs // groups
    transposed = site.operation.operator.startswith("ConvTranspose")
    if made is None and each == 1:
        return None, None
    one = site.fresh(each)
    if made is not None and within <= groups:
        first, column = made.reshape(groups, within)[:, 0], made.reshape(groups, within)[0]
        if site.choose([(first,), (column, one)]) == 0:
            site.same(np.repeat(first, within), made)
            if "groups" in dict(site.operation.settings):
                site.settings["groups"] = Count(first)
            return None, np.repeat(first, each)
    columns: Axis = None
    if made is not None:
        columns = made.reshape(groups, within)[0]
        site.same(np.tile(columns, groups), made)
    return one if transposed else columns, np.tile(one, groups)


@couples("Linear")
def _linear(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    quantised(site, labels)
    size = site.whole("out_features")
    out = site.fresh(size)
    site.weigh("weight", out, labels.axes[-1])
    site.weigh("bias", out)
    site.settings["out_features"] = Count(out)
    zeros = [each and not site.given("bias") for each in labels.zeros[:-1]]
    return [Labels.of([*labels.axes[:-1], out], [*zeros, True])]


@couples("Bilinear")
def _bilinear(site: Site) -> list[Labels]:
    one, other = site.inputs
    for each in site.inputs:
        quantised(site, each)
    size = site.whole("out_features")
    out = site.fresh(size)
    site.weigh("weight", out, one.axes[-1], other.axes[-1])
    site.weigh("bias", out)
    site.settings["out_features"] = Count(out)
    axes = [site.same(left, right) for left, right in zip(one.axes[:-1], other.axes[:-1], strict=True)]
    zeros = [(a or b) and not site.given("bias") for a, b in zip(one.zeros[:-1], other.zeros[:-1], strict=True)]
    return [Labels.of([*axes, out], [*zeros, True])]


@couples("Embedding", "EmbeddingBag")
def _embedding(site: Site) -> list[Labels]:
    for each in site.inputs:
        site.stay_but(each, (), "looks it up")
    out = site.fresh(site.whole("embedding_dim"))
    site.weigh("weight", None, out)
    site.settings["embedding_dim"] = Count(out)
    return [Labels.of([*(None for _ in site.outputs[0].shape[1:]), out], True)]


@couples("param", "buffer")
def _free(site: Site) -> list[Labels]:
    (weight,) = site.operation.weights
    axes = [site.fresh(size) if size > 1 else None for size in weight.shape]
    site.weigh(weight.name, *axes)
    site.settings["shape"] = _sized(axes, site.operation.outputs[0].shape)
    return [Labels.of(axes, True)]


@couples("zeros", "ones", "full")
def _constant(site: Site) -> list[Labels]:
    shape = site.outputs[0].shape
    axes = [site.fresh(size) if isinstance(size, int) and size > 1 else None for size in shape]
    site.settings["size"] = _sized(axes, shape)
    zero = site.operation.operator == "zeros" or (site.operation.operator == "full" and site.given("fill_value") == 0)
    return [Labels.of(axes, zero)]


def _sized(axes: list[Axis], shape: tuple[Pending, ...]) -> Pending:
    return tuple(size if axis is None else Count(axis) for axis, size in zip(axes, shape, strict=True))


@couples("rand", "randn", "randint")
def _drawn(site: Site) -> list[Labels]:
    """Of fewer numbers it draws fewer."""
    shape = site.outputs[0].shape
    axes = [site.fresh(size) if isinstance(size, int) and size > 1 else None for size in shape]
    site.settings["size"] = _sized(axes, shape)
    return [Labels.of(axes, False)]


@couples("arange")
def _arange(site: Site) -> list[Labels]:
    return site.fixed("counts positions")


@couples(READ_WEIGHT)
def _read(site: Site) -> list[Labels]:
    path = join(str(site.given("module")), str(site.given("name")))
    shape = [size for size in site.outputs[0].shape if isinstance(size, int)]
    axes = site.read(path, shape)
    return [Labels.of(axes, True)]
