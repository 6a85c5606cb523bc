"""`linear_attend`: attention whose cost grows with the number of positions, not with its square (Katharopoulos et al., 2020)."""

from collections.abc import Sequence
from fractions import Fraction

from symnas.operators.attention import check_heads
from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import flag
from symnas.operators.shapes import doubt, tensors
from symnas.operators.text import called
from symnas.types import Dtype, TensorType

_LINEAR_ATTEND = '''
def linear_attend(query, key, value, mask: torch.Tensor | None = None, causal: bool = False, eps: float = 1e-6):
    """Linear attention (Katharopoulos et al., 2020): weights are products of elu(x) + 1 in place of exponentials, so
    that sums over keys are made once; with *causal*, running sums.
    """
    query, key = F.elu(query) + 1, F.elu(key) + 1
    if mask is not None:
        key = key * mask.transpose(-2, -1)
    query = query.unflatten(1, (key.shape[1], -1))  # heads that share a key
    key, value = key.unsqueeze(2), value.unsqueeze(2)
    if causal:
        sums = (key.unsqueeze(-1) @ value.unsqueeze(-2)).cumsum(-3)
        found, keys = (query.unsqueeze(-2) @ sums).squeeze(-2), key.cumsum(-2)
    else:
        found, keys = query @ (key.transpose(-2, -1) @ value), key.sum(-2, keepdim=True)
    return (found / ((query * keys).sum(-1, keepdim=True) + eps)).flatten(1, 2)
'''.strip()

_EPS = Fraction(1, 10**6)


def _apply(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    if len(inputs) != 4:
        tensors("linear_attend", inputs, 3)
    heads, groups = check_heads("linear_attend", inputs)
    query, key, value = inputs[:3]
    batch, _, time, width = query.shape
    length = key.shape[2]
    if flag(settings, "causal") and time != length:
        raise OperatorError(
            f"what is `causal` has as many keys as queries; {time} and {length}{doubt(time, length)}", setting="causal"
        )
    if len(inputs) == 4:
        _check_mask(inputs[3], key)
    output = query.with_shape(batch, heads, time, value.shape[3])
    return Applied((output,), macs=(groups * length + heads * time) * width * value.shape[3])


def _check_mask(mask: TensorType, key: TensorType) -> None:
    batch, groups, length, _ = key.shape
    wanted = (batch, groups, 1, length)
    fits = 2 <= mask.rank <= 4 and all(
        size in (1, whole) for size, whole in zip(reversed(mask.shape), reversed(wanted), strict=False)
    )
    if mask.dtype is not Dtype.BOOL or not fits:
        raise OperatorError(
            f"the mask of `linear_attend` says which keys count, bool[{batch}, {groups}, 1, {length}]; this is {mask}",
            "what differs from position to position is `attend`'s business, but for `causal`",
            input=3,
        )


def _torch(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    form = called(
        "linear_attend",
        operands=len(inputs),
        causal=(settings["causal"], False),
        eps=(settings["eps"], _EPS),
    )
    return TorchForm(call=form.call, helpers={"linear_attend": _LINEAR_ATTEND})


register(
    Operator(
        name="linear_attend",
        settings=(Setting("causal", Kind.FLAG, default=False), Setting("eps", Kind.REAL, _EPS, least=0)),
        apply=_apply,
        torch=_torch,
        inputs=("query", "key", "value"),
        optional=("mask",),
    )
)
