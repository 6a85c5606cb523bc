"""Strict type checking of all Python code here, under the names that users import.

mypy reads no import hooks, which is what an editable installation of renamed folders is made of, and would see
`grammar/` as a package of its own. It therefore runs in a tree of links that looks like an installation; the paths in
its report are turned back into the repository's.
"""

import os
import re
import subprocess
import sys

from layout import FOLDERS, ROOT, link_tree

_BESIDE = {"tests": "tests", "samples": "samples", "docs": "docs", "ci": ".ci"}
"""What is checked besides the package: the name it is linked under, and its folder."""

_IMPORT_ROOTS = ["tests/support", "tests/benchmarks", "ci"]
"""Folders whose modules are imported by their bare name."""


def main() -> int:
    """Run mypy with this script's arguments added, and return its exit status."""
    tree = link_tree(ROOT / "build" / "names")
    for name, folder in _BESIDE.items():
        (tree / name).symlink_to(ROOT / folder)
    checked = ["symnas", *(name for name in _BESIDE if any((tree / name).rglob("*.py")))]
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
    command += ["--cache-dir", str(ROOT / ".mypy_cache"), *sys.argv[1:], *checked]
    environment = os.environ | {"MYPYPATH": os.pathsep.join(str(tree / root) for root in _IMPORT_ROOTS)}
    result = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    print(_with_repository_paths(result.stdout), end="")
    return result.returncode


def _with_repository_paths(report: str) -> str:
    """The report of mypy with `symnas/grammar/x.py:3:` written as `grammar/x.py:3:`."""
    renamed = {name.replace(".", "/"): folder for name, folder in FOLDERS.items()} | _BESIDE
    for name, folder in sorted(renamed.items(), reverse=True):
        report = re.sub(rf"^{re.escape(name)}/", f"{folder}/", report, flags=re.MULTILINE)
    return report


if __name__ == "__main__":
    sys.exit(main())
