"""Normalisations. Those of single channels let each go; those over channels take statistics of what is there, so that a
channel which is 0 changes them and one that is gone does not.

RMSNorm is the exception: without the channels that are 0 its mean of squares is larger by a known factor, which its
`eps` and its weight make up for. GroupNorm loses whole groups.
"""

from collections.abc import Callable
from fractions import Fraction
from math import sqrt

import numpy as np

from symnas.pruning.coupling import Site
from symnas.pruning.labels import Axis, Count, Ids, Labels, Scaled
from symnas.pruning.rules.registry import couples
from symnas.types import Dtype

_EPSILON = {Dtype.F32: Fraction(1, 2**23), Dtype.F16: Fraction(1, 2**10), Dtype.BF16: Fraction(1, 2**7)}
"""What `eps = none` of RMSNorm is: the distance from 1 to the next number of the dtype."""

_SHIFTS = "takes statistics over its channels, which would be others without some"


@couples(*(f"{kind}Norm{place}d" for kind in ("Batch", "Instance") for place in (1, 2, 3)))
def _by_channel(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    axis = labels.axes[1]
    if axis is None:  # statistics along what else may go
        return _others(site, labels, (), affine=False)
    for name in ("weight", "bias", "running_mean", "running_var"):
        site.weigh(name, axis)
    return _others(site, labels, (1,), affine=bool(site.given("affine")))


def _others(site: Site, labels: Labels, carried: tuple[int, ...], *, affine: bool) -> list[Labels]:
    """The output, of whose axes those *carried* may lose channels; with an *affine* weight these are 0 then."""
    site.stay_but(labels, carried, "takes statistics along it")
    axes = [axis if place in carried else None for place, axis in enumerate(labels.axes)]
    return [Labels.of(axes, [place in carried and (affine or labels.zeros[place]) for place in range(len(axes))])]


@couples("GroupNorm")
def _by_group(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    axis, groups, affine = labels.axes[1], site.whole("num_groups"), bool(site.given("affine"))
    if axis is None:
        return _others(site, labels, (), affine=False)
    within = len(axis) // groups
    if site.statistics and groups <= within:
        site.same(np.tile(axis.reshape(groups, within)[0], groups), axis)
        site.shift(axis)
    else:
        first = axis.reshape(groups, within)[:, 0]
        site.same(np.repeat(first, within), axis)
        site.settings["num_groups"] = Count(first)
    site.weigh("weight", axis)
    site.weigh("bias", axis)
    return _others(site, labels, (1,), affine=affine)


@couples("LayerNorm")
def _by_layer(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    over = _over(site)
    if not site.statistics or over > 1:
        for axis in labels.axes[-over:]:
            site.stay(axis, _SHIFTS)
        return [_but_last(labels, over, None, zero=False)]
    axis = labels.axes[-1]
    site.zero(labels, len(labels.axes) - 1, _SHIFTS)
    return _last(site, labels, axis, None)


@couples("RMSNorm")
def _by_square(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    over = _over(site)
    axis = labels.axes[-1]
    if over > 1 or not site.given("elementwise_affine"):
        for each in labels.axes[-over:]:
            site.stay(each, _SHIFTS)
        return [_but_last(labels, over, None, zero=False)]
    site.zero(labels, len(labels.axes) - 1, _SHIFTS)
    if axis is None:
        return _last(site, labels, None, None)
    size, eps = len(axis), site.given("eps")
    exact = _EPSILON[site.types[0].dtype] if eps is None else Fraction(str(eps)) if isinstance(eps, float) else eps
    assert isinstance(exact, int | Fraction), eps
    site.settings["eps"] = Scaled(axis, eps, lambda left: Fraction(exact) * size / left)
    return _last(site, labels, axis, (axis, lambda left: sqrt(size / left)))


@couples("LocalResponseNorm")
def _by_neighbours(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    site.stay(labels.axes[1], "looks at the channels beside each")
    zero = float(str(site.given("k"))) > 0
    axes = [axis if place != 1 else None for place, axis in enumerate(labels.axes)]
    return [Labels.of(axes, [zero and each for each in labels.zeros])]


def _over(site: Site) -> int:
    shape = site.given("normalized_shape")
    return len(shape) if isinstance(shape, tuple) else 1


def _but_last(labels: Labels, over: int, last: Axis, *, zero: bool) -> Labels:
    """What comes out of a normalisation over the *over* last axes: other axes lose what they lose before; a bias makes
    other numbers of what was 0.
    """
    rank = len(labels.axes)
    axes = [*labels.axes[: rank - over], *(None for _ in range(over - 1)), last]
    return Labels.of(axes, [*(False for _ in range(rank - 1)), zero])


def _last(site: Site, labels: Labels, axis: Axis, factor: tuple[Ids, Callable[[int], float]] | None) -> list[Labels]:
    site.weigh("weight", axis, factor=factor)
    site.weigh("bias", axis)
    if axis is None:
        return [_but_last(labels, 1, None, zero=False)]
    if factor is None:
        site.shift(axis)
    if isinstance(site.given("normalized_shape"), tuple):
        site.settings["normalized_shape"] = (Count(axis),)
    return [_but_last(labels, 1, axis, zero=bool(site.given("elementwise_affine")))]
