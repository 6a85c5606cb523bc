"""Monte Carlo tree search over the decisions of a space.

Negrinho and Gordon, "DeepArchitect: automatically designing and training deep architectures", arXiv:1704.08792, 2017,
section 6.2: a tree of decisions, walked by UCT (Kocsis and Szepesvári 2006) to a node that is new, from there at random to
an architecture, whose score counts for every node on the way. `DEEP_ARCHITECT` has the settings of the paper's
experiments as its authors published them: c = 0.5, raw accuracies, rollouts uniform over each decision, and every
decision bisected ("MCTS with tree restructuring").

What is different here by default: rewards are ranks, so that c means the same for every objective; rollouts are uniform
over architectures, by exact counts; what has been proposed altogether is never visited again, nor what makes no
architecture. With several objectives every proposal follows a weighted sum of their ranks, the weights drawn anew each
time (Knowles 2006, ParEGO), so that all of the front is approached. A failed or infeasible proposal has the worst reward,
and so has an open one (virtual loss).
"""

import math
from collections.abc import Callable, Sequence
from enum import Enum
from random import Random
from typing import Any

from attrs import field, frozen
from attrs.validators import ge, gt, le

from symnas.domains import Domain
from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.measure import Measure
from symnas.searchers.base import Searcher
from symnas.searchers.results import Final, Success
from symnas.searchers.settings import Settings, meaning
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json
from symnas.searchers.trees import ONE, Bisect, ByImportance, InTurn, Order, Rewards, Scale, SearchTree, importances

__all__ = ["DEEP_ARCHITECT", "DecisionOrder", "MctsSettings", "MonteCarloTreeSearch"]

DEEP_ARCHITECT = "mcts:exploration=0.5,scale=raw,rollout=decisions,bisect=all"
"""MCTS with tree restructuring as in the experiments of the DeepArchitect paper; `bisect=none` is it without."""

_TRIES = 16
"""Ways down in one proposal, before the search is out of ideas."""

_FIRST_LOOK = 16
"""Results before the importance of decisions is looked at."""


class DecisionOrder(Enum):
    """In which order the tree asks the decisions."""

    SOURCE = "source"
    """As they stand in the program, as far as their existence is known."""
    IMPORTANCE = "importance"
    """Those first that explain most of the differences between the results so far."""


@frozen(kw_only=True)
class MctsSettings(Settings):
    """Settings of `mcts`."""

    exploration: float = field(
        default=0.1, metadata=meaning("how much less visited branches are favoured (c)"), validator=ge(0)
    )
    scale: Scale = field(
        default=Scale.RANK,
        metadata=meaning("what a score is worth: its rank, its place between worst and best, or itself"),
    )
    rollout: Measure = field(
        default=Measure.ARCHITECTURES,
        metadata=meaning("below the tree: the same chance for each architecture, or each alternative, or the priors"),
    )
    bisect: Bisect = field(
        default=Bisect.ORDERED,
        metadata=meaning("decisions halved again and again instead of branched all at once"),
    )
    resolution: float = field(
        default=1 / 64,
        metadata=meaning("the smallest part of a continuous range that is told apart"),
        validator=[gt(0), le(1)],
    )
    order: DecisionOrder = field(
        default=DecisionOrder.SOURCE,
        metadata=meaning("decisions in the order of the program, or those first that have mattered most"),
    )
    transposition: bool = field(
        default=False,
        metadata=meaning("pass over architectures that are the same network as an earlier one, while there are others"),
    )


