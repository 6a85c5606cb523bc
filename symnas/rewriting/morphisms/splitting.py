"""One layer as two: by its units side by side, or one behind the other."""

from symnas.errors import SearchError
from symnas.rewriting.morphisms.trained import Random, Trained, morphed

__all__ = ["factor", "split"]

_BESIDE = """
block Beside(first, second, dim)(x) = concat([x -> first, x -> second], dim = dim)
"""
_KINDS = ("Linear", "Conv1d", "Conv2d", "Conv3d")


def split(before: Trained, path: str, random: Random, first: int | None = None) -> Trained:
    """The layer at *path* as two side by side, the first with *first* of its units, or half of them.

    Raises:
        SearchError: there is no such layer, or it has not as many units.
    """
    layer = before.layer(path, _KINDS, "a linear layer or convolution is wanted")
    kind, total = layer.operation.operator, layer.operation.weights[0].shape[0]
    if kind != "Linear" and dict(layer.operation.settings)["groups"] != 1:
        raise SearchError(f"`{path}` has groups, and is not split")
    count = total // 2 if first is None else first
    if not 0 < count < total:
        raise SearchError(f"`{path}` has {total} units; its parts have at least one each, and {count} was given")
    dim = -1 if kind == "Linear" else 1
    parts = f"{kind}({count}, $*r), {kind}({total - count}, $*r)"
    text = f"{_BESIDE}rule split: {kind}($o, $*r) => Beside({parts}, {dim})"
    return morphed(before, text, path, "split", random)


def factor(before: Trained, path: str, random: Random) -> Trained:
    """The layer at *path* as two behind each other, without an activation between: as many units in the middle as its
    matrix may have rank. Leave some out with `keep slice` afterwards for a layer of low rank.

    Raises:
        SearchError: there is no such layer, or it has groups.
    """
    layer = before.layer(path, _KINDS, "a linear layer or convolution is wanted")
    kind, weight = layer.operation.operator, layer.operation.weights[0]
    size = 1
    for each in weight.shape[1:]:
        size *= each
    rank = min(weight.shape[0], size)
    if kind == "Linear":
        text = f"Linear($o, $*r) => Linear({rank}, bias = false) -> Linear($o, $*r)"
    elif dict(layer.operation.settings)["groups"] != 1:
        raise SearchError(f"`{path}` has groups, and is not factored")
    else:
        bias = "true" if len(layer.operation.weights) > 1 else "false"
        text = f"{kind}($o, bias = $_, $*r) => {kind}({rank}, bias = false, $*r) -> {kind}($o, 1, bias = {bias})"
    return morphed(before, text, path, "factor", random)
