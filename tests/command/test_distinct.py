"""`symnas count --unique` and `symnas search --unique`, run as a user runs them."""

import json
from pathlib import Path

import pytest
from commands import Run, runner

NETS = """
block Act = oneof(ReLU, Identity)
cell Pair(c)(x) = (x -> Act) + (x -> Conv2d(c, 1) -> Act)
net Small(image: f32[N, 1, 8, 8]) = image -> Conv2d(4, 3) -> Pair(4) -> Act -> Act
"""

WINE = """
net Small(x: f32[N, 13]) = x -> Linear(oneof(4, 8)) -> oneof(ReLU, ReLU -> Dropout(0.0)) -> Linear(3)
train { data: "wine", epochs: 1 }
maximize accuracy
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of 16 members."""
    path = tmp_path / "small.nas"
    path.write_text(NETS, encoding="utf-8")
    return path


def test_networks_are_counted(run: Run, file: Path) -> None:
    """The number of networks stands before that of members; other rules than the exact ones are named."""
    assert run("count", file, "--unique").out == "12 networks in 16 members\n"
    assert run("count", file, "--unique=names").out == "12 networks in 16 members by names\n"
    assert run("count", file, "--unique", "--cell", "Pair").out == "4 networks in 4 ways to decide `Pair`\n"


def test_counts_are_given_as_json(run: Run, file: Path) -> None:
    """Programs read members, networks and the rules."""
    ran = run("count", file, "--unique=dead,zero", "--json")
    assert json.loads(ran.out) == {"members": 16, "networks": 12, "rules": ["names", "dead", "zero"]}


@pytest.mark.parametrize(
    ("options", "message"),
    (
        (("--unique=same",), "no rule for equal networks is called `same`; `names`?"),
        (("--cell", "Pair"), "add `--unique`"),
        (("--unique", "--cell", "Pear"), "there is no cell `Pear` that is decided; did you mean `Pair`?"),
    ),
)
def test_what_is_asked_wrongly_is_answered(options: tuple[str, ...], message: str, run: Run, file: Path) -> None:
    """A wrong rule or cell is answered with the right ones."""
    ran = run("count", file, *options)
    assert ran.status == 1
    assert message in ran.err


def test_a_search_says_what_it_evaluates_once(run: Run, tmp_path: Path) -> None:
    """`--unique graph` trains no network twice, and is kept with the search: going on with another is refused."""
    path, folder = tmp_path / "wine.nas", tmp_path / "found"
    path.write_text(WINE, encoding="utf-8")
    base = ("search", path, "-o", folder, "--workers", "0", "--baseline", "0")
    ran = run(*base, "--trials", "4", "--searcher", "random", "--unique", "graph")
    assert ran.status == 0
    assert "4 trials by random, seed 0; 2 of them of networks that had been evaluated" in ran.out
    ran = run(*base, "--trials", "5", "--resume", "--unique", "genotype")
    assert ran.status == 1
    assert "this search was begun with --unique graph, not genotype" in ran.err
