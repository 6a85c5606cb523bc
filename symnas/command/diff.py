"""`symnas diff`: what differs between two programs or architectures. What a difference is, is `symnas.differing`'s
business.
"""

import sys
from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

from symnas.command.mistakes import record
from symnas.command.options import Namespace, add_json, add_limits
from symnas.command.terminal import complain, print_json
from symnas.errors import SourceError
from symnas.limits import Limits
from symnas.spans import NOWHERE, Span

if TYPE_CHECKING:
    from symnas.differing import CostDifference, Difference

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Say what differs between two programs, by path and in words; of two architectures of one space, which
decisions, and what they cost. Layout, comments and spellings are no difference.
Exit status: 0 no difference, 1 differences, 2 wrong usage or a file that cannot be read."""

EXAMPLES = ("symnas diff old.nas new.nas", "symnas diff --json first.nas second.nas")

TROUBLE = 2
"""The exit status where there was nothing to compare, as that of `diff`."""


class Options(Namespace):
    """What `diff` is given."""

    first: str
    second: str
    limits: Limits
    json: bool


def declare(parser: ArgumentParser) -> None:
    """Two files."""
    parser.add_argument("first", metavar="A", help="a .nas file")
    parser.add_argument("second", metavar="B", help="another")
    add_json(parser, "the differences")
    add_limits(parser)


def run(options: Options) -> int:
    """Compare, and print what differs."""
    from symnas.differing import cost_differences, diff
    from symnas.program import load

    try:
        a, b = (load(each, limits=options.limits) for each in (options.first, options.second))
        found, costs = diff(a, b), cost_differences(a, b)
    except SourceError as error:
        if options.json:
            print_json([record(each) for each in error.diagnostics])
        else:
            complain(*error.diagnostics)
        return TROUBLE
    if options.json:
        print_json(_record(found, costs))
    else:
        lines = [str(each) for each in (*found, *costs)]
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    return int(bool(found))


def _record(found: "list[Difference]", costs: "list[CostDifference]") -> dict[str, Any]:
    return {
        "equal": not found,
        "differences": [
            {
                "path": each.path,
                "kind": each.kind.value,
                "before": each.before,
                "after": each.after,
                "a": _place(each.a),
                "b": _place(each.b),
            }
            for each in found
        ],
        "costs": [
            {"net": each.net, "cost": each.cost, "before": _plain(each.before), "after": _plain(each.after)}
            for each in costs
        ],
    }


def _place(span: Span) -> dict[str, int] | None:
    return None if span == NOWHERE else {"line": span.line, "column": span.column}


def _plain(size: object) -> int | str:
    return size if isinstance(size, int) else str(size)
