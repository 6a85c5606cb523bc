"""Normalisations over the batch, over features, groups, single channels and the channels beside each."""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm, Weight
from symnas.operators.initialising import register_weighted
from symnas.operators.registry import register
from symnas.operators.settings import flag, show, sizes, whole
from symnas.operators.shapes import LAYOUTS, channels, floating, known, layout
from symnas.operators.text import module
from symnas.types import Dtype, TensorType

_EPS = Setting("eps", Kind.REAL, Fraction(1, 100_000), least=0)
_MOMENTUM = Setting("momentum", Kind.REAL_OR_NONE, Fraction(1, 10), least=0, most=1)


def _by_channel(settings: Settings, count: int, dtype: Dtype) -> tuple[Weight, ...]:
    """Weights of a normalisation with one mean and variance for each of *count* channels, as PyTorch orders them."""
    found: list[Weight] = []
    if flag(settings, "affine"):
        found += [Weight("weight", (count,), dtype), Weight("bias", (count,), dtype)]
    if flag(settings, "track_running_stats"):
        found += [
            Weight("running_mean", (count,), dtype, trainable=False),
            Weight("running_var", (count,), dtype, trainable=False),
            Weight("num_batches_tracked", (), Dtype.I64, trainable=False),
        ]
    return tuple(found)


