"""Operations that `quantised(…)` wraps: called with their weights and inputs rounded to fewer bits (fake quantisation).

Weights keep their names and their full precision, which training needs: they are rounded whenever they are used, with
a scale for each output channel (in an embedding, for each vector), and gradients go straight through. What flows in is
rounded with one scale, found anew each time; so is the sequence that a recurrent layer reads, but not its state.
Source: Jacob et al., Quantization and Training of Neural Networks, 2018; for 1 bit, Rastegari et al., XNOR-Net, 2016.
"""

from collections.abc import Sequence

from symnas.compilers.torch.constructors import Constructor
from symnas.graph import Bits, Operation
from symnas.operators.base import Weight
from symnas.types import TensorType

__all__ = ["rounded"]

_ROUNDED = '''
def rounded(x: torch.Tensor, bits: int, dims: list[int] = ()) -> torch.Tensor:
    """*x* in so many bits, symmetric about 0, with a scale for each slice over *dims*, or else for all of it; a single
    bit is the sign. The gradient is that of *x* (Jacob et al., 2018; Rastegari et al., 2016).
    """
    size = x.detach().abs()
    if bits == 1:
        value = torch.where(x < 0, -1, 1) * size.mean(dims, keepdim=True)
    else:
        step = size.amax(dims, keepdim=True) / (2 ** (bits - 1) - 1)
        step = step.masked_fill(step == 0, 1)
        value = (x.detach() / step).round() * step
    return value + (x - x.detach())
'''.strip()

_RECURRENT = '''
def rounded_steps(layer: nn.RNNBase, bits: int, x: torch.Tensor, *state: torch.Tensor):
    """What the recurrent *layer* gives for *x* with its weights in so many bits."""
    weights = [rounded(each, bits, (1,)) if each.dim() > 1 else each for each in layer.parameters(recurse=False)]
    if not state:
        sizes = (layer.proj_size or layer.hidden_size, layer.hidden_size)
        state = tuple(x.new_zeros(layer.num_layers * (1 + layer.bidirectional), x.shape[0], size) for size in sizes)
    kinds = {"LSTM": torch.lstm, "GRU": torch.gru, "RNN_TANH": torch.rnn_tanh, "RNN_RELU": torch.rnn_relu}
    y, *last = kinds[layer.mode](
        x, state if layer.mode == "LSTM" else state[0], weights, layer.bias, layer.num_layers, layer.dropout,
        layer.training, layer.bidirectional, layer.batch_first,
    )
    return y, (tuple(last) if layer.mode == "LSTM" else last[0])
'''.strip()


_HELPERS = {"rounded": _ROUNDED, "rounded_steps": _RECURRENT}


def rounded(
    call: str, constructor: Constructor, step: Operation, operands: Sequence[TensorType], bits: Bits
) -> tuple[str, dict[str, str]]:
    """*call*, the text of *step*, with its weights and what flows in rounded to *bits*, and the helpers that it needs."""
    inputs = bits.inputs < 8 * operands[0].dtype.bytes and operands[0].dtype.is_floating
    x = f"rounded({{0}}, {bits.inputs})" if inputs else "{0}"
    if any(bits.weights < 8 * weight.dtype.bytes for weight in _weights(step)):
        call = _with_weights(constructor, step, x, operands, bits.weights)
    else:
        call = call.replace("{0}", x)
    wanted = ["rounded"] * ("rounded" in call) + ["rounded_steps"] * ("rounded_steps" in call)
    return call, {name: _HELPERS[name] for name in wanted}


def _weights(step: Operation) -> list[Weight]:
    """The weights that are rounded: not the biases."""
    return [weight for weight in step.weights if weight.name.startswith("weight")]


def _with_weights(constructor: Constructor, step: Operation, x: str, operands: Sequence[TensorType], bits: int) -> str:
    """The call of *step* on *x* that takes its weights from outside, rounded."""
    kind = constructor.callee.removeprefix("nn.")
    weights = [_rounded(weight, bits) for weight in _weights(step)]
    if kind in ("LSTM", "GRU", "RNN"):
        states = "".join(f", {{{place}}}" for place in range(1, len(operands)))
        return f"rounded_steps({{self}}, {bits}, {x}{states})"
    if kind.endswith("Cell"):
        return _cell(kind, step, x, weights, operands)
    if kind.startswith("ConvTranspose"):
        settings = ", ".join(
            f"{{self}}.{each}" for each in "bias stride padding output_padding groups dilation".split()
        )
        return f"F.conv_transpose{kind[-2:]}({x}, {_transposed(step, bits)}, {settings})"
    if kind.startswith("Conv"):
        return f"{{self}}._conv_forward({x}, {weights[0]}, {{self}}.bias)"
    if kind == "Embedding":
        return f"F.embedding({x}, {weights[0]}, {{self}}.padding_idx)"
    if kind == "EmbeddingBag":
        shares = ", per_sample_weights={1}" if len(operands) > 1 else ""
        return f"F.embedding_bag({x}, {weights[0]}, mode={{self}}.mode, padding_idx={{self}}.padding_idx{shares})"
    assert kind == "Linear", kind
    return f"F.linear({x}, {weights[0]}, {{self}}.bias)"


def _rounded(weight: Weight, bits: int) -> str:
    """A weight whose first dimension is the output channel."""
    return f"rounded({{self}}.{weight.name}, {bits}, {tuple(range(1, len(weight.shape)))})"


def _transposed(step: Operation, bits: int) -> str:
    """The weight of a transposed convolution, [in, out / groups, …]: each group has output channels of its own."""
    groups = dict(step.settings)["groups"]
    rank = len(step.weights[0].shape)
    if groups == 1:
        return f"rounded({{self}}.weight, {bits}, {(0, *range(2, rank))})"
    apart = f"{{self}}.weight.unflatten(0, ({groups}, -1))"
    return f"rounded({apart}, {bits}, {(1, *range(3, rank + 1))}).flatten(0, 1)"


def _cell(kind: str, step: Operation, x: str, weights: list[str], operands: Sequence[TensorType]) -> str:
    """One step of a recurrent layer, from the state that flows in or from zero."""
    settings = dict(step.settings)
    count = 2 if kind == "LSTMCell" else 1
    zero = f"{{0}}.new_zeros({{0}}.shape[0], {settings['hidden_size']})"
    states = [f"{{{place}}}" if len(operands) > 1 else zero for place in range(1, count + 1)]
    state = f"({', '.join(states)})" if count > 1 else states[0]
    name = {"LSTMCell": "lstm_cell", "GRUCell": "gru_cell", "RNNCell": f"rnn_{settings.get('nonlinearity')}_cell"}[kind]
    return f"torch.{name}({x}, {state}, {', '.join(weights)}, {{self}}.bias_ih, {{self}}.bias_hh)"
