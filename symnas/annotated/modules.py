"""PyTorch modules while values are built: copies of a model in which other modules were put, made anew for every build.

What is put where is `models`' business. Nothing here imports torch: where it is not loaded, nothing is a module.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from symnas.annotated.values import name_of, signature_of
from symnas.errors import SearchError

__all__ = ["UNNAMED", "Copies", "apart", "around", "given_of", "is_module", "kept", "remade"]


def is_module(value: object) -> bool:
    """Whether *value* is a `torch.nn.Module`."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def _has_modules(value: object) -> bool:
    """Whether *value* is a module, or a dictionary or the like of some."""
    match value:
        case dict():
            return any(map(_has_modules, value.values()))
        case list() | tuple() | set() | frozenset():
            return any(map(_has_modules, value))
        case _:
            return is_module(value)


class Copies(Mapping[str, Any]):
    """The *things* that a program names, modules copied, each once. What was copied for the *model* is known from there:
    its own modules are the copy's, wherever they stand.
    """

    def __init__(self, things: Mapping[str, Any], model: dict[int, Any] | None = None) -> None:
        self._things = things
        self._model = model
        self._copied: dict[int, Any] = dict(model or {})

    def __getitem__(self, name: str) -> Any:
        thing = self._things[name]
        return deepcopy(thing, self._copied) if _has_modules(thing) else thing

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def for_place(self) -> "Copies":
        """Those for one place of the model: no other has a module of it, the model's own apart."""
        return Copies(self._things, self._copied if self._model is None else self._model)

    def for_model(self) -> "Copies":
        """Those for a model of its own."""
        return Copies(self._things)


def around(target: Callable[..., Any], things: Mapping[str, Any]) -> Mapping[str, Any]:
    """The things from which the arguments of *target* are built; other ones than *things* share nothing with those."""
    if target is remade:
        return things.for_model() if isinstance(things, Copies) else Copies(things)
    return things.for_place() if target is apart and isinstance(things, Copies) else things


# ---------------------------------------------------------------------------------- what programs call


def remade(model: Any, places: Mapping[str, Any]) -> Any:
    """*model*, a copy by now, in which *places* are put, by path: everywhere where what they replace stands.

    `None` removes a module, which leaves `nn.Identity`; a class or function is called to make one.

    Raises:
        SearchError: something of *places* is no module.
    """
    old = {path: model.get_submodule(path) for path in places}
    paths = {id(module): path for path, module in old.items()}
    own = {id(each) for each in model.modules()}
    spots = [
        (model.get_submodule(above), name, paths[id(child)])
        for there, child in model.named_modules(remove_duplicate=False)
        if id(child) in paths
        for above, _, name in [there.rpartition(".")]
    ]
    new = {path: _standing(value, old[path], path) for path, value in places.items()}
    for path, made in new.items():
        for each in made.modules():
            if id(each) not in own:  # what the model had keeps its mode
                each.training = old[path].training
    for parent, name, path in spots:
        setattr(parent, name, new[path])
    return model


def kept(module: Any, places: Mapping[str, Any]) -> Any:
    """A module of the model that stays, in which *places* are put."""
    return remade(module, places)


def apart(value: Any) -> Any:
    """*value*, of which no other place has a part."""
    return value


UNNAMED = (remade, kept, apart)
"""Calls that add nothing to the names of the decisions in them."""


def _standing(value: Any, old: Any, path: str) -> Any:
    """The module that *value* stands for at *path*, where *old* stood."""
    if value is None:
        return sys.modules["torch"].nn.Identity()
    made = value
    if not is_module(value) and callable(value):
        given = given_of(value)
        if given is None:
            raise SearchError(
                f"`{path}`: `{name_of(value)}` needs more than the module that stands there; call it, or give a function, "
                f"`lambda module: {name_of(value)}(…)`"
            )
        made = value(*([old] * given))
    if is_module(made):
        return made
    raise SearchError(
        f"`{path}` becomes {name_of(made)}, which is no module; give a module, a class or function that makes one, or "
        "`None` to remove what stands there"
    )


def given_of(function: Callable[..., Any]) -> int | None:
    """How many arguments, none or one, make *function* run; `None` if it needs more."""
    signature = signature_of(function)
    if signature is None:
        return 0 if isinstance(function, type) else 1
    for count in (0, 1):
        try:
            signature.bind(*([None] * count))
        except TypeError:
            continue
        return count
    return None
