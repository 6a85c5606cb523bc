"""What every searcher must do, as a suite that anyone can run on a searcher of his own.

>>> from symnas import conformance
>>> conformance.check(MySearcher)
>>> conformance.check(MySearcher, population=5)

It needs no test framework: a law that does not hold is an `AssertionError` that says which, on which space. `cases` gives
the laws one by one, for a framework's own reports. Playing through takes seconds for a quick searcher.
"""

from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any

from attrs import frozen

from symnas.conformance.elsewhere import anywhere_the_same
from symnas.conformance.endurance import Growth, endure, measure
from symnas.conformance.grounds import FINITE, GROUNDS, Ground, ground
from symnas.conformance.laws import ANYWHERE, ENDING, ONCE, REPEATING
from symnas.conformance.playing import Broken, Made, Maker
from symnas.searchers import Searcher
from symnas.space import Space

__all__ = ["GROUNDS", "Broken", "Case", "Growth", "Maker", "cases", "check", "endure", "maker", "measure"]

SMALL = ("one point", "two points", "one legal", "continuous")
TELLS = 1500
"""Trials of the long search in `check`."""


@frozen
class Case:
    """A law on a space."""

    name: str
    play: Callable[[], None]


def maker(kind: type[Searcher[Any, Any]], settings: Mapping[str, Any] | None = None) -> Maker:
    """What makes searchers of *kind*, always with *settings*."""
    always = dict(settings or {})

    def make(space: Space, seed: int = 0, /, **more: object) -> Made:
        return kind(space, Random(seed), None, **{**always, **more})

    return make


def cases(kind: type[Searcher[Any, Any]], **settings: Any) -> tuple[Case, ...]:
    """Every law, on every space where it says something, for the searcher *kind* with *settings*."""
    make = maker(kind, settings)
    pairs = [
        *((law, name) for law in ANYWHERE for name in GROUNDS),
        *((law, name) for law in ENDING for name in FINITE),
        *((law, name) for law in REPEATING for name in SMALL),
        *((law, "flat") for law in ONCE),
    ]
    played = [Case(f"{_title(law)}, on {name}", partial(_play, law, make, name)) for law, name in pairs]
    elsewhere = partial(anywhere_the_same, make, kind.__module__, kind.__qualname__, settings)
    return (*played, Case("in any process the same", elsewhere), Case("it endures", partial(endure, make, TELLS)))


def check(kind: type[Searcher[Any, Any]], **settings: Any) -> None:
    """Try every law on the searcher *kind* with *settings*.

    Raises:
        AssertionError: some do not hold; the message lists them all.
    """
    broken = []
    for case in cases(kind, **settings):
        try:
            case.play()
        except Exception as error:  # noqa: BLE001 (whatever it raises, the other laws are tried)
            broken.append((case.name, error))
    if broken:
        listed = "\n".join(f"  {name}: {_told(error)}" for name, error in broken)
        raise Broken(f"`{kind.name}` breaks {len(broken)} of its laws:\n{listed}") from broken[0][1]


def _play(law: Callable[[Maker, Ground], None], make: Maker, name: str) -> None:
    law(make, ground(name))


def _title(law: Callable[..., None]) -> str:
    return law.__name__.replace("_", " ")


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, Broken) else f"raised {type(error).__name__}: {error}"
