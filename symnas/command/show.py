"""`symnas show`: a picture of the network. What it looks like is `symnas.picture`'s business."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from symnas.command.choosing import choose, read
from symnas.command.options import Namespace, add_choice, add_file, add_net
from symnas.command.terminal import note
from symnas.command.writing import write_text
from symnas.limits import Limits

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Draw the network with its placeholders as an SVG picture: how many alternatives each has and what they
cost, in how many ways each block can be decided. What --pick decides is marked, other alternatives are
faint; with --seed, one architecture has all its choices marked."""

EXAMPLES = ("symnas show samples/digits.nas", "symnas show samples/digits.nas --seed 0 -o drawn.svg")


class Options(Namespace):
    """What `show` is given."""

    file: str
    limits: Limits
    net: str | None
    pick: list[str]
    seed: int | None
    output: str | None


def declare(parser: ArgumentParser) -> None:
    """A file, which architecture of it, if any, and where to draw."""
    add_file(parser)
    add_net(parser)
    add_choice(parser)
    parser.add_argument("-o", dest="output", metavar="PICTURE", help="the file to write; `-`: print it (FILE.svg here)")


def run(options: Options) -> int:
    """Draw, and say where."""
    from symnas.picture import draw

    program = read(options.file, options.pick, options.limits)
    one = None if options.seed is None else choose(program, options.seed).architecture
    picture = draw(program.space(), one, options.net)
    if options.output == "-":
        sys.stdout.write(picture)
        return 0
    path = Path(options.output or f"{Path(options.file).stem}.svg")
    write_text(path, picture)
    note(f"wrote {path}")
    return 0
