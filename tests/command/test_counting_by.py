"""`symnas count --by`: tables as people and programs read them."""

import json
from pathlib import Path

import pytest
from commands import Run, runner

PROGRAM = """
let width = oneof(4, 8, 16)
net A(x: f32[N, 8]) = x -> repeat(range(0, 2)) { Linear(width) -> oneof(ReLU, Tanh) } -> Linear(2)
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


@pytest.fixture
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A program of 19 architectures."""
    path = tmp_path_factory.mktemp("programs") / "small.nas"
    path.write_text(PROGRAM, encoding="utf-8")
    return str(path)


def test_a_table_has_a_row_for_each_choice(run: Run, file: str) -> None:
    """Choices, counts, shares, and all of them below a line; what is not decided last."""
    assert run("count", file, "--by", "width").out == (
        "      width  architectures  share\n"
        "───────────  ─────────────  ─────\n"
        "          4              6  31.6%\n"
        "          8              6  31.6%\n"
        "         16              6  31.6%\n"
        "not decided              1   5.3%\n"
        "───────────  ─────────────  ─────\n"
        "        all             19\n"
    )


def test_two_decisions_make_a_cross_table(run: Run, file: str) -> None:
    """The one with fewer values stands across; combinations that do not exist are a point."""
    assert run("count", file, "--by", "A.repeat", "--by", "width").out == (
        "width down, A.repeat across\n"
        "\n"
        "             0  1   2  all\n"
        "───────────  ─  ─  ──  ───\n"
        "          4  ·  2   4    6\n"
        "          8  ·  2   4    6\n"
        "         16  ·  2   4    6\n"
        "not decided  1  ·   ·    1\n"
        "───────────  ─  ─  ──  ───\n"
        "        all  1  6  12   19\n"
    )


def test_several_decisions_make_a_list(run: Run, file: str) -> None:
    """Three names make a row for each combination that exists."""
    lines = run("count", file, "--by", "width", "--by", "A.repeat", "--by", "A.repeat[1].oneof").out.splitlines()
    assert len(lines) == 2 + 3 * (1 + 2) + 1 + 2
    assert lines[2].split() == ["4", "1", "not", "decided", "2", "10.5%"]


def test_tables_as_data(run: Run, file: str) -> None:
    """`--json` has a table for each thing that the name fits, whole numbers in full."""
    (table,) = json.loads(run("count", file, "--by", "sum(A.repeat[*].oneof == Tanh)", "--json").out)
    assert table == {
        "by": ["sum(A.repeat[*].oneof == Tanh)"],
        "architectures": 19,
        "rows": [
            {"choices": ["0"], "architectures": 7},
            {"choices": ["1"], "architectures": 9},
            {"choices": ["2"], "architectures": 3},
        ],
        "before_require_on_costs": False,
    }
    assert [each["by"] for each in json.loads(run("count", file, "--by", "A.repeat[*].oneof", "--json").out)] == [
        ["A.repeat[0].oneof"],
        ["A.repeat[1].oneof"],
    ]


def test_what_cannot_be_counted_by_is_said(run: Run, file: str) -> None:
    """A name that is no decision, and two questions at once, end in one message."""
    wrong = run("count", file, "--by", "widht")
    assert wrong.status == 1
    assert "no architecture has a decision `widht`; did you mean `width`?" in wrong.err
    both = run("count", file, "--by", "width", "--unique")
    assert "give one of them" in both.err


def test_the_tree_follows_the_count(run: Run, file: str) -> None:
    """The plain count comes first; each part has its ways, each decision its choices and who has it, if not all."""
    assert run("count", file, "--tree").out == (
        "19 architectures\n"
        "\n"
        "                    choices      ways           in\n"
        "──────────────────  ───────────  ────  ───────────\n"
        "width               4 | 8 | 16      3        94.7%\n"
        "A                                   7\n"
        "  repeat            0..2            3\n"
        "  repeat[0..1] × 2                  2\n"
        "    oneof           ReLU | Tanh     2  63.2%–94.7%\n"
    )


def test_the_tree_as_data(run: Run, file: str) -> None:
    """`--tree --json` nests parts, numbers in full."""
    data = json.loads(run("count", file, "--tree", "--json").out)
    assert data["architectures"] == 19
    width, net = data["parts"]
    assert width == {"path": "width", "times": 1, "choices": ["4 | 8 | 16"], "sizes": [3], "architectures": [18, 18]}
    assert (net["path"], net["ways"], net["exact"]) == ("A", 7, True)
    assert [each["path"] for each in net["inside"]] == ["A.repeat", "A.repeat[0]"]


def test_a_program_without_decisions_has_no_tree(run: Run, tmp_path: Path) -> None:
    """One architecture, and nothing to decide."""
    path = tmp_path / "one.nas"
    path.write_text("net A(x: f32[N, 8]) = x -> Linear(2)\n", encoding="utf-8")
    assert run("count", str(path), "--tree").out == "1 architecture\n\nno decisions\n"
