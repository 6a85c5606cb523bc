"""Weights that are made of others, so that what a rule has put down does what it replaced: batch norms folded into the
layer before, linear layers merged, cut in two or factored, new layers that begin by doing nothing.

Which rules have their weights made is told by `MAKERS`. What is made is computed in double precision.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from attrs import frozen

from symnas.arrays import Array
from symnas.graph import Operation, join
from symnas.operators.settings import flag, real
from symnas.operators.windows import windows
from symnas.rewriting.passing import Firing, Passage
from symnas.rewriting.weights.lineage import Layer, layers

__all__ = ["MAKERS", "Maker", "Place", "made_weights"]

Weights = Mapping[str, Array]


@frozen(eq=False)
class Place:
    """One place where a rule has acted: the layers that it replaced, with their weights by path, and those that it has
    put down. Layers without weights are among them.
    """

    before: tuple[Layer, ...]
    after: tuple[Layer, ...]
    weights: Weights

    def array(self, layer: Layer, name: str) -> Array | None:
        """The weight *name* of a *layer* before, in double precision, if it has it."""
        found = self.weights.get(join(layer.path, name))
        return None if found is None else found.astype(np.float64)


Maker = Callable[[Place], dict[str, Array] | None]
"""Weights by path of what was put down; `None` where the layers are not as they should be."""


def made_weights(passage: Passage, weights: Weights) -> dict[str, Array]:
    """The weights that are made where *passage* has acted, of those that there were."""
    maker = MAKERS.get(passage.rule)
    if maker is None:
        return {}
    before, after = list(layers(passage.before)), list(layers(passage.after))
    found: dict[str, Array] = {}
    for firing in passage.firings:
        place = Place(_at(before, firing.matched), _at(after, _new(firing)), weights)
        found |= maker(place) or {}
    return found


def _new(firing: Firing) -> list[str]:
    return [each.path for each in firing.put if each.origin is None]


def _at(known: Sequence[Layer], paths: Sequence[str]) -> tuple[Layer, ...]:
    """The layers at *paths*, in their order, and in blocks there."""
    return tuple(each for path in paths for each in known if each.path == path or path in each.around)


def _weighty(found: Sequence[Layer]) -> list[Layer]:
    return [each for each in found if each.operation.weights]


def _multiplies(layer: Layer) -> bool:
    return layer.operation.operator.startswith(("Linear", "Conv", "DepthwiseConv"))


def _sized(array: Array, by: Array, axis: int) -> Array:
    """*array* times *by*, which goes along *axis*."""
    shape = [1] * array.ndim
    shape[axis] = len(by)
    made: Array = array * by.reshape(shape)
    return made


# --------------------------------------------------------------------------------------------- batch norms


def folded(place: Place) -> dict[str, Array] | None:
    """Jacob et al. 2018, "Quantization and Training of Neural Networks", 3.2: y = γ (W x + b - μ) / √(σ² + ε) + β."""
    if len(place.before) != 2 or len(_weighty(place.after)) != 1:
        return None
    layer, norm = place.before
    (new,) = _weighty(place.after)
    kind = new.operation.operator
    if kind != layer.operation.operator or not norm.operation.operator.startswith("BatchNorm"):
        return None
    weight, mean, variance = (
        place.array(layer, "weight"),
        place.array(norm, "running_mean"),
        place.array(norm, "running_var"),
    )
    if (
        weight is None
        or mean is None
        or variance is None
        or not any(each.name == "bias" for each in new.operation.weights)
    ):
        return None
    scale = 1 / np.sqrt(variance + float(real(dict(norm.operation.settings), "eps")))
    gain, shift, bias = (place.array(*each) for each in ((norm, "weight"), (norm, "bias"), (layer, "bias")))
    scale = scale if gain is None else scale * gain
    started = -mean if bias is None else bias - mean
    transposed = kind.startswith("ConvTranspose")
    if transposed and dict(layer.operation.settings).get("groups", 1) != 1:
        return None
    return {
        join(new.path, "weight"): _sized(weight, scale, 1 if transposed else 0),
        join(new.path, "bias"): started * scale + (0 if shift is None else shift),
    }


# ------------------------------------------------------------------------------------- linear layers merged


def merged(place: Place) -> dict[str, Array] | None:
    """Chen et al. 2023, "VanillaNet", 3.1: W = W₂ W₁, b = W₂ b₁ + b₂, where nothing stands between that bends.

    Of two convolutions one takes single positions; the first only where no border sees its bias.
    """
    old = [each for each in place.before if _multiplies(each)]
    new = [each for each in place.after if _multiplies(each)]
    if len(old) != 2 or len(new) != 1 or not all(_mixes(each.operation) for each in old):
        return None
    first, second = (place.array(each, "weight") for each in old)
    if first is None or second is None:
        return None
    bias, more = (place.array(each, "bias") for each in old)
    if first.ndim > 2:
        if not _single(old[1]) and not (_single(old[0]) and (bias is None or not _padded(old[1]))):
            return None
        kernel = np.einsum("om...,mi...->oi...", second, first)
    else:
        kernel = second @ first
    through = None if bias is None else second.reshape(*second.shape[:2], -1).sum(-1) @ bias
    found = {join(new[0].path, "weight"): kernel}
    if any(each.name == "bias" for each in new[0].operation.weights):
        found[join(new[0].path, "bias")] = _sum(through, more, len(second))
    elif through is not None or more is not None:
        return None
    return found


def _sum(one: Array | None, other: Array | None, size: int) -> Array:
    found: Array = np.zeros(size) + (0 if one is None else one) + (0 if other is None else other)
    return found


def _mixes(operation: Operation) -> bool:
    settings = dict(operation.settings)
    return operation.operator == "Linear" or (operation.operator.startswith("Conv") and settings.get("groups") == 1)


def _single(layer: Layer) -> bool:
    """Whether a convolution takes single positions, all of them."""
    dimensions = layer.inputs[0].rank - 2
    found = windows(dict(layer.operation.settings), dimensions)
    return all((each.kernel, each.stride, each.before, each.after) == (1, 1, 0, 0) for each in found)


def _padded(layer: Layer) -> bool:
    found = windows(dict(layer.operation.settings), layer.inputs[0].rank - 2)
    return any(each.before or each.after for each in found)


# --------------------------------------------------------------------------------------- layers cut in two


def factored(place: Place) -> dict[str, Array] | None:
    """One layer as two, by the singular values of its matrix (Denton et al. 2014, "Exploiting Linear Structure"): exact
    where as many flow between as the matrix has rank, else the nearest of that rank.
    """
    new = _weighty(place.after)
    if len(place.before) != 1 or len(new) != 2 or not all(map(_multiplies, [*place.before, *new])):
        return None
    (old,) = place.before
    weight, bias = place.array(old, "weight"), place.array(old, "bias")
    if weight is None or not _mixes(old.operation) or place.array(new[0], "bias") is not None:
        return None
    (inner, outer), rank = (each.operation.weights[0].shape for each in new), new[0].operation.weights[0].shape[0]
    if inner[1:] != weight.shape[1:] or outer[:2] != (len(weight), rank) or np.prod(outer[2:]) != 1:
        return None
    left, values, right = np.linalg.svd(weight.reshape(len(weight), -1), full_matrices=False)
    count = min(rank, len(values))
    root = np.sqrt(values[:count])
    one, two = np.zeros((rank, right.shape[1])), np.zeros((len(weight), rank))
    one[:count], two[:, :count] = root[:, None] * right[:count], left[:, :count] * root
    found = {join(new[0].path, "weight"): one.reshape(inner), join(new[1].path, "weight"): two.reshape(outer)}
    if any(each.name == "bias" for each in new[1].operation.weights):
        found[join(new[1].path, "bias")] = np.zeros(len(weight)) if bias is None else bias
    return found


def parted(place: Place) -> dict[str, Array] | None:
    """The units of one layer made by several, one behind the other."""
    new = _weighty(place.after)
    if len(place.before) != 1 or not all(each.operation.operator == place.before[0].operation.operator for each in new):
        return None
    (old,) = place.before
    found: dict[str, Array] = {}
    for name in ("weight", "bias"):
        array, start = place.array(old, name), 0
        for each in new if array is not None else ():
            count = each.operation.weights[0].shape[0]
            assert array is not None
            found[join(each.path, name)] = array[start : start + count]
            start += count
    return found


# ------------------------------------------------------------------------------------------- new layers


def neutral(place: Place) -> dict[str, Array] | None:
    """Layers that begin as the identity, or as zero, have no bias then; a batch norm undoes its ε."""
    found: dict[str, Array] = {}
    for layer in _weighty(place.after):
        settings = dict(layer.operation.settings)
        for weight in layer.operation.weights:
            path = join(layer.path, weight.name)
            if (
                layer.operation.operator.startswith("BatchNorm")
                and weight.name == "weight"
                and flag(settings, "affine")
            ):
                found[path] = np.full(weight.shape, np.sqrt(1 + float(real(settings, "eps"))))
            elif weight.name == "bias" and settings.get("init") is not None:
                found[path] = np.zeros(weight.shape)
    return found


MAKERS: Final[dict[str, Maker]] = {
    "fold": folded,
    "fuse_convolution": folded,
    "fuse_depthwise": folded,
    "fuse_linear": folded,
    "merge": merged,
    "factor": factored,
    "low_rank": factored,
    "low_rank_convolution": factored,
    "split": parted,
    "deepen": neutral,
    "insert": neutral,
    "add_branch": neutral,
}
"""By the name of the rule."""
