"""Rules carried out on one architecture: on its graph, blocks kept as they are called.

`reading` gets rules from text and from Python, where `nodes` are what they see and make. `indexing`, `fitting` and
`matching` find where they match in a scope, `finding` where in the network. `replacing` makes what is put there,
`writing` and `placing` what is left to be decided there. `inferring` works out what that changes further on, `passing`
carries one rule out once, `running` some rules once or until nothing changes any more. `library` has rules that people
ask for. A net of a file that is rewritten `with` rules, placeholders and all, is `symnas.elaborate`'s business.
"""

from symnas.rewriting.finding import Found
from symnas.rewriting.nodes import Applied, Node, nas
from symnas.rewriting.passing import Firing
from symnas.rewriting.reading import Rule, rule, rules_of
from symnas.rewriting.running import Rewriting, matches, rewrite

__all__ = ["Applied", "Firing", "Found", "Node", "Rewriting", "Rule", "matches", "nas", "rewrite", "rule", "rules_of"]
