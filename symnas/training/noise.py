"""What networks draw while they run (`randn` and its like): recorded, or the same at every call, so that outputs can be
compared.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from symnas.graph import Graph
from symnas.operators.chance import DRAWS, draws_anew

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["draws", "held", "recorded"]


def draws(graph: Graph) -> bool:
    """Whether *graph* draws random numbers when it is used."""
    operations = (placed.operation for placed in graph.deployed.operations())
    return any(draws_anew(each.operator, len(each.operands)) for each in operations)


def held(module: "nn.Module", seed: int = 0) -> "nn.Module":
    """*module*, which draws the same numbers at every call from now on, and so do its copies; what draws beside it does
    not notice.
    """
    import torch

    outside: list[Tensor] = []

    def enter(*_: object) -> None:
        outside.append(torch.get_rng_state())
        torch.manual_seed(seed)

    def leave(*_: object) -> None:
        torch.set_rng_state(outside.pop())

    module.register_forward_pre_hook(enter)
    module.register_forward_hook(leave, always_call=True)
    return module


@contextmanager
def recorded() -> "Iterator[list[Tensor]]":
    """While this is entered, what networks draw is added to the list that it gives, in order."""
    import torch
    from torch.overrides import TorchFunctionMode

    watched = {getattr(torch, name) for name in DRAWS}
    found: list[Tensor] = []

    class Recording(TorchFunctionMode):
        """Keeps what is drawn."""

        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = function(*args, **(kwargs or {}))
            if function in watched:
                found.append(result)
            return result

    with Recording():
        yield found
