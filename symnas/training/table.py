"""Tables of numbers as text: CSV and TSV, plain or gzipped, one sample a row, one column the target."""

import csv
import io
from pathlib import Path

import numpy as np
from attrs import frozen

from symnas.errors import SearchError
from symnas.training.files import located, opened
from symnas.training.samples import Array, DataSettings, Part, Raw
from symnas.training.settings import unknown

__all__ = ["read"]

_MISSING = ("", "nan", "na", "n/a", "null", "none", "?")


@frozen(eq=False)
class _Table:
    """The cells of a file: *rows* of text, the *line* each was read from, and the *names* of the columns."""

    path: Path
    rows: list[list[str]]
    lines: list[int]
    names: list[str]

    def place(self, row: int, column: int) -> str:
        """How messages name a cell: file, line and column."""
        return f"{self.path}: line {self.lines[row]}, column {column + 1} (`{self.names[column]}`)"


def read(settings: DataSettings, folder: Path) -> Raw:
    """The samples of a table. The target is the column called `settings.target`, else the last one.

    Raises:
        SearchError: naming line and column of the first cell that is no number, missing, or one too many.
    """
    table = _cells(located(settings.source, folder), settings)
    target = _target_column(table, settings)
    features = [column for column in range(len(table.names)) if column != target]
    if not features:
        raise SearchError(f"{table.path}: only one column; expected features beside the target")
    inputs = np.stack([_numbers(table, column) for column in features], axis=1)
    return Raw(Part(inputs.astype(np.float32), _targets(table, target)))


def _cells(path: Path, settings: DataSettings) -> _Table:
    """The rows of *path*, all of equal length, with their header taken off."""
    with opened(path) as file:
        content = file.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SearchError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    delimiter = settings.delimiter or ("\t" if path.name.removesuffix(".gz").endswith(".tsv") else ",")
    if len(delimiter) != 1:
        raise SearchError(f"`data`: `delimiter` must be one character, not `{delimiter}`")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            if row:
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as error:
        raise SearchError(f"{path}: line {reader.line_num}: {error}") from error
    return _named(path, rows, lines, settings)


def _named(path: Path, rows: list[list[str]], lines: list[int], settings: DataSettings) -> _Table:
    """The table with its header as names. By itself, a first row without any number is a header."""
    if not rows:
        raise SearchError(f"{path}: the file is empty; expected rows of numbers")
    has_header = settings.header
    if has_header is None:
        has_header = not any(_is_number(cell) for cell in rows[0])
    names = rows[0] if has_header else [str(number) for number in range(1, len(rows[0]) + 1)]
    if has_header:
        rows, lines = rows[1:], lines[1:]
    if not rows:
        raise SearchError(f"{path}: a header without rows below it; if there is no header, write `header: false`")
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(names):
            raise SearchError(f"{path}: line {line} has {len(row)} columns, expected {len(names)} as in the first row")
    return _Table(path, rows, lines, names)


def _target_column(table: _Table, settings: DataSettings) -> int:
    """Position of the target."""
    if settings.target is None:
        return len(table.names) - 1
    if settings.target not in table.names:
        raise SearchError(f"{table.path}: {unknown(settings.target, table.names, 'the target column')}")
    if table.names.count(settings.target) > 1:
        # The other one would be learned from, and is likely to give the answer away.
        raise SearchError(f"{table.path}: two columns are called `{settings.target}`; rename one")
    return table.names.index(settings.target)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(table: _Table, column: int) -> Array:
    """A column as numbers."""
    cells = [row[column] for row in table.rows]
    for row, cell in enumerate(cells):
        if cell.lower() in _MISSING:
            raise SearchError(f"{table.place(row, column)}: no value; fill it or remove the row")
    try:
        return np.array(cells, dtype=np.float64)
    except ValueError:
        row = next(row for row, cell in enumerate(cells) if not _is_number(cell))
        raise SearchError(
            f"{table.place(row, column)}: `{cells[row]}` is not a number; encode texts as numbers first"
        ) from None


def _targets(table: _Table, column: int) -> Array:
    """The target column: numbers if the first one is, otherwise the names of classes."""
    cells = [row[column] for row in table.rows]
    if _is_number(cells[0]):
        return _numbers(table, column)
    for row, cell in enumerate(cells):
        if not cell:
            raise SearchError(f"{table.place(row, column)}: no value; fill it or remove the row")
    return np.array(cells)
