"""Operators that treat every element alike: what is 0 may stay 0 or not, channels stay apart."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from symnas.pruning.coupling import Site
from symnas.pruning.labels import Axis, Count, Labels
from symnas.pruning.rules.registry import couples
from symnas.types import TensorType

KEEP_ZERO = (
    "CELU ELU GELU Hardshrink Hardswish LeakyReLU Mish RReLU ReLU ReLU6 SELU SiLU Softshrink Softsign Tanh Tanhshrink "
    "asin asinh atan atanh sinh neg cast erf expm1 log1p sin sqrt tan tanh abs ceil floor relu round sign square trunc elu gelu hardswish leaky_relu mish "
    "relu6 selu silu softsign tanhshrink Identity Dropout AlphaDropout FeatureAlphaDropout Dropout1d Dropout2d Dropout3d DropPath"
).split()
"""Give 0 for 0."""
_LOSE_ZERO = "acos cosh Hardsigmoid LogSigmoid Sigmoid Softplus cos exp sigmoid softplus hardsigmoid logsigmoid logical_not rand_like randn_like".split()
"""Give another number for 0, or any."""
_POLES = "acosh log log2 reciprocal rsqrt".split()
"""Give no number for 0, so that a network in which channels are 0 could not be computed."""


@couples(*KEEP_ZERO)
def _keeps_zero(site: Site) -> list[Labels]:
    return site.inputs


@couples(*_LOSE_ZERO)
def _loses_zero(site: Site) -> list[Labels]:
    return [site.inputs[0].zero_if(False)]


@couples(*_POLES)
def _pole(site: Site) -> list[Labels]:
    return site.fixed("gives no number for a channel that is 0")


@couples("Hardtanh")
def _hardtanh(site: Site) -> list[Labels]:
    return [site.inputs[0].zero_if(_real(site, "min_val", 0) <= 0 <= _real(site, "max_val", 0))]


@couples("clamp")
def _clamp(site: Site) -> list[Labels]:
    return [site.inputs[0].zero_if(_real(site, "min", 0) <= 0 <= _real(site, "max", 0))]


@couples("Threshold")
def _threshold(site: Site) -> list[Labels]:
    return [site.inputs[0].zero_if(_real(site, "threshold", 0) < 0 or _real(site, "value", 0) == 0)]


@couples("Zero")
def _zero(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    if site.whole("stride") == 1:
        return [Labels.of(labels.axes, True)]
    site.stay_but(labels, (0, 1), "leaves some positions out")
    return [Labels.of([*labels.axes[:2], *(None for _ in labels.axes[2:])], True)]


def _real(site: Site, setting: str, otherwise: int) -> Fraction | float:
    value = site.given(setting)
    return value if isinstance(value, int | float | Fraction) else otherwise


# ------------------------------------------------------------------------------------------- several tensors


def aligned(site: Site, inputs: Sequence[Labels], types: Sequence[TensorType], rank: int) -> list[Axis]:
    """The axes that tensors have together, aligned at the last; one of size 1 that is stretched stays."""
    found: list[Axis] = []
    for place in range(rank, 0, -1):
        size = max(
            (each.shape[-place] for each in types if each.rank >= place), key=lambda size: size != 1
        )  # what the others are stretched to
        axis: Axis = None
        first = True
        for labels, type in zip(inputs, types, strict=True):
            if type.rank < place:
                continue
            if type.shape[-place] != size:
                site.stay(labels.axes[-place], "stretches it over all channels")
                continue
            axis = labels.axes[-place] if first else site.same(axis, labels.axes[-place])
            first = False
        found.append(axis)
    return found


def spread(site: Site, number: int, place: int) -> bool:
    """Whether what goes of the axis *place* from the end of all together is 0 in the input *number*, which has that axis."""
    labels, type = site.inputs[number], site.types[number]
    wide = (each.shape[-place] for each in site.types if each.rank >= place)
    if (
        type.rank < place
        or labels.axes[-place] is None
        or (type.shape[-place] == 1 and any(size != 1 for size in wide))
    ):
        return False
    return labels.zeros[-place]


def together(site: Site, zero: Callable[[list[bool]], bool]) -> Labels:
    """All inputs element by element; *zero* says whether the result is 0, from which of them are."""
    rank = max(each.rank for each in site.types)
    axes = aligned(site, site.inputs, site.types, rank)
    zeros = [zero([spread(site, number, place) for number in range(len(site.inputs))]) for place in range(rank, 0, -1)]
    return Labels.of(axes, zeros)


@couples("add", "sub")
def _add(site: Site) -> list[Labels]:
    if len(site.inputs) == 1:
        return [site.inputs[0].zero_if(site.given("other") == 0)]
    return [together(site, all)]


@couples("sum_all", "mean_all", "max_all", "min_all", "maximum", "minimum")
def _sum(site: Site) -> list[Labels]:
    return [together(site, all)]


@couples("mul", "logical_and")
def _mul(site: Site) -> list[Labels]:
    return site.inputs if len(site.inputs) == 1 else [together(site, any)]


@couples("logical_or")
def _or(site: Site) -> list[Labels]:
    return [together(site, all)]


@couples("div", "floor_divide", "remainder", "fmod")
def _div(site: Site) -> list[Labels]:
    if len(site.inputs) == 1:
        turned = site.operation.operator != "fmod" and site.given("reversed")
        return site.fixed("divides by a channel that is 0") if turned else site.inputs
    for axis in site.inputs[1].axes:
        site.stay(axis, "divides by a channel that is 0")
    divisor = Labels.fixed(site.types[1].rank)
    site.inputs[1] = divisor
    return [together(site, any)]


@couples("pow")
def _pow(site: Site) -> list[Labels]:
    power = site.given("other")
    if (
        len(site.inputs) == 1
        and not site.given("reversed")
        and isinstance(power, int | float | Fraction)
        and power >= 0
    ):
        return [site.inputs[0].zero_if(power > 0)]
    if len(site.inputs) == 1 and site.given("reversed") and isinstance(power, int | float | Fraction) and power > 0:
        return [site.inputs[0].zero_if(False)]
    return site.fixed("may divide by a channel that is 0")


@couples("gt", "ge", "lt", "le", "eq", "ne")
def _compare(site: Site) -> list[Labels]:
    return [together(site, all).zero_if(False)]


@couples("where")
def _where(site: Site) -> list[Labels]:
    numbers = [each for each in (site.given("input"), site.given("other")) if each is not None]
    return [together(site, lambda zeros: all(zeros[1:])).zero_if(all(each == 0 for each in numbers))]


@couples("masked_fill")
def _masked_fill(site: Site) -> list[Labels]:
    return [together(site, lambda zeros: zeros[0]).zero_if(site.given("value") == 0)]


@couples("PReLU")
def _prelu(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    if site.whole("num_parameters") > 1:
        axis = labels.axes[1]
        site.weigh("weight", axis)
        if axis is not None:
            site.settings["num_parameters"] = Count(axis)
    return [labels]
