"""Importance: how much of the differences between rewards each decision explains by itself.

The main effect of functional ANOVA (Hutter, Hoos and Leyton-Brown 2014): the variance between the means of a decision's
choices, less what chance alone would give. Each choice counts alike, however often a search has made it: otherwise a
decision would seem to matter less, the surer the search is of it. What becomes of it is the business of orders.
"""

from collections.abc import Iterable, Mapping

from symnas.domains import Choice, Continuous, Domain

__all__ = ["importances", "part_of", "parts_of"]

_PARTS = 8
"""Parts that the choices of a large or continuous domain are put into."""


def importances(
    told: Iterable[tuple[Mapping[str, Choice], float]], domains: Mapping[str, Domain]
) -> dict[str, float]:  # fmt: skip
    """For each decision of *domains*, how much the means of the rewards *told* differ by its choices; without any effect about 0.

    Points that do not have a decision are a group of their own: whether it exists may matter as well.
    """
    groups: dict[str, dict[int, list[float]]] = {path: {} for path in domains}
    count, whole, squares = 0, 0.0, 0.0
    for choices, reward in told:
        count, whole, squares = count + 1, whole + reward, squares + reward * reward
        for path, choice in choices.items():
            if path in groups:
                sums = groups[path].setdefault(part_of(choice, domains[path]), [0.0, 0.0])
                sums[0] += 1
                sums[1] += reward
    if count < 2:
        return dict.fromkeys(domains, 0.0)
    noise = max(0.0, squares - whole * whole / count) / (count - 1)
    return {path: _explained(list(found.values()), count, whole, noise) for path, found in groups.items()}


def part_of(choice: Choice, domain: Domain) -> int:
    """The part of *domain* that *choice* lies in: itself, or an eighth of a large or continuous domain."""
    if isinstance(domain, Continuous):
        return min(_PARTS - 1, int(domain.position(choice) * _PARTS))
    return int(choice) if domain.size <= 2 * _PARTS else int(choice) * _PARTS // domain.size


def parts_of(domain: Domain) -> int:
    """How many parts *domain* has."""
    return domain.size if not isinstance(domain, Continuous) and domain.size <= 2 * _PARTS else _PARTS


def _explained(groups: list[list[float]], count: int, whole: float, noise: float) -> float:
    """The variance between the means of *groups* (how many, sum), less what is to be expected without any effect."""
    left = count - sum(many for many, _ in groups)
    if left > 0:
        groups = [*groups, [left, whole - sum(total for _, total in groups)]]
    means = [total / many for many, total in groups]
    middle = sum(means) / len(means)
    between = sum((mean - middle) ** 2 for mean in means) / len(means)
    return between - noise * (1 - 1 / len(means)) * sum(1 / many for many, _ in groups) / len(means)
