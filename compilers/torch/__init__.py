"""The PyTorch target: a graph as readable source (`generate`), or as a module that runs (`build`).

`generate` imports no torch; `build` does, when it is first asked for.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from symnas.compilers.torch.source import generate
from symnas.graph import Graph

if TYPE_CHECKING:
    from torch import nn

__all__ = ["build", "generate"]


def build(graph: Graph, header: str = "", allow: Collection[str] = ()) -> "nn.Module":
    """*graph* as a PyTorch module with fresh weights, in training mode, on torch's default device.

    *header* opens the docstring of its source; *allow* are the Python modules whose layers may be imported. The module copies, pickles and saves whole; tracebacks through it show
    its generated lines.

    Raises:
        CompileError: the graph cannot be lowered, or PyTorch refuses what was written.
    """
    from symnas.compilers.torch import module

    return module.build(graph, header, allow)
