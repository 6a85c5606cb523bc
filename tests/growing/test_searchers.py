"""Searchers over moves: the start first, children of what is known, nothing twice, the same search however it is cut up."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import growing_programs
import pytest
from growing_programs import SMALL, small, value

import symnas
from symnas.errors import SearchError
from symnas.growing import SEARCHERS, grow, line_of, parent_of
from symnas.growing.places import FEATURES, places
from symnas.growing.policy import Policy, Step
from symnas.growing.running import growth_of, searcher_of
from symnas.searchers import Failure, Infeasible, Success, create
from symnas.study import Run, Study, Trial, TrialState
from symnas.tree import Direction

SPECS = (
    "evolution:population=4,tournament=2", "evolution:population=3,survival=worst,moves=2", "evolution:inherit=false",
    "climbing:children=4", "climbing:children=3,stay=false,moves=2", "reinforce:batch=3,reward=compression",
    "reinforce:begin=best,moves=2",
)  # fmt: skip
TRIALS = 24
OBJECTIVES = (("score", Direction.MAXIMIZE),)


def facts(trials: Sequence[Trial]) -> list[Any]:
    """All of a trial that does not depend on when it ran."""
    return [(each.number, each.genotype, each.inherits, each.seed, each.values, each.metrics) for each in trials]


def searched(spec: str, **settings: Any) -> Study[Any]:
    """A search of `SMALL`."""
    return grow(symnas.parse(SMALL), evaluate=value, searcher=spec, **{"trials": TRIALS, "seed": 5} | settings)


@pytest.fixture(scope="module", params=SPECS)
def spec(request: pytest.FixtureRequest) -> str:
    """A searcher with its settings."""
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def study(spec: str) -> Study[Any]:
    """One search by it, in one go."""
    return searched(spec)


def test_the_start_comes_first_and_children_go_on_from_whom_was_told(study: Study[Any]) -> None:
    """A child's moves begin with its parent's; parents had a result; whoever inherits found what its parent kept."""
    first, *others = study.trials[:TRIALS]
    assert not first.genotype
    assert first.inherits is None
    for each in others:
        parent = parent_of(each, study.trials)
        assert parent is not None
        moves = study.architecture(each).moves
        assert moves[: len(study.architecture(parent).moves)] == study.architecture(parent).moves
        if "inherit=false" in study.record.searcher:
            assert each.inherits is None
        else:
            assert each.inherits == parent.number
            assert parent.state is TrialState.COMPLETE
            depth = len(line_of(each, study.trials)) - 1
            assert each.state is TrialState.FAILED or each.metrics["depth"] == depth


def test_no_network_is_trained_twice_but_to_go_on(study: Study[Any]) -> None:
    """Networks that compute the same at the same costs are proposed once; only a parent that is trained on comes again."""
    seen: dict[str, Trial] = {}
    for each in study.trials:
        network = study.architecture(each).network
        if network in seen:
            parent = parent_of(each, study.trials)
            assert "stay=true" in study.record.searcher
            assert parent is not None
            assert parent.genotype == each.genotype
        seen[network] = each


def test_failures_are_recorded_and_the_search_goes_on(study: Study[Any]) -> None:
    """A trial that raised has failed, with the reason, and nobody is its child."""
    failed = [each for each in study.trials if each.state is TrialState.FAILED]
    assert failed, "the evaluator fails now and then"
    assert all("no luck" in each.reason for each in failed)
    assert not {each.number for each in failed} & {each.inherits for each in study.trials}
    assert study.finished == TRIALS


def test_the_same_seed_gives_the_same_search(study: Study[Any], spec: str) -> None:
    """Another run makes the same proposals and comes to the same results; another seed does not."""
    assert facts(searched(spec).trials) == facts(study.trials)
    assert [each.genotype for each in searched(spec, seed=6).trials] != [each.genotype for each in study.trials]


def test_workers_change_nothing(study: Study[Any], spec: str) -> None:
    """Two processes come to what one came to."""
    if spec == SPECS[0]:
        assert facts(searched(spec, workers=2).trials) == facts(study.trials)


def test_cut_up_anywhere_it_is_the_same_search(study: Study[Any], spec: str, tmp_path: Path) -> None:
    """Stopped after each of some trials and gone on with from the file, with no searcher named, nothing differs."""
    store = tmp_path / "s.db"
    again = searched(spec, trials=1, store=store)
    again.close()
    for trials in (2, 3, 7, 8, 13, TRIALS):
        again = grow(symnas.parse(SMALL), evaluate=value, trials=trials, store=store, resume=True)
        again.close()
    assert facts(again.trials) == facts(study.trials)


def test_a_state_as_json_continues_exactly(spec: str) -> None:
    """Asked and told by hand, a searcher that is restored after any step goes on as the first one."""
    growth, rng = small(), Random(3)
    searcher = create(searcher_of(spec), growth, Random(1), OBJECTIVES)
    for _ in range(20):
        state = json.loads(json.dumps(searcher.state()))
        fresh = create(searcher_of(spec), small(), Random(2), OBJECTIVES)
        fresh.restore(state)
        assert json.loads(json.dumps(fresh.state())) == state
        if searcher.open and rng.random() < 0.5:
            number = rng.choice(searcher.open)
            draw = rng.random()
            result = (
                Failure("bad") if draw < 0.1 and number else Infeasible({"a": 1.0}) if draw < 0.2 else Success((draw,))
            )
            for each in (searcher, fresh):
                each.tell(number, result)
        one, other = searcher.ask(), fresh.ask()
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert (one.number, one.architecture.genotype, one.inherits) == (
                other.number, other.architecture.genotype, other.inherits,
            )  # fmt: skip


def test_asked_in_vain_nothing_changes(spec: str) -> None:
    """Where there is nothing new for now, asking leaves no trace: how often it is asked depends on interruptions."""
    program = symnas.parse("net A(x: f32[N, 4]) = x -> Linear(4) -> ReLU -> Linear(4) -> ReLU\nrule bent: ReLU => Tanh")
    searcher = create(searcher_of(spec), growth_of(program, ()), Random(1), OBJECTIVES)
    for _ in range(8):
        while searcher.ask() is not None:
            pass
        generator = searcher.rng.getstate()
        assert searcher.ask() is None
        assert searcher.rng.getstate() == generator
        if searcher.open:
            searcher.tell(searcher.open[0], Success((1.0,)))


HASHED = """
import sys
from test_searchers import SPECS, searched
for spec in SPECS:
    for each in searched(spec, trials=12).trials:
        print(spec, each.number, list(each.genotype), each.inherits, each.values)
