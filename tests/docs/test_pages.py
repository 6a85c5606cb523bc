"""The pages in `docs/` that show code: what they show is run, and comes out as they say."""

import json
import linecache
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import get_args

import error_table
import operator_table
import pytest

import symnas
from symnas import checking, space, tree
from symnas.checking import check, check_text
from symnas.command import main
from symnas.elaborate import counting, regions
from symnas.errors import SourceError
from symnas.traversal import children

WRONG = "net A(x: f32[N, 8]) {\n  x -> Con2d(4) -> Linear(8)\n}\n"
"""The wrong program that the pages show the message of."""


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of *page* in *language*, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


PROGRAM = re.compile(r"^```nas ?(E\d+)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
"""A program of the page of the language, with the code that it is refused with if it is wrong."""


def within(node: tree.Node) -> Iterator[tree.Node]:
    """*node* and everything in it."""
    yield node
    for child in children(node):
        yield from within(child)


@pytest.fixture
def place(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the samples and a wrong program in it, to work in."""
    shutil.copytree(root / "samples", tmp_path / "samples")
    (tmp_path / "wrong.nas").write_text(WRONG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    (
        "annotated", "architecture", "compilers", "from-nni", "from-optuna", "from-pyglove", "growing", "pruning", "python", "rules",
        "search", "spaces",
    ),
)  # fmt: skip
@pytest.mark.usefixtures("place")
def test_python_examples_run(name: str, root: Path) -> None:
    """The Python blocks of a page run one after the other, their assertions included."""
    names: dict[str, object] = {"__name__": "page"}
    for number, block in enumerate(blocks(root / "docs" / f"{name}.md", "python")):
        title = f"<{name}.md, block {number}>"
        linecache.cache[title] = (
            len(block),
            None,
            block.splitlines(keepends=True),
            title,
        )  # as a file's lines are read
        exec(compile(block, title, "exec"), names)  # noqa: S102 (our own page)


@pytest.mark.parametrize("name", ("quickstart", "errors", "spaces"))
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


def test_programs_of_the_language_page_do_as_it_says(root: Path) -> None:
    """Every program checks, what it asserts included; one marked with a code is refused with that code and no other."""
    programs = PROGRAM.findall((root / "docs" / "language.md").read_text(encoding="utf-8"))
    assert len(programs) >= 40
    for code, text in programs:
        assert {each.code for each in check_text(text).diagnostics} == ({code} if code else set()), text


def test_every_form_of_the_grammar_is_shown(root: Path) -> None:
    """Each kind of node stands in a program of the page of the language, or of the two that it leaves rules and files to."""
    seen: set[type] = set()
    for name in ("language", "rules", "files"):
        for _, text in PROGRAM.findall((root / "docs" / f"{name}.md").read_text(encoding="utf-8")):
            with suppress(SourceError):
                seen.update(type(node) for node in within(symnas.parse(text).module))
    assert set(get_args(tree.Node)) - seen == set()


def test_every_keyword_stands_on_the_language_page(root: Path) -> None:
    """The reserved words are those of the grammar."""
    page = (root / "docs" / "language.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"These words are reserved: `([^`]*)`", page)
    grammar = (root / "grammar" / "nas.lark").read_text(encoding="utf-8")
    assert set(listed.split()) == set(re.findall(r'"([a-z]+)"', grammar))


@pytest.mark.parametrize("name", ("growing", "rules"))
def test_programs_of_the_pages_on_rules_have_no_mistakes(name: str, root: Path) -> None:
    """Its programs check, with what they assert of sizes."""
    for number, text in enumerate(blocks(root / "docs" / f"{name}.md", "nas")):
        assert check(symnas.parse(text, f"<{name}.md, block {number}>")).diagnostics == ()


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
