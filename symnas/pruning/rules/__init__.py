"""What each operator does with channels: one rule for each, in the file of its family.

A rule is told by `@couples("Conv2d", …)` and found by itself. An operator without one, a Python layer for example, lets
nothing of what flows in go.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from symnas.pruning.coupling import Rule, Site
from symnas.pruning.labels import Labels
from symnas.pruning.rules.registry import RULES

__all__ = ["rule_of", "rules", "unruled"]


def rule_of(site: Site) -> Rule:
    """The rule of the operator at *site*."""
    bits = site.operation.bits
    if bits is not None and 1 in (bits.weights, bits.inputs):
        return _one_bit
    return rules().get(site.operation.operator, unruled)


def rules() -> Mapping[str, Rule]:
    """The rules by the names of their operators."""
    _load()
    return RULES


def unruled(site: Site) -> list[Labels]:
    """What has no rule of its own may do anything with channels."""
    return site.fixed("may do anything with its channels: there is no rule for it")


def _one_bit(site: Site) -> list[Labels]:
    """A sign and a mean are left of each row: zeros among it count."""
    return site.fixed("is quantised to one bit, where 0 is not kept")


@cache
def _load() -> None:
    for module in sorted(each.name for each in iter_modules(__path__)):
        import_module(f"{__name__}.{module}")
