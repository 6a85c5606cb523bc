"""Recurrent layers over time (`RNN`, `LSTM`, `GRU`), and their cells for one step, with PyTorch's names and defaults.

The batch comes first, so that a layer takes [N, T, D] and gives every step's output and the last state, as PyTorch does:
`(y, h)`, for an LSTM `(y, (h, c))`. States are [layers * directions, N, D]; those to start from may flow in behind the
sequence, `(x, h0) -> GRU(64)`, and are zero otherwise. A `cell` of the language over time is `scan`'s business.
"""

from collections.abc import Sequence
from functools import partial

from attrs import frozen

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm, Weight
from symnas.operators.initialising import register_weighted
from symnas.operators.settings import flag, real, whole
from symnas.operators.shapes import known
from symnas.operators.text import module
from symnas.sizes import Size
from symnas.types import TensorType

_GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
"""Matrices that a unit has for its input, and for its state: gates and candidate."""

_STATES = {"RNN": ("hx",), "GRU": ("hx",), "LSTM": ("h_0", "c_0")}
"""What is carried from step to step."""


@frozen
class _Sizes:
    """What the shapes and costs of a recurrent layer follow from. *given* is what a unit's output is, *hidden* what it
    is before an LSTM's projection.
    """

    gates: int
    features: int
    hidden: int
    given: int
    layers: int
    directions: int
    bias: bool

    def widths(self) -> list[int]:
        """Features that flow into each layer."""
        return [self.features, *[self.given * self.directions] * (self.layers - 1)]


def _sizes(owner: str, settings: Settings, tensor: TensorType) -> _Sizes:
    hidden = whole(settings, "hidden_size")
    projected = settings.get("proj_size", 0)
    assert isinstance(projected, int), projected
    if projected >= hidden:
        raise OperatorError(
            f"`proj_size` of `{owner}` must be below its `hidden_size`; {projected} is not below {hidden}",
            setting="proj_size",
        )
    return _Sizes(
        gates=_GATES[owner],
        features=known(owner, tensor.shape[-1], "features"),
        hidden=hidden,
        given=projected or hidden,
        layers=whole(settings, "num_layers"),
        directions=2 if flag(settings, "bidirectional") else 1,
        bias=flag(settings, "bias"),
    )


def _sequence(owner: str, inputs: Sequence[TensorType], shown: str, rank: int) -> TensorType:
    """What flows in, and states behind it: all or none."""
    states = len(_STATES[owner.removesuffix("Cell")])
    if len(inputs) not in (1, 1 + states):
        given = "states" if states > 1 else "state"
        raise OperatorError(f"`{owner}` takes {shown} alone or with its {states} {given}; {len(inputs)} flow in")
    for place, tensor in enumerate(inputs):
        if not tensor.dtype.is_floating or tensor.dtype is not inputs[0].dtype:
            wanted = "real numbers" if not place else f"states of the dtype of its input, {inputs[0]}"
            hint = None if place else "`Embedding` turns indices into vectors"
            raise OperatorError(f"`{owner}` takes {wanted}; this is {tensor}", hint, input=place)
    if inputs[0].rank != rank:
        raise OperatorError(f"`{owner}` takes {shown}; this is {inputs[0]}", input=0)
    return inputs[0]


def _check_states(owner: str, inputs: Sequence[TensorType], wanted: Sequence[tuple[Size, ...]]) -> None:
    for place, (tensor, shape) in enumerate(zip(inputs[1:], wanted, strict=False), 1):
        if tensor.shape != shape:
            expected = f"[{', '.join(map(str, shape))}]"
            raise OperatorError(f"a state of `{owner}` must be {expected} here; this is {tensor}", input=place)


# ------------------------------------------------------------------------------------------ over a sequence


