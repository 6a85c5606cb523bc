"""The files of a program: what an `import` names, and how files and what they declare are called in paths.

Reading files is the business of `symnas.importing`; what a file declares is `declarations`'.
"""

import posixpath
import re
from collections.abc import Mapping

from attrs import frozen

from symnas import tree

__all__ = ["Imported", "Imports", "stem", "target"]


@frozen
class Imported:
    """A file that a program imports, as it was read: *path* from the root file's folder, with `/`, links followed;
    *digest* is the SHA-256 of its bytes in hexadecimal.
    """

    path: str
    module: tree.Module
    digest: str


Imports = Mapping[str, Imported]
"""Imported files by the path that `target` gives: two paths may lead to one file through a link."""


def target(importer: str, written: str) -> str:
    """The path, from the root file's folder, of what the file at *importer* (`""`: the root file) calls *written*.

    It begins with `..` where it lies outside.
    """
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), written))


def stem(path: str) -> str:
    """What the paths of decisions call the file at *path*: `parts/my-blocks.nas` is `parts.my_blocks`."""
    return ".".join(_word(part) for part in path.removesuffix(".nas").split("/"))


def _word(part: str) -> str:
    """*part* as a name that a path may begin with."""
    word = re.sub(r"[^A-Za-z0-9_]", "_", part)
    if not word.isidentifier():
        word = f"_{word}"
    return f"{word}_" if word in KEYWORDS else word


KEYWORDS = frozenset(
    "block cell net let fn shared train search require assert maximize minimize measure rule import use pick moved nas "
    "if else when for in and or not oneof repeat as where with keep true false none".split()
)
