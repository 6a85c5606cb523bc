"""Imports: the files that a program names, found, read and parsed, each once.

A file is found from the one that imports it, never outside the root file's folder, links followed. Nothing is run.
What the names mean is decided by `elaborate`.
"""

import hashlib
import json
import re
import stat
from pathlib import Path
from typing import BinaryIO, NoReturn

from attrs import asdict, define, field

from symnas import tree
from symnas.elaborate.files import Imported, Imports, target
from symnas.errors import Diagnostic, SourceError
from symnas.grammar import dump, parse
from symnas.limits import LIMITS, Limits

__all__ = ["pack", "read_imports", "read_most", "unpack"]

DEEPEST = 50
"""How many files may import one another in a row."""

_DIGEST = re.compile(r"sha256:([0-9a-f]{16,64})")


def read_imports(
    module: tree.Module, folder: Path, name: str, root: Path | None = None, limits: Limits = LIMITS
) -> Imports:
    """The files that *module* imports, and those that they import, by `target`: read from *folder*, which they cannot
    leave. *name* is what the root file is called in messages, *root* where it lies; *limits* say how long all that is
    imported may be.

    Raises:
        SourceError: one of them cannot be read, is no program, or may not be imported: all such mistakes.
    """
    reader = _Reader(folder.resolve(), Path(name).parent, limits, limits.bytes)
    reader.follow(module, "", (root.resolve(),) if root is not None else ())
    if reader.mistakes:
        raise SourceError(reader.mistakes)
    return reader.found


def pack(text: str, imports: Imports, limits: Limits) -> str:
    """A program, the files that it imports and its limits as one text, of which `unpack` makes them where no files are."""
    if not imports and limits == LIMITS:
        return text
    files = {each.path: (dump(each.module), each.digest) for each in imports.values()}
    paths = {key: each.path for key, each in imports.items()}
    return json.dumps({"program": text, "files": files, "imports": paths, "limits": asdict(limits)})


def unpack(packed: str) -> tuple[str, Imports, Limits]:
    """The program's text, the files that it imports, and its limits."""
    if not packed.startswith("{"):  # no program does
        return packed, {}, LIMITS
    data = json.loads(packed)
    limits = Limits(**data["limits"])
    files = {path: Imported(path, parse(text, path, limits), digest) for path, (text, digest) in data["files"].items()}
    return data["program"], {key: files[path] for key, path in data["imports"].items()}, limits


def read_most(file: BinaryIO, most: int) -> bytes:
    """The first *most* bytes of *file*, or all of it: piece by piece, so that a limit of gigabytes reserves none."""
    data = bytearray()
    while len(data) < most and (piece := file.read(min(most - len(data), _PIECE))):
        data += piece
    return bytes(data)


_PIECE = 2**20


@define
class _Reader:
    """The files read so far: *found* by the path that they are imported by, *files* by where they are."""

    folder: Path
    shown: Path
    limits: Limits
    left: int
    found: dict[str, Imported] = field(factory=dict)
    files: dict[Path, Imported | None] = field(factory=dict)
    mistakes: list[Diagnostic] = field(factory=list)

    def follow(self, module: tree.Module, path: str, above: tuple[Path, ...]) -> None:
        """Read what the file at *path* imports; *above* are the files that lead to it, from the root's on."""
        for node in module.declarations:
            if isinstance(node, tree.Import):
                try:
                    self._import(node, path, above)
                except SourceError as error:
                    self.mistakes.extend(error.diagnostics)

    def _import(self, node: tree.Import, path: str, above: tuple[Path, ...]) -> None:
        key, place = self._place(node, path)
        if place in above:
            circle = [*above[above.index(place) :], place]
            shown = " imports ".join(each.name for each in circle)
            _refuse(
                "E0155", f"files import one another in a circle: {shown}", node, "move what both need to a third file"
            )
        if len(above) > DEEPEST:
            _refuse("E0156", f"files import one another more than {DEEPEST} deep", node, "import from fewer files")
        if place not in self.files:
            self.files[place] = None
            self.files[place] = self._read(node, place, above)
        imported = self.files[place]
        if imported is not None:  # its mistakes are told already
            _check_digest(node, imported)
            self.found[key] = imported

    def _place(self, node: tree.Import, path: str) -> tuple[str, Path]:
        """The path from the root file's folder, and the file, that *node* in the file at *path* names."""
        written = node.path
        if not written or Path(written).is_absolute() or "\\" in written or ":" in written or "\0" in written:
            _refuse(
                "E0153", "an imported file is named from this file on, with `/`", node, 'write `import "parts.nas" (…)`'
            )
        key = target(path, written)
        try:
            place = (self.folder / key).resolve()
        except (OSError, RuntimeError):  # links that lead in a circle
            place = Path()
        if key.startswith("..") or not place.is_relative_to(self.folder):
            message = f'"{written}" lies outside the folder of the file that is read first'
            _refuse("E0154", message, node, f"what is imported stays below {self.folder}; links are followed")
        return key, place

    def _read(self, node: tree.Import, place: Path, above: tuple[Path, ...]) -> Imported:
        data = self._bytes(node, place)
        path = place.relative_to(self.folder).as_posix()
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            _refuse("E0152", f'"{node.path}" is not UTF-8 text: byte {error.start}', node)
        module = parse(text, str(self.shown / path), self.limits)
        self.follow(module, path, (*above, place))
        return Imported(path, module, hashlib.sha256(data).hexdigest())

    def _bytes(self, node: tree.Import, place: Path) -> bytes:
        try:
            if not stat.S_ISREG(place.stat().st_mode):
                _refuse("E0151", f'cannot read "{node.path}": it is no file', node)
            with place.open("rb") as file:
                data = read_most(file, self.left + 1)
        except OSError as error:
            hint = f"it is looked for at {place}" if isinstance(error, FileNotFoundError) else None
            _refuse("E0151", f'cannot read "{node.path}": {error.strerror}', node, hint)
        if len(data) > self.left:
            message = f"the imported files together are larger than {self.limits.bytes:,} bytes"
            _refuse("E0150", message, node, self.limits.hint("bytes"))
        self.left -= len(data)
        return data


def _check_digest(node: tree.Import, imported: Imported) -> None:
    """Refuse a file whose content is not the one that is pinned."""
    if node.digest is None:
        return
    pinned = _DIGEST.fullmatch(node.digest)
    actual = f"sha256:{imported.digest}"
    if pinned is None:
        message = f'"{node.digest}" pins nothing: a pin is `sha256:` and 16 to 64 hexadecimal digits'
        _refuse("E0158", message, node, f'the file\'s is "{actual}"')
    if not imported.digest.startswith(pinned[1]):
        message = f'"{node.path}" is not the file that is pinned: its content is "{actual}"'
        _refuse("E0158", message, node, "if the change is meant, write this instead")


def _refuse(code: str, message: str, node: tree.Import, hint: str | None = None) -> NoReturn:
    raise SourceError.at(code, message, node.span, hint)
