"""Hostile words and files given to the command: wrong usage and mistakes are told, and nothing else happens."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from confined import Confined, confined

PROGRAM = "net A(x: f32[N, 8]) = x -> oneof(ReLU, Tanh) as a\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Confined]:
    """Runs `symnas`, with limits of memory and time."""
    with confined(tmp_path_factory.mktemp("hostile")) as started:
        yield started


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A small program with one decision."""
    file = tmp_path / "x.nas"
    file.write_text(PROGRAM, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "pick",
    (
        "", "=", "a", "=ReLU", "A.a=", "A.a = = ReLU", "A.a=ReLU}", "A.a=ReLU }\nlet b = 1\npick { c: 1", "A.a=" + "(" * 5_000,
        "A.a=" + "1" * 100_000, "A" + ".a" * 100_000 + "=1", "a" * 100_000 + "=1", "A.a=1e999999", "A.a=\0", "A.a=\u202e",
        "A.a=eval(1)", "A.a[999999999999999999999]=ReLU", "A.a[-1]=ReLU", "A[0][0].a=ReLU", "let=1", "A.a=oneof(ReLU, Tanh)", "A.a=[ReLU]",
        "$x=1", "*=1", "A.a=#", 'A.a="', "A.a=ReLU, A.b: 1", "A.a:ReLU", "A.a=not", "A.a=2**99",
    ),
)  # fmt: skip
@pytest.mark.parametrize("verb", ("summary", "expand"))
def test_hostile_picks_are_told(verb: str, pick: str, program: Path, run: Confined) -> None:
    """A `--pick` that is none, or that picks nothing there is, is the user's mistake."""
    if "\0" in pick:
        pick = pick.replace("\0", "\x01")  # no argument of a process holds a zero byte
    found = run(verb, program, f"--pick={pick}")
    assert found.status in (1, 2), found
    assert found.status == 2 or found.explained, found


def test_hostile_stores_are_told(program: Path, tmp_path: Path, run: Confined) -> None:
    """A store that is no database, an empty one, one of something else, a folder: the message says which file it is."""
    pytest.importorskip("torch")
    store = tmp_path / "study.db"
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("create table trials (number text)")
    connection.execute("insert into trials values ('" + "[" * 100_000 + "')")
    connection.commit()
    connection.close()
    other = (tmp_path / "other.db").read_bytes()
    for content in (b"not a database" * 1000, b"SQLite format 3\0" + b"\xff" * 5000, other, other[: len(other) // 2]):
        store.write_bytes(content)
        found = run("search", program, "--trials", 1, "--store", store, "-o", tmp_path / "out")
        assert found.status in (1, 2), found
        assert "Traceback" not in found.printed
        assert "bug of symnas" not in found.printed, found
    assert run("search", program, "--trials", 1, "--store", tmp_path, "-o", tmp_path / "out").status in (1, 2)


# ------------------------------------------------------------------------------------------------ imports


def imports(name: str, what: str = "B") -> str:
    """A line that imports *what* from the file *name*."""
    return f'import "{name}" ({what})\n'


BLOCK = "block B()(x) = x -> ReLU\n"
NET = "net A(x: f32[N, 8]) = x -> B\n"


def test_a_row_of_imports_ends(tmp_path: Path, run: Confined) -> None:
    """A thousand files, each of which imports the next, are too many in a row."""
    for number in range(1_000):
        (tmp_path / f"f{number}.nas").write_text(imports(f"f{number + 1}.nas"), encoding="utf-8")
    (tmp_path / "f1000.nas").write_text(BLOCK, encoding="utf-8")
    (tmp_path / "x.nas").write_text(imports("f0.nas") + NET, encoding="utf-8")
    found = run("check", tmp_path / "x.nas")
    assert found.explained, found
    assert "[E0156]" in found.printed


def test_a_file_is_read_once_however_many_ways_lead_to_it(tmp_path: Path, run: Confined) -> None:
    """Forty pairs of files, each of which imports both of the next pair: 2^40 ways, 80 files."""
    for number in range(40):
        text = (
            imports(f"a{number + 1}.nas", f"B as C{number}")
            + imports(f"b{number + 1}.nas")
            + f"block D{number}()(x) = x -> B\n"
        )
        for letter in "ab":
            (tmp_path / f"{letter}{number}.nas").write_text(text, encoding="utf-8")
    for letter in "ab":
        (tmp_path / f"{letter}40.nas").write_text(BLOCK, encoding="utf-8")
    (tmp_path / "x.nas").write_text(imports("a0.nas", "D0 as B") + NET, encoding="utf-8")
    assert run("check", tmp_path / "x.nas").explained


@pytest.mark.parametrize(
    "name", ("folder", "pipe", "/dev/zero", "link", "loop", "..", "", "x.nas", "a\\\\b.nas", "%00", "../x.nas")
)
def test_what_is_imported_is_a_file_in_the_folder(name: str, tmp_path: Path, run: Confined) -> None:
    """A folder, a pipe that nobody writes to, a device, links out of the folder or in a circle are refused unread."""
    folder = tmp_path / "inside"
    (folder / "folder").mkdir(parents=True)
    (tmp_path / "outside.nas").write_text(BLOCK, encoding="utf-8")
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(tmp_path / "outside.nas")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "x.nas").write_text(imports(name) + NET, encoding="utf-8")
    found = run("check", folder / "x.nas")
    assert found.explained, found
    assert found.status == 1
    assert "[E015" in found.printed
