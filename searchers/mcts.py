"""Monte Carlo tree search over the decisions of a space.

Negrinho and Gordon, "DeepArchitect: automatically designing and training deep architectures", arXiv:1704.08792, 2017,
section 6.2: a tree of decisions, walked by UCT (Kocsis and Szepesvári 2006) to a node that is new, from there at random to
an architecture, whose score counts for every node on the way. `DEEP_ARCHITECT` has the settings of the paper's
experiments as its authors published them: c = 0.5, raw accuracies, rollouts uniform over each decision, and every
decision bisected ("MCTS with tree restructuring").

A few hundred results are few for a tree with thousands of branches, so by default they are shared (`trees.beliefs`): every
choice has an effect that all results with that choice have taught, wherever in the tree; a node knows how much better than
that the results below it were; and the way down, and on below the tree, follows a function drawn from both. Rewards are
normal scores of ranks, so that settings mean the same for every objective. What has been proposed altogether is never
visited again, nor what makes no architecture. Before there are results, and of decisions that none has had, proposals are
uniform over architectures, by exact counts. With several objectives every proposal follows a weighted sum of them, the
weights drawn anew each time (Knowles 2006, ParEGO), so that all of the front is approached. A failed or infeasible proposal
has the worst reward; an open one is taken for a bad one (virtual loss).
"""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
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
from symnas.searchers.trees import (
    ONE,
    Beliefs,
    Bisect,
    ByImportance,
    InTurn,
    Order,
    Rewards,
    Scale,
    SearchTree,
    importances,
)

__all__ = ["DEEP_ARCHITECT", "DecisionOrder", "MctsSettings", "MonteCarloTreeSearch", "Policy"]

DEEP_ARCHITECT = "mcts:policy=uct,exploration=0.5,scale=raw,rollout=decisions,bisect=all"
"""MCTS with tree restructuring as in the experiments of the DeepArchitect paper; `bisect=none` is it without."""

_TRIES = 16
"""Ways down in one proposal, before the search is out of ideas."""

_FIRST_LOOK = 16
"""Results before the importance of decisions is looked at."""

_OFTEN = 64
"""So many results long, what scores are worth is looked at whenever there are a quarter more; then, twice as many."""


class Policy(Enum):
    """How a branch is chosen."""

    THOMPSON = "thompson"
    """By a function drawn from what is believed of choices, everywhere and below the node."""
    UCT = "uct"
    """By the upper confidence bound of its own mean reward; rollouts are random."""


class DecisionOrder(Enum):
    """In which order the tree asks the decisions."""

    SOURCE = "source"
    """As they stand in the program, as far as their existence is known."""
    IMPORTANCE = "importance"
    """Those first that explain most of the differences between the results so far."""


