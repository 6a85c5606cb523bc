"""How a search is to be: what the command line says, else what the study was begun with, else the file, else defaults.

The file says it in `search { … }`; what a search was begun with is kept beside its results, for `--resume`.
"""

import json
import os
from pathlib import Path

from attrs import asdict

from symnas.command.writing import write_text
from symnas.elaborate.plans import Plan
from symnas.training.recipe import net_reads

__all__ = ["default_workers", "net_reads", "read_begun", "write_begun"]


def default_workers(ahead: int) -> int:
    """A worker for each core that this process may use, as far as proposals go round."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, ahead))


def write_begun(path: Path, plan: Plan) -> None:
    """Keep the budget that a search was begun with, so that `--resume` alone goes on to the same end."""
    kept = {name: value for name, value in asdict(plan).items() if name in ("trials", "seconds", "trial_seconds")}
    write_text(path, json.dumps(kept) + "\n")


def read_begun(path: Path) -> Plan:
    """The plan that `write_begun` kept; an empty one where there is none to read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Plan(**kept)
    except (OSError, ValueError, TypeError):
        return Plan()
