"""What every searcher that has a name must do, on every kind of space: the suite that third parties run on theirs."""

import os
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from symnas import conformance
from symnas.conformance import Broken, Case, Growth
from symnas.searchers import Final, RandomSearch, Searcher, registered
from symnas.space import Space

KINDS = {kind.name: kind for kind in registered()}


def every_case() -> Iterator[Any]:
    """Every law for every searcher, each as a test of its own: `-k evolution`, `-k recursive`."""
    for name, kind in KINDS.items():
        for case in conformance.cases(kind):
            yield pytest.param(case, id=f"{name} - {case.name}")


@pytest.mark.parametrize("case", list(every_case()))
def test_every_searcher_keeps_every_law(case: Case) -> None:
    """The law of the case holds."""
    case.play()


TELLS = int(os.environ.get("SYMNAS_TELLS", "5000"))
"""How long the long searches are; 100,000 take from half a minute to half an hour each."""


@pytest.mark.parametrize("kind", ("evolution", "random", "mcts", "nsga2", "mu_lambda"))
def test_long_searches_do_not_slow_down(kind: str) -> None:
    """After thousands of trials a step and a snapshot are what they were after 400."""
    conformance.endure(conformance.maker(KINDS[kind]), TELLS)


class Fresh(RandomSearch[Any]):
    """Forgets which seed it was given."""

    name = "fresh"

    def __init__(self, space: Space, rng: Random, *rest: Any, **settings: Any) -> None:
        super().__init__(space, Random(), *rest, **settings)


class Hoarder(RandomSearch[Any]):
    """Keeps, saves and reads all that it was ever told, at every step."""

    name = "hoarder"

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.told: list[int] = []

    def learn(self, number: int, architecture: Any, result: Final) -> None:
        """Add it."""
        self.told = [int(each) for each in self.told] + [number]

    def memory(self) -> Any:
        """All of it."""
        return self.told


class Forgetful(RandomSearch[Any]):
    """Proposes by something that its state does not hold."""

    name = "forgetful"

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.told = 0

    def learn(self, number: int, architecture: Any, result: Final) -> None:
        """Count it."""
        self.told += 1

    def propose(self) -> Any:
        """Another one after every third result."""
        for _ in range(self.told % 3):
            self.space.sample(self.rng)
        return super().propose()


class Hasty(RandomSearch[Any]):
    """Proposes what breaks a `require`, and gives up when nothing succeeds."""

    name = "hasty"

    def ask(self) -> Any:
        """Nothing after ten failures."""
        proposal = super().ask()
        return None if proposal is not None and proposal.number >= 10 and not self._results else proposal


@pytest.mark.parametrize(
    ("kind", "message"),
    (
        (Fresh, "the same seed proposes the same"),
        (Hoarder, "a snapshot is at most 3 times as large"),
        (Forgetful, "what was restored after 1 steps proposes the same"),
        (Hasty, "64 proposals can be open at a time; 10 were made"),
    ),
)
def test_a_searcher_with_a_fault_is_told(kind: type[Searcher[Any, Any]], message: str) -> None:
    """The message names the searcher and each law that it breaks, with the space."""
    with pytest.raises(Broken) as caught:
        conformance.check(kind)
    text = str(caught.value)
    assert text.startswith(f"`{kind.name}` breaks ")
    assert message in text


def test_a_searcher_without_fault_passes_with_settings() -> None:
    """`check` takes the settings that the searcher is to be tried with."""
    conformance.check(KINDS["evolution"], population=4, tournament=2)


def test_growth_is_measured() -> None:
    """Work is counted in calls, which are the same on every machine, and sizes in characters."""
    found = conformance.measure(conformance.maker(KINDS["random"]), 800)
    assert isinstance(found, Growth)
    assert found == conformance.measure(conformance.maker(KINDS["random"]), 800)
    assert found.late_calls < 1.5 * found.early_calls