@frozen(kw_only=True)
class MctsSettings(Settings):
    """Settings of `mcts`."""

    policy: Policy = field(
        default=Policy.THOMPSON,
        metadata=meaning("branches are chosen by what all results say of their choices, or by upper confidence bounds"),
    )
    exploration: float = field(
        default=1.0,
        metadata=meaning(
            "how far from what is believed draws stray; with `uct`, how much less visited branches are favoured (c)"
        ),
        validator=ge(0),
    )
    scale: Scale = field(
        default=Scale.NORMAL,
        metadata=meaning("what a score is worth: by its rank, evenly or as normal scores; by its range; or itself"),
    )
    rollout: Measure = field(
        default=Measure.ARCHITECTURES,
        metadata=meaning(
            "where nothing is known: the same chance for each architecture, or each alternative, or the priors"
        ),
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
        metadata=meaning(
            "an architecture that is the same network as an earlier one is passed over, while there are others, and its way "
            "learns from the earlier one's result"
        ),
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
        self._networks: dict[str, int] = {}
        self._aliases: dict[int, list[_Alias]] = {}
        self._known_aliases: set[Genotype] = set()
        self._beliefs = Beliefs(len(self.objectives)) if self.settings.policy is Policy.THOMPSON else None
        self._tree: SearchTree[A, Any] | None = None

    # ------------------------------------------------------------------------------------------ asked and told

    def propose(self) -> A | None:
        """A point below the node that the way leads to."""
        tree = self._grown()
        weights = self._weights()
        found = tree.draw(self.rng, weights, self._is_fine, _TRIES)
        if found is None and self.settings.transposition:
            return tree.draw(self.rng, weights, self._is_new, _TRIES)
        return found

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """The result counts for every node on its way; as results grow, what scores are worth is looked at again."""
        tree = self._grown()
        self._answered += 1
        if self._beliefs is not None and not self._beliefs.knows(architecture.genotype.choices):
            self._beliefs.meet(architecture.domains)
        if _is_look(self._answered):
            self._look()
        else:
            reward = self._reward(result)
            expected = (
                [] if self._beliefs is None else self._beliefs.learn(architecture.genotype.choices, _plain(reward))
            )
            tree.answer(number, _beyond(reward, expected))

    def _grown(self) -> SearchTree[A, Any]:
        """The tree with every proposal put in, those included that somebody else had the idea of."""
        tree = self._tree
        if tree is None:
            tree = self._tree = self._begun()
        for number in range(len(tree.ways), len(self._proposed)):
            tree.insert(self._genotype(number))
            if self.settings.transposition:
                self._networks.setdefault(_network(self.proposed(number)), number)
            self._put_aliases(tree, number + 1)
        return tree

    def _put_aliases(self, tree: SearchTree[A, Any], proposed: int) -> None:
        """Put in the aliases that were met when so many architectures had been *proposed*."""
        for alias in self._aliases.get(proposed, ()):
            tree.alias(alias.number, alias.genotype)

    def _begun(self) -> SearchTree[A, Any]:
        order: Order[A, Any]
        settings = self.settings
        shared = (self.space, settings.bisect, settings.resolution, settings.rollout)
        if settings.order is DecisionOrder.IMPORTANCE:
            order = ByImportance(*shared, self._paths, self._domains.__getitem__)
        else:
            order = InTurn(*shared)
        eager = settings.repeat or settings.transposition  # so that a point may be put in twice
        return SearchTree(
            order, len(self.objectives), settings.exploration, self._beliefs, repeat=settings.repeat, eager=eager
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
        return not self.settings.transposition or not self._is_alias(architecture)

    def _is_alias(self, architecture: A) -> bool:
        """Whether *architecture* is the network of an earlier proposal, whose result then counts on this way as well."""
        number = self._networks.get(_network(architecture))
        if number is None:
            return False
        genotype = architecture.genotype
        if genotype not in self._known_aliases:
            self._known_aliases.add(genotype)
            self._aliases.setdefault(len(self._proposed), []).append(_Alias(genotype, number))
            self._grown().alias(number, genotype)
        return True

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
        rewards = self._rewarded()
        expected: Iterable[list[float]] = itertools.repeat([])
        if self._beliefs is not None:
            expected = self._beliefs.look(
                [(self._genotype(number).choices, _plain(reward)) for number, reward in rewards.items()]
            )
        if self.settings.order is DecisionOrder.IMPORTANCE and self._answered >= _FIRST_LOOK:
            self._rank_decisions()
            self._tree = None
        self._reward_anew(rewards, expected)

    def _rewarded(self) -> dict[int, list[int]]:
        """What every result is worth now, by number."""
        return {number: self._reward(result) for number, result in sorted(self._results.items())}

    def _reward_anew(self, rewards: dict[int, list[int]], expected: Iterable[list[float]]) -> None:
        beyond = {
            number: _beyond(reward, said) for (number, reward), said in zip(rewards.items(), expected, strict=False)
        }
        self._grown().reward_anew(beyond, [each.worst for each in self._rewards])

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
        """What scores are worth and what is believed, the order of the decisions, how many results there were, aliases."""
        return {
            "answered": self._answered,
            "knots": [each.knots for each in self._rewards],
            "paths": self._paths,
            "beliefs": None if self._beliefs is None else self._beliefs.memory(),
            "aliases": [
                [proposed, [[each.number, dict(each.genotype)] for each in aliases]]
                for proposed, aliases in self._aliases.items()
            ],
        }

    def recall(self, memory: Json) -> None:
        """Put every proposal into the tree again, and every result."""
        self._answered = memory["answered"]
        self._rewards = [Rewards(self.settings.scale, knots) for knots in memory["knots"]]
        self._paths = list(memory["paths"])
        self._aliases = {
            proposed: [_Alias(Genotype(choices), number) for number, choices in aliases]
            for proposed, aliases in memory["aliases"]
        }
        self._known_aliases = {each.genotype for aliases in self._aliases.values() for each in aliases}
        self._domains, self._networks, self._tree = {}, {}, None
        if self._paths or self._beliefs is not None:
            self._meet(range(len(self._proposed)))
        if self._beliefs is not None:
            self._beliefs.meet(self._domains)
            self._beliefs.recall(memory["beliefs"])
        rewards = self._rewarded()
        expected: Iterable[list[float]] = itertools.repeat([])
        if self._beliefs is not None:
            expected = [self._beliefs.expected(self._genotype(number).choices) for number in rewards]
        self._reward_anew(rewards, expected)


@frozen
class _Alias:
    """A *genotype* that is the same network as proposal *number*. It was met when so many had been proposed as it is kept by."""

    genotype: Genotype
    number: int


def _plain(reward: list[int]) -> list[float]:
    return [each / ONE for each in reward]


def _beyond(reward: list[int], expected: list[float]) -> list[int]:
    """By how much *reward* is more than *expected*; all of it where nothing is."""
    return [each - round(said * ONE) for each, said in zip(reward, expected, strict=True)] if expected else reward


def _is_look(answered: int) -> bool:
    """Whether what scores are worth is looked at after so many results: 1 to 8, 10, 12, 15 and so on."""
    look = 1
    while look < answered:
        look = max(look + 1, look * 5 // 4) if look < _OFTEN else 2 * look
    return look == answered


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
