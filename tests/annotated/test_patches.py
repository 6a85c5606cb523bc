"""Patches: texts that name a change, on values and on programs."""

import math
from contextlib import suppress
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import symnas
from symnas.annotated.patches import read_value
from symnas.errors import NasError, SearchError
from symnas.grammar import dump


@symnas.symbolic
class Block:
    """A class of one's own."""

    def __init__(self, channels: int, kernel: int = 3, act: str = "relu") -> None:
        self.given = (channels, kernel, act)


@symnas.patch
def broader(value: object, by: int = 2) -> dict[str, Any]:
    """Every block *by* times as wide."""
    return {path: by * width for path, width in symnas.query(value, "*.channels").items() if isinstance(width, int)}


@symnas.patch
def activated(value: object, to: Literal["relu", "gelu"]) -> Any:
    """Another activation."""
    calls = symnas.query(value, kind=Block).values()
    return lambda path, part: to if path.endswith("act") and calls else part


@symnas.patch
def labelled(value: object, label: str, rate: float | None = None, *, deep: bool = False) -> dict[str, Any]:
    """Parameters of several types."""
    return dict.fromkeys(symnas.query(value, "label"), (label, rate, deep))


@symnas.patch
def nothing(value: object) -> None:
    """A patch that forgets to say what it changes."""


@symnas.patch
def extended(program: symnas.Program, by: int = 1) -> dict[str, str]:
    """A patch of programs."""
    return {"depth": f"{dump(program.get('depth'))} + {by}"}


def blocks() -> dict[str, Any]:
    """A value to change."""
    return {"stem": Block(8, act="relu"), "body": [Block(symnas.oneof(8, 16)), symnas.partial(Block, 4)], "label": None}


def test_patches_are_applied_one_after_the_other_and_taken_back() -> None:
    """Each sees what those before it did; undoing undoes all."""
    value = {"body": [symnas.partial(Block, 4), symnas.partial(Block, 8, act="relu")], "lr": 0.1}
    before = symnas.clone(value)
    done = symnas.apply(
        value, "broader", "broader?by=3", "activated?to=gelu", "body[0].kernel=oneof(3, 5)", {"lr": 0.2}
    )
    assert str(value) == (
        "{'body': [Block(channels=24, kernel=oneof(3, 5)), Block(channels=48, act='gelu')], 'lr': 0.2}"
    )
    assert symnas.space_of(value).size == 2
    done.undo()
    assert symnas.equal(value, before)


@pytest.mark.parametrize(
    ("patch", "message"),
    (
        ("broadr?by=2", "there is no patch `broadr`; did you mean `broader`?"),
        ("broader?bye=2", "`broader` has no argument `bye`; did you mean `by`?"),
        ("broader?by=two", "`broader` needs `int` for `by`; `'two'` is of type str"),
        ("broader?by", "the parameter `by` is not given a value"),
        ("broader?by=1&by=2", "the parameter `by` is given twice"),
        ("activated", "missing a required argument: 'to'"),
        (
            "activated?to=gleu",
            "`activated` needs `'relu' or 'gelu'` for `to`; `'gleu'` is none of them; did you mean `gelu`?",
        ),
        ("nothing", "gives back what is to change, `{path: new}`; it gave None"),
        ("body[0].kernal=3", "`Block` has no argument `kernal`; did you mean `kernel`?"),
        ("body[0].kernel=three", "`Block` needs `int` for `kernel`; `'three'`"),
        ("body[0].kernel=oneof(3, 3)", "the candidate 3 twice"),
        ("body[0].kernel=oneof(3, nam='x')", "unexpected keyword argument 'nam'"),
        ({"nowhere": 3}, "the whole has no 'nowhere'"),
    ),
)
def test_a_mistake_changes_nothing(patch: Any, message: str) -> None:
    """What was applied before it is taken back, and the message names the patch and the nearest right name."""
    value = blocks()
    before = symnas.clone(value)
    with pytest.raises(SearchError) as caught:
        symnas.apply(value, "label=changed", patch)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"`{patch}`: ") == isinstance(patch, str)
    assert symnas.equal(value, before)


