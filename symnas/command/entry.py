"""The command itself: which verb, and what becomes of everything that goes wrong in it.

Exit statuses: 0 fine, 1 the user's input is wrong, 2 wrong usage, 70 a mistake of ours, 130 interrupted by Ctrl-C.
"""

import gc
import os
import sys
from collections.abc import Sequence

from symnas.command.options import Parser
from symnas.command.terminal import complain, print_json
from symnas.command.verbs import VERBS, find
from symnas.depth import deep_recursion
from symnas.errors import NasError, SourceError, nearest

__all__ = ["main"]

BUG = 70
"""The exit status that systems reserve for "internal software error"."""

INTERRUPTED = 130
"""The exit status of what Ctrl-C ended: 128 and the signal's number."""

TRACEBACK = "SYMNAS_TRACEBACK"

COLLECT = (50_000, 20, 50)
"""How rarely the command's process looks for cycles: its trees are large and have none, and looking took a third of
the time of `check`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with *arguments*, those of this process unless given; the exit status."""
    gc.set_threshold(*COLLECT)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with deep_recursion():
            status = _run(words)
        sys.stdout.flush()
    except SystemExit as end:  # argparse, after `--help` or wrong usage
        return end.code if isinstance(end.code, int) else 0
    except BrokenPipeError:  # `symnas sample … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        return _explain(error, as_json="--json" in words)
    return status


def _run(words: list[str]) -> int:
    # Verbs parse their own words: only the one that is asked for is imported.
    options = _parser().parse_args(words[:1])
    if options.verb is None:
        _parser().print_help()
        return 0
    if options.verb not in VERBS:
        close = nearest(options.verb, VERBS)
        _parser().error(f"there is no verb `{options.verb}`" + (f"; did you mean `{close}`?" if close else ""))
    verb = find(options.verb)
    parser = Parser(prog=f"symnas {options.verb}", about=verb.ABOUT, examples=verb.EXAMPLES)
    verb.declare(parser)
    return verb.run(parser.parse_args(words[1:]))


def _parser() -> Parser:
    listed = "\n".join(f"  {name:<9} {does}" for name, does in VERBS.items())
    parser = Parser(
        prog="symnas",
        usage="symnas VERB FILE [options]",
        about=f"Families of neural networks as small programs.\n\nverbs:\n{listed}",
        examples=("symnas search samples/digits.nas", "symnas search --help"),
    )
    parser.add_argument("--version", action="version", version=_version(), help="print the version and end")
    parser.add_argument("verb", nargs="?", metavar="VERB", help="what to do; `symnas VERB --help` tells more")
    return parser


def _version() -> str:
    from symnas import __version__

    return f"symnas {__version__}"


def _explain(error: Exception, *, as_json: bool) -> int:
    """Say what went wrong, in the user's words, or the mistakes of a program as data; the exit status."""
    match error:
        case SourceError() if as_json:
            from symnas.command.mistakes import record

            print_json([record(each) for each in error.diagnostics])
        case SourceError():
            complain(*error.diagnostics)
        case NasError():
            complain(str(error))
        case OSError(filename=str(name), strerror=str(reason)):
            complain(f"{name}: {reason}")
        case RecursionError():
            complain(
                "the program nests deeper than Python's own stack\n  = help: make rows of names, lists or blocks shorter"
            )
        case MemoryError():
            complain("there is not enough memory for this program\n  = help: see docs/security.md for what bounds it")
        case ModuleNotFoundError(name=str(name)) if not name.startswith("symnas"):
            complain(f"this needs the Python package `{name}`: `pip install {_extra(name)}`")
        case _:
            complain(
                f"this is a bug of symnas, not of your input: {type(error).__name__}: {error}\n"
                f"  = help: run it again with {TRACEBACK}=1 in front for the traceback, and report it with the file"
            )
            return BUG
    return 1


def _extra(library: str) -> str:
    extras = {"onnx": "onnx", "onnx_ir": "onnx", "torch": "torch"}
    return f"'symnas[{extras[library]}]'" if library in extras else library
