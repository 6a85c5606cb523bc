"""Long chains of layers that each decide something: in a pipeline, in statements, in a layer made of stages."""

from collections.abc import Callable
from random import Random

import pytest
from enumerating import dataflow, in_place, members, space_of

WIDTHS = "oneof(16, 24, 32, 48, 64, 96)"


def pipeline(length: int) -> str:
    """A net of one pipeline."""
    return f"net A(x: f32[N, 8]) = x{f' -> Linear({WIDTHS}) -> ReLU' * length} -> Linear(10)\n"


def statements(length: int) -> str:
    """A net of one statement a layer."""
    return "net A(x: f32[N, 8]) {\n" + f"  x = x -> Linear({WIDTHS}) -> ReLU\n" * length + "  x -> Linear(10)\n}\n"


def stages(length: int) -> str:
    """A net of a block that is a layer made of stages."""
    layer = " -> ReLU -> ".join([f"Linear({WIDTHS})"] * length)
    return f"block B = {layer} -> ReLU\nnet A(x: f32[N, 8]) = x -> B -> Linear(10)\n"


FORMS = (pipeline, statements, stages)


@pytest.mark.parametrize("chain", FORMS)
def test_long_chains_are_counted_and_drawn(chain: Callable[[int], str]) -> None:
    """What follows a layer depends on the width that it gives: forty choices of six do not multiply."""
    space = space_of(chain(40))
    assert space.size == 6**40
    rng = Random(0)
    for _ in range(5):
        number = rng.randrange(6**40)
        assert space.index(space[number]) == number
    member = space.sample(rng)
    assert len(member.picks) == 40
    assert len(space.mutate(member, rng).picks) == 40


@pytest.mark.parametrize("chain", FORMS)
def test_bounds_of_long_chains(chain: Callable[[int], str]) -> None:
    """The least and the greatest cost of a long chain are exact, and attained."""
    least, greatest = space_of(chain(30)).pricing.bounds("params")
    for found, width in ((least, 16), (greatest, 96)):
        assert found.cost == (8 + 1) * width + 29 * (width + 1) * width + (width + 1) * 10
        assert found.architecture.graph("A").params == found.cost


PROGRAMS = {
    "a number is read again at the end": (
        """
        net A(x: f32[N, 8]) {
          width = oneof(8, 16)
          x = x -> Linear(width) -> oneof(ReLU, Tanh)
          x = x -> Linear(oneof(8, 16)) -> oneof(ReLU, Tanh)
          x -> oneof(Linear(4), ReLU) -> Linear(width)
        }
        """,
        2 * 2 * 4 * 2,
    ),
    "two tensors flow on": (
        """
        net A(x: f32[N, 8]) {
          y = x -> Linear(oneof(8, 16))
          z = y -> oneof(ReLU, Tanh) -> Linear(oneof(8, 16)) -> oneof(ReLU, Tanh)
          (y -> Linear(oneof(1, 2)) -> Linear(4)) + (z -> Linear(4, oneof(true, false)))
        }
        """,
        2 * 2 * 2 * 2 * 2 * 2,
    ),
    "a let is decided on the way": (
        """
        let act = oneof { relu: ReLU, tanh: Tanh }
        net A(x: f32[N, 8]) = x -> Linear(oneof(8, 16)) -> act -> Linear(oneof(8, 16)) -> act -> maybe(Linear(3)) -> act
        """,
        2 * 2 * 2 * 2,
    ),
    "a layer of stages, one of them a name": (
        """
        block B(inner) = Linear(oneof(8, 16)) -> inner -> Linear(oneof(8, 16)) -> inner -> oneof(ReLU, Tanh)
        net A(x: f32[N, 8]) = x -> B(Linear(oneof(3, 5))) -> B(ReLU -> oneof(Tanh, SiLU)) -> Linear(10)
        """,
        (2 * 2 * 2 * 2) ** 2,
    ),
    "what follows excludes widths": (
        """
        net A(x: f32[N, 8]) {
          x = x -> Linear(oneof(8, 16, 24)) -> oneof(ReLU, Tanh)
          x = x -> Linear(oneof(8, 16)) -> oneof(ReLU, Tanh)
          require x.shape[1] == 16
          y = x -> Linear(oneof(8, 16))
          require y.shape[1] <= x.shape[1] - 8
          y -> oneof(ReLU, Tanh)
        }
        """,
        3 * 2 * 2 * 2,
    ),
    "a branch reads what came before": (
        """
        net A(x: f32[N, 8]) {
          x = x -> Linear(oneof(8, 16)) -> ReLU
          early = x -> Linear(4)
          late = x -> Linear(oneof(8, 16)) -> oneof(ReLU, Tanh) -> Linear(4)
          sure = early.mean(1) > 0
          when sure { early } else { late }
        }
        """,
        2 * 2 * 2,
    ),
    "loops and turns between": (
        """
        block Unit(c) = Linear(c) -> oneof(ReLU, Tanh)
        net A(x: f32[N, 8]) {
          x = x -> Unit(oneof(8, 16)) -> repeat(range(0, 2)) { Unit(8) } -> Unit(oneof(8, 16))
          for i in 0..1 { x = x -> Unit(oneof(8, 16)) }
          x -> Unit(4)
        }
        """,
        4 * (1 + 2 + 4) * 4 * 4**2 * 2,
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_counts_are_those_of_trying_everything(name: str) -> None:
    """The exact count, the members tried one by one with and without regions, and a formula agree; so do the networks,
    down to the names of their weights.
    """
    text, size = PROGRAMS[name]
    space = space_of(text)
    assert space.size == size
    found = {tuple(sorted(each.genotype.items())): each for each in members(space)}
    assert len(found) == space.size
    with in_place():
        plain = space_of(text)
        alone = {tuple(sorted(each.genotype.items())): each for each in members(plain)}
        assert alone.keys() == found.keys()
        for key in sorted(alone)[:: max(1, len(alone) // 24)]:
            there = dataflow(plain.elaboration.graph(alone[key].fragment, "A"))
            assert there == dataflow(space.elaboration.graph(found[key].fragment, "A"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_members_are_what_their_genotypes_build(name: str) -> None:
    """Unranking, ranking and building by genotype are the same."""
    text, _ = PROGRAMS[name]
    space = space_of(text)
    for index in range(0, space.size, max(1, space.size // 40)):
        member = space[index]
        assert space.index(member) == index
        assert space_of(text).architecture(member.genotype).graph() == member.graph()


def test_weights_keep_their_names() -> None:
    """In what begins with tensors a stage's layer is called by its variable; in a layer made of stages it stands below."""
    graph = space_of(
        """
        block Both(a: [N, C], b: [N, C]) = a + b
        block Tuple(f)(x) = (x, x) -> Both -> f -> oneof(ReLU, Tanh)
        block Item(f)(x) = [x, x][0] -> f -> ReLU -> f
        block Layer(f) = ReLU -> f -> oneof(ReLU, Tanh) -> oneof(ReLU, Tanh) -> f
        net A(x: f32[N, 8]) = x -> Tuple(Linear(oneof(4, 8))) -> Item(Linear(4)) -> Layer(Linear(3))
        """
    )[0].graph("A")
    assert [placed.path for placed in graph.operations() if placed.operation.weights] == [
        "Tuple.f", "Item.f", "Item.f.1", "Layer.f.Linear", "Layer.f.1.Linear",
    ]  # fmt: skip
