"""The arithmetic of halving: how many architectures are trained how far, before the best are trained further.

Symbols as in Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, "Hyperband: a novel bandit-based approach to
hyperparameter optimization", JMLR 18, 2018, Algorithm 1: of every eta architectures one goes on; a bracket of rate s
has rungs 0 … s, of n_i architectures that are trained to r_i steps. R, the paper's largest resource, is `most` here;
the paper's unit of resource is `least`.
"""

from attrs import frozen

from symnas.errors import SearchError

__all__ = ["Rungs", "hyperband_size", "rates"]


@frozen
class Rungs:
    """One bracket: for each rung how many architectures it holds (n_i), and to which step they are trained (r_i)."""

    sizes: tuple[int, ...]
    fidelities: tuple[int, ...]

    @classmethod
    def of(cls, most: int, eta: int, rate: int, first: int) -> "Rungs":
        """The rungs of a bracket of *rate* that *first* architectures begin; the last are trained to *most*.

        n_i = floor(n eta^-i), at least one; r_i = R eta^(i - s), rounded down to a whole step.
        """
        sizes = tuple(max(1, first // eta**rung) for rung in range(rate + 1))
        return cls(sizes, tuple(most // eta ** (rate - rung) for rung in range(rate + 1)))


def rates(least: int, most: int, eta: int) -> int:
    """s_max: how often *least* steps can be multiplied by *eta* within *most*; floor(log_eta(R)) in the paper.

    Raises:
        SearchError: *least* is above *most*.
    """
    if least > most:
        raise SearchError(f"`min` is {least} and `max` {most}: training must begin below its end")
    rate = 0
    while least * eta ** (rate + 1) <= most:
        rate += 1
    return rate


def hyperband_size(most_rate: int, rate: int, eta: int) -> int:
    """n: how many architectures begin a bracket of *rate*; ceil((s_max + 1) eta^s / (s + 1))."""
    wanted: int = (most_rate + 1) * eta**rate
    return -(-wanted // (rate + 1))
