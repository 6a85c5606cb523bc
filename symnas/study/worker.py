"""The inside of a worker process: build the space from its text, then evaluate one trial after another.

A worker leads a session of its own. So a Ctrl-C in the terminal reaches only the search, which ends its workers in
order; what an evaluation has started ends with its worker; and a worker whose search is gone, even by `kill -9`, ends
itself and all of that. The search's side of the pipe is in `workers`.
"""

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from typing import Generic

from attrs import frozen

from symnas.errors import NasError
from symnas.searchers import Objective, Partial
from symnas.study.evaluation import Breach, Evaluate, Outcome, perform
from symnas.study.runs import Task
from symnas.study.spaces import A, Candidate, StudySpace

__all__ = ["Job", "Message", "Ready", "Refused", "work"]


@frozen
class Job(Generic[A]):
    """What a worker needs to know once. It is pickled: its functions must be importable by name."""

    open_space: Callable[[str], StudySpace[A]]
    program: str
    evaluate: Evaluate
    objectives: tuple[Objective, ...]


@frozen
class Ready:
    """A worker's first message: it takes tasks."""


@frozen
class Refused:
    """A worker's only message: it cannot start, and no other could."""

    reason: str


Message = Ready | Refused | Partial | Outcome
"""What a worker sends: one of the first two; then for each task any number of partial results, and an outcome."""


def work(pipe: Connection) -> None:
    """Live as a worker: read the pickled `Job` from *pipe*, then tasks until it is closed."""
    _lead_session()
    threading.Thread(target=_end_with_search, daemon=True).start()
    try:
        try:
            job: Job[Candidate] = pickle.loads(pipe.recv_bytes())  # noqa: S301 (written by our own parent)
            space = job.open_space(job.program)
        except Exception as error:  # noqa: BLE001 (a user's module may raise anything while it is imported)
            pipe.send(Refused(f"{type(error).__name__}: {error}"))
            return
        pipe.send(Ready())
        while True:
            pipe.send(_done(pipe.recv(), job, space, pipe))
    except (EOFError, OSError):  # the search has closed the pipe
        return


def _done(task: Task, job: Job[A], space: StudySpace[A], pipe: Connection) -> Outcome:
    try:
        architecture = space.architecture(task.genotype)
    except NasError as error:
        return Breach(f"trial {task.number} is not in the space as a worker reads it: {error}")
    return perform(job.evaluate, architecture, task, job.objectives, pipe.send)


def _lead_session() -> None:
    """Leave the terminal's group, then let Ctrl-C through again (the search blocks it while it starts a worker)."""
    if hasattr(os, "setsid"):
        os.setsid()
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _end_with_search() -> None:
    """Wait for the end of the process that started this one; then end, with all that was started here."""
    search = parent_process()
    assert search is not None, "a worker is started by a search"
    search.join()
    time.sleep(0.1)  # an idle worker leaves by the closed pipe, with its cleaning up done
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
