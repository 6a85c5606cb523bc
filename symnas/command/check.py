"""`symnas check`: mistakes and facts. What is checked is `symnas.checking`'s business."""

import sys
from argparse import ArgumentParser
from typing import Any

from symnas.command.options import Namespace, add_json
from symnas.command.terminal import draw_diagnostic, print_json
from symnas.errors import Diagnostic, SourceError

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Look for mistakes in programs without building anything: names, shapes under every choice,
`require` and `assert`. Prints each mistake with its place and remedy, or one line of facts.
Exit status: 0 all fine, 1 a file has mistakes."""

EXAMPLES = ("symnas check samples/digits.nas", "symnas check --json *.nas")


class Options(Namespace):
    """What `check` is given."""

    files: list[str]
    json: bool


def declare(parser: ArgumentParser) -> None:
    """Files, and the form of the answer."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .nas file")
    add_json(parser, "what was found")


def run(options: Options) -> int:
    """Check every file; a mistake in one does not keep the others from being checked."""
    found = [(file, *_checked(file)) for file in options.files]
    if options.json:
        print_json([_record(*each) for each in found])
    else:
        for each in found:
            sys.stdout.write(_report(*each))
    return int(any(diagnostics for _, diagnostics, _ in found))


def _checked(file: str) -> tuple[tuple[Diagnostic, ...], tuple[str, ...]]:
    """The mistakes in *file*, and what is known of it."""
    from symnas.checking import check
    from symnas.program import load

    try:
        report = check(load(file))
    except SourceError as error:
        return error.diagnostics, ()
    return report.diagnostics, report.facts


def _report(file: str, diagnostics: tuple[Diagnostic, ...], facts: tuple[str, ...]) -> str:
    if not diagnostics:
        return f"{file}: {', '.join(facts) or 'fine'}\n"
    drawn = "\n\n".join(draw_diagnostic(each, sys.stdout) for each in diagnostics)
    return f"{drawn}\n\n"


def _record(file: str, diagnostics: tuple[Diagnostic, ...], facts: tuple[str, ...]) -> dict[str, Any]:
    return {
        "file": file,
        "ok": not diagnostics,
        "facts": list(facts),
        "diagnostics": [
            {
                "code": each.code,
                "message": each.message,
                "line": each.line,
                "column": each.column,
                "text": each.span.text,
                "hint": each.hint,
                "notes": [
                    {"message": note.message, "line": note.span.line, "column": note.span.column} for note in each.notes
                ],
            }
            for each in diagnostics
        ],
    }
