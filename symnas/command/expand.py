"""`symnas expand`: one stand-alone program. What it holds is `symnas.expanding`'s business."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from random import Random

from symnas.command.choosing import choose, read
from symnas.command.options import Namespace, add_choice, add_file
from symnas.command.terminal import note
from symnas.command.writing import write_text
from symnas.errors import SourceError
from symnas.limits import Limits
from symnas.space import Space

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Write one program that needs no other file. Where everything is decided, by the file's picks, --pick
and --seed, that is the network itself: no placeholders, lets, loops and rules, the same graph and the
same names of weights. Where decisions are left open, it is the same space, imports written into it."""

EXAMPLES = (
    "symnas expand best.nas -o alone.nas",
    "symnas expand samples/wine.nas --seed 4",
    "symnas expand samples/mobile.nas --pick width=0.75",
)


class Options(Namespace):
    """What `expand` is given."""

    file: str
    limits: Limits
    pick: list[str]
    seed: int | None
    output: Path | None


def declare(parser: ArgumentParser) -> None:
    """A file, what is decided of it, and where to."""
    add_file(parser)
    add_choice(parser, "draw what is undecided with this seed, for one network")
    parser.add_argument("-o", dest="output", type=Path, metavar="OUT.NAS", help="the file to write; printed without it")


def run(options: Options) -> int:
    """Expand, and write or print."""
    from symnas.expanding import expand

    program = read(options.file, options.pick, options.limits)
    if options.seed is None:
        if options.pick:
            _check_picks(program.space())
        text = expand(program).text
    else:
        chosen = choose(program, options.seed)
        text = expand(chosen.architecture).text
        if chosen.how:
            note(f"{options.file}: {chosen.how}")
    if options.output is None:
        sys.stdout.write(text)
        return 0
    write_text(options.output, text)
    note(f"wrote {options.output}")
    return 0


def _check_picks(space: Space) -> None:
    """Refuse picks of decisions that no architecture has, as far as a few show.

    Raises:
        SourceError: there is one.
    """
    from symnas.checking import unknown_picks

    found = unknown_picks(space, [space.sample(Random(seed)) for seed in range(_LOOKED_AT)])
    if found:
        raise SourceError(found)


_LOOKED_AT = 16
