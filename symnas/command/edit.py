"""`symnas edit`: changes to a program, by path or by patches. What a patch is, is `symnas.annotated.patches`' business,
how comments are kept that of `symnas.splicing`.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any

from symnas.command.options import Namespace, add_allow, add_file
from symnas.command.terminal import note
from symnas.command.writing import rewrite_text, write_text
from symnas.errors import SearchError, SourceError
from symnas.limits import Limits
from symnas.program import Program

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Change a program: `PATH=TEXT` puts an expression or a declaration where a path leads (`PATH=` takes it
away), `NAME?by=2` is a patch of a Python module that --allow names. All changes are made or none, one
after the other; the result is checked. Comments and layout stay where nothing changed."""

EXAMPLES = (
    "symnas edit samples/digits.nas 'width=oneof(0.5, 1.0)'",
    "symnas edit model.nas 'wider?by=2' --allow my_patches --diff",
    "symnas edit model.nas 'train.lr=0.01' --in-place",
)


class Options(Namespace):
    """What `edit` is given."""

    file: str
    changes: list[str]
    limits: Limits
    allow: list[str]
    output: Path | None
    in_place: bool
    diff: bool


def declare(parser: ArgumentParser) -> None:
    """A file, the changes, and where to."""
    add_file(parser)
    parser.add_argument(
        "changes", metavar="CHANGE", nargs="*", help="PATH=TEXT, or a patch: NAME, NAME?PARAMETER=VALUE&…"
    )
    add_allow(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-o", dest="output", type=Path, metavar="OUT.NAS", help="the file to write; printed without it")
    where.add_argument("--in-place", action="store_true", help="write the file itself")
    where.add_argument("--diff", action="store_true", help="write nothing; print what would change")


def run(options: Options) -> int:
    """Edit, check, and write or print."""
    from symnas.checking import check
    from symnas.program import load

    program = load(options.file, limits=options.limits)
    before = program.module.span.source.text
    edited = _edited(program, options)
    mistakes = check(edited).diagnostics
    if mistakes:
        raise SourceError(mistakes)
    after = edited.module.span.source.text
    if options.diff:
        lines, others = (each.splitlines(keepends=True) for each in (before, after))
        sys.stdout.writelines(unified_diff(lines, others, options.file, options.file))
    elif options.in_place:
        if after != before:
            crlf = b"\r\n" in Path(options.file).read_bytes()
            rewrite_text(Path(options.file), after.replace("\n", "\r\n") if crlf else after)
            note(f"edited {options.file}")
    elif options.output is not None:
        write_text(options.output, after)
        note(f"wrote {options.output}")
    else:
        sys.stdout.write(after)
    return 0


def _edited(program: Program, options: Options) -> Program:
    """*program* with all changes, as it reads from the edited text."""
    from symnas.allowing import import_allowed, importable_from
    from symnas.annotated.editing import MISSING
    from symnas.annotated.patches import changes_of
    from symnas.splicing import spliced

    with importable_from(Path(options.file).parent):
        import_allowed(options.allow)
    for each in options.changes:
        changes: Any = changes_of(program, each)
        if not isinstance(changes, Mapping):
            raise SearchError(f"`{each}`: of a program, changes are texts by path, `{{'Net.width': 'oneof(8, 16)'}}`")
        program = spliced(program, {path: None if new is MISSING else new for path, new in changes.items()})
    return program
