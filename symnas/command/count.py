"""`symnas count`: how large a space is."""

from argparse import ArgumentParser

from attrs import asdict

from symnas.command.choosing import read
from symnas.command.costs import Costs, add_costs, left_by_requires, show_costs
from symnas.command.counting_by import By, add_by, count_broken_down
from symnas.command.counting_tree import Tree, add_tree, drawn_tree, tree_as_data
from symnas.command.distinct import Unique, add_unique, check_cell, count_unique
from symnas.command.options import add_file, add_json, add_net
from symnas.command.terminal import count_of, print_json
from symnas.domains import show_count
from symnas.elaborate.arithmetic import MOST_BITS
from symnas.elaborate.estimating import Estimate
from symnas.errors import SearchError
from symnas.limits import Limits
from symnas.space import Space

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Count the architectures of a space, exactly. Settings of `train` count, too; continuous decisions
are told apart. With --cost, the least and the greatest of a cost over the space; with --histogram,
how many architectures cost how much."""

EXAMPLES = (
    "symnas count samples/digits.nas",
    "symnas count gan.nas --net Generator",
    "symnas count samples/mobile.nas --tree",
    "symnas count samples/mobile.nas --by width --by 'sum(Mobile.channels[*].repeat)'",
    "symnas count samples/mobile.nas --cost params --cost macs",
    "symnas count samples/mobile.nas --histogram params --bins 10",
    "symnas count samples/cells.nas --unique --cell Searched",
)


class Options(Unique, By, Tree, Costs):
    """What `count` is given."""

    file: str
    limits: Limits


def declare(parser: ArgumentParser) -> None:
    """A file, a net, and the form of the answer."""
    add_file(parser)
    add_net(parser)
    add_by(parser)
    add_tree(parser)
    add_unique(parser)
    add_costs(parser)
    add_json(parser, "the numbers")


def run(options: Options) -> int:
    """Count."""
    check_cell(options)
    space = read(options.file, limits=options.limits).space()
    net = None if options.net is None else space.net_name(options.net)
    if options.unique is not None:
        if options.by:
            raise SearchError(
                "`--by` breaks down the count of architectures, `--unique` counts networks: give one of them"
            )
        return count_unique(space, options)
    if options.by:
        return count_broken_down(space, options)
    if options.cost or options.histogram:
        return show_costs(space, options)
    if options.tree:
        return _count_with_tree(space, net, options)
    return _count(space, net, options)


def _count_with_tree(space: Space, net: str | None, options: Options) -> int:
    """Count, and show the decisions as a tree; as data the tree holds the count."""
    if options.json:
        print_json(tree_as_data(space, net))
        return 0
    status = _count(space, net, options)
    print(f"\n{drawn_tree(space, net)}")  # noqa: T201
    return status


def _count(space: Space, net: str | None, options: Options) -> int:
    """Count."""
    try:
        size = space.size_of(net)
    except SearchError:
        return _estimated(space.estimate(net), options)
    continuous = space.elaboration.summary(net).continuous
    costly = bool(space.elaboration.costly)
    left = space.pricing.restricted.feasible if costly and net is None else None
    if options.json:
        known = size if size.bit_length() <= MOST_BITS else show_count(size)
        record: dict[str, object] = {"size": known, "continuous": continuous, "before_require_on_costs": costly}
        if left is not None:
            record["left"] = asdict(left)
        print_json(record)
        return 0
    apart = f", times {count_of(continuous, 'continuous decision')}" if continuous else ""
    before = ", before `require` on costs" if costly else ""
    if left is not None:
        print(f"{left_by_requires(left)}{apart}")  # noqa: T201
    print(f"{count_of(size, 'architecture')}{apart}{before}")  # noqa: T201
    return 0


def _estimated(found: Estimate, options: Options) -> int:
    """What is known without an exact count, and why there is none."""
    if options.json:
        print_json({"size": None, "least": found.least, "about": found.about, "error": found.error,
                    "draws": found.draws, "reason": found.reason})  # fmt: skip
    else:
        print(f"{found}; {found.reason}")  # noqa: T201
    return 0
