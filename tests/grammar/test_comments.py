"""Comments are kept for a formatter: their text, their place, and whether they stand alone."""

from symnas.grammar import comments


def test_comments_are_found_where_they_stand() -> None:
    """Each comment has its text without what follows the line, and its span."""
    found = comments("# a\nlet b = 1  # c  \n  # d\n", "x.nas")
    assert [(each.text, each.span.line, each.span.column, each.alone) for each in found] == [
        ("# a", 1, 1, True),
        ("# c", 2, 12, False),
        ("# d", 3, 3, True),
    ]


def test_a_sharp_in_a_string_is_no_comment() -> None:
    """Strings hold what they like; wrong text around comments does no harm."""
    assert comments('let a = "# no"') == ()
    assert [each.text for each in comments('let a = "open # yes\n; # two')] == ["# yes", "# two"]
