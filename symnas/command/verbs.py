"""The verbs by name. Each is a module of this package, imported only when it is asked for.

A verb module has `ABOUT` and `EXAMPLES` for its `--help`, `declare(parser)` for its options, and `run(options)`, which
gives the exit status.
"""

from argparse import ArgumentParser
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, Protocol, cast

__all__ = ["VERBS", "Verb", "find"]

VERBS: Final[Mapping[str, str]] = {
    "check": "look for mistakes, without building anything",
    "explain": "what an error code means, with an example",
    "fmt": "lay files out, comments kept",
    "count": "how many architectures there are",
    "sample": "draw architectures",
    "summary": "a table of one architecture's layers: shapes, parameters, MACs",
    "show": "draw the network with its placeholders as a picture",
    "diff": "what differs between two programs or architectures",
    "edit": "change a program, by path or by patches; comments kept",
    "rewrite": "carry rules out on one network",
    "prune": "remove channels, heads and layers of one network, with their weights",
    "expand": "write one stand-alone program: a network, or a space without imports",
    "compile": "write one architecture as plain PyTorch",
    "verify": "compare what PyTorch and ONNX make of one architecture",
    "import": "write an ONNX model or a PyTorch module as a program",
    "search": "search the space, train the best, write it down",
    "grow": "search what rules make of one network, weights inherited",
}
"""Each verb and what it does, in the order in which a user meets them."""


class Verb(Protocol):
    """What a verb's module holds."""

    ABOUT: str
    EXAMPLES: tuple[str, ...]

    def declare(self, parser: ArgumentParser, /) -> None:
        """Add the verb's arguments and options to *parser*."""
        ...

    def run(self, options: Any, /) -> int:
        """Do it; 0 if all is fine, 1 if the user's input is wrong."""
        ...


_MODULES: Final = {"import": "importing"}
"""The modules of verbs that are words of Python."""


def find(name: str) -> Verb:
    """The verb called *name*, one of `VERBS`."""
    return cast(Verb, import_module(f"symnas.command.{_MODULES.get(name, name)}"))
