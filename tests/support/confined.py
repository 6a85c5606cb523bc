"""The command run where it can take neither much memory nor much time: each run in a process of its own.

The processes are forked from one that has imported symnas and nothing else, so that a run costs some milliseconds. A run
that takes more than its limits is killed, and its status says so.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

__all__ = ["Confined", "Outcome", "confined"]

MEMORY = 3 * 2**29
"""Bytes of address space: 1.5 GiB."""

SECONDS = 60
"""Seconds of processor time: ten times what any run takes alone, for the machines of CI are shared."""


@frozen
class Outcome:
    """What a run left: its exit status, negative if it was killed, the beginning of what it printed, megabytes used."""

    status: int
    printed: str
    megabytes: int

    @property
    def explained(self) -> bool:
        """Whether it ended on its own, with facts or with mistakes of the user."""
        return self.status in (0, 1) and "Traceback" not in self.printed and "bug of symnas" not in self.printed


Confined = Callable[..., Outcome]


@contextmanager
def confined(folder: Path) -> Iterator[Confined]:
    """Within `with`, a function that runs `symnas` with the words it is given, in *folder*."""
    server = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
    )
    assert server.stdin is not None
    assert server.stdout is not None
    asked, answered = server.stdin, server.stdout

    def run(*words: object) -> Outcome:
        asked.write(json.dumps([str(word) for word in words]) + "\n")
        asked.flush()
        return Outcome(**json.loads(answered.readline()))

    try:
        yield run
    finally:
        asked.close()
        server.wait()
        answered.close()


def _serve() -> None:
    """Run what standard input asks for, a line of words each, until it ends."""
    import symnas.checking
    import symnas.command

    for line in sys.stdin:
        with tempfile.TemporaryFile() as output:
            child = os.fork()
            if not child:
                _confine(output.fileno())
                status = symnas.command.main(json.loads(line))
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
            _, status, used = os.wait4(child, 0)
            output.seek(0)
            printed = output.read(20_000).decode(errors="replace")
        answer = {"status": os.waitstatus_to_exitcode(status), "printed": printed, "megabytes": used.ru_maxrss // 1024}
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer


def _confine(output: int) -> None:
    """Give this process limits, *output* as what it prints to, and nothing to read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


if __name__ == "__main__":
    _serve()
