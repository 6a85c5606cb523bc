"""The layers of a class made straight from its blueprint: what its `__init__` would make, without its text.

The same submodules are made in the same order, so that they draw the same weights from the same seed. What needs classes
of the file itself is left to the text (`is_plain`).
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any, Final

import torch
from torch import nn

from symnas.compilers.torch.blueprints import Blueprint
from symnas.compilers.torch.constructors import Constructor, literal, parse_constructor
from symnas.compilers.torch.layout import Place

__all__ = ["assemble"]

Maker = Callable[[Blueprint], nn.Module]
"""What makes an inner block."""


def assemble(module: nn.Module, blueprint: Blueprint, make: Maker) -> None:
    """Give *module*, of which nothing is there yet, all that lives in a class of *blueprint*, which must be plain."""
    for place in blueprint.layout.children.values():
        for made, statement in list(_placed(module, place, make)):
            exec(_compiled(statement.replace("{self}", "made")), {**_NAMES, "made": made})  # noqa: S102 (our own text)


def _placed(owner: nn.Module, place: Place, make: Maker) -> Iterator[tuple[nn.Module | nn.Parameter, str]]:
    """Make what lives at *place* and below it, in *owner*; gives the statements that follow, with what each is about."""
    made = place.made
    child: Any
    if made is None:
        child = nn.ModuleList() if place.is_list else nn.ModuleDict() if place.is_dict else nn.Module()
    else:
        child = make(made) if isinstance(made, Blueprint) else _layer(made)
        if place.trains is False:
            child.requires_grad_(requires_grad=False)
        for statement in place.after:
            yield child, statement
    registry = owner._parameters if place.is_parameter else owner._modules  # noqa: SLF001 (names are known to be free)
    registry[place.name] = child
    for each in place.children.values():
        yield from _placed(child, each, make)


def _layer(made: object) -> Any:
    assert isinstance(made, Constructor)
    return _maker(made.text)()


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
    return partial(getattr(nn, constructor.callee.removeprefix("nn.")), *positional, **keywords)


@lru_cache(maxsize=1024)
def _compiled(statement: str) -> Any:
    return compile(statement, "<after a layer is made>", "exec")


_NAMES: Final = {"torch": torch, "nn": nn}
