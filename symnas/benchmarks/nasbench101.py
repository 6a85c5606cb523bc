"""NAS-Bench-101: 423,624 cells on CIFAR-10, known by their graphs.

Ying et al., "NAS-Bench-101: Towards reproducible neural architecture search", ICML 2019. The file `nasbench101.csv` has a row
for each cell: `hash`, the benchmark's own digest of the graph, and `test_acc` (0 to 1), the mean of three runs. There is no
validation accuracy, so searches see what they are judged by, as in LaNAS's published runs (Wang et al. 2019), and are
compared by how many cells they evaluate until they find the best one. They propose from the space, which says most cells in
several ways; the table is only looked up.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from pathlib import Path

from attrs import frozen

from symnas.benchmarks.files import read_table
from symnas.benchmarks.spaces import space_text
from symnas.benchmarks.task import Flat, Task
from symnas.domains import Choice
from symnas.errors import SearchError
from symnas.tree import Direction

__all__ = ["Cell", "load"]

CELLS = 423_624
VERTICES = 7
MOST_EDGES = 9
OPERATIONS = 3
"""conv3x3, conv1x1, maxpool3x3: the order of the alternatives in the program, and of the benchmark's digest."""


@frozen
class Cell:
    """A graph: *edges* from lower to higher vertices, the first of which is the input, the last the output; *kinds* are the
    operations of those between.
    """

    edges: tuple[tuple[int, int], ...]
    kinds: tuple[int, ...]

    @property
    def pruned(self) -> "Cell | None":
        """Without the vertices that are on no way from input to output; `None` if there is no way."""
        last = len(self.kinds) + 1
        ahead, back = {0}, {last}
        for source, target in sorted(self.edges):
            if source in ahead:
                ahead.add(target)
        for source, target in sorted(self.edges, key=lambda edge: edge[1], reverse=True):
            if target in back:
                back.add(source)
        if last not in ahead:
            return None
        kept = {vertex: place for place, vertex in enumerate(sorted(ahead & back))}
        edges = tuple((kept[one], kept[two]) for one, two in self.edges if one in kept and two in kept)
        return Cell(edges, tuple(kind for vertex, kind in enumerate(self.kinds, start=1) if vertex in kept))

    @property
    def digest(self) -> bytes:
        """The benchmark's MD5 of a cell without idle vertices, the same for equal graphs: each vertex's digest takes in
        those of its neighbours, as often as there are vertices.
        """
        labels = (-1, *self.kinds, -2)
        sources: list[list[int]] = [[] for _ in labels]
        targets: list[list[int]] = [[] for _ in labels]
        for one, two in self.edges:
            sources[two].append(one)
            targets[one].append(two)
        hashes = [_md5(str((len(targets[v]), len(sources[v]), label))) for v, label in enumerate(labels)]
        for _ in labels:
            hashes = [
                _md5(
                    "".join(sorted(hashes[each] for each in sources[v]))
                    + "|"
                    + "".join(sorted(hashes[each] for each in targets[v]))
                    + "|"
                    + hashes[v]
                )
                for v in range(len(labels))
            ]
        return bytes.fromhex(_md5(str(sorted(hashes))))


def load(folder: Path | None = None) -> Task:
    """Search by the test accuracy, the only one there is, until the best cell is found."""
    table = read_table("nasbench101", ("hash",), ("test_acc",), folder)
    accuracy = table.numbers["test_acc"]
    try:
        rows = {bytes.fromhex(text): row for row, text in enumerate(table.texts["hash"])}
    except ValueError as error:
        raise SearchError(f"`nasbench101` has a hash that is none: {error}") from None
    if len(rows) != CELLS:
        raise SearchError(f"`nasbench101` has {len(rows):,} cells; NAS-Bench-101 has {CELLS:,}")

    @lru_cache(maxsize=100_000)
    def row(cell: Cell) -> int:
        return rows[cell.digest]

    def of(genotype: Mapping[str, Choice]) -> int:
        return row(cell_of(genotype))

    def of_choices(choices: Sequence[int]) -> int | None:
        cell = _cell_of_choices(choices)
        return None if cell is None or len(cell.edges) > MOST_EDGES else row(cell)

    pairs = [(f"edge{one}{two}", 2) for one, two in combinations(range(VERTICES), 2)]
    kinds = [(f"kind{vertex}", OPERATIONS) for vertex in range(1, VERTICES - 1)]
    return Task(
        "nasbench101",
        "NAS-Bench-101: seen test accuracy",
        space_text("nasbench101"),
        (("accuracy", Direction.MAXIMIZE),),
        (accuracy,),
        {"accuracy": accuracy},
        of,
        Flat((*pairs, *kinds), of_choices),
        goal=max(accuracy),
    )


def cell_of(genotype: Mapping[str, Choice]) -> Cell:
    """The cell of an architecture of the space, none of whose vertices is idle."""
    last = int(genotype["vertices"]) + 1
    inner = [
        (source, target)
        for source in range(last)
        for target in range(source + 1, last)
        if genotype[f"Cell.v[{source}].to[{target - 1}].edge"]
    ]
    ends = [(source, last) for source in range(last) if genotype[f"Cell.v[{source}].out"]]
    return Cell((*inner, *ends), tuple(int(genotype[f"Cell.v[{vertex}].Op.oneof"]) for vertex in range(1, last)))


def _cell_of_choices(choices: Sequence[int]) -> Cell | None:
    """The cell of a choice for each pair of seven vertices and of each inner one, idle vertices taken out."""
    pairs = list(combinations(range(VERTICES), 2))
    edges = tuple(pair for pair, chosen in zip(pairs, choices, strict=False) if chosen)
    return Cell(edges, tuple(choices[len(pairs) :])).pruned


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
