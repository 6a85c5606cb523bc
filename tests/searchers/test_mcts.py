"""Monte Carlo tree search: the paper's formula on worked examples, bisection, pruning, orders, and that it learns."""

import math
from collections import Counter
from random import Random

import pytest
from toy import ToyArchitecture, ToySpace, decision, real

import symnas
from symnas.domains import Alternatives, Continuous, Domain, Grid
from symnas.searchers import DEEP_ARCHITECT, AnySearcher, Failure, MonteCarloTreeSearch, Success, create
from symnas.searchers.trees import ONE, Beliefs, Bisect, Interval, Rewards, Scale, branches_of, importances
from symnas.searchers.trees.beliefs import NOISE
from symnas.tree import Direction

Toy = AnySearcher[ToyArchitecture]
FLAT = ToySpace(tuple(decision(name, 3) for name in "abcd"))


def made(space: ToySpace, seed: int = 0, **settings: object) -> MonteCarloTreeSearch[ToyArchitecture]:
    return MonteCarloTreeSearch(space, Random(seed), None, **settings)


def walked(searcher: Toy, steps: int) -> list[ToyArchitecture]:
    """What is proposed in *steps* steps, each told its value."""
    found = []
    for _ in range(steps):
        proposal = searcher.ask()
        if proposal is None:
            break
        found.append(proposal.architecture)
        searcher.tell(proposal.number, Success((proposal.architecture.value,)))
    return found


def test_the_branch_with_the_greatest_bound_is_taken() -> None:
    """Worked example: x̄ + c √(2 ln N / n), by hand, decides between a good branch often visited and a worse one seldom."""
    searcher = made(ToySpace((decision("a", 2, _0=[decision("x", 9)], _1=[decision("y", 9)]),)), exploration=0.5,
                    policy="uct", scale="raw", bisect="none")  # fmt: skip
    tree = searcher._grown()
    root = tree.root
    assert root is not None
    tree.expand(root)
    assert root.branches is not None
    left, right = (tree.child(root, branch) for branch in root.branches.options)
    for node, visits, mean in ((left, 6, 0.75), (right, 2, 0.5), (root, 8, 0.6875)):
        node.visits = node.answered = visits
        node.totals = [round(mean * visits * ONE)]
    bounds = [0.75 + 0.5 * math.sqrt(2 * math.log(8) / 6), 0.5 + 0.5 * math.sqrt(2 * math.log(8) / 2)]
    assert bounds[0] < bounds[1]
    assert tree._best(root, Random(0), [1.0]) == (1, 2)
    tree.exploration = 0.1
    assert tree._best(root, Random(0), [1.0]) == (0, 1)


def test_nodes_are_opened_by_proposals_enough() -> None:
    """Where it is known how many points there are, eight proposals open a node for functions, two for bounds."""
    for policy, enough in (("thompson", 8), ("uct", 2)):
        searcher = made(ToySpace(tuple(decision(f"d{index}", 4) for index in range(10))), policy=policy)
        opened = []
        for _ in range(10):
            walked(searcher, 1)
            root = searcher._grown().root
            assert root is not None
            opened.append(root.opened)
        assert opened.index(True) == enough - 1
        assert all(opened[enough - 1 :])


@pytest.mark.parametrize("policy", ("thompson", "uct"))
def test_a_node_is_closed_with_its_last_point(policy: str) -> None:
    """Opened or not: no point is given twice, and no node is left before all below it is proposed."""
    searcher = made(ToySpace(tuple(decision(f"d{index}", 3) for index in range(3))), policy=policy)
    seen = []
    while (proposal := searcher.ask()) is not None:
        seen.append(proposal.architecture.genotype)
        root = searcher._grown().root
        assert root is not None
        assert root.closed == (len(seen) == 27)
        searcher.tell(proposal.number, Success((proposal.architecture.value,)))
    assert len(set(seen)) == len(seen) == 27


def test_every_branch_is_tried_before_any_is_tried_twice() -> None:
    """What nobody has visited comes first."""
    found = walked(made(FLAT, policy="uct", bisect="none"), 3)
    assert sorted(each.genotype["a"] for each in found) == [0, 1, 2]


def test_what_nobody_visited_is_tried_by_the_points_below() -> None:
    """The first branch taken is uniform over architectures, or over alternatives where rollouts are."""
    space = ToySpace((decision("side", 2, _1=[decision("x", 10), decision("y", 10)]),))
    for rollout, low, high in (("architectures", 0, 20), ("decisions", 160, 240)):
        firsts = Counter(walked(made(space, seed, rollout=rollout), 1)[0].genotype["side"] for seed in range(400))
        assert low <= firsts[0] <= high


