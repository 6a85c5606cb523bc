"""Operators that leave channels where they are: functions of elements, what joins tensors element by element, windows that
slide over space, reductions, products of tensors, attention.
"""

from collections.abc import Sequence

from symnas.operators.chance import SAMPLED
from symnas.operators.equations import equation_of
from symnas.operators.settings import flag, sizes, whole, word
from symnas.operators.shapes import dimension
from symnas.rewriting.weights.channels import EVEN, Axis, Channels, Lost, evenly
from symnas.rewriting.weights.following.registry import follows
from symnas.rewriting.weights.site import Site, State

_ONE = (
    "CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid", "Mish",
    "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink",
    "Threshold", "Identity", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout",
    "DropPath", "abs", "cast", "ceil", "clamp", "cos", "elu", "erf", "exp", "expm1", "floor", "gelu", "hardswish",
    "leaky_relu", "log", "log1p", "log2", "logical_not", "mish", "neg", "reciprocal", "relu", "relu6", "round", "rsqrt",
    "selu", "sigmoid", "sign", "silu", "sin", "softplus", "sqrt", "square", "tan", "tanh", "acos", "acosh", "asin", "asinh",
    "atan", "atanh", "cosh", "sinh", "trunc", "hardsigmoid",
    "logsigmoid", "softsign", "tanhshrink",
)  # fmt: skip
_MANY = (
    "add", "sub", "mul", "div", "pow", "floor_divide", "remainder", "fmod", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or",
    "where", "masked_fill", "sum_all", "mean_all", "max_all", "min_all",
)  # fmt: skip
_SPATIAL = (
    *(f"{kind}Pool{each}d" for kind in ("Avg", "Max", "LP", "AdaptiveAvg", "AdaptiveMax", "GlobalAvg", "GlobalMax")
      for each in (1, 2, 3)),
    *(f"{kind}Pad{each}d" for kind in ("Zero", "Constant", "Circular", "Reflection", "Replication") for each in (1, 2, 3)),
    "Upsample", "Zero",
)  # fmt: skip
_MEANS = ("mean", "std", "var")
_EXTREMES = ("amax", "amin", "any", "all")
_SUMS = ("sum", "prod", "logsumexp", "argmax", "argmin")


@follows(*_ONE)
def _one(site: Site) -> list[State]:
    return [site.inputs[0]]


@follows(*_MANY)
def _many(site: Site) -> list[State]:
    (output,) = site.operation.outputs
    found: list[Axis] = []
    for place in range(-output.rank, 0):
        there = [
            (state[place], type.shape[place])
            for state, type in zip(site.inputs, site.types, strict=True)
            if -place <= len(state)
        ]
        found.append(site.agreed([axis for axis, _ in there], [size for _, size in there]))
    return [tuple(found)]


@follows(*_SPATIAL)
def _spatial(site: Site) -> list[State]:
    (state,) = site.inputs
    rank = site.operation.outputs[0].rank
    found = (*state[:2], *(None,) * (rank - 2)) if rank > 2 else state[:rank]
    return [found for _ in site.operation.outputs]


@follows("grid_sample")
def _sampled(site: Site) -> list[State]:
    """At places that are the same for all channels; x and y are never repeated."""
    state, grid = site.inputs
    if any(isinstance(axis, Channels) for axis in grid):
        site.differs("other places are taken")
        return site.opaque(f"`{site.path}` takes other places")
    return [(*state[:2], None, None)]


@follows("MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d", *SAMPLED)
def _placed(site: Site) -> list[State]:
    """With a tensor beside it that says a place or a region for each channel."""
    state = site.inputs[0]
    if len(site.inputs) == 1 and any(isinstance(axis, Channels) for axis in state):
        site.differs("it draws for each of repeated channels")
        return site.opaque(f"`{site.path}` draws for each of them")
    sizes_of = [each.shape for each in site.types]
    found = [site.agreed([each[place] for each in site.inputs], [each[place] for each in sizes_of]) for place in (0, 1)]
    return [(*found, *(None,) * (len(state) - 2))]


@follows("zeros", "ones", "full")
def _even(site: Site) -> list[State]:
    return [(EVEN,) * each.rank for each in site.operation.outputs]


@follows("rand", "randn", "randint")
def _drawn(site: Site) -> list[State]:
    """Numbers that were never the same; of another number of them nothing is known."""
    same = site.old is None or site.old.operation.outputs == site.operation.outputs
    return site.unchanged() if same else site.opaque(f"`{site.path}` draws another number of them")


@follows("rand_like", "randn_like")
def _drawn_alike(site: Site) -> list[State]:
    (state,) = site.inputs
    if any(isinstance(axis, Channels) for axis in state):
        site.differs("it draws for each of repeated channels")
        return site.opaque(f"`{site.path}` draws for each of them")
    return [state]


@follows("Softmax", "Softmin", "LogSoftmax", "softmax", "log_softmax", "cumsum", "cumprod", "Softmax2d", "flip", "roll",
         "LocalResponseNorm", "normalize")  # fmt: skip
def _along(site: Site) -> list[State]:
    """Functions of all elements along a dimension: of repeated ones they are others."""
    (state,) = site.inputs
    places = _dims(site, site.settings.get("dim", site.settings.get("dims", 1)), len(state))
    for place in places:
        if isinstance(state[place], Channels):
            site.differs(f"`{site.operation.operator}` goes along repeated channels")
            return [(*state[:place], Lost(f"`{site.path}` goes along them"), *state[place + 1 :])]
    return [state]


def _dims(site: Site, wanted: object, rank: int) -> list[int]:
    if wanted is None:
        return [*range(rank)]
    found = wanted if isinstance(wanted, tuple) else (wanted,)
    return [dimension(site.operation.operator, each, rank) for each in found if isinstance(each, int)]


