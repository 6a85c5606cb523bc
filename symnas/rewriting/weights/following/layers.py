"""Layers whose weights multiply channels: linear ones, convolutions, tables of vectors."""

import numpy as np

from symnas.operators.settings import whole
from symnas.operators.windows import Window, windows
from symnas.rewriting.weights.channels import Axis, Channels, Index, Lost, cycled
from symnas.rewriting.weights.following.registry import follows
from symnas.rewriting.weights.recipes import Kernel, Matrix, Picked
from symnas.rewriting.weights.site import Site, State, normal

__all__ = ["bias_of", "rows_of"]


def rows_of(axis: Axis, size: int) -> Index | None:
    """The old units that *axis* of *size* units are; `None` where that is not known."""
    if isinstance(axis, Lost):
        return None
    return axis.index if isinstance(axis, Channels) else np.arange(size)


def bias_of(site: Site, units: Axis, name: str = "bias") -> None:
    """A weight of one number for each of the *units*."""
    if site.shapes(name) is None or isinstance(units, Lost):
        if any(each.name == name for each in site.operation.weights):
            site.as_they_are("", (name,))
        return
    site.weight(name, Picked((units.index if isinstance(units, Channels) else None,)), (units,))


@follows("Linear")
def _linear(site: Site) -> list[State]:
    shapes = site.shapes("weight")
    (state,) = site.inputs
    if shapes is None:
        return site.untraced("")
    (old_out, old_in), (out, into) = shapes
    units = site.units(old_out, out)
    taken = site.taken(state[-1], old_in, into)
    rows = rows_of(units, out)
    bias_of(site, units)
    if rows is None or isinstance(taken, str):
        why = taken if isinstance(taken, str) else ""
        site.as_they_are(why, ("weight",))
        return [(*state[:-1], Lost(why or f"`{site.path}` is fresh"))]
    columns, share = taken
    site.weight("weight", Matrix(rows[:, None], columns[None], np.atleast_2d(share)), (units, state[-1]))
    return [(*state[:-1], units)]


@follows("Embedding", "EmbeddingBag")
def _embedding(site: Site) -> list[State]:
    shapes = site.shapes("weight")
    state = site.inputs[0]
    if site.operation.operator == "EmbeddingBag":
        state = state[:1]
    if shapes is None:
        return site.untraced("")
    (old_rows, old_width), (count, width) = shapes
    units = site.units(old_width, width)
    columns = rows_of(units, width)
    if columns is None or (old_rows != count and site.keep == "same"):
        site.as_they_are()
        return [(*state, units if columns is None else Lost(f"`{site.path}` is fresh"))]
    index = np.arange(count)
    table = None if old_rows == count else np.where(index < old_rows, index, -1)
    site.weight("weight", Picked((table, columns)), (None if table is None else Lost("rows"), units))
    return [(*state, units)]


# ------------------------------------------------------------------------------------------- convolutions


@follows("Conv1d", "Conv2d", "Conv3d", "DepthwiseConv1d", "DepthwiseConv2d", "DepthwiseConv3d")
def _convolution(site: Site) -> list[State]:
    shapes = site.shapes("weight")
    (state,) = site.inputs
    if shapes is None:
        return site.untraced("")
    (old_out, old_each, *_), (out, each, *_) = shapes
    into = site.types[0].shape[1]
    assert isinstance(into, int)
    groups = into // each
    old_groups = groups
    if "groups" in site.old_settings:
        old_groups = whole(site.old_settings, "groups")
    elif site.old is not None:
        old_groups = old_out
    found = _grouped(site, state[1], (old_groups, old_each, old_out), (groups, each, out))
    kernel = _kernel(site)
    spatial: State = (None,) * (len(state) - 2)
    if isinstance(found, str) or isinstance(kernel, str):
        why = found if isinstance(found, str) else str(kernel)
        units: Axis = Lost(why) if old_out != out else None
        bias_of(site, units)
        copied = site.as_they_are(why, ("weight",))
        after: Axis = (
            None if copied and not isinstance(state[1], Lost | Channels) else Lost(why or f"`{site.path}` is fresh")
        )
        return [(state[0], after, *spatial)]
    units, rows, columns, share = found
    bias_of(site, units)
    site.weight("weight", Matrix(rows, columns, share, kernel), (units, None, *(None,) * len(kernel)))
    return [(state[0], units, *spatial)]


Sizes = tuple[int, int, int]
"""Groups, inputs of each, outputs of all."""


def _grouped(site: Site, axis: Axis, old: Sizes, new: Sizes) -> tuple[Axis, Index, Index, np.ndarray] | str:
    """The units that come out; old rows, columns and shares of the kernel. Or why they cannot be told."""
    (old_groups, old_each, old_out), (groups, each, out) = old, new
    old_made, made = old_out // old_groups, out // groups
    units: Axis
    if old_groups == groups == 1:
        taken = site.taken(axis, old_each, each)
        units = site.units(old_out, out)
        rows = rows_of(units, out)
        if isinstance(taken, str) or rows is None:
            return taken if isinstance(taken, str) else str(getattr(units, "why", ""))
        return units, rows[:, None], taken[0][None], np.atleast_2d(taken[1])
    which = _groups(site, axis, old, new)
    if isinstance(which, str):
        return which
    index = axis.index if isinstance(axis, Channels) else np.arange(groups * each)
    if not isinstance(axis, Channels) and (groups, each) != (old_groups, old_each):
        index = np.where(which[:, None] < 0, -1, which[:, None] * old_each + site.chosen(old_each, each)).reshape(-1)
    table = index.reshape(groups, each)
    local = np.where(table < 0, -1, table - which[:, None] * old_each)
    known = table >= 0
    if (known & ((local < 0) | (local >= old_each))).any():
        if isinstance(axis, Channels) and known.all():
            site.tracing.choices.ask(axis, (which[:, None] * old_each + cycled(old_each, each)).reshape(-1))
        return f"`{site.path}` mixes channels of other groups than before"
    share = np.ones((groups, each))
    for group in range(groups):
        if known[group].all() and each > 1:
            share[group] = site.shares(local[group], old_each)
    if isinstance(axis, Channels) and old_each == each == old_made == made == 1:
        units = axis  # depthwise: each channel is made of one
    else:
        units = _made(site, which, (old_out, old_made), (out, made))
    rows = rows_of(units, out)
    if rows is None:
        return str(getattr(units, "why", ""))
    return units, rows[:, None], np.repeat(local, made, axis=0), np.repeat(share, made, axis=0)


