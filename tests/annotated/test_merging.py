"""Merging, calls with arguments missing, trees to read, and differences of values."""

import textwrap
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import symnas
from symnas.annotated import Symbolic
from symnas.errors import SearchError


@symnas.symbolic
class Unit:
    """A class of one's own."""

    def __init__(self, width: int, kernel: int = 3, inner: object = None) -> None:
        self.given = (width, kernel, inner)


trees = st.recursive(
    st.integers(), lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
)
mappings = st.dictionaries(st.text("abc", min_size=1, max_size=2), trees, max_size=3)


@given(mappings, mappings)
def test_merging_dictionaries(one: dict[str, Any], other: dict[str, Any]) -> None:
    """What both have is merged where both are dictionaries, else the last has the word; neither is changed."""

    def expected(base: Any, over: Any) -> Any:
        if not isinstance(over, dict):
            return over
        found = dict(base) if isinstance(base, dict) else {}
        return {**found, **{key: expected(found.get(key), each) for key, each in over.items()}}

    before, after = symnas.clone(one), symnas.clone(other)
    assert symnas.merge(one, other) == expected(one, other)
    assert symnas.merge(one, other, other) == symnas.merge(one, other)
    assert (one, other) == (before, after)


def test_merging_into_calls_rows_and_by_path() -> None:
    """Nested dictionaries and paths reach arguments and items; placeholders may be given; the base stays as it was."""
    width = symnas.oneof(8, 16)
    base = {"net": [Unit(width), Unit(width, kernel=5)], "train": {"lr": 0.1, "steps": 3}, "pair": (1, 2)}
    kept = symnas.clone(base)
    found = symnas.merge(
        base,
        {"train.lr": symnas.range(1e-4, 1e-1), "net": {0: {"kernel": 7}}, "pair[1]": 5},
        {"net[1].kernel": 9, "train": {"steps": symnas.MISSING, "seed": 0}, "more": {"x": {"y": 1}}},
    )
    assert symnas.equal(base, kept)
    assert [str(each) for each in symnas.diff(base, found)] == [
        "net[0].kernel: only in the second: 7",
        "net[1].kernel: 5 → 9",
        "train.lr: 0.1 → range(0.0001, 0.1)",
        "train.steps: only in the first: 3",
        "train.seed: only in the second: 0",
        "pair[1]: 2 → 5",
        "more: only in the second: {'x': {'y': 1}}",
    ]
    assert symnas.space_of(found).size == 2


def test_what_was_merged_is_no_longer_shared_with_the_override() -> None:
    """A later change of the result changes neither the base nor the override."""
    override = {"a": {"b": [1]}}
    found: Any = symnas.merge({"a": 1}, override)
    symnas.edit(found, {"a.b[0]": 2})
    assert override == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    ("overrides", "message"),
    (
        ({"trian.lr": 1}, "the whole has no 'trian'; did you mean `train`?"),
        ({"net": {"kernal": 1}}, "`Unit` has no argument `kernal`; did you mean `kernel`?"),
        ({"net.kernel": "x"}, "`Unit` needs `int` for `kernel`; `'x'` is of type str"),
        ({"rows": {7: 1}}, "`rows` has 2 items, so none is [7]"),
        ({"rows[0]": symnas.MISSING}, "`rows[0]` is an item of a row, which is not taken away alone"),
        ({"train.nothing": symnas.MISSING}, "`train` has no 'nothing'"),
        (3, "`merge` takes dictionaries after the value; 3 is of type int"),
    ),
)
def test_mistakes_in_overrides_are_named(overrides: Any, message: str) -> None:
    """Only the last step of a path may be new, and only in a dictionary."""
    with pytest.raises(SearchError) as caught:
        symnas.merge({"train": {"lr": 0.1}, "net": Unit(symnas.oneof(1, 2)), "rows": [1, 2]}, overrides)
    assert message in str(caught.value)


