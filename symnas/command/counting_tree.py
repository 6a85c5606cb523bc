"""`symnas count --tree`: the decisions of a space as a tree with sizes."""

import math
from argparse import ArgumentParser
from collections.abc import Iterator

from attrs import frozen

from symnas.command.counting_by import share, written
from symnas.command.options import Namespace
from symnas.command.terminal import table
from symnas.decisiontree import DecisionTree, Part, decision_tree
from symnas.domains import Alternatives, Combinations, Continuous, Domain, Grid, Permutations, Subsets, show_number
from symnas.space import Space

__all__ = ["Tree", "add_tree", "drawn_tree", "tree_as_data"]

_MOST_LINES = 200
_CHOICES = 34
"""Columns of the choices of a decision."""
_NAMES = 44
"""Columns of names with what they are indented by."""
_EXACT = 10**9
"""Numbers from here on are shown by their first digits: the JSON has them in full."""


class Tree(Namespace):
    """What `count --tree` is given."""

    tree: bool


def add_tree(parser: ArgumentParser) -> None:
    """`--tree`."""
    parser.add_argument(
        "--tree",
        action="store_true",
        help="show the decisions as a tree: the ways to decide each part, and how many architectures have each decision",
    )


def drawn_tree(space: Space, net: str | None) -> str:
    """The tree of *space*, or of *net*'s own, as lines of at most 110 columns.

    Raises:
        SearchError: no member was found that could be shown, or more than 100,000 decisions.
    """
    found = decision_tree(space, net)
    if not found.parts:
        return "no decisions"
    lines = [*_lines(found.parts, found, "")]
    head = ("", "choices", "ways", "in" if found.counted else f"in draws of {found.total}")
    drawn = table(head, [(each.name, each.choices, each.ways, each.share) for each in lines[:_MOST_LINES]], (2, 3))
    left = len(lines) - _MOST_LINES
    return drawn if left <= 0 else f"{drawn}\n… {left:,} more lines; --json has them all"


@frozen
class _Line:
    name: str
    choices: str
    ways: str
    share: str


def _lines(parts: tuple[Part, ...], whole: DecisionTree, indent: str) -> Iterator[_Line]:
    for each in parts:
        times = f" × {each.times}" if each.times > 1 else ""
        name = f"{indent}{each.name}{' …' if each.cut else ''}"
        choices = " or ".join(map(_choices, each.domains))
        if each.cut:
            choices = f"{each.decisions} decision{'s' * (each.decisions != 1)} within itself"
        yield _Line(_cut(name, _NAMES - len(times)) + times, _cut(choices, _CHOICES), _ways(each), _share(each, whole))
        yield from _lines(each.inside, whole, indent + "  ")


def _ways(part: Part) -> str:
    """The ways to decide a part; of a decision, its alternatives."""
    if part.ways is not None:
        return f"{'' if part.ways.exact else '≤ '}{_short(part.ways.number)}"
    if not part.domains:
        return ""
    sizes = [each.size for each in part.domains]
    return "real" if any(isinstance(each, Continuous) for each in part.domains) else _spread(min(sizes), max(sizes))


def _spread(least: int, most: int) -> str:
    return _short(least) if least == most else f"{_short(least)}–{_short(most)}"


def _short(number: int) -> str:
    """A number, or its first three digits and the power of ten."""
    if number < _EXACT:
        return f"{number:,}"
    tens = int((number.bit_length() - 1) * math.log10(2))
    tens += number >= 10 ** (tens + 1)
    first = number // 10 ** (tens - 2)
    return f"{first // 100}.{first % 100:02}e{tens}"


def _share(part: Part, whole: DecisionTree) -> str:
    """How many architectures have a decision; nothing where all do."""
    if part.present is None or part.present[0] == whole.total:
        return ""
    least, most = (share(each, whole.total) for each in part.present)
    return least if least == most else f"{least}–{most}"


def _choices(domain: Domain) -> str:
    """The choices of a decision in few words."""
    match domain:
        case Alternatives(labels=labels):
            return " | ".join(labels)
        case Grid(step=step, count=count):
            bounds = f"{domain.show(0)}..{domain.show(count - 1)}"
            return bounds if step == 1 and domain.whole else f"{bounds} step {show_number(step)}"
        case Continuous(low=low, high=high, log=log):
            return f"{low:g}..{high:g}{' log' if log else ''}"
        case Combinations(labels=labels, taken=taken):
            return f"{taken} of {', '.join(labels)}"
        case Subsets(labels=labels, least=least, most=most):
            return f"{least}..{most} of {', '.join(labels)}"
        case Permutations(labels=labels):
            return f"order of {', '.join(labels)}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def tree_as_data(space: Space, net: str | None) -> dict[str, object]:
    """The tree for programs."""
    found = decision_tree(space, net)
    return {"architectures" if found.counted else "draws": written(found.total), "parts": [*map(_as_data, found.parts)]}


def _as_data(part: Part) -> dict[str, object]:
    data: dict[str, object] = {"path": part.path, "times": part.times}
    if part.domains:
        data["choices"] = [_choices(each) for each in part.domains]
        data["sizes"] = [written(each.size) for each in part.domains]
    if part.present is not None:
        data["architectures"] = [*map(written, part.present)]
    if part.ways is not None:
        data["ways"] = written(part.ways.number)
        data["exact"] = part.ways.exact
    if part.cut:
        data["decisions"] = part.decisions
    if part.inside:
        data["inside"] = [*map(_as_data, part.inside)]
    return data
