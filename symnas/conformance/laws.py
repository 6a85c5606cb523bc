"""The laws that every searcher keeps, on every space. What they are played with is in `playing`, growth in `endurance`.

A law is a function of what makes the searcher and of a space; its docstring is the law.
"""

import json
import math
import random
from random import Random

from symnas.conformance.grounds import Ground
from symnas.conformance.playing import Asked, Made, Maker, demand, judged, refused, same, search, step
from symnas.errors import SearchError
from symnas.searchers import Failure, Infeasible, Partial, Success, settings_help
from symnas.searchers.settings import split_spec

__all__ = ["ANYWHERE", "ENDING", "ONCE", "REPEATING"]


def same_seed_same_proposals(make: Maker, on: Ground) -> None:
    """Two searchers made and told alike propose alike, with one proposal open at a time or four."""
    for ahead in (1, 4):
        first, second = (search(make(on.space), 50, ahead) for _ in range(2))
        demand(list(map(same, first)) == list(map(same, second)), f"the same seed proposes the same, {ahead} ahead")


def proposals_are_members_and_new(make: Maker, on: Ground) -> None:
    """Every proposal is a member of the space that meets every `require`, none comes twice, they are numbered from 0."""
    proposals = search(make(on.space), 60, ahead=3)
    told = [same(each) for each in proposals]
    demand([each[0] for each in told if each] == list(range(len(told))), "proposals are numbered from 0 in order")
    demand(len({each[1:] for each in told if each}) == len(told), "nothing is proposed twice")
    for each in proposals:
        genotype = each.architecture.genotype
        demand(each.architecture.violated is None, f"every `require` holds; not so for {genotype}")
        demand(on.space.architecture(genotype).genotype == genotype, f"{genotype} is a member")


def a_restored_searcher_goes_on(make: Maker, on: Ground) -> None:
    """State saved as JSON at any moment, with proposals open, gives the same continuation."""
    for moment in (0, 1, 7, 33, 60):
        searcher = make(on.space)
        waiting: list[Asked] = []
        for _ in range(moment):
            step(searcher, waiting, 3)
        state = json.loads(json.dumps(searcher.state()))
        restored = make(on.space, 99)
        restored.restore(state)
        demand(restored.open == searcher.open, f"open proposals are restored after {moment} steps")
        demand(restored.state() == state, f"the state of what was restored after {moment} steps is that state")
        _go_on_alike(searcher, restored, waiting, moment)


def _go_on_alike(searcher: Made, restored: Made, waiting: list[Asked], moment: int) -> None:
    waiting_too = list(waiting)
    for later in range(15):
        ours, theirs = step(searcher, waiting, 3), step(restored, waiting_too, 3)
        demand(
            list(map(same, ours)) == list(map(same, theirs)),
            f"what was restored after {moment} steps proposes the same; not so {later} steps later",
        )
    demand(restored.state() == searcher.state(), f"states agree after going on from step {moment}")


def nothing_succeeds(make: Maker, on: Ground) -> None:
    """A search in which every trial fails or is infeasible goes on, and goes on proposing what is new."""
    searcher = make(on.space)
    seen = []
    for _ in range(40):
        proposal = searcher.ask()
        if proposal is None:
            break
        seen.append(same(proposal))
        searcher.tell(proposal.number, Infeasible({"size": 1.0}) if proposal.number % 2 else Failure("crash"))
    enough = _enough(searcher, on, 40)
    demand(len(seen) >= enough, f"{enough} proposals are made where nothing succeeds; {len(seen)} were")
    demand(len({each[1:] for each in seen if each}) == len(seen), "nothing is proposed twice where nothing succeeds")


def _enough(searcher: Made, on: Ground, wanted: int) -> int:
    """How many proposals there must be, if *wanted* are asked for. What tries a space in order may do so by a grid, which
    ends where the space does not.
    """
    if on.legal is None:
        return wanted if searcher.is_random else 1
    return min(wanted, len(on.legal))


def batches_before_any_result(make: Maker, on: Ground) -> None:
    """64 proposals may be open before the first result, and be answered in any order."""
    searcher = make(on.space)
    batch = [proposal for _ in range(64) if (proposal := searcher.ask())]
    enough = _enough(searcher, on, 64)
    demand(len(batch) >= enough, f"{enough} proposals can be open at a time; {len(batch)} were made")
    demand(len({each.architecture.genotype for each in batch}) == len(batch), "no two open proposals are the same")
    Random(1).shuffle(batch)
    for proposal in batch:
        searcher.tell(proposal.number, judged(proposal, len(searcher.objectives)))
    demand(searcher.open == (), "what was told is open no more")
    search(searcher, 10)


def what_is_not_finite_is_a_failure(make: Maker, on: Ground) -> None:
    """NaN and infinity count as failures, and the search goes on."""
    for value in (math.nan, math.inf, -math.inf):
        searcher = make(on.space)
        told = 0
        while told < 20 and (proposal := searcher.ask()):
            searcher.tell(proposal.number, Success([value] * len(searcher.objectives)))
            told += 1
            demand(isinstance(searcher.result(proposal.number), Failure), f"{value} is a failure")
        enough = _enough(searcher, on, 20)
        demand(told >= enough, f"the search goes on after {value}")


def a_finite_space_ends(make: Maker, on: Ground) -> None:
    """Every member that meets every `require` comes once, further training apart; then `ask` gives `None`, and goes on to."""
    assert on.legal is not None, "called on finite spaces"
    for ahead in (1, 64):
        searcher = make(on.space)
        trained = 1 if searcher.furthest is None else searcher.furthest
        proposals = search(searcher, on.space.size * int(trained) + 2, ahead)
        first = [each.architecture.genotype for each in proposals if each.inherits is None]
        demand(len(set(first)) == len(first), f"nothing comes twice, {ahead} ahead")
        missing = len(on.legal - set(first))
        demand(not missing, f"every member comes; {missing} of {len(on.legal)} did not, {ahead} ahead")
        demand(set(first) == on.legal, f"nothing else comes, {ahead} ahead")
        demand(
            searcher.ask() is None and searcher.ask() is None,
            "after the last member there is none, however often asked",
        )


