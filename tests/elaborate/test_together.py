"""All independent mistakes of a file in one check, whatever stage finds them, and none that another one causes."""

from pathlib import Path
from random import Random

import pytest
from planting import plant

from symnas.checking import check_text

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted([*(ROOT / "samples").glob("*.nas"), *(ROOT.parent / "shared/language/showcase").glob("*.nas")])

SEEDS = 6


def found(text: str, folder: Path | None = None) -> list[tuple[str, int]]:
    """Code and offset of each mistake that checking *text* finds; what it imports lies in *folder*."""
    return [(each.code, each.span.start) for each in check_text(text, folder=folder).diagnostics]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
@pytest.mark.parametrize("meaning", (False, True), ids=["mixed", "shapes"])
def test_planted_mistakes_are_all_found_and_nothing_else(path: Path, meaning: bool) -> None:
    """Mistakes of form, names, settings and shapes in as many declarations give as many messages at their places."""
    text = path.read_text(encoding="utf-8")
    for seed in range(SEEDS):
        planted = plant(text, 2 + seed, Random(seed), meaning=meaning)
        assert found(planted.text, path.parent) == list(planted.expected), planted.text


ONE_CAUSE = {
    "a block that cannot be read": "block B(n)(x) = x -> -> Linear(n)\nnet A(x: f32[N, 8]) = x -> B(3, k = 4) -> B\n",
    "a recipe that cannot be read": "train { lr: , rate: 0.5 }\nnet A(x: f32[N, 8]) = x -> Dropout(train.rate)\n",
    "a net that cannot be read": "net A(x: f32[N, 8]) = x -> (\nminimize params\nrequire A.params < 3\n",
    "a file that is not there": 'import "none.nas" (B, C as D)\nnet A(x: f32[N, 8]) = x -> B(3) -> D\n',
    "a word that begins no declaration": "blok B(n) = Linear(n)\nnet A(x: f32[N, 8]) = x -> B(3)\n",
    "a statement that cannot be read": "net A(x: f32[N, 8]) {\n  y = x\n  z = y + * 2\n  z -> Linear(z.width)\n}\n",
    "a name that is not known": "net A(x: f32[N, 8]) {\n  y = Linnear(8)\n  x -> y -> Linear(y)\n}\n",
    "a setting that is not known": "block B(n)(x) = x -> Linear(n)\nnet A(x: f32[N, 8]) = x -> B(m = 3)\n",
    "an input without a type": "net A(x) = x -> Linear(x.nothing)\nassert A.params == 1\n",
    "a shape that does not fit": "net A(x: f32[N, 8]) {\n  y = x + (x -> Linear(9))\n  z = y + (y -> Linear(3))\n  z -> Linear(z[0])\n}\n",
    "a pick that cannot be read": "let k = oneof(3, 4)\nnet A(x: f32[N, 8]) = x + (x -> Linear(k * 2))\npick { k: , }\n",
    "a require that cannot be read": "let k = oneof(3, 4)\nrequire k > * 3\nnet A(x: f32[N, 8]) = x + (x -> Linear(k * 2))\n",
    "a rule that cannot be read": "rule r: Linear($n => Identity\nnet A(x: f32[N, 8]) = x -> Linear(8)\nnet B = A with r\n",
    "a result that is returned": "net A(x: f32[N, 8]) {\n  y = x -> Linear(8)\n  return y -> ReLU\n}\nassert A.params == 72\n",
    "a loop without braces": "net A(x: f32[N, 8]) {\n  for c in [8, 16]\n    x = x -> Linear(c)\n  x\n}\n",
    "a field that is bound": "train {\n  lr = 0.1\n  rate: 0.5\n}\nnet A(x: f32[N, 8]) = x -> Dropout(train.rate)\n",
    "a name misspelt where it is bound": "block B(wdith)(x) = x -> Linear(width) -> Linear(width)\nnet A(x: f32[N, 8]) = x -> B(3)\n",
}


@pytest.mark.parametrize("cause", ONE_CAUSE)
def test_one_mistake_gives_one_message(cause: str, tmp_path: Path) -> None:
    """What depends on something wrong is passed over in silence."""
    assert len(found(ONE_CAUSE[cause], tmp_path)) == 1


