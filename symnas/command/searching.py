"""The run of `symnas search`: plan, study, progress, and what is said when it is interrupted.

What was found is measured by `outcome` and told by `ending`; settings come together in `planning`.
"""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from attrs import evolve, frozen

from symnas.allowing import check_allowed
from symnas.architecture import Architecture
from symnas.command.choosing import read
from symnas.command.ending import finish, finish_elsewhere, report
from symnas.command.planning import default_workers, net_reads, read_begun, write_begun
from symnas.command.search import TRIALS, Options
from symnas.command.terminal import note
from symnas.command.watching import STOPPED, watching
from symnas.elaborate.plans import Plan
from symnas.errors import SearchError
from symnas.program import Program
from symnas.searchers import create
from symnas.space import Space
from symnas.study import AHEAD, SEARCHER, Evaluate, Standing, Study, Trial
from symnas.study.measuring import Measuring, check_objectives, evaluator_of
from symnas.training.evaluate import Evaluator

__all__ = ["search"]

RECIPES = 16
"""How many architectures are looked at for how long their recipes are, where that is searched, too."""


@frozen
class Places:
    """Where a search puts things: the store of trials, the folder of what it found, that of weights to go on from."""

    folder: Path
    store: str
    begun: Path
    weights: Path

    @classmethod
    def of(cls, options: Options) -> "Places":
        """A folder named for the file where none is given, with the store in it."""
        stem = Path(options.file).stem
        folder = options.output or Path(f"{stem}.search")
        store = options.store or str(folder / f"{stem}.study.db")
        return cls(folder, store, folder / "begun.json", folder / f"{stem}.weights")


def search(options: Options) -> int:
    """Search, then show and write what was found; the exit status."""
    program, places = read(options.file, limits=options.limits), Places.of(options)
    plan = _plan(program, options, places)
    evaluator = _evaluator(program, options)
    _check_reach(program.space(), evaluator, plan)
    study = _study(program, plan, options, places)
    try:
        _search(study, evaluator, plan, places)
        _finish(study, evaluator, plan, options, places)
    except KeyboardInterrupt:
        _tell_how_to_go_on(study, plan, options, places)
        return STOPPED
    finally:
        study.close()
    return 0


def _evaluator(program: Program, options: Options) -> Evaluate:
    """What trains: the function that the file names, else the built-in trainer; with the file's measurements.

    Raises:
        CompileError: a Python module that the search needs is not allowed.
        SearchError: the built-in trainer cannot train this program.
    """
    space, folder, allow = program.space(), Path(options.file).parent.resolve(), tuple(options.allow)
    first = space.sample(Random(0))
    check_allowed(space.elaboration.module.python_layers(), allow, "this search")
    if space.elaboration.module.plan.evaluator:
        return evaluator_of(space, None, allow, folder)
    built_in = Evaluator(folder, net_reads(program.module), allow=allow)
    built_in.check(first, first.recipe)
    check_objectives(space, built_in.metrics(first.recipe))
    return evaluator_of(space, built_in, allow, folder)


def _check_reach(space: Space, evaluator: Evaluate, plan: Plan) -> None:
    """Refuse a searcher that would train further than any recipe of *space* goes.

    Raises:
        SearchError: saying what to change.
    """
    trainer = evaluator.evaluate if isinstance(evaluator, Measuring) else evaluator
    searcher = create(plan.searcher or SEARCHER, space, Random(0))
    if not isinstance(trainer, Evaluator) or searcher.furthest is None:
        return
    longest = max(trainer.epochs(space.sample(Random(seed)).recipe) for seed in range(RECIPES))
    if longest < searcher.furthest:
        raise SearchError(
            f"`{searcher.name}` trains the best for {searcher.furthest} epochs, and the recipe ends after {longest}: write"
            f" `--searcher {searcher.name}:max={longest}`, or `train {{ epochs: {searcher.furthest} }}`"
        )


