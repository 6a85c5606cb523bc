"""Rules of the language on Python values: what matches, what is put down, and that the value itself stays as it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import symnas
from symnas.annotated.rules import RewrittenValue
from symnas.errors import SearchError, SourceError


class ReLU:
    """An activation."""


class SiLU:
    """Another one."""


@symnas.symbolic
class Block:
    """A layer with a width, a size and an activation."""

    def __init__(self, width: Any, kernel: Any = 3, act: Any = ReLU) -> None:
        self.width, self.kernel, self.act = width, kernel, act


@symnas.symbolic
class Stack:
    """Layers one after the other."""

    def __init__(self, *layers: Any, name: str = "stack") -> None:
        self.layers = layers


def net() -> Any:
    """Two stacks, one in the other."""
    return symnas.partial(
        Stack, Block(4), symnas.partial(Stack, Block(8, 5), Block(16, act=SiLU), name="inner"), {"head": Block(32)}
    )


def texts(done: RewrittenValue[Any]) -> list[str]:
    """What acted where, a line each."""
    return done.report.splitlines()


def test_arguments_are_matched_by_name_with_defaults_filled() -> None:
    """What a pattern leaves out has its default, by position or by name, unless `$*rest` takes it."""
    assert texts(symnas.rewrite(net(), "Block($w) => Block($w * 2)")) == [
        "layers[0]: rule_1: Block(width=4) → Block(width=8)",
        "layers[2].head: rule_1: Block(width=32) → Block(width=64)",
    ]
    assert texts(symnas.rewrite(net(), "Block($w, kernel = 5) => Block($w, 7)")) == [
        "layers[1].layers[0]: rule_1: Block(width=8, kernel=5) → Block(width=8, kernel=7)"
    ]
    assert texts(symnas.rewrite(net(), "Block($w, 3, $*rest) where $w >= 16 => Block($w // 2, 3, $*rest)")) == [
        "layers[1].layers[1]: rule_1: Block(width=16, act=SiLU) → Block(width=8, kernel=3, act=SiLU)",
        "layers[2].head: rule_1: Block(width=32) → Block(width=16, kernel=3)",
    ]


def test_the_value_itself_stays() -> None:
    """What is not touched is shared with the new value; undoing gives the old one."""
    value = net()
    before = symnas.to_json(value)
    done = symnas.rewrite(value, "Block($w, act = SiLU) => Block($w)")
    assert symnas.to_json(value) == before
    assert done.undo() is value
    assert done.value.layers[0] is value.layers[0]
    assert symnas.rewrite(value, "Block($w, 9) => Block($w)").value is value


def test_classes_as_arguments() -> None:
    """A name alone as an argument is the class itself, or a call of it; behind `=>` the class."""
    done = symnas.rewrite(net(), "Block($w, $k, SiLU) => Block($w, $k, ReLU)")
    assert texts(done) == [
        "layers[1].layers[1]: rule_1: Block(width=16, act=SiLU) → Block(width=16, kernel=3, act=ReLU)"
    ]
    assert done.value.layers[1].layers[1].act is ReLU


def test_placeholders_make_a_space() -> None:
    """A replacement may leave something to be decided, anew at each match."""
    done = symnas.rewrite(net(), "Block($w, 3, $*rest) => Block($w, oneof(3, 5), $*rest)")
    assert symnas.space_of(done.value).size == 2**3
    again = symnas.rewrite(done.value, "Block($w, 5, $*rest) => Block($w)")
    assert texts(again) == ["layers[1].layers[0]: rule_1: Block(width=8, kernel=5) → Block(width=8)"]
    assert list(again.undecided) == ["layers[0]: rule_1", "layers[1].layers[1]: rule_1", "layers[2].head: rule_1"]


def test_candidates_are_rewritten_where_they_stand() -> None:
    """A call among the candidates of a placeholder is a place like others."""
    value = symnas.partial(Stack, symnas.oneof(Block(4), Block(8)))
    done = symnas.rewrite(value, "Block(4) => Block(6)")
    assert str(done.value) == "Stack(layers=[oneof(Block(width=6), Block(width=8))])"


def test_chains_are_neighbours_in_a_list() -> None:
    """Stages stand one behind the other; what is put down takes their place, however many stages it has."""
    value = [Block(4), Block(4), Block(8), Block(4), Block(4), Block(4)]
    done = symnas.rewrite(value, "Block($w) as $first -> Block($w) => $first")
    assert [each.width for each in done.value] == [4, 8, 4, 4]
    assert done.value[0] is value[0]
    longer = symnas.rewrite(net(), "Block($w, 5) as $b => $b -> Block($w)")
    assert [each.width for each in longer.value.layers[1].layers] == [8, 8, 16]
    assert longer.firings[0].after == "Block(width=8, kernel=5) -> Block(width=8)"
    with pytest.raises(SearchError, match="where one thing stands"):
        symnas.rewrite(net(), "Block(32) as $b => $b -> $b")


def test_repeated_variables_alternatives_and_conditions_on_the_place() -> None:
    """`$w` is the same wherever it stands; `oneof` takes either; `$f.path in Stack` asks what it stands in."""
    value = [Block(3, 3), Block(3, 5), symnas.partial(Stack, Block(7, 7))]
    assert len(symnas.rewrite(value, "Block($n, $n) => Block(1)").firings) == 2
    assert len(symnas.rewrite(value, "oneof(Block(3, 5), Block(7, 7)) as $b => Stack($b)").firings) == 2
    inside = symnas.rewrite(value, "Block($*rest) as $f where $f.path in Stack => Block(1)")
    assert [each.path for each in inside.firings] == ["[2].layers[0]"]
    assert not symnas.rewrite(value, "Block($w, $k) where not ($w in [3, 7]) => Block(1)").firings


def test_at_and_fixpoint() -> None:
    """`at` takes the matches at a path or below; to a fixed point a rule goes on until it matches no more."""
    done = symnas.rewrite(net(), "Block($w, $*rest) => Block(1, $*rest)", at="layers[1]")
    assert [each.path for each in done.firings] == ["layers[1].layers[0]", "layers[1].layers[1]"]
    halved = symnas.rewrite(Block(64), "Block($w, $*r) where $w > 5 => Block($w // 2, $*r)", fixpoint=True)
    assert str(halved.value) == "Block(width=4)"
    assert len(halved.firings) == 4
    with pytest.raises(SearchError, match="no fixed point within 20"):
        symnas.rewrite(Block(1), "Block($w) => Block($w + 1)", fixpoint=True, fuel=20)
    with pytest.raises(SearchError, match=r"no rule matches at `layers\[7\]`"):
        symnas.rewrite(net(), "Block($w) => Block(1)", at="layers[7]")


@pytest.mark.parametrize(
    ("text", "said"),
    (
        ("Block($w) => Blok($w)", "did you mean `Block`"),
        ("Block($w, krnel = 3) => Block($w)", "did you mean `kernel`"),
        ("Block($w, 3, ReLU, 4) => Block($w)", "has 3 arguments"),
        ("Block($w) => Block($w.size)", "`size` is no argument"),
        ("Block($w) => Block($w / 0)", "division by zero"),
        ("Block($w) => Block($w, depth = 2)", "`depth`"),
    ),
)
def test_mistakes(text: str, said: str) -> None:
    """What a rule names has to be there; the message says what is."""
    with pytest.raises(SearchError, match=said):
        symnas.rewrite(net(), text)


def test_rules_that_cannot_be_read() -> None:
    """A mistake in the text of a rule is shown in it."""
    with pytest.raises(SourceError, match="never closed"):
        symnas.rewrite(net(), "Block(")
    with pytest.raises(SearchError, match="say which rules"):
        symnas.rewrite(net())


def test_what_is_called_may_be_given() -> None:
    """A class that the value does not call, and its modules do not have, is given with `using`."""

    class Local:
        """Known here alone."""

    with pytest.raises(SearchError, match="using"):
        symnas.rewrite(net(), "Block(4) => Local")
    assert str(symnas.rewrite(net(), "Block(4) => Local", using=[Local]).value.layers[0]) == "Local()"


values = st.recursive(
    st.builds(Block, st.integers(1, 3), st.integers(1, 3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.builds(lambda layers: symnas.partial(Stack, *layers), st.lists(inner, max_size=4)),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    ),
    max_leaves=12,
)


@given(values)
def test_a_rule_whose_sides_are_equal_changes_nothing(value: Any) -> None:
    """It acts at every call that matches, and what comes of it is equal to what was."""
    done = symnas.rewrite(value, "Block($w, $k, $*rest) => Block($w, $k, $*rest)")
    assert len(done.firings) == sum(isinstance(each, Block) for each in symnas.query(value).values())
    assert symnas.space_of(done.value).size == 1
    assert str(symnas.clone(done.value)) == str(done.value)


@given(values, st.integers(1, 3), st.integers(1, 3))
def test_matching_agrees_with_looking_at_every_call(value: Any, width: int, kernel: int) -> None:
    """Matches are those calls whose arguments are as the pattern says, outer ones first."""
    done = symnas.rewrite(value, f"Block({width}, {kernel}) => Block(9)")
    naive = [
        path
        for path, each in symnas.walk(value)
        if isinstance(each, Block) and (each.width, each.kernel) == (width, kernel)
    ]
    assert [each.path for each in done.firings] == naive
