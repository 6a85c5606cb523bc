"""The trials of a search, read from its store once it has ended."""

from pathlib import Path

from symnas.study import Storage, Trial

__all__ = ["stored"]


def stored(store: Path) -> list[Trial]:
    """The trials in *store*."""
    storage = Storage.existing(store)
    saved = storage.find("search")
    storage.close()
    return list(saved.trials) if saved else []
