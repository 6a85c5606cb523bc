"""Symbolic values in words: as one would write them, on one line. Trees of several lines are `showing`'s business."""

import inspect
from collections.abc import Mapping
from typing import Any

from symnas.annotated.placeholders import KINDS, Manyof, Oneof, Placeholder, Range
from symnas.annotated.values import Symbolic, arguments_of, name_of

__all__ = ["brief", "shown"]

BRIEF = 80
"""How many characters of a value a message shows at most."""


def brief(value: object) -> str:
    """*value* as one would write it; of what is long, the beginning."""
    text = shown(value)
    return text if len(text) <= BRIEF else f"{text[: BRIEF - 1]}…"


def shown(value: object) -> str:
    """*value* as one would write it, on one line."""
    match value:
        case Symbolic():
            return _call_shown(value.symnas_target, value.symnas_arguments)
        case Placeholder():
            return _placeholder_shown(value)
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case tuple() if type(value) is tuple:
            return f"({', '.join(map(shown, value))}{',' if len(value) == 1 else ''})"
        case dict():
            return f"{{{', '.join(f'{key!r}: {shown(each)}' for key, each in value.items())}}}"
        case _ if isinstance(value, type) or inspect.isroutine(value):
            return name_of(value)
        case _:
            arguments = arguments_of(value)
            if arguments is not None:
                return _call_shown(type(value), arguments)
            text = repr(value)  # of a model, that is a line for each layer
            return text if "\n" not in text else f"{name_of(type(value))}(…)"


def _call_shown(target: object, arguments: Mapping[str, Any]) -> str:
    return f"{name_of(target)}({', '.join(f'{name}={shown(each)}' for name, each in arguments.items())})"


def _placeholder_shown(value: Placeholder) -> str:
    settings: dict[str, object] = {}
    match value:
        case Oneof(candidates=candidates, labels=labels, prior=prior):
            word, given = "oneof", [shown(each) for each in candidates]
            if labels is not None:
                given = [f"{{{', '.join(f'{label!r}: {each}' for label, each in zip(labels, given, strict=True))}}}"]
            settings = {} if prior is None else {"prior": f"[{', '.join(map(str, prior))}]"}
        case Range(low=low, high=high, step=step, log=log):
            word, given = "range", [repr(low), repr(high)]
            settings = {name: each for name, each in (("step", step), ("log", log)) if each}
        case Manyof(kind=word, candidates=candidates, least=least, most=most):
            options, numbers = shown(list(candidates)), [shown(each) for each in (least, most) if each is not None]
            given = [options, *numbers] if word in ("subset", "permutation") else [*numbers, options]
            if word == "several":
                given = [*numbers, shown(candidates[0])]
            elif word in KINDS.values():
                flags = zip(
                    ("distinct", "sorted"), next(key for key, kind in KINDS.items() if kind == word), strict=True
                )
                word, settings = "manyof", {flag: "False" for flag, is_so in flags if not is_so}
        case _:
            word, given = type(value).__name__.lower(), []
    settings |= {} if value.name is None else {"name": repr(value.name)}
    return f"{word}({', '.join([*given, *(f'{name}={each}' for name, each in settings.items())])})"