def _plan(program: Program, options: Options, places: Places) -> Plan:
    """Everything that was said about the search, and defaults for what has to be known.

    Raises:
        SearchError: settings that contradict each other, before anything is begun.
    """
    said = Plan(
        searcher=options.searcher,
        seed=options.seed,
        ahead=options.ahead,
        eager=options.eager or None,
        unique=options.unique,
        trials=options.trials,
        seconds=options.seconds,
        trial_seconds=options.trial_seconds,
        workers=options.workers,
    )
    written = program.space().elaboration.module.plan
    if options.resume:  # what the study was begun with is in the store; only what is said anew is compared with it
        written = Plan(workers=written.workers, trials=written.trials, seconds=written.seconds)
        said = said.over(read_begun(places.begun))
    plan = said.over(written)
    ahead = plan.ahead or AHEAD
    if plan.trials is None and plan.seconds is None:
        plan = evolve(plan, trials=TRIALS)
    if plan.workers is None:
        plan = evolve(plan, workers=default_workers(ahead))
    if plan.trial_seconds is not None and not plan.workers:
        raise SearchError("`--trial-seconds` needs worker processes, which can be ended: give `--workers`, at least 1")
    if not options.resume and (plan.workers or 0) > ahead:
        raise SearchError(
            f"{plan.workers} workers need as many open proposals, not {ahead}: add `--ahead {plan.workers}`"
        )
    return plan


def _study(program: Program, plan: Plan, options: Options, places: Places) -> Study[Architecture]:
    """The study: a new one, or with `--resume` the one that is there."""
    space = program.space()
    if options.resume:
        study = Study.resume(space, places.store)
        _check_unchanged(study, plan)
        return study
    begun = {name: getattr(plan, name) for name in ("searcher", "seed", "ahead", "eager", "unique")}
    chosen = {name: value for name, value in begun.items() if value is not None}
    study = Study.create(space, store=places.store, **chosen)
    write_begun(places.begun, plan)
    return study


def _check_unchanged(study: Study[Architecture], plan: Plan) -> None:
    record = study.record
    now = plan.searcher and create(plan.searcher, study.space, Random(0), study.objectives).spec
    for name, begun, value in (
        ("--searcher", record.searcher, now),
        ("--seed", record.seed, plan.seed),
        ("--ahead", record.ahead, plan.ahead),
        ("--eager", record.eager, plan.eager),
        ("--unique", record.unique, plan.unique),
    ):
        if value is not None and value != begun:
            raise SearchError(f"this search was begun with {name} {begun}, not {value}: leave {name} out, or use `-o`")


def _search(study: Study[Architecture], evaluator: Evaluate, plan: Plan, places: Places) -> None:
    (objective, _), *_ = study.objectives

    def tell(_trial: Trial, standing: Standing) -> None:
        best = standing.best
        shown = "" if best is None else f"best {objective} {best.values[0]:.4f} (trial {best.number})"
        watch(standing.finished, standing.total, shown, standing.left)

    with watching("trials", plan.trials, study.finished) as watch:
        study.run(
            evaluator,
            trials=plan.trials,
            seconds=plan.seconds,
            workers=plan.workers or 0,
            trial_seconds=plan.trial_seconds,
            progress=tell,
            weights=places.weights,
        )


def _finish(study: Study[Architecture], evaluator: Evaluate, plan: Plan, options: Options, places: Places) -> None:
    trainer = evaluator.evaluate if isinstance(evaluator, Measuring) else evaluator
    if isinstance(trainer, Evaluator):
        found = finish(study, trainer, plan.workers or 0, options.best, options.baseline, places.folder)
    else:
        found = finish_elsewhere(study, options.best, places.folder)
    sys.stdout.write(report(found, study, places.store, as_json=options.json))


def _tell_how_to_go_on(study: Study[Architecture], plan: Plan, options: Options, places: Places) -> None:
    of = "" if plan.trials is None else f" of {plan.trials}"
    note(f"stopped after {study.finished}{of} trials, all of which are in {places.store}; go on with")
    note(f"  {shlex.join(_command(options))}")


def _command(options: Options) -> Sequence[str]:
    """The command that goes on with this search."""
    words = ["symnas", "search", options.file, "--resume"]
    words += ["-o", str(options.output)] if options.output else []
    return [*words, "--store", options.store] if options.store else words
