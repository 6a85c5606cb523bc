"""The pages in `docs/` that show code: what they show is run, and comes out as they say."""

import json
import re
import shlex
import shutil
from pathlib import Path

import error_table
import operator_table
import pytest

import symnas
from symnas import checking, space
from symnas.checking import check
from symnas.command import main
from symnas.elaborate import counting, regions

WRONG = "net A(x: f32[N, 8]) {\n  x -> Con2d(4) -> Linear(8)\n}\n"
"""The wrong program that the pages show the message of."""


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of *page* in *language*, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def place(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the samples and a wrong program in it, to work in."""
    shutil.copytree(root / "samples", tmp_path / "samples")
    (tmp_path / "wrong.nas").write_text(WRONG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ("architecture", "python", "rules", "search"))
@pytest.mark.usefixtures("place")
def test_python_examples_run(name: str, root: Path) -> None:
    """The Python blocks of a page run one after the other, their assertions included."""
    names: dict[str, object] = {"__name__": "page"}
    for number, block in enumerate(blocks(root / "docs" / f"{name}.md", "python")):
        exec(compile(block, f"<{name}.md, block {number}>", "exec"), names)  # noqa: S102 (our own page)


@pytest.mark.parametrize("name", ("quickstart", "errors"))
@pytest.mark.usefixtures("place")
def test_commands_print_what_the_page_shows(name: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command of a page prints the lines below it; `…` stands for lines left out."""
    for block in blocks(root / "docs" / f"{name}.md", "console"):
        command, _, shown = block.partition("\n")
        words = shlex.split(command.removeprefix("$ symnas "))
        main(words)
        written = capsys.readouterr()
        found = (written.err + written.out).rstrip("\n")
        pattern = "\n(?:.*\n)*?".join(map(re.escape, shown.rstrip("\n").split("\n…\n")))
        assert re.fullmatch(pattern, found), f"{command}\n{found}"


def test_programs_of_the_language_page_have_no_mistakes(root: Path) -> None:
    """Every whole program checks, its hand-counted sizes included."""
    programs = blocks(root / "docs" / "language.md", "nas")
    assert len(programs) >= 4
    for number, text in enumerate(programs):
        assert check(symnas.parse(text, f"<language.md, block {number}>")).diagnostics == ()


def test_programs_of_the_page_on_rules_have_no_mistakes(root: Path) -> None:
    """Its programs check, with what they assert of sizes."""
    for number, text in enumerate(blocks(root / "docs" / "rules.md", "nas")):
        assert check(symnas.parse(text, f"<rules.md, block {number}>")).diagnostics == ()


def test_the_first_program_of_the_quickstart_is_the_sample(root: Path) -> None:
    """What the page shows of `wine.nas` stands in it, comments apart."""
    (shown,) = blocks(root / "docs" / "quickstart.md", "nas")
    kept = symnas.load(root / "samples" / "wine.nas").module.declarations
    for declaration in symnas.parse(shown).module.declarations:
        assert declaration in kept


@pytest.mark.usefixtures("place")
def test_mistakes_as_data_are_as_the_page_shows(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check --json` gives what the page of errors shows, field by field."""
    (shown,) = blocks(root / "docs" / "errors.md", "json")
    text = "let width = oneof(8, 9)\nnet A(x: f32[N, 8]) {\n  x + (x -> Linear(width))\n}\n"
    Path("wrong.nas").write_text(text, encoding="utf-8")
    main(["check", "--json", "wrong.nas"])
    assert json.loads(capsys.readouterr().out) == json.loads(shown)


def test_the_table_of_codes_is_that_of_the_sources(root: Path) -> None:
    """`docs/errors.md` lists every code; `python tests/support/error_table.py` renews it."""
    page = (root / "docs" / "errors.md").read_text(encoding="utf-8")
    assert page == error_table.renewed(page), "run `python tests/support/error_table.py`"


def test_the_tables_of_operators_are_those_of_the_registries(root: Path) -> None:
    """`docs/operators.md` lists every operator and function; `python tests/support/operator_table.py` renews it."""
    page = (root / "docs" / "operators.md").read_text(encoding="utf-8")
    assert page == operator_table.renewed(page), "run `python tests/support/operator_table.py`"


def test_links_lead_somewhere(root: Path) -> None:
    """Every relative link of a page leads to a file that is there, and to a heading where it names one."""
    for page in sorted((root / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
            file = page.parent / target[0] if target[0] else page
            assert file.exists(), f"{page.name}: {target[0]}"
            headings = re.findall(r"^#+ (.*)", file.read_text(encoding="utf-8"), re.MULTILINE) if target[1] else []
            assert not target[1] or target[1] in {
                re.sub(r"[^\w\- ]", "", each).lower().replace(" ", "-") for each in headings
            }


def test_files_named_by_the_architecture_page_exist(root: Path) -> None:
    """A name in backticks that ends in `.py` or `.lark` is a file of the repository, every file of elaborate is named."""
    page = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/]+\.(?:py|lark))`", page))
    folders = ("symnas", "grammar", "compilers", "searchers", "tests")
    held = {path.name for folder in folders for path in (root / folder).rglob("*.*")}
    assert {name for name in named if not (root / name).exists() and name not in held} == set()
    assert {path.name for path in (root / "symnas" / "elaborate").glob("[a-z]*.py")} <= named


def test_limits_on_the_architecture_page_are_those_of_the_sources(root: Path) -> None:
    """The numbers that the page names are the constants they describe."""
    page = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    limits = (regions.MOST_NODES, counting._TABLE, counting.Counter().most_work, space._TRIES, checking._ENUMERATED)
    for limit in limits:
        assert f"{limit:,}" in page
