"""Python layers of the user's own, taken by `use`: how their operations are called, and how they are written in PyTorch.

They are no operators of the language, and nothing is imported here; their shapes are `elaborate.using`'s business.
"""

from symnas.operators.base import TorchForm
from symnas.operators.settings import Settings
from symnas.operators.text import literal

__all__ = ["is_python", "module_of", "python_form"]


def is_python(operator: str) -> bool:
    """Whether *operator* names a Python layer (`my.layers.Roll`): no operator of ours has a dot."""
    return "." in operator


def module_of(operator: str) -> tuple[str, str]:
    """The Python module that the layer comes from, and its name there."""
    module, _, name = operator.rpartition(".")
    return module, name


def python_form(operator: str, settings: Settings) -> TorchForm:
    """The layer as PyTorch source: `Roll(p=2)`, and the import that it needs."""
    module, name = module_of(operator)
    written = ", ".join(f"{setting}={literal(value)}" for setting, value in settings.items())
    return TorchForm(module=f"{name}({written})", helpers={name: f"from {module} import {name}"})
