"""The repository's folders under the names that they are installed by.

`pyproject.toml` is the only place that says which folder becomes which package; everything else asks here.
Nothing in this module imports symnas.
"""

import shutil
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

_SETUPTOOLS = PROJECT["tool"]["setuptools"]
FOLDERS: dict[str, str] = _SETUPTOOLS["package-dir"]
"""Package name to folder, outermost package first: `{"symnas": "symnas", "symnas.grammar": "grammar", …}`."""

LISTED_PACKAGES: list[str] = _SETUPTOOLS["packages"]
_DATA: list[str] = _SETUPTOOLS["package-data"]["*"]


def installed_files() -> dict[str, Path]:
    """Every file that belongs to the package: its path below site-packages, and where it lies in the repository."""
    return {
        f"{package.replace('.', '/')}/{path.relative_to(ROOT / folder).as_posix()}": path
        for package, folder in FOLDERS.items()
        for path in _package_files(ROOT / folder)
    }


@cache  # asked once for every import statement; no module appears while checks run
def modules() -> dict[str, Path]:
    """Every module by its installed name, packages included, and its file."""
    return {
        name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path
        for name, path in sorted(installed_files().items())
        if name.endswith(".py")
    }


def packages() -> list[str]:
    """The packages that the folders hold, whether or not pyproject.toml lists them."""
    return sorted(name for name, path in modules().items() if path.name == "__init__.py")


def link_tree(target: Path) -> Path:
    """Make *target* a directory that holds `symnas` as an installation would, out of links into the repository.

    Only folders that contain no mapped package are linked whole, so *target* has to be made anew when a module is
    added directly to `symnas/`; that takes about a millisecond.
    """
    shutil.rmtree(target, ignore_errors=True)
    for package, folder in FOLDERS.items():
        place = target / package.replace(".", "/")
        if not any(other.startswith(f"{package}.") for other in FOLDERS):
            place.symlink_to(ROOT / folder)
            continue
        place.mkdir(parents=True)
        for entry in (ROOT / folder).iterdir():
            if entry.name != "__pycache__":
                (place / entry.name).symlink_to(entry)
    return target


def _package_files(folder: Path) -> Iterator[Path]:
    """Modules and package data below *folder*; setuptools takes the same, by the patterns of pyproject.toml."""
    for pattern in ("*.py", *_DATA):
        yield from folder.rglob(pattern)