def test_a_call_with_arguments_missing() -> None:
    """It waits, takes placeholders, is completed by a copy or an edit, and says what it still needs where it stands."""
    unit = symnas.partial(Unit, kernel=symnas.oneof(3, 5))
    assert isinstance(unit, Symbolic)
    with pytest.raises(SearchError, match=r"`body\[0\]`: `Unit` still needs `width`; give it"):
        symnas.space_of({"body": [unit]})
    whole: Any = symnas.partial(unit, width=8)
    assert [each.build().given for each in symnas.space_of(whole)] == [(8, 3, None), (8, 5, None)]
    symnas.edit(unit, {"width": 4})
    assert symnas.space_of(unit)[1].build().given == (4, 5, None)
    with pytest.raises(SearchError, match="no argument `widht`; did you mean `width`"):
        symnas.partial(Unit, widht=3)
    with pytest.raises(SearchError, match="`Unit` needs `int` for `width`"):
        symnas.partial(unit, "wide")
    taken: Any = symnas.partial(Unit, 3)
    symnas.edit(taken, {"width": symnas.MISSING})
    with pytest.raises(SearchError, match="`Unit` still needs `width`"):
        symnas.space_of([taken])


def test_a_call_that_is_decided_waits_as_well() -> None:
    """`partial` of everything is a call that is made when it is built."""
    made: Any = symnas.space_of(symnas.partial(Unit, 3))[0].build()
    assert made.given == (3, 3, None)


def test_a_value_is_shown_as_a_tree() -> None:
    """With the ways at the top, what is shared at its first place, and what is missing."""
    width = symnas.oneof(8, 16, name="width")
    value = {
        "net": [Unit(width), Unit(width, kernel=symnas.oneof(3, 5))],
        "act": symnas.oneof(
            {"a": Unit(3, inner=symnas.subset(["one", "two", "three"])), "b": "a long name of a function"}
        ),
        "lr": symnas.range(1e-4, 1e-1, log=True),
        "order": symnas.permutation([Unit(symnas.oneof(1, 2)), "another long name", "and one more of that kind"]),
    }
    expected = """\
        dict of 4  # 1,296 ways, 1 continuous
          net: list of 2
            [0]: Unit
              width: oneof(8, 16, name='width')
            [1]: Unit
              width: the same as `net[0].width`
              kernel: oneof(3, 5)
          act: one of 2
            a: Unit(width=3, inner=subset(['one', 'two', 'three'], 0, 3))
            b: 'a long name of a function'
          lr: range(0.0001, 0.1, log=True)
          order: 3 in some order
            [0]: Unit(width=oneof(1, 2))
            [1]: 'another long name'
            [2]: 'and one more of that kind'"""
    shown = symnas.show(value)
    assert shown == textwrap.dedent(expected).replace("1,296", f"{symnas.space_of(value).size:,}")
    assert symnas.space_of(value).size == 2 * 2 * (8 + 1) * 6 * 2
    assert symnas.show([symnas.partial(Unit, kernel=5), 3]) == (
        "list of 2\n  [0]: Unit\n    kernel: 5\n    width: missing\n  [1]: 3"
    )
    assert symnas.show(3) == "3"


def test_differences_of_values() -> None:
    """By path: changed, added, removed, inserted in a row, and shared in one alone."""
    width = symnas.oneof(8, 16)
    one = [Unit(width), Unit(width), Unit(3)]
    other = [Unit(1), Unit(symnas.oneof(8, 16)), Unit(symnas.oneof(8, 16)), Unit(3)]
    symnas.edit(one, {"[0].inner": {"a": 1, "b": (1, 2)}})
    symnas.edit(other, {"[1].inner": {"b": (1, 3), "c": None}})
    assert [str(each) for each in symnas.diff(one, symnas.clone(one))] == []
    kept = symnas.clone(one)
    symnas.edit(kept, {"[1].width": symnas.oneof(8, 16)})
    assert [str(each) for each in symnas.diff(one, kept)] == ["[1].width: the same as `[0].width` → one of its own"]
    rows = [1, 2, 3]
    assert [str(each) for each in symnas.diff(rows, [0, 1, 2, 3])] == ["[0]: only in the second: 0"]
    assert [str(each) for each in symnas.diff([1, 2, 3, 4], [1, 4])] == [
        "[1]: only in the first: 2",
        "[2]: only in the first: 3",
    ]
    assert [str(each) for each in symnas.diff(symnas.oneof(1, 2), symnas.oneof(1, 3))] == [
        "the whole: oneof(1, 2) → oneof(1, 3)"
    ]
    assert [str(each) for each in symnas.diff({"a": 1}, {"a": 1.0})] == ["a: 1 → 1.0"]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    (
        (lambda: symnas.range(1, 8), lambda: symnas.range(1.0, 8.0), False),
        (lambda: {1: 2}, lambda: {True: 2}, False),
        (lambda: float("nan"), lambda: float("nan"), True),
        (lambda: 0.0, lambda: -0.0, False),
        (lambda: symnas.oneof(1, 2, name="a"), lambda: symnas.oneof(1, 2, name="b"), True),
        (lambda: symnas.manyof(1, [1, 2]), lambda: symnas.subset([1, 2], 1, 1), False),
        (lambda: (1, 2), lambda: [1, 2], False),
        (lambda: {"a": 1, "b": 2}, lambda: {"b": 2, "a": 1}, True),
    ),
)
def test_what_is_equal(one: Callable[[], Any], other: Callable[[], Any], alike: bool) -> None:
    """Types and kinds count, order of names and names of decisions do not."""
    assert symnas.equal(one(), other()) is alike
    assert symnas.equal([symnas.partial(Unit, inner=one())], [symnas.partial(Unit, inner=other())]) is alike


