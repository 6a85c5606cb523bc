"""Hostile texts, given to `symnas check` as files: a message, or the program, in bounded time and memory.

What reading alone does with such texts is in `test_limits.py`; what programs may compute, in `tests/elaborate`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confined import Confined, confined

MEBIBYTE = 2**20
NET = "net A(x: f32[N, 8]) = x -> ReLU\n"


def filled(piece: str, before: str = "", size: int = 4 * MEBIBYTE) -> Callable[[], str]:
    """*piece* again and again after *before*, up to *size* bytes."""
    return lambda: before + piece * ((size - len(before.encode())) // len(piece.encode()))


HOSTILE: dict[str, tuple[Callable[[], str] | str, str]] = {
    # as large as a file may be
    "round brackets": (filled("("), "E0110"),
    "square brackets": (filled("[", "let a = "), "E0116"),
    "braces": (filled("{", "let a = "), "E0116"),
    "minuses": (filled("-", "let a = "), "E0117"),
    "nots": (filled("not ", "let a = "), "E0117"),
    "arrows": (filled(" -> ReLU", "net A(x: f32[N, 8]) = x"), "E0117"),
    "closing brackets": (filled(")}]"), "E0115"),
    "a comment": (filled("é", NET + "#"), ""),
    "comments": (filled("# a\n", NET, MEBIBYTE), ""),
    "spaces": (filled(" ", NET), ""),
    "a string that never ends": (filled("a", 'let a = "'), "E0112"),
    "a string": (lambda: f'let a = "{"a" * 4 * 10**6}"\nnet A(x: f32[N, 8]) = x -> Linear(a)\n', "E0305"),
    # an eighth of that, where each piece takes longer
    "words that begin declarations": (filled("let ", size=MEBIBYTE // 2), "E0106"),
    "declarations that are begun": (filled("block B = ", size=MEBIBYTE // 2), "E0106"),
    "functions that are begun": (filled("fn f(", size=MEBIBYTE // 2), "E0106"),
    "commas": (filled(",", size=MEBIBYTE // 2), "E0110"),
    "quotes": (filled('"', size=MEBIBYTE // 2), "E0114"),
    "zero bytes": (filled("\0", size=MEBIBYTE // 2), "E0111"),
    "right-to-left marks": (filled("\u202e", size=MEBIBYTE // 2), "E0111"),
    "faces": (filled("\U0001f600", size=MEBIBYTE // 2), "E0111"),
    "combining marks": (filled("\u0301", 'let a = "', MEBIBYTE // 2), "E0112"),
    "pluses": (filled(" + 1", "let a = 1", MEBIBYTE // 2), "E0117"),
    "indices": (filled("[0]", "let a = x", MEBIBYTE // 2), "E0117"),
    "calls": (filled("(0)", "let a = f", MEBIBYTE // 2), "E0117"),
    "fields": (filled(".y", "let a = x", MEBIBYTE // 2), "E0117"),
    "names of stages": (filled(" as b", NET.strip(), MEBIBYTE // 2), "E0117"),
    "branches": (filled("if true { ", "net A(x: f32[N, 8]) {\n", MEBIBYTE // 2), "E0116"),
    "loops": (filled("for i in [1] { ", "net A(x: f32[N, 8]) {\n", MEBIBYTE // 2), "E0117"),
    "blocks in blocks": (filled("block B(x) { ", size=MEBIBYTE // 2), "E0106"),
    "items": (lambda: f"let a = [{'1,' * 100_000}]\n{NET}", ""),
    "fields of a record": (lambda: f"let r = {{{', '.join(f'a{i}: {i}' for i in range(30_000))}}}\n{NET}", ""),
    "declarations": (lambda: "".join(f"let a{i} = {i}\n" for i in range(30_000)) + NET, ""),
    "lines": (filled("\n", NET, MEBIBYTE // 2), ""),
    # characters that look like others, or like nothing
    "no-break space": ("let a\xa0= 1\n" + NET, "E0111"),
    "zero-width space in a name": ("let a\u200bb = 1\n" + NET, "E0111"),
    "right-to-left mark in a name": ("let a\u202eb = 1\n" + NET, "E0111"),
    "letters of other scripts": ("let αβ = 1\n" + NET, "E0111"),
    "a ligature": ("let ﬁ = 1\n" + NET, "E0111"),
    "digits of other scripts": ("let a = ٣\n" + NET, "E0111"),
    "a line separator": ("nas 1\u2028" + NET, "E0111"),
    "a next line": ("nas 1\x85" + NET, "E0111"),
    "a zero byte in a string": ('let a = "\0"\nnet A(x: f32[N, 8]) = x -> Linear(a)\n', "E0305"),
    "an escape sequence in a string": ('let a = "\x1b[31m"\nnet A(x: f32[N, 8]) = x -> Linear(a)\n', "E0305"),
    "a byte order mark": ("\ufeff" + NET, ""),
    "two byte order marks": ("\ufeff\ufeff" + NET, "E0111"),
    "carriage returns and newlines": ("nas 1\r\n" + NET.replace("\n", "\r\n"), ""),
    "carriage returns alone": ("nas 1\r" + NET.replace("\n", "\r"), ""),
    "nothing": ("", ""),
}
"""What is in the file, and the code of a mistake that is found in it; none for what is fine."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Confined]:
    """Runs `symnas` in the module's folder, with limits of memory and time."""
    with confined(tmp_path_factory.mktemp("hostile")) as started:
        yield started


