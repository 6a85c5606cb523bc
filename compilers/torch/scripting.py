"""Networks as `torch.jit.script` takes them: the same modules and weights, with a text that TorchScript can read.

A `forward` takes the items of an `nn.ModuleList` from a Python list, `channels = list(self.channels)`, since reading one
from the other costs a microsecond. To TorchScript that is a list of values, none of which is a module; here the list is
left out. What else TorchScript cannot say is left to its own messages.
"""

import re
from collections.abc import Callable
from typing import Final

from torch import nn

__all__ = ["scriptable", "without_lists"]

_LISTED: Final = re.compile(r"^( +\w+) = list\(((?:self\b|\w+\[|getattr\().*)\)$", re.MULTILINE)


def without_lists(text: str) -> str:
    """*text* of a network, with `channels = self.channels` for `channels = list(self.channels)`."""
    return _LISTED.sub(r"\1 = \2", text)


def scriptable(module: nn.Module, empty: Callable[[nn.Module], nn.Module]) -> nn.Module:
    """*module* in other classes, with the same layers and weights; *empty* makes what takes the place of a module that
    has others in it. Nothing in *module* itself changes.
    """
    made: dict[nn.Module, nn.Module] = {}

    def twin(each: nn.Module) -> nn.Module:
        if next(each.children(), None) is None and type(each).__module__.startswith("torch.nn."):
            return each
        if each not in made:
            found = made[each] = empty(each)
            vars(found).update(vars(each))
            vars(found)["_modules"] = {name: child and twin(child) for name, child in each._modules.items()}  # noqa: SLF001 (as they are registered)
        return made[each]

    return twin(module)
