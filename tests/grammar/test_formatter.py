"""Formatting: what it keeps, for every program and wherever comments stand; and its rules, by example."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_programs import programs
from strategies import modules

from symnas.errors import SourceError
from symnas.grammar import comments, dump, parse
from symnas.grammar.formatter import format as formatted
from symnas.grammar.reading import Reading
from symnas.grammar.tokens import scan
from symnas.spans import Source

patient = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    max_examples=60,
    deadline=None,
)
ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "samples").glob("*.nas"), *(ROOT.parent / "shared" / "language").glob("*/*.nas")])


def holds(text: str) -> str:
    """*text* formatted, after a look at the three laws."""
    found = formatted(text)
    assert formatted(found) == found
    assert parse(found) == parse(text)
    assert [each.text for each in comments(found)] == [each.text for each in comments(text)]
    return found


def sprinkled(draw: st.DrawFn, text: str) -> str:
    """*text* with comments, new lines and empty lines put in where they leave its meaning alone."""
    meaning = parse(text)
    ends = [token.end for token in scan(Reading(Source("<text>", text)))]
    places = draw(st.lists(st.sampled_from([0, *ends]), max_size=6, unique=True))
    for number, place in enumerate(sorted(places, reverse=True)):
        kinds = [
            f"  # {number}\n",
            f"\n# {number}\n",
            f" # {number}\n\n# again {number}\n",
            "\n",
            "\n\n\n",
            f" #{number}",
        ]
        put = draw(st.sampled_from(kinds))
        candidate = text[:place] + put + text[place:]
        try:
            kept = parse(candidate) == meaning
        except SourceError:
            continue
        text = candidate if kept else text
    return text


@st.composite
def commented(draw: st.DrawFn) -> str:
    """Texts of any shape, without meaning, with comments."""
    return sprinkled(draw, dump(draw(modules())))


@st.composite
def commented_programs(draw: st.DrawFn) -> str:
    """Texts of programs that elaborate, with comments."""
    return sprinkled(draw, draw(programs()))


@given(commented())
@patient
def test_formatting_keeps_meaning_and_comments(text: str) -> None:
    """Any text with comments anywhere: formatted, it means the same, has the same comments, and is formatted."""
    holds(text)


@given(commented_programs())
@patient
def test_formatting_keeps_programs(text: str) -> None:
    """The same for programs as people write them."""
    holds(text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_files_keep_meaning_and_comments(file: Path) -> None:
    """Samples, showcase, and those wrong programs that can be read: the laws hold for each."""
    text = file.read_text(encoding="utf-8")
    try:
        parse(text)
    except SourceError:
        with pytest.raises(SourceError):
            formatted(text)
        return
    holds(text)


def laid_out(body: str) -> str:
    """*body*, declarations, as they come out formatted, the version apart."""
    return holds(f"nas 1\n{body}").removeprefix("nas 1\n")


AS_WRITTEN = (
    "let a = 10_000 + 5M + 1e-3 + 0.50\n",
    'let a = "\\u{e9} \\n"\n',
    "let a = (1 + 2) + (3)\n",
    "block A =\n  ReLU\n",
    "block A = ReLU\n",
    "block A(x: [N]) {\n  x\n}\n",
    "block A(x: [N]) { x }\n",
    "let a = oneof { b: 1, c: 2 }\n",
    "let a = oneof {\n  b: 1\n  c: 2\n}\n",
    "let a = f(\n  1,\n  2\n)\n",
    "let a = f([\n  1,\n  2\n])\n",
    "let a = oneof(*{\n  b: 1\n  c: 2\n}, prior = {b: 0.5})\n",
    "net A(x: f32[N, 8]) {\n  gate = x -> Linear(8)\n           -> Sigmoid\n  x * gate\n}\n",
    "net A(x: f32[N, 8]) {\n  long_name = x -> Linear(8)\n    -> Sigmoid\n  long_name\n}\n",
    "net A(x: f32[N, 8]) {\n  x = x -> repeat(2) {\n    Linear(8)\n  }\n  x\n}\n",
    "net A(x: f32[N, 8]) {\n  if a == 1 { x } else {\n    y = x\n    y\n  }\n}\n",
    "net A(x: f32[N, 8]) {\n  if a == 1 { x }\n  else if a == 2 { y }\n  else { z }\n}\n",
    "net A(x: f32[N, 8]) {\n  require a == 1\n    and b == 2\n  x\n}\n",
    "# first\n\n# second\nlet a = 1        # in its column\nlet b = 10       # in its column\n\n# last\n",
    "train {  # recipe\n  # rate\n  a: 1  # one\n\n  b: 2\n  # end\n}\n",
    "let a = [  # three\n  1,  # one\n  # two\n  2\n  # end\n]\n",
    "net A(x: f32[N, 8]) =\n  x -> Linear(8)  # first\n    # second\n    -> ReLU\n",
)
"""Declarations that stay as they are."""

CHANGED = (
    ("let   a=f( 1 ,2,)\n", "let a = f(1, 2)\n"),
    ("\n\n\nlet a = 1\n\n\n\nlet b = 2", "\nlet a = 1\n\nlet b = 2\n"),
    ("let a = 1 # near\n", "let a = 1  # near\n"),
    ("let a = [1,\n         2]\n", "let a = [1, 2]\n"),
    ("block A() { ReLU }\n", "block A { ReLU }\n"),
    ("train { a: 1\n b: 2 }\n", "train { a: 1, b: 2 }\n"),
    ("train {\n\n  a: 1,\n\n\n  b: 2\n\n}\n", "train {\n  a: 1\n\n  b: 2\n}\n"),
    ("let a = if b { 1 }  # why\n  else { 2 }\n", "let a = if b { 1 }  # why\nelse { 2 }\n"),
    ("let # why\n  a = 5\n", "# why\nlet a = 5\n"),
    ("let b = 1\n\nlet # why\n  a = 5\n", "let b = 1\n\n# why\nlet a = 5\n"),
    ("let a = b -> c\n  -> d\n", "let a =\n  b -> c\n    -> d\n"),
    ("let a = 1\r\n# b\r\n", "let a = 1\n# b\n"),
)
"""Declarations, and what becomes of them."""


@pytest.mark.parametrize("text", AS_WRITTEN)
def test_what_follows_the_rules_stays(text: str) -> None:
    """Choices that are the author's are kept."""
    assert laid_out(text) == text


