"""Encodings by name."""

import inspect
from collections.abc import Callable, Iterable

from symnas.encoding.adjacency import Adjacency
from symnas.encoding.base import Encoding
from symnas.encoding.features import HashedFeatures
from symnas.encoding.ngrams import HashedNgrams, Ngrams
from symnas.encoding.onehot import OneHot
from symnas.encoding.ordinal import Ordinal
from symnas.encoding.paths import HashedPaths, Paths
from symnas.encoding.subjects import Subject
from symnas.encoding.surroundings import HashedWeisfeilerLehman, WeisfeilerLehman
from symnas.errors import SearchError, nearest

__all__ = ["encode", "encodings"]

_KNOWN: dict[str, Callable[..., Encoding]] = {
    each.name: each
    for each in (
        OneHot,
        Ordinal,
        HashedFeatures,
        Adjacency,
        Paths,
        HashedPaths,
        Ngrams,
        HashedNgrams,
        WeisfeilerLehman,
        HashedWeisfeilerLehman,
    )
}


def encodings() -> tuple[str, ...]:
    """The names that `encode` takes."""
    return tuple(_KNOWN)


def encode(space: Subject, name: str = "onehot", **settings: object) -> Encoding:
    """The encoding of *space* called *name*; its *settings* are those of its class.

    Raises:
        SearchError: there is no such encoding or setting, or the space is too large or too entangled for it.
    """
    kind = _KNOWN.get(name)
    if kind is None:
        raise SearchError(f"no encoding is called `{name}`; {_remedy(name, _KNOWN)}")
    takes = [each for each in inspect.signature(kind).parameters if each != "space"]
    for setting in settings:
        if setting not in takes:
            raise SearchError(f"encoding `{name}` has no setting `{setting}`; {_remedy(setting, takes)}")
    return kind(space, **settings)


def _remedy(wrong: str, known: Iterable[str]) -> str:
    names = list(known)
    meant = nearest(wrong, names)
    listed = ", ".join(f"`{each}`" for each in names)
    return f"`{meant}`?" if meant else f"there are {listed}" if listed else "it has none"
