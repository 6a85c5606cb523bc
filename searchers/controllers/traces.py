"""Traces: an architecture as the sequence of decisions that a controller makes.

Each decision offers a few *options*: its choices, or, where there are many, stretches of neighbouring ones. Illegal ones are
not offered. How likely the options are is the business of the controller.
"""

import math
import re
from collections.abc import Mapping, Sequence
from random import Random

from attrs import frozen

from symnas.domains import Choice, Continuous, Domain
from symnas.genotype import Genotype
from symnas.searchers.space import A, Draft

__all__ = ["Asking", "Step", "asking", "trace"]

_OPTIONS = 64
"""Most options of one decision; of more choices, neighbours are an option together."""

_NUMBER = re.compile(r"\[\d+\]")

_EDGE = 1e-6
"""How near to the ends of a continuous range a value is told apart from them."""


@frozen
class Asking:
    """A decision as a controller is asked it.

    *key* names its own parameters, *shared* those that it has in common with its like: the same place of the program in
    other turns and depths. *options* is how many it has in all, 0 for a continuous one; *offered* are the legal ones, and
    *prior* the logarithms of their shares of the points that are left: a policy that has learnt nothing follows those.
    """

    path: str
    domain: Domain
    key: str
    shared: str
    options: int
    offered: tuple[int, ...]
    prior: tuple[float, ...]
    weights: Mapping[int, int] | None

    def choice(self, option: int, rng: Random) -> int:
        """A choice of *option*, each by the points that it leaves."""
        first, last = self._stretch(option)
        if last - first == 1:
            return first
        if self.weights is None:
            return rng.randrange(first, last)
        legal = [each for each in range(first, last) if self.weights.get(each)]
        place = rng.randrange(sum(self.weights[each] for each in legal))
        for each in legal:
            place -= self.weights[each]
            if place < 0:
                return each
        raise AssertionError("the weights add up")

    def option(self, choice: Choice) -> int | None:
        """Where the option that holds *choice* stands among those offered; `None` if it is not offered."""
        size = self.domain.size
        if not 0 <= choice < size:
            return None
        option = ((int(choice) + 1) * self.options - 1) // size
        return self.offered.index(option) if option in self.offered else None

    def value(self, number: float) -> float:
        """The value of a continuous decision that stands for *number*, any real one."""
        assert isinstance(self.domain, Continuous)
        position = 1 / (1 + math.exp(-number)) if number > 0 else math.exp(number) / (1 + math.exp(number))
        return self.domain.at(position)

    def number(self, value: float) -> float:
        """The inverse of `value`, away from the ends."""
        assert isinstance(self.domain, Continuous)
        position = min(1 - _EDGE, max(_EDGE, self.domain.position(value)))
        return math.log(position / (1 - position))

    def _stretch(self, option: int) -> tuple[int, int]:
        size = self.domain.size
        return option * size // self.options, (option + 1) * size // self.options


@frozen
class Step:
    """A decision made: which of the options offered was taken, or the number that a continuous one stands at."""

    asking: Asking
    taken: int
    number: float = 0.0


def asking(draft: Draft[A]) -> Asking:
    """The next decision of *draft*."""
    path, domain, weights = draft.path, draft.domain, draft.weights
    assert path is not None
    assert domain is not None
    shared = _NUMBER.sub("", path)
    if isinstance(domain, Continuous):
        return Asking(path, domain, f"{path}#", f"{shared}#", 0, (), (), None)
    options = min(domain.size, _OPTIONS)
    names = f"{path}#{options}", f"{shared}#{options}"
    if weights is None:
        share = -math.log(options)
        return Asking(path, domain, *names, options, tuple(range(options)), (share,) * options, None)
    masses = [0] * options
    for choice, weight in weights.items():
        masses[((choice + 1) * options - 1) // domain.size] += weight
    offered = tuple(option for option, mass in enumerate(masses) if mass)
    whole = math.log(sum(masses))
    return Asking(
        path, domain, *names, options, offered, tuple(math.log(masses[each]) - whole for each in offered), weights
    )


def trace(draft: Draft[A] | None, genotype: Genotype) -> Sequence[Step]:
    """The decisions that lead to the point with *genotype*, as far as they are those that *draft* asks."""
    steps: list[Step] = []
    while draft is not None and draft.path is not None:
        asked = asking(draft)
        choice = genotype.choices.get(asked.path)
        if choice is None:
            break
        if isinstance(asked.domain, Continuous):
            steps.append(Step(asked, 0, asked.number(choice)))
        else:
            taken = asked.option(choice)
            if taken is None:
                break
            steps.append(Step(asked, taken))
        draft = draft.take(choice)
    return steps
