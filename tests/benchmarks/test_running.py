"""Runs on a table: what is counted, what is paid, what is judged, and how runs are kept."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import pytest

from symnas.benchmarks import Asked, Budget, Flat, Ours, Run, Task, run
from symnas.benchmarks.intervals import difference, mean
from symnas.benchmarks.judging import Judge, milliseconds
from symnas.benchmarks.results import Entry, append, read
from symnas.domains import Choice
from symnas.errors import SearchError
from symnas.searchers import Failure, Final, Success
from symnas.tree import Direction

SPACE = "let a = oneof(1, 2, 3)\nlet b = oneof(1, 2)\nnet T(x: f32[N, 4]) = x -> Linear(a) -> Linear(b)"
SEEN = (0.1, 0.9, 0.5)
TEST = (10.0, 20.0, 30.0)


def task(*, objectives: int = 1) -> Task:
    """Six architectures with three rows: that of the first decision."""

    def of(genotype: Mapping[str, Choice]) -> int:
        return int(genotype["a"])

    named = (("accuracy", Direction.MAXIMIZE), ("latency", Direction.MINIMIZE))[:objectives]
    latency = (1.0, 3.0, 2.0)
    reported = {"test": TEST} if objectives == 1 else {"test": TEST, "speed": [-each for each in latency]}
    flat = Flat((("a", 3), ("b", 2)), lambda choices: choices[0])
    return Task("toy", "Toy", SPACE, named, (SEEN, latency)[:objectives], reported, of, flat, (5.0, 6.0, 7.0), 0.9)


class Scripted:
    """Asks for rows in a given order; `None` is no architecture."""

    name = "scripted"

    def __init__(self, *rows: int | None) -> None:
        self._rows: Iterator[int | None] = iter(rows)
        self.told: list[Final] = []

    def ask(self) -> Asked[None] | None:
        """The next of them."""
        for row in self._rows:
            return Asked(None, row)
        return None

    def tell(self, token: None, result: Final) -> None:
        """Keep it."""
        self.told.append(result)


def test_a_row_is_counted_once() -> None:
    """A row asked for again is answered and not counted; what is no architecture is a failure and not counted."""
    contestant = Scripted(2, 2, None, 0, 2, 1, 0)
    done = run(task(), contestant, Budget(3))
    assert (done.rows, done.asked) == ((2, 0, 1), 6)
    assert contestant.told[0] == contestant.told[1] == Success((0.5,))
    assert isinstance(contestant.told[2], Failure)


def test_a_run_ends_with_its_contestant() -> None:
    """A contestant that has nothing more to ask, or asks for the same for ever, ends the run."""
    assert run(task(), Scripted(0), Budget(3)).rows == (0,)
    assert run(task(), Scripted(*[0] * 5000), Budget(3)).asked == 1001
    assert run(task(), Scripted(*[0] * 5000), Budget(3), patience=7).asked == 8


def test_a_run_ends_sooner_when_the_best_has_been_seen() -> None:
    """Who repeats itself after the best row is waited for only a little; who goes on to other rows is let go on."""
    assert run(task(), Scripted(1, *[1] * 5000), Budget(3)).asked == 21
    assert run(task(), Scripted(1, *[1] * 19, 0, 2), Budget(3)).rows == (1, 0, 2)
    assert run(task(objectives=2), Scripted(1, *[1] * 5000), Budget(3)).asked == 1001


def test_seconds_are_paid_and_never_overdrawn() -> None:
    """What would cost more than is left is not evaluated; a row that is known costs nothing."""
    assert run(task(), Scripted(0, 0, 1, 2), Budget(seconds=17.9)).rows == (0, 1)
    assert run(task(), Scripted(0, 0, 1, 2), Budget(seconds=18)).rows == (0, 1, 2)


def test_a_run_until_the_goal() -> None:
    """It ends with the evaluation that reaches it."""
    judge = Judge(task(), Budget(3, until_goal=True))
    done = run(task(), Scripted(0, 1, 2), judge.budget)
    assert done.rows == (0, 1)
    assert judge.figures(done) == {"evaluations to the optimum": 2.0}


def test_a_budget_is_needed() -> None:
    """A run without any bound is refused."""
    with pytest.raises(SearchError, match="a run needs a budget"):
        Budget()


def test_our_searchers_run_on_a_task() -> None:
    """A searcher proposes from the space; all of a small space is evaluated and the run ends."""
    done = run(task(), Ours("random", task(), 0), Budget(50))
    assert sorted(done.rows) == [0, 1, 2]
    assert done.asked == 6
    assert Ours("random", task(), 0).name.startswith("random:measure=")


def test_regret_is_that_of_what_the_search_thinks_best() -> None:
    """Not of the best that it has met: the search does not see what is reported."""
    judge = Judge(task(), Budget(3), (1, 2, 3, 9))
    figures = judge.figures(Run((2, 1, 0), 3, 0.0, 0.0))
    assert figures == {"test regret at 1": 0, "test regret at 2": 10, "test regret at 3": 10, "test regret at 9": 10}
    assert Judge(task(), Budget(seconds=9)).figures(Run((2, 0), 2, 0.0, 0.0)) == {"test": 30.0}


def test_the_hypervolume_that_is_missing() -> None:
    """Nothing, once the front has been seen; everything that only the unseen reach, before."""
    judge = Judge(task(objectives=2), Budget(3), (1, 2))
    # The true front is (10, -1) and (30, -2); the reference lies a tenth of its range beyond: (8, -2.1).
    figures = judge.figures(Run((0, 2, 1), 3, 0.0, 0.0))
    whole = 22 * 0.1 + 2 * 1.0
    assert figures["hypervolume missing at 1, %"] == pytest.approx(100 * (1 - 2 * 1.1 / whole))
    assert figures["hypervolume missing at 2, %"] == pytest.approx(0)


def test_runs_are_kept_line_by_line(tmp_path: Path) -> None:
    """What was appended is read again; a last line that was cut off is passed over, another wrong one is told."""
    path = tmp_path / "runs.jsonl"
    entries = [Entry("toy", "random", "random:…", seed, Budget(9), Run((1, 2), 3, 0.5, 0.6)) for seed in range(3)]
    assert list(read(path)) == []
    for each in entries:
        append(path, each)
    assert list(read(path)) == entries
    text = path.read_text(encoding="utf-8")
    path.write_text(text[:-9], encoding="utf-8")
    assert list(read(path)) == entries[:2]
    path.write_text("{}\n" + text, encoding="utf-8")
    with pytest.raises(SearchError, match="line 1, is no run"):
        list(read(path))


def test_intervals_hold_their_mean() -> None:
    """Equal values leave no doubt; a clear difference is above zero, and the same each time."""
    assert mean([2.0] * 5) == mean([2.0] * 5)
    assert (mean([2.0] * 5).low, mean([2.0] * 5).high) == (2.0, 2.0)
    found = difference([3.0, 3.1, 2.9, 3.0], [1.0, 1.2, 0.8, 1.1])
    assert found.above_zero
    assert found.low < found.mean < found.high
    assert found.mean == pytest.approx(1.975)
    assert not difference([1.0, 2.0, 3.0], [1.5, 2.5, 1.9]).above_zero


def test_the_interval_covers_as_often_as_it_says() -> None:
    """Of 100 means of 40 normal values, between 88 and 99 of the intervals hold the true one."""
    rng = Random(4)
    held = 0
    for _ in range(100):
        found = mean([rng.gauss(0, 1) for _ in range(40)])
        held += found.low <= 0 <= found.high
    assert 88 <= held <= 99


def test_differences_of_unequally_many_runs() -> None:
    """Of 100 differences of 60 values and 15 others, between 88 and 99 of the intervals hold the true one; they are narrower
    where there are more of the fewer.
    """
    rng = Random(5)
    held = 0
    for _ in range(100):
        found = difference([rng.gauss(1, 1) for _ in range(60)], [rng.gauss(0, 2) for _ in range(15)])
        held += found.low <= 1 <= found.high
    assert 88 <= held <= 99
    few, many = [0.0, 2.0] * 5, [0.0, 2.0] * 50
    wide, narrow = difference(many, few), difference(many, many)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_time_is_counted_per_step() -> None:
    """Milliseconds of processor time for one ask and tell."""
    assert milliseconds([Run((1,), 4, 0.2, 0.3), Run((1,), 2, 0.2, 0.3)]) == pytest.approx(75)
