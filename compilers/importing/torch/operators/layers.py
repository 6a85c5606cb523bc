"""Layers with weights: convolutions, linear layers, embeddings, normalisations."""

from collections.abc import Sequence

import numpy as np

from symnas.compilers.importing.rearranging import reshaped
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.torch.registry import reads
from symnas.compilers.importing.torch.site import Site
from symnas.compilers.importing.values import Flow, Known, Value
from symnas.sizes import Size


@reads("conv1d", "conv2d", "conv3d")
def _conv(at: Site) -> Value:
    weight, bias = at.weight("weight"), at.weight("bias")
    if weight is None or (bias is None and at.has("bias")):
        raise Refused("its kernel is computed")
    spatial = weight.array.ndim - 2
    padding = at["padding"] if isinstance(at["padding"], str) else _each(at.numbers("padding"), spatial)
    return at.layer(
        f"Conv{spatial}d",
        at.flow("input"),
        {"weight": weight, "bias": bias},
        out_channels=int(weight.array.shape[0]),
        kernel_size=tuple(map(int, weight.array.shape[2:])),
        stride=_each(at.numbers("stride"), spatial),
        padding=padding,
        dilation=_each(at.numbers("dilation"), spatial),
        groups=int(at["groups"]),
        bias=bias is not None,
    )


