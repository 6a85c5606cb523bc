"""How a running search reports: a call after each trial. Drawing it is the command line's business."""

from typing import Protocol

from attrs import frozen

from symnas.study.trial import Trial

__all__ = ["Progress", "Standing"]


@frozen
class Standing:
    """How a search stands. *best* is the best trial so far, by the first objective where there are several.

    *total* is the number of trials to come to, *left* an estimate of the seconds until then (or until the budget of
    seconds is used up); `None` where the search has no such end.
    """

    finished: int
    total: int | None
    best: Trial | None
    elapsed: float
    left: float | None


class Progress(Protocol):
    """Whoever wants to know: called after each finished trial, in the process and thread that runs the search."""

    def __call__(self, trial: Trial, standing: Standing, /) -> None:
        """*trial* has just finished; *standing* already counts it."""
        ...
