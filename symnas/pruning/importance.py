"""How important units are, by their weights: what a unit touches of every weight, its own rows and the columns that read
it. Numbers are made comparable across groups: the mean over the units of each group is 1.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from symnas.errors import SearchError, suggest
from symnas.pruning.arrays import Arrays
from symnas.pruning.dropping import Layer
from symnas.pruning.groups import Units
from symnas.pruning.tracking import Weighed

__all__ = ["CRITERIA", "Scores", "importance", "least_important"]

Scores = NDArray[np.float64]
"""A number for each class of channels; infinite for what is not to go."""

_Criterion = Callable[[Units, Arrays, Arrays | None], tuple[Scores, Scores]]
_ABSOLUTE = ("bn", "taylor")
_NORMS = ("BatchNorm", "InstanceNorm", "GroupNorm", "LayerNorm", "RMSNorm")


def _l1(units: Units, weights: Arrays, _: Arrays | None) -> tuple[Scores, Scores]:
    """Mean of the absolute values (Li et al., Pruning Filters for Efficient ConvNets, 2017)."""
    return _gathered(units, weights, _is_matrix, np.abs)


def _l2(units: Units, weights: Arrays, _: Arrays | None) -> tuple[Scores, Scores]:
    """Root of the mean of the squares, over all that is coupled (Fang et al., DepGraph, 2023)."""
    total, count = _gathered(units, weights, _is_matrix, np.square)
    return np.sqrt(total * count), count  # the mean is taken by the caller: sqrt(t / c) = sqrt(t c) / c


def _bn(units: Units, weights: Arrays, _: Arrays | None) -> tuple[Scores, Scores]:
    """Absolute scales of normalisations (Liu et al., Network Slimming, 2017); what has none is left alone."""
    return _gathered(units, weights, _is_scale, np.abs)


def _taylor(units: Units, weights: Arrays, gradients: Arrays | None) -> tuple[Scores, Scores]:
    """What the loss changes by without the unit, to first order: |Σ gradient · weight| of each weight, summed up
    (Molchanov et al., Importance Estimation for Neural Network Pruning, 2019).
    """
    if gradients is None:
        raise SearchError("importance by `taylor` needs the gradients of the loss, by the names of the weights")
    total, count = _nothing(units)
    for path, weighed in units.coupling.weights.items():
        if path not in weights or not weighed.weight.trainable:
            continue
        if path not in gradients or gradients[path].shape != weights[path].shape:
            raise SearchError(f"the gradients lack that of `{path}`, of its shape; give one for each weight")
        product = weights[path] * gradients[path]
        for classes, sums, _ in _slices(units, weighed, product):
            part = np.bincount(classes, sums, total.size)
            total += np.abs(part)
            count[np.unique(classes)] = 1
    return total, count


CRITERIA: Final[Mapping[str, _Criterion]] = {"l1": _l1, "l2": _l2, "bn": _bn, "taylor": _taylor}
"""The measures of importance that weights tell; `random` needs none."""


def importance(
    units: Units, by: str, weights: Arrays | None = None, gradients: Arrays | None = None, seed: int = 0,
    *, absolute: bool | None = None,
) -> Scores:  # fmt: skip
    """The importance of each class of channels by `l1`, `l2`, `bn`, `taylor` or `random`; *seed* is for the last. It is
    over the mean of its group, unless *absolute*; where that is not said, `bn` and `taylor` are absolute, as their sources
    have them: they say what a channel does to the result, in whatever layer.

    Raises:
        SearchError: there is no such measure, or what it needs is not given.
    """
    absolute = by in _ABSOLUTE if absolute is None else absolute
    if by == "random":
        drawn = np.random.default_rng(seed).random(units.coupling.channels.classes.size)
        return _comparable(units, drawn, absolute=absolute)
    if by not in CRITERIA:
        raise SearchError(f"there is no importance `{by}`; {suggest(by, [*CRITERIA, 'random'], 'there are')}")
    if weights is None:
        raise SearchError(f"importance by `{by}` needs weights; without any there is `random`")
    total, count = CRITERIA[by](units, weights, gradients)
    scores = np.full(total.size, np.inf)
    np.divide(total, count, out=scores, where=count > 0)
    return _comparable(units, scores, absolute=absolute)


def least_important(
    layers: Sequence[Layer], count: int, by: str, weights: Arrays | None, gradients: Arrays | None, seed: int
) -> list[Layer]:
    """The *count* residual branches of *layers* whose last weights, which make them 0, are the least: in the order of the
    network.

    Raises:
        SearchError: there are not so many, or the measure needs what is not given.
    """
    layers = [each for each in layers if each.residual]
    if not 0 <= count <= len(layers):
        raise SearchError(f"{count} residual branches cannot go; there are {len(layers)}")
    if by == "random":
        scores = np.random.default_rng(seed).random(len(layers))
    else:
        if by not in CRITERIA:
            raise SearchError(f"there is no importance `{by}`; {suggest(by, [*CRITERIA, 'random'], 'there are')}")
        if weights is None or (by == "taylor" and gradients is None):
            raise SearchError(f"importance by `{by}` needs {'gradients' if weights is not None else 'weights'}")
        scores = np.array([_size(each, by, weights, gradients) for each in layers])
    chosen = np.argsort(scores, kind="stable")[:count]
    return [layers[each] for each in sorted(chosen.tolist())]


def _size(layer: Layer, by: str, weights: Arrays, gradients: Arrays | None) -> float:
    known = [name for name in layer.zeroed if name in weights]
    values = np.concatenate([np.ravel(weights[name]).astype(np.float64) for name in known])
    if by == "taylor":
        assert gradients is not None
        slopes = np.concatenate([np.ravel(gradients[name]) for name in known])
        return float(abs((values * slopes).sum()))
    return float(np.sqrt(np.square(values).mean()) if by == "l2" else np.abs(values).mean())


def _comparable(units: Units, scores: Scores, *, absolute: bool) -> Scores:
    """*scores* over their mean in each group, unless *absolute*."""
    found = np.full(scores.size, np.inf)
    for group in units.groups:
        part = scores[group.units]
        known = np.isfinite(part)
        mean = part[known].mean() if known.any() and not absolute else 0.0
        found[group.units] = np.where(known, part / mean if mean > 0 else part, np.inf)
    return found


# ------------------------------------------------------------------------------------------- gathering


def _nothing(units: Units) -> tuple[Scores, Scores]:
    size = units.coupling.channels.classes.size
    return np.zeros(size), np.zeros(size)


def _gathered(
    units: Units, weights: Arrays, wanted: Callable[[Weighed], bool], of: Callable[[NDArray[Any]], NDArray[Any]]
) -> tuple[Scores, Scores]:
    """The sum of what *of* makes of each entry that a class touches in *wanted* weights, and how many entries there are."""
    total, count = _nothing(units)
    for path, weighed in units.coupling.weights.items():
        if path not in weights or not wanted(weighed):
            continue
        for classes, sums, entries in _slices(units, weighed, of(weights[path])):
            total += np.bincount(classes, sums, total.size)
            count += entries * np.bincount(classes, minlength=total.size)
    return total, count


def _slices(units: Units, weighed: Weighed, array: NDArray[Any]) -> list[tuple[NDArray[np.int64], Scores, int]]:
    """For each axis along which channels go: their classes, the sum of *array* at each position, and of how many entries."""
    found = []
    for place, axis in enumerate(weighed.axes):
        if axis is not None:
            others = tuple(each for each in range(array.ndim) if each != place)
            sums = array.sum(axis=others, dtype=np.float64)
            found.append((units.coupling.channels.of(axis), sums, array.size // max(1, len(axis))))
    return found


def _is_matrix(weighed: Weighed) -> bool:
    return weighed.weight.trainable and len(weighed.weight.shape) > 1


def _is_scale(weighed: Weighed) -> bool:
    return weighed.operator.startswith(_NORMS) and weighed.weight.name == "weight"
