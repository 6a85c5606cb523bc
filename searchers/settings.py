"""Settings of searchers: declared once as attrs classes, read from text or Python, listed for `--help`.

The text form is `name:key=value,key=value`; which names exist is the registry's business. A searcher inside another is
the setting `searcher`. One with settings of its own comes last, and takes the rest of the text:
`asha:max=9,searcher=evolution:population=20`.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Self

from attrs import Attribute, asdict, field, fields, frozen
from attrs.validators import ge

from symnas.errors import SearchError, nearest
from symnas.searchers.turns import Turns

__all__ = [
    "NESTED",
    "SettingHelp",
    "Settings",
    "meaning",
    "settings_help",
    "settings_text",
    "split_spec",
    "spread_setting",
]

NESTED = "searcher"
"""The setting whose value is another searcher with settings of its own."""

_NESTED_SPEC = re.compile(rf"(?:^|,)\s*{NESTED}\s*=\s*([^,:]+(?::.*)?)")

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def meaning(text: str) -> dict[str, str]:
    """The metadata of a setting's field: what the setting does, for `--help`."""
    return {"meaning": text}


@frozen(kw_only=True)
class Settings:
    """The settings that every searcher has."""

    repeat: bool = field(default=False, metadata=meaning("propose an architecture again that was proposed before"))

    @classmethod
    def read(cls, given: Mapping[str, object], searcher: str) -> Self:
        """Settings of *searcher* from names and values; text is converted to the setting's type.

        Raises:
            SearchError: a name is unknown, or a value is not of its type or out of bounds.
        """
        known = {each.name: each for each in fields(cls)}
        for name in given:
            if name not in known:
                raise SearchError(_unknown_setting(name, searcher, known))
        try:
            converted: dict[str, Any] = {name: _convert(value, known[name]) for name, value in given.items()}
            return cls(**converted)
        except (SearchError, ValueError) as error:  # a validator of attrs raises the latter
            raise SearchError(f"searcher `{searcher}`: {error}") from None


def spread_setting() -> float:
    """The setting of all who change one decision at a time: the deviation of a step in a continuous one."""
    made: float = field(
        default=0.1,
        metadata=meaning("how far a continuous decision moves, as a share of its range; 0: it is drawn anew"),
        validator=ge(0),
    )
    return made


@frozen
class SettingHelp:
    """One setting, as `--help` shows it."""

    name: str
    type: str
    default: str
    meaning: str


def settings_help(kind: type[Settings]) -> tuple[SettingHelp, ...]:
    """The settings of a searcher, its own before the ones that all have."""
    common = {each.name for each in fields(Settings)}
    listed = sorted(fields(kind), key=lambda each: each.name in common)
    return tuple(
        SettingHelp(each.name, _type_text(each.type), _text(each.default), each.metadata["meaning"]) for each in listed
    )


def settings_text(settings: Settings) -> str:
    """All settings in text form, defaults included, sorted by name, a searcher last: `population=30,repeat=false,…`."""
    ordered = sorted(asdict(settings, recurse=False).items(), key=lambda each: (each[0] == NESTED, each[0]))
    return ",".join(f"{name}={_text(value)}" for name, value in ordered)


def split_spec(spec: str) -> tuple[str, dict[str, str]]:
    """A searcher's name and its settings as text, from `name:key=value,key=value`.

    Raises:
        SearchError: a part has no `=`, or a setting is given twice.
    """
    name, _, rest = spec.partition(":")
    given: dict[str, str] = {}
    if nested := _NESTED_SPEC.search(rest):
        rest, given[NESTED] = rest[: nested.start()] + rest[nested.end() :], nested[1].strip()
    for part in filter(None, (each.strip() for each in rest.split(","))):
        key, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not value:
            raise SearchError(f"`{part}` in `{spec}` is no setting; write `{key}=…`")
        if key in given:
            raise SearchError(f"`{key}` is given twice in `{spec}`")
        given[key] = value
    return name.strip(), given


def _convert(value: object, attribute: "Attribute[Any]") -> object:
    kind = attribute.type
    assert isinstance(kind, type), attribute
    try:
        converted = _from_text(value, kind) if isinstance(value, str) else value
        if issubclass(kind, Turns) and not isinstance(value, Turns | bool):
            made: Callable[[Any], object] = kind  # each kind of turns says what it takes
            converted = made(value)
    except (ValueError, TypeError, KeyError):
        converted = None
    if kind is float and type(converted) is int:
        return float(converted)
    if type(converted) is not kind:  # not isinstance: `True` is no number of architectures
        raise SearchError(f"`{attribute.name}` is {_article(kind)}; got {value!r}")
    return converted


def _from_text(text: str, kind: Callable[[str], object]) -> object:
    return _WORDS[text.lower()] if kind is bool else kind(text)


def _article(kind: type) -> str:
    if issubclass(kind, Enum):
        return "one of " + ", ".join(f"`{each.value}`" for each in kind)
    if issubclass(kind, Turns):
        return kind.expected
    known = {
        bool: "`true` or `false`",
        int: "a whole number",
        float: "a number",
    }
    return known.get(kind, "text")


def _type_text(kind: object) -> str:
    assert isinstance(kind, type), kind
    if issubclass(kind, Turns):
        return kind.listed
    return " | ".join(each.value for each in kind) if issubclass(kind, Enum) else kind.__name__


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case _:
            return str(value)


def _unknown_setting(name: str, searcher: str, known: Mapping[str, object]) -> str:
    meant = nearest(name, known)
    remedy = f"`{meant}`?" if meant else "it has " + ", ".join(f"`{each}`" for each in known)
    return f"searcher `{searcher}` has no setting `{name}`; {remedy}"
