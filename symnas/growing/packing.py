"""Rules as text, for other processes and for telling searches apart."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from symnas.errors import SearchError, listing
from symnas.grammar import dump, parse
from symnas.rewriting import Rule
from symnas.rewriting.reading import rules_in

__all__ = ["pack_rules", "text_of_rules", "unpack_rules"]

RULES = "__rules__"
"""The module of functions in a file of rules, which is run."""


def text_of_rules(rules: Sequence[Rule]) -> str:
    """*rules* with what their files declare, for people; of those that are functions, their names."""
    files = dict.fromkeys(dump(each.module) for each in rules)
    functions = [f"# {each.name} is {_name_of(each)}" for each in rules if each.function is not None]
    return "\n".join([f"# grown with {listing([each.name for each in rules])} of", *files, *functions])


def pack_rules(rules: Sequence[Rule]) -> dict[str, Any]:
    """*rules* as JSON, which `unpack_rules` reads.

    Raises:
        SearchError: a rule is a function that no other process can import.
    """
    files = list(dict.fromkeys(dump(each.module) for each in rules))
    return {"files": files, "rules": [[each.name, files.index(dump(each.module)), _importable(each)] for each in rules]}


def unpack_rules(data: dict[str, Any]) -> list[Rule]:
    """The rules that `pack_rules` wrote down."""
    files = [parse(each, "<rules>") for each in data["files"]]
    return [Rule(name, files[number], _imported(place)) for name, number, place in data["rules"]]


def _name_of(rule: Rule) -> str:
    """The function that *rule* is, as it is imported: `my.rules:wide`, or of a file of rules `rules.py:wide`."""
    module = getattr(rule.function, "__module__", "?")
    if module == RULES:
        return f"{getattr(rule.function, '__code__').co_filename}:{rule.name}"  # noqa: B009 (not every callable has one)
    return f"{module}:{getattr(rule.function, '__qualname__', '?')}"


def _importable(rule: Rule) -> str | None:
    """Where another process finds the function of *rule*, if it is one."""
    if rule.function is None:
        return None
    place = _name_of(rule)
    try:
        found = _imported(place)
    except (ImportError, AttributeError):
        found = None
    if found is not rule.function and not place.endswith(f".py:{rule.name}"):  # a file is run anew
        raise SearchError(
            f"rule `{rule.name}` is a function that other processes cannot import ({place}); put it at the top level of a "
            "module, or search in this process (`workers=0`)"
        )
    return place


def _imported(place: str | None) -> Any:
    """The function at *place*, which may stand there as a rule (`@symnas.rule`)."""
    if place is None:
        return None
    module, _, name = place.rpartition(":")
    if module.endswith(".py"):
        return next(each.function for each in rules_in(Path(module)) if each.name == name)
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found.function if isinstance(found, Rule) else found
