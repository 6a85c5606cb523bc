"""`symnas check`: mistakes and facts. What is checked is `symnas.checking`'s business."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symnas.command.mistakes import draw, record
from symnas.command.options import Namespace, add_json, add_limits
from symnas.command.terminal import print_json
from symnas.errors import SourceError
from symnas.limits import Limits

if TYPE_CHECKING:
    from symnas.checking import Report

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Look for mistakes in programs without building anything: names, shapes under every choice,
`require` and `assert`. Prints each mistake with its place and remedy, or one line of facts.
Exit status: 0 all fine, 1 a file has mistakes. `symnas explain CODE` tells more of a mistake."""

EXAMPLES = (
    "symnas check samples/digits.nas",
    "symnas check --json *.nas",
    "symnas check - --stdin-name x.nas --json < x.nas",
)

STDIN = "-"


class Options(Namespace):
    """What `check` is given."""

    files: list[str]
    json: bool
    facts: bool
    stdin_name: str
    limits: Limits


def declare(parser: ArgumentParser) -> None:
    """Files, and the form of the answer."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .nas file; `-` is standard input")
    parser.add_argument(
        "--stdin-name",
        metavar="FILE",
        default="<stdin>",
        help="what to call standard input; its imports are read from the folder of that file",
    )
    add_json(parser, "the mistakes of all files, one array,")
    parser.add_argument(
        "--facts",
        action="store_true",
        help="with --json: an object for each file, with its mistakes, its facts and whether it is proved to build",
    )
    add_limits(parser)


def run(options: Options) -> int:
    """Check every file; a mistake in one does not keep the others from being checked."""
    found = [(file, _checked(file, options.stdin_name, options.limits)) for file in options.files]
    if options.json and options.facts:
        print_json([_record(file, report) for file, report in found])
    elif options.json:
        print_json([record(each) for _, report in found for each in report.diagnostics])
    else:
        for file, report in found:
            name = options.stdin_name if file == STDIN else file
            facts = f"{name}: {', '.join(report.facts) or 'fine'}\n"
            sys.stdout.write(draw(report.diagnostics, sys.stdout) or facts)
    return int(any(report.diagnostics for _, report in found))


def _record(file: str, report: "Report") -> dict[str, Any]:
    """What is known of a file: its mistakes and facts, and what of it was proved, or on how many architectures tried."""
    return {
        "file": file,
        "ok": report.ok,
        "proved": report.proved,
        "checked": report.checked,
        "facts": list(report.facts),
        "mistakes": [record(each) for each in report.diagnostics],
    }


def _checked(file: str, stdin_name: str, limits: Limits) -> "Report":
    from symnas.checking import Report, check_file, check_text

    if file != STDIN:
        return check_file(file, limits)
    try:
        text = _stdin(stdin_name, limits)
    except SourceError as error:
        return Report(error.diagnostics)
    place = None if stdin_name == "<stdin>" else Path(stdin_name)
    return check_text(text, stdin_name, folder=place and place.parent, file=place, limits=limits)


def _stdin(name: str, limits: Limits) -> str:
    """The text on standard input.

    Raises:
        SourceError: it is too large, or no text.
    """
    from symnas.importing import read_most
    from symnas.program import decoded

    return decoded(read_most(sys.stdin.buffer, limits.bytes + 1), name, limits)
