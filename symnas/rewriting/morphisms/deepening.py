"""More layers: behind an activation, behind any layer, or beside the way that is there; they begin by doing nothing."""

from symnas.errors import SearchError
from symnas.rewriting.morphisms.trained import Random, Trained, morphed, settled
from symnas.types import TensorType

__all__ = ["add_branch", "deepen", "insert"]

_IDEMPOTENT = ("ReLU", "ReLU6", "relu", "relu6", "abs")
"""Activations that change nothing of what they have given."""

_BLOCK = """
block Branch(layer, last)(x) = x + (x -> layer -> ReLU -> last)
"""


def deepen(before: Trained, path: str, random: Random, kernel: int = 3, *, norm: bool = False) -> Trained:
    """Net2DeeperNet (Chen et al. 2016, 2.2): behind the activation at *path* another layer, which begins as the identity,
    and the activation again. With *norm*, a batch norm stands between, which begins by doing nothing in evaluation.

    Raises:
        SearchError: there is no such activation, or it changes what it has given: then `insert` adds a layer without one.
    """
    layer = before.layer(path, _IDEMPOTENT, "an activation that changes nothing of what it gave is wanted (ReLU)")
    out = layer.operation.outputs[0]
    kind = layer.operation.operator
    between = f" -> {_norm(out)}" if norm else ""
    text = f"{kind} as $a => $a -> {_like(out, kernel, 'identity')}{between} -> {kind}"
    return settled(morphed(before, text, path, "deepen", random))


def insert(before: Trained, path: str, random: Random, kernel: int = 1, *, bends: bool = False) -> Trained:
    """Behind the layer at *path* another one, which begins as the identity; if it *bends*, a `PReLU` that begins as a
    straight line stands behind it.

    Raises:
        SearchError: there is no such layer.
    """
    layer = before.layer(path, ("",), "a layer is wanted")
    out = layer.operation.outputs[0]
    after = " -> PReLU(init = 1)" if bends else ""
    kind = layer.operation.operator
    return settled(
        morphed(before, f"{kind} as $a => $a -> {_like(out, kernel, 'identity')}{after}", path, "insert", random)
    )


def add_branch(before: Trained, path: str, random: Random, kernel: int = 3) -> Trained:
    """Behind the layer at *path* a way around two further layers, the last of which begins as zero.

    Raises:
        SearchError: there is no such layer.
    """
    layer = before.layer(path, ("",), "a layer is wanted")
    out = layer.operation.outputs[0]
    kind = layer.operation.operator
    branch = f"Branch({_like(out, kernel, None)}, {_like(out, 1, 'zeros')})"
    return settled(
        morphed(before, f"{_BLOCK}rule add_branch: {kind} as $a => $a -> {branch}", path, "add_branch", random)
    )


def _like(out: TensorType, kernel: int, start: str | None) -> str:
    """A layer that gives as many channels as *out* has."""
    begun = "" if start is None else f", init = {start}"
    if out.rank in (3, 4, 5) and kernel and _is_space(out):
        return f"Conv{out.rank - 2}d({out.shape[1]}, {kernel}{begun})"
    return f"Linear({_last(out)}{begun})"


def _norm(out: TensorType) -> str:
    if out.rank not in (2, 4, 5) and not _is_space(out):
        raise SearchError(f"a batch norm takes [N, C] or channels over space; this is {out}")
    return f"BatchNorm{max(1, out.rank - 2)}d"


def _is_space(out: TensorType) -> bool:
    """Whether *out* has channels over space: [N, C, H, W], and not [N, T, D]."""
    return out.rank >= 4


def _last(out: TensorType) -> int:
    size = out.shape[-1] if out.rank else None
    if not isinstance(size, int):
        raise SearchError(f"a layer behind {out} needs a last dimension of known size")
    return size