def _apply_batch(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = floating(owner, inputs)
    if not (dimensions == 1 and tensor.rank == 2):
        tensor = layout(owner, inputs, dimensions)
    return Applied((tensor,), _by_channel(settings, channels(owner, tensor), tensor.dtype))


def _torch_by_channel(
    name: str, affine: bool, track: bool, settings: Settings, inputs: Sequence[TensorType]
) -> TorchForm:
    return module(
        name,
        channels(name, inputs[0]),
        dtype=inputs[0].dtype,
        eps=(settings["eps"], Fraction(1, 100_000)),
        momentum=(settings["momentum"], Fraction(1, 10)),
        affine=(settings["affine"], affine),
        track_running_stats=(settings["track_running_stats"], track),
    )


def _apply_instance(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout(owner, inputs, dimensions)
    if all(size == 1 for size in tensor.shape[2:]):
        raise OperatorError(f"`{owner}` has one element in each channel of {tensor}: all would become 0", input=0)
    return Applied((tensor,), _by_channel(settings, channels(owner, tensor), tensor.dtype))


def _normalised(owner: str, settings: Settings, tensor: TensorType) -> tuple[int, ...]:
    """The trailing sizes that are normalised together: the last one where none are given.

    Raises:
        OperatorError: the given sizes are not those of the input.
    """
    if tensor.rank == 0:
        raise OperatorError(f"`{owner}` needs at least one dimension", input=0)
    if settings["normalized_shape"] is None:
        return (known(owner, tensor.shape[-1], "features"),)
    given = sizes(settings, "normalized_shape")
    if tensor.shape[-len(given) :] != given:
        raise OperatorError(
            f"`{owner}` over {show(given)} does not fit {tensor}",
            "leave `normalized_shape` out to normalise over the last dimension",
            setting="normalized_shape",
        )
    return tuple(known(owner, each, "features") for each in given)


def _apply_layer(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = floating(owner, inputs)
    shape = _normalised(owner, settings, tensor)
    weights: tuple[Weight, ...] = ()
    if flag(settings, "elementwise_affine"):
        weights = (Weight("weight", shape, tensor.dtype),)
        if settings.get("bias"):
            weights += (Weight("bias", shape, tensor.dtype),)
    return Applied((tensor,), weights)


def _torch_layer(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    shape = _normalised("LayerNorm", settings, inputs[0])
    return module(
        "nn.LayerNorm",
        shape[0] if len(shape) == 1 else (shape,),  # within another tuple: equal sizes are not written once
        dtype=inputs[0].dtype,
        eps=(settings["eps"], Fraction(1, 100_000)),
        elementwise_affine=(settings["elementwise_affine"], True),
        bias=(settings["bias"], True),
    )


def _torch_rms(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    shape = _normalised("RMSNorm", settings, inputs[0])
    return module(
        "nn.RMSNorm",
        shape[0] if len(shape) == 1 else (shape,),  # within another tuple: equal sizes are not written once
        dtype=inputs[0].dtype,
        eps=(settings["eps"], None),
        elementwise_affine=(settings["elementwise_affine"], True),
    )


def _apply_group(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = floating("GroupNorm", inputs)
    if tensor.rank < 2:
        raise OperatorError(f"`GroupNorm` takes {LAYOUTS[0]} and more dimensions; this is {tensor}", input=0)
    count, groups = channels("GroupNorm", tensor), whole(settings, "num_groups")
    if count % groups:
        raise OperatorError(f"`GroupNorm` cannot split {count} channels into {groups} groups", setting="num_groups")
    affine = (Weight("weight", (count,), tensor.dtype), Weight("bias", (count,), tensor.dtype))
    return Applied((tensor,), affine if flag(settings, "affine") else ())


def _torch_group(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    return module(
        "nn.GroupNorm",
        settings["num_groups"],
        channels("GroupNorm", inputs[0]),
        dtype=inputs[0].dtype,
        eps=(settings["eps"], Fraction(1, 100_000)),
        affine=(settings["affine"], True),
    )


def _apply_response(_: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = floating("LocalResponseNorm", inputs)
    if tensor.rank < 3:
        raise OperatorError(f"`LocalResponseNorm` takes {LAYOUTS[1]} and more dimensions; this is {tensor}", input=0)
    return Applied((tensor,))


def _torch_response(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module(
        "nn.LocalResponseNorm",
        settings["size"],
        alpha=(settings["alpha"], Fraction(1, 10_000)),
        beta=(settings["beta"], Fraction(3, 4)),
        k=(settings["k"], 1),
    )


def _settings_by_channel(*, affine: bool, track: bool) -> tuple[Setting, ...]:
    return (_EPS, _MOMENTUM, Setting("affine", Kind.FLAG, affine), Setting("track_running_stats", Kind.FLAG, track))


for _dimensions in (1, 2, 3):
    register_weighted(
        Operator(
            name=f"BatchNorm{_dimensions}d",
            settings=_settings_by_channel(affine=True, track=True),
            apply=partial(_apply_batch, f"BatchNorm{_dimensions}d", _dimensions),
            torch=partial(_torch_by_channel, f"nn.BatchNorm{_dimensions}d", True, True),
        )
    )
    register_weighted(
        Operator(
            name=f"InstanceNorm{_dimensions}d",
            settings=_settings_by_channel(affine=False, track=False),
            apply=partial(_apply_instance, f"InstanceNorm{_dimensions}d", _dimensions),
            torch=partial(_torch_by_channel, f"nn.InstanceNorm{_dimensions}d", False, False),
        )
    )

_SHAPE = Setting("normalized_shape", Kind.SIZES, None, least=1)
_AFFINE = Setting("elementwise_affine", Kind.FLAG, default=True)

register_weighted(
    Operator(
        name="LayerNorm",
        settings=(_SHAPE, _EPS, _AFFINE, Setting("bias", Kind.FLAG, default=True)),
        apply=partial(_apply_layer, "LayerNorm"),
        torch=_torch_layer,
    )
)
register_weighted(
    Operator(
        name="RMSNorm",
        settings=(_SHAPE, Setting("eps", Kind.REAL_OR_NONE, None, least=0), _AFFINE),
        apply=partial(_apply_layer, "RMSNorm"),
        torch=_torch_rms,
    )
)
register_weighted(
    Operator(
        name="GroupNorm",
        settings=(
            Setting("num_groups", Kind.WHOLE, least=1), _EPS, Setting("affine", Kind.FLAG, default=True),
        ),
        apply=_apply_group,
        torch=_torch_group,
    )
)  # fmt: skip
register(
    Operator(
        name="LocalResponseNorm",
        settings=(
            Setting("size", Kind.WHOLE, least=1),
            Setting("alpha", Kind.REAL, Fraction(1, 10_000)),
            Setting("beta", Kind.REAL, Fraction(3, 4)),
            Setting("k", Kind.REAL, 1),
        ),
        apply=_apply_response,
        torch=_torch_response,
    )
)
