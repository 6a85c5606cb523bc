"""Operators over all positions of an axis: sums, means, softmax, running sums, products of matrices, attention.

A sum does not change without what is 0; a mean, a maximum and a softmax do.
"""

from collections.abc import Sequence
from math import sqrt
from typing import TypeVar

from symnas.operators.equations import equation_of
from symnas.operators.settings import SettingValue
from symnas.pruning.coupling import Site
from symnas.pruning.labels import Axis, Labels, Scaled
from symnas.pruning.rules.elementwise import aligned, together
from symnas.pruning.rules.registry import couples

T = TypeVar("T")

_KEEP_ZERO = ("sum", "mean", "amax", "amin", "prod", "std", "var")


@couples(*_KEEP_ZERO, "logsumexp", "argmax", "argmin", "any", "all")
def _reduced(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    rank, dim = len(labels.axes), site.given("dim")
    wanted = range(rank) if dim is None else [each % rank for each in _places(dim)]
    for place in wanted:
        if site.operation.operator == "sum":
            site.zero(labels, place, "sums it up where it is not 0")
        else:
            site.stay(labels.axes[place], "counts all of it")
    kept = [place for place in range(rank) if site.given("keepdim") or place not in wanted]
    axes = [None if place in wanted else labels.axes[place] for place in kept]
    zero = site.operation.operator in _KEEP_ZERO
    return [Labels.of(axes, [zero and place not in wanted and labels.zeros[place] for place in kept])]


@couples("normalize")
def _normalize(site: Site) -> list[Labels]:
    """Vectors have the same length without what is 0, and what is 0 stays so."""
    (labels,) = site.inputs
    site.zero(labels, site.whole("dim") % len(labels.axes), "takes its length where it is not 0")
    return [labels]


@couples("CosineSimilarity", "cosine_similarity")
def _cosine(site: Site) -> list[Labels]:
    """A cosine of what is 0 is 0; its vectors have the same length without what is, unless one is stretched to the other."""
    rank = max(each.rank for each in site.types)
    place = site.whole("dim") % rank - rank
    even = len({each.shape[place] if each.rank >= -place else 1 for each in site.types}) == 1
    for labels in site.inputs:
        if not even:
            site.stay(labels.axes[place] if len(labels.axes) >= -place else None, "stretches another to it")
        else:
            site.zero(labels, len(labels.axes) + place, "takes its length where it is not 0")
    both = together(site, any)
    return [Labels.of(_but(both.axes, place), _but(both.zeros, place))]


@couples("PairwiseDistance", "pairwise_distance")
def _distance(site: Site) -> list[Labels]:
    """`eps` counts for each element, so that all stay."""
    for labels in site.inputs:
        if labels.axes:
            site.stay(labels.axes[-1], "counts all of it")
    both = together(site, all)
    kept = (None,) if site.given("keepdim") else ()
    return [Labels.of([*both.axes[:-1], *kept], False)]


def _but(row: Sequence[T], place: int) -> list[T]:
    """*row* without what is at *place* from its end."""
    found = list(row)
    del found[place]
    return found


def _places(dim: SettingValue) -> list[int]:
    return [each for each in (dim if isinstance(dim, tuple) else (dim,)) if isinstance(each, int)]


@couples("Softmax", "Softmin", "LogSoftmax", "softmax", "log_softmax")
def _softmax(site: Site) -> list[Labels]:
    return _mixed(site, site.whole("dim"))


@couples("Softmax2d")
def _softmax2d(site: Site) -> list[Labels]:
    return _mixed(site, 1)


@couples("cumprod")
def _cumprod(site: Site) -> list[Labels]:
    return _mixed(site, site.whole("dim"))


def _mixed(site: Site, dim: int) -> list[Labels]:
    (labels,) = site.inputs
    place = dim % len(labels.axes)
    site.stay(labels.axes[place], "mixes all of it")
    return [Labels.of([None if each == place else axis for each, axis in enumerate(labels.axes)])]


@couples("sort", "argsort", "topk")
def _ordered(site: Site) -> list[Labels]:
    """Places of what is 0 are no zeros."""
    (found,) = _mixed(site, site.whole("dim"))
    places = site.operation.operator == "argsort", True
    kept = Labels.of(
        found.axes, [zero and axis is not None for zero, axis in zip(site.inputs[0].zeros, found.axes, strict=True)]
    )
    return [kept.zero_if(not place) for place in places[: len(site.outputs)]]


@couples("cumsum")
def _cumsum(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    place = site.whole("dim") % len(labels.axes)
    site.zero(labels, place, "sums it up where it is not 0")
    return [Labels.of(labels.axes, [zero and each != place for each, zero in enumerate(labels.zeros)])]


# ------------------------------------------------------------------------------------- products, attention


@couples("matmul")
def _matmul(site: Site) -> list[Labels]:
    left, right = site.inputs
    inner, of = (left, len(left.axes) - 1), (right, max(len(right.axes) - 2, 0))
    _contracted(site, inner, of)
    stacks = [Labels(each.axes[:-2], each.zeros[:-2]) for each in site.inputs]
    types = [each.with_shape(*each.shape[:-2]) for each in site.types]
    axes = aligned(site, stacks, types, max(len(each.axes) for each in stacks))
    zeros = [_either_zero(site, place) for place in range(len(axes), 0, -1)]
    rows, columns = left.axes[-2:-1], right.axes[-1:] if len(right.axes) > 1 else ()
    ends = (*left.zeros[-2:-1], *(right.zeros[-1:] if len(right.axes) > 1 else ()))
    return [Labels.of([*axes, *rows, *columns], [*zeros, *ends])]


def _either_zero(site: Site, place: int) -> bool:
    """Whether one of the factors is 0 where a stack, *place* from the last, goes."""
    size = site.outputs[0].shape[-2 - place]
    return any(
        len(each.axes) >= 2 + place and type.shape[-2 - place] == size and each.zeros[-2 - place]
        for each, type in zip(site.inputs, site.types, strict=True)
    )


def _contracted(site: Site, one: tuple[Labels, int], other: tuple[Labels, int]) -> Axis:
    """Two axes that are multiplied and summed up: what goes must be 0 in one of them."""
    (left, place), (right, of) = one, other
    axis = site.same(left.axes[place], right.axes[of], "multiplies it with what stays")
    if not (left.zeros[place] or right.zeros[of]):
        site.stay(axis, "sums it up where it is not 0")
    return axis


@couples("einsum")
def _einsum(site: Site) -> list[Labels]:
    """A letter is one axis wherever it stands; what is summed up must be 0 in one of the factors."""
    equation = equation_of(str(site.given("equation")), site.types)
    axes: dict[str, Axis] = {}
    zeros: dict[str, bool] = {}
    for letter in dict.fromkeys("".join(equation.terms)):
        stands = [
            (labels, place, type.shape[place])
            for labels, type, term in zip(site.inputs, site.types, equation.terms, strict=True)
            for place, each in enumerate(term)
            if each == letter
        ]
        wide = [(labels, place) for labels, place, size in stands if size != 1]
        for number, (labels, place) in enumerate(wide):
            axis = labels.axes[place]
            axes[letter] = site.same(axes[letter], axis, "multiplies it with what stays") if number else axis
        zeros[letter] = any(labels.zeros[place] for labels, place in wide)
        if letter not in equation.result and not zeros[letter]:
            site.stay(axes.get(letter), "sums it up where it is not 0")
    return [Labels.of([axes.get(each) for each in equation.result], [zeros[each] for each in equation.result])]


@couples("attend")
def _attend(site: Site) -> list[Labels]:
    query, key, value, *masks = site.inputs
    site.stay_but(query, (1, 2, 3), "goes along it")
    if site.given("causal") or masks:
        site.stay(query.axes[2], "looks at what is before each position")
    for each in (key, value):
        site.stay_but(each, (1, 3), "goes along it")
    axis = _contracted(site, (query, 3), (key, 3))
    if axis is not None and site.given("scale") is None:
        scale = 1 / sqrt(len(axis))
        site.settings["scale"] = Scaled(axis, None, lambda _: scale)
    heads = _heads(site, query.axes[1], site.same(key.axes[1], value.axes[1]))
    for mask, type in zip(masks, site.types[3:], strict=True):
        own = type.rank > 2 and type.shape[-3] != 1
        site.stay_but(mask, (type.rank - 3,) if own else (), "says what is looked at")
        heads = site.same(heads, mask.axes[-3]) if own else heads
    zeros = [False, value.zeros[1], False, value.zeros[3]]
    if heads is not None and site.types[0].shape[1] != site.types[1].shape[1] == 1:
        zeros[1] = False
    time = None if site.given("causal") or masks else query.axes[2]
    return [Labels.of([None, heads, time, value.axes[3]], zeros)]


@couples("linear_attend")
def _linear_attend(site: Site) -> list[Labels]:
    """Sums over all features of keys, which are never 0 as they stand there: heads and features of values can go."""
    query, key, value, *masks = site.inputs
    for each in (query, key):
        site.stay_but(each, (1,), "multiplies sums of it")
    site.stay_but(value, (1, 3), "sums it up")
    for mask, type in zip(masks, site.types[3:], strict=True):
        own = type.rank > 2 and type.shape[-3] != 1
        site.stay_but(mask, (type.rank - 3,) if own else (), "says what is looked at")
        if own:
            site.same(key.axes[1], mask.axes[-3])
    heads = _heads(site, query.axes[1], site.same(key.axes[1], value.axes[1]))
    alone = site.types[0].shape[1] != site.types[1].shape[1] == 1
    return [Labels.of([None, heads, None, value.axes[3]], [False, value.zeros[1] and not alone, False, value.zeros[3]])]


@couples("MultiheadAttention")
def _multihead(site: Site) -> list[Labels]:
    return site.fixed("takes it apart into heads")


def _heads(site: Site, query: Axis, key: Axis) -> Axis:
    """The heads that come out. Where several of the query share one of the key, these go together; where all share one,
    each goes alone.
    """
    count, groups = site.types[0].shape[1], site.types[1].shape[1]
    assert isinstance(count, int), count
    assert isinstance(groups, int), groups
    if groups == 1 and count > 1:
        site.stay(key, "has one head for all")
        return query
    if key is None or query is None:
        return site.same(query, key)
    site.same(key.repeat(count // groups), query)
    return query
