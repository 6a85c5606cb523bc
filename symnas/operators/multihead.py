"""`MultiheadAttention`: attention as one layer, its projections included, with PyTorch's weights; in parts it is `attend`."""

from collections.abc import Sequence

from symnas.operators.attention import CAUSAL_MASK, check_mask
from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm, Weight
from symnas.operators.initialising import register_weighted
from symnas.operators.settings import flag, whole
from symnas.operators.shapes import known
from symnas.operators.text import module
from symnas.types import TensorType

_MULTIHEAD = '''
class MultiheadAttention(nn.MultiheadAttention):
    """PyTorch's, of [N, T, D], giving what is attended to alone. *mask* is that of `scaled_dot_product_attention`: true is
    seen, numbers are added.
    """

    def __init__(
        self, embed_dim, num_heads, dropout=0.0, bias=True, kdim=None, vdim=None, causal=False, dtype=None
    ):
        super().__init__(embed_dim, num_heads, dropout, bias, kdim=kdim, vdim=vdim, batch_first=True, dtype=dtype)
        self.causal = causal

    def forward(
        self,
        query,
        key: torch.Tensor | None = None,
        value: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
    ):
        if self.in_proj_weight is None:
            weights = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        else:
            weights = self.in_proj_weight.chunk(3)
        biases = [None, None, None] if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        q = self.heads(query, weights[0], biases[0])
        k = self.heads(query if key is None else key, weights[1], biases[1])
        v = self.heads(query if value is None else value, weights[2], biases[2])
        if self.causal and mask is not None:
            mask = causal_mask(mask, q, k)
        dropout = self.dropout if self.training else 0.0
        found = F.scaled_dot_product_attention(q, k, v, mask, dropout, is_causal=self.causal and mask is None)
        return self.out_proj(found.transpose(1, 2).flatten(2))

    def heads(self, x, weight, bias: torch.Tensor | None):
        return F.linear(x, weight, bias).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
'''.strip()


def _given(inputs: Sequence[TensorType]) -> tuple[TensorType, TensorType, TensorType]:
    """Query, key and value, which are one where one flows in.

    Raises:
        OperatorError: there are others, or they do not fit.
    """
    if len(inputs) not in (1, 3, 4):
        raise OperatorError(
            f"`MultiheadAttention` takes one tensor, or query, key and value, and a mask; {len(inputs)} flow in",
            "`(x, x, x, mask) -> MultiheadAttention(…)` is what `x` attends to in itself",
        )
    query, key, value = inputs[:3] if len(inputs) > 1 else (inputs[0],) * 3
    for place, tensor in enumerate(inputs[:3]):
        if tensor.rank != 3 or not tensor.dtype.is_floating or tensor.dtype is not query.dtype:
            raise OperatorError(f"`MultiheadAttention` takes [N, T, D] of one dtype; this is {tensor}", input=place)
    if key.shape[:2] != value.shape[:2] or key.shape[0] != query.shape[0]:
        raise OperatorError(
            f"shapes do not fit: query {query}, key {key}, value {value}",
            "key and value agree in N and S, query and key in N",
        )
    return query, key, value


def _apply(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    query, key, value = _given(inputs)
    width, keys, values = (known("MultiheadAttention", each.shape[2], "features") for each in (query, key, value))
    heads = whole(settings, "num_heads")
    if width % heads:
        raise OperatorError(
            f"`MultiheadAttention` cannot split {width} features into {heads} heads", setting="num_heads"
        )
    batch, time, _ = query.shape
    length = key.shape[1]
    if len(inputs) == 4:
        check_mask("MultiheadAttention", inputs[3], (batch, heads, time, length), query.dtype, 3)
    weights = _weights(width, keys, values, query, bias=flag(settings, "bias"))
    macs = 2 * width * width * time + width * (keys + values) * length + 2 * width * time * length
    return Applied((query,), weights, macs)


def _weights(width: int, keys: int, values: int, query: TensorType, *, bias: bool) -> tuple[Weight, ...]:
    """In PyTorch's order: one matrix for all projections where they are of one size."""
    apart = [(f"{name}_proj_weight", (width, size)) for name, size in (("q", width), ("k", keys), ("v", values))]
    shapes = [("in_proj_weight", (3 * width, width))] if width == keys == values else apart
    biases = [("in_proj_bias", (3 * width,))] if bias else []
    end = [("out_proj.weight", (width, width)), *([("out_proj.bias", (width,))] if bias else [])]
    return tuple(Weight(name, shape, query.dtype) for name, shape in (*shapes, *biases, *end))


def _torch(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    width, keys, values = (each.shape[2] for each in _given(inputs))
    form = module(
        "MultiheadAttention",
        width,
        settings["num_heads"],
        dtype=inputs[0].dtype,
        dropout=(settings["dropout"], 0),
        bias=(settings["bias"], True),
        kdim=(keys, width),
        vdim=(values, width),
        causal=(settings["causal"], False),
    )
    return TorchForm(module=form.module, helpers={"causal_mask": CAUSAL_MASK, "MultiheadAttention": _MULTIHEAD})


register_weighted(
    Operator(
        name="MultiheadAttention",
        settings=(
            Setting("num_heads", Kind.WHOLE, least=1),
            Setting("dropout", Kind.REAL, 0, least=0, most=1),
            Setting("bias", Kind.FLAG, default=True),
            Setting("causal", Kind.FLAG, default=False),
        ),
        apply=_apply,
        torch=_torch,
        inputs=("query",),
        optional=("key", "value", "mask"),
    )
)
