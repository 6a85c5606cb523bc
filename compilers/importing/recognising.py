"""Layers that a model writes out, by name: heads split and merged, attention of shared heads, shuffled channels, norms,
activations.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import isclose, pi, sqrt
from typing import Any

from symnas.compilers.importing.drawing import Record
from symnas.compilers.importing.simplifying import Made, Seen, rule
from symnas.compilers.importing.values import Known

__all__: list[str] = []

# ---------------------------------------------------------------------------------------------------- heads


@rule("transpose", "permute")
def _split(record: Record, seen: Seen) -> Made | None:
    """`[N, T, D]` as `[N, T, heads, d]`, then with heads in front of steps."""
    apart = seen.maker(record.operands[0], "reshape", "unflatten")
    if apart is None or not _swaps_inner(record, 4):
        return None
    before, (batch, time, heads, _) = seen.type(apart.operands[0]).shape, apart.types[0].shape
    if len(before) != 3 or before[:2] != (batch, time) or not isinstance(heads, int):
        return None
    return Made("SplitHeads", apart.operands, {"heads": heads})


@rule("reshape", "Flatten", "flatten")
def _merge(record: Record, seen: Seen) -> Made | None:
    """Heads behind steps again, and all features in a row."""
    turned = seen.maker(record.operands[0], "transpose", "permute")
    if turned is None or not _swaps_inner(turned, 4):
        return None
    batch, time, *_ = turned.types[0].shape
    after = record.types[0].shape
    return Made("MergeHeads", turned.operands) if len(after) == 3 and after[:2] == (batch, time) else None


def _swaps_inner(record: Record, rank: int) -> bool:
    """Whether *record* swaps the second and the third of *rank* dimensions."""
    settings: Mapping[str, Any] = dict(record.settings)
    if len(record.types[0].shape) != rank:
        return False
    if record.operator == "permute":
        return [int(each) % rank for each in settings["dims"]] == [0, 2, 1, *range(3, rank)]
    return {int(settings["dim0"]) % rank, int(settings["dim1"]) % rank} == {1, 2}


@rule("attend")
def _shared_heads(record: Record, seen: Seen) -> Made | None:
    """Keys and values that are written down once for each query that they serve: `attend` shares them."""
    settings = dict(record.settings)
    query, key, value, *mask = record.operands
    shared = [_repeated(each, seen) for each in (key, value)]
    if shared[0] is None or shared[1] is None or seen.type(shared[0]).shape[1] != seen.type(shared[1]).shape[1]:
        return None
    return Made("attend", (query, shared[0], shared[1], *mask), settings)


def _repeated(value: int, seen: Seen) -> int | None:
    """What *value* repeats, head by head."""
    together = seen.maker(value, "reshape", "flatten")
    spread = together and seen.maker(together.operands[0], "expand")
    apart = spread and seen.maker(spread.operands[0], "unsqueeze")
    if together is None or spread is None or apart is None or dict(apart.settings)["dim"] != 2:
        return None
    (found,) = apart.operands
    batch, heads, time, width = (*seen.type(found).shape, None, None, None, None)[:4]
    shape = spread.types[0].shape
    fits = len(shape) == 5 and (shape[0], shape[1], *shape[3:]) == (batch, heads, time, width)
    rows = together.types[0].shape
    return found if fits and len(rows) == 4 and (rows[0], *rows[2:]) == (batch, time, width) else None


@rule("attend")
def _usual_scale(record: Record, seen: Seen) -> Made | None:
    """The scale that is the default is left out."""
    settings = dict(record.settings)
    width = seen.type(record.operands[0]).shape[-1]
    scale = settings["scale"]
    if (
        not isinstance(scale, int | float | Fraction)
        or not isinstance(width, int)
        or not isclose(scale, width**-0.5, rel_tol=1e-7)
    ):
        return None
    return Made("attend", record.operands, {**settings, "scale": None})


# ------------------------------------------------------------------------------------------------ channels


@rule("reshape")
def _shuffled(record: Record, seen: Seen) -> Made | None:
    """Channels in groups, turned, and in a row again."""
    turned = seen.maker(record.operands[0], "transpose", "permute")
    apart = turned and seen.maker(turned.operands[0], "reshape", "unflatten")
    if turned is None or apart is None or not _swaps_inner(turned, 5):
        return None
    before, (batch, groups, *_, height, width) = seen.type(apart.operands[0]), apart.types[0].shape
    if before != record.types[0] or (batch, height, width) != (before.shape[0], *before.shape[2:]):
        return None
    return Made("ChannelShuffle", apart.operands, {"groups": groups}) if isinstance(groups, int) else None


# --------------------------------------------------------------------------------------------------- norms


@rule("mul")
def _rms_norm(record: Record, seen: Seen) -> Made | None:
    """What is divided by the root of its mean square, times a weight that nothing else reads."""
    for weight, normed in _either(record):
        scale, product = seen.maker(weight, "param"), seen.maker(normed, "mul")
        if scale is None or product is None or len(scale.types[0].shape) != 1 or not seen.is_read_once(weight):
            continue
        for value, root in _either(product):
            eps = _mean_square_eps(root, value, seen)
            if eps is not None and seen.type(value).shape[-1:] == scale.types[0].shape:
                array = scale.arrays[""]
                stem, _, last = array.name.rpartition(".")
                given = {"weight": Known(array.array, array.name, trains=True)}
                return Made("RMSNorm", (value,), {"eps": eps}, stem if last == "weight" else "", given)
    return None


def _mean_square_eps(root: int, value: int, seen: Seen) -> Any:
    """What is added to the mean square of *value* before *root* is taken."""
    inverse = seen.maker(root, "rsqrt")
    total = inverse and seen.maker(inverse.operands[0], "add")
    mean = total and seen.maker(total.operands[0], "mean")
    squares = mean and seen.maker(mean.operands[0], "pow", "square")
    if total is None or mean is None or squares is None or squares.operands != (value,):
        return None
    two = squares.operator == "square" or (_number(squares) == 2 and not dict(squares.settings)["reversed"])
    rank, dims = len(seen.type(value).shape), dict(mean.settings)["dim"]
    last = isinstance(dims, tuple) and [int(str(each)) % rank for each in dims] == [rank - 1]
    return _number(total) if two and last and dict(mean.settings)["keepdim"] else None


# --------------------------------------------------------------------------------------------- activations


@rule("mul")
def _silu(record: Record, seen: Seen) -> Made | None:
    """x · sigmoid(x)."""
    for value, gate in _either(record):
        found = seen.maker(gate, "Sigmoid", "sigmoid")
        if found is not None and found.operands == (value,):
            return Made("SiLU", (value,))
    return None


@rule("mul")
def _gelu(record: Record, seen: Seen) -> Made | None:
    """x / 2 · (1 + erf(x / √2)), or its approximation by tanh, in the orders in which products are written."""
    for factors in _factors(record, seen):
        half, *rest = sorted(factors, key=lambda each: isinstance(each, int))
        if isinstance(half, int) or not isclose(half, 0.5) or len(rest) != 2:
            continue
        for value, curve in (rest, rest[::-1]):
            kind = _curve(int(curve), int(value), seen)
            if kind is not None:
                return Made("GELU", (int(value),), {"approximate": kind})
    return None


def _factors(record: Record, seen: Seen) -> Iterator[list[int | float]]:
    """The factors of the product that *record* is, two of them perhaps in a product of their own: values as numbers of
    Python's `int`, numbers of others.
    """
    own = _product(record)
    for place, each in enumerate(own):
        inner = seen.maker(each, "mul", "div") if isinstance(each, int) else None
        if inner is not None and (factors := _product(inner)):
            yield [*factors, *own[:place], *own[place + 1 :]]


def _product(record: Record) -> list[int | float]:
    """The factors of *record*; none if it is no product."""
    if len(record.operands) == 2:
        return [*record.operands] if record.operator == "mul" else []
    factor = _factor(record)
    return [] if factor is None else [*record.operands, factor]


def _factor(record: Record) -> float | None:
    """What *record*, a product or a quotient, takes its one operand times; `None` if that is not known."""
    number = _number(record)
    if not isinstance(number, int | Fraction | float):
        return None
    if record.operator == "mul":
        return float(number)
    return 1 / float(number) if number and not dict(record.settings)["reversed"] else None


def _curve(value: int, of: int, seen: Seen) -> str | None:
    """How *value* is 1 + a curve of the value *of* that GELU takes."""
    total = seen.maker(value, "add")
    if total is None or _number(total) != 1:
        return None
    curve = seen.maker(total.operands[0], "erf", "Tanh", "tanh")
    if curve is None:
        return None
    if curve.operator == "erf":
        return "none" if _scaled(curve.operands[0], sqrt(0.5), seen) == of else None
    inner = _scaled(curve.operands[0], sqrt(2 / pi), seen)
    together = None if inner is None else seen.maker(inner, "add")
    for one, other in _either(together) if together is not None else ():
        cube = _scaled(other, 0.044715, seen)
        power = None if cube is None else seen.maker(cube, "pow")
        if one == of and power is not None and power.operands == (of,) and _number(power) == 3:
            return "tanh"
    return None


def _scaled(value: int, by: float, seen: Seen) -> int | None:
    """What *value* is, times the number *by*."""
    product = seen.maker(value, "mul", "div")
    factor = None if product is None else _factor(product)
    return (
        product.operands[0]
        if product is not None and factor is not None and isclose(factor, by, rel_tol=1e-6)
        else None
    )


def _number(record: Record) -> Any:
    """The number beside the one operand of *record*."""
    return dict(record.settings).get("other") if len(record.operands) == 1 else None


def _either(record: Record) -> Iterator[tuple[int, int]]:
    """The two operands of *record*, in both orders."""
    if len(record.operands) == 2:
        one, other = record.operands
        yield one, other
        yield other, one
