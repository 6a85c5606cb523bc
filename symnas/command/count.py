"""`symnas count`: how large a space is."""

from argparse import ArgumentParser

from symnas.command.choosing import read
from symnas.command.distinct import Unique, add_unique, check_cell, count_unique
from symnas.command.options import add_file, add_json, add_net
from symnas.command.terminal import count_of, print_json
from symnas.elaborate.estimating import Estimate
from symnas.errors import SearchError
from symnas.limits import Limits

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Count the architectures of a space, exactly. Settings of `train` count, too; continuous decisions
are told apart, and a `require` on costs (parameters, MACs) is not applied."""

EXAMPLES = (
    "symnas count samples/digits.nas",
    "symnas count gan.nas --net Generator",
    "symnas count samples/cells.nas --unique --cell Searched",
)


class Options(Unique):
    """What `count` is given."""

    file: str
    limits: Limits


def declare(parser: ArgumentParser) -> None:
    """A file, a net, and the form of the answer."""
    add_file(parser)
    add_net(parser)
    add_unique(parser)
    add_json(parser, "the numbers")


def run(options: Options) -> int:
    """Count."""
    check_cell(options)
    space = read(options.file, limits=options.limits).space()
    net = None if options.net is None else space.net_name(options.net)
    if options.unique is not None:
        return count_unique(space, options)
    try:
        size = space.size_of(net)
    except SearchError:
        return _estimated(space.estimate(net), options)
    continuous = space.elaboration.summary(net).continuous
    costly = bool(space.elaboration.costly)
    if options.json:
        print_json({"size": size, "continuous": continuous, "before_require_on_costs": costly})
        return 0
    apart = f", times {count_of(continuous, 'continuous decision')}" if continuous else ""
    before = ", before `require` on costs" if costly else ""
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
