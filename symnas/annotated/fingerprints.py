"""Fingerprints of symbolic values: short texts that are the same for values that are `equal`, in every process."""

import hashlib
import json
from typing import Any

from attrs import evolve

from symnas.annotated.editing import refuse_cycles
from symnas.annotated.jsontext import to_json
from symnas.annotated.names import Known
from symnas.annotated.placeholders import Manyof, Oneof, Placeholder
from symnas.annotated.values import Symbolic, call_of
from symnas.errors import SearchError

__all__ = ["fingerprint"]


def fingerprint(value: object, *, known: Known = ()) -> str:
    """64 hexadecimal digits that say what *value* is made of: names of decisions and the order of arguments apart.

    *known* is that of `to_json`.

    Raises:
        SearchError: something in *value* has no text.
    """
    try:
        refuse_cycles(value)
        text = to_json(_ordered(value, {}, known), known=known)
    except RecursionError:
        raise SearchError("the value is nested too deep for a fingerprint") from None
    return hashlib.sha256(text.encode()).hexdigest()


def _ordered(value: Any, made: dict[int, Any], known: Known) -> Any:
    """*value* in the one order that all values equal to it have; lists and dictionaries are shared by none."""
    if id(value) in made:
        return made[id(value)]
    call = call_of(value)
    match value:
        case _ if call is not None:
            arguments = {name: _ordered(each, made, known) for name, each in sorted(call[1].items())}
            found: Any = Symbolic(call[0], arguments)
        case Oneof() | Manyof():
            candidates = tuple(_ordered(each, made, known) for each in value.candidates)
            found = evolve(value, candidates=candidates, name=None)
            if isinstance(found, Manyof):
                numbers = {name: _ordered(getattr(value, name), made, known) for name in ("least", "most")}
                found = evolve(found, **numbers)
        case Placeholder():
            found = evolve(value, name=None)
        case list() | tuple() if type(value) in (list, tuple):
            return type(value)(_ordered(each, made, known) for each in value)
        case dict() if type(value) is dict:
            keys = sorted(value, key=lambda key: json.dumps([to_json(key, known=known), type(key).__name__]))
            return {key: _ordered(value[key], made, known) for key in keys}
        case _:
            return value
    made[id(value)] = found
    return found
