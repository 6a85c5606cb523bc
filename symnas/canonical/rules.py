"""Rules: what two networks may differ in and still be the same one. Each has a name and can be left out.

How a rule is carried out is the business of the file named for it; here is only what it claims, and how rules are
written in text.
"""

from collections.abc import Iterable
from enum import Enum

from symnas.errors import SearchError, nearest

__all__ = ["CONVENTIONS", "EXACT", "Rule", "Rules", "read_rules", "rules_of", "rules_text"]


class Rule(Enum):
    """One thing that is ignored. The value is what the rule is called in text."""

    NAMES = "names"
    COMMUTATIVE = "commutative"
    IDENTITIES = "identities"
    DEAD = "dead"
    ZERO = "zero"
    NESTED_SUMS = "nested_sums"
    REPEATS = "repeats"
    TREES = "trees"
    ZERO_LAYERS = "zero_layers"
    WIDTHS = "widths"
    CONCAT_ORDER = "concat_order"

    @property
    def meaning(self) -> str:
        """What it says, in one line."""
        return _MEANINGS[self]


Rules = frozenset[Rule]
"""A choice of rules; `NAMES` is always among them."""

_MEANINGS = {
    Rule.NAMES: "names of blocks, layers, inputs and sizes, and how steps are grouped into blocks, say nothing",
    Rule.COMMUTATIVE: "the order of operands of a sum, product, mean, maximum and their like says nothing",
    Rule.IDENTITIES: "an operation that gives back its input is not there: `Identity`, `Dropout(0)`, a sum of one",
    Rule.DEAD: "what no output needs, once other rules have cut it off, is not there",
    Rule.ZERO: "a summand that is zero is not there; only what certainly makes zeros of zeros hands them on",
    Rule.NESTED_SUMS: "(a + b) + c, a + (b + c) and a sum of the three are one",
    Rule.REPEATS: "an operation without weights and chance is one however often it is applied to the same input",
    Rule.TREES: "layers are compared by what they are applied to: one that is read twice, and two alike, are one",
    Rule.ZERO_LAYERS: "whatever is applied to zeros alone makes zeros, layers with a bias included",
    Rule.WIDTHS: "numbers of channels say nothing: `out_channels`, `out_features`, slices of channels",
    Rule.CONCAT_ORDER: "the order in which tensors are joined by `concat` says nothing",
}

EXACT: Rules = frozenset(
    {Rule.NAMES, Rule.COMMUTATIVE, Rule.IDENTITIES, Rule.DEAD, Rule.ZERO, Rule.NESTED_SUMS, Rule.REPEATS}
)
"""Rules that join only networks that compute the same function of inputs and weights, but for rounding."""

CONVENTIONS: Rules = frozenset(Rule) - EXACT
"""Rules that benchmarks count by, though they join networks that differ."""

_PRESETS = {"exact": EXACT}


def rules_of(rules: "str | Iterable[Rule | str] | None") -> Rules:
    """A choice of rules from the ways it may be written: nothing (`EXACT`), text, or rules and their names.

    Raises:
        SearchError: no rule has such a name.
    """
    if rules is None:
        return EXACT
    if isinstance(rules, str):
        return read_rules(rules)
    return frozenset({Rule.NAMES, *(each if isinstance(each, Rule) else _named(each) for each in rules)})


def read_rules(text: str) -> Rules:
    """The rules that *text* names: `exact,trees`, `exact,-zero`, `commutative,identities`.

    Raises:
        SearchError: no rule has such a name.
    """
    chosen: set[Rule] = set()
    for part in filter(None, (each.strip() for each in text.split(","))):
        if part in _PRESETS:
            chosen |= _PRESETS[part]
        elif part.startswith("-"):
            chosen.discard(_named(part[1:]))
        else:
            chosen.add(_named(part))
    return frozenset(chosen | {Rule.NAMES})


def rules_text(rules: Rules) -> str:
    """*rules* as `read_rules` reads them."""
    return ",".join(each.value for each in Rule if each in rules)


def _named(name: str) -> Rule:
    known = [each.value for each in Rule]
    try:
        return Rule(name)
    except ValueError:
        close = nearest(name, known)
        remedy = f"`{close}`?" if close else "there are " + ", ".join(known) + ", and `exact` for all that are exact"
        raise SearchError(f"no rule for equal networks is called `{name}`; {remedy}") from None
