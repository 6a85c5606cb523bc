"""Ways for weights to start, as values: `normal(0.02)`, `zeros`, in `param`, in layers, through names and choices."""

from collections.abc import Mapping
from random import Random

import pytest
from enumerating import in_place, members, only, space_of

from symnas.checking import check
from symnas.errors import SourceError
from symnas.graph import Graph
from symnas.operators.settings import show
from symnas.program import parse


def starts(graph: Graph) -> Mapping[str, str | None]:
    """How the weights of each operation that takes `init` start, by path."""
    found = {}
    for placed in graph.operations():
        settings = dict(placed.operation.settings)
        if "init" in settings:
            found[placed.path] = None if settings["init"] is None else show(settings["init"])
    return found


def test_free_weights_and_layers_start_as_written() -> None:
    """`param` and layers take the same values; what says nothing starts as PyTorch has it."""
    graph = only("""
    net A(x: f32[N, 8]) {
      token = param([1, 8], init = normal(0.02)) as token
      y = x + token + param([8], init = ones)
      y -> Linear(8, init = zeros) -> Linear(8, init = fill(1 / 2)) -> Linear(8, init = uniform(a = 0.1)) -> Linear(8)
    }
    """)
    assert list(starts(graph).values()) == ["normal(0.02)", "ones", "zeros", "fill(0.5)", "uniform(0.1)", None]


def test_they_pass_through_names_blocks_and_lists() -> None:
    """A `let`, a setting of a block and an item of a list hold them as they hold numbers."""
    graph = only("""
    let quiet = normal(0.01)
    block Head(out, init = zeros) = Linear(out, init = init)
    net A(x: f32[N, 8]) {
      ways = [identity, quiet]
      x -> Head(8) -> Head(8, quiet) -> Head(8, init = ways[0])
    }
    """)
    assert list(starts(graph).values()) == ["zeros", "normal(0.01)", "identity"]


def test_names_of_the_file_come_first() -> None:
    """A local name or a `let` called like one is what its own file says."""
    graph = only("""
    let ones = 4
    net A(x: f32[N, 8]) {
      normal = 8
      zeros = x -> Linear(normal)
      zeros -> Linear(ones)
    }
    """)
    assert [placed.operation.outputs[0].shape[1] for placed in graph.operations()] == [8, 4]


def test_called_they_are_still_tensors() -> None:
    """`zeros(4, 8)` gives a tensor, `zeros` alone is a way to start."""
    graph = only("net A(x: f32[4, 8]) = (x + zeros(4, 8) + ones(4, 8)) -> Linear(8, init = zeros)")
    assert [placed.operation.operator for placed in graph.operations()] == ["zeros", "add", "ones", "add", "Linear"]


def test_they_may_be_chosen() -> None:
    """A choice among them is called as the setting, a number in one as what it fills; counting agrees with trying."""
    text = """
    block Unit(out) = Linear(out, init = oneof(zeros, normal(oneof(0.01, 0.02)), uniform(a = range(0.1, 0.3, step = 0.1))))
    net A(x: f32[N, 8]) = x -> Unit(8) -> repeat(2) { Unit(8) }
    """
    space = space_of(text)
    assert space.size == (1 + 2 + 3) ** 3
    with in_place():
        found = list(members(space_of(text)))
    assert len(found) == space.size
    assert {path for each in found for path in each.genotype} >= {"A.Unit.init", "A.Unit.std", "A.repeat[1].Unit.a"}
    rng = Random(0)
    drawn = {next(iter(starts(space.sample(rng).graph()).values())) for _ in range(60)}
    assert drawn == {"zeros", "normal(0.01)", "normal(0.02)", "uniform(0.1)", "uniform(0.2)", "uniform(0.3)"}
    labels = {space.sample(rng).picks["A.Unit.init"] for _ in range(60)}
    assert labels == {"zeros", "normal", "uniform"}


def test_architectures_read_back() -> None:
    """An architecture printed with its picks is the same again."""
    space = space_of("""
    let start = oneof { quiet: normal(0.02), none: zeros }
    net A(x: f32[N, 8]) = x -> Linear(8, init = start)
    """)
    for architecture in (space[0], space[1]):
        again = parse(architecture.text).space()[0]
        assert starts(again.graph()) == starts(architecture.graph())


@pytest.mark.parametrize(
    ("layer", "code", "message", "hint"),
    (
        ("Linear(8, init = normal)", "E0303", "`normal` needs its setting `std`", "write `normal(0.02)`"),
        ("Linear(8, init = normal())", "E0303", "`normal` needs its setting `std`", "write `normal(0.02)`"),
        ("Linear(8, init = normall(0.02))", "E0201", "nothing is called `normall`", "did you mean `normal`"),
        ("Linear(8, init = zeroes)", "E0201", "nothing is called `zeroes`", "did you mean `zeros`"),
        ("Linear(8, init = identity(3))", "E0304", "`identity` takes nothing", "write `identity`"),
        ("Linear(8, init = normal(0.1, 2))", "E0304", "`normal` takes 1 value in order", None),
        ("Linear(8, init = normal(sdt = 0.1))", "E0301", "`normal` has no setting `sdt`", "did you mean `std`?"),
        (
            "Linear(8, init = normal(-1))", "E0305", "`std` of `normal` must be at least 0, not the number -1",
            "weights spread around 0 by that much",
        ),
        ("Linear(8, init = fill(true))", "E0305", "`value` of `fill` takes a number, not true", None),
        (
            "Linear(4, init = identity)", "E0305", "`identity` is a square matrix; the weight of `Linear` is [4, 8]",
            "give as many features as flow in, or start it otherwise",
        ),
        ("Linear(8, init = 3)", "E0305", "`init` of `Linear` takes an initialisation, not 3", "`fill(3)`?"),
        ("Linear(8, init = zeros(8))", "E0305", "`init` of `Linear` takes an initialisation, not a tensor [8]", "one of"),
        ("Linear(8, init = Identity)", "E0305", "`init` of `Linear` takes an initialisation, not a layer", "one of"),
        ("Linear(8, batch_first = true)", "E0301", "`Linear` has no setting `batch_first`", "leave it out"),
        ("zeros", "E0409", "the initialisation zeros is not a layer", "the right side of `->` is a layer"),
    ),
)  # fmt: skip
def test_mistakes(layer: str, code: str, message: str, hint: str | None) -> None:
    """What is wrong is said where it is written."""
    try:
        (found,) = check(parse(f"net A(x: f32[N, 8]) = x -> {layer}")).diagnostics
    except SourceError as error:
        (found,) = error.diagnostics
    assert (found.code, found.message) == (code, message)
    assert hint is None or (found.hint or "").startswith(hint)
    assert found.line == 1
