"""Opening the files of data sets: plain or gzipped, with errors that a user can act on."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from symnas.errors import SearchError

__all__ = ["located", "opened"]


def located(name: str, folder: Path) -> Path:
    """The path *name*, relative to *folder*.

    Raises:
        SearchError: if nothing is there.
    """
    path = folder / Path(name).expanduser()
    if not path.exists():
        raise SearchError(f"{path}: there is no such file; paths are relative to the folder of the .nas file")
    return path


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of *path*, unpacked if it is gzipped, whatever its name says.

    Raises:
        SearchError: if it cannot be read, or breaks off in the middle.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as stream:
            yield stream  # type: ignore[misc]  # GzipFile reads bytes like any file, but is not typed as IO
    except (OSError, EOFError, zlib.error) as error:
        raise SearchError(f"{path}: cannot be read: {error}") from error