@pytest.mark.parametrize(
    ("domain", "bisect", "options"),
    (
        (Alternatives(("a", "b", "c")), Bisect.ORDERED, ((0, 1), (1, 2), (2, 3))),
        (Alternatives(("3", "5", "7")), Bisect.ORDERED, ((0, 1), (1, 3))),
        (Alternatives(("7", "5", "9")), Bisect.ORDERED, ((0, 1), (1, 2), (2, 3))),
        (Alternatives(("a", "b", "c", "d")), Bisect.ALL, ((0, 2), (2, 4))),
        (Grid(1, 1, 8, True), Bisect.ORDERED, ((0, 4), (4, 8))),  # type: ignore[arg-type]  # (a whole number will do)
        (Grid(1, 1, 4, True), Bisect.NONE, ((0, 1), (1, 2), (2, 3), (3, 4))),  # type: ignore[arg-type]  # (as above)
        (Alternatives(tuple(f"x{n}" for n in range(40))), Bisect.NONE, ((0, 20), (20, 40))),
        (Continuous(0.0, 1.0), Bisect.NONE, (Interval(0.0, 0.5), Interval(0.5, 1.0))),
    ),
)
def test_how_decisions_are_branched(domain: Domain, bisect: Bisect, options: tuple[object, ...]) -> None:
    """Ordered ones and large ones are halved, others have a branch for each choice."""
    assert branches_of(domain, None, bisect).options == options


def test_halves_are_halved_and_weighed() -> None:
    """A half has halves of its own; choices that leave no point are in none; weights add up."""
    domain, weights = Grid(0, 1, 9, True), {0: 5, 2: 1, 3: 1, 7: 4, 8: 2}  # type: ignore[arg-type]  # (a whole number)
    whole = branches_of(domain, weights, Bisect.ORDERED)
    assert (whole.choices, whole.options, whole.weights) == ([0, 2, 3, 7, 8], ((0, 2), (2, 5)), (6, 7))
    upper = branches_of(domain, weights, Bisect.ORDERED, (whole, (2, 5)))
    assert (upper.options, upper.weights) == (((2, 3), (3, 5)), (1, 6))
    assert [whole.find(choice) for choice in (0, 1, 3, 8)] == [(0, 2), None, (2, 5), (2, 5)]


def test_a_continuous_range_is_searched_to_its_resolution() -> None:
    """Nodes get no narrower than the resolution; the best part of the range is found and drawn from."""
    searcher = made(ToySpace((real("x"),)), resolution=1 / 16)
    values = []
    for _ in range(250):
        proposal = searcher.ask()
        assert proposal
        values.append(proposal.architecture.genotype["x"])
        searcher.tell(proposal.number, Success((-abs(values[-1] - 0.3),)))
    narrow = []
    root = searcher._grown().root
    assert root is not None
    waiting = [root]
    while waiting:
        node = waiting.pop()
        narrow += [branch.high - branch.low for branch in node.children if isinstance(branch, Interval)]
        waiting += node.children.values()
    assert min(narrow) == 1 / 16
    assert sum(abs(each - 0.3) < 0.1 for each in values[-100:]) > 60


def test_what_is_illegal_is_pruned() -> None:
    """In a space where one point of many is legal, each ask ends, and the end is found."""
    space = ToySpace((decision("a", 12), decision("b", 12)), tuple((("a", at),) for at in range(11)))
    searcher = made(space)
    assert {each.genotype["a"] for each in walked(searcher, 40)} == {11}
    assert len(searcher.open) == 0
    assert searcher.ask() is None


@pytest.mark.parametrize("policy", ("uct", "thompson"))
def test_a_batch_spreads(policy: str) -> None:
    """Proposals that are open count as the worst until they are answered: a batch does not take one way."""
    scale = "rank" if policy == "uct" else "normal"
    space = ToySpace(tuple(decision(f"d{index}", 3) for index in range(8)))
    searcher = made(space, policy=policy, scale=scale, exploration=0.0)
    walked(searcher, 100)
    batch = [proposal.architecture.genotype["d0"] for _ in range(30) if (proposal := searcher.ask())]
    assert len(set(batch)) > 1


def test_failures_are_avoided() -> None:
    """A branch where everything fails is hardly visited any more."""
    searcher = made(ToySpace(tuple(decision(f"d{index}", 3) for index in range(8))))
    asked = []
    for _ in range(200):
        proposal = searcher.ask()
        assert proposal
        asked.append(proposal.architecture.genotype["d0"])
        failed = asked[-1] == 1
        searcher.tell(proposal.number, Failure("") if failed else Success((proposal.architecture.value,)))
    assert asked[100:].count(1) < 10


