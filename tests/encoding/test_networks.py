"""Encodings of networks: adjacency, paths and n-grams, and the flow of nodes that they read."""

from random import Random

import numpy as np
import pytest
from enumerating import space_of
from hypothesis import HealthCheck, assume, given, reject, settings
from random_programs import programs

from symnas.elaborate.regions import DomainClash
from symnas.encoding import encode, encodings
from symnas.encoding.adjacency import Adjacency
from symnas.encoding.dataflow import flow_of
from symnas.errors import SearchError, SourceError
from symnas.space import Space

law = settings(max_examples=60, suppress_health_check=list(HealthCheck))

CELL = """
block ConvBN(c, k) = ReLU -> Conv2d(c, k) -> BatchNorm2d
block Edge(c) = oneof { none: Zero, skip: Identity, conv1: ConvBN(c, 1), conv3: ConvBN(c, 3), pool: AvgPool2d(3, stride = 1) }
cell Searched(c)(x) {
  a = x -> Edge(c)
  b = (x -> Edge(c)) + (a -> Edge(c))
  b
}
net Net(image: f32[N, 4, 8, 8]) = image -> Searched(4) -> Conv2d(8, 1) -> Searched(8) -> GlobalAvgPool2d -> Flatten -> Linear(10)
"""
EDGES = ("Searched.Edge.oneof", "Searched.Edge[1].oneof", "Searched.Edge[2].oneof")


def countable(text: str, most: int = 40) -> Space:
    """The space of *text*; the example is dropped if the program is wrong, large, or has no exact count."""
    try:
        space = space_of(text)
        assume(0 < space.size <= most)
    except (SearchError, SourceError, DomainClash):
        reject()
    return space


@given(programs())
@law
def test_the_extent_holds_every_network(text: str) -> None:
    """No member has more operations than the extent says, nor an operator that it lacks."""
    space = countable(text)
    extent = space.extent()
    for each in space:
        operators = [placed.operation.operator for placed in each.graph().operations()]
        assert len(operators) <= extent.layers
        assert set(operators) <= extent.operators


@given(programs())
@law
def test_flows_agree_with_graphs(text: str) -> None:
    """Every operation is a node that reads nodes before it; parameters and multiply-adds add up to the graph's."""
    space = countable(text)
    for each in list(space)[:10]:
        nodes = flow_of(each.graph()).nodes
        assert all(read < number for number, node in enumerate(nodes) for read in node.reads)
        inner = [node for node in nodes if node.operator not in ("input", "output")]
        assert len(inner) == len(list(each.graph().operations()))
        assert sum(node.macs for node in inner) == each.graph().macs
        if "shared" not in text:
            assert sum(node.params for node in inner) == each.graph().params


@given(programs())
@law
def test_equal_architectures_have_equal_vectors(text: str) -> None:
    """Whatever the encoding, a space that is read again encodes its members alike, in as many columns as it names."""
    space, again = countable(text, 20), space_of(text)
    for name in encodings():
        settings = {"draws": 10} if name in ("paths", "ngrams", "wl") else {}
        first, second = encode(space, name, **settings), encode(again, name, **settings)
        assert first.names == second.names
        assert len(set(first.names)) == first.length
        for number in range(min(space.size, 5)):
            vector = first.encode(space[number])
            assert vector.shape == first.mask(space[number]).shape == (first.length,)
            assert np.isfinite(vector).all()
            assert np.array_equal(vector, second.encode(again[number]))


def test_paths_are_those_of_the_cell() -> None:
    """A path from the cell's input to its output, whatever its width, by the operations on it (White et al. 2021)."""
    space = space_of(CELL)
    encoding = encode(space, "paths-hashed", block="Searched")
    skip, conv1, conv3, pool = (1, 2, 3, 4)
    one = space.architecture(dict(zip(EDGES, (conv3, pool, conv1), strict=True)))
    assert set(encoding.features(one)) == {  # type: ignore[attr-defined]
        "AvgPool2d(3)",
        "ReLU -> Conv2d(3) -> BatchNorm2d -> ReLU -> Conv2d(1) -> BatchNorm2d",
    }
    other = space.architecture(dict(zip(EDGES, (skip, skip, pool), strict=True)))
    assert set(encoding.features(other)) == {"Identity", "AvgPool2d(3)"}  # type: ignore[attr-defined]


def test_known_paths_are_one_hot() -> None:
    """All paths of a small space have a column: sequences of at most two of the four operations that do something."""
    space = space_of(CELL)
    encoding = encode(space, "paths", block="Searched", draws=125)
    assert space.size == 125
    assert encoding.length == 1 + 4 + 16
    table = encoding.encode_all(space)
    assert set(np.unique(table)) == {0.0, 1.0}
    assert (table.sum(axis=0) > 0).all()
    shares = table.mean(axis=0)
    assert (np.diff(shares) <= 0).all()  # the most frequent first
    short = encode(space, "paths", block="Searched", draws=125, longest=1)
    assert set(short.names) == {"Identity", "Zero", "AvgPool2d(3)"}
    assert encode(space, "paths", block="Searched", draws=125, length=4).names == encoding.names[:4]


