"""Published numbers of distinct networks, and those that follow when networks are compared exactly.

NAS-Bench-201's are numbers of cells, so its cell is counted alone. Each of the benchmark's conventions is a rule here:
that a layer which is read twice is the same as two equal ones (`trees`), and that whatever is applied to zeros makes
zeros, though a normalisation has a shift (`zero_layers`).
"""

import csv
import gzip
from collections import defaultdict
from itertools import product
from pathlib import Path

import pytest

import symnas
from symnas.space import Space

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TABLES = ROOT.parent / "shared" / "benchmarks"


@pytest.fixture(scope="module")
def cells() -> Space:
    """A net with NAS-Bench-201's cell: the edges, operations and sums of the benchmark, 15,625 ways to decide it."""
    space = symnas.load(ROOT / "samples" / "cells.nas").space()
    assert space.cells() == {"Searched": 15_625}
    return space


@pytest.mark.parametrize(
    ("rules", "networks"),
    (
        ("commutative,identities,dead,trees", 13_125),
        ("commutative,identities,dead,trees,nested_sums", 11_410),
        ("commutative,identities,dead,trees,zero,zero_layers", 5_773),
        ("commutative,identities,dead,trees,zero,zero_layers,nested_sums", 4_930),
        ("commutative,identities,dead,trees,zero", 6_024),  # the shift of a normalisation is not zero
        ("commutative,identities,dead", 13_625),  # a layer read twice is not two
        ("exact", 5_485),
    ),
)
def test_bench201(cells: Space, rules: str, networks: int) -> None:
    """NAS-Bench-201's cells by each choice of rules; the first four are published or follow from its definition."""
    assert cells.unique_count(rules, cell="Searched") == networks


def test_bench201_by_its_own_text() -> None:
    """The published 12,751 and 6,466 are those of the benchmark's text, which inlines sums without sorting them anew."""
    operations = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    every = list(product(operations, repeat=6))
    assert len({_text(each, zero=False) for each in every}) == 12_751
    assert len({_text(each, zero=True) for each in every}) == 6_466


def _text(cell: tuple[str, ...], *, zero: bool) -> str:
    """NAS-Bench-201's text of a cell (`Structure.to_unique_str` of its code): edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3."""
    nodes = ["0"]
    edges = iter(cell)
    for node in range(1, 4):
        terms = []
        for source in nodes[:node]:
            operation = next(edges)
            if zero and (operation == "none" or source == "#"):
                terms.append("#")
            elif operation == "skip_connect":
                terms.append(source)
            else:
                terms.append(f"({source})@{operation}")
        nodes.append("+".join(sorted(terms)))
    return nodes[-1]


def test_macro() -> None:
    """NAS-Bench-Macro's 6,561 codes are 3,969 networks; codes of one network have one row in its table."""
    space = symnas.load(HERE / "macro.nas").space()
    assert space.unique_count() == 3_969
    table = TABLES / "nasbench_macro.csv.gz"
    if not table.exists():
        pytest.skip("the tables of benchmarks are not beside the repository")
    with gzip.open(table, "rt", encoding="utf-8") as file:
        rows = {row["arch"]: (row["acc_mean"], row["params"], row["flops"]) for row in csv.DictReader(file)}
    found = defaultdict(set)
    for architecture in space:
        code = "".join(str(choice) for path, choice in sorted(architecture.genotype.items()))
        found[architecture.canonical_hash()].add(rows[code])
    assert len(found) == 3_969
    assert all(len(each) == 1 for each in found.values())


@pytest.mark.parametrize(("vertices", "cells"), ((2, 1), (3, 6), (4, 84), (5, 2_441)))
def test_bench101(vertices: int, cells: int) -> None:
    """NAS-Bench-101's cells of up to five vertices, channel widths and the order of joined tensors ignored."""
    assert cells101(vertices).unique_count("exact,widths,concat_order") == cells


def test_bench101_with_its_channels() -> None:
    """A cell's channels are split by the order of its vertices, so more networks are elaborated than there are cells."""
    space = cells101(5)
    assert space.unique_count("exact,concat_order") == 2_655
    assert space.unique_count() == 3_015


def cells101(vertices: int) -> Space:
    """The cells of so many vertices."""
    text = (HERE / "cells101.nas").read_text(encoding="utf-8")
    return symnas.parse(text.replace("let vertices = 5", f"let vertices = {vertices}")).space()
