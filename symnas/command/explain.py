"""`symnas explain`: what an error code means, with a wrong example and its repair."""

import sys
from argparse import ArgumentParser
from typing import TYPE_CHECKING

from symnas.command.options import Namespace, add_json
from symnas.command.terminal import draw_diagnostic, print_json
from symnas.errors import SearchError, near

if TYPE_CHECKING:
    from symnas.explanations import Explanation

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Tell what an error code means: the kind of mistake, a smallest wrong program with its message,
and the repaired one. Without a code, list all of them."""

EXAMPLES = ("symnas explain E0412", "symnas explain")


class Options(Namespace):
    """What `explain` is given."""

    code: str | None
    json: bool


def declare(parser: ArgumentParser) -> None:
    """The code."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="as a message shows it, `E0412`")
    add_json(parser, "the explanations")


def run(options: Options) -> int:
    """Explain one code, or list all."""
    from symnas.explanations import EXPLANATIONS

    if options.code is None:
        found = list(EXPLANATIONS.values())
    else:
        code = _code(options.code)
        if code not in EXPLANATIONS:
            raise SearchError(f"there is no error `{options.code}`{_meant(code)}; `symnas explain` lists all")
        found = [EXPLANATIONS[code]]
    if options.json:
        print_json([_record(each) for each in found])
    elif options.code is None:
        sys.stdout.write(_listed(found))
    else:
        sys.stdout.write(_told(found[0]))
    return 0


def _code(written: str) -> str:
    """`e412`, `412` and `[E0412]` are E0412."""
    digits = written.strip("[]eE ")
    return f"E{int(digits):04d}" if digits.isascii() and digits.isdecimal() and len(digits) <= 4 else written.upper()


def _meant(code: str) -> str:
    from symnas.explanations import EXPLANATIONS

    close = near(code, EXPLANATIONS)
    return f"; did you mean {' or '.join(f'`{each}`' for each in close)}?" if close else ""


def _listed(found: "list[Explanation]") -> str:
    from symnas.explanations import FAMILIES

    lines: list[str] = []
    for family, title in FAMILIES.items():
        lines += ["", f"{title}", *(f"  {each.code}  {each.title}" for each in found if each.code.startswith(family))]
    return "\n".join(lines[1:]) + "\n"


def _told(each: "Explanation") -> str:
    parts = [f"{each.code}: {each.title}", "", each.meaning, ""]
    if each.elsewhere:
        parts += [f"It is met in: {each.elsewhere}."]
        return "\n".join(parts) + "\n"
    parts += ["This is wrong:", "", _indented(each.wrong), "", _message(each), "", "This is right:", ""]
    return "\n".join([*parts, _indented(each.right)]) + "\n"


def _message(each: "Explanation") -> str:
    """What checking the wrong example says, now."""
    from symnas.checking import check_text

    found = [one for one in check_text(each.wrong, "example.nas").diagnostics if one.code == each.code]
    return "\n\n".join(draw_diagnostic(one, sys.stdout) for one in found)


_LONGEST = 160


def _indented(text: str) -> str:
    lines = (line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…" for line in text.rstrip("\n").split("\n"))
    return "\n".join(f"    {line}".rstrip() for line in lines)


def _record(each: "Explanation") -> dict[str, object]:
    made: dict[str, object] = {"code": each.code, "title": each.title, "meaning": each.meaning}
    if each.elsewhere:
        return {**made, "elsewhere": each.elsewhere}
    line, column = each.at
    return {
        **made, "wrong": each.wrong, "line": line, "column": column, "message": each.message, "right": each.right,
    }  # fmt: skip
