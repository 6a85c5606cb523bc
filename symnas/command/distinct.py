"""`symnas count --unique`: how many different networks the members of a space are."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager

from symnas.canonical import EXACT, Rule, read_rules, rules_text
from symnas.command.options import Namespace
from symnas.command.terminal import count_of, print_json
from symnas.command.watching import watching
from symnas.distinct import Told, distinct_networks
from symnas.errors import SearchError
from symnas.space import Space

__all__ = ["Unique", "add_unique", "check_cell", "count_unique"]

EVERY = 500
"""After how many members the count is shown anew."""


class Unique(Namespace):
    """What `count --unique` is given."""

    net: str | None
    unique: str | None
    cell: str | None
    json: bool


def add_unique(parser: ArgumentParser) -> None:
    """`--unique` and `--cell`."""
    listed = ", ".join(each.value for each in Rule if each in EXACT)
    others = ", ".join(each.value for each in Rule if each not in EXACT)
    parser.add_argument(
        "--unique",
        metavar="RULES",
        nargs="?",
        const="exact",
        help="list the networks and count equal ones once, by the rules that are exact "
        f"({listed}), or by those given: `exact,-zero`, `commutative,dead,trees`; benchmarks also count by {others}",
    )
    parser.add_argument("--cell", metavar="NAME", help="with --unique: a cell by itself, as its first use has it")


def count_unique(space: Space, options: Unique) -> int:
    """Count, and say by which rules; the exit status."""
    rules = read_rules(options.unique or "exact")
    with _shown() as progress:
        found = distinct_networks(space, rules, net=options.net, cell=options.cell, progress=progress)
    if options.json:
        named = {"members": found.members, "networks": found.networks, "rules": rules_text(rules).split(",")}
        print_json(named)
        return 0
    by = "" if rules == EXACT else f" by {rules_text(rules)}"
    what = f"ways to decide `{options.cell}`" if options.cell else "members"
    print(f"{count_of(found.networks, 'network')} in {found.members:,} {what}{by}")  # noqa: T201
    return 0


def check_cell(options: Unique) -> None:
    """Refuse `--cell` alone.

    Raises:
        SearchError: distinct networks are not asked for.
    """
    if options.cell is not None and options.unique is None:
        raise SearchError("`--cell` says whose networks `--unique` counts: add `--unique`")


@contextmanager
def _shown() -> Iterator[Told]:
    """A bar while it lasts."""
    with watching("members", None) as watch:

        def tell(done: int, total: int, networks: int) -> None:
            if done % EVERY == 0 and total > EVERY:
                watch(done, total, count_of(networks, "network"), None)

        yield tell