def test_candidates_are_changed_at_every_place_of_their_decision() -> None:
    """The placeholder is replaced by another one everywhere; clones keep theirs; undoing brings it back."""
    width = symnas.oneof(8, 16)
    inner = symnas.oneof(Unit(width), None)
    value: Any = [Unit(width), {"a": inner, "b": inner}, symnas.manyof(symnas.oneof(1, 2), ["x", "y"])]
    kept = symnas.clone(value)
    done = symnas.edit(value, {"[0].width[1]": 32, "[1].a[0].kernel": 5, "[2].least[0]": 0})
    assert str(value[0]) == "Unit(width=oneof(8, 32))"
    assert value[1]["a"] is value[1]["b"]
    assert value[1]["a"].candidates[0].width is value[0].width
    assert symnas.get(value, "[1].b[0].kernel") == 5
    assert symnas.space_of(value).size == 2 * 2 * (1 + 1)  # none or both of two
    assert str(kept) == str(symnas.clone(kept)) != str(value)
    done.undo()
    assert symnas.equal(value, kept)
    with pytest.raises(SearchError, match="the candidate 8 twice"):
        symnas.edit(value, {"[0].width[1]": 8})
    with pytest.raises(SearchError, match="not taken away alone"):
        symnas.edit(value, {"[0].width[1]": symnas.MISSING})
    assert symnas.equal(value, kept)


def test_a_clone_decides_alone() -> None:
    """Its decisions are its own, tied as they were; calls among candidates are not those of the other."""
    width = symnas.oneof(8, 16)
    unit = Unit(width)
    value: Any = [unit, symnas.oneof(unit, Unit(width, 5), None)]
    other = symnas.clone(value)
    assert symnas.equal(value, other)
    assert symnas.space_of([value, other]).size == symnas.space_of(value).size ** 2 == (2 * 3) ** 2
    symnas.edit(other, {"[1][1].kernel": 7, "[0].kernel": 9})
    assert other[1].candidates[0].kernel == 9
    assert [each.symnas_arguments.get("kernel") for each in value[1].candidates[:2]] == [None, 5]


def test_merging_into_what_was_made() -> None:
    """A dictionary changes the arguments of an object of a symbolic class, in the result alone."""
    base = {"unit": Unit(8)}
    found = symnas.merge(base, {"unit": {"kernel": symnas.oneof(3, 5)}})
    assert str(found) == "{'unit': Unit(width=8, kernel=oneof(3, 5))}"
    assert base["unit"].given == (8, 3, None)


def test_merging_ties_what_was_one() -> None:
    """A placeholder of the base that an override puts elsewhere is the same decision in the result."""
    base: dict[str, Any] = {"a": symnas.oneof(1, 2), "b": 3}
    assert symnas.space_of(symnas.merge(base, {"b": base["a"]})).size == 2


def test_what_an_edit_takes_away_comes_back_in_its_order() -> None:
    """Undoing restores the order of a dictionary, too."""
    value = {"a": 1, "b": 2, "c": 3}
    done = symnas.edit(value, {"a": symnas.MISSING, "b": 5})
    assert value == {"b": 5, "c": 3}
    done.undo()
    assert list(value.items()) == [("a", 1), ("b", 2), ("c", 3)]


def test_what_an_edit_replaces_is_not_looked_into() -> None:
    """A function is asked for the outer part first; what it replaces stays as it is given."""
    value: Any = [Unit(symnas.oneof(1, 2), inner=Unit(symnas.oneof(3, 4)))]
    new = symnas.partial(Unit, 7)
    symnas.edit(value, lambda path, part: new if path == "[0]" else 9 if path.endswith("width") else part)
    assert value[0] is new
    assert symnas.get(new, "width") == 7


