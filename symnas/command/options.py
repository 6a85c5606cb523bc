"""What the verbs' options share: a parser that explains itself with examples, and options that several verbs have."""

from argparse import Action, ArgumentError, ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from typing import NoReturn

from attrs import evolve

from symnas.errors import suggest
from symnas.limits import LIMITS, Limits

__all__ = [
    "Namespace",
    "Parser",
    "add_allow",
    "add_choice",
    "add_file",
    "add_json",
    "add_limits",
    "add_net",
    "add_sizes",
    "at_least",
    "named_size",
    "positive",
    "seed",
]


class Parser(ArgumentParser):
    """An argument parser whose help ends in examples and whose complaints end in where help is."""

    def __init__(self, prog: str, about: str, examples: Sequence[str], usage: str | None = None) -> None:
        word = "example" if len(examples) == 1 else "examples"
        shown = "\n".join(f"  {example}" for example in examples)
        super().__init__(
            prog=prog,
            usage=usage,
            description=about,
            epilog=f"{word}:\n{shown}",
            formatter_class=_Formatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Wrong usage: say so, and where help is; exit status 2."""
        self.exit(2, f"{self.prog}: {message}\n  = help: `{self.prog} --help` explains\n")


class _Formatter(RawDescriptionHelpFormatter):
    """Descriptions and examples keep their lines; the columns of options are wide enough for ours."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=100)


def add_file(parser: ArgumentParser) -> None:
    """The one file that most verbs are about, and what it may ask for at most."""
    parser.add_argument("file", metavar="FILE", help="a .nas file")
    add_limits(parser)


class _Limiting(Action):
    """Sets one limit of `options.limits`."""

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: object, option_string: str | None = None
    ) -> None:
        name, _, most = str(values).partition("=")
        known = Limits.meanings()
        if name not in known:
            raise ArgumentError(self, f"there is no limit `{name}`; {suggest(name, known, 'there are')}")
        try:
            namespace.limits = evolve(namespace.limits, **{name: _number(most)})
        except ValueError as error:
            raise ArgumentError(self, str(error)) from None


def _number(text: str) -> int | str:
    """The whole number that *text* spells, units and all (`16MiB`), or else *text*."""
    from symnas.grammar.literals import read_number

    try:
        value, _ = read_number(text)
    except ValueError:
        return text
    return int(value) if value.denominator == 1 else text


def add_limits(parser: ArgumentParser) -> None:
    """`--limit`, for files that ask for more than the language allows where nothing is said."""
    known = ", ".join(f"{name}={getattr(LIMITS, name)} ({means})" for name, means in Limits.meanings().items())
    parser.add_argument(
        "--limit",
        dest="limits",
        metavar="NAME=MOST",
        action=_Limiting,
        default=LIMITS,
        help=f"let the file ask for more, or less, than {known}; may be given several times",
    )


def add_json(parser: ArgumentParser, what: str) -> None:
    """`--json`, for programs that read the output."""
    parser.add_argument("--json", action="store_true", help=f"print {what} as JSON")


def add_net(parser: ArgumentParser) -> None:
    """`--net`, for files with several."""
    parser.add_argument("--net", metavar="NAME", help="which net, where the file has several")


def add_allow(parser: ArgumentParser) -> None:
    """`--allow`, for what runs Python that a file names."""
    parser.add_argument(
        "--allow",
        metavar="MODULE",
        action="append",
        default=[],
        help="let Python that the file `use`s be imported: a module by name; may be given several times",
    )


def add_choice(parser: ArgumentParser, seeds: str = "draw what is undecided with this seed (0)") -> None:
    """Options that choose one architecture: `--pick` and `--seed`, of which *seeds* says what it does."""
    parser.add_argument(
        "--pick",
        metavar="PATH=CHOICE",
        action="append",
        default=[],
        help="decide this, beside what the file picks; may be given several times",
    )
    parser.add_argument("--seed", type=seed, metavar="S", help=seeds)


def seed(text: str) -> int:
    """A seed: any whole number from 0."""
    return _whole(text, 0)


def at_least(low: int) -> Callable[[str], int]:
    """The type of an option that takes a whole number from *low*."""
    return lambda text: _whole(text, low)


def positive(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"must be a number above 0, not `{text}`")
    return value


def add_sizes(parser: ArgumentParser, meaning: str) -> None:
    """`--size NAME=SIZE`, for sizes that a file leaves open."""
    parser.add_argument(
        "--size", metavar="NAME=SIZE", type=named_size, action="append", default=[],
        help=f"{meaning}; may be given several times",
    )  # fmt: skip


def named_size(text: str) -> tuple[str, int]:
    """`H=224`: a symbolic size and its value."""
    name, _, value = text.partition("=")
    if not name.isidentifier() or not value.isdigit() or int(value) < 1:
        raise ArgumentTypeError(f"must be a name and a size, as in `H=224`, not `{text}`")
    return name, int(value)


def _whole(text: str, low: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if value < low:
        raise ArgumentTypeError(f"must be a whole number from {low}, not `{text}`")
    return value
