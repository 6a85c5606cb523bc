"""The operator library: one entry per operator of the language, with its settings, shape rule, cost and PyTorch text.

To add an operator, write a file here that calls `register`.
"""

from symnas.operators.base import (
    REQUIRED,
    Applied,
    Kind,
    Operator,
    OperatorError,
    Setting,
    Settings,
    SettingValue,
    TorchForm,
    Weight,
)  # fmt: skip
from symnas.operators.registry import OPERATORS, lookup, names, register

__all__ = [
    "OPERATORS", "REQUIRED", "Applied", "Kind", "Operator", "OperatorError", "Setting", "SettingValue", "Settings",
    "TorchForm", "Weight", "lookup", "names", "register",
]  # fmt: skip
