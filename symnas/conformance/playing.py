"""Searching as the suite does it: results that depend on the proposal alone, so that every run can be repeated."""

from collections.abc import Callable
from typing import Protocol

from symnas.architecture import Architecture
from symnas.genotype import Genotype
from symnas.searchers import AnySearcher, Failure, Infeasible, Proposal, Result, Success
from symnas.space import Space

__all__ = ["Broken", "Made", "Maker", "demand", "refused", "same", "search", "step"]

Made = AnySearcher[Architecture]
Asked = Proposal[Architecture]


class Maker(Protocol):
    """Makes the searcher under test: on a space, with a seed, with settings beside those that it is tested with."""

    def __call__(self, space: Space, seed: int = 0, /, **settings: object) -> Made:
        """A fresh one."""
        ...


class Broken(AssertionError):
    """A law does not hold."""


def demand(holds: bool, otherwise: str) -> None:
    """A law, and what is to be said where it does not hold. Unlike `assert` it holds under `python -O`, too.

    Raises:
        Broken: it does not.
    """
    if not holds:
        raise Broken(otherwise)


def refused(kind: type[Exception], part: str, call: Callable[[], object]) -> None:
    """Demand that *call* raises an error of *kind* whose message has *part*."""
    try:
        call()
    except kind as error:
        demand(part in str(error), f"the message says `{part}`; it is: {error}")
    else:
        raise Broken(f"`{kind.__name__}` with `{part}` is raised; nothing was")


def same(proposal: Asked | None) -> tuple[int, Genotype, object, object] | None:
    """What is compared of a proposal."""
    if proposal is None:
        return None
    return proposal.number, proposal.architecture.genotype, proposal.fidelity, proposal.inherits


def judged(proposal: Asked, objectives: int) -> Result:
    """A result that depends on the proposal alone; every seventh fails, every eleventh is infeasible."""
    if proposal.number % 7 == 3:
        return Failure("out of memory")
    if proposal.number % 11 == 5:
        return Infeasible({"latency <= 3ms": 0.5})
    choices = sorted(proposal.architecture.genotype.items())
    value = float(sum(choice * place for place, (_, choice) in enumerate(choices, start=1)))
    return Success((value, -float(proposal.number))[:objectives])


def step(searcher: Made, waiting: list[Asked], ahead: int) -> list[Asked]:
    """Ask until *ahead* are open, then tell the first of them; what was proposed."""
    asked = []
    while len(waiting) < ahead and (proposal := searcher.ask()):
        waiting.append(proposal)
        asked.append(proposal)
    if waiting:
        proposal = waiting.pop(0)
        searcher.tell(proposal.number, judged(proposal, len(searcher.objectives)))
    return asked


def search(searcher: Made, steps: int, ahead: int = 1) -> list[Asked]:
    """Everything proposed in *steps* steps."""
    waiting: list[Asked] = []
    return [proposal for _ in range(steps) for proposal in step(searcher, waiting, ahead)]
