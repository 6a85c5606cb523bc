"""Ctrl-C at the right moment: never between a result and its place on disk."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

__all__ = ["Interrupts"]

_Handler = Callable[[int, FrameType | None], object]


class Interrupts:
    """Holds Ctrl-C back while it is entered, except where it is `allowed`; what was held back comes at the end.

    Outside the main thread, where Python delivers no signals, it does nothing.
    """

    def __init__(self) -> None:
        self._handler: _Handler | None = None
        self._is_allowed = False
        self._is_pending = False

    def __enter__(self) -> Self:
        before = signal.getsignal(signal.SIGINT)
        if callable(before) and threading.current_thread() is threading.main_thread():
            self._handler = before
            signal.signal(signal.SIGINT, self._caught)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)
            self._deliver()

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Within it, Ctrl-C works as usual."""
        self._is_allowed = True
        try:
            self._deliver()
            yield
        finally:
            self._is_allowed = False

    def _caught(self, _number: int, frame: FrameType | None) -> None:
        self._is_pending = True
        if self._is_allowed:
            self._deliver(frame)

    def _deliver(self, frame: FrameType | None = None) -> None:
        if self._is_pending and self._handler is not None:
            self._is_pending = False
            self._handler(signal.SIGINT, frame)
