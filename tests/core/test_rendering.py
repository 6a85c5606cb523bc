"""Diagnostics as a person sees them: what is underlined lies above its marks, whatever the line holds."""

import pytest

from symnas.errors import Diagnostic, Note, Spoils, listing, suggest
from symnas.rendering import WIDEST, render
from symnas.spans import NOWHERE, Source, Span


def drawn(text: str, wanted: str) -> list[str]:
    """The lines drawn for the place of *wanted* in *text*."""
    start = text.index(wanted)
    return render(Diagnostic("E0001", "m", Span(Source("a.nas", text), start, start + len(wanted)))).split("\n")


PLACES = {
    "plain": ("let a = b", "b", "  |         ^"),
    "after wide characters": ("let 漢字 = b", "b", "  |            ^"),
    "wide itself": ("let 漢字 = b", "漢字", "  |     ^^^^"),
    "after a combining character": ("let e\u0301 = b", "b", "  |         ^"),
    "after a tab": ("a\tb", "b", "  |     ^"),
    "empty": ("let a", "", "  | ^"),
}


@pytest.mark.parametrize("case", PLACES)
def test_marks_stand_below_the_place(case: str) -> None:
    """Wide characters take two columns, combining ones none, tabs go on to the next multiple of four."""
    text, wanted, marks = PLACES[case]
    assert drawn(text, wanted)[-1] == marks


def test_a_long_line_is_clipped_around_the_place() -> None:
    """Of a line too long for a screen the part around the place is shown, with `…` for the rest."""
    *_, line, marks = drawn(f"{'x' * 500}yyy{'z' * 500}", "yyy")
    assert len(line) <= WIDEST + 10
    assert line[marks.index("^") :].startswith("yyy")
    assert line.count("…") == 2


def test_a_place_of_several_lines_shows_the_first_and_the_last() -> None:
    """Both lines are underlined as far as the place goes; `…` stands for those between."""
    lines = drawn("net A(\n  b,\n  c)\nlet d = 1", "A(\n  b,\n  c)")
    assert lines[2:] == ["1 | net A(", "  |     ^^", "… |", "3 |   c)", "  |   ^^"]


def test_nothing_acts_on_the_terminal() -> None:
    """Control characters of a text are replaced, in the excerpt and in the message."""
    span = Span(Source("a.nas", "\x1b[31m q"), 6, 7)
    assert "\x1b" not in render(Diagnostic("E0001", "\x1b[2J", span, "\x07"))


def test_notes_are_underlined_in_their_own_file() -> None:
    """A related place is drawn like the first, with `-`, and line numbers of all places end in one column."""
    other = Span(Source("b.nas", "\n" * 11 + "let a = 1"), 15, 16)
    first = Span(Source("a.nas", "let b = a"), 8, 9)
    assert render(Diagnostic("E0001", "m", first, "h", (Note("here", other),), spoils=Spoils(12, 54))).split("\n") == [
        "m [E0001]", "  --> a.nas:1:9", " 1 | let b = a", "   |         ^", "  note: here", "  --> b.nas:12:5",
        "12 | let a = 1", "   |     -", "  = note: 12 of 54 architectures fail here", "  = help: h",
    ]  # fmt: skip


def test_a_mistake_without_a_place_has_no_excerpt() -> None:
    """A file that cannot be read has no line to show."""
    assert render(Diagnostic("E0151", "cannot read a.nas", NOWHERE)) == "cannot read a.nas [E0151]"


def test_remedies_name_the_near_and_the_valid() -> None:
    """The nearest name comes first, then the list, shortened where it is long."""
    assert suggest("strides", ["kernel", "stride"]) == "did you mean `stride`? It has kernel, stride"
    assert suggest("q", ["kernel", "stride"], "there are") == "there are kernel, stride"
    assert suggest("q", []) == "it has none"
    assert suggest("q", [], many=True) is None
    assert suggest("Con2d", ["Conv2d", "Conv3d"], many=True) == "did you mean `Conv2d`?"
    assert listing(map(str, range(20)), 3) == "0, 1, 2 and 17 more"
