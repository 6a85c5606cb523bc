"""What `symnas check` says of `require`s that exclude everything, or nothing."""

import pytest

from symnas.checking import check_text

NET = "let width = oneof(4, 8)\nlet depth = range(1, 3)\nnet A(x: f32[N, 8]) = x -> repeat(depth) { Linear(width) -> Linear(8) }\n"


@pytest.mark.parametrize(
    ("requires", "lines", "message"),
    (
        (("depth > 1", "width == 4", "depth < 2"), (4, 6), "no architecture meets these `require`s together"),
        (("A.params >= 200", "A.params <= 300", "width == 8", "depth > 2"), (5, 6, 7), None),
        (("A.params >= 76", "A.macs > 1000"), (5,), "no architecture meets this `require`"),
        (("A.params <= 200 and depth >= 0", "depth == 3 and width == 8"), None, None),
        (("A.params <= 100 and A.macs >= 300",), (4,), "no architecture meets this `require`"),
        (("A.params <= 300", "A.macs >= 300"), (4, 5), "no architecture meets these `require`s together"),
    ),
)
def test_an_empty_space_names_the_requires_that_clash(
    requires: tuple[str, ...], lines: tuple[int, ...] | None, message: str | None
) -> None:
    """A smallest set of `require`s that leave nothing is named: the last with its place, the others as notes."""
    report = check_text(NET + "".join(f"require {each}\n" for each in requires))
    (found,) = report.diagnostics
    assert found.code == "E0608"
    if lines is not None:
        assert sorted([found.span.line, *(note.span.line for note in found.notes)]) == list(lines)
    if message is not None:
        assert found.message == message


@pytest.mark.parametrize(
    ("requires", "idle"),
    (
        (("depth >= 1",), ["the `require` on line 4 excludes nothing"]),
        (("depth >= 2", "depth != 1"), ["the `require` on line 5 excludes nothing"]),
        (("depth >= 2", "width == 4"), []),
        (("A.params <= 500",), ["the `require` on line 4 excludes nothing: `A.params <= 500` always holds, with 76 to 432"]),
        (("A.params <= 400",), []),
        (("A.params <= 400 and A.macs <= 10_000",),
         ["the `require` on line 4 excludes nothing: `A.macs <= 10_000` always holds, with 64 to 384"]),
    ),
)  # fmt: skip
def test_a_require_that_excludes_nothing_is_told(requires: tuple[str, ...], idle: list[str]) -> None:
    """A `require` that every architecture meets is told among the facts, a part of one too."""
    report = check_text(NET + "".join(f"require {each}\n" for each in requires))
    assert report.ok
    assert [fact for fact in report.facts if "excludes nothing" in fact] == idle
