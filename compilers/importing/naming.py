"""Names of imported networks: words of the language for modules, weights and inputs that were called anything at all."""

import re
from collections.abc import Iterable

__all__ = ["Names", "capitalised", "identifier", "is_path"]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[0-9]+)*(\.[A-Za-z_][A-Za-z0-9_]*(\.[0-9]+)*)*")


class Names:
    """Words given out, each once; *taken* mean something already."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def fresh(self, wanted: str, between: str = "_") -> str:
        """*wanted*, or that with the first number that makes it free behind it: from 2, or from 1 after a dot."""
        name, number = wanted, int(between != ".")
        while name in self._taken:
            number += 1
            name = f"{wanted}{between}{number}"
        self._taken.add(name)
        return name


def identifier(text: str, otherwise: str) -> str:
    """The letters, digits and underscores of *text* as a word, or *otherwise* where nothing is left."""
    words = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
    if not words:
        return otherwise
    return words if _WORD.fullmatch(words) else f"{otherwise}{words}"


def capitalised(text: str, otherwise: str) -> str:
    """*text* as the name of a block: `basic_block` is `BasicBlock`."""
    parts = [each for each in re.split(r"[^A-Za-z0-9]+", text) if each]
    name = "".join(each[0].upper() + each[1:] for each in parts)
    return name if name and name[0].isalpha() else otherwise + name


def is_path(text: str) -> bool:
    """Whether *text* can be the path of a weight: words with dots between, numbers behind them (`layer1.0.conv1`)."""
    return _PATH.fullmatch(text) is not None
