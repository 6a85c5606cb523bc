"""The rules by the names of operators."""

from collections.abc import Callable
from typing import Final

from symnas.pruning.coupling import Rule, Site
from symnas.pruning.labels import Labels

__all__ = ["RULES", "couples", "quantised"]

RULES: Final[dict[str, Rule]] = {}
"""What is known, by the names of operators."""


def couples(*names: str) -> Callable[[Rule], Rule]:
    """Make a rule known as that of the operators called *names*."""

    def known(rule: Rule) -> Rule:
        for name in names:
            assert name not in RULES, name
            RULES[name] = rule
        return rule

    return known


def quantised(site: Site, labels: Labels) -> None:
    """Where what flows in is rounded to fewer bits, one scale is found for all of it: what goes must be 0."""
    if site.operation.bits is not None:
        for place in range(len(labels.axes)):
            site.zero(labels, place, "rounds what flows in with one scale")
