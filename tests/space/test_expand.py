"""Expanding: what is written has the same graphs, the same names of weights, and expands to itself."""

from pathlib import Path
from random import Random

import pytest
from canonical import canonical
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_programs import programs

import symnas
from symnas.architecture import Architecture
from symnas.errors import SearchError, SourceError
from symnas.expanding import expand
from symnas.graph import join
from symnas.renaming import Declaring
from symnas.traversal import children
from symnas.tree import Node, OneOf, Repeat

patient = settings(suppress_health_check=list(HealthCheck), max_examples=25, deadline=None)
ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "samples").glob("*.nas"), *(ROOT.parent / "shared" / "language" / "showcase").glob("*.nas")])


def weights(architecture: Architecture, net: str) -> set[str]:
    """The paths of the weights of *net*."""
    return {
        join(placed.operation.shared or placed.path, weight.name)
        for placed in architecture.graph(net).operations()
        for weight in placed.operation.weights
    }


def holds(architecture: Architecture) -> symnas.Program:
    """The expanded program, after a look at the laws."""
    written = expand(architecture)
    again = symnas.parse(written.text, "<expanded>")
    assert again == written
    read = again.architecture()
    assert read.space.nets == architecture.space.nets
    for net in read.space.nets:
        assert canonical(read.graph(net)) == canonical(architecture.graph(net))
        assert weights(read, net) == weights(architecture, net)
    assert expand(again).text == written.text
    return written


@given(programs(), st.integers(0, 2**32))
@patient
def test_an_architecture_keeps_its_graph(text: str, seed: int) -> None:
    """Any architecture of any program: read back, the expanded program has the same graph and weights, and expands to
    itself.
    """
    try:
        architecture = symnas.parse(text).space().sample(Random(seed))
    except (SourceError, SearchError):
        assume(False)
    holds(architecture)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_files_keep_their_graphs(file: Path) -> None:
    """Architectures of samples and published spaces expand to programs with the same graphs, and nothing is left to
    decide or to repeat.
    """
    space = symnas.load(file).space()
    for seed in range(3):
        written = holds(space.sample(Random(seed)))
        pending: list[Node] = [written.module]
        while pending:
            node = pending.pop()
            assert not isinstance(node, OneOf | Repeat)
            pending.extend(children(node))


# ------------------------------------------------------------------------------------------------- spaces

PARTS = """
import "parts/b.nas" (Head as Top)
let width = oneof(8, 16)
let depth = oneof(1, 2)
let other = oneof(1, 2)
block helper(c) = Linear(c) -> oneof(Tanh, SiLU)
block Unit(c)(x) { y = x -> repeat(depth) { helper(c) } -> Top
  y -> Linear(train.wide) }
require width != 16 or depth != 2
require other == depth
train { wide: oneof(2, 3) }
net Own(x: f32[N, 8]) = x -> Unit(8)
"""
FILES_TO_JOIN = {
    "main.nas": """
import "a.nas" (Unit as Block, width)
import "parts/b.nas" (Head)
block helper(c) = Linear(c) -> ReLU
cell Unused = Linear(oneof(1, 2))
net Main(x: f32[N, 8]) = x -> Block(width) -> helper(8) -> Head
""",
    "a.nas": PARTS,
    "parts/b.nas": "block SiLU = Linear(oneof(3, 5))\ncell Head = SiLU -> Linear(8)",
}


def joined(folder: Path, picks: str = "") -> tuple[symnas.Program, symnas.Program]:
    """The program of several files, with *picks*, and the one file that it expands to."""
    for name, text in FILES_TO_JOIN.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text + (picks if name == "main.nas" else ""), encoding="utf-8")
    program = symnas.load(folder / "main.nas")
    return program, symnas.parse(program.expand().text)


def test_a_space_of_several_files_is_the_same_in_one(tmp_path: Path) -> None:
    """What is imported is written into the file: as many architectures, with the same graphs but for names of blocks
    that had to change; what nothing reaches is left out, and so are files.
    """
    program, alone = joined(tmp_path)
    assert alone.space().size == program.space().size
    assert graphs(alone) == graphs(program)
    assert alone.expand() == alone
    assert all(word not in alone.text for word in ("import", "Unused", "Own", "other"))


def graphs(program: symnas.Program) -> list[tuple[int, str]]:
    """Parameters and multiply-adds of every architecture, in order of size."""
    space = program.space()
    members = (space[number] for number in range(space.size))
    return sorted((each.params, str(each.macs)) for each in members)


def test_names_are_kept_where_no_file_means_something_else(tmp_path: Path) -> None:
    """A name that another file gives another meaning, an operator's too, is made unique; picks follow."""
    _, alone = joined(tmp_path, "pick { a.depth: 2 }\n")
    names = {each.name for each in alone.module.declarations if isinstance(each, Declaring)}
    assert names == {"width", "depth", "helper_a", "Block", "train_wide", "SiLU_b", "Head", "helper", "Main"}
    assert "pick { depth: 2 }" in alone.text


def test_the_rules_of_a_space_stay(shared: Path) -> None:
    """`net … with` keeps its rules, which come with the nets that they rewrite."""
    program = symnas.load(shared / "language" / "showcase" / "compress.nas")
    alone = program.expand()
    assert "net Small = ResNet50 with drop, narrow, bits" in alone.text
    assert "import" not in alone.text
    one = symnas.parse(alone.text).space().sample(Random(0))
    assert canonical(one.graph("Small")) == canonical(program.space().sample(Random(0)).graph("Small"))


def test_python_layers_and_recipes_come_along() -> None:
    """What is used of Python, the decided recipe and what a search is told are kept; claims and lets are not."""
    text = """
use my.layers (Roll(p)(x: [*S]) -> [*S], evaluate)
let width = oneof(4, 8)
net A(x: f32[N, 8]) = x -> Linear(width) -> Roll(2)
train { lr: range(0.5, 0.75), steps: [1, width], kind: oneof("a", "b") }
require A.params <= 100
assert space.size == 4
maximize accuracy
search { evaluator: evaluate }
"""
    written = expand(symnas.parse(text + 'pick { width: 4, train.lr: 0.625, train.kind: "b" }')).text
    assert written == (
        "nas 1\n\nuse my.layers (Roll(p)(x: [*S]) -> [*S], evaluate)\n\n"
        "net A(x: f32[N, 8]) = x -> Linear(4) -> Roll(p = 2)\n\n"
        'train { lr: 0.625, steps: [1, 4], kind: "b" }\n\nmaximize accuracy\n\nsearch { evaluator: evaluate }\n'
    )
    assert expand(symnas.parse(written)).text == written
