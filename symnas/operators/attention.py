"""Attention in parts: splitting into heads, scaled dot products, merging, rotary positions."""

from collections.abc import Sequence

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import flag, real, whole
from symnas.operators.shapes import doubt, floating, known, only, tensors
from symnas.operators.text import constructed, literal, module
from symnas.sizes import InexactSize, Size, exact_divide
from symnas.types import Dtype, TensorType

__all__ = ["CAUSAL_MASK", "check_heads", "check_mask"]

# ----------------------------------------------------------------------------------- SplitHeads, MergeHeads


def _apply_split(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, heads = only("SplitHeads", inputs), whole(settings, "heads")
    if tensor.rank != 3:
        raise OperatorError(f"`SplitHeads` takes [N, T, D]; this is {tensor}", input=0)
    batch, time, features = tensor.shape
    try:
        return Applied((tensor.with_shape(batch, heads, time, exact_divide(features, heads)),))
    except InexactSize as problem:
        raise OperatorError(
            f"`SplitHeads` cannot split {features} features into {heads} heads{doubt(features)}", setting="heads"
        ) from problem


def _torch_split(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"{{0}}.unflatten(-1, ({settings['heads']}, -1)).transpose(1, 2)")


def _apply_merge(_: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("MergeHeads", inputs)
    if tensor.rank != 4:
        raise OperatorError(f"`MergeHeads` takes [N, heads, T, d]; this is {tensor}", input=0)
    batch, heads, time, features = tensor.shape
    return Applied((tensor.with_shape(batch, time, heads * features),))


def _torch_merge(_: Settings, __: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call="{0}.transpose(1, 2).flatten(2)")


register(
    Operator(
        name="SplitHeads", settings=(Setting("heads", Kind.WHOLE, least=1),), apply=_apply_split, torch=_torch_split
    )
)
register(Operator(name="MergeHeads", settings=(), apply=_apply_merge, torch=_torch_merge))

# ------------------------------------------------------------------------------------------------ attend


CAUSAL_MASK = '''
@torch.fx.wrap
def causal_mask(mask, query, key):
    """What *mask*, truths or numbers that are added, lets each position see of those up to it."""
    seen = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool, device=mask.device).tril()
    return mask & seen if mask.dtype == torch.bool else mask.masked_fill(~seen, float("-inf"))
'''.strip()
"""Helper of generated files. Which of the two *mask* is `torch.fx` cannot tell, so that it keeps the call."""


def check_heads(owner: str, inputs: Sequence[TensorType]) -> tuple[int, int]:
    """How many heads the query of *inputs* has, and its key and value; some of the query may share one.

    Raises:
        OperatorError: query, key and value do not fit together.
    """
    query, key, value = inputs[:3]
    for place, tensor in enumerate(inputs[:3]):
        if tensor.rank != 4 or not tensor.dtype.is_floating or tensor.dtype is not query.dtype:
            raise OperatorError(f"`{owner}` takes [N, heads, T, d] of one dtype; this is {tensor}", input=place)
    together = f"query {query}, key {key}, value {value}"
    if key.shape[:3] != value.shape[:3] or key.shape[0] != query.shape[0] or key.shape[3] != query.shape[3]:
        raise OperatorError(f"shapes do not fit: {together}", "key and value agree up to d, query and key in N and d")
    heads, groups = known(owner, query.shape[1], "heads"), known(owner, key.shape[1], "heads")
    if heads % groups:
        raise OperatorError(f"{heads} heads of the query cannot share {groups} of the key: {together}", input=1)
    return heads, groups


def _apply_attend(_: Settings, inputs: Sequence[TensorType]) -> Applied:
    if len(inputs) != 4:
        tensors("attend", inputs, 3)
    heads, _groups = check_heads("attend", inputs)
    query, key, value = inputs[:3]
    batch, _heads, time, width = query.shape
    if len(inputs) == 4:
        check_mask("attend", inputs[3], (batch, heads, time, key.shape[2]), query.dtype, 3)
    output = query.with_shape(batch, heads, time, value.shape[3])
    return Applied((output,), macs=heads * time * key.shape[2] * (width + value.shape[3]))


def check_mask(owner: str, mask: TensorType, scores: Sequence[Size], dtype: Dtype, place: int) -> None:
    """Refuse a *mask*, the input at *place*, that does not say for each of *scores*, [N, heads, T, S] computed in
    *dtype*, whether it counts, or what is added to it.

    Raises:
        OperatorError: that.
    """
    shown = f"[{', '.join(map(str, scores))}]"
    if mask.dtype not in (Dtype.BOOL, Dtype.F32, dtype):
        hint = "`mask == 1` makes truths of whole numbers" if not mask.dtype.is_floating else None
        raise OperatorError(
            f"the mask of `{owner}` is `bool`, or `{dtype.value}` that is added; this is {mask}", hint, input=place
        )
    fits = 2 <= mask.rank <= 4 and all(
        size in (1, whole) for size, whole in zip(reversed(mask.shape), reversed(scores), strict=False)
    )
    if not fits:
        hint = "a mask of the keys, [N, S], is `mask.unsqueeze(1).unsqueeze(1)`" if mask.rank == 2 else None
        raise OperatorError(f"the mask of `{owner}` goes with {shown}; this is {mask}", hint, input=place)


def _torch_attend(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    query, key, *_ = inputs
    shown = ["{0}", "{1}", "{2}"]
    helpers = {}
    if len(inputs) == 4 and flag(settings, "causal"):
        shown.append("causal_mask({3}, {0}, {1})")
        helpers = {"causal_mask": CAUSAL_MASK}
    elif len(inputs) == 4:
        shown.append("{3}")
    if settings["dropout"]:
        shown.append("dropout_p={self}.p if {self}.training else 0.0")
    if flag(settings, "causal") and len(inputs) == 3:
        shown.append("is_causal=True")
    if settings["scale"] is not None:
        shown.append(f"scale={literal(settings['scale'])}")
    if query.shape[1] != key.shape[1]:
        shown.append("enable_gqa=True")
    drops = module("nn.Dropout", settings["dropout"]).module if settings["dropout"] else None
    return TorchForm(drops, f"F.scaled_dot_product_attention({', '.join(shown)})", helpers)


register(
    Operator(
        name="attend",
        settings=(
            Setting("causal", Kind.FLAG, default=False),
            Setting("scale", Kind.REAL_OR_NONE, None),
            Setting("dropout", Kind.REAL, 0, least=0, most=1),
        ),
        apply=_apply_attend,
        torch=_torch_attend,
        inputs=("query", "key", "value"),
        optional=("mask",),
    )
)

# -------------------------------------------------------------------------------------------------- rope

_ROPE = '''
def rope(x, base: float = 10000.0):
    """Rotary position embedding (Su et al., 2021) of [..., T, d]: feature i turns together with feature i + d / 2."""
    half = x.shape[-1] // 2
    rates = base ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angles = torch.arange(x.shape[-2], device=x.device, dtype=torch.float32)[:, None] * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
'''.strip()


def _apply_rope(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = floating("rope", inputs)
    if tensor.rank < 3:
        raise OperatorError(f"`rope` takes [N, …, T, d]; this is {tensor}", input=0)
    if known("rope", tensor.shape[-1], "features") % 2:
        raise OperatorError(f"`rope` turns features in pairs; {tensor.shape[-1]} is odd", input=0)
    if real(settings, "base") <= 0:
        raise OperatorError("`base` of `rope` must be above 0", setting="base")
    return Applied((tensor,))


def _torch_rope(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    call = constructed("rope", base=(float(real(settings, "base")), 10_000))
    return TorchForm(call=call.replace("rope(", "rope({0}" + ", " * ("=" in call)), helpers={"rope": _ROPE})


register(
    Operator(name="rope", settings=(Setting("base", Kind.REAL, 10_000, least=0),), apply=_apply_rope, torch=_torch_rope)
)
