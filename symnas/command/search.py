"""`symnas search`: its options. What it does is in `searching`, imported when a search runs: `--help` need not wait."""

from argparse import ArgumentParser
from pathlib import Path

from symnas.command.options import Namespace, add_allow, add_file, add_json, at_least, positive, seed
from symnas.limits import Limits

__all__ = ["ABOUT", "EXAMPLES", "TRIALS", "Options", "declare", "run"]

ABOUT = """\
Search a space for the architectures that train best on the data that its `train` names. Writes the
best as a .nas file, its weights, and plain PyTorch source that loads them. Every trial is kept the
moment it ends: after Ctrl-C or worse, --resume goes on with the very trials that would have come.
Options that are not given are those of the file's `search { … }`."""

EXAMPLES = (
    "symnas search samples/digits.nas",
    "symnas search samples/digits.nas --resume",
    "symnas search samples/digits.nas --searcher evolution:population=20 --trials 200 --seed 1 -o second",
)

TRIALS = 100
"""Trials of a search that nobody has given a budget: about two minutes for `samples/digits.nas` on two cores."""


class Options(Namespace):
    """What `search` is given."""

    file: str
    limits: Limits
    trials: int | None
    seconds: float | None
    searcher: str | None
    seed: int | None
    workers: int | None
    ahead: int | None
    eager: bool
    unique: str | None
    trial_seconds: float | None
    store: str | None
    resume: bool
    output: Path | None
    best: int
    baseline: int
    allow: list[str]
    json: bool


def declare(parser: ArgumentParser) -> None:
    """A file, a budget, how to search, and where to keep what comes of it."""
    add_file(parser)
    budget = parser.add_argument_group("budget")
    budget.add_argument("--trials", type=at_least(1), metavar="N", help=f"trials of the search in all ({TRIALS})")
    budget.add_argument("--seconds", type=positive, metavar="S", help="begin no trial after so long")
    budget.add_argument("--trial-seconds", type=positive, metavar="S", help="end a trial that takes longer")
    how = parser.add_argument_group("how to search")
    how.add_argument("--searcher", metavar="SPEC", help="`random` or `evolution:population=30,tournament=10`")
    how.add_argument("--seed", type=seed, metavar="S", help="the same seed searches the same way (0)")
    how.add_argument("--workers", type=at_least(0), metavar="W", help="processes; 0: this one (one a core)")
    how.add_argument("--ahead", type=at_least(1), metavar="N", help="open proposals, the bound of --workers (4)")
    how.add_argument("--eager", action="store_true", help="use results as they come: faster, but not repeatable")
    how.add_argument(
        "--unique",
        choices=("graph", "genotype"),
        help="evaluate no network twice, under whatever names (graph), or only no choices twice (genotype, the default)",
    )
    add_allow(parser)
    where = parser.add_argument_group("where")
    where.add_argument("-o", dest="output", type=Path, metavar="DIR", help="folder of the results (FILE.search)")
    where.add_argument("--store", metavar="PATH", help="file or database URL of the trials (DIR/FILE.study.db)")
    where.add_argument("--resume", action="store_true", help="go on with the search that is there")
    end = parser.add_argument_group("at the end")
    end.add_argument("--best", type=at_least(1), default=5, metavar="N", help="how many of the best to show (5)")
    end.add_argument(
        "--baseline", type=at_least(0), default=10, metavar="N", help="how many random ones to compare with (10)"
    )
    add_json(parser, "the results")


def run(options: Options) -> int:
    """Search, then show and write what was found."""
    from symnas.command.searching import search

    return search(options)
