"""What a search by moves has found: a table of the best, the line of ancestors of the very best, and its files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from symnas.command.exporting import source
from symnas.command.outcome import file_about
from symnas.command.terminal import count_of, table
from symnas.command.writing import write, write_text
from symnas.errors import SearchError
from symnas.growing.lineage import Ancestor, line_of, parent_of, told
from symnas.growing.rearing import SHARE, Rearing
from symnas.growing.space import Grown
from symnas.sizes import Size
from symnas.study import Study, Trial, TrialState
from symnas.training.weights import save_weights

if TYPE_CHECKING:
    from symnas.training.evaluate import Final

__all__ = ["Found", "finish", "line_text", "report"]


@frozen
class Found:
    """The *best* trials, what the very best and the start do on the test part, and the files that were written."""

    best: tuple[Trial, ...]
    test: Mapping[str, float]
    start_test: Mapping[str, float]
    files: tuple[Path, ...] = field(default=())


def finish(study: Study[Grown], rearing: Rearing | None, best: int, folder: Path, weights: Path) -> Found:
    """Measure the best and the start on the test part, with the weights that were kept of them below *weights*, and write
    the best to *folder*.

    Raises:
        SearchError: no trial came to a result.
    """
    winners = study.best(best)
    if not winners:
        raise SearchError(_nothing_found(study))
    winner = study.architecture(winners[0])
    program = folder / "best.nas"
    write_text(program, _described(winner, winners[0]) + winner.text)
    judged = None if rearing is None else rearing.judged(winner, weights / str(winners[0].number))
    if rearing is None or judged is None:
        return Found(winners, {}, {}, (program,))
    start = rearing.judged(study.space.architecture({}), weights / "0")
    files = program, folder / "best.pt", folder / "best.py"
    write(files[1], lambda place: save_weights(judged.module, place))
    write_text(files[2], source(winner, winner.graph(), files[1], _about(judged, winner, winners[0])))
    return Found(winners, _quality(judged.test), {} if start is None else _quality(start.test), files)


def _about(judged: "Final", winner: Grown, trial: Trial) -> str:
    return file_about(judged, winner.recipe.get("data"), trial.seed)


def _quality(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if name not in ("epochs", "seconds")}


def _described(winner: Grown, trial: Trial) -> str:
    """Where it comes from, as a comment."""
    made = "; ".join(map(str, winner.moves)) or "no move"
    return f"# Trial {trial.number} of a search by moves, made of {winner.space.source_name} by: {made}.\n"


# ------------------------------------------------------------------------------------------------ what is told


def report(found: Found, study: Study[Grown], store: str, *, as_json: bool) -> str:
    """What the user is told at the end."""
    if as_json:
        return json.dumps(_record(found, study, store), ensure_ascii=False, indent=2) + "\n"
    failed = [each for each in study.trials if each.state is TrialState.FAILED]
    done = f"{count_of(study.finished, 'trial')} by {study.record.searcher.partition(':')[0]}, seed {study.record.seed}"
    epochs = sum(each.metrics.get("epochs", 0) for each in study.trials)
    done += f"; {count_of(round(epochs), 'epoch')} in all" if epochs else ""
    done += f"; {len(failed)} failed, the first: {_reason(failed[0])}" if failed else ""
    winner = found.best[0]
    parts = [
        done,
        _table(found, study),
        f"the line of trial {winner.number}:\n{_line(study, winner)}",
        _tested(found, winner),
        "\n".join([*(f"wrote {path}" for path in found.files), f"trials are in {store}"]),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def line_text(study: Study[Grown], trial: Trial, *, as_json: bool) -> str:
    """The ancestors of *trial*, the start first."""
    if as_json:
        records = [_ancestor_record(study, each) for each in line_of(trial, study.trials)]
        return json.dumps(records, ensure_ascii=False, indent=2) + "\n"
    return _line(study, trial) + "\n"


def _table(found: Found, study: Study[Grown]) -> str:
    names = _measured(study)
    head = ("", "trial", "parent", *names, "params", "MACs", "moves")
    rows = []
    for rank, each in enumerate(found.best, 1):
        network, parent = study.architecture(each), parent_of(each, study.trials)
        rows.append(
            (
                f"{rank}.", str(each.number), "" if parent is None else str(parent.number),
                *(f"{value:.4f}" for value in each.values), f"{network.params:,}", _size(network.macs),
                str(len(network.moves)),
            )
        )  # fmt: skip
    return table(head, rows, range(1, len(head)))


def _line(study: Study[Grown], trial: Trial) -> str:
    names = _measured(study)
    head = ("trial", *names, "params", "epochs", "inherited", "")
    rows = []
    for each in line_of(trial, study.trials):
        one, what = each.trial, told(study, each).splitlines()
        values = [f"{value:.4f}" for value in one.values] or [one.state.value, *("" for _ in names[1:])]
        share = one.metrics.get(SHARE)
        inherited = f"{share:.0%}" if share else ""
        params = f"{study.architecture(one).params:,}"
        rows.append((str(one.number), *values, params, f"{one.metrics.get('epochs', 0):g}", inherited, what[0]))
        rows += [(*("" for _ in head[1:]), more) for more in what[1:]]
    return table(head, rows, range(len(head) - 1))


def _tested(found: Found, winner: Trial) -> str:
    if not found.test:
        return ""
    metric = "accuracy" if "accuracy" in found.test else "r2"
    start = f"; of the start {found.start_test[metric]:.4f}" if found.start_test and winner.number else ""
    return f"test {metric} {found.test[metric]:.4f}{start}. The search never sees the test part."


def _record(found: Found, study: Study[Grown], store: str) -> dict[str, Any]:
    winner = found.best[0]
    return {
        "trials": study.finished,
        "searcher": study.record.searcher,
        "seed": study.record.seed,
        "epochs": sum(each.metrics.get("epochs", 0) for each in study.trials),
        "failed": sum(each.state is TrialState.FAILED for each in study.trials),
        "best": [_trial_record(study, each) for each in found.best],
        "line": [_ancestor_record(study, each) for each in line_of(winner, study.trials)],
        "test": dict(found.test),
        "start_test": dict(found.start_test),
        "files": [str(path) for path in found.files],
        "store": store,
    }


def _trial_record(study: Study[Grown], trial: Trial) -> dict[str, Any]:
    network, parent = study.architecture(trial), parent_of(trial, study.trials)
    macs = network.macs
    return {
        "trial": trial.number,
        "parent": None if parent is None else parent.number,
        "state": trial.state.value,
        "values": dict(zip((name for name, _ in study.objectives), trial.values, strict=False)),
        "metrics": dict(trial.metrics),
        "params": network.params,
        "macs": macs if isinstance(macs, int) else str(macs),
        "moves": [{"rule": each.rule, "path": each.path} for each in network.moves],
    }


def _ancestor_record(study: Study[Grown], each: Ancestor) -> dict[str, Any]:
    made = [{"rule": one.rule, "path": one.path} for one in each.moves]
    return _trial_record(study, each.trial) | {"made_by": made, "told": told(study, each)}


def _measured(study: Study[Grown]) -> list[str]:
    return [name for name, _ in study.objectives]


def _nothing_found(study: Study[Grown]) -> str:
    if not study.finished:
        return "no trial was finished: give the search more time"
    failed = next((each for each in study.trials if each.reason), None)
    why = "infeasible" if failed is None else _reason(failed)
    if failed is not None and failed.number == 0:
        return f"the start failed, so that there is nothing to go on from: {why}"
    return f"none of {count_of(study.finished, 'trial')} came to a result; the first failed: {why}"


def _reason(trial: Trial) -> str:
    return trial.reason.splitlines()[0] if trial.reason else "infeasible"


def _size(size: Size) -> str:
    return f"{size:,}" if isinstance(size, int) else str(size)
