"""The run of `symnas grow`: what was asked, the study, progress, and what is said when it is interrupted.

What was found is told by `grown`; how networks grow is `symnas.growing`'s business.
"""

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from symnas.command.choosing import choose, read, rules_asked
from symnas.command.grow import TRIALS, Options
from symnas.command.grown import finish, line_text, report
from symnas.command.planning import default_workers
from symnas.command.terminal import note
from symnas.command.watching import STOPPED, watching
from symnas.command.writing import write_text
from symnas.errors import SearchError
from symnas.growing.rearing import Rearing
from symnas.growing.running import SEARCHER, begun_with, growth_of, objectives_of, rearing_of, searcher_of
from symnas.growing.space import Grown, Growth, open_growth
from symnas.study import AHEAD, NAME, Evaluate, Standing, Study, Trial
from symnas.study.measuring import evaluator_of

__all__ = ["grow", "tell_line"]

_FIXED = ("rules", "rule", "pick", "seed", "epochs", "start_epochs", "weights")
"""Options that a search is begun with and cannot go on without."""

_BUDGET = ("trials", "seconds", "trial_seconds")
"""Options that another one may be given for when it goes on."""


@frozen
class Places:
    """Where a search puts things."""

    folder: Path
    store: str
    weights: Path

    @classmethod
    def of(cls, options: Options) -> "Places":
        """A folder named for the file where none is given, with the store in it."""
        stem = Path(options.file).stem
        folder = options.output or Path(f"{stem}.grow")
        return cls(folder, options.store or str(folder / f"{stem}.study.db"), folder / f"{stem}.weights")

    @property
    def begun(self) -> Path:
        """What the search was begun with."""
        return self.folder / "begun.json"


def grow(options: Options) -> int:
    """Search, then show and write what was found; the exit status."""
    places = Places.of(options)
    if options.resume:
        _recall(options, places)
    else:
        _fill_in(options)
    growth = _growth(options)
    evaluator, rearing = _evaluator(growth, options)
    study = _study(growth, rearing, options, places)
    try:
        _search(study, evaluator, options, places)
        found = finish(study, rearing, options.best, places.folder, places.weights)
        sys.stdout.write(report(found, study, places.store, as_json=options.json))
    except KeyboardInterrupt:
        _tell_how_to_go_on(study, options, places)
        return STOPPED
    finally:
        study.close()
    return 0


def tell_line(options: Options) -> int:
    """Print the ancestors of a trial, or of the best."""
    places = Places.of(options)
    _recall(options, places)
    study = Study.resume(
        _growth(options), places.store, searcher=searcher_of(begun_with(places.store, NAME) or SEARCHER)
    )
    try:
        if options.line is not None and options.line >= len(study.trials):
            raise SearchError(f"there is no trial {options.line}; the last is {len(study.trials) - 1}")
        chosen = study.best() if options.line == -1 else study.trials[options.line :][:1]
        if not chosen:
            raise SearchError("no trial has come to a result")
        sys.stdout.write(line_text(study, chosen[0], as_json=options.json))
    finally:
        study.close()
    return 0


def _fill_in(options: Options) -> None:
    """Let the file's `search { … }` say what is not said otherwise; its searcher is one for spaces."""
    plan = read(options.file, options.pick, options.limits).space().elaboration.module.plan
    for name in ("seed", "ahead", "workers", "trial_seconds"):
        if getattr(options, name) is None:
            setattr(options, name, getattr(plan, name))
    if options.trials is None and options.seconds is None:
        options.trials, options.seconds = plan.trials, plan.seconds


def _growth(options: Options) -> Growth:
    program = read(options.file, options.pick, options.limits)
    chosen = choose(program, options.seed)
    if chosen.how and options.line is None:
        note(f"{options.file}: {chosen.how}")
    return growth_of(chosen.architecture, rules_asked(program, options.file, options.rules, options.rule))


def _evaluator(growth: Growth, options: Options) -> tuple[Evaluate, Rearing | None]:
    """What trains: the function that the file names, else the built-in trainer; with the file's measurements."""
    space, folder, allow = growth.origin.space, Path(options.file).parent.resolve(), tuple(options.allow)
    if not space.elaboration.module.plan.evaluator:
        rearing = rearing_of(growth, allow, options.epochs, options.start_epochs, options.weights)
        return evaluator_of(space, rearing, allow, folder), rearing
    given = ("epochs", "start_epochs", "weights")
    if named := [each for each in given if getattr(options, each) is not None]:
        option = named[0].replace("_", "-")
        raise SearchError(f"`--{option}` is for the built-in trainer; the file's `evaluator` decides that itself")
    return evaluator_of(space, None, allow, folder), None


