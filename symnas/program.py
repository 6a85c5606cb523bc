"""Programs: the handle that a file or text is read into."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from symnas import tree
from symnas.editing import Edit, Found, Moment, find_all
from symnas.elaborate.files import Imports
from symnas.errors import SearchError, SourceError
from symnas.grammar import dump
from symnas.grammar import parse as parse_module
from symnas.importing import read_imports, read_most, unpack
from symnas.limits import LIMITS, Limits
from symnas.matching import Match
from symnas.space import Space
from symnas.spans import NOWHERE
from symnas.treepaths import find_place

if TYPE_CHECKING:
    from symnas.architecture import Architecture

__all__ = ["Program", "load", "parse", "unpacked"]


class Program:
    """A program and its name: the one thing here that changes. Its content is a frozen tree; equal content makes equal
    programs, and equal hashes for as long as neither is edited.
    """

    def __init__(
        self, module: tree.Module, name: str = "<text>", imports: Imports | None = None, folder: Path | None = None,
        limits: Limits = LIMITS,
    ) -> None:  # fmt: skip
        self._module = module
        self.name = name
        self.imports: Imports = imports or {}
        """The files that it imports, by their paths from its own file's folder; they do not change with it."""
        self.folder = folder
        """Where imports are read from; `None` for a program that no folder was named for."""
        self.limits = limits
        """What it may ask for at most."""
        self._space: tuple[tree.Module, Space] | None = None
        self._past: Moment | None = None
        self._future: Moment | None = None

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

    def expand(self) -> "Program":
        """One stand-alone program with the same meaning: `symnas.expanding` says what it holds.

        Raises:
            SourceError: the program has mistakes.
        """
        from symnas.expanding import expand

        return expand(self)

    # ---------------------------------------------------------------------------------------- editing

    def get(self, path: str) -> tree.Node:
        """The node at *path*, such as `train.lr` or `MBConv.kernel`; `treepaths` says how paths are made.

        Raises:
            PathError: nothing is there.
        """
        return find_place(self._module, path).node

    def find(self, match: Match) -> list[Found]:
        """The nodes that match, with their paths: by a pattern (`"Conv2d"`, `"Conv2d($out, 3, $*rest)"`), a kind of
        node, or a condition.
        """
        return find_all(self._module, match)

    @contextmanager
    def edit(self) -> Iterator[Edit]:
        """Change the program: what is done to the `Edit` within `with` happens at its end, all of it or, after an
        error, nothing.

        Raises:
            SourceError: the result would not read back from its own text.
            SearchError: the program was changed elsewhere in the meantime.
        """
        base = self._module
        edit = Edit(base)
        yield edit
        changed = edit.finished()
        imports = self._imports_after(changed)
        if self._module is not base:
            raise SearchError("the program was changed while an edit of it was open; make one edit after the other")
        if changed is not base:
            self._module, self._past, self._future = changed, Moment(base, self._past), None
            self.imports = imports

    def _imports_after(self, changed: tree.Module) -> Imports:
        """The files that the program needs once it is *changed*; those that it had stay as they were read."""
        before = {each for each in self._module.declarations if isinstance(each, tree.Import)}
        new = any(isinstance(each, tree.Import) and each not in before for each in changed.declarations)
        if not new or self.folder is None:
            return self.imports
        return {**read_imports(changed, self.folder, self.name, limits=self.limits), **self.imports}

    def changed(self, module: tree.Module) -> "Program":
        """A program of its own with the content *module*, which imports nothing that this one does not."""
        return Program(module, self.name, self.imports, self.folder, self.limits)

    def undo(self) -> None:
        """Go back to the program before the last edit: the very same tree.

        Raises:
            SearchError: there was none.
        """
        if self._past is None:
            raise SearchError("there is no edit to undo")
        self._future = Moment(self._module, self._future)
        self._module, self._past = self._past.module, self._past.before

    def redo(self) -> None:
        """Make the edit again that was undone last.

        Raises:
            SearchError: none was, or another edit came after it.
        """
        if self._future is None:
            raise SearchError("there is no edit to make again")
        self._past = Moment(self._module, self._past)
        self._module, self._future = self._future.module, self._future.before

    def copy(self) -> "Program":
        """A program of its own with the same tree and history; takes the same few steps however large they are."""
        copied = Program(self._module, self.name, self.imports, self.folder, self.limits)
        copied._past, copied._future = self._past, self._future
        return copied

    def __copy__(self) -> "Program":
        return self.copy()

    def __deepcopy__(self, memo: dict[int, object]) -> "Program":
        return self.copy()  # what it holds never changes

    def __reduce__(self) -> tuple[type["Program"], tuple[tree.Module, str, Imports, Path | None, Limits]]:
        return Program, (self._module, self.name, self.imports, self.folder, self.limits)  # without its history

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Program):
            return NotImplemented
        mine, theirs = self._module, other._module
        same = mine is theirs or (hash(mine) == hash(theirs) and mine == theirs)  # hashes are kept, comparisons are not
        return same and self.imports == other.imports

    def __hash__(self) -> int:
        return hash(self._module)

    def __repr__(self) -> str:
        return f"<Program {self.name}>"


def parse(
    text: str, name: str = "<text>", *, folder: str | Path | None = None, limits: Limits = LIMITS
) -> Program:  # fmt: skip
    """Read a program from *text*; what it imports is read from *folder*, without which it may import nothing.
    *limits* are what it may ask for at most, now and when it is elaborated.

    Raises:
        SourceError: the text, or a file that it imports, is not a program.
    """
    module = parse_module(text, name, limits)
    imports = None if folder is None else read_imports(module, Path(folder), name, limits=limits)
    return Program(module, name, imports, None if folder is None else Path(folder), limits)


def unpacked(packed: str) -> Program:
    """The program that `Space.packed` wrote down, for another process or another day: no file is read.

    Raises:
        SourceError: the text is not a program.
    """
    text, imports, limits = unpack(packed)
    return Program(parse_module(text, limits=limits), imports=imports, limits=limits)


def load(path: str | Path, *, limits: Limits = LIMITS) -> Program:
    """Read a program from a file, and the files that it imports, which are its neighbours or lie below them.
    *limits* are what it may ask for at most, now and when it is elaborated.

    Raises:
        SourceError: one of the files cannot be read, is not a program, or lies outside of the first one's folder.
    """
    file, name = Path(path), str(path)
    module = parse_module(read_text(path, limits), name, limits)
    return Program(module, name, read_imports(module, file.parent, name, file, limits), file.parent, limits)


def read_text(path: str | Path, limits: Limits = LIMITS) -> str:
    """The text of a file, whatever its line ends; no more is read of it than the limit allows.

    Raises:
        SourceError: it cannot be read, is too large, or is no text.
    """
    try:
        with Path(path).open("rb") as file:
            data = read_most(file, limits.bytes + 1)
    except OSError as error:
        raise SourceError.at("E0151", f"cannot read {path}: {error.strerror}", NOWHERE) from None
    except ValueError as error:  # a NUL in the path
        raise SourceError.at("E0151", f"cannot read {str(path)!r}: {error}", NOWHERE) from None
    return decoded(data, str(path), limits)


def decoded(data: bytes, name: str, limits: Limits) -> str:
    """What was read of the file called *name* as text.

    Raises:
        SourceError: it is longer than the limit, or no UTF-8.
    """
    if len(data) > limits.bytes:
        raise SourceError.at("E0150", f"{name} is larger than {limits.bytes:,} bytes", NOWHERE, limits.hint("bytes"))
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise SourceError.at("E0152", f"{name} is not UTF-8 text: byte {error.start}", NOWHERE) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
