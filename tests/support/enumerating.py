"""An independent way to list a space: every sequence of choices is tried, one architecture at a time.

Nothing is counted, ranked or unranked here, and with `in_place` nothing is kept between blocks either, so that what
the space says about itself can be compared with what its program plainly means.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from unittest.mock import patch

from attrs import frozen

from symnas.domains import Choice, Continuous, Domain
from symnas.elaborate.fragments import Fragment
from symnas.elaborate.regions import DomainClash, Infeasible, Oracle, Run
from symnas.elaborate.values import Unportable
from symnas.errors import SourceError
from symnas.graph import Graph
from symnas.program import parse
from symnas.space import Space

__all__ = ["Member", "dataflow", "in_place", "members", "only", "space_of"]


@frozen
class Member:
    """One architecture as found by trying: its choices in the order asked, and its fragment."""

    genotype: dict[str, Choice]
    fragment: Fragment


class Scripted(Oracle):
    """Answers from a list of choices, the first alternative after it, and notes how many there were to choose from."""

    def __init__(self, script: list[int]) -> None:
        super().__init__({}, Random(0))
        self.script, self.sizes = script, list[int]()

    def begin(self) -> None:
        """Start the script anew."""
        super().begin()
        self.sizes.clear()

    def ask(self, path: str, domain: Domain, persistent: bool) -> Choice:
        """The next choice of the script; asking again gives the same answer."""
        persistent = persistent or self.once > 0
        record = self.persistent if persistent else self.local
        if path in record:
            if self.domains[path] != domain:
                assert persistent, f"`{path}` names two decisions"
                raise DomainClash(path, self.domains[path], domain)
            return record[path]
        place = len(self.sizes)
        self.sizes.append(1 if isinstance(domain, Continuous) else domain.size)
        choice: Choice = self.script[place] if place < len(self.script) else 0
        record[path] = domain.at(0.5) if isinstance(domain, Continuous) else choice
        self.domains[path] = domain
        return record[path]


def members(space: Space, most: int = 5000) -> Iterator[Member]:
    """Every member of *space*, depth first; choices that a `require` or a mistake rules out are left out."""
    script: list[int] = []
    for _ in range(most):
        oracle = Scripted(script)
        try:
            fragment = space.elaboration.build(oracle)
        except (Infeasible, SourceError):
            pass
        else:
            yield Member({**oracle.persistent, **oracle.local}, fragment)
        script = [*script, *[0] * (len(oracle.sizes) - len(script))]
        while script and script[-1] + 1 >= oracle.sizes[len(script) - 1]:
            script.pop()
        if not script:
            return
        script[-1] += 1
    raise AssertionError(f"more than {most} sequences of choices")


@contextmanager
def in_place() -> Iterator[None]:
    """Elaborate everything where it stands: no block, turn or stage is kept and used again."""
    invoke = Run.invoke

    def refuse(self, region, *rest):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202 (as `Run.invoke`)
        if region.label.startswith("`train."):
            return invoke(self, region, *rest)
        raise Unportable

    with patch.object(Run, "invoke", refuse):
        yield


def dataflow(graph: Graph) -> list[tuple[str, str, str]]:
    """What a network does and with which weights, in order: path, operator with settings, output types."""
    return [
        (placed.path, f"{placed.operation.operator}{placed.operation.settings}", str(placed.operation.outputs))
        for placed in graph.operations()
    ]


def space_of(text: str) -> Space:
    """The space of the program *text*."""
    return parse(text).space()


def only(text: str) -> Graph:
    """The network of a program that has one architecture and one net."""
    space = space_of(text)
    assert space.size == 1
    return space[0].graph()
