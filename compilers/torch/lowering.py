"""One operation of the graph as PyTorch text, by the operator library; what cannot be lowered is a `CompileError`.

Nothing here knows classes or variables: those are `blueprints`' and `forward`'s business.
"""

from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen

from symnas.compilers.torch.constructors import Constructor, parse_constructor
from symnas.compilers.torch.functional import as_function
from symnas.compilers.torch.rounding import rounded
from symnas.errors import CompileError, nearest
from symnas.graph import READ_WEIGHT, Operation, Step
from symnas.operators.base import Kind, Operator, OperatorError, Settings, TorchForm
from symnas.operators.python import is_python, python_form
from symnas.operators.registry import lookup, names
from symnas.spans import NOWHERE
from symnas.types import TensorType

__all__ = ["READ_WEIGHT", "Lowered", "lower", "place_of", "read_weight"]


@frozen
class Lowered:
    """One operation as text.

    *call* has `{self}`, `{device}`, `{0}`, `{1}`, … in it, as `TorchForm.call`. *constructor* makes its submodule or,
    with *is_parameter*, its free-standing parameter. *unpack* says that the call gives a tuple, *state* which of its
    items are a tuple in it: all from that one on.
    """

    call: str
    constructor: Constructor | None
    is_parameter: bool
    unpack: bool
    form: TorchForm
    state: int | None = None

    @property
    def is_identity(self) -> bool:
        """Whether the value is its operand."""
        return self.call == "{0}" and self.constructor is None


def lower(step: Operation, operands: Sequence[TensorType]) -> Lowered:
    """*step*, applied to *operands*, as PyTorch text.

    Raises:
        CompileError: there is no such operator, or it refuses its settings.
    """
    if is_python(step.operator):
        return _python_layer(step, len(operands))
    operator = lookup(step.operator)
    if operator is None:
        near = nearest(step.operator, names())
        raise CompileError(
            f"no operator is called `{step.operator}`{place_of(step)}" + (f"; did you mean `{near}`?" if near else "")
        )
    types = tuple(operands)
    kinds = _kinds([value for _, value in step.settings])
    key = (step.operator, operator.torch, operator.apply, step.settings, kinds, types, step.bits)
    if (found := _LOWERED.get(key)) is None:
        if len(_LOWERED) >= _MOST_KEPT:
            _LOWERED.clear()
        found = _LOWERED[key] = _lower(step, operator, types)
    return found


_LOWERED: Final[dict[object, Lowered]] = {}
_MOST_KEPT: Final = 8192
"""Operations are kept as text, by all that the text depends on: networks of a search have most of them in common."""


def _kinds(values: Sequence[object]) -> tuple[object, ...]:
    """The types of *values*, since numbers that are equal (1, 1.0, true) are written differently."""
    kinds = tuple(map(type, values))
    return (*kinds, *map(_kinds, [each for each in values if isinstance(each, tuple)])) if tuple in kinds else kinds


def _lower(step: Operation, operator: Operator, operands: Sequence[TensorType]) -> Lowered:
    settings = dict(step.settings)
    try:
        form = operator.torch(_with_reals(operator, settings, operands), operands)
        applied = operator.apply(settings, operands)
    except OperatorError as error:
        raise CompileError(f"`{step.operator}` cannot be written in PyTorch{place_of(step)}: {error}") from error
    if operator.identity:
        form = TorchForm(call="{0}")
    is_parameter = any(weight.name == "" for weight in step.weights)
    constructor = None if form.module is None else parse_constructor(form.module)
    if constructor is not None and form.call is None and (function := as_function(constructor)) is not None:
        form, constructor = evolve(form, module=None, call=function), None
    default = "{self}" if is_parameter else f"{{self}}({', '.join(f'{{{n}}}' for n in range(len(operands)))})"
    call = form.call or default
    if step.bits is not None and constructor is not None:
        call, helpers = rounded(call, constructor, step, operands, step.bits)
        form = evolve(form, helpers={**form.helpers, **helpers})
    many = len(step.outputs) > 1 or applied.many
    return Lowered(call, constructor, is_parameter, many, form, applied.state)


def _with_reals(operator: Operator, settings: Settings, operands: Sequence[TensorType]) -> Settings:
    """*settings* in which reals of operators on floats are floats (`nn.Dropout(0.0)`), as PyTorch says they are and
    TorchScript demands.
    """
    if not operands or not operands[0].dtype.is_floating:
        return settings
    reals = {each.name for each in operator.settings if each.kind in (Kind.REAL, Kind.REAL_OR_NONE)}
    return {name: float(value) if name in reals and type(value) is int else value for name, value in settings.items()}


def _python_layer(step: Operation, operands: int) -> Lowered:
    """A layer of the user's own: constructed with its settings, called with what flows in."""
    form = python_form(step.operator, dict(step.settings))
    call = f"{{self}}({', '.join(f'{{{number}}}' for number in range(operands))})"
    constructor = parse_constructor(form.module or "")
    return Lowered(call, constructor, is_parameter=False, unpack=len(step.outputs) > 1, form=form)


def read_weight(step: Operation) -> tuple[str, str]:
    """Path of the shared layer and name of the weight that a `READ_WEIGHT` operation reads."""
    settings = dict(step.settings)
    return str(settings["module"]), str(settings["name"])


def place_of(step: Step) -> str:
    """` (mobile.nas:3:5)`, to be put behind what is wrong; empty where no text stands behind the step."""
    return "" if step.span == NOWHERE else f" ({step.span})"