"""


def test_processes_that_hash_differently_search_alike() -> None:
    """Nothing depends on how Python hashes strings."""
    places = os.pathsep.join([str(Path(__file__).parent), str(Path(growing_programs.__file__).parent)])
    told = [
        subprocess.run(
            [sys.executable, "-c", HASHED], check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": places},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert told[0].count("\n") > 12 * len(SPECS)
    assert told[0] == told[1]


def test_a_start_that_fails_ends_the_search() -> None:
    """There is nothing to go on from."""

    def evaluate(_architecture: object, _recipe: object) -> float:
        raise ValueError("no data")

    study = grow(symnas.parse(SMALL), evaluate=evaluate, trials=5)
    assert [each.state for each in study.trials] == [TrialState.FAILED]


def test_a_search_ends_where_nothing_new_can_be_made() -> None:
    """Whatever the budget; evolution, whose population is large enough, has trained every network by then."""
    program = symnas.parse("net A(x: f32[N, 4]) = x -> Linear(4) -> ReLU -> Linear(4) -> ReLU\nrule bent: ReLU => Tanh")
    for name, least in (("evolution", 4), ("climbing:stay=false", 3), ("reinforce", 3)):
        study = grow(program, evaluate=lambda architecture, _: float(architecture.params), searcher=name, trials=99)
        assert least <= study.finished <= 4
        assert len({each.network for each in map(study.architecture, study.trials)}) == study.finished


def test_what_is_kept_is_what_may_be_inherited(spec: str, tmp_path: Path) -> None:
    """Folders of weights are of the start, the best, and whoever may still become a parent or has one that waits."""
    study = searched(spec, store=tmp_path / "s.db", folder=tmp_path / "kept")
    kept = {int(each.name) for each in (tmp_path / "kept").iterdir()}
    (best,) = study.best()
    assert {0, best.number} <= kept
    assert len(kept) <= 12


# ------------------------------------------------------------------------------------------------ each for itself


def test_evolution_lets_the_oldest_die() -> None:
    """With a population of one, every child is of the trial told last; of the best, where the worst dies."""
    for survival, parents in (("oldest", [0, 1, 2, 3]), ("worst", [0, 1, 1, 1])):
        searcher = create(searcher_of(f"evolution:population=1,survival={survival}"), small(), Random(0), OBJECTIVES)
        scores = iter((1.0, 5.0, 4.0, 3.0, 2.0))
        found = []
        for _ in range(5):
            proposal = searcher.ask()
            assert proposal is not None
            found.append(proposal.inherits)
            searcher.tell(proposal.number, Success((next(scores),)))
        assert found == [None, *parents]


def test_climbing_goes_on_from_the_best_of_a_round() -> None:
    """The last of a round is the parent trained on; nothing is proposed before the round is told."""
    searcher = create(searcher_of("climbing:children=3"), small(), Random(0), OBJECTIVES)
    first = searcher.ask()
    assert first is not None
    assert searcher.ask() is None
    searcher.tell(0, Success((9.0,)))
    proposals = [searcher.ask() for _ in range(4)]
    assert [each and each.inherits for each in proposals] == [0, 0, 0, None]
    assert proposals[2] is not None
    assert proposals[2].architecture.moves == ()
    for number, score in ((1, 3.0), (2, 5.0), (3, 4.0)):
        searcher.tell(number, Success((score,)))
    following = searcher.ask()
    assert following is not None
    assert following.inherits == 2


def test_gradients_of_the_policy_are_right() -> None:
    """A small step up the gradient changes the logarithm of the probability of an episode as differences say."""
    growth, rng = small(), Random(0)
    policy = Policy({name: [rng.gauss(0, 1) for _ in FEATURES] for name in ("", *growth.rules)})
    here = places(growth.start)
    steps = [
        Step(policy.options(here, 0.25), 1), Step(policy.options(here[2:], 0.5), 0), Step(policy.options(here, 1.0), len(here)),
    ]  # fmt: skip

    def logarithm(of: Policy) -> float:
        return sum(math.log(of.probabilities(each.options)[each.taken]) for each in steps)

    climbed = Policy(policy.rows)
    climbed.climb(steps, 2.0, 0.5)
    for name, row in policy.rows.items():
        for place, number in enumerate(row):
            changed = []
            for change in (1e-6, -1e-6):
                near = Policy(policy.rows)
                near.rows[name][place] = number + change
                changed.append(logarithm(near))
            slope = (changed[0] - changed[1]) / 2e-6
            assert climbed.rows[name][place] - number == pytest.approx(slope, abs=1e-6)


def test_a_policy_learns_which_rule_is_worth_it() -> None:
    """Where networks are wanted small, episodes come to narrow layers, far more than random ones do."""
    program = symnas.parse(SMALL.replace("<= 400", "<= 4000").replace("Dense(4)", "Dense(16)"))
    study = grow(
        program, evaluate=lambda architecture, _: -float(architecture.params), trials=100, ahead=1,
        searcher="reinforce:moves=5,repeat=true", seed=1,
    )  # fmt: skip
    assert study.finished == 100
    rules = [[move.rule for move in study.architecture(each).moves] for each in study.trials]
    first, last = ([rule for moves in some for rule in moves] for some in (rules[1:21], rules[-20:]))
    assert first.count("narrower") / len(first) < 0.6
    assert last.count("narrower") / len(last) > 0.9


def test_unknown_searchers_and_spaces_are_refused() -> None:
    """A name that is none, a setting that is none, a space that has no moves."""
    with pytest.raises(
        SearchError, match="no searcher over moves is called `evolve`; there are evolution, climbing, reinforce"
    ):
        searched("evolve")
    with pytest.raises(SearchError, match="has no setting `sise`"):
        searched("evolution:sise=3")
    space: Any = symnas.parse("net A(x: f32[N, 4]) = x -> Linear(oneof(4, 5))").space()
    for kind in SEARCHERS.values():
        with pytest.raises(SearchError, match="makes moves"):
            kind(space, Random(0))
    with pytest.raises(SearchError, match="`epochs` is for the built-in trainer"):
        searched("evolution", epochs=3)


def test_only_the_start_comes_first() -> None:
    """Other first architectures make no sense; nor do first proposals of a search that begins with its start."""
    growth = small()
    with pytest.raises(SearchError, match="begins with the start"):
        Study.create(growth, searcher=searcher_of("evolution"), first=[growth.start])


def test_an_evaluator_is_given_what_its_parent_left() -> None:
    """`run.inherited` is the folder of the parent, whole, for as long as it may be asked for."""
    seen: dict[int, int] = {}

    def evaluate(_architecture: object, _recipe: object, run: Run) -> float:
        before = -1 if run.inherited is None else int((run.inherited / "number").read_text())
        seen[run.number] = before
        (run.folder / "number").write_text(str(run.number))
        return float(run.number % 7)

    study = grow(symnas.parse(SMALL), evaluate=evaluate, trials=30, searcher="evolution:population=3")
    assert seen == {each.number: -1 if each.inherits is None else each.inherits for each in study.trials[:30]}


def test_the_best_of_several_objectives_is_kept(tmp_path: Path) -> None:
    """Of two that are equally good in the first objective, the one that is better in the second; and a parent that is
    trained on, and gets worse, is still the best.
    """
    values = {0: (1.0, 5.0), 1: (2.0, 9.0), 2: (2.0, 3.0), 3: (1.0, 1.0)}

    def evaluate(_architecture: object, _recipe: object, run: Run) -> dict[str, float]:
        (run.folder / "kept").write_text("")
        return dict(zip(("good", "cost"), values.get(run.number, (0.0, 10.0 + run.number)), strict=True))

    study = grow(
        symnas.parse(SMALL), evaluate=evaluate, trials=9, folder=tmp_path, searcher="climbing:children=3",
        objectives=(("good", Direction.MAXIMIZE), ("cost", Direction.MINIMIZE)),
    )  # fmt: skip
    (best,) = study.best()
    assert best.number == 2
    assert (tmp_path / "2" / "kept").exists()
    assert any(each.inherits == 2 and each.genotype == best.genotype for each in study.trials), "it was trained on"
