"""Nodes: content equality, kept hashes, children in the order of the text, readable paths."""

import re
from pathlib import Path
from typing import get_args

import pytest
from attrs import evolve, fields
from hypothesis import HealthCheck, given, settings
from strategies import modules

from symnas import tree
from symnas.grammar import dump, parse, parse_expression
from symnas.program import Program
from symnas.spans import NOWHERE
from symnas.traversal import child_kinds, exchange, rebuild
from symnas.treepaths import PathError, Paths, find_place, walk

patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=50)
MOBILE = Path(__file__).parent / "goldens" / "mobile21.nas"
KINDS = sorted(set(get_args(tree.Node)), key=lambda kind: kind.__name__)


@given(modules())
@patient
def test_content_alone_makes_nodes_equal(module: tree.Module) -> None:
    """A program without places equals the same program read from text, and has its hash."""
    read = parse(dump(module))
    assert read == module
    assert hash(read) == hash(module)


@given(modules())
@patient
def test_children_stand_in_the_order_of_the_text(module: tree.Module) -> None:
    """The places of a node's children follow each other, and nodes without places have them in the same order."""
    read = parse(dump(module))
    for (node, _), (bare, _) in zip(walk(read), walk(module), strict=True):
        starts = [child.span.start for child in tree.children(node)]
        assert starts == sorted(starts)
        assert tree.children(bare) == tree.children(node)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_written_order_names_every_child(kind: type[tree.Node]) -> None:
    """A class that says in which order its children are written leaves none of them out."""
    bare = object.__new__(kind)
    kinds = {each.__name__ for each in KINDS} | {"Expression", "Statement", "Declaration", "Pattern"}
    holding = {each.name for each in fields(kind) if kinds & set(re.findall(r"\w+", str(each.type)))}
    assert set(child_kinds(bare)) == holding


@given(modules())
@patient
def test_rebuilding_without_change_is_identity(module: tree.Module) -> None:
    """A visit that changes nothing gives the very same node."""
    assert rebuild(module, lambda node: node) is module


@given(modules())
@patient
def test_every_node_has_a_path_that_leads_to_it(module: tree.Module) -> None:
    """Paths are different from each other, each leads to its node, and so does the plain path of fields."""
    paths = Paths(module)
    spelled = set()
    for _, route in list(walk(module))[1:]:
        path = paths.of(route)
        spelled.add(path)
        assert find_place(module, path).route == route
        assert find_place(module, ".".join(map(str, route))).route == route
    assert len(spelled) == sum(1 for _ in walk(module)) - 1


def test_paths_are_readable() -> None:
    """Names lead to values; `if`, `for` and pipelines add nothing; what has no name goes on with fields."""
    module = parse(
        "let width = 3\nblock B(k = oneof(3, 5))(x) {\n  x = x -> F(stride = 2)\n  if k { y = 1 }\n  x\n}\n"
        "net N(image: f32[N, 3]) {\n  for (c, s) in [(1, 2)] { x = image }\n  x = x -> ReLU as act\n  x\n}\n"
        "train { lr: 1, aux: {w: 2} }\nrequire N.params < 3\nrequire N.macs < 4\nblock Op = oneof { conv: A, skip: B }"
    )
    shown = {
        "width": "3", "B.k": "oneof(3, 5)", "B.k.alternatives[1].value": "5", "B.x[1]": "x -> F(stride = 2)",
        "B.x[1].right.stride": "2", "B.y": "1", "N.c": "[(1, 2)]", "N.s": "[(1, 2)]", "N.x": "image",
        "N.x[1]": "x -> ReLU as act", "N.x[1].act": "ReLU", "train.lr": "1", "train.aux.w": "2",
        "require": "N.params < 3", "require[1]": "N.macs < 4", "Op.skip": "B", "declarations[0].value": "3",
    }  # fmt: skip
    found = {path: dump(find_place(module, path).node) for path in shown}
    assert found == {path: dump(parse_expression(text)) for path, text in shown.items()}


@pytest.mark.parametrize(
    ("path", "message"),
    (
        ("widht", "did you mean `width`?"),
        ("train.lrr", "did you mean `train.lr`? (`train` has `lr`)"),
        ("width[2]", "this program has one `width`, counted from 0"),
        ("width.alternatives[7]", "`width` has `alternatives[…]`"),
        ("train.lr.x", "`train.lr` has nothing inside"),
        ("a..b", "is no path"),
        ("width.", "is no path"),
        ("", "is no path"),
    ),
)
def test_a_wrong_path_is_told_how_to_go_on(path: str, message: str) -> None:
    """A path that leads nowhere names the nearest right one, or what there is."""
    module = parse("let width = oneof(1, 2)\ntrain { lr: 1 }")
    with pytest.raises(PathError) as caught:
        find_place(module, path)
    assert message in str(caught.value)


def test_a_place_without_text_prints_nowhere_in_content() -> None:
    """A node's place takes no part in equality."""
    node = parse_expression("a + 1")
    assert evolve(node, span=NOWHERE) == node


def test_exchanging_one_node_shares_all_others() -> None:
    """Only the nodes on the way are new."""
    module = parse(MOBILE.read_text(encoding="utf-8"))
    place = find_place(module, "train.lr")
    after = exchange(module, place.route, tree.Name("a"))
    number = place.route[0].position
    assert [a is b for a, b in zip(module.declarations, after.declarations, strict=True)] == [
        position != number for position in range(len(module.declarations))
    ]


def test_the_mobile_space_has_its_size() -> None:
    """The 21 layers have 7^21 · 4^7 · 3^7 architectures."""
    program = Program(parse(MOBILE.read_text(encoding="utf-8")))
    assert program.space().size == 7**21 * 4**7 * 3**7