@follows("sort", "argsort", "topk")
def _ordered(site: Site) -> list[State]:
    """Places among repeated elements are others."""
    (state,) = site.inputs
    (place,) = _dims(site, site.settings["dim"], len(state))
    along: Axis = None
    if isinstance(state[place], Channels | Lost):
        site.differs(f"`{site.operation.operator}` goes along repeated channels")
        along = Lost(f"`{site.path}` goes along them")
    return [(*state[:place], along, *state[place + 1 :]) for _ in site.operation.outputs]


@follows(*_MEANS, *_EXTREMES, *_SUMS)
def _reduction(site: Site) -> list[State]:
    (state,) = site.inputs
    kept = flag(site.settings, "keepdim")
    places = _dims(site, None if site.settings["dim"] is None else sizes(site.settings, "dim"), len(state))
    name = site.operation.operator
    changed = [state[place] for place in places if isinstance(state[place], Channels)]
    if changed and (name in _SUMS or (name in _MEANS and not evenly(changed))):
        site.differs(f"`{name}` goes over repeated channels")
    found = [None if place in places else axis for place, axis in enumerate(state) if kept or place not in places]
    lost = next((state[place] for place in places if isinstance(state[place], Lost)), None)
    return [tuple(lost if axis is None and isinstance(lost, Lost) and kept else axis for axis in found)]


@follows("CosineSimilarity", "cosine_similarity", "PairwiseDistance", "pairwise_distance")
def _compared(site: Site) -> list[State]:
    """Vectors of repeated features are longer, and at another distance."""
    rank = max(each.rank for each in site.types)
    along = _dims(site, site.settings.get("dim", -1), rank)[0] - rank
    for state in site.inputs:
        if len(state) >= -along and isinstance(state[along], Channels):
            site.differs("vectors of repeated features are compared")
    found: list[Axis] = []
    for place in range(-rank, 0):
        there = [
            (state[place], type.shape[place])
            for state, type in zip(site.inputs, site.types, strict=True)
            if -place <= len(state)
        ]
        if place != along:
            found.append(site.agreed([axis for axis, _ in there], [size for _, size in there]))
        elif site.settings.get("keepdim"):
            found.append(None)
    return [tuple(found)]


# --------------------------------------------------------------------------------------- products, attention


@follows("matmul")
def _matmul(site: Site) -> list[State]:
    left, right = site.inputs
    (output,) = site.operation.outputs
    inner = (left[-1], right[-2] if len(right) > 1 else right[-1])
    if any(isinstance(axis, Channels) for axis in inner):
        site.differs("repeated channels are multiplied with each other and summed up")
    stack = output.rank - (len(left) > 1) - (len(right) > 1)
    found: list[Axis] = []
    for place in range(-stack, 0):
        axes = [(state[:-2], type.shape[:-2]) for state, type in zip(site.inputs, site.types, strict=True)]
        there = [(state[place], shape[place]) for state, shape in axes if -place <= len(state)]
        found.append(site.agreed([axis for axis, _ in there], [size for _, size in there]))
    rows = left[-2:-1] if len(left) > 1 else ()
    return [(*found, *rows, *(right[-1:] if len(right) > 1 else ()))]


@follows("einsum")
def _einsum(site: Site) -> list[State]:
    equation = equation_of(word(site.settings, "equation"), site.types)
    found: dict[str, Axis] = {}
    for letter in dict.fromkeys("".join(equation.terms)):
        there = [
            (state[place], type.shape[place])
            for state, type, term in zip(site.inputs, site.types, equation.terms, strict=True)
            for place, each in enumerate(term)
            if each == letter
        ]
        found[letter] = site.agreed([axis for axis, _ in there], [size for _, size in there])
        if letter not in equation.result and any(isinstance(axis, Channels) for axis, _ in there):
            site.differs("repeated channels are multiplied with each other and summed up")
    return [tuple(found[each] for each in equation.result)]


@follows("attend", "linear_attend")
def _attend(site: Site) -> list[State]:
    query, key, value, *masks = site.inputs
    apart = [(each[-3], type.shape[-3]) for each, type in zip(masks, site.types[3:], strict=True) if len(each) > 2]
    if isinstance(query[3], Channels) or isinstance(key[3], Channels):
        site.differs("queries and keys are longer by repeated features, which changes their products")
    if site.types[0].shape[1] == site.types[1].shape[1]:
        there = [(each[1], type.shape[1]) for each, type in zip((query, key, value), site.types, strict=False)]
        heads = site.agreed([axis for axis, _ in (*there, *apart)], [size for _, size in (*there, *apart)])
    elif query[1] is key[1] is None and all(axis is None for axis, _ in apart):
        heads = None
    else:
        site.differs("heads that share keys are repeated")
        heads = Lost(f"heads of `{site.path}` share keys")
    return [(query[0], heads, query[2], value[3])]


@follows("rope")
def _rope(site: Site) -> list[State]:
    (state,) = site.inputs
    if isinstance(state[-1], Channels):
        site.differs("features turn at other rates")
        return [(*state[:-1], Lost(f"`{site.path}` turns them"))]
    return [state]


@follows("index_select", "gather")
def _gathered(site: Site) -> list[State]:
    state, index = site.inputs
    place = _dims(site, whole(site.settings, "dim"), len(state))[0]
    if isinstance(state[place], Channels):
        site.differs("channels are taken by number")
        return site.opaque(f"`{site.path}` takes channels by number")
    taken: Sequence[Axis] = index if site.operation.operator == "index_select" else (index[place],)
    return [(*state[:place], *taken, *state[place + 1 :])]