def _apply(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = _sequence(owner, inputs, "[N, T, D]", 3)
    if real(settings, "dropout") == 1 and whole(settings, "num_layers") > 1:
        raise OperatorError(f"`dropout` of `{owner}` must be below 1, or nothing is left", setting="dropout")
    found = _sizes(owner, settings, tensor)
    batch, time, _ = tensor.shape
    steps = found.layers * found.directions
    states = [(steps, batch, found.given), (steps, batch, found.hidden)][: len(_STATES[owner])]
    _check_states(owner, inputs, states)
    output = tensor.with_shape(batch, time, found.given * found.directions)
    outputs = (output, *(tensor.with_shape(*shape) for shape in states))
    return Applied(
        outputs, _weights(found, tensor), time * _macs(found), many=True, state=1 if len(states) > 1 else None
    )


def _weights(found: _Sizes, tensor: TensorType) -> tuple[Weight, ...]:
    """Weights by PyTorch's names and in its order: for each layer, and each direction in it."""
    weights: list[Weight] = []
    rows = found.gates * found.hidden
    for layer, width in enumerate(found.widths()):
        for direction in range(found.directions):
            end = f"l{layer}{'_reverse' * direction}"
            weights.append(Weight(f"weight_ih_{end}", (rows, width), tensor.dtype))
            weights.append(Weight(f"weight_hh_{end}", (rows, found.given), tensor.dtype))
            if found.bias:
                weights.append(Weight(f"bias_ih_{end}", (rows,), tensor.dtype))
                weights.append(Weight(f"bias_hh_{end}", (rows,), tensor.dtype))
            if found.given != found.hidden:
                weights.append(Weight(f"weight_hr_{end}", (found.given, found.hidden), tensor.dtype))
    return tuple(weights)


def _macs(found: _Sizes) -> int:
    """Multiply-adds of one step of one sample: the products of every gate with input and state, and the projection."""
    projection = found.given * found.hidden if found.given != found.hidden else 0
    each = [found.gates * found.hidden * (width + found.given) + projection for width in found.widths()]
    return found.directions * sum(each)


def _torch(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    layers = whole(settings, "num_layers")
    form = module(
        f"nn.{owner}",
        known(owner, inputs[0].shape[-1], "features"),
        settings["hidden_size"],
        dtype=inputs[0].dtype,
        num_layers=(layers, 1),
        nonlinearity=(settings.get("nonlinearity", "tanh"), "tanh"),
        bias=(settings["bias"], True),
        batch_first=(True, False),
        dropout=(settings["dropout"] if layers > 1 else 0, 0),  # PyTorch warns where there is nothing to drop
        bidirectional=(settings["bidirectional"], False),
        proj_size=(settings.get("proj_size", 0), 0),
    )
    return TorchForm(module=form.module, call=_call(inputs))


def _call(inputs: Sequence[TensorType]) -> str:
    """PyTorch takes one state as it is and two as a pair."""
    state = {1: "", 2: ", {1}", 3: ", ({1}, {2})"}[len(inputs)]
    return f"{{self}}({{0}}{state})"


_HIDDEN = Setting("hidden_size", Kind.WHOLE, least=1)
_BIAS = Setting("bias", Kind.FLAG, default=True)
_NONLINEARITY = Setting("nonlinearity", Kind.WORD, "tanh", words=("tanh", "relu"))

for _owner in _GATES:
    register_weighted(
        Operator(
            name=_owner,
            settings=(
                _HIDDEN,
                Setting("num_layers", Kind.WHOLE, 1, least=1),
                *((_NONLINEARITY,) if _owner == "RNN" else ()),
                _BIAS,
                Setting("dropout", Kind.REAL, 0, least=0, most=1),
                Setting("bidirectional", Kind.FLAG, default=False),
                *((Setting("proj_size", Kind.WHOLE, 0, least=0),) if _owner == "LSTM" else ()),
            ),
            apply=partial(_apply, _owner),
            torch=partial(_torch, _owner),
            optional=_STATES[_owner],
            multiplies=True,
        )
    )

# ------------------------------------------------------------------------------------------------ one step


def _apply_cell(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = _sequence(owner, inputs, "[N, D]", 2)
    kind = owner.removesuffix("Cell")
    features, hidden = known(owner, tensor.shape[-1], "features"), whole(settings, "hidden_size")
    shape = (tensor.shape[0], hidden)
    _check_states(owner, inputs, [shape, shape])
    rows = _GATES[kind] * hidden
    weights = [Weight("weight_ih", (rows, features), tensor.dtype), Weight("weight_hh", (rows, hidden), tensor.dtype)]
    if flag(settings, "bias"):
        weights += [Weight("bias_ih", (rows,), tensor.dtype), Weight("bias_hh", (rows,), tensor.dtype)]
    outputs = tuple(tensor.with_shape(*shape) for _ in _STATES[kind])
    return Applied(outputs, tuple(weights), rows * (features + hidden), many=len(outputs) > 1)


def _torch_cell(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    form = module(
        f"nn.{owner}",
        known(owner, inputs[0].shape[-1], "features"),
        settings["hidden_size"],
        dtype=inputs[0].dtype,
        bias=(settings["bias"], True),
        nonlinearity=(settings.get("nonlinearity", "tanh"), "tanh"),
    )
    return TorchForm(module=form.module, call=_call(inputs))


for _owner in _GATES:
    register_weighted(
        Operator(
            name=f"{_owner}Cell",
            settings=(_HIDDEN, _BIAS, *((_NONLINEARITY,) if _owner == "RNN" else ())),
            apply=partial(_apply_cell, f"{_owner}Cell"),
            torch=partial(_torch_cell, f"{_owner}Cell"),
            optional=_STATES[_owner],
            multiplies=True,
        )
    )
