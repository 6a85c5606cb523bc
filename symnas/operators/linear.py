"""Layers that mix features: `Linear`, `Bilinear` of two tensors, `Embedding`, which looks vectors up, and `EmbeddingBag`, which
makes one of several.
"""

from collections.abc import Sequence

from attrs import evolve

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm, Weight
from symnas.operators.initialising import register_weighted
from symnas.operators.settings import flag, whole, word
from symnas.operators.shapes import floating, known, only, tensors
from symnas.operators.text import module
from symnas.sizes import product
from symnas.types import Dtype, TensorType


def _apply_linear(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = floating("Linear", inputs)
    if tensor.rank == 0:
        raise OperatorError("`Linear` needs at least one dimension", input=0)
    features, out = known("Linear", tensor.shape[-1], "features"), whole(settings, "out_features")
    weights = [Weight("weight", (out, features), tensor.dtype)]
    if flag(settings, "bias"):
        weights.append(Weight("bias", (out,), tensor.dtype))
    output = tensor.with_shape(*tensor.shape[:-1], out)
    return Applied((output,), tuple(weights), product(tensor.shape[1:-1]) * features * out)


def _torch_linear(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    features = known("Linear", inputs[0].shape[-1], "features")
    return module("nn.Linear", features, settings["out_features"], dtype=inputs[0].dtype, bias=(settings["bias"], True))


def _apply_bilinear(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    one, other = tensors("Bilinear", inputs, 2)
    if not one.dtype.is_floating or one.dtype is not other.dtype or not one.rank:
        raise OperatorError(
            f"`Bilinear` takes two tensors of numbers of one kind; these are {one} and {other}", input=0
        )
    if one.shape[:-1] != other.shape[:-1]:
        raise OperatorError(
            f"`Bilinear` takes tensors alike but in their features; these are {one} and {other}", input=1
        )
    first, second = (known("Bilinear", each.shape[-1], "features") for each in (one, other))
    out = whole(settings, "out_features")
    weights = [Weight("weight", (out, first, second), one.dtype)]
    if flag(settings, "bias"):
        weights.append(Weight("bias", (out,), one.dtype))
    macs = product(one.shape[1:-1]) * (first * second + second) * out
    return Applied((one.with_shape(*one.shape[:-1], out),), tuple(weights), macs)


def _torch_bilinear(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    first, second = (known("Bilinear", each.shape[-1], "features") for each in inputs)
    bias = (settings["bias"], True)
    return module("nn.Bilinear", first, second, settings["out_features"], dtype=inputs[0].dtype, bias=bias)


def _table(owner: str, settings: Settings, tensor: TensorType) -> Weight:
    """The vectors of which *tensor* says indices."""
    if tensor.dtype not in (Dtype.I64, Dtype.I32):
        raise OperatorError(f"`{owner}` takes indices, `i64` or `i32`; this is {tensor}", input=0)
    count, size = whole(settings, "num_embeddings"), whole(settings, "embedding_dim")
    padding = settings["padding_idx"]
    if isinstance(padding, int) and not -count <= padding < count:
        raise OperatorError(f"`padding_idx` of `{owner}` must be below {count}; {padding}", setting="padding_idx")
    return Weight("weight", (count, size))


def _apply_embedding(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("Embedding", inputs)
    weight = _table("Embedding", settings, tensor)
    return Applied((TensorType((*tensor.shape, weight.shape[1])),), (weight,))


def _torch_embedding(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module(
        "nn.Embedding",
        settings["num_embeddings"],
        settings["embedding_dim"],
        padding_idx=(settings["padding_idx"], None),
    )


def _apply_bag(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    """Each row is a bag; *per_sample_weights* scale its vectors before they are summed up."""
    if not 1 <= len(inputs) <= 2:
        raise OperatorError(f"`EmbeddingBag` takes indices, and weights of them; {len(inputs)} tensors are given")
    tensor = inputs[0]
    weight = _table("EmbeddingBag", settings, tensor)
    if tensor.rank != 2:
        raise OperatorError(
            f"`EmbeddingBag` takes a row of indices for each bag, [N, B]; this is {tensor}",
            "bags of several lengths are rows with `padding_idx` behind what they hold",
            input=0,
        )
    if len(inputs) > 1:
        _check_shares(word(settings, "mode"), tensor, inputs[1])
    return Applied((TensorType((tensor.shape[0], weight.shape[1])),), (weight,))


def _check_shares(mode: str, tensor: TensorType, shares: TensorType) -> None:
    if mode != "sum":
        raise OperatorError(f'`EmbeddingBag` weighs what it sums up; its `mode` is "{mode}"', setting="mode")
    if shares != TensorType(tensor.shape):
        raise OperatorError(f"`EmbeddingBag` takes a weight, `f32`, for each of {tensor}; this is {shares}", input=1)


def _torch_bag(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    form = module(
        "nn.EmbeddingBag",
        settings["num_embeddings"],
        settings["embedding_dim"],
        mode=(settings["mode"], "mean"),
        padding_idx=(settings["padding_idx"], None),
    )
    return form if len(inputs) == 1 else evolve(form, call="{self}({0}, per_sample_weights={1})")


register_weighted(
    Operator(
        name="Linear",
        settings=(Setting("out_features", Kind.WHOLE, least=1), Setting("bias", Kind.FLAG, default=True)),
        apply=_apply_linear,
        torch=_torch_linear,
        multiplies=True,
    )
)
register_weighted(
    Operator(
        name="Bilinear",
        settings=(Setting("out_features", Kind.WHOLE, least=1), Setting("bias", Kind.FLAG, default=True)),
        apply=_apply_bilinear,
        torch=_torch_bilinear,
        inputs=("input1", "input2"),
    )
)
register_weighted(
    Operator(
        name="Embedding",
        settings=(
            Setting("num_embeddings", Kind.WHOLE, least=1),
            Setting("embedding_dim", Kind.WHOLE, least=1),
            Setting("padding_idx", Kind.WHOLE_OR_NONE, None),
        ),
        apply=_apply_embedding,
        torch=_torch_embedding,
        multiplies=True,
    )
)
register_weighted(
    Operator(
        name="EmbeddingBag",
        settings=(
            Setting("num_embeddings", Kind.WHOLE, least=1),
            Setting("embedding_dim", Kind.WHOLE, least=1),
            Setting("mode", Kind.WORD, "mean", words=("sum", "mean", "max")),
            Setting("padding_idx", Kind.WHOLE_OR_NONE, None),
        ),
        apply=_apply_bag,
        torch=_torch_bag,
        optional=("per_sample_weights",),
        multiplies=True,
    )
)