def test_too_many_paths_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to name instead; a block that is not there is answered with one that is."""
    space = space_of(CELL)
    monkeypatch.setattr("symnas.encoding.paths._MOST", 1)
    with pytest.raises(SearchError, match="more than 1 different paths; name a block of it"):
        encode(space, "paths-hashed").encode(space[77])
    with pytest.raises(SearchError, match=r"uses no block `Serched`; `Searched`\?"):
        encode(space, "paths-hashed", block="Serched").encode(space[0])


def test_ngrams_count_along_edges() -> None:
    """Types of operations that read each other, up to three, with log(1 + count); and the depth."""
    space = space_of(
        "net A(x: f32[N, 8]) {\n  y = x -> Linear(8) -> ReLU\n  z = y -> Linear(8)\n  (y + z) -> maybe(Tanh) -> Linear(2)\n}"
    )
    encoding = encode(space, "ngrams", draws=2)
    found = encoding.features(space.architecture({"A.maybe": 1}))  # type: ignore[attr-defined]
    assert {name: round(np.expm1(value)) for name, value in found.items()} == {
        "depth": 5,
        "Linear": 3, "ReLU": 1, "add": 1,
        "Linear > ReLU": 1, "ReLU > Linear": 1, "ReLU > add": 1, "Linear > add": 1, "add > Linear": 1,
        "Linear > ReLU > Linear": 1, "Linear > ReLU > add": 1, "ReLU > Linear > add": 1, "ReLU > add > Linear": 1,
        "Linear > add > Linear": 1,
    }  # fmt: skip
    with_tanh = encoding.encode(space.architecture({"A.maybe": 0}))
    assert np.expm1(with_tanh[encoding.names.index("depth")]) == pytest.approx(6)
    assert with_tanh[encoding.names.index("add > Tanh")] > 0


def test_adjacency_of_a_small_network() -> None:
    """Nodes in the order they run, edges above the diagonal, costs of each; padded to the largest of the space."""
    space = space_of(
        "net A(x: f32[N, 8]) {\n  y = x -> Linear(4) -> Linear(8)\n  if oneof(false, true) as add { x + y } else { y }\n}"
    )
    encoding = encode(space, "adjacency")
    assert isinstance(encoding, Adjacency)
    assert encoding.nodes == 5
    assert encoding.operators == ("input", "output", "Linear", "add")
    plain, residual = (encoding.graph(space.architecture({"A.add": choice})) for choice in (0, 1))
    assert np.argwhere(plain.adjacency).tolist() == [[0, 1], [1, 2], [2, 3]]
    assert plain.present.tolist() == [True] * 4 + [False]
    assert np.argwhere(residual.adjacency).tolist() == [[0, 1], [0, 3], [1, 2], [2, 3], [3, 4]]
    assert residual.operators.argmax(axis=1).tolist() == [0, 2, 2, 3, 1]
    assert np.expm1(residual.features[1]).tolist() == pytest.approx([36, 32, 4])
    one = space.architecture({"A.add": 0})
    vector, mask = encoding.encode(one), encoding.mask(one)
    assert encoding.length == 10 + 5 * 4 + 5 * 3 == len(vector)
    assert [name for name, value in zip(encoding.names, vector, strict=True) if value][:3] == [
        "0 -> 1",
        "1 -> 2",
        "2 -> 3",
    ]
    assert not vector[~mask].any()
    assert mask.sum() == 6 + 4 * 4 + 4 * 3


def test_networks_with_unknown_sizes_have_numbers() -> None:
    """Sizes that only the data says count as 1."""
    space = space_of("net A(x: f32[N, 3, H, W]) = x -> Conv2d(4, 3) -> maybe(ReLU)")
    features = encode(space, "adjacency").graph(space[0]).features  # type: ignore[attr-defined]
    assert np.expm1(features[1]).tolist() == pytest.approx([4 * 3 * 9 + 4, 4 * 3 * 9, 4])


def test_control_that_stays_in_the_network_is_opened() -> None:
    """A `when` is a node that joins both sides; the body of a `scan` stands once."""
    space = space_of(
        "net A(x: f32[N, 8]) {\n  p = x -> Linear(1) -> Sigmoid\n"
        "  when p[:, 0] > 0.5 { x -> ReLU } else { x -> Linear(8) -> maybe(Tanh) }\n}"
    )
    encoding = encode(space, "adjacency")
    assert "when" in encoding.operators  # type: ignore[attr-defined]
    operators = [node.operator for node in flow_of(space[0].graph()).nodes]
    assert operators[-2:] == ["when", "output"]
    assert len(flow_of(space[0].graph()).nodes[-2].reads) == 3
    assert encoding.encode(space.sample(Random(0))).any()


def test_a_network_must_fit() -> None:
    """With fewer nodes than a network has, encoding it says how many it needs."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(8) -> maybe(ReLU)")
    assert encode(space, "adjacency", nodes=3).encode(space[1]).any()
    with pytest.raises(SearchError, match="4 nodes does not fit into 3"):
        encode(space, "adjacency", nodes=3).encode(space[0])


def test_nets_are_named_where_there_are_several() -> None:
    """Each net has its own extent and encoding."""
    space = space_of(
        "net Small(x: f32[N, 8]) = x -> Linear(2)\nnet Big(x: f32[N, 8]) = x -> Linear(2) -> repeat(range(1, 3)) { ReLU }"
    )
    assert [space.extent(net).layers for net in ("Small", "Big")] == [1, 4]
    assert encode(space, "adjacency", net="Small").encode(space[2]).any()
    with pytest.raises(SearchError, match="say which net"):
        encode(space, "adjacency")
