"""Hostile texts meet a message, in bounded time and memory: never a traceback, never a hang."""

import copy
import pickle
import time
import tracemalloc

import pytest

from symnas.errors import SourceError
from symnas.grammar import dump, parse, parse_expression
from symnas.grammar.layout import DEEPEST

MEGABYTES = 2**20

HOSTILE = {
    "four megabytes of opening brackets": ("let a = " + "(" * (4 * MEGABYTES - 8), "E0116"),
    "four megabytes of opening braces": ("fn f(a) " + "{" * (4 * MEGABYTES - 8), "E0116"),
    "nested lists": ("let a = " + "[" * 1000 + "]" * 1000, "E0116"),
    "nested calls": ("let a = " + "f(" * 1000 + ")" * 1000, "E0117"),
    "a million pipes": ("let a = x" + " -> f" * 800_000, "E0117"),
    "a million minuses": ("let a = " + "-" * 1_000_000 + "1", "E0117"),
    "a million powers": ("let a = 2" + "**2" * 1_000_000, "E0117"),
    "a million attributes": ("let a = x" + ".y" * 1_000_000, "E0117"),
    "a million calls": ("let a = x" + "()" * 1_000_000, "E0117"),
    "a million nots": ("let a = " + "not " * 1_000_000 + "b", "E0117"),
    "a long chain of branches": ("let a = " + "if b { 1 } else " * 10_000 + "{ 2 }", "E0117"),
    "chains around chains": ("let a = " + ("-" * 100 + "(") * 3 + "x" + ")" * 3, "E0117"),
    "a long name": ("let " + "a" * 100_000 + " = 1", "E0119"),
    "an enormous exponent": ("let a = 1e999999999", "E0120"),
    "an enormous negative exponent": ("let a = 1e-999999999", "E0120"),
    "a number of a million digits": ("let a = " + "9" * 1_000_000, "E0120"),
    "an exponent of a million digits": ("let a = 1e" + "9" * 1_000_000, "E0120"),
    "more than four megabytes": ("#" * (4 * MEGABYTES + 1), "E0118"),
    "more than four megabytes of wide characters": ("#" + "→" * (2 * MEGABYTES), "E0118"),
    "a million closing brackets": ("let a = 1" + ")" * 1_000_000, "E0115"),
    "a million stray signs": ("; " * 1_000_000, "E0111"),
    "a million wrong lines": ("x = 1\n" * 500_000, "E0114"),
    "a million commas": ("let a = " + "," * 1_000_000, "E0110"),
    "a million missing commas": ("let a = [" + "1 " * 1_000_000 + "]", "E0104"),
    "a million quotes": ('"' * 1_000_001, "E0114"),
    "a hundred thousand unused values": ("fn f(a) {" + "\n1" * 100_000 + "\n}", "E0102"),
}


@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_hostile_texts_are_refused_in_bounded_time(case: str) -> None:
    """Each hostile text gets its message within seconds."""
    text, code = HOSTILE[case]
    begin = time.perf_counter()
    with pytest.raises(SourceError) as caught:
        parse(text)
    assert time.perf_counter() - begin < 20
    assert code in {each.code for each in caught.value.diagnostics}
    assert len(str(caught.value)) < 100_000


@pytest.mark.parametrize("case", ("four megabytes of opening brackets", "a million pipes", "a million missing commas"))
def test_hostile_texts_take_little_memory(case: str) -> None:
    """Tokens are made as they are read, so a hostile text costs little beyond itself."""
    tracemalloc.start()
    try:
        with pytest.raises(SourceError):
            parse(HOSTILE[case][0])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * MEGABYTES


DEEP = {
    "pipes": "x" + " -> f" * (DEEPEST - 5),
    "minuses": "-" * (DEEPEST - 5) + "x",
    "powers": "x" + "**x" * (DEEPEST - 5),
    "lists": "[" * 79 + "]" * 79,
    "calls": "f(" * 59 + ")" * 59,
    "records": "{a: " * 59 + "1" + "}" * 59,
    "branches": "if a { " * 47 + "1" + " } else { 2 }" * 47,
    "else": "if b { 1 } else " * 200 + "{ 2 }",
    "brackets": "(" * 79 + "1" + ")" * 79,
}


@pytest.mark.parametrize("form", DEEP)
def test_the_deepest_trees_can_be_walked(form: str) -> None:
    """Whatever can be read can be compared, hashed, shown, printed and pickled without touching Python's limit."""
    first, second = parse_expression(DEEP[form]), parse_expression(DEEP[form])
    assert first == second
    assert hash(first) == hash(second)
    assert repr(first) == repr(second)
    assert parse_expression(dump(first)) == first
    assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301 - made on this line
    assert copy.copy(first) == first


def test_long_but_flat_programs_are_read() -> None:
    """Length alone is no mistake: a file of 20,000 declarations and a list of 20,000 items are read."""
    module = parse("\n".join(f"let a{i} = {i}" for i in range(20_000)))
    assert len(module.declarations) == 20_000
    parse("let a = [" + ", ".join(map(str, range(20_000))) + "]")


def test_time_grows_with_the_text_alone() -> None:
    """Reading four times as much takes about four times as long, mistakes included."""

    def seconds(count: int) -> float:
        text = "net A(x: f32[N, 8]) {\n" + "  x = x -> f(1, [2, 3]) -> g\n" * count + "  x\n}\n"
        begin = time.perf_counter()
        parse(text)
        return time.perf_counter() - begin

    seconds(100)
    assert min(seconds(4000) for _ in range(3)) < 12 * min(seconds(1000) for _ in range(3))
