"""Normalisations, and other layers with numbers of their own for each channel."""

import numpy as np

from symnas.operators.settings import whole
from symnas.rewriting.weights.channels import Axis, Channels, Lost, cycled, evenly
from symnas.rewriting.weights.following.registry import follows
from symnas.rewriting.weights.recipes import Picked
from symnas.rewriting.weights.site import Site, State

_BY_CHANNEL = ("weight", "bias", "running_mean", "running_var")


def _each(site: Site, axis: Axis) -> None:
    """Weights with one number for each channel of *axis*; what else there is, is copied."""
    for weight in site.operation.weights:
        shapes = site.shapes(weight.name)
        if shapes is None or weight.name not in _BY_CHANNEL or len(weight.shape) != 1:
            site.as_they_are("", (weight.name,))
            continue
        old, new = shapes[0][0], shapes[1][0]
        taken = site.taken(axis, old, new)
        if isinstance(taken, str):
            site.as_they_are(taken, (weight.name,))
        else:
            site.weight(weight.name, Picked((taken[0],)), (axis,))


@follows(*(f"{kind}Norm{dimensions}d" for kind in ("Batch", "Instance") for dimensions in (1, 2, 3)))
def _by_channel(site: Site) -> list[State]:
    (state,) = site.inputs
    _each(site, state[1])
    return [state]


@follows("GroupNorm")
def _group(site: Site) -> list[State]:
    (state,) = site.inputs
    axis = state[1]
    _each(site, axis)
    if isinstance(axis, Channels):
        count = whole(site.settings, "num_groups")
        table = axis.index.reshape(count, -1)
        before = whole(site.old_settings, "num_groups")
        width = axis.size // before
        if not _grouped(table, width):
            first = np.arange(count) % before * width
            if (table >= 0).all():
                site.tracing.choices.ask(axis, (first[:, None] + cycled(width, table.shape[1])).reshape(-1))
            site.differs("its groups hold other channels")
    return [state]


def _grouped(table: np.ndarray, width: int) -> bool:
    """Whether every row holds the channels of one group of *width*, all equally often."""
    for row in table:
        first = row[0] // width * width
        if (row < first).any() or (row >= first + width).any() or not evenly([Channels(width, row - first)]):
            return False
    return True


@follows("LayerNorm", "RMSNorm")
def _layer(site: Site) -> list[State]:
    (state,) = site.inputs
    rank = next((len(each.shape) for each in site.operation.weights), 1)
    given = site.settings["normalized_shape"]
    rank = len(given) if isinstance(given, tuple) else rank
    axes = state[-rank:]
    for weight in site.operation.weights:
        shapes = site.shapes(weight.name)
        taken = [] if shapes is None else [site.taken(*each) for each in zip(axes, *shapes, strict=True)]
        why = next((each for each in taken if isinstance(each, str)), "")
        if why or not taken:
            site.as_they_are(why, (weight.name,))
        else:
            site.weight(weight.name, Picked(tuple(each[0] for each in taken if not isinstance(each, str))), axes)
    if not evenly(axes) and any(isinstance(axis, Channels) for axis in axes):
        site.differs("some features are repeated more often than others, which changes their mean")
    return [state]


@follows("PReLU")
def _prelu(site: Site) -> list[State]:
    (state,) = site.inputs
    if site.operation.weights[0].shape == (1,) or len(state) < 2:
        site.as_they_are()
    else:
        _each(site, state[1])
    return [state]


@follows("param", "buffer")
def _param(site: Site) -> list[State]:
    (weight,) = site.operation.weights
    shapes = site.shapes(weight.name)
    if shapes is None or len(shapes[0]) != len(shapes[1]):
        copied = site.as_they_are()
        return site.unchanged() if copied else site.opaque(f"`{site.path}` is fresh")
    axes = tuple(
        site.units(old, new, f"{weight.name}[{place}]") for place, (old, new) in enumerate(zip(*shapes, strict=True))
    )
    if any(isinstance(axis, Lost) for axis in axes):
        site.as_they_are()
        return site.opaque(f"`{site.path}` is fresh")
    site.weight(weight.name, Picked(tuple(axis.index if isinstance(axis, Channels) else None for axis in axes)), axes)
    return [axes]


@follows("weight")
def _read(site: Site) -> list[State]:
    """A weight of a shared layer, read as it is."""
    axes = site.tracing.read(str(site.settings["module"]), str(site.settings["name"]))
    return site.unchanged() if axes is None or len(axes) != site.operation.outputs[0].rank else [axes]
