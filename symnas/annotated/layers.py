"""PyTorch's layers and the language's operators: which is which, and what a layer was made with.

How they are written is `nets`' business. Nothing here imports torch: where it is not loaded, nothing is a layer.
"""

import sys
from collections.abc import Iterator
from inspect import Parameter
from typing import Any

from symnas.annotated.modules import is_module
from symnas.annotated.placeholders import Oneof
from symnas.annotated.values import VAR_KEYWORD, VAR_POSITIONAL, Symbolic, name_of, signature_of
from symnas.errors import SearchError
from symnas.operators import OPERATORS
from symnas.operators.base import Operator

__all__ = [
    "children_of", "class_of", "defaults_of", "given_to", "has_weights", "is_layer", "is_row", "operator_of",
]  # fmt: skip


def is_row(value: Any) -> bool:
    """Whether *value* is `nn.Sequential`, or a module that calls its parts as that does."""
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    row = torch.nn.Sequential
    return value is row or (isinstance(value, row) and type(value).forward is row.forward)


def children_of(row: Any) -> Iterator[tuple[str, Any]]:
    """The layers of an `nn.Sequential` with their names, those that it has twice at both places."""
    names = [path for path, _ in row.named_modules(remove_duplicate=False) if path and "." not in path]
    return ((name, row.get_submodule(name)) for name in names)


def operator_of(target: Any, place: str) -> Operator:
    """The operator of the language that *target*, a class of PyTorch's, is; a layer of it stands at *place*.

    Raises:
        SearchError: there is none, or it takes more than one tensor.
    """
    name = name_of(target)
    known = str(getattr(target, "__module__", "")).startswith("torch.nn.") and name in OPERATORS
    if known and not OPERATORS[name].optional:
        return OPERATORS[name]
    torch = "PyTorch's " if str(getattr(target, "__module__", "")).startswith("torch.") else ""
    raise SearchError(
        f"`{place or 'the value'}` is {torch}`{name}`, which is no layer of the language that stands in a row; a "
        "value of other classes is searched as it is, `symnas.space_of(value)`, and a module is read by `symnas import`"
    )


def class_of(layer: object) -> str:
    """The name of the class of *layer*."""
    return name_of(layer.symnas_target) if isinstance(layer, Symbolic) else type(layer).__name__


def defaults_of(target: Any) -> dict[str, Any]:
    """The defaults of the parameters of *target*."""
    signature = signature_of(target)
    parameters = () if signature is None else signature.parameters.values()
    return {
        each.name: each.default
        for each in parameters
        if each.kind not in (VAR_POSITIONAL, VAR_KEYWORD) and each.default is not Parameter.empty
    }


def given_to(module: Any, place: str) -> dict[str, Any]:
    """What *module*, which stands at *place*, was made with, as it says by attributes of the same names; a weight stands
    for having one.

    Raises:
        SearchError: it does not say.
    """
    signature = signature_of(type(module))
    found: dict[str, Any] = {}
    for name, parameter in () if signature is None else signature.parameters.items():
        if parameter.kind in (VAR_POSITIONAL, VAR_KEYWORD) or not hasattr(module, name):
            if parameter.default is Parameter.empty and parameter.kind not in (VAR_POSITIONAL, VAR_KEYWORD):
                raise SearchError(f"`{place}`: `{name_of(type(module))}` does not say its `{name}`")
            continue
        value = getattr(module, name)
        if not isinstance(parameter.default, bool) or type(value) is bool:
            found[name] = value
        elif module.weight is not None:  # without it there is no bias, whatever was asked for
            found[name] = value is not None
    return found


def is_layer(value: object) -> bool:
    """Whether *value* is, or may become, a layer."""
    match value:
        case Symbolic() | type():
            return True
        case Oneof(candidates=candidates):
            return any(map(is_layer, candidates))
        case _:
            return is_module(value)


def has_weights(value: Any) -> bool:
    """Whether *value* may become a layer with weights, which two places share."""
    match value:
        case Symbolic() if is_row(value.symnas_target):
            items = value.symnas_arguments.get("args", [])
            return any(map(has_weights, items[0].values() if items and isinstance(items[0], dict) else items))
        case Symbolic():
            return _is_weighted(value.symnas_target)
        case type():
            return _is_weighted(value)
        case Oneof(candidates=candidates):
            return any(map(has_weights, candidates))
        case _:
            return is_module(value) and next(iter(value.state_dict()), None) is not None


def _is_weighted(target: object) -> bool:
    operator = OPERATORS.get(name_of(target))
    return operator is None or any(setting.name == "init" for setting in operator.settings)