@reads("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def _transposed(at: Site) -> Value:
    weight, bias = at.weight("weight"), at.weight("bias")
    if weight is None or (bias is None and at.has("bias")):
        raise Refused("its kernel is computed")
    spatial = weight.array.ndim - 2
    groups = int(at["groups"])
    return at.layer(
        f"ConvTranspose{spatial}d",
        at.flow("input"),
        {"weight": weight, "bias": bias},
        out_channels=int(weight.array.shape[1]) * groups,
        kernel_size=tuple(map(int, weight.array.shape[2:])),
        stride=_each(at.numbers("stride"), spatial),
        padding=_each(at.numbers("padding"), spatial),
        output_padding=_each(at.numbers("output_padding"), spatial),
        groups=groups,
        dilation=_each(at.numbers("dilation"), spatial),
        bias=bias is not None,
    )


def _each(numbers: tuple[int, ...], spatial: int) -> tuple[int, ...]:
    return numbers * spatial if len(numbers) == 1 else numbers


@reads("linear")
def _linear(at: Site) -> Value:
    weight, bias = at.weight("weight"), at.weight("bias")
    if weight is not None and weight.array.ndim == 2 and (bias is not None or not at.has("bias")):
        out = int(weight.array.shape[0])
        return at.layer(
            "Linear", at.flow("input"), {"weight": weight, "bias": bias}, out_features=out, bias=bias is not None
        )
    turned = at.one("transpose", at.flow("weight"), dim0=-2, dim1=-1)
    result = at.one("matmul", at.flow("input"), turned)
    return at.one("add", result, at.value("bias")) if at.has("bias") else result


@reads("addmm")
def _addmm(at: Site) -> Value:
    matrix, bias = at.weight("mat2"), at.weight("self")
    if at["alpha"] != 1 or at["beta"] != 1:
        raise Refused("it scales what it adds")
    if matrix is not None and bias is not None and bias.array.ndim == 1:
        weight = Known(np.ascontiguousarray(matrix.array.T), matrix.name, trains=True)
        out = int(weight.array.shape[0])
        return at.layer("Linear", at.flow("mat1"), {"weight": weight, "bias": bias}, out_features=out)
    return at.one("add", at.one("matmul", at.flow("mat1"), at.flow("mat2")), at.value("self"))


@reads("embedding")
def _embedding(at: Site) -> Value:
    weight = at.weight("weight")
    if weight is None:
        raise Refused("its table is computed")
    count, features = map(int, weight.array.shape)
    padding = int(at["padding_idx"])
    return at.layer(
        "Embedding",
        at.flow("indices"),
        {"weight": weight},
        num_embeddings=count,
        embedding_dim=features,
        padding_idx=padding if padding >= 0 else None,
    )


@reads("embedding_bag")
def _bag(at: Site) -> tuple[Value, ...]:
    """Rows of indices, which PyTorch puts in one row and counts apart again."""
    weight, indices = at.weight("weight"), at.flow("indices")
    if weight is None:
        raise Refused("its table is computed")
    flat = at.drawing.made(indices)
    if flat is None or len(before := at.drawing.types[flat.operands[0]].shape) != 2 or not _counts_apart(at, before):
        raise Refused("its bags are of several lengths")
    count, features = map(int, weight.array.shape)
    padding = int(at["padding_idx"]) if at.has("padding_idx") else -1
    settings = {
        "num_embeddings": count,
        "embedding_dim": features,
        "mode": ("sum", "mean", "max")[int(at["mode"])],
        "padding_idx": padding if padding >= 0 else None,
    }
    operands: list[Value] = [at.drawing.flow_of(flat.operands[0])]
    if at.has("per_sample_weights"):
        operands.append(reshaped(at.drawing, at.flow("per_sample_weights"), before))
    return (at.drawing.layer("EmbeddingBag", at.path, {"weight": weight}, operands, settings),)


def _counts_apart(at: Site, shape: Sequence[Size]) -> bool:
    """Whether the offsets of bags are those of rows of indices of *shape*."""
    offsets = at.value("offsets")
    if isinstance(offsets, Known):
        wide = shape[1]
        return isinstance(wide, int) and bool((offsets.array == np.arange(offsets.array.size) * wide).all())
    made = at.drawing.made(offsets)
    return made is not None and made.operator == "arange" and dict(made.settings)["bounds"] == (
        0, shape[0] * shape[1], shape[1],
    )  # fmt: skip


@reads("batch_norm", "_native_batch_norm_legit_no_training")
def _batch_norm(at: Site) -> Value | tuple[Value, ...]:
    if at.arguments.get("training"):
        raise Refused("it normalises by the batch when it is used, too")
    spatial = max(1, at.type("input").rank - 2)
    weights = {name: at.weight(name) for name in ("weight", "bias", "running_mean", "running_var")}
    momentum = at.exact("momentum")
    found = at.layer(
        f"BatchNorm{spatial}d",
        at.flow("input"),
        weights,
        eps=at.exact("eps"),
        momentum=momentum,
        affine=weights["weight"] is not None,
    )
    return found if at.operator == "batch_norm" else (found,)


@reads("instance_norm")
def _instance_norm(at: Site) -> Value:
    """By statistics of its own, or by running ones, which PyTorch may keep and not use."""
    tracks = not at["use_input_stats"]
    names = ("weight", "bias", "running_mean", "running_var") if tracks else ("weight", "bias")
    weights = {name: at.weight(name) for name in names}
    spatial = at.type("input").rank - 2
    settings = {"eps": at.exact("eps"), "affine": weights["weight"] is not None, "track_running_stats": tracks}
    if tracks:
        settings["momentum"] = at.exact("momentum")
    return at.layer(f"InstanceNorm{spatial}d", at.flow("input"), weights, **settings)


@reads("layer_norm", "rms_norm")
def _layer_norm(at: Site) -> Value:
    weight, bias = at.weight("weight"), at.weight("bias")
    shape = at.numbers("normalized_shape")
    settings: dict[str, object] = {"eps": at.exact("eps"), "elementwise_affine": weight is not None}
    if len(shape) > 1:
        settings["normalized_shape"] = shape
    if at.operator == "rms_norm":
        return at.layer("RMSNorm", at.flow("input"), {"weight": weight}, **settings)
    affine = weight is not None
    bias = bias if affine else None
    return at.layer(
        "LayerNorm", at.flow("input"), {"weight": weight, "bias": bias}, bias=bias is not None or not affine, **settings
    )


@reads("group_norm")
def _group_norm(at: Site) -> Value:
    weights = {name: at.weight(name) for name in ("weight", "bias")}
    return at.layer(
        "GroupNorm",
        at.flow("input"),
        weights,
        num_groups=int(at["num_groups"]),
        eps=at.exact("eps"),
        affine=weights["weight"] is not None,
    )


@reads("prelu")
def _prelu(at: Site) -> Value:
    weight = at.weight("weight")
    if weight is None:
        raise Refused("its slope is computed")
    flat = Known(weight.array.reshape(-1), weight.name, trains=True)
    return at.layer("PReLU", at.flow(), {"weight": flat}, num_parameters=int(weight.array.size))


@reads("bilinear")
def _bilinear(at: Site) -> Value:
    """The layer; matrix products where its weights are computed."""
    known, bias = at.weight("weight"), at.weight("bias")
    if known is not None and (bias is not None or not at.has("bias")):
        kept = {"weight": known} if bias is None else {"weight": known, "bias": bias}
        settings = {"out_features": int(known.array.shape[0]), "bias": bias is not None}
        return at.drawing.layer("Bilinear", at.path, kept, [at.flow("input1"), at.flow("input2")], settings)
    weight = at.flow("weight")
    left = at.one("unsqueeze", at.one("unsqueeze", at.flow("input1"), dim=-2), dim=-3)
    right = at.one("unsqueeze", at.one("unsqueeze", at.flow("input2"), dim=-1), dim=-3)
    found = at.one("matmul", at.one("matmul", left, weight), right)
    found = at.one("squeeze", at.one("squeeze", found, dim=-1), dim=-1)
    return at.one("add", found, at.value("bias")) if at.has("bias") else found


@reads("gru", "lstm", "rnn_tanh", "rnn_relu")
def _recurrent(at: Site) -> tuple[Value, ...]:
    """Recurrent layers, whose weights are a list: four for each layer and direction, two without biases."""
    kind = {"gru": "GRU", "lstm": "LSTM"}.get(at.operator, "RNN")
    given = [each for each in at["params"] if isinstance(each, Known)]
    if len(given) != len(at["params"]):
        raise Refused("its weights are computed")
    layers, both, biased = int(at["num_layers"]), bool(at["bidirectional"]), bool(at["has_biases"])
    states = at["hx"] if isinstance(at["hx"], list) else [at["hx"]]
    gates = {"GRU": 3, "LSTM": 4}.get(kind, 1)
    hidden = int(given[0].array.shape[0]) // gates
    names = [
        f"{word}_l{layer}{suffix}"
        for layer in range(layers)
        for suffix in (("", "_reverse") if both else ("",))
        for word in (("weight_ih", "weight_hh", "bias_ih", "bias_hh") if biased else ("weight_ih", "weight_hh"))
    ]
    if len(names) != len(given):
        raise Refused("it projects its state")
    settings: dict[str, object] = {"hidden_size": hidden, "num_layers": layers, "bias": biased, "bidirectional": both}
    if kind == "RNN":
        settings["nonlinearity"] = at.operator.removeprefix("rnn_")
    if layers > 1:
        settings["dropout"] = at.exact("dropout")
    flowing: Flow = at.flow("input")
    if not at["batch_first"]:
        flowing = at.one("transpose", flowing, dim0=0, dim1=1)
    weights = {name: Known(each.array, each.name, trains=True) for name, each in zip(names, given, strict=True)}
    operands = [flowing] if all(_is_zero(at, each) for each in states) else [flowing, *states]
    found = at.drawing.apply(kind, operands, settings, at.path, weights)
    first: Value = found[0] if at["batch_first"] else at.one("transpose", found[0], dim0=0, dim1=1)
    return (first, *found[1:])


def _is_zero(at: Site, state: Value) -> bool:
    """Whether *state* is what recurrent layers begin with anyway."""
    return not state.array.any() if isinstance(state, Known) else at.drawing.maker(state) == "zeros"


@reads("gru_cell", "lstm_cell", "rnn_tanh_cell", "rnn_relu_cell")
def _cell(at: Site) -> Value | tuple[Value, ...]:
    """One step of a recurrent layer; from zero where that is what flows in."""
    names = ("w_ih", "w_hh", "b_ih", "b_hh")
    found = {f"{'weight' if name[0] == 'w' else 'bias'}_{name[2:]}": at.weight(name) for name in names}
    weights = {name: each for name, each in found.items() if each is not None}
    if len(weights) != sum(at.has(name) for name in names):
        raise Refused("its weights are computed")
    kind = at.operator.split("_")[0].upper()
    settings: dict[str, object] = {
        "hidden_size": int(weights["weight_hh"].array.shape[1]), "bias": "bias_ih" in weights,
    }  # fmt: skip
    if kind == "RNN":
        settings["nonlinearity"] = at.operator.split("_")[1]
    states = [*at["hx"]] if isinstance(at["hx"], list | tuple) else [at.value("hx")]
    operands = [at.flow("input")] if all(_is_zero(at, each) for each in states) else [at.flow("input"), *states]
    made = at.drawing.apply(f"{kind}Cell", operands, settings, at.path, weights)
    return made if kind == "LSTM" else made[0]
