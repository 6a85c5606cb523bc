"""`symnas edit`, run as a user runs it."""

from pathlib import Path

import pytest
from commands import Run, runner

import symnas
from symnas.grammar import dump
from symnas.splicing import spliced
from symnas.treepaths import Paths, walk

TEXT = """\
# my model
let width = oneof(8,  16)   # the width
let depth = 3

net A(x: f32[N, 8]) {
  x
    -> Linear(width)  # first
    -> Linear(oneof(2, 4) as n)
}
train {
  lr: range(1e-4, 1e-1, log = true),  # rate
  epochs: 3
}
maximize accuracy
"""

PATCHES = """\
import symnas

@symnas.patch
def wider_for_the_command(program: symnas.Program, by: int = 2) -> dict[str, str]:
    return {"width": f"oneof({8 * by}, {16 * by})"}
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in a folder to work in, with patches beside it."""
    (tmp_path / "model.nas").write_text(TEXT, encoding="utf-8")
    (tmp_path / "patches_for_a_test.py").write_text(PATCHES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Path("model.nas")


@pytest.mark.parametrize(
    ("change", "before", "after"),
    (
        ("width=oneof(16,32)", "oneof(8,  16)", "oneof(16, 32)"),
        ("A.n=oneof(2, 4, 8)", "oneof(2, 4) as", "oneof(2, 4, 8) as"),
        ("train.lr=0.01", "range(1e-4, 1e-1, log = true)", "0.01"),
        ("train.lr=", "  lr: range(1e-4, 1e-1, log = true),  # rate\n", ""),
        ("train.epochs=", "  epochs: 3\n", ""),
        ("depth=", "let depth = 3\n", ""),
        ("depth=5 - 1", "= 3\n", "= 5 - 1\n"),
    ),
)
def test_only_what_changes_is_rewritten(change: str, before: str, after: str, run: Run, file: Path) -> None:
    """Comments and layout of all else stay as they are; nothing is written unasked."""
    ran = run("edit", file, change)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == TEXT.replace(before, after)
    assert file.read_text(encoding="utf-8") == TEXT


def test_where_the_result_goes(run: Run, file: Path) -> None:
    """Printed, as a difference, into another file, or into the file itself, whose line ends stay."""
    assert "-let depth = 3\n+let depth = 4\n" in run("edit", file, "depth=4", "--diff").out
    assert run("edit", file, "depth=4", "-o", "other.nas").err == "wrote other.nas\n"
    expected = TEXT.replace("depth = 3", "depth = 4")
    assert Path("other.nas").read_text(encoding="utf-8") == expected
    file.write_bytes(TEXT.replace("\n", "\r\n").encode())
    assert run("edit", file, "depth=4", "--in-place").err == "edited model.nas\n"
    assert file.read_bytes() == expected.replace("\n", "\r\n").encode()
    assert run("edit", file, "--in-place").err == ""


def test_patches_of_a_module_that_is_allowed(run: Run, file: Path) -> None:
    """A module beside the file is found; without `--allow` nothing is imported."""
    refused = run("edit", file, "wider_for_the_command?by=3")
    assert refused.status == 1
    assert "there is no patch `wider_for_the_command`" in refused.err
    ran = run("edit", file, "wider_for_the_command?by=3", "depth=1", "--allow", "patches_for_a_test")
    assert ran.out == TEXT.replace("oneof(8,  16)", "oneof(24, 48)").replace("depth = 3", "depth = 1")


@pytest.mark.parametrize(
    ("changes", "message"),
    (
        (("widht=3",), "did you mean `width`?"),
        (("depth=4", "width=oneof("), "never closed"),
        (("width=",), "nothing is called `width` [E0201]\n --> model.nas:"),
        (("width=0 - 1",), "`out_features` of `Linear` must be at least 1"),
        (("depth=4", "wide"), "there is no patch `wide`"),
    ),
)
def test_a_mistake_writes_nothing(changes: tuple[str, ...], message: str, run: Run, file: Path) -> None:
    """Neither a change that cannot be made nor one that makes the program wrong reaches the file."""
    ran = run("edit", file, *changes, "--in-place")
    assert (ran.status, ran.out) == (1, "")
    assert message in ran.err
    assert file.read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize("name", ("cells", "digits", "mobile", "wine"))
def test_every_number_of_a_sample_can_be_changed_in_its_text(name: str, root: Path) -> None:
    """Each edit of the text reads as the edit of the tree, and comments stay but for one in what is replaced."""
    program = symnas.load(root / "samples" / f"{name}.nas")
    text = program.module.span.source.text
    paths = Paths(program.module)
    numbers = [route for node, route in walk(program.module) if type(node).__name__ == "Number"]
    for route in numbers[:40]:
        path = paths.of(route)
        expected = program.copy()
        with expected.edit() as edit:
            edit.replace(path, "1 + 6")
        found = spliced(program, {path: "1 + 6"})
        assert found.module == expected.module
        assert dump(found.module) == expected.text
        changed = found.module.span.source.text
        assert changed.count("#") == text.count("#")
        assert len(changed) <= len(text) + len("(1 + 6)")


def test_another_import_is_read(run: Run, file: Path) -> None:
    """What an edit imports is read, and reported if it is not there."""
    Path("a.nas").write_text("block X(out) = Linear(out)\n", encoding="utf-8")
    Path("b.nas").write_text("block X(out) = Linear(out) -> ReLU\n", encoding="utf-8")
    file.write_text('import "a.nas" (X)  # which\nnet A(x: f32[N, 8]) = x -> X(2)\n', encoding="utf-8")
    assert run("edit", file, 'import=import "b.nas" (X)').out.startswith('import "b.nas" (X)  # which\n')
    assert 'cannot read "c.nas"' in run("edit", file, 'import=import "c.nas" (X)').err


def test_the_example_of_the_help_works(run: Run, root: Path) -> None:
    """It changes the sample."""
    ran = run("edit", root / "samples" / "digits.nas", "width=oneof(0.5, 1.0)", "--diff")
    assert ran.status == 0
    assert "+let width = oneof(0.5, 1.0) " in ran.out
