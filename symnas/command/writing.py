"""Files are written whole or not at all: a reader never finds half of one, whatever interrupts the writer."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

from symnas.architecture import Architecture
from symnas.errors import SearchError

__all__ = ["rewrite_text", "write", "write_program", "write_text"]


def write_text(path: Path, text: str) -> None:
    """Make *path* a file of *text*; its folder is made where it is missing."""
    write(path, lambda place: place.write_text(text, encoding="utf-8", newline="\n"))


def write_program(path: Path, architecture: Architecture) -> None:
    """Make *path* a program of *architecture*, and lay the files that it imports beside it where it looks for them.

    Raises:
        SearchError: another file lies there.
    """
    imports = {path.parent / place: each.module.span.source.text for place, each in architecture.space.imports.items()}
    for place, text in imports.items():
        if place.exists() and place.read_text(encoding="utf-8") != text:
            raise SearchError(f"{place} is not the file that the program imports: write to another folder (`-o`)")
    for place, text in imports.items():
        if not place.exists():
            write_text(place, text)
    write_text(path, architecture.text)


def rewrite_text(path: Path, text: str) -> None:
    """Make the file at *path*, which is there, one of *text*. Its permissions stay; of a link, the file that it leads
    to is written.
    """
    file = path.resolve()
    mode = stat.S_IMODE(file.stat().st_mode)
    write(file, lambda place: place.write_text(text, encoding="utf-8", newline="\n"), mode)


def write(path: Path, produce: Callable[[Path], object], mode: int | None = None) -> None:
    """Let *produce* write a file beside *path*, then put it in the place of *path*, with the permissions *mode* or
    those of new files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as made:
        place = Path(made.name)
    try:
        produce(place)
        place.chmod(0o666 & ~_mask() if mode is None else mode)
        place.replace(path)
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def _mask() -> int:
    """The permissions that new files are not given."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
