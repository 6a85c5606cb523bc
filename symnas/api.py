"""What joins the parts for Python: compiling and searching in one call."""

from typing import TYPE_CHECKING, Any

from symnas.architecture import Architecture
from symnas.space import Space
from symnas.study import search as _search

if TYPE_CHECKING:
    from symnas.study import Evaluate, Study

__all__ = ["compile", "search"]


def compile(architecture: Architecture, target: str = "torch", net: str | None = None) -> Any:
    """The network of *architecture* for *target*: for `torch`, a `torch.nn.Module` ready to train.

    *net* names one net where the program has several. What comes back depends on the target, so its type is the
    target's.

    Raises:
        CompileError: there is no such target, or the network cannot be lowered to it.
        SearchError: there is no such net.
    """
    from symnas.compilers import compile as compile_graph

    return compile_graph(architecture.graph(net), target, header_of(architecture))


def header_of(architecture: Architecture) -> str:
    """What a compiled file says of where it came from: the program's name and the picks."""
    picks = "\n".join(f"  {path}: {choice}" for path, choice in architecture.picks.items())
    title = f"Compiled by symnas from {architecture.space.source_name}."
    return f"{title}\n\nPicks:\n{picks}" if picks else title


def search(space: Space, evaluate: "Evaluate", **settings: Any) -> "Study[Architecture]":
    """Search *space* for architectures that *evaluate* likes.

    *evaluate* is a function from architecture and recipe to a number, or to a dict of metrics. The settings are those
    of `symnas.study.search`: `searcher`, `trials`, `seconds`, `seed`, `workers`, `store`, `resume` and others.

    Raises:
        SearchError: something that was asked for is impossible; the message says what and why.
    """
    return _search(space, evaluate, **settings)
