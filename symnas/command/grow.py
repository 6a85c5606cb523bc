"""`symnas grow`: its options. What it does is in `growing`, imported when a search runs: `--help` need not wait."""

from argparse import ArgumentParser
from pathlib import Path

from symnas.command.options import Namespace, add_allow, add_choice, add_file, add_json, at_least, positive
from symnas.limits import Limits

__all__ = ["ABOUT", "EXAMPLES", "TRIALS", "Options", "declare", "run"]

ABOUT = """\
Search what rules make of one network, move by move: the file's network is trained first, then networks
a rewrite away from it, from those in turn and so on, each from the weights of the one it was made of.
Rules may let it grow, or shrink a trained one (--weights). Writes the best as a .nas file, its weights,
and plain PyTorch source that loads them, and tells the line of its ancestors. Every trial is kept the
moment it ends; --resume goes on with the very trials that would have come. Budgets, seed and workers
that are not given are those of the file's `search { … }`."""

EXAMPLES = (
    "symnas grow small.nas --rules grow.nas --trials 20 --epochs 2",
    "symnas grow small.nas --resume --trials 40",
    "symnas grow small.nas --line",
    "symnas grow big.nas --rules shrink.nas --weights big.pt --searcher reinforce:reward=compression",
)

TRIALS = 30
"""Trials of a search that nobody has given a budget."""


class Options(Namespace):
    """What `grow` is given."""

    file: str
    limits: Limits
    rules: str | None
    rule: list[str]
    pick: list[str]
    seed: int | None
    trials: int | None
    seconds: float | None
    trial_seconds: float | None
    epochs: int | None
    start_epochs: int | None
    weights: Path | None
    searcher: str | None
    workers: int | None
    ahead: int | None
    store: str | None
    resume: bool
    line: int | None
    output: Path | None
    best: int
    allow: list[str]
    json: bool


def declare(parser: ArgumentParser) -> None:
    """A network, rules, a budget, how to search, and where to keep what comes of it."""
    add_file(parser)
    add_choice(parser, "the same seed searches the same way, and draws what FILE leaves undecided (0)")
    moves = parser.add_argument_group("moves")
    moves.add_argument("--rules", metavar="RULES.NAS", help="the file that declares the rules; FILE without it")
    moves.add_argument(
        "--rule", metavar="NAME", action="append", default=[],
        help="move by this rule; may be given several times; by all of them without it",
    )  # fmt: skip
    budget = parser.add_argument_group("budget")
    budget.add_argument("--trials", type=at_least(1), metavar="N", help=f"networks to train in all ({TRIALS})")
    budget.add_argument("--seconds", type=positive, metavar="S", help="begin no trial after so long")
    budget.add_argument("--trial-seconds", type=positive, metavar="S", help="end a trial that takes longer")
    budget.add_argument("--epochs", type=at_least(1), metavar="N", help="epochs of each child (those of `train`)")
    budget.add_argument("--start-epochs", type=at_least(0), metavar="N", help="epochs of the start (those of `train`)")
    how = parser.add_argument_group("how to search")
    how.add_argument("--weights", type=Path, metavar="IN.PT", help="what the start begins with, .pt or .npz")
    how.add_argument("--searcher", metavar="SPEC", help="`evolution:population=10`, `climbing`, or `reinforce`")
    how.add_argument("--workers", type=at_least(0), metavar="W", help="processes; 0: this one (one a core)")
    how.add_argument("--ahead", type=at_least(1), metavar="N", help="open proposals, the bound of --workers (4)")
    add_allow(parser)
    where = parser.add_argument_group("where")
    where.add_argument("-o", dest="output", type=Path, metavar="DIR", help="folder of the results (FILE.grow)")
    where.add_argument("--store", metavar="PATH", help="file or database URL of the trials (DIR/FILE.study.db)")
    where.add_argument("--resume", action="store_true", help="go on with the search that is there")
    end = parser.add_argument_group("at the end")
    end.add_argument("--best", type=at_least(1), default=5, metavar="N", help="how many of the best to show (5)")
    end.add_argument(
        "--line", type=at_least(0), nargs="?", const=-1, metavar="TRIAL",
        help="search nothing: print the ancestors of TRIAL of the search that is there, or of the best",
    )  # fmt: skip
    add_json(parser, "the results")


def run(options: Options) -> int:
    """Search, then show and write what was found; or tell a line of ancestors."""
    from symnas.command.growing import grow, tell_line

    return grow(options) if options.line is None else tell_line(options)
