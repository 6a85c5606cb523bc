"""Which process runs a study: its name in the store, and whether it is still alive.

A study is run by one process at a time. That two never both write is the store's business (`StudyRecord.revision`);
this is so that the second one is told before it begins.
"""

import os
import socket
from pathlib import Path

from symnas.errors import SearchError
from symnas.study.storage import StudyRecord

__all__ = ["refuse_if_running", "this_runner"]


def this_runner() -> str:
    """A name for this process that no other has, on this machine or another, now or after a restart."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def refuse_if_running(record: StudyRecord) -> None:
    """Make sure that no living process of this machine runs the study. Other machines cannot be asked.

    Raises:
        SearchError: one does.
    """
    host, _, rest = record.runner.partition("/")
    number, _, started = rest.partition("/")
    if host != socket.gethostname() or not number.isdigit() or int(number) == os.getpid():
        return
    if _is_alive(int(number)) and _started(int(number)) == started:
        raise SearchError(f"the study `{record.name}` is being run by process {number}; wait for it, or end it first")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to somebody else
        return True
    return True


def _started(process: int) -> str:
    """When *process* started, in the kernel's ticks; empty where the system does not say."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
