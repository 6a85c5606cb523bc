"""The rule `identities`: which operations give back their input, whatever flows in.

Only what holds exactly, element by element, in training as well as after it.
"""

from collections.abc import Callable, Mapping

from symnas.operators.base import Settings, SettingValue
from symnas.types import TensorType

__all__ = ["is_identity"]


def is_identity(operator: str, settings: Settings, read: TensorType, made: TensorType) -> bool:
    """Whether *operator*, applied to one tensor of type *read*, makes that tensor of it (of type *made*)."""
    rule = _WHEN.get(operator)
    return rule is not None and read == made and rule(settings)


def _always(_: Settings) -> bool:
    return True


def _never_drops(settings: Settings) -> bool:
    return settings["p"] == 0


def _takes_all(settings: Settings) -> bool:
    """A slice whose result has the type of its input takes all of it, in order, where no step goes over anything."""
    index = settings["index"]
    entries = index if isinstance(index, tuple) else (index,)
    return all(entry == "..." or (isinstance(entry, tuple) and entry[-1] in (None, 1)) for entry in entries)


def _keeps_order(settings: Settings) -> bool:
    """Whether `permute` leaves each dimension where it is."""
    dims = settings["dims"]
    return isinstance(dims, tuple) and all(each == place for place, each in enumerate(dims))


def _swaps_nothing(settings: Settings) -> bool:
    return settings["dim0"] == settings["dim1"]


def _sees_one(settings: Settings) -> bool:
    """Whether the window of a pool is a single element, moved by one."""
    stride = settings["stride"]
    return (
        _all_are(settings["kernel_size"], 1)
        and (stride is None or _all_are(stride, 1))
        and (settings["padding"] is None or _all_are(settings["padding"], 0))
    )


def _with_number(neutral: int, *, left: bool) -> Callable[[Settings], bool]:
    """Whether the number beside the tensor is *neutral*; *left*: on either side of it."""

    def rule(settings: Settings) -> bool:
        other = settings["other"]
        return other is not None and other == neutral and (left or not settings["reversed"])

    return rule


def _adds_nothing(settings: Settings) -> bool:
    return _all_are(settings["padding"], 0)


def _all_are(value: SettingValue, number: int) -> bool:
    values = value if isinstance(value, tuple) else (value,)
    return all(each == number for each in values)


_RESHAPING = ("Flatten", "flatten", "Unflatten", "unflatten", "reshape", "expand", "squeeze")
"""Elements stay in order: if the type is the same, so is the tensor."""
_OF_ONE = ("sum_all", "mean_all", "max_all", "min_all", "concat")
"""Over a list of tensors: of one, it is that one."""
_DROPPING = ("Dropout", "AlphaDropout", "FeatureAlphaDropout", "Dropout1d", "Dropout2d", "Dropout3d", "DropPath")
_ADAPTIVE = tuple(f"Adaptive{kind}Pool{place}d" for kind in ("Avg", "Max") for place in (1, 2, 3))
"""To the size that is there already, each window is one element."""
_POOLS = tuple(f"{kind}Pool{place}d" for kind in ("Avg", "Max") for place in (1, 2, 3))
_PADS = tuple(
    f"{kind}Pad{place}d"
    for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")
    for place in (1, 2, 3)
)

_WHEN: Mapping[str, Callable[[Settings], bool]] = {
    "Identity": _always,
    **dict.fromkeys((*_RESHAPING, *_OF_ONE, *_ADAPTIVE), _always),
    **dict.fromkeys(_DROPPING, _never_drops),
    **dict.fromkeys(_POOLS, _sees_one),
    **dict.fromkeys(_PADS, _adds_nothing),
    "slice": _takes_all,
    "Permute": _keeps_order,
    "permute": _keeps_order,
    "transpose": _swaps_nothing,
    "add": _with_number(0, left=True),
    "sub": _with_number(0, left=False),
    "mul": _with_number(1, left=True),
    "div": _with_number(1, left=False),
    "pow": _with_number(1, left=False),
}
"""By operator, when it gives back its input, provided that the type is kept."""
