"""A study in a file: every run goes on where the last one ended, however it ended.

Run it, stop it with Ctrl-C, run it again: nothing but the trial that was running is lost, and the proposals are those
that one uninterrupted run would have made. The trainer is the built-in one, as `symnas search` uses it.

    python samples/resume_a_study.py [STORE] [TRIALS]        (8 more at each run)
"""

import sys
from pathlib import Path

import symnas
from symnas.study import Standing, Study, Trial
from symnas.training.evaluate import Evaluator


def report(trial: Trial, standing: Standing) -> None:
    """Say what came of a trial; the search calls this after each."""
    best = f"best {standing.best.values[0]:.3f}" if standing.best else "none yet"
    print(f"trial {trial.number} {trial.state.value}, R² {trial.metrics.get('r2', float('nan')):.3f}; {best}")


def main(store: Path, more: int) -> None:
    """Begin the study of `diabetes.nas` in *store*, or go on with it, for *more* trials."""
    space = symnas.load(Path(__file__).with_name("diabetes.nas")).space()
    evaluator = Evaluator(net_reads=["dropout"])  # `train.dropout` is read by the network, the rest by the trainer
    study = Study.resume(space, store) if store.exists() else Study.create(space, store=store, seed=0)
    study.run(evaluator, trials=study.finished + more, progress=report)
    (best,) = study.best(1)
    print(f"{study.finished} trials in {store}; the best so far:")
    for path, choice in study.architecture(best).picks.items():
        print(f"  {path}: {choice}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "diabetes.db"), int(sys.argv[2]) if len(sys.argv) > 2 else 8)