def repeating_never_ends(make: Maker, on: Ground) -> None:
    """With `repeat` a searcher may propose a member again, and always proposes something."""
    found = len(search(make(on.space, repeat=True), 50))
    demand(found == 50, f"with `repeat` there is always a proposal; after {found} there was none")


def another_seed_other_proposals(make: Maker, on: Ground) -> None:
    """The generator that is passed in decides, unless the searcher says that it draws nothing (`is_random`)."""
    one, other = make(on.space, 1), make(on.space, 2)
    differ = [same(each) for each in search(one, 50)] != [same(each) for each in search(other, 50)]
    demand(differ == one.is_random, "other seeds propose otherwise if, and only if, `is_random` says so")


def restored_between_asks(make: Maker, on: Ground) -> None:
    """State may also be saved while a batch is being asked for."""
    searcher = make(on.space)
    search(searcher, 70)
    first = [proposal for _ in range(5) if (proposal := searcher.ask())]
    restored = make(on.space)
    restored.restore(json.loads(json.dumps(searcher.state())))
    ours, theirs = ([same(each.ask()) for _ in range(20)] for each in (searcher, restored))
    demand(ours == theirs, "what was restored amid a batch goes on with the batch")
    for each in first:
        restored.tell(each.number, Failure("late"))


def partial_results_leave_it_open(make: Maker, on: Ground) -> None:
    """Any number of partial results, NaN among them, may come before the final one."""
    searcher = make(on.space)
    proposal = searcher.ask()
    demand(proposal is not None, "there is a first proposal")
    assert proposal is not None, "demanded above"
    for epoch, value in enumerate([0.1, math.nan, 0.3]):
        searcher.tell(proposal.number, Partial(epoch, (value,)))
    demand(searcher.open == (proposal.number,), "a partial result leaves a proposal open")
    searcher.tell(proposal.number, Success((0.5,)))
    demand(not searcher.open, "a success answers it")


def a_wrong_tell_is_refused(make: Maker, on: Ground) -> None:
    """An unknown number, one told already, and a wrong number of values are errors that say so."""
    searcher = make(on.space)
    refused(SearchError, "trial 0, which was never proposed", lambda: searcher.tell(0, Failure("")))
    searcher.ask()
    refused(SearchError, "trial -1, which was never proposed", lambda: searcher.tell(-1, Failure("")))
    refused(SearchError, "2 values told for 1 objectives (score)", lambda: searcher.tell(0, Success((1.0, 2.0))))
    searcher.tell(0, Success((1.0,)))
    refused(SearchError, "trial 0, which has been told already", lambda: searcher.tell(0, Success((1.0,))))


def another_state_is_refused(make: Maker, on: Ground) -> None:
    """A state with other settings is not silently taken for one's own."""
    state = make(on.space, repeat=True).state()
    refused(SearchError, "repeat=true", lambda: make(on.space).restore(state))


def nothing_is_drawn_elsewhere(make: Maker, on: Ground) -> None:
    """Python's global generator, and numpy's, stay as they were."""
    import sys

    searcher = make(on.space)
    numpy = sys.modules.get("numpy")
    before, before_numpy = random.getstate(), repr(numpy.random.get_state()) if numpy else None
    search(searcher, 50)
    demand(random.getstate() == before, "nothing is drawn from Python's global generator")
    demand(
        numpy is None or repr(numpy.random.get_state()) == before_numpy,
        "nothing is drawn from numpy's global generator",
    )


def its_text_makes_it_again(make: Maker, on: Ground) -> None:
    """`spec` holds every setting, so that changed defaults do not change an old study."""
    searcher = make(on.space)
    name, texts = split_spec(searcher.spec)
    demand(name == searcher.name, f"`spec` begins with the name `{searcher.name}`; it is `{searcher.spec}`")
    again = searcher.settings_type.read(texts, name)
    demand(again == searcher.settings, f"`{searcher.spec}` read again is {searcher.settings}; it is {again}")
    listed = {each.name for each in settings_help(searcher.settings_type)}
    demand(set(texts) == listed, f"`spec` names every setting: {sorted(listed)}; it has {sorted(texts)}")


def its_help_is_complete(make: Maker, on: Ground) -> None:
    """Every setting has a type, a default and a meaning, and the searcher a summary of one line."""
    searcher = make(on.space)
    demand(bool(searcher.summary) and "\n" not in searcher.summary, "`summary` is one line")
    for each in settings_help(searcher.settings_type):
        demand(bool(each.name and each.type and each.default and each.meaning), f"`{each.name}` is explained")


ANYWHERE = (
    same_seed_same_proposals,
    proposals_are_members_and_new,
    a_restored_searcher_goes_on,
    nothing_succeeds,
    batches_before_any_result,
    what_is_not_finite_is_a_failure,
)
"""Laws for every space."""

ENDING = (a_finite_space_ends,)
"""Laws for finite ones."""

REPEATING = (repeating_never_ends,)
"""Laws that small and continuous spaces show."""

ONCE = (
    another_seed_other_proposals,
    restored_between_asks,
    partial_results_leave_it_open,
    a_wrong_tell_is_refused,
    another_state_is_refused,
    nothing_is_drawn_elsewhere,
    its_text_makes_it_again,
    its_help_is_complete,
)
"""Laws that one space shows as well as another."""
