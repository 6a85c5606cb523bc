"""Numbers where tensors may stand: `x + 1` instead of `x` plus a tensor of one."""

from symnas.compilers.importing.values import Flow, Value, exact
from symnas.operators.settings import SettingValue
from symnas.sizes import SymbolicSize

__all__ = ["scalar"]


def scalar(value: Value, beside: Flow) -> SettingValue:
    """*value* as a number that can stand beside the tensor *beside* with the same result; `None` where it is more."""
    if isinstance(value, Flow) or value.array.size != 1 or value.array.ndim > beside.type.rank:
        return None
    if value.trains and value.array.ndim:  # one weight, by the look of it
        return None
    number = value.array.reshape(-1)[0]
    if isinstance(number, SymbolicSize):
        return number
    if value.dtype.is_floating and not beside.type.dtype.is_floating:
        return None
    return exact(number)
