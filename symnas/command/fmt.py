"""`symnas fmt`: .nas files laid out by the formatter's rules. What these are is `grammar.formatter`'s business."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

from attrs import frozen

from symnas.command.mistakes import record
from symnas.command.options import Namespace, add_json
from symnas.command.terminal import complain, note, print_json
from symnas.command.writing import rewrite_text
from symnas.errors import Diagnostic, SearchError, SourceError

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Lay out .nas files: spaces, lines, indentation. Comments, empty lines, spellings of numbers and where
an expression was given lines of its own are kept; what the program means is, too. A file with mistakes
is left alone. Exit status: 0 all fine, 1 a file has mistakes or, with --check, would change."""

EXAMPLES = (
    "symnas fmt samples/digits.nas",
    "symnas fmt --check --diff samples",
    "symnas fmt - < draft.nas",
)

STDIN = "-"


class Options(Namespace):
    """What `fmt` is given."""

    files: list[str]
    check: bool
    diff: bool
    json: bool


@frozen
class Outcome:
    """What became of one file: its text *before* and *after*, or the mistakes that kept it as it is."""

    name: str
    before: str = ""
    after: str = ""
    mistakes: tuple[Diagnostic, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether formatting makes it another text."""
        return self.before != self.after


def declare(parser: ArgumentParser) -> None:
    """Files or folders, and whether to write."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a .nas file, a folder with all below it, or `-`: stdin to stdout"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; list the files that would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; print what would change")
    add_json(parser, "what became of each file")


def run(options: Options) -> int:
    """Format every file; a mistake in one does not keep the others from being formatted."""
    writes = not (options.check or options.diff)
    outcomes = []
    for file in _files(options.files):
        outcome = _formatted(file)
        outcomes.append(outcome)
        if writes and file != STDIN and outcome.changes:
            rewrite_text(Path(file), outcome.after)
        if not options.json:
            _tell(outcome, options, writes)
    if options.json:
        print_json([_record(each) for each in outcomes])
    mistaken = any(each.mistakes for each in outcomes)
    return int(mistaken or (options.check and any(each.changes for each in outcomes)))


def _files(given: Iterable[str]) -> Iterator[str]:
    """The files that are meant: those of a folder in order, but for what is in hidden folders.

    Raises:
        SearchError: a folder has none.
    """
    for each in given:
        folder = Path(each)
        if not folder.is_dir():
            yield each
            continue
        below = [path.relative_to(folder) for path in folder.rglob("*.nas")]
        found = sorted(path for path in below if not any(part.startswith(".") for part in path.parts))
        if not found:
            raise SearchError(f"there is no .nas file in {each}")
        yield from (str(folder / path) for path in found)


def _formatted(file: str) -> Outcome:
    from symnas.grammar import parse
    from symnas.grammar.formatter import format as formatted
    from symnas.program import read_text

    name = "<stdin>" if file == STDIN else file
    try:
        before = sys.stdin.read() if file == STDIN else _exactly(file, read_text(file))
        after = formatted(before, name)
    except SourceError as error:
        return Outcome(name, mistakes=error.diagnostics)
    assert before == after or parse(before) == parse(after), f"formatting {name} would change what it means"
    return Outcome(name, before, after)


def _exactly(file: str, text: str) -> str:
    """*text* with the line ends that *file* has, so that it changes where they do."""
    data = Path(file).read_bytes()
    return data.decode() if b"\r" in data else text


def _tell(outcome: Outcome, options: Options, writes: bool) -> None:
    """Say what became of one file."""
    if outcome.mistakes:
        complain(*outcome.mistakes)
    elif options.diff:
        sys.stdout.writelines(_difference(outcome))
    elif options.check:
        if outcome.changes:
            sys.stdout.write(f"{outcome.name}\n")
    elif outcome.name == "<stdin>":
        sys.stdout.write(outcome.after)
    elif writes and outcome.changes:
        note(f"formatted {outcome.name}")


def _difference(outcome: Outcome) -> Iterator[str]:
    before, after = (text.splitlines(keepends=True) for text in (outcome.before, outcome.after))
    for line in unified_diff(before, after, outcome.name, outcome.name):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _record(outcome: Outcome) -> dict[str, Any]:
    mistakes = [record(each) for each in outcome.mistakes]
    return {"file": outcome.name, "ok": not mistakes, "changes": outcome.changes, "diagnostics": mistakes}
