"""The page on files, nets and Python: its programs, laid beside each other, have no mistakes."""

import re
from pathlib import Path

import symnas
from symnas.checking import check


def test_the_programs_of_the_page_have_no_mistakes(root: Path, tmp_path: Path) -> None:
    """Each program is written under the name in its first line, then all are checked."""
    text = (root / "docs" / "files.md").read_text(encoding="utf-8")
    programs = re.findall(r"^```nas\n# (\S+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for name, program in programs:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(program, encoding="utf-8")
    assert len(programs) == 5
    for name, _ in programs:
        report = check(symnas.load(tmp_path / name))
        assert report.ok, "\n".join(f"{name}:{each.line}: {each.message}" for each in report.diagnostics)
