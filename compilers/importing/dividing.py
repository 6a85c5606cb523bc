"""Quotients that have a name: vectors over their length (`normalize`), channels over the squares of those beside them
(`LocalResponseNorm`), numbers over their distance from -1 or 1 (`Softsign`), as `torch.nn` writes them out.
"""

from typing import Any

from symnas.compilers.importing.drawing import Record
from symnas.compilers.importing.simplifying import Made, Seen, rule

__all__: list[str] = []


def _number(record: Record) -> Any:
    """The number beside the one tensor of *record*, on its right."""
    settings = dict(record.settings)
    return settings["other"] if len(record.operands) == 1 and not settings["reversed"] else None


def _is_square(value: int, of: int, seen: Seen) -> bool:
    """Whether *value* is the square of the value *of*."""
    found = seen.maker(value, "square", "pow", "mul")
    if found is None or set(found.operands) != {of}:
        return False
    return (
        found.operator == "square"
        or len(found.operands) == 2
        or (found.operator == "pow" and not dict(found.settings)["reversed"] and _number(found) == 2)
    )


# ------------------------------------------------------------------------------------------------ normalize


@rule("div")
def _normalize(record: Record, seen: Seen) -> Made | None:
    """What is divided by its norm along a dimension, or by a number where that is less."""
    if len(record.operands) != 2:
        return None
    value, length = record.operands
    wide = seen.maker(length, "expand")
    least = seen.maker(length if wide is None else wide.operands[0], "clamp")
    if least is None or dict(least.settings)["max"] is not None:
        return None
    found = _norm(least.operands[0], value, seen)
    if found is None:
        return None
    power, dim = found
    rank = len(record.types[0].shape)
    eps = dict(least.settings)["min"]
    return Made(
        "normalize", (value,), {"p": power, "dim": -1 if dim % rank == rank - 1 > 1 else dim % rank, "eps": eps}
    )


def _norm(value: int, of: int, seen: Seen) -> tuple[int, int] | None:
    """Of which order *value* is the norm of the value *of*, and along which dimension."""
    root = seen.maker(value, "sqrt")
    total = seen.maker(value if root is None else root.operands[0], "sum")
    if total is None:
        return None
    settings = dict(total.settings)
    dims = settings["dim"] if isinstance(settings["dim"], tuple) else (settings["dim"],)
    if len(dims) != 1 or not isinstance(dims[0], int) or not settings["keepdim"]:
        return None
    if root is not None:
        return (2, dims[0]) if _is_square(total.operands[0], of, seen) else None
    sizes = seen.maker(total.operands[0], "abs")
    return (1, dims[0]) if sizes is not None and sizes.operands == (of,) else None


# ----------------------------------------------------------------------------------------- LocalResponseNorm


@rule("div")
def _local_response(record: Record, seen: Seen) -> Made | None:
    """x / (k + alpha · the mean of squares of the channels around each) ** beta."""
    if len(record.operands) != 2:
        return None
    value, divisor = record.operands
    power = seen.maker(divisor, "pow")
    total = power and seen.maker(power.operands[0], "add")
    share = total and seen.maker(total.operands[0], "mul")
    if power is None or total is None or share is None:
        return None
    numbers = {"alpha": _number(share), "beta": _number(power), "k": _number(total)}
    size = _around(share.operands[0], value, seen)
    if size is None or any(each is None for each in numbers.values()):
        return None
    return Made("LocalResponseNorm", (value,), {"size": size, **numbers})


def _around(mean: int, value: int, seen: Seen) -> int | None:
    """Over how many channels *mean* takes the squares of *value*, seen as planes of channels by positions."""
    while (view := seen.maker(mean, "reshape", "squeeze")) is not None:
        mean = view.operands[0]
    pool = seen.maker(mean, "AvgPool2d", "AvgPool3d")
    border = pool and seen.maker(pool.operands[0], "ZeroPad2d", "ZeroPad3d")
    if pool is None or border is None:
        return None
    planes = border.operands[0]
    before, shape = seen.type(value).shape, seen.type(planes).shape
    squares = seen.maker(planes, "reshape", "unsqueeze")
    if squares is None or not _is_square(squares.operands[0], value, seen) or shape[:3] != (before[0], 1, before[1]):
        return None
    settings, flat = dict(pool.settings), len(shape) - 3
    kernel, padding = settings["kernel_size"], dict(border.settings)["padding"]
    if not isinstance(kernel, tuple) or not isinstance(kernel[0], int) or kernel[1:] != (1,) * flat:
        return None
    sides = (*(0,) * (2 * flat), kernel[0] // 2, (kernel[0] - 1) // 2)
    still = settings["stride"] == 1 and settings["padding"] == 0 and not settings["ceil_mode"]
    return kernel[0] if still and padding == sides else None


# -------------------------------------------------------------------------------------------------- Softsign


@rule("div")
def _softsign(record: Record, seen: Seen) -> Made | None:
    """x / (|x| + 1)."""
    if len(record.operands) != 2:
        return None
    value, divisor = record.operands
    total = seen.maker(divisor, "add")
    distance = total and seen.maker(total.operands[0], "abs")
    if total is None or distance is None or distance.operands != (value,) or dict(total.settings)["other"] != 1:
        return None
    return Made("Softsign", (value,))
