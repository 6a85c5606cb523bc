"""Every mistake of the table is found where its example makes it, and nothing else is."""

import pickle
from pathlib import Path

import pytest

from symnas.errors import SourceError
from symnas.grammar import MISTAKES, Mistake, parse

OF_TEXT = {  # the rows of the language's table of wrong programs that text alone decides: file, code, line, column
    "01_unclosed": ("E0101", 2, 22),
    "02_minus_line": ("E0102", 3, 5),
    "03_record_branch": ("E0103", 3, 13),
    "04_list_comma": ("E0104", 3, 3),
    "05_chain": ("E0105", 2, 15),
    "06_keyword": ("E0106", 1, 9),
    "17_no_result": ("E0107", 2, 3),
    "18_no_else": ("E0108", 2, 16),
}


def found(text: str) -> list[tuple[str, int, int]]:
    """Code, line and column of each mistake in *text*."""
    try:
        parse(text)
    except SourceError as error:
        return [(each.code, each.line, each.column) for each in error.diagnostics]
    return []


@pytest.mark.parametrize("mistake", [each for each in MISTAKES if each.example], ids=lambda each: each.code)
def test_the_example_shows_its_mistake_alone(mistake: Mistake) -> None:
    """The example of each mistake gives that code at that place, and no other message."""
    assert found(mistake.example) == [(mistake.code, *mistake.at)]


def test_codes_are_unique() -> None:
    """A code names one kind of mistake."""
    codes = [mistake.code for mistake in MISTAKES]
    assert sorted(set(codes)) == codes


@pytest.mark.parametrize("mistake", [each for each in MISTAKES if each.example], ids=lambda each: each.code)
def test_messages_have_no_open_places(mistake: Mistake) -> None:
    """Message and hint are sentences about this text: no word is left to be filled in."""
    with pytest.raises(SourceError) as caught:
        parse(mistake.example)
    (diagnostic,) = caught.value.diagnostics
    said = f"{diagnostic.message} {diagnostic.hint or ''}"
    assert diagnostic.message
    assert not any(place in said for place in ("{bracket}", "{word}", "{name}", "{sign}", "{left}", "{limit}"))
    assert str(caught.value).count("-->") == 1


def test_errors_survive_pickling() -> None:
    """Mistakes reach the process that started the reading."""
    with pytest.raises(SourceError) as caught:
        parse("let a = [1 2]", "a.nas")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made one line above
    assert str(again) == str(caught.value)


@pytest.mark.parametrize("name", OF_TEXT)
def test_wrong_programs_get_their_message(name: str, shared: Path) -> None:
    """The wrong programs that text alone decides are refused at the place that their table gives."""
    text = (shared / "language" / "errors" / f"{name}.nas").read_text(encoding="utf-8")
    assert found(text) == [OF_TEXT[name]]


def test_other_wrong_programs_are_well_formed(shared: Path) -> None:
    """The wrong programs whose mistake lies in their meaning read without complaint."""
    files = sorted((shared / "language" / "errors").glob("*.nas"))
    assert files
    for path in files:
        if path.stem not in OF_TEXT:
            assert found(path.read_text(encoding="utf-8")) == []


