"""Products of matrices, attention, and reductions."""

from collections.abc import Mapping, Sequence
from math import inf

from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.torch.operators.elementwise import combined
from symnas.compilers.importing.torch.registry import reads
from symnas.compilers.importing.torch.site import Site
from symnas.compilers.importing.values import LOWEST, Flow, Value, exact
from symnas.types import Dtype

__all__ = ["distance"]


@reads("matmul", "bmm", "mm", "mv")
def _matmul(at: Site) -> Value:
    second = next(name for name in ("mat2", "other", "vec") if name in at.arguments)
    return at.one("matmul", at.value(), at.value(second))


@reads("baddbmm")
def _baddbmm(at: Site) -> Value:
    product = at.one("matmul", at.value("batch1"), at.value("batch2"))
    scaled = combined(at, "mul", product, at["alpha"]) if at["alpha"] != 1 else product
    if at["beta"] == 0:
        return scaled
    return combined(at, "add", combined(at, "mul", at["self"], at["beta"]) if at["beta"] != 1 else at["self"], scaled)


@reads("einsum")
def _einsum(at: Site) -> Value:
    return at.one("einsum", *at["tensors"], equation=str(at["equation"]))


@reads("scaled_dot_product_attention")
def _attention(at: Site) -> Value:
    query, key, value = at.flow("query"), at.flow("key"), at.flow("value")
    masks = [at.flow("attn_mask")] if at.has("attn_mask") else []
    masks = [each for each in masks if at.drawing.number(each) != int(each.type.dtype is Dtype.BOOL)]
    scale, causal = at.exact("scale"), bool(at["is_causal"])
    ranks = {each.type.rank for each in (query, key, value)}
    if ranks == {4} and all(each.type.shape[0] == query.type.shape[0] for each in (key, value)):
        return at.one("attend", query, key, value, *masks, causal=causal, scale=scale)
    if causal or at["enable_gqa"]:
        raise Refused("it is causal, or shares heads, of tensors that are not [N, heads, T, d]")
    return _written_out(at, query, key, value, masks)


def _written_out(at: Site, query: Flow, key: Flow, value: Flow, masks: Sequence[Flow]) -> Value:
    """Attention in parts, for what has no heads, or one key for all samples."""
    width = query.type.shape[-1]
    if at.has("scale"):
        scale = at.exact("scale")
    elif isinstance(width, int):
        scale = exact(width**-0.5)
    else:
        raise Refused("its width is open")
    scores = at.one("matmul", query, at.one("transpose", key, dim0=-2, dim1=-1))
    scores = at.one("mul", scores, other=scale)
    for mask in masks:
        if mask.type.dtype is Dtype.BOOL:
            scores = at.one("masked_fill", scores, at.one("logical_not", mask), value=LOWEST)
        else:
            scores = at.one("add", scores, mask)
    return at.one("matmul", at.one("softmax", scores, dim=-1), value)


@reads("multihead_attention")
def _multihead(at: Site) -> Value:
    """A layer of attention, as `attending` calls it; one tensor where all three are one."""
    end = at.weight("out_weight")
    assert end is not None
    names = ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias")
    weights = {
        **{name: at.weight(name) for name in names},
        "out_proj.weight": end,
        "out_proj.bias": at.weight("out_bias"),
    }
    given = [at.flow(name) for name in ("query", "key", "value")]
    masks = [at.flow("mask")] if at.has("mask") else []
    masks = [each for each in masks if at.drawing.number(each) != int(each.type.dtype is Dtype.BOOL)]
    if not masks and len({each.number for each in given}) == 1:
        given = given[:1]
    settings = {"num_heads": int(at["num_heads"]), "dropout": at.exact("dropout"), "causal": bool(at["causal"])}
    settings["bias"] = at.has("in_proj_bias")
    kept = {name: each for name, each in weights.items() if each is not None}
    path = end.name.removesuffix(".out_proj.weight")
    (found,) = at.drawing.apply("MultiheadAttention", [*given, *masks], settings, path, kept)
    return found


# --------------------------------------------------------------------------------------------- reductions


@reads("sum", "mean", "amax", "amin", "logsumexp", "prod", "any", "all")
def _reduce(at: Site) -> Value:
    flow = at.flow()
    if at.has("dtype") and at.dtype() is not flow.type.dtype and flow.type.dtype.is_floating:
        raise Refused("it sums in another dtype")
    dims = at.numbers("dim") if at.has("dim") else ()
    keep = bool(at.arguments.get("keepdim", False))
    return at.one(at.operator, flow, dim=dims or None, keepdim=keep)


