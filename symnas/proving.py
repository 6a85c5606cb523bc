"""What is proved of a space: that every architecture of it builds, or on how many that was tried.

A completed trie holds every way through a program, so a space that can be counted is proved or refuted. How faults are
found and explained is the business of `faults.py`.
"""

from random import Random

from attrs import frozen

from symnas.domains import Choice, Continuous, Domain
from symnas.elaborate.oracles import Oracle
from symnas.elaborate.regions import Infeasible
from symnas.elaborate.tries import Kind, Node, Region
from symnas.errors import Diagnostic, SourceError
from symnas.faults import SAMPLES, faults_of
from symnas.space import Space

__all__ = ["Proof", "prove"]

ENDS = 40
"""Architectures that are built with continuous decisions at their ends."""


@frozen
class Proof:
    """Whether every architecture of a space is known to build (*proved*), else the *faults* found, or how many drawn at
    random were tried (*checked*; `None` where every way was). *real* says that what a net is depends on continuous
    decisions, of which some values alone were tried.
    """

    faults: tuple[Diagnostic, ...] = ()
    checked: int | None = None
    real: bool = False

    @property
    def proved(self) -> bool:
        """Whether it is certain that every architecture builds."""
        return not self.faults and self.checked is None and not self.real

    @property
    def fact(self) -> str | None:
        """What was tried, in words, where nothing was found and nothing is certain."""
        if self.faults or self.proved:
            return None
        if self.checked is not None:
            return f"checked on {self.checked:,} architectures drawn at random; not proved"
        return (
            "every way was tried with continuous decisions at their middle, and "
            f"{ENDS} architectures with them at their ends; not proved between"
        )


def prove(space: Space) -> Proof:
    """Whether every architecture of *space* builds, as far as that can be found out within the limits."""
    found, checked = faults_of(space)
    real = checked is None and space.size > 0 and _reads_real(space.elaboration.root())
    if real and not found:
        found = _at_ends(space)
    return Proof(tuple(found), checked, real)


class _Ends(Oracle):
    """Continuous decisions at one of their ends."""

    __slots__ = ()

    def draw(self, domain: Domain, rng: Random) -> Choice:
        """An end of a continuous range, any choice of the others."""
        return (
            rng.choice((domain.low, domain.high)) if isinstance(domain, Continuous) else Oracle.draw(self, domain, rng)
        )


def _at_ends(space: Space) -> list[Diagnostic]:
    """The first fault met with continuous decisions at their ends."""
    for number in range(min(SAMPLES, ENDS)):
        oracle = _Ends({}, Random(number), picked=space.picked)
        try:
            space.elaboration.build(oracle)
        except Infeasible:
            continue
        except SourceError as error:
            first, *_ = error.diagnostics
            return [first]
    return []


def _reads_real(root: Region) -> bool:
    """Whether a continuous decision is asked where something may depend on it: not in a setting of `train` alone."""
    waiting: list[Node] = [] if root.root is None else [root.root]
    while waiting:
        node = waiting.pop()
        if node.kind == Kind.ASK and isinstance(node.domain, Continuous) and node.only is None:
            return True
        if node.kind == Kind.INVOKE:
            region: Region = node.region
            if not region.recipe and region.summary.continuous:
                return True
        waiting.extend(node.next.values())
    return False
