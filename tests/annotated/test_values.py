"""Symbolic classes, functions and values: made, read, edited, and refused where they are wrong."""

import copy
import inspect
import pickle
from random import Random

import pytest
from torch import nn

import symnas
from symnas.annotated import Symbolic, arguments_of
from symnas.errors import SearchError


@symnas.symbolic
class Block(nn.Module):
    """A layer of one's own, as a user would have it."""

    def __init__(self, channels: int, kernel: int = 3, act: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, kernel, padding=kernel // 2)
        self.act = act()


class Wider(Block):
    """A subclass that nobody marked."""

    def __init__(self, channels: int) -> None:
        super().__init__(2 * channels)


@symnas.symbolic
def pipeline(*steps: object, rate: float = 0.1, **others: object) -> tuple[object, ...]:
    """A function of any arguments."""
    return (steps, rate, others)


def test_a_call_without_placeholders_gives_the_object() -> None:
    """It is an ordinary object of its class, and remembers its arguments."""
    block = Block(4, act=nn.GELU)
    assert type(block) is Block
    assert arguments_of(block) == {"channels": 4, "act": nn.GELU}
    assert type(Wider(2)) is Wider
    assert Wider(2).conv.in_channels == 4


def test_objects_stay_ordinary() -> None:
    """Copies and pickles keep the weights, and the class keeps its signature."""
    block = Block(4)
    for other in (copy.deepcopy(block), pickle.loads(pickle.dumps(block))):  # noqa: S301 (made here)
        assert all(one.equal(two) for one, two in zip(block.parameters(), other.parameters(), strict=True))
    assert list(inspect.signature(Block).parameters) == ["channels", "kernel", "act"]


def test_a_call_with_placeholders_waits() -> None:
    """Nothing is made; the arguments can be read by name."""
    value = Block(symnas.oneof(4, 8), kernel=5)
    assert isinstance(value, Symbolic)
    assert value.kernel == 5
    assert isinstance(Wider(symnas.oneof(1, 2)), Symbolic)


def test_classes_of_others_are_left_alone() -> None:
    """`symbolic(nn.Conv2d)` makes calls that wait, and ordinary layers."""
    conv = symnas.symbolic(nn.Conv2d)
    assert isinstance(conv(symnas.oneof(1, 3), 8, 1), Symbolic)
    assert type(conv(3, 8, 1)) is nn.Conv2d
    assert type(nn.Conv2d(3, 8, 1)) is nn.Conv2d


def test_functions_with_any_arguments() -> None:
    """Arguments in a row and arguments of any name are kept, and given back as they were."""
    space = symnas.space_of(pipeline("a", symnas.oneof("b", "c"), rate=symnas.oneof(0.5, 1.0), other=(1, None)))
    assert [each.build() for each in space] == [
        (("a", step), rate, {"other": (1, None)}) for step in ("b", "c") for rate in (0.5, 1.0)
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    (
        (lambda: Block(symnas.oneof(4, 8), kernal=3), "no argument `kernal`; did you mean `kernel`?"),  # type: ignore[call-arg]  # it is wrong
        (lambda: Block(kernel=symnas.oneof(3, 5)), "missing a required argument: 'channels'"),  # type: ignore[call-arg]  # it is wrong
        (symnas.oneof, "at least one candidate"),
        (lambda: symnas.oneof(3, 5, 3), "the candidate 3 twice"),
        (lambda: symnas.range(3, 1), "goes up"),
        (lambda: symnas.range(0.0, 1.0, log=True), "above 0"),
        (lambda: symnas.oneof(3, 5, prior=[1]), "a probability for each of the 2"),
        (lambda: bool(symnas.oneof(3, 5)), "neither true nor false"),
        (lambda: symnas.get(Block(symnas.oneof(4, 8)), "kernal"), "no argument `kernal`"),
        (lambda: symnas.get([Block(symnas.oneof(4, 8))], "[1].kernel"), "has 1 items"),
        (lambda: symnas.edit(Block(symnas.oneof(4, 8)), {"kernal": 3}), "did you mean `kernel`?"),
    ),
)
def test_mistakes_are_named_at_once(call: object, message: str) -> None:
    """What is wrong is said where it is given, with the nearest right name."""
    with pytest.raises(SearchError) as caught:
        call()  # type: ignore[operator]  # a function of the table
    assert message in str(caught.value)


def test_editing_by_path_and_by_function() -> None:
    """Parts are exchanged where they stand, and an edit can be taken back."""
    value = {"blocks": [Block(symnas.oneof(4, 8)), Block(symnas.oneof(4, 8), kernel=5)], "sizes": (1, 2)}
    before = symnas.clone(value)
    done = symnas.edit(value, {"blocks[0].kernel": 7, "sizes[1]": 3, "blocks[1].act": symnas.oneof(nn.ReLU, nn.GELU)})
    assert symnas.get(value, "blocks[0].kernel") == 7
    assert value["sizes"] == (1, 3)
    assert not symnas.equal(value, before)
    done.undo()
    assert symnas.equal(value, before)
    symnas.edit(value, lambda path, part: 9 if path.endswith("kernel") else part)
    assert symnas.query(value, "blocks[*].kernel") == {"blocks[1].kernel": 9}


def test_a_failed_edit_changes_nothing() -> None:
    """The first change is undone where the second one is wrong."""
    value = Block(symnas.oneof(4, 8))
    before = symnas.clone(value)
    with pytest.raises(SearchError):
        symnas.edit(value, {"kernel": 7, "kernal": 3})
    assert symnas.equal(value, before)


def test_a_cycle_is_refused_with_its_path() -> None:
    """A value cannot contain itself, by an edit or as it was made."""
    value = {"x": {"y": symnas.oneof(1, 2)}}
    with pytest.raises(SearchError, match=r"`x\.y` would contain itself: it is the whole"):
        symnas.edit(value, {"x.y": value})
    assert symnas.space_of(value).size == 2
    value["x"]["y"] = value  # type: ignore[assignment]  # what must not be
    with pytest.raises(SearchError, match="contains itself"):
        symnas.space_of(value)


def test_one_object_used_twice_stays_one() -> None:
    """It is decided once and built once, in copies as well; equal objects stay two."""
    block = Block(symnas.oneof(4, 8))
    space = symnas.space_of(symnas.clone({"a": block, "b": [block], "c": Block(symnas.oneof(4, 8))}))
    assert space.size == 4
    made = space.sample(Random(0)).build()
    assert made["a"] is made["b"][0]  # type: ignore[index]  # a list of blocks
    assert made["a"] is not made["c"]


def test_lists_and_records_used_twice_stay_one() -> None:
    """What holds a placeholder is one object at all its places; what holds none is given as it is."""
    sizes, plain = [symnas.oneof(1, 2)], {"x": 3}
    record = {"sizes": sizes}
    made = symnas.space_of([sizes, record, record, plain, plain])[1].build()
    assert made == [[2], {"sizes": [2]}, {"sizes": [2]}, {"x": 3}, {"x": 3}]
    assert made[0] is made[1]["sizes"]  # type: ignore[index]  # a record
    assert made[1] is made[2]
    assert made[3] is made[4] is plain


def test_symbolic_values_are_pickled() -> None:
    """A value that waits travels to other processes, with what stands in it twice."""
    block = Block(symnas.oneof(4, 8))
    other = pickle.loads(pickle.dumps([block, block]))  # noqa: S301 (made here)
    assert other[0] is other[1]
    assert symnas.space_of(other).size == 2


def test_finding_parts() -> None:
    """By path, by class and by what they are."""
    value = [Block(symnas.oneof(4, 8)), {"k": Block(symnas.oneof(2, 4), kernel=5)}]
    assert set(symnas.query(value, kind=Block)) == {"[0]", "[1].k"}
    assert set(symnas.query(value, where=lambda each: each == 5)) == {"[1].k.kernel"}
    assert [path for path, _ in symnas.walk(value)][:4] == ["", "[0]", "[0].channels", "[0].channels[0]"]
