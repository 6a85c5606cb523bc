"""`symnas verify`: one architecture built for both targets, and what they and PyTorch's counters say beside each other.
What is compared is `symnas.training.verifying`'s business.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

from symnas.allowing import check_allowed, importable_from, python_layers
from symnas.command.choosing import choose, read
from symnas.command.options import Namespace, add_allow, add_choice, add_file, add_json, add_net, add_sizes
from symnas.command.terminal import note, print_json, table
from symnas.limits import Limits

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Build one architecture for PyTorch and for ONNX and compare: outputs, gradients (those of small
networks, with finite differences), parameters and MACs (with PyTorch's own counters). Where the file
says `assert same(A, B)` of the net and one that rules make of it, their outputs as well, with weights
carried over. Which architecture: the file's picks, --pick, and for the rest a draw with --seed. The
status is 1 where something differs."""

EXAMPLES = (
    "symnas verify samples/digits.nas --seed 3",
    "symnas verify resnet50.nas --size N=1 --json",
)


class Options(Namespace):
    """What `verify` is given."""

    file: str
    limits: Limits
    net: str | None
    pick: list[str]
    seed: int | None
    size: list[tuple[str, int]]
    allow: list[str]
    json: bool


def declare(parser: ArgumentParser) -> None:
    """A file, which architecture of it, and sizes that its shapes leave open."""
    add_file(parser)
    add_net(parser)
    add_choice(parser)
    add_sizes(parser, "what stands for a size that the file leaves open (2)")
    add_allow(parser)
    add_json(parser, "the table")


def run(options: Options) -> int:
    """Print the table; 1 where something differs."""
    from symnas.training.comparing import same_checks
    from symnas.training.verifying import verify

    chosen = choose(read(options.file, options.pick, options.limits), options.seed)
    graph = chosen.architecture.graph(options.net)
    check_allowed(python_layers(graph).values(), options.allow, f"`{graph.name}`")
    with importable_from(Path(options.file).parent):
        asked = dict(options.size), options.seed or 0, options.allow
        checks = [*verify(graph, *asked), *same_checks(chosen.architecture, graph.name, *asked)]
    differs = any(each.agrees is False for each in checks)
    if options.json:
        records = [
            {
                "check": each.what,
                "stated": each.stated,
                "measured": each.measured,
                "agrees": each.agrees,
                "note": each.why,
            }
            for each in checks
        ]
        print_json({"net": graph.name, "picks": chosen.architecture.picks, "checks": records})
        return int(differs)
    if chosen.how:
        note(f"{graph.name}: {chosen.how}")
    words = {True: "yes", False: "NO", None: "not compared"}
    rows = [(each.what, each.stated, each.measured, words[each.agrees], each.why) for each in checks]
    sys.stdout.write(table(("", "program", "measured", "agree", ""), rows, (1, 2)) + "\n")
    return int(differs)
