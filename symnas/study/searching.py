"""`search`: a whole study in one call."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from symnas.errors import SearchError
from symnas.searchers import Chosen, Objective, create
from symnas.study.evaluation import Evaluate
from symnas.study.progress import Progress
from symnas.study.spaces import A, StudySpace, open_program
from symnas.study.study import NAME, Study

__all__ = ["begin", "search"]


def search(
    space: StudySpace[A],
    evaluate: Evaluate,
    *,
    searcher: Chosen | None = None,
    trials: int | None = None,
    seconds: float | None = None,
    seed: int | None = None,
    workers: int = 0,
    trial_seconds: float | None = None,
    ahead: int | None = None,
    eager: bool | None = None,
    unique: str | None = None,
    objectives: Sequence[Objective] | None = None,
    store: str | Path | None = None,
    name: str = NAME,
    resume: bool = False,
    progress: Progress | None = None,
    open_space: Callable[[str], StudySpace[A]] = open_program,
    weights: str | Path | None = None,
    first: Sequence[A] = (),
) -> Study[A]:
    """Search *space* for architectures that *evaluate* likes, and give back the study.

    `Study.create` explains the settings of a study and their defaults, `Study.run` those of a run. With *resume*, the
    study in *store* is gone on with as it was begun; a setting that is given nevertheless must be the same.

    Raises:
        SearchError: something that was asked for is impossible; the message says what and why.
    """
    study = begin(
        space, store, name, resume=resume, searcher=searcher, seed=seed, ahead=ahead, eager=eager, unique=unique,
        objectives=objectives, first=first,
    )  # fmt: skip
    study.run(
        evaluate,
        trials=trials,
        seconds=seconds,
        workers=workers,
        trial_seconds=trial_seconds,
        progress=progress,
        open_space=open_space,
        weights=weights,
    )
    return study


def begin(space: StudySpace[A], store: str | Path | None, name: str, *, resume: bool, **settings: Any) -> Study[A]:
    """A new study with those of *settings* that are not `None`, or with *resume* the one in *store*, begun with them.

    Raises:
        SearchError: there is no such study, or it was begun with other settings.
    """
    chosen = {setting: value for setting, value in settings.items() if value is not None}
    if not resume:
        return Study.create(space, store=store, name=name, **chosen)
    if store is None:
        raise SearchError("there is nothing to resume in memory: say in which `store` the study is")
    own = None if isinstance(chosen.get("searcher"), str) else chosen.pop("searcher", None)  # its state is compared
    chosen.pop("first", None)  # what of them is still to come is part of its state
    study = Study.resume(space, store, name=name, searcher=own)
    _check_unchanged(study, chosen)
    return study


def _check_unchanged(study: Study[A], chosen: Mapping[str, Any]) -> None:
    for setting, value in chosen.items():
        begun = getattr(study.record, setting)
        if setting == "searcher":
            value = create(value, study.space, Random(0), study.objectives).spec
        if value != begun:
            raise SearchError(
                f"the study `{study.record.name}` was begun with {setting} {begun}, not {value}; "
                f"leave out `{setting}`, or begin another study (`--store`)"
            )