class MonteCarloTreeSearch(Searcher[A, MctsSettings]):
    """Walks a tree of decisions by upper confidence bounds, and draws what is below its end."""

    name = "mcts"
    summary = "Monte Carlo tree search over decisions (DeepArchitect, 2017)"
    settings_type = MctsSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self._rewards = [Rewards(self.settings.scale) for _ in self.objectives]
        self._answered = 0
        self._paths: list[str] = []  # decisions by importance, once that has been looked at
        self._domains: dict[str, Domain] = {}
        self._networks: set[str] = set()
        self._tree: SearchTree[A, Any] | None = None

    # ------------------------------------------------------------------------------------------ asked and told

    def propose(self) -> A | None:
        """A point below the node that UCT leads to."""
        tree = self._grown()
        weights = self._weights()
        found = tree.draw(self.rng, weights, self._is_fine, _TRIES)
        if found is None and self.settings.transposition:
            return tree.draw(self.rng, weights, self._is_new, _TRIES)
        return found

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """The result counts for every node on its way; at 1, 2, 4, 8 … results, what scores are worth is looked at."""
        tree = self._grown()
        self._answered += 1
        if self._answered & (self._answered - 1) == 0:
            self._look()
        else:
            tree.answer(number, self._reward(result))

    def _grown(self) -> SearchTree[A, Any]:
        """The tree with every proposal put in, those included that somebody else had the idea of."""
        tree = self._tree
        if tree is None:
            tree = self._tree = self._begun()
        for number in range(len(tree.ways), len(self._proposed)):
            tree.insert(self._genotype(number))
            if self.settings.transposition:
                self._networks.add(_network(self.proposed(number)))
        return tree

    def _begun(self) -> SearchTree[A, Any]:
        order: Order[A, Any]
        settings = self.settings
        shared = (self.space, settings.bisect, settings.resolution, settings.rollout)
        if settings.order is DecisionOrder.IMPORTANCE:
            order = ByImportance(*shared, self._paths, self._domains.__getitem__)
        else:
            order = InTurn(*shared)
        return SearchTree(
            order, len(self.objectives), settings.exploration, repeat=settings.repeat, known=self._genotype
        )

    def _genotype(self, number: int) -> Genotype:
        return self._proposed[number].genotype

    def _weights(self) -> list[float]:
        """How much each objective counts this time: every share of the whole is equally likely."""
        if len(self.objectives) == 1:
            return [1.0]
        drawn = [-math.log(1.0 - self.rng.random()) for _ in self.objectives]
        return [each / math.fsum(drawn) for each in drawn]

    # ------------------------------------------------------------------------------------------ what is new

    def _is_new(self, architecture: A) -> bool:
        return self.settings.repeat or architecture.genotype not in self._seen

    def _is_fine(self, architecture: A) -> bool:
        if not self._is_new(architecture):
            return False
        return not self.settings.transposition or _network(architecture) not in self._networks

    # ------------------------------------------------------------------------------------------ what scores are worth

    def _reward(self, result: Final) -> list[int]:
        if not isinstance(result, Success):
            return [each.worst for each in self._rewards]
        scores = self.scores(result)
        return [each.reward(score) for each, score in zip(self._rewards, scores, strict=True)]

    def _look(self) -> None:
        """What scores are worth by all results so far; with order by importance, the tree is made anew as well."""
        told = [self.scores(each) for each in self._results.values() if isinstance(each, Success)]
        self._rewards = [
            Rewards.of(self.settings.scale, [scores[place] for scores in told]) for place in range(len(self.objectives))
        ]
        if self.settings.order is DecisionOrder.IMPORTANCE and self._answered >= _FIRST_LOOK:
            self._rank_decisions()
            self._tree = None
        self._reward_anew()

    def _reward_anew(self) -> None:
        rewards = {number: self._reward(result) for number, result in self._results.items()}
        self._grown().reward_anew(rewards, [each.worst for each in self._rewards])

    def _rank_decisions(self) -> None:
        self._meet(range(len(self._proposed)))
        told = (
            (self._genotype(number).choices, math.fsum(self._reward(result)) / ONE)
            for number, result in sorted(self._results.items())
        )
        found = importances(told, self._domains)
        self._paths = sorted(found, key=lambda path: (-found[path], path))

    def _meet(self, numbers: Sequence[int]) -> None:
        """Know the domain of every decision that one of these proposals has."""
        for number in numbers:
            if not self._genotype(number).choices.keys() <= self._domains.keys():
                for path, domain in self.proposed(number).domains.items():
                    self._domains.setdefault(path, domain)

    # ------------------------------------------------------------------------------------------ state

    def memory(self) -> Json:
        """What scores are worth, the order of the decisions, and how many results there were."""
        return {"answered": self._answered, "knots": [each.knots for each in self._rewards], "paths": self._paths}

    def recall(self, memory: Json) -> None:
        """Put every proposal into the tree again, and every result."""
        self._answered = memory["answered"]
        self._rewards = [Rewards(self.settings.scale, knots) for knots in memory["knots"]]
        self._paths = list(memory["paths"])
        self._domains, self._networks, self._tree = {}, set(), None
        if self._paths:
            self._meet(range(len(self._proposed)))
        self._reward_anew()


def _network(architecture: object) -> str:
    """A digest that two architectures have in common if they are the same network, of the same costs, with the same recipe.

    Raises:
        SearchError: this is no network.
    """
    digest: Callable[[], str] | None = getattr(architecture, "canonical_hash", None)
    if digest is None:
        raise SearchError("`transposition` needs a space of networks")
    costs = [getattr(architecture, cost) for cost in ("params", "macs")]
    return repr((digest(), costs, getattr(architecture, "recipe", None)))
