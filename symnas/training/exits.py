"""Exit rates: which share of the samples that reach a `when` takes its first side, counted while a network runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import define

from symnas.costs import EXITS

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Exits", "watched"]


@define(eq=False)
class Exits:
    """Samples that reached each `when`, by its path, and those of them that took its first side."""

    reached: dict[str, int]
    taken: dict[str, int]

    @property
    def metrics(self) -> dict[str, float]:
        """The shares, as metrics: `{"exits.Rest.when": 0.25}`. What no sample reached has none."""
        return {EXITS + path: self.taken[path] / count for path, count in self.reached.items() if count}


@contextmanager
def watched(module: "nn.Module") -> Iterator[Exits]:
    """Count what the samples that go through *module* meanwhile do at each of its `when`s."""
    whens = {path: each for path, each in module.named_modules() if type(each).__name__ == "When"}
    seen = Exits(dict.fromkeys(whens, 0), dict.fromkeys(whens, 0))
    hooks = [each.register_forward_pre_hook(_counter(path, seen)) for path, each in whens.items()]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _counter(path: str, seen: Exits) -> Any:
    def count(_: "nn.Module", given: tuple[Any, ...]) -> None:
        if len(given) == _GIVEN:  # a block of the user's may be called `When` too
            condition = given[0]
            seen.reached[path] += len(condition)
            seen.taken[path] += int(condition.sum())

    return count


_GIVEN = 5
"""A `when` is handed its condition, then each side and the rows for it."""
