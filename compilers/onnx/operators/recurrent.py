"""Recurrent layers in ONNX. Its own `LSTM`, `GRU` and `RNN` put time first and order the gates otherwise; an LSTM that
projects is none of them, and becomes a loop over its cell.
"""

from collections.abc import Sequence

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import flag, whole, word
from symnas.sizes import Size
from symnas.types import TensorType

_ORDER = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}
"""PyTorch's gates in ONNX's order: input, output, forget, cell; update, reset, new."""


@lowers("LSTM", "GRU", "RNN")
def _layers(at: Site) -> tuple[ir.Value, ...]:
    """A node for each layer."""
    hidden, layers = whole(at.settings, "hidden_size"), whole(at.settings, "num_layers")
    directions = 2 if flag(at.settings, "bidirectional") else 1
    x = at.transpose(at.x, 1, 0, 2)
    starts = [_by_layer(at, state, layers) for state in at.inputs[1:]]
    ends: list[list[ir.Value]] = [[] for _ in at.outputs[1:]]
    for layer in range(layers):
        states = [each[layer] for each in starts]
        if at.settings.get("proj_size"):
            x, last = _projecting(at, x, states, layer, directions)
        else:
            x, last = _layer(at, x, states, layer, directions, hidden)
        for end, each in zip(ends, last, strict=True):
            end.append(each)
    results = [each[0] if layers == 1 else at.op("Concat", *each, axis=0) for each in ends]
    return at.transpose(x, 1, 0, 2), *results


def _by_layer(at: Site, state: ir.Value, layers: int) -> Sequence[ir.Value]:
    """The states to start from, [layers × directions, N, D], layer by layer."""
    if layers == 1:
        return [state]
    return at.ops("Split", layers, state, axis=0, num_outputs=layers)


def _layer(
    at: Site, x: ir.Value, states: Sequence[ir.Value], layer: int, directions: int, hidden: int
) -> tuple[ir.Value, Sequence[ir.Value]]:
    """One layer of *x*, time first: what it gives for every step, and its last states."""
    kind = at.operator
    ends = [f"l{layer}", f"l{layer}_reverse"][:directions]
    matrices = [_together(at, [_gates(at, f"weight_{part}_{end}") for end in ends]) for part in ("ih", "hh")]
    bias = None
    if flag(at.settings, "bias"):
        both = [at.op("Concat", *(_gates(at, f"bias_{part}_{end}") for part in ("ih", "hh")), axis=0) for end in ends]
        bias = _together(at, both)
    attributes: dict[str, int | str] = {"hidden_size": hidden}
    if directions == 2:
        attributes["direction"] = "bidirectional"
    if kind == "GRU":
        attributes["linear_before_reset"] = 1
    node = at.emitter.node(kind, [x, *matrices, *_given(bias, states)], 1 + len(at.outputs[1:]), **attributes)
    if kind == "RNN" and word(at.settings, "nonlinearity") == "relu":
        node.attributes["activations"] = ir.AttrStrings("activations", ["Relu"] * directions)
    y, *last = node.outputs
    if directions == 1:
        return at.op("Squeeze", y, at.ints(1)), last
    return at.op("Reshape", at.transpose(y, 0, 2, 1, 3), at.ints(0, 0, -1)), last


def _given(bias: ir.Value | None, states: Sequence[ir.Value]) -> list[ir.Value | None]:
    """Bias, lengths (all of them whole) and states, as far as there are any."""
    if states:
        return [bias, None, *states]
    return [bias] if bias else []


def _together(at: Site, parts: Sequence[ir.Value]) -> ir.Value:
    """Weights of each direction, in a dimension of their own."""
    rows = [at.op("Unsqueeze", each, at.ints(0)) for each in parts]
    return rows[0] if len(rows) == 1 else at.op("Concat", *rows, axis=0)


def _gates(at: Site, name: str) -> ir.Value:
    """The weight called *name*, its gates in ONNX's order."""
    weight, order = at.weight(name), _ORDER[at.operator]
    if len(order) == 1:
        return weight
    parts = at.ops("Split", len(order), weight, axis=0, num_outputs=len(order))
    return at.op("Concat", *(parts[place] for place in order), axis=0)


# ------------------------------------------------------------------------------------------------ one step


def _linear(at: Site, x: ir.Value, weight: str, bias: str | None) -> ir.Value:
    return at.op("Gemm", x, at.weight(weight), *([at.weight(bias)] if bias else []), transB=1)