def test_parameters_are_read_as_they_are_annotated() -> None:
    """Numbers, words, `true` and `none`; what is annotated as text stays text, escapes are undone."""
    value: dict[str, Any] = {"label": None}
    symnas.apply(value, "labelled?label=12&rate=1e-3&deep=true")
    assert value["label"] == ("12", 0.001, True)
    symnas.apply(value, "labelled?label=a%26b%3D1 c&rate=none")
    assert value["label"] == ("a&b=1 c", None, False)
    symnas.apply(value, "label=")
    assert value == {}


@pytest.mark.parametrize(
    ("text", "value"),
    (
        ("3", 3), ("-1.5", -1.5), ("true", True), ("False", False), ("none", None), ("gelu", "gelu"), ("'3'", "3"),
        ("[1, gelu, (2,)]", [1, "gelu", (2,)]), ("{a: 1, 'b': [none]}", {"a": 1, "b": [None]}), ("nn.GELU", "nn.GELU"),
        ("inf", math.inf), ("a b", "a b"), ("", ""), ("__import__('os')", "__import__('os')"),
    ),
)  # fmt: skip
def test_values_in_texts(text: str, value: object) -> None:
    """Literals are themselves, all else is a word; nothing is run."""
    assert read_value(text) == value


@given(st.one_of(st.text(max_size=12), st.text("[]{}()'\",:*0 oneofab-.=\\d&?%", max_size=12)))
def test_any_text_is_a_value_or_refused(text: str) -> None:
    """Nothing but a message comes of a text that is neither."""
    value = {"a": 1}
    for call in (lambda: read_value(text), lambda: symnas.apply(value, f"a={text}"), lambda: symnas.apply(value, text),
                 lambda: symnas.apply(value, f"activated?{text}")):  # fmt: skip
        with suppress(SearchError):
            call()


def test_placeholders_in_texts() -> None:
    """They are written as in Python."""
    found = read_value("oneof(3, range(0.1, 1.0, log=true), subset([a, b], 1), name='it')")
    assert str(found) == "oneof(3, range(0.1, 1.0, log=True), subset(['a', 'b'], 1, 2), name='it')"


def test_what_is_a_patch() -> None:
    """A function of a value, under a name that no other patch has."""
    with pytest.raises(SearchError, match="whose first argument is the value"):
        symnas.patch(lambda: None)
    with pytest.raises(SearchError, match="there is a patch `broader` already"):
        exec("import symnas\n@symnas.patch\ndef broader(value): return {}", {"__name__": "elsewhere"})  # noqa: S102 (a module)


PROGRAM = """\
let width = oneof(8, 16)
let depth = 3
net A(x: f32[N, 8]) = x -> repeat(depth) { Linear(width) } -> Linear(oneof(2, 4) as n)
train { lr: 0.1, epochs: 3 }
"""


def test_programs_are_patched_by_path() -> None:
    """Texts of the language stand for its nodes; all patches are one edit, which is undone as one."""
    program = symnas.parse(PROGRAM)
    before = program.text
    done = symnas.apply(program, "A.n=oneof(2, 4, 8)", "extended?by=2", {"width": "32"}, "train.epochs=")
    assert program.space().size == 3
    assert program.text == (
        "nas 1\n\nlet width = 32\nlet depth = 3 + 2\n\n"
        "net A(x: f32[N, 8]) = x -> repeat(depth) { Linear(width) } -> Linear(oneof(2, 4, 8) as n)\n\n"
        "train { lr: 0.1 }\n"
    )
    done.undo()
    assert program.text == before


@pytest.mark.parametrize(
    ("patch", "message"),
    (
        ("widht=3", "there is nothing at `widht`; did you mean `width`?"),
        ("width=oneof(", "never closed"),
        ("extendd", "did you mean `extended`?"),
        (lambda _, part: part, "of a program, changes are texts by path"),
    ),
)
def test_a_mistake_changes_nothing_of_a_program(patch: Any, message: str) -> None:
    """Neither the program nor its history."""
    program = symnas.parse(PROGRAM)
    before = program.module
    with pytest.raises(NasError) as caught:
        symnas.apply(program, "depth=4", patch)
    assert message in str(caught.value)
    assert program.module is before
    with pytest.raises(SearchError, match="no edit to undo"):
        program.undo()