def test_keys_of_any_kind_have_paths() -> None:
    """Paths as `walk` gives them lead back, whatever the keys are."""
    value = {"a b": 1, "it's": 2, 'say "x"': 3, 4: 5, -1.5: 6, None: 7, (1, 2): 8, "x]": {"y": 9}}
    for path, part in symnas.walk(value):
        assert symnas.get(value, path) is part


@given(st.data())
def test_editing_and_undoing_is_nothing(data: st.DataObject) -> None:
    """Whatever is put wherever, at once or after a mistake, comes back."""
    width = symnas.oneof(1, 2)
    value: Any = {"a": [Unit(width), (1, Unit(width, inner=[1])), symnas.subset([1, [width]])], "b": {"c": width}}
    kept = symnas.clone(value)
    paths = [path for path, _ in symnas.walk(value) if path]
    new = st.sampled_from([7, [8], width, symnas.MISSING, {"x": symnas.oneof(3, 4)}])
    changes = data.draw(st.dictionaries(st.sampled_from([*paths, "b.nothing"]), new, min_size=1, max_size=4))
    with suppress(SearchError):
        symnas.edit(value, changes).undo()
    assert symnas.equal(value, kept)
    assert list(value) == list(kept)


@pytest.mark.parametrize(("call", "argument"), ((symnas.edit, 3), (symnas.get, 0), (symnas.get, "a b")))
def test_wrong_kinds_of_arguments_are_named(call: Callable[[object, Any], object], argument: object) -> None:
    """An edit takes changes, a path is a text."""
    with pytest.raises(SearchError, match=r"an edit is|a path is a text|is no path"):
        call([1], argument)


def test_objects_that_were_made_are_read_and_replaced() -> None:
    """Their arguments have paths; an edit puts a call in their place, everywhere, and undoing brings them back."""
    unit = Unit(8, inner=[Unit(4)])
    value: Any = {"a": unit, "b": [unit], "c": symnas.oneof(Unit(2), None)}
    before = dict(value)
    assert symnas.query(value, "*.width") == {
        "a.width": 8, "a.inner[0].width": 4, "b[0].width": 8, "b[0].inner[0].width": 4, "c[0].width": 2,
    }  # fmt: skip
    done = symnas.edit(value, {"a.kernel": symnas.oneof(3, 5), "c[0].width": symnas.oneof(2, 3)})
    assert str(value["a"]) == "Unit(width=8, inner=[Unit(width=4)], kernel=oneof(3, 5))"
    assert value["a"] is value["b"][0]
    assert symnas.space_of(value).size == 2 * 3
    made = symnas.space_of(value)[0].build()
    assert made["a"] is made["b"][0]
    done.undo()
    assert value == before
    deeper = symnas.edit(value, {"a.inner[0].width": 5})
    assert symnas.get(value, "b[0].inner[0].width") == 5
    assert symnas.get(unit, "inner[0].width") == 4  # what was made is never touched
    assert str(value["b"]) == "[Unit(width=8, inner=[Unit(width=5)])]"
    assert symnas.space_of(value)[0].build()["a"].given[2][0].given == (5, 3, None)
    deeper.undo()
    assert value["a"] is value["b"][0] is unit
    with pytest.raises(SearchError, match="the whole is a `Unit` that is decided or made already"):
        symnas.edit(unit, {"kernel": 5})
    with pytest.raises(SearchError, match="`Unit` has no argument `kernal`; did you mean `kernel`"):
        symnas.edit(value, {"a.kernal": 5})
    waiting: Any = symnas.partial(unit, kernel=symnas.oneof(3, 5))
    assert symnas.space_of(waiting).size == 2
    assert symnas.equal(symnas.partial(unit), unit)
    assert symnas.equal(Unit(3), Unit(3))
    assert [str(each) for each in symnas.diff([Unit(3)], [Unit(4)])] == ["[0].width: 3 → 4"]
    assert symnas.fingerprint(Unit(3)) == symnas.fingerprint(symnas.partial(Unit, 3))


def test_an_object_made_of_itself_is_named() -> None:
    """What was made with a list that holds it cannot be walked for ever."""
    row: list[Any] = []
    row.append(Unit(1, inner=row))
    for call in (lambda: list(symnas.walk(row)), lambda: symnas.to_json(row), lambda: symnas.query(row)):
        with pytest.raises(SearchError, match=r"`\[0\].inner` (would )?contains? itself: it is the whole"):
            call()
