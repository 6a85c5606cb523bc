"""Files are written whole or not at all: a reader never finds half of one, whatever interrupts the writer."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

__all__ = ["write", "write_text"]


def write_text(path: Path, text: str) -> None:
    """Make *path* a file of *text*; its folder is made where it is missing."""
    write(path, lambda place: place.write_text(text, encoding="utf-8", newline="\n"))


def write(path: Path, produce: Callable[[Path], object]) -> None:
    """Let *produce* write a file beside *path*, then put it in the place of *path*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as made:
        place = Path(made.name)
    try:
        produce(place)
        place.chmod(0o666 & ~_mask())
        place.replace(path)
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def _mask() -> int:
    """The permissions that new files are not given."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