@pytest.mark.parametrize("factor", (2.0**-20, 1.0, 2.0**30))
@pytest.mark.parametrize("scale", ("rank", "range"))
def test_exploration_means_the_same_on_every_scale(factor: float, scale: str) -> None:
    """Scores multiplied and shifted give the same search."""
    searches = []
    for times, plus in ((1.0, 0.0), (factor, 1024.0 * factor)):
        searcher = made(FLAT, scale=scale)
        found = []
        for _ in range(60):
            proposal = searcher.ask()
            assert proposal
            found.append(proposal.architecture)
            searcher.tell(proposal.number, Success((times * proposal.architecture.value + plus,)))
        searches.append(found)
    assert searches[0] == searches[1]


def test_rewards() -> None:
    """Ranks lie between 0 and 1, rise with the score, and are a half in the middle; raw scores are themselves."""
    told = [float(each * each) for each in range(1000)]
    rank = Rewards.of(Scale.RANK, told)
    assert len(rank.knots) == 65
    worth = [rank.reward(each) / ONE for each in told]
    assert worth == sorted(worth)
    assert worth[0] < 0.02
    assert worth[-1] > 0.98
    assert worth[500] == pytest.approx(0.5, abs=0.02)
    assert (rank.reward(-1.0), rank.reward(1e9)) == (0, ONE)
    assert Rewards(Scale.RANK).reward(3.0) == ONE // 2
    assert Rewards.of(Scale.RANGE, [2.0, 4.0]).reward(3.0) == ONE // 2
    assert Rewards(Scale.RAW).reward(0.25) == ONE // 4
    assert Rewards.of(Scale.RAW, [-2.0, 1.0]).worst == -2 * ONE


def test_the_papers_configuration_runs() -> None:
    """`DEEP_ARCHITECT` is a searcher with c = 0.5, raw scores, and every decision bisected."""
    searcher = create(DEEP_ARCHITECT, FLAT, Random(0))
    assert len(walked(searcher, 30)) == 30
    assert "policy=uct" in searcher.spec
    assert "bisect=all" in searcher.spec
    assert "exploration=0.5" in searcher.spec


@pytest.mark.parametrize("order", ("source", "importance"))
def test_better_than_random(order: str) -> None:
    """On a sum of choices, the first of them the heaviest, the mean of late proposals is far above random's."""
    space = ToySpace(tuple(decision(f"d{index}", 4) for index in range(8)))

    def value(point: ToyArchitecture) -> float:
        return sum((8 - index) ** 2 * point.genotype[f"d{index}"] for index in range(8))

    for seed in range(3):
        searcher = made(space, seed, order=order)
        values = []
        for _ in range(200):
            proposal = searcher.ask()
            assert proposal
            values.append(value(proposal.architecture))
            searcher.tell(proposal.number, Success((values[-1],)))
        assert sum(values[-80:]) / 80 > 306 + 100  # random's mean is 306


def test_beliefs_are_bayesian_regression_with_independent_effects() -> None:
    """Worked example: two decisions share a prior variance of 1; Kalman's gain is ½ / (1 + ½) = 1/3 for each."""
    beliefs = Beliefs(1)
    beliefs.meet(dict.fromkeys("ab", Alternatives(("x", "y"))))
    assert beliefs.look([({"a": 0, "b": 1}, [1.5])]) == [[pytest.approx(1.0)]]
    assert beliefs.expected({"a": 0, "b": 0}) == [pytest.approx(0.5)]
    assert beliefs.expected({"a": 0, "b": 1}) == [pytest.approx(1.0)]
    assert beliefs.expected({"a": 1, "b": 0}) == [0.0]
    beliefs.learn({"a": 0, "b": 0}, [0.5])  # as expected: means stay, variances shrink
    prior, rows = beliefs.memory()["a"]
    assert (prior, rows[0][1]) == (0.5, pytest.approx(0.5))
    assert rows[0][0] == pytest.approx(1 / 3 - (1 / 3) ** 2 / (1 / 3 + 1 / 2 + NOISE))
    drawn = [beliefs.draw(Random(seed), [1.0], 1.0)["a"] for seed in range(400)]
    assert 220 < drawn.count(0) < 400  # the mean of 0 is half a point higher


def test_the_best_choice_everywhere_is_drawn_more_often() -> None:
    """What one choice of a late decision is worth is learnt from all results, whatever the decisions before it."""
    space = ToySpace(tuple(decision(f"d{index}", 4) for index in range(12)))
    searcher = made(space)
    found = []
    for _ in range(120):
        proposal = searcher.ask()
        assert proposal
        found.append(proposal.architecture.genotype["d11"])
        searcher.tell(proposal.number, Success((float(found[-1]),)))
    assert found[60:].count(3) > 45


