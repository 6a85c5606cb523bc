"""Recurrent layers: the units of all layers and directions are repeated alike."""

import numpy as np

from symnas.operators.settings import whole
from symnas.rewriting.weights.channels import Axis, Channels, Index, Lost
from symnas.rewriting.weights.following.layers import rows_of
from symnas.rewriting.weights.following.registry import follows
from symnas.rewriting.weights.recipes import Matrix, Picked
from symnas.rewriting.weights.site import Site, State

_GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


@follows("RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell")
def _recurrent(site: Site) -> list[State]:
    state = site.inputs[0]
    gates = _GATES[site.operation.operator.removesuffix("Cell")]
    if site.old is None or site.old_settings.get("proj_size", 0) or site.settings.get("proj_size", 0):
        return site.untraced("")
    old, new = whole(site.old_settings, "hidden_size"), whole(site.settings, "hidden_size")
    if (site.old_settings.get("num_layers"), site.old_settings.get("bidirectional")) != (
        site.settings.get("num_layers"), site.settings.get("bidirectional"),
    ):  # fmt: skip
        return site.untraced("it has other layers")
    units = site.units(old, new)
    index = rows_of(units, new)
    if index is None:
        return site.untraced(units.why if isinstance(units, Lost) else "")
    for given in site.inputs[1:]:
        site.tracing.agreed(given[-1], units, site.path)
    both = 2 if site.settings.get("bidirectional") else 1
    out = _twice(units, old, both)
    _weights(site, state[-1], index, (gates, old), out)
    if site.operation.operator.endswith("Cell"):
        return [(state[0], units) for _ in site.operation.outputs]
    return [(*state[:-1], out), *((None, state[0], units) for _ in site.operation.outputs[1:])]


def _twice(units: Axis, old: int, directions: int) -> Axis:
    """What comes out of all directions."""
    if not isinstance(units, Channels) or directions == 1:
        return units
    index = [units.index + np.where(units.index < 0, 0, turn * old) for turn in range(directions)]
    return Channels(old * directions, np.concatenate(index))


def _weights(site: Site, axis: Axis, index: Index, sizes: tuple[int, int], out: Axis) -> None:
    gates, old = sizes
    rows = np.concatenate([np.where(index < 0, -1, index + gate * old) for gate in range(gates)])
    for weight in site.operation.weights:
        shapes = site.shapes(weight.name)
        if shapes is None:
            site.as_they_are("", (weight.name,))
        elif weight.name.startswith("bias"):
            site.weight(weight.name, Picked((rows,)))
        else:
            (_, old_in), (_, into) = shapes
            own = weight.name.startswith("weight_hh")
            first = weight.name.removesuffix("_reverse") in ("weight_ih", "weight_ih_l0")
            flows = Channels(old, index) if own else axis if first else out
            taken = site.taken(flows, old_in, into)
            if isinstance(taken, str):
                site.as_they_are(taken, (weight.name,))
            else:
                site.weight(weight.name, Matrix(rows[:, None], taken[0][None], np.atleast_2d(taken[1])))
