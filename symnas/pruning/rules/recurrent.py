"""Recurrent layers: a unit goes with its rows in every gate and its columns, in all layers and directions alike."""

import numpy as np

from symnas.pruning.coupling import Site
from symnas.pruning.labels import Axis, Count, Ids, Labels
from symnas.pruning.rules.registry import couples, quantised

_GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


@couples(*_GATES)
def _over_time(site: Site) -> list[Labels]:
    sequence, *states = site.inputs
    quantised(site, sequence)
    site.stay_but(sequence, (2,), "goes along it")
    hidden = site.fresh(site.whole("hidden_size"))
    site.settings["hidden_size"] = Count(hidden)
    given: Ids = hidden
    if dict(site.operation.settings).get("proj_size"):
        given = site.fresh(site.whole("proj_size"))
        site.stay(hidden, "must have more units than its projection")
        site.settings["proj_size"] = Count(given)
    _begun(site, states, (given, hidden))
    gates, directions = _GATES[site.operation.operator], 2 if site.given("bidirectional") else 1
    rows, out = np.tile(hidden, gates), np.tile(given, directions)
    flows: Axis = sequence.axes[2]
    for layer in range(site.whole("num_layers")):
        for direction in range(directions):
            end = f"l{layer}{'_reverse' * direction}"
            _weigh(site, end, rows, flows, given)
            site.weigh(f"weight_hr_{end}", given, hidden)
        flows = out
    zero = all(each.zeros[-1] for each in states)
    found = [Labels.of([None, None, out], [False, False, zero])]
    return [
        *found,
        *(Labels.of([None, None, each], [False, False, zero]) for each in (given, hidden)[: len(site.outputs) - 1]),
    ]


def _weigh(site: Site, end: str, rows: Ids, flows: Axis, given: Ids) -> None:
    end = f"_{end}" if end else ""
    site.weigh(f"weight_ih{end}", rows, flows)
    site.weigh(f"weight_hh{end}", rows, given)
    site.weigh(f"bias_ih{end}", rows)
    site.weigh(f"bias_hh{end}", rows)


def _begun(site: Site, states: list[Labels], units: tuple[Ids, Ids]) -> None:
    """The states to start from have the units of the layer."""
    for labels, axis in zip(states, units, strict=False):
        site.stay_but(labels, (len(labels.axes) - 1,), "goes along it")
        site.same(labels.axes[-1], axis, "starts from a state that stays")


@couples(*(f"{each}Cell" for each in _GATES))
def _one_step(site: Site) -> list[Labels]:
    sequence, *states = site.inputs
    quantised(site, sequence)
    site.stay_but(sequence, (1,), "goes along it")
    hidden = site.fresh(site.whole("hidden_size"))
    site.settings["hidden_size"] = Count(hidden)
    _begun(site, states, (hidden, hidden))
    gates = _GATES[site.operation.operator.removesuffix("Cell")]
    _weigh(site, "", np.tile(hidden, gates), sequence.axes[1], hidden)
    zero = all(each.zeros[-1] for each in states)
    return [Labels.of([None, hidden], [False, zero]) for _ in site.outputs]