@reads("std", "var")
def _spread(at: Site) -> Value:
    flow = at.flow()
    dims = at.numbers("dim") if at.has("dim") else ()
    keep = bool(at.arguments.get("keepdim", False))
    correction = at.arguments.get("correction", 1 if at.arguments.get("unbiased", True) else 0)
    if correction is None or correction == 1:
        return at.one(at.operator, flow, dim=dims or None, keepdim=keep)
    if correction != 0 or not dims:
        raise Refused(f"its correction is {correction}")
    mean = at.one("mean", flow, dim=dims, keepdim=True)
    found = at.one("mean", at.one("square", at.one("sub", flow, mean)), dim=dims, keepdim=keep)
    return found if at.operator == "var" else at.one("sqrt", found)


@reads("max", "min")
def _extreme(at: Site) -> Value | tuple[Value, ...]:
    word = "amax" if at.operator == "max" else "amin"
    if "other" in at.arguments:
        return at.one("maximum" if at.operator == "max" else "minimum", at.value(), at.value("other"))
    if "dim" not in at.arguments:
        return at.one(word, at.flow())
    dim, keep = int(at["dim"]), bool(at["keepdim"])
    first = at.one(word, at.flow(), dim=(dim,), keepdim=keep)
    if 1 not in at.used:
        return (first,)
    return first, at.one(f"arg{at.operator}", at.flow(), dim=(dim,), keepdim=keep)


@reads("argmax", "argmin")
def _place(at: Site) -> Value:
    dims = at.numbers("dim") if at.has("dim") else ()
    return at.one(at.operator, at.flow(), dim=dims or None, keepdim=bool(at["keepdim"]))


@reads("sort", "argsort")
def _sort(at: Site) -> Value | tuple[Value, ...]:
    flow, settings = at.flow(), {"dim": int(at["dim"]), "descending": bool(at["descending"])}
    if at.operator == "argsort":
        return at.one("argsort", flow, **settings)
    return at.drawing.apply("sort", [flow], settings)


@reads("topk")
def _topk(at: Site) -> tuple[Value, ...]:
    (count,) = at.numbers("k")
    return at.drawing.apply("topk", [at.flow()], {"k": count, "dim": int(at["dim"]), "largest": bool(at["largest"])})


@reads("softmax", "log_softmax", "_softmax", "_log_softmax")
def _softmax(at: Site) -> Value:
    rank, dim = at.type().rank, at.dim()
    layer = "LogSoftmax" if "log" in at.operator else "Softmax"
    return at.one(layer, at.flow(), dim=-1 if dim == rank - 1 else dim)


@reads("cumsum", "cumprod")
def _running(at: Site) -> Value:
    return at.one(at.operator, at.flow(), dim=int(at["dim"]))


@reads("linalg_vector_norm", "norm", "linalg_norm")
def _norm(at: Site) -> Value:
    power = at["ord"] if "ord" in at.arguments else at["p"]
    dims = at.numbers("dim") if at.has("dim") else ()
    settings: dict[str, object] = {"dim": dims or None, "keepdim": bool(at.arguments.get("keepdim", False))}
    if power in (1, 2, None):
        total = at.one("sum", at.one("abs" if power == 1 else "square", at.flow()), **settings)
        return total if power == 1 else at.one("sqrt", total)
    if abs(power) == inf:
        return at.one("amax" if power > 0 else "amin", at.one("abs", at.flow()), **settings)
    if power <= 0:
        raise Refused(f"it is the norm of order {power}")
    total = at.one("sum", at.one("pow", at.one("abs", at.flow()), other=exact(power)), **settings)
    return at.one("pow", total, other=exact(1 / power))


@reads("cosine_similarity")
def _cosine(at: Site) -> Value:
    return at.one("cosine_similarity", at.value("x1"), at.value("x2"), dim=int(at["dim"]), eps=at.exact("eps"))


@reads("pairwise_distance")
def _distance(at: Site) -> Value:
    settings = {"eps": at.exact("eps"), "keepdim": bool(at["keepdim"])}
    return distance(at, at.value("x1"), at.value("x2"), at["p"], settings)


def distance(at: Site, one: Value, other: Value, power: float, settings: Mapping[str, object]) -> Value:
    """The distance by the norm of the order *power* along the last dimension; the language cannot write infinity."""
    if power != inf:
        return at.one("pairwise_distance", one, other, p=exact(power), **settings)
    apart = at.one("add", at.one("sub", one, other), other=settings["eps"])
    return at.one("amax", at.one("abs", apart), dim=-1, keepdim=settings.get("keepdim", False))
