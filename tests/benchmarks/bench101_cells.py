"""Every cell of NAS-Bench-101, found anew: `python tests/benchmarks/bench101_cells.py`, about a minute.

Cells are graphs of 2 to 7 vertices, all on a way from input to output, with at most 9 edges and one of three operations
at each inner vertex. The 423,624 of the benchmark are told apart by the canonical form of labelled graphs: first the
graphs without operations, each then with its operations in every way.
"""

import time
from itertools import combinations, product

from symnas.canonical.labelling import Vertex, canonical_text

MOST_VERTICES = 7
MOST_EDGES = 9
OPERATIONS = ("conv1", "conv3", "pool3")
PUBLISHED = {2: 1, 3: 6, 4: 84, 5: 2_441}
IN_ALL = 423_624

Rows = tuple[tuple[int, ...], ...]
"""For each vertex the vertices that it reads."""


def main() -> None:
    """Print the number of cells by number of vertices, and in all."""
    began = time.perf_counter()
    total = 0
    for vertices in range(2, MOST_VERTICES + 1):
        shapes = {canonical_text(_graph(rows, ("",) * (vertices - 2))): rows for rows in _matrices(vertices)}
        cells = sum(_labelled(rows) for rows in shapes.values())
        total += cells
        seconds = time.perf_counter() - began
        print(f"{vertices} vertices: {len(shapes):,} graphs, {cells:,} cells; {seconds:.0f} s so far", flush=True)  # noqa: T201
        assert PUBLISHED.get(vertices, cells) == cells
    assert total == IN_ALL
    print(f"{total:,} cells, as published")  # noqa: T201


def _matrices(vertices: int) -> "list[Rows]":
    """Graphs of so many vertices in which every vertex is on a way from the first to the last."""
    pairs = list(combinations(range(vertices), 2))
    found = []
    for count in range(vertices - 1, MOST_EDGES + 1):
        for edges in combinations(pairs, count):
            written, read = {target for _, target in edges}, {source for source, _ in edges}
            if len(written) == len(read) == vertices - 1:  # all but the first are reached, all but the last go on
                found.append(tuple(tuple(source for source, target in edges if target == each)
                                   for each in range(vertices)))  # fmt: skip
    return found


def _labelled(rows: Rows) -> int:
    """How many cells a graph makes."""
    inner = len(rows) - 2
    return len({canonical_text(_graph(rows, labels)) for labels in product(OPERATIONS, repeat=inner)})


def _graph(rows: Rows, labels: tuple[str, ...]) -> list[Vertex]:
    named = ("input", *labels, "output")
    return [Vertex(name, tuple((0, 0, source) for source in row)) for name, row in zip(named, rows, strict=True)]


if __name__ == "__main__":
    main()
