"""Fewer layers: batch norms folded into the layer before, linear layers merged where nothing bends between them."""

import numpy as np

from symnas.errors import SearchError
from symnas.graph import join
from symnas.operators.settings import real
from symnas.rewriting.morphisms.trained import Random, Trained, morphed
from symnas.rewriting.weights.lineage import Layer

__all__ = ["fold", "merge"]

_BEFORE_NORMS = ("Linear", "Conv", "DepthwiseConv")
_LINES = ("PReLU", "LeakyReLU")


def fold(before: Trained, path: str, random: Random) -> Trained:
    """The batch norm behind the layer at *path* folded into it; what the network gives in evaluation stays.

    Raises:
        SearchError: there is no such layer, or no batch norm reads it alone.
    """
    layer = before.layer(path, _BEFORE_NORMS, "a linear layer or convolution is wanted")
    kind = layer.operation.operator
    out = layer.operation.outputs[0]
    norm = f"BatchNorm{max(1, out.rank - 2)}d"
    first = "$k" if kind.startswith("Depthwise") else "$o"
    text = f"{kind}({first}, bias = $_, $*r) -> {norm} => {kind}({first}, bias = true, $*r)"
    return _made(morphed(before, text, path, "fold", random), before, path)


def merge(before: Trained, path: str, random: Random) -> Trained:
    """The layer at *path* and the one behind it as one (VanillaNet, Chen et al. 2023, 3.1): both linear, or convolutions of
    which one takes single positions. An activation between them goes if it is a straight line: a `LeakyReLU` or `PReLU`
    whose slope has become 1.

    Raises:
        SearchError: there is no such layer, what stands behind it bends, or the two are not one.
    """
    layer = before.layer(path, ("Linear", "Conv1d", "Conv2d", "Conv3d"), "a linear layer or convolution is wanted")
    kind = layer.operation.operator
    line = next((each for each in before.layers if _follows(before, layer, each)), None)
    if line is not None:
        if not _straight(before, line):
            raise SearchError(f"`{line.path}` bends: its slope is not 1, so that the layers around it are not one")
        before = morphed(before, f"{line.operation.operator} => Identity", line.path, "straighten", random)
    if kind == "Linear":
        text = "Linear($_, bias = $_) as $a -> Linear($o, bias = $_) => Linear($o)"
        return _made(morphed(before, text, path, "merge", random), before, path)
    outer = f"{kind}($_, $*_) as $a -> {kind}($o, 1, stride = 1, padding = $_, groups = 1, bias = $_, $*_)"
    own = dict(layer.operation.settings)
    single = all(each == 1 for each in layer.operation.weights[0].shape[2:])
    if not single or not _is_one(before, layer):
        settings = "kernel_size = $k, stride = $s, padding = $p, dilation = $d, padding_mode = $m"
        text = (
            f"{kind}($_, {settings}, groups = 1, bias = $_) -> {outer.partition(' -> ')[2]} => {kind}($o, {settings})"
        )
        return _made(morphed(before, text, path, "merge", random), before, path)
    assert own["groups"] == 1
    text = f"{kind}($_, 1, stride = 1, $*_) -> {kind}($o, bias = $_, $*r) => {kind}($o, $*r)"
    return _made(morphed(before, text, path, "merge", random), before, path)


def _follows(before: Trained, layer: Layer, other: Layer) -> bool:
    """Whether *other* may be a straight line that stands behind *layer*: the next layer that runs."""
    found = before.layers
    place = found.index(layer)
    return place + 1 < len(found) and found[place + 1] == other and other.operation.operator in _LINES


def _is_one(before: Trained, layer: Layer) -> bool:
    """Whether the layer that runs behind *layer* has a kernel of several positions."""
    found = before.layers
    behind = found[found.index(layer) + 1 :]
    following = next((each for each in behind if each.operation.weights), None)
    return following is not None and any(size > 1 for size in following.operation.weights[0].shape[2:])


def _straight(before: Trained, layer: Layer) -> bool:
    if layer.operation.operator == "LeakyReLU":
        return float(real(dict(layer.operation.settings), "negative_slope")) == 1
    return bool(np.all(before.weights[join(layer.path, "weight")] == 1))


def _made(after: Trained, before: Trained, path: str) -> Trained:
    if not any(each.how == "made" for each in after.fates):
        raise SearchError(f"the layers at `{path}` are not one: there is no single one that does what they do")
    assert before is not after
    return after