@pytest.mark.parametrize(("text", "expected"), CHANGED)
def test_what_does_not_is_changed(text: str, expected: str) -> None:
    """Spaces, brackets, empty lines and comments come to stand where the rules put them."""
    assert laid_out(text) == expected


def test_long_lines_are_broken_at_120() -> None:
    """A pipeline of 120 characters has one line; of 121, two."""
    head = "block A = " + "Linear(8) -> " * 8
    fits = head + "X" * (120 - len(head)) + "\n"
    assert laid_out(fits) == fits
    broken = laid_out(fits.replace("XX", "XXX", 1))
    assert broken.startswith("block A =\n  Linear(8) -> ")
    assert max(map(len, broken.splitlines())) <= 120


def test_the_version_is_written_where_it_was_left_out() -> None:
    """`nas 1` is put first, before a file's first comment, too."""
    assert formatted("let a = 1\n") == "nas 1\n\nlet a = 1\n"
    assert formatted("# a.nas\nlet a = 1\n") == "nas 1\n# a.nas\nlet a = 1\n"
    assert formatted("") == "nas 1\n"
    assert formatted("\ufeff# a") == "nas 1\n# a\n"


def test_published_programs_hardly_change(shared: Path) -> None:
    """What follows the rules already is most of the showcase: only lines above 120 characters, and an operand aligned
    by hand, are laid out anew.
    """
    changed = set()
    for file in sorted((shared / "language" / "showcase").glob("*.nas")):
        text = file.read_text(encoding="utf-8")
        changed.update([file.name] if formatted(text) != text else [])
    assert changed == {"bench201.nas", "darts.nas", "einspace.nas", "ofa.nas", "resnet50.nas"}
