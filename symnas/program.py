"""Programs: the handle that a file or text is read into."""

from pathlib import Path

from typing import TYPE_CHECKING

from symnas import tree
from symnas.errors import SourceError
from symnas.grammar import dump
from symnas.grammar import parse as parse_module
from symnas.space import Space
from symnas.spans import NOWHERE

if TYPE_CHECKING:
    from symnas.architecture import Architecture

__all__ = ["Program", "load", "parse"]

_LARGEST = 4 * 1024 * 1024


class Program:
    """A program and its name. Its content is a frozen tree; equal content makes equal programs."""

    def __init__(self, module: tree.Module, name: str = "<text>") -> None:
        self._module = module
        self.name = name
        self._space: tuple[tree.Module, Space] | None = None

    @property
    def module(self) -> tree.Module:
        """The tree as it is now."""
        return self._module

    @property
    def text(self) -> str:
        """The program as `.nas` text; reading it gives an equal program."""
        return dump(self._module)

    def space(self) -> Space:
        """The space of the program; kept until the program changes.

        Raises:
            SourceError: the program has mistakes, all of them.
        """
        if self._space is None or self._space[0] is not self._module:
            self._space = (self._module, Space(self))
        return self._space[1]

    def architecture(self) -> "Architecture":
        """The one architecture of a program whose every decision is picked, or that has none.

        Raises:
            SourceError: a decision is left open, or the picks make no network.
        """
        return self.space().architecture({})

    def __eq__(self, other: object) -> bool:
        return self._module == other._module if isinstance(other, Program) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._module)

    def __repr__(self) -> str:
        return f"<Program {self.name}>"


def parse(text: str, name: str = "<text>") -> Program:
    """Read a program from *text*.

    Raises:
        SourceError: the text is not a program.
    """
    return Program(parse_module(text, name), name)


def load(path: str | Path) -> Program:
    """Read a program from a file.

    Raises:
        SourceError: the file cannot be read or is not a program.
    """
    file = Path(path)
    try:
        if file.stat().st_size > _LARGEST:
            raise SourceError.at("E0150", f"{file} is larger than 4 MiB", NOWHERE)
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError.at("E0151", f"cannot read {file}: {error.strerror}", NOWHERE) from None
    except UnicodeDecodeError as error:
        raise SourceError.at("E0152", f"{file} is not UTF-8 text: byte {error.start}", NOWHERE) from None
    return parse(text, str(path))
