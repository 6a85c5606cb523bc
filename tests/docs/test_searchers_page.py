"""The page on searchers: it names all that there are, and what it shows runs."""

import re
from pathlib import Path

import pytest

from symnas.searchers import registered, registry


def test_every_searcher_is_told_of(root: Path) -> None:
    """Each searcher that has a name stands in the table, and each name in the table's first column is a searcher's."""
    text = (root / "docs" / "searchers.md").read_text(encoding="utf-8")
    table = text.split("## All of them")[1].split("**What each needs")[0]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == {kind.name for kind in registered()}


def test_algorithms_of_ones_own_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs that write an evolutionary algorithm, and one from nothing, come to their ends."""
    monkeypatch.setattr(registry, "_REGISTERED", {kind.name: kind for kind in registered()})  # and leaves no trace
    text = (root / "docs" / "searchers.md").read_text(encoding="utf-8")
    programs = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(programs) == 2
    exec(compile("\n".join(programs), "searchers.md", "exec"), {"__name__": "searchers_page"})  # noqa: S102 - our own page
