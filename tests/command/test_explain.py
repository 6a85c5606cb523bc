"""`symnas explain` and its table: every code has an entry, and every entry's examples are what they say."""

import ast
import json
import re
from pathlib import Path

import pytest
from commands import Run, runner

from symnas.checking import check_text
from symnas.explanations import EXPLANATIONS, FAMILIES, Explanation

CODE = re.compile(r"E0\d{3}")

SHOWN = [each for each in EXPLANATIONS.values() if not each.elsewhere]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


def emitted(root: Path) -> dict[str, str]:
    """Every code that the sources name, and where first."""
    found: dict[str, str] = {}
    for folder in ("symnas", "grammar", "compilers", "searchers"):
        for path in sorted((root / folder).rglob("*.py")):
            if "explanations" not in path.parts:
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                        found.setdefault(node.value, f"{path.relative_to(root)}:{node.lineno}")
    return found


def test_every_code_has_an_explanation(root: Path) -> None:
    """A code that symnas can give is explained, and nothing else is."""
    codes = emitted(root)
    missing = [f"{code} ({place})" for code, place in sorted(codes.items()) if code not in EXPLANATIONS]
    assert not missing, "codes without an entry in symnas/explanations: " + ", ".join(missing)
    assert sorted(set(EXPLANATIONS) - set(codes)) == []


def test_entries_are_in_order_and_of_their_family() -> None:
    """Each code stands once, with a title and a meaning."""
    assert list(EXPLANATIONS) == sorted(EXPLANATIONS)
    for code, each in EXPLANATIONS.items():
        assert code == each.code
        assert code[:3] in FAMILIES
        assert each.title
        assert not each.title.endswith(".")
        assert each.meaning.endswith((".", "`"))
        assert bool(each.elsewhere) != bool(each.wrong)


@pytest.mark.parametrize("each", SHOWN, ids=lambda each: each.code)
def test_the_wrong_example_gives_the_message(each: Explanation) -> None:
    """Checking the wrong example gives this code, at this place, with this message, and nothing else."""
    found = check_text(each.wrong).diagnostics
    assert [(one.code, one.line, one.column, one.message) for one in found] == [(each.code, *each.at, each.message)]


@pytest.mark.parametrize("each", SHOWN, ids=lambda each: each.code)
def test_the_repaired_example_is_right(each: Explanation) -> None:
    """Checking the repaired example finds nothing."""
    assert check_text(each.right).diagnostics == ()


def test_explain_tells_meaning_message_and_repair(run: Run) -> None:
    """One code is explained with both examples and the message as it is drawn."""
    ran = run("explain", "E0201")
    assert ran.status == 0
    for part in (
        "E0201: an unknown name",
        "x -> Linnear(8)",
        "nothing is called `Linnear`",
        "^^^^^^^",
        "x -> Linear(8)",
    ):
        assert part in ran.out


@pytest.mark.parametrize("written", ("E0201", "e201", "201", "0201", "[E0201]"))
def test_a_code_may_be_written_in_short(run: Run, written: str) -> None:
    """The letter, zeros and brackets may be left out or copied along."""
    assert run("explain", written).out.startswith("E0201: ")


def test_explain_lists_all_codes(run: Run) -> None:
    """Without a code every title is listed under its family."""
    listed = run("explain").out
    assert all(f"  {each.code}  {each.title}\n" in listed for each in EXPLANATIONS.values())
    assert all(title in listed for title in FAMILIES.values())


def test_an_unknown_code_names_the_nearest(run: Run) -> None:
    """A code that does not exist is answered with those that nearly read so."""
    ran = run("explain", "E0209x")
    assert ran.status == 1
    assert "there is no error `E0209x`; did you mean `E0209`" in ran.err


def test_explanations_are_data(run: Run) -> None:
    """`--json` gives the entries."""
    (entry,) = json.loads(run("explain", "E0201", "--json").out)
    assert entry["code"] == "E0201"
    assert entry["right"] == EXPLANATIONS["E0201"].right
    assert len(json.loads(run("explain", "--json").out)) == len(EXPLANATIONS)
