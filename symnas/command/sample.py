"""`symnas sample`: architectures drawn from a space, as text that parses back or as genotypes."""

from argparse import ArgumentParser
from pathlib import Path
from random import Random

from symnas.architecture import Architecture
from symnas.command.choosing import read
from symnas.command.options import Namespace, add_file, add_json, at_least, seed
from symnas.command.terminal import note, print_json
from symnas.command.writing import write_program
from symnas.limits import Limits
from symnas.space import Measure

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Draw architectures, each of which meets every `require`. An architecture is its space with a `pick`
of every choice: a .nas file again, which all verbs read. The same seed draws the same ones."""

EXAMPLES = (
    "symnas sample samples/digits.nas -n 5 --seed 0",
    "symnas sample samples/digits.nas -n 100 -o drawn",
    "symnas sample samples/digits.nas --measure decisions --json",
)


class Options(Namespace):
    """What `sample` is given."""

    file: str
    limits: Limits
    n: int
    seed: int
    measure: str
    output: Path | None
    json: bool


def declare(parser: ArgumentParser) -> None:
    """A file, how many to draw and how, and where to."""
    add_file(parser)
    parser.add_argument("-n", type=at_least(1), default=1, metavar="N", help="how many to draw (1)")
    parser.add_argument("--seed", type=seed, default=0, metavar="S", help="where randomness starts (0)")
    parser.add_argument(
        "--measure",
        choices=[each.value for each in Measure],
        default=Measure.ARCHITECTURES.value,
        help="every architecture has the same chance, or every alternative of a decision has, or as `prior` says",
    )
    parser.add_argument("-o", dest="output", type=Path, metavar="OUT",
                        help="write a file for each into this folder; one architecture alone, to a file that ends in .nas")  # fmt: skip
    add_json(parser, "genotypes (path to number of the choice) and picks")


def run(options: Options) -> int:
    """Draw, and print or write."""
    space = read(options.file, limits=options.limits).space()
    rng, measure = Random(options.seed), Measure(options.measure)
    drawn = [space.sample(rng, measure) for _ in range(options.n)]
    if rejected := space.pricing.restricted.rejected:
        note(f"{rejected:,} of {options.n + rejected:,} draws broke a `require` and were drawn again")
    if options.output is not None:
        for path, architecture in zip(_paths(options, options.output), drawn, strict=True):
            write_program(path, architecture)
            if not options.json:
                print(path)  # noqa: T201
    if options.json:
        print_json([_record(each) for each in drawn])
    elif options.output is None:
        print("\n".join(_titled(each, number, options) for number, each in enumerate(drawn, 1)), end="")  # noqa: T201
    return 0


def _paths(options: Options, output: Path) -> list[Path]:
    """Where each architecture is written to."""
    if options.n == 1 and output.suffix == ".nas" and not output.is_dir():
        return [output]
    stem = f"{Path(options.file).stem}-seed{options.seed}"
    return [output / f"{stem}-{number}.nas" for number in range(1, options.n + 1)]


def _record(architecture: Architecture) -> dict[str, object]:
    return {"genotype": architecture.genotype.to_json(), "picks": architecture.picks}


def _titled(architecture: Architecture, number: int, options: Options) -> str:
    """The text, below a comment that parts it from the one before."""
    return f"# ──── {options.file}, {number} of {options.n}, seed {options.seed} ────\n{architecture.text}"