OPEN_BRACKETS = {
    "at the end of a line": (
        "net A(x: f32[N, 8]) {\n  y = x -> Unit(8)\n  y -> Linear(10\n}\nnet B(x: f32[N, 8]) = x -> Foo\n",
        [("E0201", 2), ("E0101", 3), ("E0201", 5)],
    ),
    "closed by another": (
        "net A(x: f32[N, 8]) {\n  y = x -> Linear(8]\n  z = y + x\n  z -> Unit\n}\n",
        [("E0101", 2), ("E0201", 4)],
    ),
    "before a pipeline that goes on": (
        "net A(x: f32[N, 8]) {\n  y = x -> Linear(8\n    -> ReLU\n  y -> Unit\n}\n",
        [("E0101", 2), ("E0201", 4)],
    ),
    "over lines that make no sense alone": (
        "net A(x: f32[N, 8]) {\n  y = concat([\n    x -> ReLU,\n    x -> Tanh\n  y -> Unit\n}\n",
        [("E0101", 2), ("E0101", 2)],
    ),
    "twice": (
        "net A(x: f32[N, 8]) {\n  y = x -> Linear(8\n  z = y -> Linear(8\n  z -> Unit\n}\n",
        [("E0101", 2), ("E0101", 3), ("E0201", 4)],
    ),
}


@pytest.mark.parametrize("where", OPEN_BRACKETS)
def test_a_bracket_left_open_costs_its_statement_alone(where: str) -> None:
    """Mistakes on other lines are found as well; where the bracket ends cannot be told, nothing is made up."""
    text, expected = OPEN_BRACKETS[where]
    report = check_text(text)
    assert [(each.code, each.span.line) for each in report.diagnostics] == expected
    assert all(each.span.source.text == text for each in report.diagnostics)


def test_a_mistake_in_a_computed_field_is_reported() -> None:
    """A record made by a comprehension may hold a wrong name."""
    text = 'net A(x: f32[N, 8]) {\n  r = {[t]: x -> Linnear(8) for t in ["a", "b"]}\n  r.a + r.b\n}\n'
    assert found(text) == [("E0201", text.index("Linnear"))]


SEVERAL = {
    "faults of two statements and of a block": (
        (
            "block B(x: [N, C]) = x[0, 0, 0]\nnet A(x: f32[N, 8]) {\n  y = x -> Linear(0)\n  z = x -> Linear(3 // 0)\n"
            "  y + z + (x -> B)\n}\nnet D(x: f32[N, 8]) = x -> B\n"
        ),
        [("E0305", 1), ("E0305", 3), ("E0405", 4)],
    ),
    "two nets, each wrong under some choices": (
        "net A(x: f32[N, 8]) = x + (x -> Linear(oneof(8, 9)))\nnet B(x: f32[N, 8]) = x + (x -> Linear(oneof(8, 7)))\n",
        [("E0403", 1), ("E0403", 2)],
    ),
    "faults beyond a fault": (
        "net A(x: f32[N, 8]) {\n  k = oneof(8, 9)\n  y = x + (x -> Linear(7))\n  z = x + (x -> Linear(k))\n  y + z\n}\n",
        [("E0403", 3), ("E0403", 4)],
    ),
}


@pytest.mark.parametrize("case", SEVERAL)
def test_faults_that_do_not_follow_from_another_are_found(case: str) -> None:
    """A fault ends what depends on it and nothing else."""
    text, expected = SEVERAL[case]
    assert [(each.code, each.line) for each in check_text(text).diagnostics] == expected


def test_a_fault_of_some_choices_says_which_and_how_many() -> None:
    """A smallest set of choices, where they are made, how many architectures they spoil, and the picks to see it."""
    text = (
        "let a = oneof(7, 8, 9)\nlet b = oneof(8, 16)\nnet A(x: f32[N, 8]) {\n"
        "  y = x -> Linear(a) -> oneof(ReLU, Tanh, GELU)\n  z = x -> Linear(b)\n"
        "  if a == 8 { y + z } else { x -> Linear(3) -> oneof(ReLU, Tanh, GELU) }\n}\n"
    )
    (fault,) = check_text(text).diagnostics
    assert fault.pick == (("a", "8"), ("b", "16"))
    assert [note.span.line for note in fault.notes] == [4, 5, 1, 2]
    assert fault.spoils is not None
    assert "`a = 8` and `b = 16`" in fault.message