def _study(growth: Growth, rearing: Rearing | None, options: Options, places: Places) -> Study[Grown]:
    """The study: a new one, or with `--resume` the one that is there."""
    if options.resume:
        begun = begun_with(places.store, NAME) or SEARCHER
        study = Study.resume(growth, places.store, searcher=searcher_of(options.searcher or begun))
        if options.ahead not in (None, study.record.ahead):
            raise SearchError(
                f"this search was begun with --ahead {study.record.ahead}: leave --ahead out, or use `-o`"
            )
        return study
    if (options.workers or 0) > (options.ahead or AHEAD):
        many = f"{options.workers} workers need as many open proposals, not {options.ahead or AHEAD}"
        raise SearchError(f"{many}: add `--ahead {options.workers}`")
    if options.workers != 0:
        str(growth.packed)  # rules that no other process could have are refused before anything is begun
    study = Study.create(
        growth, searcher=searcher_of(options.searcher or SEARCHER), seed=options.seed or 0, ahead=options.ahead or AHEAD,
        objectives=growth.objectives if rearing is None else objectives_of(growth, rearing), store=places.store,
    )  # fmt: skip
    write_text(places.begun, json.dumps({name: _plain(getattr(options, name)) for name in (*_FIXED, *_BUDGET)}) + "\n")
    return study


def _search(study: Study[Grown], evaluator: Evaluate, options: Options, places: Places) -> None:
    (objective, _), *_ = study.objectives
    trials = options.trials if options.trials or options.seconds else TRIALS

    def tell(_trial: Trial, standing: Standing) -> None:
        best = standing.best
        shown = "" if best is None else f"best {objective} {best.values[0]:.4f} (trial {best.number})"
        watch(standing.finished, standing.total, shown, standing.left)

    with watching("trials", trials, study.finished) as watch:
        study.run(
            evaluator, trials=trials, seconds=options.seconds, trial_seconds=options.trial_seconds, progress=tell,
            open_space=open_growth,
            workers=default_workers(study.record.ahead) if options.workers is None else options.workers,
            weights=places.weights,
        )  # fmt: skip


# ------------------------------------------------------------------------------------------------ going on


def _recall(options: Options, places: Places) -> None:
    """Fill in what the search in *places* was begun with.

    Raises:
        SearchError: there is none, or it was begun otherwise.
    """
    try:
        begun: dict[str, Any] = json.loads(places.begun.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SearchError(
            f"{places.folder} holds no search to go on with: begin one without `--resume`, or say where it is (`-o`)"
        ) from None
    for name in _FIXED:
        given, before = getattr(options, name), begun.get(name)
        if given and _plain(given) != before:
            raise SearchError(_otherwise(f"--{name.replace('_', '-')}", before, _plain(given)))
        setattr(options, name, Path(before) if name == "weights" and before else before)
    if options.trials is None and options.seconds is None:
        options.trials, options.seconds = begun.get("trials"), begun.get("seconds")
    if options.trial_seconds is None:
        options.trial_seconds = begun.get("trial_seconds")


def _otherwise(option: str, before: object, given: object) -> str:
    with_it = f"with {option} {_shown(before)}" if before not in (None, []) else f"without {option}"
    return f"this search was begun {with_it}, not {_shown(given)}: leave {option} out, or use `-o`"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _plain(value: object) -> object:
    """A value of an option as JSON."""
    return str(value) if isinstance(value, Path) else value


def _tell_how_to_go_on(study: Study[Grown], options: Options, places: Places) -> None:
    note(f"stopped after {study.finished} trials, all of which are in {places.store}; go on with")
    note(f"  {shlex.join(_command(options))}")


def _command(options: Options) -> Sequence[str]:
    """The command that goes on with this search."""
    words = ["symnas", "grow", options.file, "--resume"]
    words += ["-o", str(options.output)] if options.output else []
    return [*words, "--store", options.store] if options.store else words
