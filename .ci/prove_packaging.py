"""Prove that the wheel, the editable installation and the type checkers see the same names.

The wheel is built by way of the source distribution and installed, without the extras, into a fresh virtual environment
outside the repository, where its command is run and a program that imports it is type-checked. The interpreter that
runs this script must hold the editable installation.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from layout import PROJECT, ROOT, installed_files, link_tree, modules

SAMPLE = ROOT / "samples" / "digits.nas"
VERSION: str = PROJECT["project"]["version"]

PROGRAM = """\
{imports}
from symnas import {names}

public: list[object] = [{names}]
"""

ORIGINS = """\
import importlib.util, sys
for name in sys.argv[1:]:
    spec = importlib.util.find_spec(name)
    print(name, spec and spec.origin)
"""

INSTALLED = """\
import importlib, importlib.util, sys
from pathlib import Path
for generic in ("compilers", "grammar", "layout", "samples", "searchers", "tests", "torch"):
    assert importlib.util.find_spec(generic) is None, f"`import {generic}` must find nothing"
for name in sys.argv[1:]:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        assert error.name in ("onnx_ir", "torch"), f"{name} needs {error.name}, which is no dependency"
    else:
        assert Path(module.__file__).is_relative_to(sys.prefix), f"{name} comes from {module.__file__}"
"""


class PackagingError(Exception):
    """Two views of the package disagree; the message says which and by what."""


def main() -> int:
    """Run all proofs in a scratch directory; 1 and a sentence on the first that fails."""
    with tempfile.TemporaryDirectory(prefix="symnas-packaging-") as scratch:
        try:
            prove(Path(scratch))
        except PackagingError as error:
            print(f"packaging: {error}", file=sys.stderr)
            return 1
        except subprocess.CalledProcessError as error:
            shown = " ".join(error.cmd)[:160].splitlines()[0]
            print(f"packaging: this failed: {shown} …\n{error.stdout}{error.stderr}", file=sys.stderr)
            return 1
    print(f"wheel, editable installation and type checkers agree on {len(modules())} modules")
    return 0


def prove(scratch: Path) -> None:
    """All proofs, the quick ones first."""
    check_link_tree()
    check_editable(scratch)
    wheel = build_wheel(scratch)
    check_contents(wheel)
    python = fresh_environment(scratch, wheel)
    run(python, "-I", "-c", INSTALLED, *modules(), cwd=scratch)
    check_command(python.with_name("symnas"), scratch)
    check_types(python, scratch)


def check_link_tree() -> None:
    """What mypy is shown here is what gets installed."""
    tree = link_tree(ROOT / "build" / "names")
    seen = {path.relative_to(tree).as_posix(): path.resolve() for path in files_below(tree)}
    package = {name: path for name, path in seen.items() if name in installed_files() or name.endswith(".py")}
    same_names("the tree of links", set(package), "the folders", set(installed_files()))


def check_editable(scratch: Path) -> None:
    """Every module is found through the editable installation, from elsewhere, at its place in the repository."""
    report = run(Path(sys.executable), "-I", "-c", ORIGINS, *modules(), cwd=scratch)
    found = dict(line.split(" ", 1) for line in report.splitlines())
    wrong = [f"{name} at {found[name]}" for name, path in modules().items() if found[name] != str(path)]
    if wrong:
        message = f"the editable installation finds {', '.join(wrong)}; is it one of this repository?"
        raise PackagingError(message)


def build_wheel(scratch: Path) -> Path:
    """Source distribution, then the wheel from it: what the first forgets, the second cannot have."""
    run(Path(sys.executable), "-m", "build", "--outdir", str(scratch / "dist"), str(ROOT), cwd=scratch)
    (wheel,) = (scratch / "dist").glob("*.whl")
    return wheel


def check_contents(wheel: Path) -> None:
    """The wheel holds the files of the folders under their installed names, its own record, and nothing else."""
    record = f"symnas-{VERSION}.dist-info/"
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.startswith(record)}
        top_level = archive.read(f"{record}top_level.txt").decode().split()
    same_names("the wheel", held, "the folders", set(installed_files()))
    if top_level != ["symnas"]:
        message = f"the wheel installs {top_level}, where `symnas` alone is ours to take"
        raise PackagingError(message)


def fresh_environment(scratch: Path, wheel: Path) -> Path:
    """The interpreter of a new virtual environment that holds the wheel and what it depends on."""
    run(Path(sys.executable), "-m", "venv", str(scratch / "venv"), cwd=scratch)
    python = scratch / "venv" / "bin" / "python"
    pins = str(ROOT / ".ci" / "constraints.txt")
    run(python, "-m", "pip", "install", "--quiet", str(wheel), "--constraint", pins, cwd=scratch)
    return python


def check_command(symnas: Path, scratch: Path) -> None:
    """The installed command knows its version and reads a sample, without torch and away from the repository."""
    said = run(symnas, "--version", cwd=scratch)
    if VERSION not in said:
        message = f"`symnas --version` says {said!r}, not {VERSION}"
        raise PackagingError(message)
    copy = scratch / SAMPLE.name
    copy.write_bytes(SAMPLE.read_bytes())
    run(symnas, "check", copy.name, cwd=scratch)


def check_types(python: Path, scratch: Path) -> None:
    """The strict modes of mypy and pyright know every module and public name of the installed wheel."""
    names = run(python, "-I", "-c", "import symnas; print(*symnas.__all__)", cwd=scratch).split()
    imports = "\n".join(f"import {module}" for module in modules())
    program = scratch / "program.py"
    program.write_text(PROGRAM.format(imports=imports, names=", ".join(names)), encoding="utf-8")
    # The program imports every module in order to see it resolved, and uses none.
    (scratch / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict", "reportUnusedImport": false}')
    run(Path(sys.executable), "-m", "mypy", "--strict", "--python-executable", str(python), program.name, cwd=scratch)
    run(Path(sys.executable), "-m", "pyright", "--pythonpath", str(python), program.name, cwd=scratch)


def same_names(one: str, left: set[str], other: str, right: set[str]) -> None:
    """Complain of the first few names in which two views differ."""
    for lacking, holding, names in ((one, other, right - left), (other, one, left - right)):
        if names:
            message = f"absent from {lacking}, present in {holding}: {', '.join(sorted(names)[:8])}"
            raise PackagingError(message)


def files_below(folder: Path) -> list[Path]:
    """All files below *folder*, followed through links to folders."""
    return [
        Path(at) / name
        for at, folders, names in os.walk(folder, followlinks=True)
        for name in names
        if not at.endswith("__pycache__")
    ]


def run(program: Path, *arguments: str, cwd: Path) -> str:
    """What *program* prints; `CalledProcessError` with its output when it fails."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MYPYPATH"}}
    command = [str(program), *arguments]
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=True)
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
