"""Elements moved around the end of a dimension (`roll`), and repeated: all of it (`tile`), or each (`repeat_interleave`)."""

from collections.abc import Sequence

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import show, whole
from symnas.operators.shapes import dimension, only
from symnas.operators.text import literal
from symnas.types import TensorType

__all__ = ["rolled", "tiled"]


def rolled(settings: Settings, rank: int) -> list[tuple[int, int]]:
    """The dimensions along which a tensor of *rank* is rolled, each with by how much.

    Raises:
        OperatorError: there are not as many shifts as dimensions, or a dimension is named twice.
    """
    shifts, dims = (
        tuple(each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, int))
        for value in (settings["shifts"], settings["dims"])
    )
    if len(shifts) != len(dims):
        raise OperatorError(
            f"`roll` takes a shift for each dimension; {show(settings['shifts'])} for {show(settings['dims'])}",
            setting="shifts",
        )
    places = [dimension("roll", each, rank, "dims") for each in dims]
    if len(set(places)) != len(places):
        raise OperatorError("`roll` names a dimension twice", setting="dims")
    return list(zip(places, shifts, strict=True))


def _apply_roll(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("roll", inputs)
    rolled(settings, tensor.rank)
    return Applied((tensor,))


def _torch_roll(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    shifts, dims = (literal(settings[name]) for name in ("shifts", "dims"))  # equal shifts stay several
    return TorchForm(call=f"torch.roll({{0}}, {shifts}, {dims})")


register(
    Operator(
        name="roll",
        settings=(Setting("shifts", Kind.PAIR, length=None), Setting("dims", Kind.PAIR, length=None)),
        apply=_apply_roll,
        torch=_torch_roll,
        method=True,
    )
)


def tiled(settings: Settings, rank: int) -> tuple[int, ...]:
    """How often each dimension is repeated, those that come first included."""
    dims = settings["dims"]
    assert isinstance(dims, tuple), dims
    times = tuple(each for each in dims if isinstance(each, int))
    return (*(1,) * (rank - len(times)), *times)


def _apply_tile(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("tile", inputs)
    times = tiled(settings, tensor.rank)
    sizes = (*(1,) * (len(times) - tensor.rank), *tensor.shape)
    return Applied((tensor.with_shape(*(size * count for size, count in zip(sizes, times, strict=True))),))


def _torch_tile(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    dims = settings["dims"]
    assert isinstance(dims, tuple), dims
    return TorchForm(call=f"{{0}}.tile({', '.join(map(literal, dims))})")


register(
    Operator(
        name="tile",
        settings=(Setting("dims", Kind.SIZES, least=1, rest=True),),
        apply=_apply_tile,
        torch=_torch_tile,
        method=True,
    )
)


def _apply_interleaved(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("repeat_interleave", inputs)
    place = dimension("repeat_interleave", whole(settings, "dim"), tensor.rank)
    size = tensor.shape[place] * whole(settings, "repeats")
    return Applied((tensor.with_shape(*tensor.shape[:place], size, *tensor.shape[place + 1 :]),))


def _torch_interleaved(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"{{0}}.repeat_interleave({settings['repeats']}, dim={settings['dim']})")


register(
    Operator(
        name="repeat_interleave",
        settings=(Setting("repeats", Kind.WHOLE, least=1), Setting("dim", Kind.WHOLE)),
        apply=_apply_interleaved,
        torch=_torch_interleaved,
        method=True,
    )
)
