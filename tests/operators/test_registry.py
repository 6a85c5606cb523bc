"""Finding operators by name, and what importing the library costs."""

import subprocess
import sys

import pytest

from symnas.operators import OPERATORS, lookup, names, register

_LAZY = """
import sys
import symnas.operators as operators
assert "symnas.operators.convolution" not in sys.modules, "families are imported too early"
assert operators.lookup("Conv2d") is not None
assert "symnas.operators.convolution" in sys.modules
print(sorted(sys.modules.keys() & {"torch", "numpy", "lark", "networkx"}))
"""


def test_families_are_imported_when_first_asked() -> None:
    """Importing the library loads no family, and asking for an operator loads nothing heavy."""
    done = subprocess.run([sys.executable, "-c", _LAZY], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_names_are_sorted_and_complete() -> None:
    """`names` lists what can be looked up."""
    assert names() == sorted(OPERATORS)
    assert len(names()) == len(OPERATORS)
    assert all(OPERATORS[name].name == name for name in names())
    assert lookup("Relu") is None


def test_a_name_is_registered_once() -> None:
    """Registering a second operator of one name is refused."""
    with pytest.raises(ValueError, match="operator `ReLU` is registered already"):
        register(OPERATORS["ReLU"])


def test_names_of_settings_are_unique_and_rest_stands_alone() -> None:
    """A setting has one name in its operator, and only the first can take all arguments."""
    for operator in OPERATORS.values():
        declared = [setting.name for setting in operator.settings]
        assert len(set(declared)) == len(declared)
        assert not any(setting.rest for setting in operator.settings[1:])
