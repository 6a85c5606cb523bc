"""The two kinds of scripts that PyGlove's paper makes searchable, written anew for small data, before and after."""

import runpy
from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest

import symnas
from symnas import ValueSpace

PAPERS = Path(__file__).parent / "goldens"
SIZES = {"resnet": 2 * 2 * 2 * 2, "mnist": 3 * 2}
SEARCHERS = ("random", "evolution:population=2,tournament=2", "mcts", "bayes:start=2", "reinforce")


@pytest.mark.parametrize("name", SIZES)
def test_five_lines_at_most_are_changed(name: str) -> None:
    """What is new or other in the searchable script is five lines of code or fewer."""
    before, after = ((PAPERS / f"{name}_{which}.py").read_text() for which in ("before", "after"))
    new = [line for line in ndiff(before.splitlines()[1:], after.splitlines()[1:]) if line.startswith("+ ")]
    assert 3 <= len(new) <= 5, new


@pytest.mark.parametrize("name", SIZES)
def test_both_scripts_run(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The script as it was trains one network; the searchable one trains a network in each trial."""
    runpy.run_path(str(PAPERS / f"{name}_before.py"))["main"]()
    assert 0.05 < float(capsys.readouterr().out) <= 1
    runpy.run_path(str(PAPERS / f"{name}_after.py"))["main"]("evolution", 2)


@pytest.mark.parametrize("name", SIZES)
def test_one_space_for_all_searchers(name: str) -> None:
    """The same space object is searched by five kinds of searchers, as it is."""
    script = runpy.run_path(str(PAPERS / f"{name}_after.py"))
    nn = script["nn"]
    value = script["make"] if name == "mnist" else symnas.symbolic(script["ResNet"])(
        [symnas.oneof(4, 8), symnas.oneof(8, 16)], symnas.oneof(3, 5), act=symnas.oneof(nn.ReLU, nn.GELU)
    )  # fmt: skip
    space: ValueSpace[Any] = symnas.space_of(value)
    assert space.size == SIZES[name]
    for searcher in SEARCHERS:
        search = symnas.search(space, searcher=searcher, trials=3)
        for trial in search:
            made = trial.build()
            net = made[0] if name == "mnist" else made
            trial.tell(-sum(weight.numel() for weight in net.parameters()))
        assert sum(bool(each.values) for each in search.study.trials) == 3
        assert search.best is not None
