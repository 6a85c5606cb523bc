"""The end of a search: the table of the best, the random baseline, and the files of the winner."""

import json
from pathlib import Path

from attrs import evolve, frozen

from symnas.architecture import Architecture
from symnas.command.exporting import source
from symnas.command.fronts import front_record, front_table
from symnas.command.outcome import Baseline, Measured, baseline_of, drawn_at_random, file_about, measure, train_winner
from symnas.command.terminal import count_of, table
from symnas.command.watching import watching
from symnas.command.writing import write, write_program, write_text
from symnas.errors import SearchError
from symnas.sizes import Size
from symnas.study import Study, TrialState
from symnas.training.evaluate import Evaluator
from symnas.training.weights import save_weights

__all__ = ["Found", "finish", "report"]


@frozen
class Found:
    """What a search came to. *metric* is the one that is shown of the test part, empty where there is none."""

    best: tuple[Measured, ...]
    metric: str
    baseline: Baseline | None
    files: tuple[Path, ...]


def finish(
    study: Study[Architecture], evaluator: Evaluator, workers: int, best: int, baseline: int, folder: Path
) -> Found:
    """Measure the *best* trials and *baseline* random ones on the test part, and write the winner to *folder*.

    Raises:
        SearchError: no trial came to a result.
    """
    winners = study.best(best)
    if not winners:
        raise SearchError(_nothing_found(study))
    # All are compared with the same training: as far as the best.
    random = [evolve(each, fidelity=winners[0].fidelity) for each in drawn_at_random(study)[:baseline]]
    apart = [each for each in random if each not in winners]
    total = len(winners) + len(apart)
    winner = study.architecture(winners[0])
    with watching("final trainings", total) as watch:
        result = train_winner(evaluator, study, winners[0])
        watch(1, total, "", None)
        others = measure(
            study, evaluator, [*winners[1:], *apart], workers, lambda done: watch(done + 1, total, "", None)
        )
    shown = [Measured(winners[0], result.test), *others[: len(winners) - 1]]
    by_training = {(each.trial.number, each.trial.fidelity): each for each in (*shown, *others)}
    drawn = [by_training[each.number, each.fidelity] for each in random]
    metric = "accuracy" if "accuracy" in result.test else "r2"
    about = file_about(result, winner.recipe.get("data"), winners[0].seed)
    files = tuple(folder / name for name in ("best.nas", "best.pt", "best.py"))
    write_program(files[0], winner)
    write(files[1], lambda place: save_weights(result.module, place))
    write_text(files[2], source(winner, winner.graph(), files[1], about))
    return Found(tuple(shown), metric, baseline_of(drawn, metric), files)


def finish_elsewhere(study: Study[Architecture], best: int, folder: Path) -> Found:
    """Write the winner of a search that a function of the user's trained: as a program, for its weights are not here.

    Raises:
        SearchError: no trial came to a result.
    """
    winners = study.best(best)
    if not winners:
        raise SearchError(_nothing_found(study))
    file = folder / "best.nas"
    write_program(file, study.architecture(winners[0]))
    return Found(tuple(Measured(each) for each in winners), "", None, (file,))


def report(found: Found, study: Study[Architecture], store: str, *, as_json: bool) -> str:
    """What the user is told at the end."""
    if as_json:
        return json.dumps(_record(found, study, store), ensure_ascii=False, indent=2) + "\n"
    failed = sum(each.state is TrialState.FAILED for each in study.trials)
    done = f"{count_of(study.finished, 'trial')} by {study.record.searcher.partition(':')[0]}, seed {study.record.seed}"
    if repeated := _repeated(study):
        done += f"; {repeated} of them of networks that had been evaluated"
    parts = [
        done + (f"; {failed} failed, the first: {_first_reason(study)}" if failed else ""),
        _table(found, study),
        _baseline_note(found, study),
        front_table(study),
        "\n".join([*(f"wrote {path}" for path in found.files), f"trials are in {store}"]),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _repeated(study: Study[Architecture]) -> int:
    """How many trials were given the result of an earlier one of the same network."""
    return sum(each.repeats is not None for each in study.trials)


def _table(found: Found, study: Study[Architecture]) -> str:
    objectives = [name for name, _ in study.objectives]
    tested = bool(found.metric)
    measured = [f"validation {name}" if tested else name for name in objectives]
    trained = any(each.trial.fidelity is not None for each in found.best)
    head = (
        "",
        "trial",
        *(["steps"] if trained else []),
        *measured,
        *([f"test {found.metric}"] if tested else []),
        "params",
        "MACs",
    )
    rows = [
        (
            f"{rank}.",
            str(each.trial.number),
            *([str(each.trial.fidelity)] if trained else []),
            *(f"{value:.4f}" for value in each.trial.values),
            *([_shown(each.test.get(found.metric))] if tested else []),
            f"{study.architecture(each.trial).params:,}",
            _size(study.architecture(each.trial).macs),
        )
        for rank, each in enumerate(found.best, 1)
    ]
    if found.baseline is not None:
        mean = f"{found.baseline.mean:.4f}"
        rows.append(("", "random", *([""] if trained else []), *("" for _ in objectives), mean, "", ""))
    return table(head, rows, range(1, len(head)))


def _baseline_note(found: Found, study: Study[Architecture]) -> str:
    if found.baseline is None:
        return ""
    base = found.baseline
    whole = study.record.searcher.startswith("random")
    which = "the first trials of this search" + ("" if whole else ", made before it had learned anything")
    which += ", trained as far as the best" if found.best[0].trial.fidelity is not None else ""
    return (
        f"random: the mean test {found.metric} of {count_of(base.count, 'architecture')}, drawn uniformly from the space:\n"
        f"{which} (standard deviation {base.deviation:.4f}).\n"
        "Test figures come from training once more exactly as the trial did; the search never sees the test part."
    )


def _record(found: Found, study: Study[Architecture], store: str) -> dict[str, object]:
    objectives = [name for name, _ in study.objectives]
    baseline = found.baseline
    return {
        "trials": study.finished,
        "repeated": _repeated(study),
        "searcher": study.record.searcher,
        "seed": study.record.seed,
        "best": [
            {
                "trial": each.trial.number,
                "steps": each.trial.fidelity,
                "validation": dict(zip(objectives, each.trial.values, strict=True)),
                "test": dict(each.test),
                "params": study.architecture(each.trial).params,
                "macs": _json_size(study.architecture(each.trial).macs),
                "picks": study.architecture(each.trial).picks,
            }
            for each in found.best
        ],
        "front": front_record(study),
        "random": None
        if baseline is None
        else {"metric": found.metric, "count": baseline.count, "mean": baseline.mean, "deviation": baseline.deviation},
        "files": [str(path) for path in found.files],
        "store": store,
    }


def _nothing_found(study: Study[Architecture]) -> str:
    if not study.finished:
        return "no trial was finished: give the search more time"
    return f"none of {count_of(study.finished, 'trial')} came to a result; the first failed: {_first_reason(study)}"


def _first_reason(study: Study[Architecture]) -> str:
    failed = next((each for each in study.trials if each.state is TrialState.FAILED), None)
    return failed.reason.splitlines()[0] if failed is not None and failed.reason else "infeasible"


def _shown(value: float | None) -> str:
    return "failed" if value is None else f"{value:.4f}"


def _size(size: Size) -> str:
    return f"{size:,}" if isinstance(size, int) else str(size)


def _json_size(size: Size) -> int | str:
    return size if isinstance(size, int) else str(size)
