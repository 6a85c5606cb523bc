"""Poolings: with a window, to a given size."""

from collections.abc import Sequence
from fractions import Fraction
from math import prod

from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.torch.registry import reads
from symnas.compilers.importing.torch.site import Site
from symnas.compilers.importing.values import Flow, Value
from symnas.operators.windows import windows
from symnas.sizes import Size

_WITH_PLACES = "d_with_indices"


@reads(*(f"max_pool{spatial}{end}" for spatial in (1, 2, 3) for end in ("d", _WITH_PLACES)))
def _max(at: Site) -> Value | tuple[Value, ...]:
    """With the places of the maxima where something reads them."""
    several = at.operator.endswith(_WITH_PLACES)
    spatial = int(at.operator.removesuffix(_WITH_PLACES).removesuffix("d")[-1])
    settings = {
        "kernel_size": _each(at.numbers("kernel_size"), spatial),
        "stride": _each(at.numbers("stride"), spatial) or None,
        "padding": _each(at.numbers("padding"), spatial),
        "dilation": _each(at.numbers("dilation"), spatial),
        "ceil_mode": bool(at["ceil_mode"]),
        "return_indices": several and 1 in at.used,
    }
    found = at.drawing.apply(f"MaxPool{spatial}d", [at.flow()], settings)
    return found if several else found[0]


@reads("max_unpool2d", "max_unpool3d")
def _unpool(at: Site) -> Value:
    """With the window of the pooling that says the places; without one, a window that fits."""
    spatial = int(at.operator[-2])
    flow, places = at.flow(), at.flow("indices")
    wanted = at.sizes("output_size")
    settings = _window_of(at, places, spatial) or _any_window(flow.type.shape[2:], wanted)
    return at.one(f"MaxUnpool{spatial}d", flow, places, output_size=wanted, **settings)


def _window_of(at: Site, places: Flow, spatial: int) -> dict[str, object] | None:
    """The window of the pooling that says *places*, lines seen as images one wide."""
    record = at.drawing.made(places)
    lines = record is not None and record.operator == "unsqueeze"
    if record is not None and lines:
        record = at.drawing.made(at.drawing.flow_of(record.operands[0]))
    if record is None or record.operator != f"MaxPool{spatial - lines}d":
        return None
    given = dict(record.settings)
    found = windows(given, spatial - lines)
    more = (1,) if lines else ()
    return {
        "kernel_size": (*(each.kernel for each in found), *more),
        "stride": (*(each.stride for each in found), *more),
        "padding": (*(each.before for each in found), *(0 for _ in more)),
    }


def _any_window(sizes: Sequence[Size], wanted: Sequence[Size]) -> dict[str, object]:
    """A window at stride 1 of which a pooling of *wanted* makes *sizes*.

    Raises:
        Refused: there is none.
    """
    kernel = [after - before + 1 for before, after in zip(sizes, wanted, strict=True)]
    if not all(isinstance(each, int) and each > 0 for each in kernel):
        raise Refused("its window is not told")
    return {"kernel_size": tuple(kernel), "stride": 1, "padding": 0}


@reads("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _average(at: Site) -> Value:
    spatial = int(at.operator[-2])
    padding, kernel = _each(at.numbers("padding"), spatial), _each(at.numbers("kernel_size"), spatial)
    own = at.has("divisor_override")
    if own and at["ceil_mode"]:
        raise Refused("it divides by a number of its own what hangs over the end")
    found = at.one(
        f"AvgPool{spatial}d",
        at.flow(),
        kernel_size=kernel,
        stride=_each(at.numbers("stride"), spatial) or None,
        padding=padding,
        ceil_mode=bool(at["ceil_mode"]),
        count_include_pad=(own or bool(at["count_include_pad"])) and any(padding),
    )
    return at.one("mul", found, other=Fraction(prod(kernel), int(at["divisor_override"]))) if own else found


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


@reads("fractional_max_pool2d", "fractional_max_pool3d")
def _fractional(at: Site) -> tuple[Value, ...]:
    if 1 in at.used:
        raise Refused("it hands out the places of the maxima")
    settings = {name: at.numbers(name) for name in ("kernel_size", "output_size")}
    spatial = len(settings["kernel_size"])
    return (at.one(f"FractionalMaxPool{spatial}d", at.flow(), at.flow("random_samples"), **settings),)
