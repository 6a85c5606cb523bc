"""The files of benchmark tables: where they lie, and reading them with clear words where they are not what they should be.

symnas ships no table: users download them. A file is plain text with one header row, comma-separated, as it is or
compressed with gzip. What its columns mean is the business of the module of each table.
"""

import csv
import gzip
import io
import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from symnas.errors import SearchError

__all__ = ["FOLDER", "Table", "find_table", "read_table"]

FOLDER = "SYMNAS_BENCHMARKS"
"""The environment variable that names the folder of the tables."""


@frozen(eq=False)
class Table:
    """Chosen columns of a file, all of one length; a number that was not measured is NaN."""

    name: str
    texts: Mapping[str, list[str]]
    numbers: Mapping[str, "array[float]"]


def find_table(name: str, folder: Path | None = None) -> Path:
    """The file of table *name* (`nasbench201`): `NAME.csv.gz` or `NAME.csv` in *folder*, or in `$SYMNAS_BENCHMARKS`.

    Raises:
        SearchError: no folder is named, or it has no such file.
    """
    if folder is None:
        named = os.environ.get(FOLDER)
        if not named:
            raise SearchError(
                f"say where the benchmark tables lie: set `{FOLDER}` to their folder, which holds `{name}.csv.gz`"
            )
        folder = Path(named)
    for suffix in (".csv.gz", ".csv"):
        path = folder / (name + suffix)
        if path.is_file():
            return path
    lacks = (
        f"has neither `{name}.csv.gz` nor `{name}.csv`"
        if folder.is_dir()
        else f"is no folder; it should hold `{name}.csv.gz`"
    )
    raise SearchError(f"`{folder}` {lacks}: benchmark tables are downloaded; docs/benchmarks.md says which")


def read_table(name: str, texts: Sequence[str], numbers: Sequence[str], folder: Path | None = None) -> Table:
    """The columns *texts* and *numbers* of table *name*.

    Raises:
        SearchError: the file is absent, is not what its name says, lacks a column, or a cell is no number.
    """
    path = find_table(name, folder)
    found_texts: dict[str, list[str]] = {column: [] for column in texts}
    found_numbers = {column: array("d") for column in numbers}
    with _opened(path) as file:
        reader = csv.reader(file)
        header = next(reader, [])
        places = {column: place for place, column in enumerate(header)}
        missing = [column for column in [*texts, *numbers] if column not in places]
        if missing:
            listed = ", ".join(f"`{column}`" for column in header[:12])
            raise SearchError(f"`{path}` has no column `{missing[0]}`; its first line names {listed or 'none'}")
        wanted_texts = [(places[column], found_texts[column]) for column in texts]
        wanted_numbers = [(places[column], found_numbers[column]) for column in numbers]
        for cells in reader:
            if len(cells) != len(header):
                raise SearchError(f"`{path}`, line {reader.line_num}: {len(cells)} cells under {len(header)} headings")
            for place, text in wanted_texts:
                text.append(cells[place])
            for place, column in wanted_numbers:
                try:
                    column.append(float(cells[place] or "nan"))
                except ValueError:
                    raise SearchError(
                        f"`{path}`, line {reader.line_num}: `{cells[place]}` under `{header[place]}` is no number"
                    ) from None
    return Table(name, found_texts, found_numbers)


@contextmanager
def _opened(path: Path) -> Iterator[io.TextIOBase]:
    """The text of a file, compressed or not; what cannot be read is an error that names the file."""
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8", newline="") as file
        ):
            yield file
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise SearchError(f"`{path}` cannot be read as a table: {error}") from None
