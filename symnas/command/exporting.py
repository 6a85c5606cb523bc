"""A network as PyTorch source that needs nothing of symnas, and loads its weights from the file beside it."""

from pathlib import Path

from symnas.architecture import Architecture
from symnas.graph import Graph

__all__ = ["source"]

_LOAD = '''

def load(weights: str | Path = Path(__file__).with_name("{weights}")) -> {net}:
    """The network with its weights, ready to predict."""
    net = {net}()
    net.load_state_dict(torch.load(weights, weights_only=True))
    return net.eval()
'''


def source(architecture: Architecture, graph: Graph, weights: Path | None = None, about: str = "") -> str:
    """*graph* as plain PyTorch; with *weights*, a file beside it, the text has a function that loads them.

    *about* joins the origin and the picks of *architecture* in the docstring.
    """
    from symnas.api import header_of
    from symnas.compilers.torch import generate

    text = generate(graph, "\n\n".join(filter(None, (header_of(architecture), about))))
    if weights is None:
        return text
    text = text.replace(f'"{graph.name}.pt"', f'"{weights.name}"', 1)
    text = text.replace("\nimport torch\n", "\nfrom pathlib import Path\n\nimport torch\n", 1)
    return text + _LOAD.format(weights=weights.name, net=graph.name)
