"""`symnas compile`: one architecture as source for another framework, and its first weights."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from symnas.allowing import check_allowed, importable_from, python_layers
from symnas.command.choosing import choose, read
from symnas.command.exporting import source
from symnas.command.options import Namespace, add_allow, add_choice, add_file, add_net
from symnas.command.terminal import note
from symnas.command.writing import write, write_text
from symnas.compilers import TARGETS
from symnas.limits import Limits

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Write one architecture as plain source that imports nothing of symnas. Which one: the file's picks,
--pick, and for the rest a draw with --seed. Writing the source needs no torch, weights do."""

EXAMPLES = (
    "symnas compile samples/digits.nas --to torch -o net.py",
    "symnas compile best.nas --to torch -o net.py --weights net.pt",
)


class Options(Namespace):
    """What `compile` is given."""

    file: str
    limits: Limits
    to: str
    net: str | None
    pick: list[str]
    seed: int | None
    output: Path | None
    weights: Path | None
    allow: list[str]


def declare(parser: ArgumentParser) -> None:
    """A file, which architecture of it, for what, and where to."""
    add_file(parser)
    parser.add_argument("--to", choices=sorted(TARGETS), default="torch", help="the target (torch)")
    parser.add_argument("-o", dest="output", type=Path, metavar="NET.PY", help="the file to write; printed without it")
    parser.add_argument("--weights", type=Path, metavar="NET.PT", help="write freshly initialised weights, too")
    add_net(parser)
    add_choice(parser)
    add_allow(parser)


def run(options: Options) -> int:
    """Compile, and write or print."""
    chosen = choose(read(options.file, options.pick, options.limits), options.seed)
    graph = chosen.architecture.graph(options.net)
    check_allowed(python_layers(graph).values(), options.allow, f"`{graph.name}`")
    if chosen.how:
        note(f"{graph.name}: {chosen.how}")
    text = source(chosen.architecture, graph, options.weights)
    if options.weights is not None:
        from symnas.compilers.torch import build
        from symnas.training.randomness import Surroundings
        from symnas.training.weights import save_weights

        with importable_from(Path(options.file).parent), Surroundings(options.seed or 0).entered():
            module = build(graph, allow=options.allow)
        write(options.weights, lambda place: save_weights(module, place))
        note(f"wrote {options.weights}")
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_text(options.output, text)
        note(f"wrote {options.output}")
    return 0
