"""Recurrent layers. ONNX keeps weights by direction, gates in another order, and time first."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from symnas.compilers.importing.onnx.registry import reads
from symnas.compilers.importing.onnx.site import Site
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Array, Flow, Known, Value

_GATES: Final[Mapping[str, tuple[int, ...]]] = {"RNN": (0,), "GRU": (1, 0, 2), "LSTM": (0, 2, 3, 1)}
"""Where PyTorch's gates stand among ONNX's: `i o f c` there, `i f g o` here; `z r h` and `r z n`."""
_USUAL: Final = {"RNN": ("tanh",), "GRU": ("sigmoid", "tanh"), "LSTM": ("sigmoid", "tanh", "tanh")}


@reads("RNN", "GRU", "LSTM")
def _recurrent(at: Site) -> tuple[Value, ...]:
    kind, direction = at.operator, at.word("direction", "forward")
    _check(at, kind, direction)
    settings: dict[str, object] = {
        "hidden_size": at.whole("hidden_size", 0), "bias": at.has(3), "bidirectional": direction == "bidirectional",
    }  # fmt: skip
    if kind == "RNN":
        settings["nonlinearity"] = _activations(at, kind)[0]
    flowing = at.flow(0)
    if not at.whole("layout", 0):
        flowing = at.one("transpose", flowing, dim0=0, dim1=1)
    backwards = direction == "reverse"
    if backwards:
        flowing = at.one("flip", flowing, dims=(1,))
    states = [at.input(place) for place in (5, 6)[: 2 if kind == "LSTM" else 1] if at.has(place)]
    if any(isinstance(each, Flow) or each.array.any() for each in states):
        if kind == "LSTM" and len(states) == 1:
            raise Refused("it begins with one of two states")
        operands = [flowing, *states]
    else:
        operands = [flowing]
    found = at.drawing.apply(kind, operands, settings, at.path, _weights(at, kind))
    return _by_direction(at, found[0], 2 if direction == "bidirectional" else 1, backwards), *found[1:]


def _check(at: Site, kind: str, direction: str) -> None:
    if at.has(4):
        raise Refused("its sequences have lengths of their own")
    if at.has(7) or "clip" in at.attributes or at.whole("input_forget", 0) or at.whole("layout", 0):
        raise Refused("it has peepholes, clips, couples its gates, or puts the batch first")
    if kind == "GRU" and not at.whole("linear_before_reset", 0):
        raise Refused("it resets before its product; PyTorch's does behind it (`linear_before_reset = 1`)")
    wanted = _USUAL[kind] * (2 if direction == "bidirectional" else 1)
    found = tuple(_activations(at, kind))
    if found != wanted and not (kind == "RNN" and set(found) == {"relu"}):
        raise Refused(f"its activations are {', '.join(found)}")


def _activations(at: Site, kind: str) -> list[str]:
    times = 2 if at.word("direction", "forward") == "bidirectional" else 1
    given = at.attributes.get("activations") or _USUAL[kind] * times
    return [(each.decode() if isinstance(each, bytes) else str(each)).lower() for each in given]


def _weights(at: Site, kind: str) -> dict[str, Known]:
    """The weights by PyTorch's names."""
    into, over = at.weight(1, "weight"), at.weight(2, "weight")
    found: dict[str, Known] = {}
    for place, suffix in enumerate(("", "_reverse")[: into.array.shape[0]]):
        found[f"weight_ih_l0{suffix}"] = _gated(into, into.array[place], kind)
        found[f"weight_hh_l0{suffix}"] = _gated(over, over.array[place], kind)
        if at.has(3):
            biases = at.weight(3, "bias")
            first, second = np.split(biases.array[place], 2)
            found[f"bias_ih_l0{suffix}"] = _gated(biases, first, kind)
            found[f"bias_hh_l0{suffix}"] = _gated(biases, second, kind)
    return found


def _gated(known: Known, array: Array, kind: str) -> Known:
    """*array* with its gates in PyTorch's order."""
    gates = np.split(array, len(_GATES[kind]))
    return Known(np.concatenate([gates[each] for each in _GATES[kind]]), known.name, trains=True)


def _by_direction(at: Site, flow: Flow, directions: int, backwards: bool) -> Flow:
    """*flow*, `[N, T, directions · H]`, as ONNX hands it out: `[T, directions, N, H]`."""
    if backwards:
        flow = at.one("flip", flow, dims=(1,))
    batch, time, features = flow.type.shape
    apart = at.one("reshape", flow, shape=(batch, time, directions, features // directions))
    return at.one("permute", apart, dims=(1, 2, 0, 3))