def _parts(at: Site, x: ir.Value, h: ir.Value, end: str) -> tuple[ir.Value, ir.Value]:
    """What the gates get from the input, and from the state."""
    bias = flag(at.settings, "bias")
    return tuple(
        _linear(at, each, f"weight_{part}{end}", f"bias_{part}{end}" if bias else None)
        for each, part in ((x, "ih"), (h, "hh"))
    )  # type: ignore[return-value]  # two of them


def _lstm_step(at: Site, x: ir.Value, h: ir.Value, c: ir.Value, end: str) -> tuple[ir.Value, ir.Value]:
    """The next h and c (Hochreiter & Schmidhuber, 1997; gates as PyTorch orders them: input, forget, cell, output)."""
    gates = at.op("Add", *_parts(at, x, h, end))
    enter, forget, cell, leave = at.ops("Split", 4, gates, axis=1, num_outputs=4)
    enter, forget, leave = (at.op("Sigmoid", each) for each in (enter, forget, leave))
    c = at.op("Add", at.op("Mul", forget, c), at.op("Mul", enter, at.op("Tanh", cell)))
    return at.op("Mul", leave, at.op("Tanh", c)), c


def _states(at: Site) -> list[ir.Value]:
    """The states that flow in, or zeros."""
    if len(at.inputs) > 1:
        return list(at.inputs[1:])
    return [at.filled(0, type.shape, type.dtype) for type in at.outputs]


@lowers("LSTMCell")
def _lstm_cell(at: Site) -> tuple[ir.Value, ...]:
    h, c = _states(at)
    return _lstm_step(at, at.x, h, c, "")


@lowers("GRUCell")
def _gru_cell(at: Site) -> ir.Value:
    """Cho et al., 2014, with the reset behind the product, as PyTorch has it."""
    (h,) = _states(at)
    inner, outer = (at.ops("Split", 3, each, axis=1, num_outputs=3) for each in _parts(at, at.x, h, ""))
    reset, update = (at.op("Sigmoid", at.op("Add", inner[place], outer[place])) for place in (0, 1))
    new = at.op("Tanh", at.op("Add", inner[2], at.op("Mul", reset, outer[2])))
    return at.op("Add", new, at.op("Mul", update, at.op("Sub", h, new)))


@lowers("RNNCell")
def _rnn_cell(at: Site) -> ir.Value:
    (h,) = _states(at)
    total = at.op("Add", *_parts(at, at.x, h, ""))
    return at.op("Relu" if word(at.settings, "nonlinearity") == "relu" else "Tanh", total)


# ------------------------------------------------------------------------------------------ an LSTM that projects


def _projecting(
    at: Site, x: ir.Value, states: Sequence[ir.Value], layer: int, directions: int
) -> tuple[ir.Value, Sequence[ir.Value]]:
    """One layer of *x*, time first, whose output is projected to fewer features in every step."""
    batch = at.type.shape[0]
    hidden, given = whole(at.settings, "hidden_size"), whole(at.settings, "proj_size")
    width: Size = at.type.shape[2] if layer == 0 else given * directions
    item = TensorType((batch, width), at.dtype)
    types = [TensorType((batch, given), at.dtype), TensorType((batch, hidden), at.dtype)]
    apart = [at.ops("Split", directions, each, axis=0, num_outputs=directions) for each in states]
    outputs, ends = [], []
    for direction in range(directions):
        end = f"_l{layer}{'_reverse' * direction}"
        if states:
            starts = [at.op("Squeeze", each[direction], at.ints(0)) for each in apart]
        else:
            starts = [at.filled(0, type.shape, type.dtype) for type in types]

        def turn(h: ir.Value, c: ir.Value, step: ir.Value, end: str = end) -> tuple[list[ir.Value], ir.Value]:
            wide, c = _lstm_step(at, step, h, c, end)
            h = at.op("Gemm", wide, at.weight(f"weight_hr{end}"), transB=1)
            return [h, c], h

        last, output = at.scan(turn, x, 0, item, list(zip(starts, types, strict=True)), backwards=direction == 1)
        outputs.append(output)
        ends.append([at.op("Unsqueeze", each, at.ints(0)) for each in last])
    if directions == 1:
        return outputs[0], ends[0]
    return at.op("Concat", *outputs, axis=2), [at.op("Concat", *each, axis=0) for each in zip(*ends, strict=True)]