def _groups(site: Site, axis: Axis, old: Sizes, new: Sizes) -> Index | str:
    """The old group that each group is."""
    (old_groups, old_each, _), (groups, each, _) = old, new
    if isinstance(axis, Channels) and axis.size != old_groups * old_each:
        return f"{axis.size} channels flow into `{site.path}` for {old_groups * old_each}"
    if isinstance(axis, Channels) and each == old_each:
        first = axis.index.reshape(groups, each)[:, 0]
        if each == 1 or groups != old_groups:
            return np.where(first < 0, -1, first // old_each)
    if groups == old_groups:
        if isinstance(axis, Lost) and each != old_each and site.keep != "slice":
            return axis.why
        return np.arange(groups)
    if site.keep == "slice" and not isinstance(axis, Channels):
        index = np.arange(groups)
        return np.where(index < old_groups, index, -1)
    if isinstance(axis, Lost):
        return axis.why
    if isinstance(axis, Channels) and each % old_each == 0:
        return np.arange(groups) % old_groups
    return f"`{site.path}` has {groups} groups for {old_groups}"


def _made(site: Site, which: Index, old: tuple[int, int], new: tuple[int, int]) -> Axis:
    """The units that come out of groups that were *which*."""
    (old_out, old_made), (out, made) = old, new
    if made != old_made and site.keep == "same":
        return Lost(f"`{site.path}` has {out} for {old_out}")
    inner = np.arange(made) if made == old_made else site.chosen(old_made, made)
    first = which[:, None] * old_made
    wanted = np.where((which[:, None] < 0) | (inner[None] < 0), -1, first + inner[None]).reshape(-1)
    if made == old_made or (wanted < 0).any():
        return normal(Channels(old_out, wanted))
    least = np.repeat(which * old_made, made)
    return site.tracing.choices.units(site.path, old_out, wanted, least, least + old_made)


def _kernel(site: Site) -> tuple[Kernel, ...] | str:
    """How each axis of the kernel moves so that what it takes stays where it was."""
    dimensions = site.types[0].rank - 2
    found: list[Kernel] = []
    for old, new in zip(_windows(site.old_settings, dimensions), _windows(site.settings, dimensions), strict=True):
        if old.kernel != new.kernel and site.keep == "same":
            return f"its kernel was {old.kernel}"
        found.append(_shifted(site, old, new))
    return tuple(found)


def _windows(settings: object, dimensions: int) -> list[Window]:
    assert isinstance(settings, dict)
    return windows(settings, dimensions)


def _shifted(site: Site, old: Window, new: Window) -> Kernel:
    if (old.kernel, old.dilation) == (new.kernel, new.dilation):
        return Kernel(new.kernel, 0)
    if old.kernel == 1:
        shift, rest = divmod(old.before - new.before, new.dilation)
    else:
        shift, rest = divmod(old.before - new.before, old.dilation)
    if rest or (old.dilation != new.dilation and old.kernel > 1) or new.kernel < old.kernel:
        site.differs("its kernel takes other positions")
    return Kernel(new.kernel, shift)


@follows("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
def _transposed(site: Site) -> list[State]:
    shapes = site.shapes("weight")
    (state,) = site.inputs
    if shapes is None:
        return site.untraced("")
    (old_in, old_made, *_), (into, made, *_) = shapes
    groups, old_groups = whole(site.settings, "groups"), whole(site.old_settings, "groups")
    kernel = _kernel(site)
    taken = site.taken(state[1], old_in, into)
    spatial: State = (None,) * (len(state) - 2)
    units: Axis = Lost(f"`{site.path}` has groups") if groups != old_groups else _made(
        site, np.arange(groups), (old_groups * old_made, old_made), (groups * made, made)
    )  # fmt: skip
    rows = rows_of(units, groups * made)
    if isinstance(taken, str) or isinstance(kernel, str) or rows is None or (groups > 1 and taken[0].size != old_in):
        bias_of(site, units)
        why = next((each for each in (taken, kernel) if isinstance(each, str)), "")
        site.as_they_are(why, ("weight",))
        return [(state[0], Lost(why or f"`{site.path}` is fresh"), *spatial)]
    bias_of(site, units)
    columns = (rows.reshape(groups, made) - old_made * np.arange(groups)[:, None]).repeat(into // groups, axis=0)
    share = np.broadcast_to(taken[1], (into,))[:, None]
    site.weight("weight", Matrix(taken[0][:, None], columns, share, kernel), (None,) * (2 + len(kernel)))
    return [(state[0], units, *spatial)]
