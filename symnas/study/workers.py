"""Worker processes, seen from the search: started when needed, watched, ended.

They are spawned, never forked: threads and locks of torch and of databases do not survive a fork. Environments in
which a worker dies or hangs cost one trial at most. What a worker does is in `worker`.
"""

import os
import pickle
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import connection as pipes
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from attrs import define

from symnas.errors import SearchError
from symnas.searchers import Partial
from symnas.study.executor import Answer, Lost, Step
from symnas.study.runs import Task
from symnas.study.worker import Job, Message, Ready, Refused, work

__all__ = ["Workers"]

GRACE = 2.0
"""Seconds that an idle worker has to leave by itself before it is killed."""

GLANCE = 1.0
"""Seconds between looks at whether workers live, for deaths that no closed pipe tells of."""

THREADS = "OMP_NUM_THREADS"
"""The variable that says how many threads torch and numpy use."""


@define(eq=False)
class _Worker:
    """A process, the pipe to it, and what it is doing; *deadline* is in seconds of `time.monotonic()`."""

    process: SpawnProcess
    pipe: Connection
    is_ready: bool = False
    task: Task | None = None
    deadline: float = float("inf")

    def kill(self) -> int:
        """End it and all that it has started, at once; its exit status."""
        if hasattr(os, "killpg") and self.process.pid is not None:
            with suppress(ProcessLookupError, PermissionError):  # not yet the leader of a group, or all gone
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        self.pipe.close()
        return self.process.exitcode or 0

    def leave(self) -> None:
        """Let it go, if it is idle; kill it otherwise, or if it does not go."""
        if self.task is None and self.is_ready:
            self.pipe.close()
            self.process.join(GRACE)
        self.kill()


class Workers:
    """Up to *count* worker processes, each doing one task at a time.

    A task that takes longer than *trial_seconds* (from when its worker is ready) is lost, as is one whose worker dies;
    the worker is replaced.

    Raises:
        SearchError: evaluator or space cannot be sent to another process, or a worker cannot start.
    """

    def __init__(self, job: Job[Any], count: int, trial_seconds: float | None = None) -> None:
        self._job = _pickled(job)
        self._count = count
        self._trial_seconds = trial_seconds
        self._threads = max(1, _cores() // count)
        self._workers: list[_Worker] = []

    @property
    def free(self) -> int:
        """How many workers are idle or not yet started."""
        return self._count - sum(worker.task is not None for worker in self._workers)

    def submit(self, task: Task) -> str:
        """Give *task* to an idle worker, or to a new one; its process number."""
        worker = next((each for each in self._workers if each.task is None), None) or self._start()
        worker.task = task
        if worker.is_ready:
            self._set_deadline(worker)
        with suppress(OSError):  # it is dead: `wait` will find out
            worker.pipe.send(task)
        return str(worker.process.pid)

    def wait(self, seconds: float | None) -> Sequence[Answer | Step]:
        """Answers and steps, as soon as there are any; none if *seconds* pass before."""
        end = float("inf") if seconds is None else time.monotonic() + seconds
        while True:
            deadline = min([end, *(worker.deadline for worker in self._workers)])
            self._listen(max(0.0, min(GLANCE, deadline - time.monotonic())))
            heard = [each for worker in list(self._workers) for each in self._heard(worker)]
            if heard or time.monotonic() >= end:
                return heard

    def close(self) -> None:
        """End all workers; busy ones at once."""
        workers, self._workers = self._workers, []
        for worker in workers:
            if worker.task is None:
                worker.pipe.close()  # they leave all at the same time
        for worker in workers:
            worker.leave()

    def _listen(self, seconds: float) -> None:
        pipes.wait(
            [*(each.pipe for each in self._workers), *(each.process.sentinel for each in self._workers)], seconds
        )

    def _heard(self, worker: _Worker) -> Sequence[Answer | Step]:
        """What there is to say of *worker*'s task now, if anything."""
        is_alive = worker.process.is_alive()  # asked first: what it sent before it died is still heard below
        heard: list[Answer | Step] = []
        try:
            while worker.pipe.poll():
                if found := self._hear(worker, worker.pipe.recv()):
                    heard.append(found)
        except (EOFError, OSError):
            is_alive = False
        if not is_alive:
            return [*heard, *self._bury(worker)]
        if time.monotonic() >= worker.deadline:
            worker.kill()
            self._workers.remove(worker)
            return [*heard, *_lost(worker, f"took longer than {self._trial_seconds:g} s (trial_seconds)")]
        return heard

    def _hear(self, worker: _Worker, message: Message) -> Answer | Step | None:
        match message:
            case Partial():
                assert worker.task is not None, "only tasks have partial results"
                return Step(worker.task.number, message)
            case Ready():
                worker.is_ready = True
                self._set_deadline(worker)
                return None
            case Refused(reason=reason):
                raise SearchError(f"a worker process cannot start: {reason}\n{_REMEDY}")
            case outcome:
                assert worker.task is not None, "only tasks have outcomes"
                task, worker.task, worker.deadline = worker.task, None, float("inf")
                return Answer(task.number, outcome)

    def _bury(self, worker: _Worker) -> list[Answer]:
        status = worker.kill()
        self._workers.remove(worker)
        if not worker.is_ready:
            raise SearchError(f"a worker process died while it started: it {_how(status)}\n{_REMEDY}")
        return _lost(worker, f"the worker process {_how(status)}")

    def _set_deadline(self, worker: _Worker) -> None:
        if worker.task is not None and self._trial_seconds is not None:
            worker.deadline = time.monotonic() + self._trial_seconds

    def _start(self) -> _Worker:
        ours, theirs = get_context("spawn").Pipe()
        process = get_context("spawn").Process(target=work, args=(theirs,), daemon=False, name="symnas worker")
        with _threads_limited(self._threads), _interrupts_held():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        with suppress(OSError):  # it died at once: `wait` will find out
            ours.send_bytes(self._job)
        return worker


_REMEDY = """\
Workers import the evaluator by name: define it at the top level of a file (a script needs `if __name__ == "__main__":`
around what it runs), or evaluate in this process with workers=0."""


def _pickled(job: Job[Any]) -> bytes:
    try:
        return pickle.dumps(job)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise SearchError(f"the evaluator cannot be sent to a worker process: {error}\n{_REMEDY}") from None


def _lost(worker: _Worker, reason: str) -> list[Answer]:
    return [] if worker.task is None else [Answer(worker.task.number, Lost(reason))]


def _how(status: int) -> str:
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _threads_limited(count: int) -> Iterator[None]:
    """Processes started within it use *count* threads each, unless the user has said how many."""
    if THREADS in os.environ:
        yield
        return
    os.environ[THREADS] = str(count)
    try:
        yield
    finally:
        del os.environ[THREADS]


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits while a process starts, which would otherwise die of it before it leads its own session."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
