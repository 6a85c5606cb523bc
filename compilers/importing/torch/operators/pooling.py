"""Poolings: with a window, to a given size."""

from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.torch.registry import reads
from symnas.compilers.importing.torch.site import Site
from symnas.compilers.importing.values import Value


@reads("max_pool1d", "max_pool2d", "max_pool3d")
def _max(at: Site) -> Value:
    spatial = int(at.operator[-2])
    return at.one(
        f"MaxPool{spatial}d",
        at.flow(),
        kernel_size=_each(at.numbers("kernel_size"), spatial),
        stride=_each(at.numbers("stride"), spatial) or None,
        padding=_each(at.numbers("padding"), spatial),
        dilation=_each(at.numbers("dilation"), spatial),
        ceil_mode=bool(at["ceil_mode"]),
    )


@reads("max_pool2d_with_indices", "max_pool1d_with_indices", "max_pool3d_with_indices")
def _with_places(at: Site) -> tuple[Value, ...]:
    if 1 in at.used:
        raise Refused("it hands out the places of the maxima")
    spatial = int(at.operator.removesuffix("d_with_indices")[-1])
    return (
        at.one(
            f"MaxPool{spatial}d",
            at.flow(),
            kernel_size=_each(at.numbers("kernel_size"), spatial),
            stride=_each(at.numbers("stride"), spatial) or None,
            padding=_each(at.numbers("padding"), spatial),
            dilation=_each(at.numbers("dilation"), spatial),
            ceil_mode=bool(at["ceil_mode"]),
        ),
    )


@reads("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _average(at: Site) -> Value:
    spatial = int(at.operator[-2])
    if at.has("divisor_override"):
        raise Refused("it divides by a number of its own")
    padding = _each(at.numbers("padding"), spatial)
    return at.one(
        f"AvgPool{spatial}d",
        at.flow(),
        kernel_size=_each(at.numbers("kernel_size"), spatial),
        stride=_each(at.numbers("stride"), spatial) or None,
        padding=padding,
        ceil_mode=bool(at["ceil_mode"]),
        count_include_pad=bool(at["count_include_pad"]) and any(padding),
    )


def _each(numbers: tuple[int, ...], spatial: int) -> tuple[int, ...]:
    return numbers * spatial if len(numbers) == 1 else numbers


@reads(
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d",
)  # fmt: skip
def _adaptive(at: Site) -> Value | tuple[Value, ...]:
    spatial, word = int(at.operator[-2]), "Avg" if "avg" in at.operator else "Max"
    sizes = _each(at.numbers("output_size"), spatial)
    if set(sizes) == {1}:
        found = at.one(f"Global{word}Pool{spatial}d", at.flow())
    else:
        found = at.one(f"Adaptive{word}Pool{spatial}d", at.flow(), output_size=sizes)
    if word == "Max" and 1 in at.used:
        raise Refused("it hands out the places of the maxima")
    return found if word == "Avg" else (found,)
