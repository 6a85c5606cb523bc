"""What `import symnas` costs: nothing that takes long to load is loaded before it is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("cyclopts", "lark", "networkx", "numpy", "rich", "scipy", "sklearn", "sqlalchemy", "torch")

LOADED = "import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"


def loaded_by(module: str, folder: Path) -> set[str]:
    """The top-level modules in memory after `import module` in an interpreter of its own, started in *folder*."""
    command = [sys.executable, "-I", "-c", LOADED.format(module=module)]
    return set(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.split())


def test_importing_symnas_loads_no_heavy_library(tmp_path: Path) -> None:
    """`import symnas` loads its own modules, attrs and the standard library."""
    assert loaded_by("symnas", tmp_path).isdisjoint(HEAVY)


@pytest.mark.parametrize("module", ("symnas.command", "symnas.grammar", "symnas.study", "symnas.training"))
def test_importing_a_part_loads_no_torch(module: str, tmp_path: Path) -> None:
    """Only the compiler to torch loads torch; parsing, checking, storing trials and the command do without."""
    assert loaded_by(module, tmp_path).isdisjoint({"torch", "sklearn"})
