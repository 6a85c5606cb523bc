"""What every error code means, with a wrong example and its repair: what `symnas explain` tells, as data.

A module for each family of codes. The examples of mistakes that text alone shows are those of the grammar's own table.
"""

from collections.abc import Mapping

from attrs import evolve

from symnas.explanations import (
    choices,
    edits,
    names,
    outside,
    placeholders,
    rewriting,
    running,
    settings,
    text,
    values,
)  # fmt: skip
from symnas.explanations.entry import Explanation
from symnas.grammar import MISTAKES

__all__ = ["EXPLANATIONS", "FAMILIES", "Explanation"]

FAMILIES: Mapping[str, str] = {
    "E01": "Text: files, brackets, lines, words",
    "E02": "Names and declarations",
    "E03": "Settings and arguments",
    "E04": "Values: numbers, lists, sizes, tensors",
    "E05": "Placeholders and limits",
    "E06": "Choices, claims and costs",
    "E07": "Edits and `search { … }`",
}
"""The first two digits of a code say what kind of thing is wrong."""

_SHOWN = {each.code: each for each in MISTAKES if each.example}

_ALL = (
    *(
        evolve(each, wrong=_SHOWN[each.code].example, at=_SHOWN[each.code].at) if each.code in _SHOWN else each
        for each in text.ENTRIES
    ),
    *names.ENTRIES,
    *outside.ENTRIES,
    *rewriting.ENTRIES,
    *settings.ENTRIES,
    *values.ENTRIES,
    *running.ENTRIES,
    *placeholders.ENTRIES,
    *choices.ENTRIES,
    *edits.ENTRIES,
)

EXPLANATIONS: Mapping[str, Explanation] = {each.code: each for each in sorted(_ALL, key=lambda each: each.code)}
"""Every code that symnas can give, in order."""
