"""Settings of operators: what each accepts, and how written arguments become a complete, normalised record.

The meaning of a setting is its operator's business; where its text stands is the caller's.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from fractions import Fraction
from math import inf
from sys import float_info
from typing import Final

from attrs import frozen

from symnas.errors import nearest
from symnas.operators.starts import STARTS, Start
from symnas.sizes import Size, SymbolicSize, is_whole

__all__ = [
    "LARGEST_REAL", "LARGEST_WHOLE", "REQUIRED", "Kind", "OperatorError", "Setting", "SettingValue", "Settings", "bind", "flag", "left_out", "number", "per_dimension",
    "real", "show", "sizes", "start", "whole", "word",
]  # fmt: skip

SettingValue = int | Fraction | float | bool | str | None | tuple["SettingValue", ...] | Size | Start
"""A normalised setting. Whole numbers are `int`, exact reals `Fraction`, chosen continuous values `float`."""

Settings = Mapping[str, SettingValue]
"""Every setting of an operator by name, defaults filled, as `bind` gives it."""


_NUMBER = (int, Fraction, float)

LARGEST_WHOLE = 2**63 - 1
"""The largest whole number that PyTorch takes."""

LARGEST_REAL = Fraction(float_info.max)
"""The largest finite number of 64 bits."""


class Kind(Enum):
    """What a setting accepts. A setting whose default is `none` accepts that too."""

    WHOLE = "a whole number"
    WHOLE_OR_NONE = "a whole number or `none`"
    PAIR = "a whole number or one per dimension"
    PAIR_OR_NONE = "a whole number, one per dimension, or `none`"
    EACH_OR_NONE = "a whole number or `none`, or one of those per dimension"
    REAL = "a number"
    REAL_OR_NONE = "a number or `none`"
    SCALAR = "a number or a size"
    FLAG = "`true` or `false`"
    WORD = "a string"
    SIZE = "a size"
    SIZES = "a list of sizes"
    START = "an initialisation"
    ANY = "a value"


_OR_NONE = (Kind.WHOLE_OR_NONE, Kind.PAIR_OR_NONE, Kind.EACH_OR_NONE, Kind.REAL_OR_NONE)


class _Required(Enum):
    REQUIRED = "required"


REQUIRED: Final = _Required.REQUIRED
"""The default of a setting that has none."""


class OperatorError(Exception):
    """Settings or inputs that an operator refuses. Whoever knows the source text turns it into a diagnostic.

    *setting* names the setting at fault (the caller underlines its argument), *input* the position of the tensor;
    neither means the whole application.
    """

    def __init__(
        self, message: str, hint: str | None = None, *, setting: str | None = None, input: int | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.hint, self.setting, self.input = message, hint, setting, input


@frozen
class Setting:
    """A named argument of an operator, with PyTorch's name and default.

    *least* and *most* bound every number in it. *rest* takes all positional arguments: `Permute(0, 2, 1)`. *named* is
    given by its name alone, as it is none of PyTorch's own, or stands elsewhere there. *hint* is
    what to write instead of what it does not take. *leads* stands before the tensors: `einsum("ij->ji", x)`.
    """

    name: str
    kind: Kind
    default: SettingValue | _Required = REQUIRED
    words: tuple[str, ...] = ()
    """The strings a `WORD` accepts, and a `PAIR` beside its numbers; empty for any, or none."""
    least: int | None = None
    most: int | None = None
    length: int | None = 2
    """How many numbers a `PAIR` takes where it is not one for all; `None` for any, which the rule checks."""
    rest: bool = False
    named: bool = False
    leads: bool = False
    hint: str | None = None

    def normalise(self, owner: str, value: object) -> SettingValue:
        """*value* as the operator called *owner* reads it.

        Raises:
            OperatorError: it is not of the setting's kind, or out of its bounds.
        """
        if value is None and (self.default is None or self.kind in _OR_NONE):
            return None
        if isinstance(value, str) and value in self.words:
            return value
        match self.kind:
            case Kind.WHOLE | Kind.WHOLE_OR_NONE:
                return self._whole(owner, value)
            case Kind.PAIR | Kind.PAIR_OR_NONE | Kind.EACH_OR_NONE:
                return self._pair(owner, value)
            case Kind.REAL | Kind.REAL_OR_NONE:
                return self._real(owner, value)
            case Kind.SCALAR:
                return value if isinstance(value, SymbolicSize) else self._real(owner, value)
            case Kind.SIZE:
                return self._size(owner, value)
            case Kind.SIZES:
                return tuple(self._size(owner, each) for each in (value if isinstance(value, tuple) else (value,)))
            case Kind.FLAG if isinstance(value, bool):
                return value
            case Kind.WORD if isinstance(value, str) and not self.words:
                return value
            case Kind.START if isinstance(value, Start):
                return value
            case Kind.ANY if _is_plain(value):
                return _any(value)
            case _:
                raise self._refused(owner, value)

    def _whole(self, owner: str, value: object) -> int:
        if isinstance(value, SymbolicSize):
            raise self._unknown(owner, value)
        if not isinstance(value, _NUMBER) or isinstance(value, bool):
            raise self._refused(owner, value)
        if value % 1 != 0:  # NaN is refused here too
            raise OperatorError(
                f"`{self.name}` of `{owner}` must be whole; {show(value)}",
                "`multiple(…, of = 8)` rounds to a multiple of 8, `… // 1` rounds down",
                setting=self.name,
            )
        self._check_bounds(owner, value)
        if not -LARGEST_WHOLE <= value <= LARGEST_WHOLE:
            raise OperatorError(
                f"`{self.name}` of `{owner}` must be at most {LARGEST_WHOLE:,}; this is {show(value)}",
                setting=self.name,
            )
        return int(value)

    def _pair(self, owner: str, value: object) -> SettingValue:
        if not isinstance(value, tuple):
            return self._whole(owner, value)
        if len(value) != (self.length or len(value)):
            raise OperatorError(
                f"`{self.name}` of `{owner}` takes one number or {self.length}; this is {show(value)}",
                setting=self.name,
            )
        absent = self.kind is Kind.EACH_OR_NONE
        return tuple(None if each is None and absent else self._whole(owner, each) for each in value)

    def _real(self, owner: str, value: object) -> SettingValue:
        if isinstance(value, SymbolicSize):
            raise self._unknown(owner, value)
        if not isinstance(value, _NUMBER) or isinstance(value, bool):
            raise self._refused(owner, value)
        if not (-LARGEST_REAL <= value <= LARGEST_REAL or value in (inf, -inf)):  # NaN too; infinity masks
            raise self._refused(owner, value)
        self._check_bounds(owner, value)
        return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value

    def _size(self, owner: str, value: object) -> Size:
        if not isinstance(value, SymbolicSize):
            return self._whole(owner, value)
        if not is_whole(value):
            raise OperatorError(f"`{self.name}` of `{owner}` must be whole; {value}", setting=self.name)
        return value

    def _check_bounds(self, owner: str, value: Fraction | float) -> None:
        if self.least is not None and value < self.least:
            raise OperatorError(
                f"`{self.name}` of `{owner}` must be at least {self.least}; {show(value)}", setting=self.name
            )
        if self.most is not None and value > self.most:
            raise OperatorError(
                f"`{self.name}` of `{owner}` must be at most {self.most}; {show(value)}", setting=self.name
            )

    def _refused(self, owner: str, value: object) -> OperatorError:
        expected = " or ".join(f'"{each}"' for each in self.words) if self.kind is Kind.WORD else self.kind.value
        hint = self.hint
        if isinstance(value, str) and (close := nearest(value, self.words)):
            hint = f'"{close}"?'
        if self.kind is Kind.START:
            hint = _start_advice(value)
        return OperatorError(f"`{self.name}` of `{owner}` takes {expected}, not {show(value)}", hint, setting=self.name)

    def _unknown(self, owner: str, value: SymbolicSize) -> OperatorError:
        return OperatorError(
            f"`{self.name}` of `{owner}` must be known at build time; `{value}` is not",
            "write the size as a number in the net's signature",
            setting=self.name,
        )


def bind(
    owner: str, settings: Sequence[Setting], positional: Sequence[object], named: Mapping[str, object]
) -> dict[str, SettingValue]:
    """Written arguments of the operator called *owner* as one value per setting, in the order of *settings*.

    Raises:
        OperatorError: too many, unknown, doubled or missing arguments, or a value that its setting refuses.
    """
    given = _placed(owner, settings, positional)
    for name, value in named.items():
        if name not in (known := [each.name for each in settings]):
            raise OperatorError(f"`{owner}` has no setting `{name}`", _advice(name, known), setting=name)
        if name in given:
            raise OperatorError(f"`{name}` of `{owner}` is given twice", setting=name)
        given[name] = value
    bound: dict[str, SettingValue] = {}
    for setting in settings:
        if setting.name in given:
            bound[setting.name] = setting.normalise(owner, given[setting.name])
        elif isinstance(setting.default, _Required):
            raise OperatorError(f"`{owner}` needs its setting `{setting.name}`", setting=setting.name)
        else:
            bound[setting.name] = setting.default
    return bound


def _placed(owner: str, settings: Sequence[Setting], positional: Sequence[object]) -> dict[str, object]:
    """Positional arguments by the names of the settings they stand for."""
    if positional and settings and settings[0].rest:
        alone = len(positional) == 1 and isinstance(positional[0], tuple)
        return {settings[0].name: positional[0] if alone else tuple(positional)}
    settings = [setting for setting in settings if not setting.named]
    if len(positional) > len(settings):
        most = f"at most {len(settings)} setting{'s' * (len(settings) > 1)}" if settings else "no settings"
        raise OperatorError(f"`{owner}` takes {most}; {len(positional)} given", _inferred_advice(settings))
    return {setting.name: value for setting, value in zip(settings, positional, strict=False)}


_INFERRED = (
    "in_channels", "in_features", "num_features", "num_channels", "input_size", "embed_dim", "kdim", "vdim",
)  # fmt: skip


def left_out(name: str) -> str | None:
    """Why the language leaves PyTorch's setting *name* out, if it does."""
    if name == "inplace":
        return "leave it out: a tensor never changes in place"
    if name == "batch_first":
        return "leave it out: the batch comes first in every layer"
    return "leave it out: sizes of the input are inferred" if name in _INFERRED else None


