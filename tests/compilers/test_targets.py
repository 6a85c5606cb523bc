"""Targets by name."""

import subprocess
import sys

import pytest
import torch
from graphs import digits_cnn

from symnas import compilers
from symnas.errors import CompileError


def test_a_graph_compiles_to_a_target_by_name() -> None:
    """`torch` gives a module."""
    assert isinstance(compilers.compile(digits_cnn(), "torch"), torch.nn.Module)


def test_every_target_can_be_imported() -> None:
    """The table names packages that exist and build."""
    for package in compilers.TARGETS.values():
        assert callable(__import__(package, fromlist=["build"]).build)


@pytest.mark.parametrize(
    ("wrong", "message"),
    (
        ("pytorch", r"no target is called `pytorch`; did you mean `torch`\? \(targets: onnx, torch\)"),
        ("verilog", r"no target is called `verilog` \(targets: onnx, torch\)"),
    ),
)
def test_an_unknown_target_is_refused(wrong: str, message: str) -> None:
    """The message has the nearest target, if one is near, and all there are."""
    with pytest.raises(CompileError, match=message):
        compilers.compile(digits_cnn(), wrong)


def test_an_unknown_option_is_refused() -> None:
    """A target that has no such option says which ones it has."""
    with pytest.raises(CompileError, match="`onnx` has no option `opsets`; did you mean `opset`"):
        compilers.compile(digits_cnn(), "onnx", opsets=20)
    with pytest.raises(CompileError, match="`torch` has no option `opset`; it has none"):
        compilers.compile(digits_cnn(), "torch", opset=20)


def test_writing_source_needs_no_torch() -> None:
    """Generating text, and knowing the targets, load no torch."""
    script = "import sys, symnas.compilers, symnas.compilers.torch; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
