"""`search`: a whole study in one call."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from symnas.errors import SearchError
from symnas.searchers import Objective, create
from symnas.study.evaluation import Evaluate
from symnas.study.progress import Progress
from symnas.study.spaces import A, StudySpace, open_program
from symnas.study.study import AHEAD, NAME, SEARCHER, Study

__all__ = ["search"]


def search(
    space: StudySpace[A],
    evaluate: Evaluate,
    *,
    searcher: str | None = None,
    trials: int | None = None,
    seconds: float | None = None,
    seed: int | None = None,
    workers: int = 0,
    trial_seconds: float | None = None,
    ahead: int | None = None,
    eager: bool | None = None,
    objectives: Sequence[Objective] | None = None,
    store: str | Path | None = None,
    name: str = NAME,
    resume: bool = False,
    progress: Progress | None = None,
    open_space: Callable[[str], StudySpace[A]] = open_program,
) -> Study[A]:
    """Search *space* for architectures that *evaluate* likes, and give back the study.

    `Study.create` explains the settings of a study and their defaults, `Study.run` those of a run. With *resume*, the
    study in *store* is gone on with as it was begun; a setting that is given nevertheless must be the same.

    Raises:
        SearchError: something that was asked for is impossible; the message says what and why.
    """
    if not resume:
        study = Study.create(
            space,
            searcher=SEARCHER if searcher is None else searcher,
            seed=seed or 0,
            ahead=AHEAD if ahead is None else ahead,
            eager=bool(eager),
            objectives=objectives,
            store=store,
            name=name,
        )
    elif store is None:
        raise SearchError("there is nothing to resume in memory: say in which `store` the study is")
    else:
        study = Study.resume(space, store, name=name)
        spec = None if searcher is None else create(searcher, space, Random(0), study.objectives).spec
        chosen = None if objectives is None else tuple(objectives)
        asked: dict[str, object] = {
            "searcher": spec,
            "seed": seed,
            "ahead": ahead,
            "eager": eager,
            "objectives": chosen,
        }
        _check_unchanged(study, asked)
    study.run(
        evaluate,
        trials=trials,
        seconds=seconds,
        workers=workers,
        trial_seconds=trial_seconds,
        progress=progress,
        open_space=open_space,
    )
    return study


def _check_unchanged(study: Study[A], asked: dict[str, object]) -> None:
    for setting, value in asked.items():
        begun = getattr(study.record, setting)
        if value is not None and value != begun:
            raise SearchError(
                f"the study `{study.record.name}` was begun with {setting} {begun}, not {value}; "
                f"leave out `{setting}`, or begin another study (`--store`)"
            )