def _advice(name: str, known: Sequence[str]) -> str | None:
    """What to write instead of a setting that does not exist."""
    if advice := left_out(name):
        return advice
    close = nearest(name, known)
    return f"`{close}`?" if close else ("its settings: " + ", ".join(f"`{each}`" for each in known) if known else None)


def _start_advice(value: object) -> str:
    """What to write instead of a value that is no initialisation."""
    if isinstance(value, _NUMBER) and not isinstance(value, bool):
        return f"`fill({show(value)})`?"
    close = nearest(value, STARTS) if isinstance(value, str) else None
    ways = [f"`{way}{'' if number is None else f'({number})'}`" for way, number in STARTS.items()]
    return f"`{close}`?" if close else f"one of {', '.join(ways)}"


def _inferred_advice(settings: Sequence[Setting]) -> str | None:
    return "sizes of the input are inferred, so they are not given" if settings else None


def _is_plain(value: object) -> bool:
    """Whether *value* is made of numbers, truths, strings and sizes: no layer, no tensor, no record."""
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, int | Fraction | float | str | SymbolicSize)


def _any(value: object) -> SettingValue:
    if isinstance(value, tuple):
        return tuple(_any(each) for each in value)
    if isinstance(value, Fraction) and value.denominator == 1:
        return int(value)
    assert value is None or isinstance(value, int | Fraction | float | str | SymbolicSize), value
    return value