def test_importance_finds_what_matters() -> None:
    """A decision that explains everything comes first, one that matters by existing next, one without effect last."""
    rng = Random(0)
    told = []
    for _ in range(200):
        choices = {"main": rng.randrange(3), "noise": rng.randrange(3), "lr": rng.random()}
        if rng.random() < 0.5:
            choices["some"] = rng.randrange(2)
        told.append((choices, choices["main"] + 0.4 * ("some" in choices) + 0.05 * (choices["lr"] > 0.5)))
    domains: dict[str, Domain] = dict.fromkeys(("main", "noise", "some"), Alternatives(("a", "b", "c")))
    found = importances(told, {**domains, "lr": Continuous(0.0, 1.0)})
    assert sorted(found, key=lambda path: -found[path])[:2] == ["main", "some"]
    assert found["noise"] < found["some"] / 10
    assert importances([], domains) == dict.fromkeys(domains, 0.0)


RESTORED = {
    "deep": ToySpace(tuple(decision(f"d{index:03}", 3) for index in range(120))),
    "mixed": ToySpace((decision("optimiser", 2, _0=[real("momentum")]), decision("width", 3), decision("depth", 9))),
    "constrained": ToySpace(tuple(decision(name, 4) for name in "abc"), ((("a", 0), ("b", 0)), (("b", 2),))),
    "two objectives": ToySpace(
        tuple(decision(name, 4) for name in "abcde"),
        objectives=(("score", Direction.MAXIMIZE), ("latency", Direction.MINIMIZE)),
    ),
}


def stepped(searcher: Toy, steps: int, ahead: int) -> list[ToyArchitecture]:
    """What is proposed with *ahead* proposals open; some fail, and the last of those open is told first."""
    found = []
    for _ in range(steps):
        while len(searcher.open) < ahead and (proposal := searcher.ask()):
            found.append(proposal.architecture)
        if not searcher.open:
            break
        number = searcher.open[-1]
        values = (searcher.proposed(number).value, float(number % 13))[: len(searcher.objectives)]
        searcher.tell(number, Failure("") if number % 7 == 3 else Success(values))
    return found


@pytest.mark.parametrize("settings", ("order=importance", "bisect=all,scale=raw", "exploration=0,scale=range"))
@pytest.mark.parametrize("space", RESTORED)
def test_other_settings_restore_exactly_too(settings: str, space: str) -> None:
    """Whatever the settings and the order of results, a restored search goes on as the first one does."""
    searcher = create(f"mcts:{settings}", RESTORED[space], Random(4))
    stepped(searcher, 45, ahead=3)
    restored = create(f"mcts:{settings}", RESTORED[space], Random(5))
    restored.restore(searcher.state())
    assert stepped(restored, 70, ahead=2) == stepped(searcher, 70, ahead=2)
    assert restored.state() == searcher.state()


def test_the_same_network_shares_its_result() -> None:
    """With `transposition`, the ways to all names of a network learn from its only evaluation; so they do when restored."""
    space = symnas.parse("""
        net A(x: f32[N, 8]) = x -> oneof { a: Identity -> Identity, b: Identity } -> oneof(ReLU, Tanh, Sigmoid)
    """).space()
    searcher = MonteCarloTreeSearch(space, Random(3), None, transposition=True)
    for number in range(3):
        proposal = searcher.ask()
        assert proposal
        searcher.tell(proposal.number, Success((float(number),)))
    searcher.ask()
    root = searcher._grown().root
    assert root is not None
    assert sum(map(len, searcher._aliases.values())) >= 2
    assert root.answered > 3
    restored = MonteCarloTreeSearch(space, Random(0), None, transposition=True)
    restored.restore(searcher.state())
    other = restored._grown().root
    assert other is not None
    assert (other.answered, other.totals) == (root.answered, root.totals)


def test_networks_that_were_proposed_are_passed_over() -> None:
    """With `transposition`, the same network in other words comes only when nothing else is left."""
    space = symnas.parse("""
        net A(x: f32[N, 8]) = x -> oneof(ReLU, Tanh) -> maybe(Sigmoid) -> oneof { none: Identity, no: Identity -> Identity }
    """).space()
    assert space.size == 8
    searcher = create("mcts:transposition=true", space, Random(1))
    digests = []
    for number in range(8):
        proposal = searcher.ask()
        assert proposal
        digests.append(proposal.architecture.canonical_hash())
        searcher.tell(proposal.number, Success((float(number),)))
    assert len(set(digests[:4])) == len(set(digests)) == 4
    assert searcher.ask() is None
