"""Controllers: policies over the decisions of a space, learnt by policy gradients.

`traces` says what decisions a policy is asked, `recurrent` is the policy, `policy` what searchers with one share. numpy is
imported when a searcher with a controller is made.
"""

from symnas.searchers.controllers.policy import PolicySearch, PolicySettings
from symnas.searchers.controllers.traces import Asking, Step, trace

__all__ = ["Asking", "PolicySearch", "PolicySettings", "Step", "trace"]
