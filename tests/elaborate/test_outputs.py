"""What a net gives: `training(…)` outputs, which are decided as usual and never counted."""

from itertools import combinations
from pathlib import Path

from enumerating import in_place, members, space_of

from symnas.elaborate.fragments import Fragment
from symnas.graph import Graph, Training
from symnas.picture import draw
from symnas.program import parse

TINY = """
block Aux(n) = ReLU -> Flatten -> Linear(n)
net Tiny(image: f32[N, 3, 4, 4]) {
  x = image -> Conv2d(oneof(4, 8), 3)
  {logits: x -> ReLU -> GlobalAvgPool2d -> Flatten -> Linear(10), aux: training(x -> Aux(oneof(5, 7, 9)))}
}
"""


def test_only_what_lasts_is_counted() -> None:
    """Parameters, MACs, memory and layers are those of the network once it is trained."""
    plain = space_of(TINY.replace(", aux: training(x -> Aux(oneof(5, 7, 9)))", ""))
    alone = {each.picks["Tiny.out_channels"]: each for each in plain}
    for each in space_of(TINY):
        graph, lasting = each.graph(), alone[each.picks["Tiny.out_channels"]].graph()
        assert (graph.params, graph.macs, graph.memory) == (lasting.params, lasting.macs, lasting.memory)
        assert _totals(each.fragment) == _totals(alone[each.picks["Tiny.out_channels"]].fragment)
        assert [placed.path for placed in graph.deployed.operations()] == [
            placed.path for placed in lasting.operations()
        ]


def _totals(fragment: Fragment) -> tuple[object, ...]:
    return fragment.layers, fragment.params, fragment.macs


def test_its_decisions_exist_as_usual() -> None:
    """A decision inside `training(…)` belongs to the space, and the count agrees with trying every choice."""
    space = space_of(TINY)
    assert space.size == 2 * 3
    assert len(list(members(space))) == 6
    with in_place():
        assert space_of(TINY).size == 6


def test_what_both_need_is_counted() -> None:
    """A step that a lasting output needs too is counted, whichever output is written first."""
    text = """
    net Two(x: f32[N, 4]) {
      y = x -> Linear(8)
      (training(y -> Linear(2)), y)
    }
    """
    graph = space_of(text)[0].graph()
    assert graph.outputs == (Training(0), 1)
    assert graph.deployed.outputs == (0,)
    assert graph.params == 4 * 8 + 8


def test_records_within_training_and_training_within_records() -> None:
    """`training(…)` takes a record or tuple, and stands at any depth of the outputs; branches of an `if` too."""
    text = """
    net Deep(x: f32[N, 4]) {
      if x.features == 4 { {main: {y: x -> Linear(1), more: training((x -> Linear(2), x))}} } else { {main: x} }
    }
    """
    graph: Graph = space_of(text)[0].graph()
    assert graph.outputs == {"main": {"y": 0, "more": Training((1, 2))}}
    assert graph.deployed.outputs == {"main": {"y": 0}}
    assert graph.params == 5


def test_a_picture_says_which_output_is_of_training() -> None:
    """The drawing of a net with such an output names it, and counts what lasts."""
    text = draw(space_of(TINY))
    assert "while training" in text


_DARTS_V2 = {
    "Normal": [{0: "sep3", 1: "sep3"}, {0: "sep3", 1: "sep3"}, {0: "skip", 1: "sep3"}, {0: "skip", 2: "dil3"}],
    "Reduce": [{0: "max3", 1: "max3"}, {1: "max3", 2: "skip"}, {0: "max3", 2: "skip"}, {1: "max3", 2: "skip"}],
}
"""The published cells: for each node, the operation on each of its two inputs."""
_OPERATIONS = ("none", "max3", "avg3", "skip", "sep3", "sep5", "dil3", "dil5")


def test_the_published_darts_network_has_its_parameters(shared: Path) -> None:
    """DARTS_V2 at 36 channels and 20 cells, batch norms affine and none after pools, has 3,349,342 parameters, its
    auxiliary head apart (as its authors' code counts them).
    """
    text = (shared / "language" / "showcase" / "darts.nas").read_text("utf-8").replace("(affine = false)", "")
    for pool in ("MaxPool2d", "AvgPool2d"):
        text = text.replace(f"{pool}(3, stride = stride) -> BatchNorm2d", f"{pool}(3, stride = stride)")
    text = text.replace("c = 16", "c = 36").replace("0..7", "0..19").replace("[2, 5]", "[6, 13]")
    text = text.replace("states[7]", "states[15]")
    genotype: dict[str, int] = {}
    for cell, nodes in _DARTS_V2.items():
        for node, edges in enumerate(nodes):
            if node:
                pairs = list(combinations(range(2 + node), 2))
                genotype[f"{cell}.Steps.i[{node}].manyof"] = pairs.index(tuple(sorted(edges)))  # type: ignore[arg-type]  # two
            for place, operation in edges.items():
                path = f"{cell}.Steps.i[{node}].edges[{place}].Op.oneof"
                genotype[path] = _OPERATIONS.index(operation)
    network = parse(text).space().architecture(genotype)
    assert network.params == network.fragment.params == 3_349_342
    assert network.graph().outputs == {"logits": 0, "aux": Training(1)}
