"""The layers of a class made straight from its blueprint: what its `__init__` would make, without its text.

The same submodules are made in the same order, so that they draw the same weights from the same seed. What needs classes
of the file itself is left to the text (`is_plain`).
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final

import torch
from torch import nn

from symnas.compilers.torch.blueprints import Blueprint
from symnas.compilers.torch.constructors import Constructor, literal, parse_constructor
from symnas.compilers.torch.layout import Place
from symnas.compilers.torch.moulds import Maker, can_be_cast

__all__ = ["assemble", "assembled"]

MakesBlock = Callable[[Blueprint], nn.Module]
"""What makes an inner block."""

After = list[tuple[nn.Module | nn.Parameter, str]]
"""What has been made, with a statement that is to follow."""


def assembled(kind: type, blueprint: Blueprint, make: MakesBlock) -> nn.Module:
    """A module of *kind* with all that lives in a class of *blueprint*, which must be plain. It becomes one of its kind in
    the end, since Python is slow with classes that it has not seen before.
    """
    module = nn.Module()
    assemble(module, blueprint, make)
    object.__setattr__(module, "__class__", kind)
    return module


def assemble(module: nn.Module, blueprint: Blueprint, make: MakesBlock) -> None:
    """Give *module*, of which nothing is there yet, all that lives in a class of *blueprint*, which must be plain."""
    for place in blueprint.layout.children.values():
        after: After = []
        _put(module, place, make, after)
        for made, statement in after:
            exec(_compiled(statement.replace("{self}", "made")), {**_NAMES, "made": made})  # noqa: S102 (our own text)


def _put(owner: nn.Module, place: Place, make: MakesBlock, after: After) -> None:
    """Make what lives at *place* and below it, in *owner*."""
    child = _made(place, make)
    if place.trains is False:
        child.requires_grad_(requires_grad=False)
    after += [(child, statement) for statement in place.after]
    registry = owner._parameters if place.is_parameter else owner._modules  # noqa: SLF001 (names are known to be free)
    registry[place.name] = child
    for each in place.children.values():
        _put(child, each, make, after)


def _made(place: Place, make: MakesBlock) -> Any:
    made = place.made
    if isinstance(made, Constructor):
        return _maker(made.text)()
    if isinstance(made, Blueprint):
        return make(made)
    return nn.ModuleList() if place.is_list else nn.ModuleDict() if place.is_dict else nn.Module()


@lru_cache(maxsize=4096)
def _maker(text: str) -> Callable[[], Any]:
    """The function that makes what *text* says; most arguments are literals, which need no compiling."""
    constructor = parse_constructor(text)
    try:
        values = [(each.name if each.keyword else None, literal(each.text)) for each in constructor.arguments or ()]
    except ValueError:
        made: Callable[[], Any] = eval(f"lambda: {text}", dict(_NAMES))  # noqa: S307 (our own text)
        return made
    positional = [value for name, value in values if name is None]
    keywords = {name: value for name, value in values if name is not None}
    make = partial(getattr(nn, constructor.callee.removeprefix("nn.")), *positional, **keywords)
    return Maker(make) if can_be_cast(constructor) else make


@lru_cache(maxsize=1024)
def _compiled(statement: str) -> Any:
    return compile(statement, "<after a layer is made>", "exec")


_NAMES: Final = {"torch": torch, "nn": nn}
