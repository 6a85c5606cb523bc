"""Values as JSON: exact round trips, names that are trusted, and texts that are refused."""

import enum
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symnas
from symnas.annotated import Symbolic
from symnas.annotated.placeholders import Placeholder
from symnas.errors import SearchError


@symnas.symbolic
class Layer:
    """A class of one's own."""

    def __init__(self, width: Any, inner: Any = None, *others: Any, **named: Any) -> None:
        self.given = (width, inner, others, named)


class Stranger:
    """A class that nobody marked."""


class Mode(enum.Enum):
    """Members have names."""

    FAST = 1


@symnas.symbolic
def joined(*parts: Any, rate: float = 0.5) -> Any:
    """A function of one's own."""
    return (parts, rate)


Wrapped = symnas.symbolic(Stranger)

plain = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=3),
    st.sampled_from([int, Layer, joined, Wrapped, Stranger]), st.integers().map(Layer),
)  # fmt: skip
ranges = st.one_of(
    st.tuples(st.integers(-5, 5), st.integers(6, 9)).map(lambda ends: symnas.range(*ends, name="n")),
    st.floats(0.5, 1.0).map(lambda low: symnas.range(low, 2.0, log=True)),
    st.floats(0.125, 0.5).map(lambda step: symnas.range(0.0, 1.0, step=step)),
)


def wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Everything that holds *inner*, shared or not."""
    some = st.lists(inner, max_size=3)
    different = st.lists(inner, min_size=1, max_size=3).map(lambda parts: [[*pair] for pair in enumerate(parts)])
    return st.one_of(
        some,
        some.map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(), st.booleans()), inner, max_size=3),
        st.builds(symnas.partial, st.just(Layer), inner, named=inner),
        some.map(lambda parts: symnas.partial(joined, *parts)),
        different.map(lambda each: symnas.oneof(*each)),
        different.map(lambda each: symnas.oneof({str(n): x for n, x in enumerate(each)}, prior={"0": 0.3})),
        different.map(lambda each: symnas.subset(each, 0, symnas.oneof(*range(len(each) + 1)))),
        st.builds(
            symnas.manyof, st.just(1), different, distinct=st.booleans(), sorted=st.booleans(), name=st.just("some")
        ),
        inner.map(lambda each: symnas.several(symnas.range(0, 2), each)),
        different.map(symnas.permutation),
        inner.map(lambda each: [each, {"again": each}]),
    )


values = st.recursive(st.one_of(plain, ranges), wider, max_leaves=8)
KNOWN = (Layer, joined, Stranger)


@settings(max_examples=200)
@given(values)
def test_reading_what_was_written_gives_an_equal_value(value: Any) -> None:
    """Calls, placeholders, containers, floats and what is shared come back as they were; so does the text."""
    text = symnas.to_json(value, known=KNOWN)
    again = symnas.from_json(text, known=KNOWN)
    assert symnas.equal(again, value)
    assert symnas.diff(again, value) == []
    assert symnas.to_json(again, known=KNOWN) == text
    assert symnas.fingerprint(again, known=KNOWN) == symnas.fingerprint(value, known=KNOWN)
    assert [each.name for _, each in symnas.walk(again) if isinstance(each, Placeholder)] == [
        each.name for _, each in symnas.walk(value) if isinstance(each, Placeholder)
    ]


@given(values, values)
def test_equal_values_have_equal_fingerprints_and_no_differences(one: Any, other: Any) -> None:
    """`equal`, `diff` and `fingerprint` say the same."""
    equal = symnas.equal(one, other)
    assert equal == (symnas.diff(one, other) == [])
    assert equal == (symnas.fingerprint(one, known=KNOWN) == symnas.fingerprint(other, known=KNOWN))


def test_the_text_is_plain() -> None:
    """Lists, dictionaries and plain values are themselves; the rest says what it is, and shared things have numbers."""
    width = symnas.oneof(8, 16, name="width")
    value = {"net": [Layer(width), Layer(width, (1, 2.0))], "lr": 0.1}
    module = Layer.__module__
    assert json.loads(symnas.to_json(value)) == {
        "net": [
            {
                "$call": f"{module}:Layer",
                "with": {"width": {"$shared": 1, "is": {"$oneof": [8, 16], "name": "width"}}},
            },
            {"$call": f"{module}:Layer", "with": {"width": {"$shared": 1}, "inner": {"$tuple": [1, 2.0]}}},
        ],
        "lr": 0.1,
    }


def test_one_decision_stays_one() -> None:
    """What stood at two places does so again, and is decided once."""
    width = symnas.oneof(8, 16)
    block = Layer(width)
    again = symnas.from_json(symnas.to_json([block, block, Layer(width)]))
    assert again[0] is again[1]
    assert again[0].width is again[2].width
    assert symnas.space_of(again).size == 2


def test_an_object_is_written_as_its_call() -> None:
    """It comes back as a call that waits, which building makes."""
    again = symnas.from_json(symnas.to_json({"a": Layer(3, joined), "b": symnas.oneof(1, 2)}))
    assert isinstance(again["a"], Symbolic)
    made = symnas.space_of(again)[0].build()
    assert made["a"].given == (3, joined, (), {})


class Deeper(Layer):
    """A class below a symbolic one, which nobody marked."""


def test_classes_below_are_known() -> None:
    """They take placeholders, so their calls can be read."""
    value = Deeper(symnas.oneof(1, 2))
    assert symnas.equal(symnas.from_json(symnas.to_json(value)), value)


def test_names_for_anything() -> None:
    """What has no name of its own is given one, for writing and for reading; members of enumerations have theirs."""
    thing = object()
    text = symnas.to_json([symnas.oneof(thing, 1), Mode.FAST], known=[{"thing": thing}])
    again = symnas.from_json(text, known=[{"thing": thing}, Mode])
    assert again[0].candidates[0] is thing
    assert again[1] is Mode.FAST


def test_a_module_stands_for_what_it_shows() -> None:
    """Classes and functions of a module that is passed are known, whatever module they come from."""
    value = symnas.partial(json.JSONDecoder, strict=symnas.oneof(True, False))
    text = symnas.to_json(value)
    assert "json.decoder:JSONDecoder" in text
    assert symnas.equal(symnas.from_json(text, known=[json]), value)
    assert symnas.equal(symnas.from_json(text, known=json), value)
    assert symnas.equal(symnas.from_json(text, known=json.JSONDecoder), value)


def test_reading_imports_and_runs_nothing() -> None:
    """A name that leads to a module of the library, marked by nobody, is refused; nothing of it is loaded."""
    code = (
        "import sys, symnas\n"
        'for text in (\'{"$call": "os:system", "with": {"command": "echo run"}}\', \'{"$name": "antigravity:fly"}\'):\n'
        "    try: symnas.from_json(text)\n"
        "    except symnas.SearchError as error: print(error)\n"
        "print('antigravity' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "`os:system` is not known here" in said
    assert "reading imports nothing: import `antigravity`" in said
    assert said.endswith("False\n")


@pytest.mark.parametrize(
    ("data", "message"),
    (
        ("[1,", "no JSON: Expecting value"),
        ('{"$cal": "x"}', "the whole: there is no `$cal`; did you mean `$call`?"),
        ('{"a": {"$call": "JOINED", "with": {"rate": "x"}}}', "`a`: `joined` needs `float` for `rate`; `'x'`"),
        ('{"$call": "JOINED", "with": {"rat": 1}}', "`joined` has no argument `rat`; did you mean `rate`?"),
        ('{"$call": "builtins:bytes", "with": {}}', "no symbolic class or function"),
        ('{"$call": "LAYER"}', "`$call` is not written like this"),
        ('{"$oneof": [3, 5], "nam": "x"}', "`$oneof` has no `nam`; did you mean `name`?"),
        ('{"$oneof": []}', "at least one candidate"),
        ('{"$oneof": [1, 2], "labels": ["a"]}', "a label of its own for each"),
        ('{"$oneof": [3, 3]}', "the candidate 3 twice"),
        ('{"$range": [3, 1]}', "goes up"),
        ('{"$range": ["a", "b"]}', "takes numbers"),
        ('{"$manyof": [1, 2], "least": 3}', "of 2 candidates, 3 cannot be chosen"),
        ('{"$shared": 4}', "shared as 4 was not written before"),
        ('{"$name": 3}', "is not written like this"),
        ('{"$dict": [[[1], 2]]}', "is not written like this"),
        ("[" * 100_000, "nested too deep"),
    ),
)
def test_wrong_texts_are_refused_with_their_place(data: str, message: str) -> None:
    """The message says where, and what is near."""
    data = data.replace("LAYER", f"{Layer.__module__}:Layer").replace("JOINED", f"{joined.__module__}:joined")
    with pytest.raises(SearchError) as caught:
        symnas.from_json(data, known=[json])
    assert message in str(caught.value)


TAGS = st.sampled_from(
    "$call $name $symbolic $oneof $range $manyof $subset $permutation $several $tuple $dict $float $bytes $shared is with "
    "labels prior name step log least most width inner a".split()
)
NAMES = st.sampled_from([f"{Layer.__module__}:Layer", "builtins:int", "os:system", "nan", "a"])
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 3), st.floats(), NAMES, st.text(max_size=2)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TAGS, inner, max_size=3)),
    max_leaves=12,
)


@settings(max_examples=500)
@given(anything)
def test_whatever_is_read_gives_a_value_or_a_message(data: Any) -> None:
    """What can be read can be written again and stays the same; nothing else than a message comes of the rest."""
    try:
        value = symnas.from_json(json.dumps(data))
    except SearchError:
        return
    assert symnas.equal(symnas.from_json(symnas.to_json(value)), value)


def test_texts_that_files_cannot_hold_are_escaped() -> None:
    """Halves of characters come back as well; other texts are written as they are."""
    assert symnas.from_json(symnas.to_json("\ud800").encode()) == "\ud800"
    assert symnas.to_json("é") == '"é"'
    assert len(symnas.fingerprint("\ud800")) == 64


def cycle() -> Any:
    """A value that contains itself."""
    found: dict[str, Any] = {"x": {}}
    found["x"]["y"] = found
    return found


@pytest.mark.parametrize(
    ("made", "message"),
    (
        (
            lambda: {"a": [Layer(symnas.oneof(1, 2), inner=object())]},
            "`a[0].inner`: what is of type object has no text",
        ),
        (lambda: [lambda: 3], "`[0]`: what is of type function has no text"),
        (lambda: [type("Local", (), {})], "leads to something else by now"),
        (cycle, "contain itself"),
        (lambda: 10**5000, "has no text"),
    ),
)
def test_what_has_no_text_is_refused_with_its_place(made: Callable[[], Any], message: str) -> None:
    """Nothing is written that could not be read."""
    with pytest.raises(SearchError) as caught:
        symnas.to_json(made())
    assert message in str(caught.value)


def test_fingerprints_are_the_same_in_every_process() -> None:
    """Neither the seed of hashes nor the order of arguments or names matter; what is decided once is not twice."""
    code = (
        "import symnas, json\n"
        "given = {{'strict': symnas.oneof(True, False, name='{}'), 'object_hook': dict([('a', 1), (3, 2)][::{}])}}\n"
        "value = symnas.partial(json.JSONDecoder, **dict(list(given.items())[::{}]))\n"
        "print(symnas.fingerprint(value))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code.format(*words)], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed, words in (("1", ("n", 1, 1)), ("2", ("m", -1, -1)))
    }  # fmt: skip
    assert len(found) == 1
    pinned = "dc6fe7075b8834a80559e8dc4880539d328ea28d90b3a26747fc6731d96d3801"  # what is stored must not change
    assert symnas.fingerprint({"b": int, "a": [1, symnas.oneof(3, 5, name="n")]}) == pinned
    one, other = symnas.oneof(1, 2), symnas.oneof(1, 2)
    assert symnas.fingerprint([one, one]) != symnas.fingerprint([one, other])
    assert symnas.fingerprint([1]) != symnas.fingerprint([1.0]) != symnas.fingerprint([True])
