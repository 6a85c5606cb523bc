"""The setting `init` of layers with weights: `Linear(10, init = zeros)`, `Conv2d(8, 3, init = normal(0.02))`.

It says how a layer's `weight` starts (all of them where there are several, as in recurrent layers); biases start as
PyTorch starts them, and a row that an embedding pads with stays zero.
"""

from collections.abc import Sequence
from functools import partial

from attrs import evolve

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm, Weight
from symnas.operators.registry import register
from symnas.operators.settings import start
from symnas.operators.starts import Start
from symnas.operators.text import literal
from symnas.types import TensorType

__all__ = ["check_matrix", "register_weighted"]

_INIT = Setting("init", Kind.START, None, named=True)


def register_weighted(operator: Operator) -> Operator:
    """Add *operator*, a layer with weights, to the language: it takes `init` behind its own settings. Left out,
    PyTorch's initialisation stays.
    """
    return register(
        evolve(
            operator,
            settings=(*operator.settings, _INIT),
            apply=partial(_apply, operator),
            torch=partial(_torch, operator),
        )
    )


def check_matrix(owner: str, shape: Sequence[object]) -> None:
    """Check that weights of *shape* can be an identity matrix.

    Raises:
        OperatorError: it is not square.
    """
    if len(shape) != 2 or shape[0] != shape[1]:
        shown = f"[{', '.join(map(str, shape))}]"
        raise OperatorError(
            f"`identity` is a square matrix; the weight of `{owner}` is {shown}",
            "give as many features as flow in, or start it otherwise",
            setting="init",
        )


def _apply(operator: Operator, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    applied = operator.apply(settings, inputs)
    wanted = start(settings, "init")
    if wanted is not None:
        weights = _started(applied.weights)
        if not weights:
            raise OperatorError(f"`{operator.name}` has no weight here for `init` to start", setting="init")
        if wanted.way == "identity":
            for weight in weights:
                _check_identity(operator, settings, weight)
    return applied


def _started(weights: Sequence[Weight]) -> list[Weight]:
    """The weights that `init` is for: `weight`, or `weight_ih_l0`, `in_proj_weight` and their like; no biases and no
    running statistics.
    """
    return [each for each in weights if each.trainable and "weight" in each.name]


def _check_identity(operator: Operator, settings: Settings, weight: Weight) -> None:
    if not operator.multiplies:
        raise OperatorError(
            f"`identity` is for matrices and kernels; `{operator.name}` scales each feature",
            "`ones` keeps every feature as it is",
            setting="init",
        )
    if len(weight.shape) == 2:
        check_matrix(operator.name, weight.shape)
        return
    first, second, *kernel = weight.shape
    if first != second * _groups(settings, weight):
        raise OperatorError(
            f"`identity` needs as many channels out as in; the weight of `{operator.name}` is {list(weight.shape)}",
            "give as many channels as flow in, or start it otherwise",
            setting="init",
        )
    if any(size % 2 == 0 for size in kernel):
        raise OperatorError(
            f"`identity` needs a kernel with a middle; that of `{operator.name}` is {' × '.join(map(str, kernel))}",
            "make its size odd",
            setting="init",
        )


def _groups(settings: Settings, weight: Weight) -> int:
    """The groups of a convolution; one that has no such setting has one for each channel."""
    found = settings.get("groups", weight.shape[0])
    assert isinstance(found, int), found
    return found


def _torch(operator: Operator, settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    form = operator.torch(settings, inputs)
    wanted = start(settings, "init")
    if wanted is None:
        return form
    weights = _started(operator.apply(settings, inputs).weights)
    statements = [_statement(wanted, f"{{self}}.{weight.name}", weight, settings) for weight in weights]
    padding = settings.get("padding_idx")
    if padding is not None:
        statements.append(f"nn.init.zeros_({{self}}.weight[{padding}])")
    return evolve(form, after=tuple(statements))


def _statement(wanted: Start, name: str, weight: Weight, settings: Settings) -> str:
    """What starts *weight*, called *name*, as *wanted*: a call of `nn.init`."""
    match wanted.way:
        case "identity" if len(weight.shape) == 2:
            return f"nn.init.eye_({name})"
        case "identity":
            groups = _groups(settings, weight)
            return f"nn.init.dirac_({name}{f', groups={groups}' if groups != 1 else ''})"
        case "normal":
            return f"nn.init.normal_({name}, std={literal(wanted.number)})"
        case "uniform":
            number = literal(wanted.number)
            return f"nn.init.uniform_({name}, -{number}, {number})"
        case "fill":
            return f"nn.init.constant_({name}, {literal(wanted.number)})"
        case _:
            return f"nn.init.{wanted.way}_({name})"
