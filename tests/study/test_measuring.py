"""Searches that call Python which the program names: measurements, evaluators, layers; only what is allowed."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import symnas
from symnas.architecture import Architecture
from symnas.errors import CompileError, SearchError, SourceError
from symnas.program import Program
from symnas.study import TrialState
from symnas.study.measuring import check_objectives

PYTHON = """
from torch import nn

class Scale(nn.Module):
    def __init__(self, by):
        super().__init__()
        self.by = by

    def forward(self, x):
        return x * self.by

def delay(net, times):
    return times * sum(each.numel() for each in net.parameters())

def both(architecture, seed):
    return {"size": architecture.params, "luck": seed}

def pair(net):
    return 1, 2

def broken():
    raise ValueError("no phone")

def learn(architecture, recipe, seed):
    return {"accuracy": recipe["lr"] / 10, "seed": seed}
"""
PROGRAM = """
use named_python (Scale(by = 2)(x: [*S]) -> [*S], delay, both, pair, broken, learn)
net Main(x: f32[N, 8]) = x -> Linear(range(1, 4)) -> Scale
train { lr: range(1, 2) }
"""
MODULES = ["named_python"]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with the Python that the programs name."""
    (tmp_path / "named_python.py").write_text(PYTHON)
    yield tmp_path
    sys.modules.pop("named_python", None)


def program(folder: Path, more: str) -> Program:
    """The program with *more* declarations, which lies in *folder*."""
    return symnas.parse(PROGRAM + more, folder=folder)


def test_measurements_stand_beside_what_the_evaluator_reports(folder: Path) -> None:
    """A number, a mapping and a tuple are taken by the names of the metrics; objectives may be any of them."""
    text = "measure cost = delay(Main, times = 2)\nmeasure size, luck = both()\nmeasure one, two = pair(Main)\n"
    space = program(folder, text + "maximize accuracy\nminimize cost").space()
    study = symnas.search(space, lambda _architecture, _recipe: 0.5, trials=3, searcher="random", allow=MODULES)
    for trial in study.trials[:3]:
        assert trial.state is TrialState.COMPLETE
        assert trial.metrics["cost"] == 2 * trial.metrics["size"]
        assert trial.metrics.keys() == {"accuracy", "cost", "size", "luck", "one", "two"}
        assert trial.values == (0.5, trial.metrics["cost"])


def test_a_require_on_a_metric_makes_trials_infeasible(folder: Path) -> None:
    """A trial whose measurement is too large is infeasible, by how much is kept, and it is not trained."""
    space = program(folder, "measure cost = delay(Main, times = 1)\nrequire cost <= 20\nmaximize accuracy").space()
    trained = []

    def evaluate(architecture: Architecture, _recipe: object) -> float:
        trained.append(architecture.params)
        return 0.5

    study = symnas.search(space, evaluate, trials=8, searcher="random", allow=MODULES)
    states = {study.architecture(each).params: each.state for each in study.trials[:8]}
    assert states == {params: TrialState.COMPLETE if params <= 20 else TrialState.INFEASIBLE for params in states}
    assert max(trained) <= 20


def test_a_require_may_read_what_the_evaluator_reports(folder: Path) -> None:
    """A metric that an objective names may be required; a trial that lacks it ends the search with the reason."""
    space = program(folder, "require accuracy >= 0.15\nmaximize accuracy\nsearch { evaluator: learn }").space()
    study = symnas.search(space, trials=8, searcher="random", allow=MODULES)
    assert {each.state for each in study.trials[:8]} == {TrialState.COMPLETE, TrialState.INFEASIBLE}
    assert all(each.values == (0.2,) for each in study.trials[:8] if each.state is TrialState.COMPLETE)


def test_a_measurement_that_fails_fails_the_trial(folder: Path) -> None:
    """What a measuring function raises is the trial's failure, with its message."""
    space = program(folder, "measure pain = broken()\nmaximize accuracy").space()
    study = symnas.search(space, lambda _architecture, _recipe: 0.5, trials=2, searcher="random", allow=MODULES)
    assert all(each.state is TrialState.FAILED and "no phone" in each.reason for each in study.trials[:2])


def test_a_measurement_of_the_wrong_form_ends_the_search(folder: Path) -> None:
    """A function that returns another number of metrics breaks its contract: no trial is spent on it."""
    space = program(folder, "measure one, two, three = pair(Main)\nmaximize accuracy").space()
    with pytest.raises(SearchError, match="it must measure one, two, three"):
        symnas.search(space, lambda _architecture, _recipe: 0.5, trials=2, allow=MODULES)


def test_worker_processes_measure_as_well(folder: Path) -> None:
    """Evaluators of the file, measurements and layers travel to worker processes."""
    text = "measure cost = delay(Main, times = 1)\nmaximize accuracy\nminimize cost\nsearch { evaluator: learn }"
    space = program(folder, text).space()
    study = symnas.search(space, trials=3, searcher="random", workers=1, allow=MODULES)
    assert all(each.state is TrialState.COMPLETE for each in study.trials[:3])


def test_what_is_not_allowed_is_not_imported(folder: Path) -> None:
    """Searching and building refuse Python that was not allowed, naming the option; nothing of it has run by then."""
    space = program(folder, "measure cost = delay(Main, times = 1)\nmaximize accuracy").space()
    with pytest.raises(CompileError, match="--allow named_python"):
        symnas.search(space, lambda _architecture, _recipe: 0.5, trials=2)
    with pytest.raises(CompileError, match=r'allow=\["named_python"\]'):
        symnas.compile(space[0], allow=["named"])
    assert "named_python" not in sys.modules


def test_python_layers_are_built(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An allowed layer is constructed with its settings, and called with what flows in."""
    import torch

    monkeypatch.syspath_prepend(str(folder))
    architecture = program(folder, "").space()[0]
    network = symnas.compile(architecture, allow=MODULES)
    inner = torch.nn.functional.linear(torch.ones(2, 8), network.Linear.weight, network.Linear.bias)
    assert torch.equal(network(torch.ones(2, 8)), inner * 2)


WRONG = [
    ("use nowhere_python (L(x: [*S]) -> [*S])\nnet M(x: f32[N, 8]) = x -> L", "nowhere_python", "cannot be imported"),
    (
        "use named_python (Scal(x: [*S]) -> [*S])\nnet M(x: f32[N, 8]) = x -> Scal",
        "named_python",
        "did you mean `Scale`",
    ),
]


@pytest.mark.parametrize(("text", "module", "part"), WRONG)
def test_python_that_is_not_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, module: str, part: str
) -> None:
    """A module or a layer that does not exist is told by name."""
    monkeypatch.syspath_prepend(str(folder))
    with pytest.raises(CompileError, match=part):
        symnas.compile(symnas.parse(text).space()[0], allow=[module])


def test_objectives_that_nothing_tells_are_found(folder: Path) -> None:
    """With an evaluator whose metrics are known, an objective that is none of them is told with the nearest."""
    space = program(
        folder, "measure cost = delay(Main, times = 1)\nmaximize acuracy\nminimize cost\nminimize params"
    ).space()
    with pytest.raises(SourceError) as caught:
        check_objectives(space, ["accuracy", "loss"])
    (mistake,) = caught.value.diagnostics
    assert (mistake.code, mistake.line) == ("E0230", 6)
    assert (mistake.hint or "").startswith("did you mean `accuracy`?")
