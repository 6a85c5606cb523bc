"""The same network twice: a canonical form of elaborated graphs, and a hash of it.

`rules` says what may differ; `identities` and `zeros` know the operators; `labels` writes an operation as text; `flow`
puts a network together by the rules, `reading` reads a graph into it; `labelling` orders what is left; `form` writes it.
How distinct networks of a space are counted is `symnas.distinct`'s business.
"""

from symnas.canonical.form import Canonical, canonical_form
from symnas.canonical.rules import CONVENTIONS, EXACT, Rule, Rules, read_rules, rules_of, rules_text

__all__ = [
    "CONVENTIONS", "EXACT", "Canonical", "Rule", "Rules", "canonical_form", "read_rules", "rules_of", "rules_text",
]  # fmt: skip