SEVERAL = {
    "two statements of one body": (
        "net A(x: f32[N, 8]) {\n  y = x -> -> ReLU\n  z = [1 2]\n  y = )\n  y + z\n}\n",
        [("E0110", 2, 12), ("E0104", 3, 10), ("E0115", 4, 7)],
    ),
    "two declarations": (
        "let a = \nlet b = 3 +\nlet c = [1, 2\nlet d = 4 5\n",
        [("E0110", 2, 1), ("E0110", 3, 1), ("E0101", 3, 9), ("E0110", 4, 11)],
    ),
    "an unclosed body does not spoil the next declaration": (
        "net A(x: f32[N, 8]) {\n  y = x -> f(\n\nblock B = ReLU -> -> GELU\n",
        [("E0101", 2, 13), ("E0110", 4, 19)],
    ),
    "a keyword as a name is one mistake however often it is read": (
        "block B(in, out)(x) {\n  y = in + x\n  z = x -> f(in)\n  in\n}\nlet b = 1 1\n",
        [("E0106", 1, 9), ("E0110", 6, 11)],
    ),
    "a wrong declaration hides no later one": (
        "blok A(x) {\n  require x > 1\n  y = (1\n}\nlet a = 1;\nnett B = 3\n",
        [("E0114", 1, 1), ("E0101", 3, 7), ("E0111", 5, 10), ("E0114", 6, 1)],
    ),
    "mistakes of meaning and of form": (
        "fn f(a) {\n  a\n  b = 1 < a < 2\n}\nfn g(a) { if a { 1 } }\n",
        [("E0102", 2, 3), ("E0107", 3, 3), ("E0105", 3, 13), ("E0108", 5, 11)],
    ),
    "both kinds of braces": (
        "fn f(a) {\n  if a { x: 1 } else { y: 2 }\n}\nsearch { budget 3, seed: 0 }\n",
        [("E0103", 2, 10), ("E0103", 2, 24), ("E0110", 4, 10)],
    ),
    "fields of records": (
        "train {\n  a: {\n    b: f(1 *), c: 2\n    d: 3 3\n    e: [4]\n  }\n  f: 5 5\n  g: 6\n}\nlet h = 7 7\n",
        [("E0110", 3, 13), ("E0110", 4, 10), ("E0110", 7, 8), ("E0110", 10, 11)],
    ),
    "records in brackets": (
        "let a = oneof({x: 1 *, y: 2}, {x: 2, y: 3 3, z: 4}, {x: 5})\nlet b = [{c: 6 +, d: 7}, {e: 8 8}]\n",
        [("E0110", 1, 22), ("E0110", 1, 43), ("E0110", 2, 17), ("E0110", 2, 32)],
    ),
    "labelled alternatives": (
        "let a = oneof { b: 1 *, c: 2\n  d: 3 +, e: f(4: 5)\n  g: 6\n}\n",
        [("E0110", 1, 23), ("E0110", 2, 9), ("E0110", 2, 17)],
    ),
    "a repeat as a statement is one mistake, whether its body gives a result or not": (
        "net A(x: f32[N, 8]) {\n  repeat(3) { y = x -> ReLU }\n  repeat(2) { ReLU }\n  x\n  repeat(2) { y = x }\n}\n",
        [("E0102", 2, 3), ("E0102", 3, 3), ("E0102", 4, 3), ("E0107", 5, 15)],
    ),
    "lines of a pick": (
        "pick { a: 3 3, b: 4\n  c: 5 *, d: 6 6\n}\n",
        [("E0110", 1, 13), ("E0110", 2, 9), ("E0110", 2, 16)],
    ),
}


@pytest.mark.parametrize("case", SEVERAL, ids=str)
def test_independent_mistakes_are_reported_together(case: str) -> None:
    """Reading goes on after a mistake, finds the others, and makes none up."""
    text, expected = SEVERAL[case]
    assert found(text) == expected


HINTS = {
    "blok B = ReLU": "`block`?",
    "width = 3": "`let width = …`",
    "let a = x += 1": "`x = x + …`",
    "let a = [x if c else y]": "`if condition { a } else { b }`",
    "let a = .5": "`0.5`",
    "let a = 5Mib": "`MiB`?",
    "let a = a && b": "`and`",
    "let a = !b": "`not`",
    "let a = 'sgd'": '`"sgd"`',
    "let a = x → f": "`->`",
    "let net = 3": "`network`",
    "let a = net -> f": "`network`",
    "def f(x) = x": "`fn`",
    "fn f(a) { a[0] = 1\n a }": "`xs = [*xs, x]`",
    "let a = if b = 3 { 1 } else { 2 }": "`==`",
    "let a = Conv2d (64, 3)": "`Conv2d(…)`",
    "let a = oneof(relu: ReLU, gelu: GELU)": "`oneof { relu: … }`",
    "net A(x: f32[N, 8]) = x -> Linear(out_features: 8)": "`out_features = …`",
    "fn f(a) {\n  b = a\n  return b\n}": "leave out `return`",
    "train { lr = 0.1 }": "`lr: …`",
    "fn f(a) {\n  repeat(3) { ReLU }\n  a\n}": "`repeat` is a layer",
    "fn f(a) {\n  for b in a\n  c = b\n a }": "stands in braces",
    "search { searcher: mcts:exploration=0.5 }": '`"mcts:…"`',
}


@pytest.mark.parametrize("text", HINTS)
def test_habits_of_other_languages_get_a_hint(text: str) -> None:
    """What people write out of habit is answered with what to write here."""
    with pytest.raises(SourceError) as caught:
        parse(text)
    assert HINTS[text] in (caught.value.diagnostics[0].hint or "")