@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_hostile_texts_end_in_a_message(case: str, tmp_path: Path, run: Confined) -> None:
    """A file of hostile text is checked in bounded time and memory; its mistake has a code."""
    content, code = HOSTILE[case]
    file = tmp_path / "x.nas"
    file.write_text(content() if callable(content) else content, encoding="utf-8", newline="")
    found = run("check", file)
    assert found.explained, found
    assert found.status == (1 if code else 0), found
    assert not code or f"[{code}]" in found.printed


@pytest.mark.parametrize(
    "data", (b"\xff\xfe" + NET.encode("utf-16-le"), b"let a = 1\xc3\n", b"\xed\xa0\x80", b"\x00\xff")
)
def test_what_is_no_text_is_refused(data: bytes, tmp_path: Path, run: Confined) -> None:
    """A file that is not UTF-8 is refused by every verb that reads one."""
    file = tmp_path / "x.nas"
    file.write_bytes(data)
    for verb in ("check", "count", "sample", "summary", "fmt", "expand", "show"):
        found = run(verb, file)
        assert found.explained, found
        assert found.status == 1
        assert "[E0152]" in found.printed


def test_files_that_never_end_are_not_read_to_their_end(tmp_path: Path, run: Confined) -> None:
    """Of a device or a file of gigabytes no more is read than the limit."""
    huge = tmp_path / "huge.nas"
    with huge.open("wb") as file:
        file.truncate(2**40)
    for file_name in ("/dev/zero", huge):
        found = run("check", file_name)
        assert found.explained, found
        assert "[E0150]" in found.printed
        assert found.megabytes < 200
    assert "[E0151]" in run("check", tmp_path).printed


def test_the_limit_of_a_text_can_be_raised(tmp_path: Path, run: Confined) -> None:
    """`--limit bytes=` lets a longer file be read, with units or without."""
    file = tmp_path / "x.nas"
    file.write_text(NET + "#" * (4 * MEBIBYTE), encoding="utf-8")
    assert "--limit bytes=41943040" in run("check", file).printed
    assert run("check", file, "--limit", "bytes=5MiB").status == 0
    assert run("count", file, "--limit", "bytes=5_000_000").status == 0
    for wrong in (
        "bytes",
        "bytes=0",
        "bytes=-1",
        "bytes=x",
        "bits=3",
        "depth=9999999",
        "=",
        "bytes=1.5",
        "bytes=1e400",
    ):
        found = run("check", file, "--limit", wrong)
        assert found.status == 2, wrong
        assert "--limit" in found.printed
