"""The shape of the repository: its top level, its packages, the size of what it is made of."""

import ast
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from layout import LISTED_PACKAGES, ROOT, modules, packages

TOP_LEVEL = {
    "README.md",
    "compilers",
    "docs",
    "grammar",
    "pyproject.toml",
    "samples",
    "searchers",
    "symnas",
    "tests",
}

LONGEST_MODULE = 600
LONGEST_FUNCTION = 80


def kept_files() -> list[Path]:
    """Files under version control, or about to be, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        pytest.skip("needs a git checkout, to know which files belong to the repository")
    return [Path(name) for name in result.stdout.split("\0") if name and (ROOT / name).exists()]


def python_files() -> dict[str, ast.Module]:
    """Every Python file of the repository, parsed."""
    return {
        str(path): ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in kept_files() if path.suffix == ".py"
    }


def test_the_top_level_is_fixed() -> None:
    """The repository holds exactly the folders and files that were agreed, beside dot-files."""
    assert {path.parts[0] for path in kept_files() if not path.parts[0].startswith(".")} == TOP_LEVEL


def test_every_package_is_listed() -> None:
    """`packages` in pyproject.toml names every package of the folders, so that it reaches the wheel."""
    missing = [f'add "{name}" to tool.setuptools.packages' for name in packages() if name not in LISTED_PACKAGES]
    assert not missing, "\n".join(missing)
    assert sorted(LISTED_PACKAGES) == packages()


def test_every_module_lies_in_a_package() -> None:
    """Each folder with modules has an `__init__.py`, without which it would be left out of the wheel."""
    assert [name for name in modules() if name not in packages() and name.rpartition(".")[0] not in packages()] == []


@pytest.mark.parametrize("module", sorted(modules()))
def test_a_module_is_imported_from_its_folder(module: str) -> None:
    """The installation under test finds each module by its installed name, in this repository."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin == str(modules()[module])


def test_no_module_is_too_long() -> None:
    """A module above the limit holds a second concept."""
    long = {name: lines for name in python_files() if (lines := line_count(ROOT / name)) > LONGEST_MODULE}
    assert not long


def test_no_function_is_too_long() -> None:
    """A function above the limit does a second thing."""
    long = {
        f"{name}:{node.lineno} {node.name}": lines
        for name, tree in python_files().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert not long


def test_every_test_says_what_it_shows() -> None:
    """Each test has a docstring: one sentence that ends with a full stop, the behaviour it demands."""
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in python_files().items()
        if name.startswith("tests/")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if not (ast.get_docstring(node) or "").rstrip().endswith(".")
    ]
    assert not silent, "\n".join(silent)


def line_count(path: Path) -> int:
    """Lines of the file at *path*."""
    return len(path.read_text(encoding="utf-8").splitlines())
