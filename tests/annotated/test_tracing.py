"""What constructors and functions make inside, reached by tracing."""

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from torch import nn

import symnas
from symnas.errors import SearchError


@symnas.symbolic
class Unit(nn.Module):
    """A convolution, made of another symbolic call."""

    def __init__(self, channels: int, kernel: int = 3, act: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.conv = conv(channels, kernel)
        self.act = act()


@symnas.symbolic
def conv(channels: int, kernel: int) -> nn.Conv2d:
    """A convolution that keeps the size."""
    return nn.Conv2d(channels, channels, kernel, padding=kernel // 2)


@symnas.symbolic
class Other(nn.Module):
    """Something else than a unit."""

    def __init__(self, size: int = 1) -> None:
        super().__init__()
        self.size = size


class Halved(Unit):
    """A unit that is initialised in its own way."""

    def __init__(self) -> None:
        super().__init__(4)


@symnas.symbolic
class Net(nn.Module):
    """A stem and some stages; `wide` puts another unit before them."""

    def __init__(self, channels: int = 8, depth: int = 2, *, wide: bool = False) -> None:
        super().__init__()
        self.extra = Unit(channels, 1) if wide else None
        self.stem = Unit(channels)
        self.stages = nn.Sequential(*(Unit(2 * channels, kernel=5) for _ in range(depth)))
        self.sizes = {"all": size(channels)}


@symnas.symbolic
def size(channels: int) -> int:
    """A number, of which there is no telling where it came from."""
    return channels + 1


def kernel(unit: Any) -> int:
    """The kernel of a unit."""
    found: int = unit.conv.kernel_size[0]
    return found


def test_what_is_made_inside_is_shown_by_where_it_is_found() -> None:
    """Attributes, modules, lists and dictionaries give the paths; what is not found is called by what made it."""
    net: Any = symnas.traced(Net, 8)
    assert list(net.inside) == ["stem", "stem.conv", "stages.0", "stages.0.conv", "stages.1", "stages.1.conv", "size"]
    assert symnas.get(net, "inside['stages.1'].kernel") == 5
    assert symnas.get(net, "inside.stem.channels") == net.channels == 8
    assert list(symnas.query(net, kind=Unit)) == ["inside.stem", "inside['stages.0']", "inside['stages.1']"]
    assert "Unit(channels=16, kernel=5)" in repr(net)
    unchanged = symnas.space_of(net)[0].build()
    assert [kernel(each) for each in (unchanged.stem, *unchanged.stages)] == [3, 5, 5]


def test_what_is_made_inside_is_changed_by_path() -> None:
    """Given arguments and those left out, by paths and by kind; what was not changed follows the outer arguments."""
    net: Any = symnas.traced(Net)
    symnas.edit(net, {"inside['stages.1'].kernel": 7, "inside.stem.act": nn.GELU, "channels": 4})
    built = symnas.space_of(net)[0].build()
    assert type(built) is Net
    assert [kernel(each) for each in (built.stem, *built.stages)] == [3, 5, 7]
    assert type(built.stem.act) is nn.GELU
    assert [each.conv.in_channels for each in (built.stem, *built.stages)] == [4, 8, 8]
    for unit in symnas.query(net, kind=Unit).values():
        unit.kernel = 1
    built = symnas.space_of(net)[0].build()
    assert [kernel(each) for each in (built.stem, *built.stages)] == [1, 1, 1]
    edit = symnas.edit(net, {"inside['stages.0.conv'].kernel": 3})
    assert kernel(symnas.space_of(net)[0].build().stages[0]) == 3
    edit.undo()
    assert kernel(symnas.space_of(net)[0].build().stages[0]) == 1


def test_what_is_made_inside_is_decided() -> None:
    """Placeholders stand in inner calls as in outer ones, shared or not, and are called by their place."""
    net: Any = symnas.traced(Net, symnas.oneof(4, 8))
    shared = symnas.oneof(1, 3)
    for path in symnas.query(net, "*.kernel"):
        if path.startswith("inside['stages") and ".conv" not in path:
            symnas.edit(net, {path: shared})
    symnas.edit(net, {"inside.stem.act": symnas.oneof(nn.ReLU, nn.GELU)})
    space = symnas.space_of(net)
    assert space.size == 2**3
    assert set(space[0].choices) == {"channels", "kernel", "stem_act"}
    found = {
        (each.stem.conv.in_channels, type(each.stem.act), *map(kernel, each.stages))
        for each in (member.build() for member in space)
    }
    assert found == {(c, act, k, k) for c in (4, 8) for act in (nn.ReLU, nn.GELU) for k in (1, 3)}


def test_whole_objects_inside_are_replaced() -> None:
    """An object stands in the place of a call, which is not made; an object of the same class is not made twice."""
    ready = Unit(2)
    net: Any = symnas.traced(Net)
    symnas.edit(net, {"inside.stem": symnas.oneof(ready, Other(3)), "inside.size": 99})
    one, two = (each.build() for each in symnas.space_of(net))
    assert one.stem is ready
    assert ready.conv.in_channels == 2
    assert two.stem.size == 3
    assert one.sizes == two.sizes == {"all": 99}
    symnas.edit(net, {"inside.stem": Halved()})
    with pytest.raises(SearchError, match="`Unit` cannot be replaced by `Halved`, a subclass"):
        symnas.space_of(net)[0].build()


def test_objects_given_to_others_keep_their_names() -> None:
    """What one call made and another is given is shown by where it is, and stays that."""
    value: Any = symnas.traced(chained)
    assert repr(value.inside["1"].inner) == "<0>"
    symnas.edit(value, {"inside['0'].size": 5, "inside['1'].number": 7})
    made = symnas.space_of(value)[0].build()
    assert made[1].inner is made[0]
    assert (made[0].size, made[1].number) == (5, 7)


@symnas.symbolic
class Outer:
    """Holds another object."""

    def __init__(self, inner: Any, number: int = 0) -> None:
        self.inner = inner
        self.number = number


def chained() -> list[Any]:
    """Two objects, of which the second holds the first."""
    first = Other()
    return [first, Outer(first)]


def test_functions_are_traced() -> None:
    """What a function makes is reached by its place in what it gives back; generators and comprehensions are no matter."""

    def units(*sizes: int) -> dict[str, Any]:
        return {"all": [Unit(each) for each in sizes], "first": made(sizes)}

    def made(sizes: tuple[int, ...]) -> Iterator[Any]:
        return iter([Unit(sizes[0])])

    value: Any = symnas.traced(units, 1, 2)
    assert list(value.inside) == ["all.0", "all.0.conv", "all.1", "all.1.conv", "Unit", "Unit.conv"]
    symnas.edit(value, {"inside.Unit.kernel": 9})
    built = symnas.space_of(value)[0].build()
    assert kernel(next(built["first"])) == 9


def test_changes_that_come_to_nothing_are_refused() -> None:
    """Where other arguments make other calls, a change is never applied to another call, nor left out silently."""
    net: Any = symnas.traced(Net)
    symnas.edit(net, {"inside['stages.1'].kernel": 7, "depth": 1})
    with pytest.raises(SearchError, match=r"`stages.1` was changed, but `Net` does not make it with these arguments"):
        symnas.space_of(net)[0].build()
    moved: Any = symnas.traced(Net)
    symnas.edit(moved, {"inside.stem.kernel": 7, "wide": True})
    with pytest.raises(SearchError, match=r"what was changed as `stem` is found at `extra`"):
        symnas.space_of(moved)[0].build()


def test_wrong_changes_are_named() -> None:
    """Unknown paths, unknown arguments and wrong types are refused, most of them when they are given."""
    net: Any = symnas.traced(Net)
    with pytest.raises(SearchError, match="did you mean `kernel`"):
        symnas.edit(net, {"inside.stem.kernle": 3})
    with pytest.raises(SearchError, match="stem"):
        symnas.get(net, "inside.stm")
    with pytest.raises(SearchError, match="`kernel`"):
        symnas.edit(net, {"inside.stem.kernel": "three"})
    net.inside["stm"] = Other()
    with pytest.raises(SearchError, match="makes nothing that is found at `stm`; did you mean `stem`"):
        symnas.space_of(net)[0].build()
    with pytest.raises(SearchError, match="has an argument `inside` of its own"):
        symnas.traced(lambda inside: inside, 3)
    with pytest.raises(SearchError, match="has no argument `chanels`"):
        symnas.traced(Net, chanels=3)  # type: ignore[call-arg]  # what type checkers see is refused too


def test_a_call_that_waits_is_traced() -> None:
    """A symbolic value takes the place of a class, with further arguments."""
    waiting: Any = Net(symnas.oneof(4, 8))
    net: Any = symnas.traced(waiting, depth=1)
    assert "stages.1" not in net.inside
    symnas.edit(net, {"inside['stages.0'].kernel": 3})
    assert {kernel(each.build().stages[0]) for each in symnas.space_of(net)} == {3}


def test_what_is_traced_alike_is_equal() -> None:
    """Two traces of one call are equal until one is changed, and shown like any value; none is traced twice."""
    one: Any = symnas.traced(Net, 8)
    other: Any = symnas.traced(Net, 8)
    assert symnas.equal(one, other)
    assert not symnas.equal(one, symnas.traced(Net, 4))
    symnas.edit(other, {"inside.stem.kernel": symnas.oneof(3, 5)})
    (difference,) = symnas.diff(one, other)
    assert difference.path == "inside.stem.kernel"
    assert "stem" in symnas.show(other)
    with pytest.raises(SearchError, match="`Net` is traced already"):
        symnas.traced(other)


def test_threads_and_copies_are_apart() -> None:
    """Each thread traces its own run; a clone is changed alone; what was traced travels to other processes."""
    with ThreadPoolExecutor(4) as pool:
        found: list[Any] = list(pool.map(lambda depth: symnas.traced(Net, 8, depth=depth), [1, 2, 3, 4] * 5))
    assert [len(each.inside) for each in found] == [2 + 2 * depth + 1 for depth in (1, 2, 3, 4)] * 5
    net = found[0]
    other = symnas.clone(net)
    symnas.edit(other, {"inside.stem.kernel": 7})
    travelled = pickle.loads(pickle.dumps(other))  # noqa: S301 (our own)
    assert [kernel(symnas.space_of(each)[0].build().stem) for each in (net, other, travelled)] == [3, 7, 7]


class Deciding(nn.Module):
    """Decides in its constructor."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Unit(symnas.oneof(2, 4))
        if symnas.oneof("deep", "flat", name="kind") == "deep":
            self.body = Unit(2, kernel=symnas.oneof(1, 3))


def test_placeholders_in_constructors_are_found_by_running_them() -> None:
    """What a constructor decides itself is a matter of collecting: its decisions are called by attributes."""
    space = symnas.space_of(lambda: Deciding())  # noqa: PLW0108 (a class alone is a value)
    assert space.size == 2 * (2 + 1)
    assert {name for each in space for name in each.choices} == {"stem", "kind", "body"}
    assert {hasattr(each.build(), "body") for each in space} == {True, False}


def test_searched_like_any_value() -> None:
    """A traced net in a loop of one's own."""
    net: Any = symnas.traced(Net, 2)
    symnas.edit(net, {"inside.stem.kernel": symnas.oneof(1, 3, 5, 7)})
    search = symnas.search(net, searcher="evolution", trials=4)
    for trial in search:
        trial.tell(kernel(trial.build().stem))
    assert search.best is not None
    assert kernel(search.best.build().stem) == 7
