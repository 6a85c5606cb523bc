"""`symnas count --by`: the count broken down, as tables."""

from argparse import ArgumentParser
from fractions import Fraction

from symnas.breakdown import Breakdown, count_by
from symnas.command.options import Namespace
from symnas.command.terminal import print_json, table
from symnas.domains import show_count
from symnas.elaborate.arithmetic import MOST_BITS
from symnas.space import Space

__all__ = ["By", "add_by", "count_broken_down", "share", "written"]

_WIDE = 120
"""Columns that a cross table may take; a wider one is written as a list."""
_ABSENT = "not decided"
_LISTED = 200
"""Rows that are printed; the rest is told in one line."""


class By(Namespace):
    """What `count --by` is given."""

    by: list[str]
    net: str | None
    json: bool


def add_by(parser: ArgumentParser) -> None:
    """`--by`."""
    parser.add_argument(
        "--by",
        metavar="WHAT",
        action="append",
        default=[],
        help="break the count down by a decision (`Mobile.channels[1].repeat`; `*` for any number gives a table each), "
        "by a sum over decisions (`sum(Mobile.channels[*].repeat)`) or by how many of them take a choice "
        "(`sum(Normal.*.oneof == skip)`), or by what a net gives (`Mobile`); several give a cross table",
    )


def count_broken_down(space: Space, options: By) -> int:
    """Count, and print a table for each thing that the one `--by` fits, or one for all of several.

    Raises:
        SearchError: there is no exact count, no such decision, or the table is too large.
    """
    tables = count_by(space, options.by, options.net)
    if options.json:
        print_json([{**_as_data(each), "before_require_on_costs": each.before_requires} for each in tables])
        return 0
    before = ["before `require` on costs"] if any(each.before_requires for each in tables) else []
    print("\n\n".join([*map(_drawn, tables), *before]))  # noqa: T201
    return 0


def _as_data(found: Breakdown) -> dict[str, object]:
    rows = [{"choices": list(key), "architectures": written(count)} for key, count in found.counts.items()]
    return {"by": list(found.by), "architectures": written(found.total), "rows": rows}


def written(count: int) -> int | str:
    """A number that Python can still write, or about how large it is."""
    return count if count.bit_length() <= MOST_BITS else show_count(count)


def _drawn(found: Breakdown) -> str:
    crossed = _crossed(found) if len(found.by) == 2 else None
    return crossed if crossed is not None else _listed(found)


def _listed(found: Breakdown) -> str:
    """A row for each combination, with its share."""
    values = len(found.by)
    rows = [
        (*map(_shown, key), show_count(count), share(count, found.total))
        for key, count in [*found.counts.items()][:_LISTED]
    ]
    head = (*found.by, "architectures", "share")
    total = ("all", *[""] * (values - 1), show_count(found.total), "")
    numbers = [place for place in range(values) if all(map(_is_number, (row[place] for row in rows)))]
    drawn = table(head, rows, [*numbers, values, values + 1], total)
    left = len(found.counts) - len(rows)
    return drawn if left <= 0 else f"{drawn}\n… {left:,} more rows; --json has them all"


def _crossed(found: Breakdown) -> str | None:
    """The values of one name down and those of the other, which has fewer, across; `None` if that is too wide."""
    down, across = (0, 1) if len(found.values[0]) >= len(found.values[1]) else (1, 0)
    rows = [
        (_shown(one), *(_cell(found, one, other, down) for other in found.values[across]), show_count(count))
        for one, count in found.counts_of(down).items()
    ]
    head = ("", *map(_shown, found.values[across]), "all")
    columns = found.counts_of(across)
    total = ("all", *(show_count(columns[each]) for each in found.values[across]), show_count(found.total))
    drawn = table(head, rows, range(len(head)), total)
    if max(map(len, drawn.split("\n"))) > _WIDE or len(rows) > _LISTED:
        return None
    return f"{found.by[down]} down, {found.by[across]} across\n\n{drawn}"


def _cell(found: Breakdown, one: str | None, other: str | None, down: int) -> str:
    count = found.counts.get((one, other) if down == 0 else (other, one), 0)
    return show_count(count) if count else "·"


def _shown(value: str | None) -> str:
    return _ABSENT if value is None else value


def _is_number(text: str) -> bool:
    return text == _ABSENT or text[:1].isdigit()


def share(count: int, total: int) -> str:
    """A part of the whole in per cent, to a tenth; less than that is told as such, and only the whole is 100."""
    percent = Fraction(100 * count, total) if total else Fraction(0)
    if 0 < percent < Fraction(1, 10):
        return "< 0.1%"
    return f"{float(min(percent, Fraction(999, 10)) if percent < 100 else percent):.1f}%"
