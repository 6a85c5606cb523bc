"""What `import symnas` costs: nothing that takes long to load is loaded before it is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("lark", "networkx", "numpy", "onnx", "onnx_ir", "rich", "scipy", "sklearn", "sqlalchemy", "torch")

LOADED = "import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"

CHECKED = """
import sys
from symnas.command import main
sys.argv = ["symnas", "check", sys.argv[1]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


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
    assert loaded_by(module, tmp_path).isdisjoint({"onnx_ir", "sklearn", "torch"})


def test_checking_a_file_loads_no_torch(root: Path, tmp_path: Path) -> None:
    """`symnas check` loads neither torch nor what only searches and trainings need."""
    command = [sys.executable, "-I", "-c", CHECKED, str(root / "samples" / "digits.nas")]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert set(result.stdout.splitlines()[-1].split()).isdisjoint(
        {"onnx_ir", "scipy", "sklearn", "sqlalchemy", "torch"}
    )
