"""Mistakes of edits."""

from symnas.explanations.entry import Explanation

__all__ = ["ENTRIES"]

ENTRIES = (
    Explanation(
        "E0701",
        "an edit puts something where it cannot stand",
        "Text can replace a value by a value and a declaration by a declaration.",
        elsewhere="`edit.set(…)` in Python",
    ),
    Explanation(
        "E0702",
        "an edit makes no program",
        "The tree that an edit leaves must be spelled by some text, which reads back as the same tree.",
        elsewhere="`program.edit()` in Python",
    ),
    Explanation(
        "E0703",
        "a replacement contains itself",
        "A tree that is its own part has no end.",
        elsewhere="`edit.set(…)` in Python",
    ),
    Explanation(
        "E0704",
        "a replacement is too deep",
        "Trees have the depth that text may have.",
        elsewhere="`edit.set(…)` in Python",
    ),
    Explanation(
        "E0705",
        "a part cannot be missing",
        "What is removed must be optional, or one of several.",
        elsewhere="`edit.remove(…)` in Python",
    ),
    Explanation(
        "E0706",
        "something without a name is renamed",
        "Declarations, parameters, bindings and settings of recipes have names that can be changed.",
        elsewhere="`edit.rename(…)` in Python",
    ),
    Explanation(
        "E0707",
        "a new name is in use",
        "Renaming must not make one name stand for two things.",
        elsewhere="`edit.rename(…)` in Python",
    ),
)