def show(value: object) -> str:
    """*value* as the language writes it."""
    match value:
        case None | True | False:
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple():
            return f"({', '.join(map(show, value))})"
        case (int() | Fraction()) as number if not -LARGEST_REAL <= number <= LARGEST_REAL:
            return "a number beyond 64 bits"
        case Fraction():
            finite = float(value)
            return repr(finite) if Fraction(repr(finite)) == value else f"{value.numerator} / {value.denominator}"
        case Start():
            return value.way if value.number is None else f"{value.way}({show(value.number)})"
        case _:
            return str(value)


# ------------------------------------------------------------------------- reading a bound record, with its types


def whole(settings: Settings, name: str) -> int:
    """The whole number bound to *name*."""
    value = settings[name]
    assert isinstance(value, int), (name, value)
    return value


def per_dimension(settings: Settings, name: str, dimensions: int) -> tuple[int, ...]:
    """The whole numbers bound to *name*, one for each dimension."""
    value = settings[name]
    if isinstance(value, int):
        return (value,) * dimensions
    assert isinstance(value, tuple), (name, value)
    return tuple(each for each in value if isinstance(each, int))


def sizes(settings: Settings, name: str) -> tuple[Size, ...]:
    """The sizes bound to *name*."""
    value = settings[name]
    assert isinstance(value, tuple), (name, value)
    return tuple(each for each in value if isinstance(each, int | SymbolicSize))


def real(settings: Settings, name: str) -> int | Fraction | float:
    """The number bound to *name*."""
    value = settings[name]
    assert isinstance(value, _NUMBER), (name, value)
    return value


def number(settings: Settings, name: str) -> int | Fraction | float | SymbolicSize | None:
    """The number or size bound to *name*, or `None`."""
    value = settings[name]
    assert value is None or isinstance(value, int | Fraction | float | SymbolicSize), (name, value)
    return value


def flag(settings: Settings, name: str) -> bool:
    """The truth value bound to *name*."""
    value = settings[name]
    assert isinstance(value, bool), (name, value)
    return value


def start(settings: Settings, name: str) -> Start | None:
    """How weights start, as bound to *name*."""
    value = settings[name]
    assert value is None or isinstance(value, Start), (name, value)
    return value


def word(settings: Settings, name: str) -> str:
    """The string bound to *name*."""
    value = settings[name]
    assert isinstance(value, str), (name, value)
    return value
