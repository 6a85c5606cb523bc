"""Operators along the spatial axes: poolings, borders, `Upsample`, windows; channels stay apart."""

import numpy as np

from symnas.operators.chance import SAMPLED
from symnas.pruning.coupling import Site
from symnas.pruning.labels import Labels
from symnas.pruning.rules.registry import couples

_PLACES = (1, 2, 3)
_POOLINGS = [f"{kind}Pool{place}d" for place in _PLACES for kind in ("Max", "Avg", "LP", "AdaptiveAvg", "AdaptiveMax", "GlobalAvg", "GlobalMax")]  # fmt: skip
_BORDERS = [f"{kind}Pad{place}d" for place in _PLACES for kind in ("Zero", "Reflection", "Replication", "Circular")]


@couples(*_POOLINGS, *_BORDERS, "Upsample")
def _along(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    site.stay_but(labels, (0, 1), "goes along it")
    rest = [None for _ in labels.axes[2:]]
    found = Labels.of([*labels.axes[:2], *rest], [*labels.zeros[:2], *(False for _ in rest)])
    return [found, found.zero_if(False)][: len(site.outputs)]  # places of maxima are no zeros


@couples(*(f"MaxUnpool{place}d" for place in _PLACES), *SAMPLED)
def _placed(site: Site) -> list[Labels]:
    """With a tensor beside it that says a place or a region for each channel."""
    labels = site.inputs[0]
    axes = [*labels.axes[:2]]
    for each in site.inputs:
        site.stay_but(each, (0, 1), "goes along it")
        axes = [site.same(one, other) for one, other in zip(axes, each.axes[:2], strict=True)]
    rest = [None for _ in labels.axes[2:]]
    return [Labels.of([*axes, *rest], [*labels.zeros[:2], *(False for _ in rest)])]


@couples("grid_sample")
def _sampled(site: Site) -> list[Labels]:
    labels, grid = site.inputs
    site.stay_but(labels, (0, 1), "goes along it")
    site.stay_but(grid, (), "says the places")
    return [Labels.of([*labels.axes[:2], None, None], [*labels.zeros[:2], False, False])]


@couples("affine_grid")
def _matrices(site: Site) -> list[Labels]:
    return site.fixed("moves places by it")


@couples(*(f"ConstantPad{place}d" for place in _PLACES))
def _bordered(site: Site) -> list[Labels]:
    (found,) = _along(site)
    return [found.zero_if(site.given("value") == 0)]


@couples("Fold")
def _added(site: Site) -> list[Labels]:
    """The elements of a window stand beside one another for each channel, and go together."""
    (labels,) = site.inputs
    site.stay_but(labels, (1,), "goes along it")
    if (axis := labels.axes[1]) is None:
        return [Labels.fixed(4)]
    channels = site.outputs[0].shape[1]
    assert isinstance(channels, int), channels
    first = axis.reshape(channels, -1)[:, 0]
    site.same(np.repeat(first, len(axis) // channels), axis)
    return [Labels.of([None, first, None, None], [False, labels.zeros[1], False, False])]


@couples("Unfold", "Im2Col")
def _windows(site: Site) -> list[Labels]:
    """The elements of a window stand beside one another for each channel: each channel is as many features."""
    (labels,) = site.inputs
    site.stay_but(labels, (1,), "goes along it")
    axis, place = labels.axes[1], 1 if site.operation.operator == "Unfold" else 2
    wide = None
    if axis is not None:
        features = site.outputs[0].shape[place]
        assert isinstance(features, int), features
        wide = np.repeat(axis, features // len(axis))
    return [
        Labels.of(
            [wide if each == place else None for each in range(3)],
            [each == place and labels.zeros[1] for each in range(3)],
        )
    ]
