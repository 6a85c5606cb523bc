"""NAS-Bench-Graph: graph neural networks on nine data sets.

Qin, Zhang, Zhang, Wang and Zhu, "NAS-Bench-Graph", NeurIPS 2022. The file `nasbench_graph.csv` has a row for each of 26,206
networks: `link`, `ops`, and for each data set D `D_valid` and `D_test`, which searches see and are judged by, and
`D_latency_s`. The space says most networks in several ways: vertices of one kind exchanged, a skip here or there.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

from symnas.benchmarks.files import Table, read_table
from symnas.benchmarks.spaces import space_text
from symnas.benchmarks.task import Flat, Task
from symnas.domains import Choice
from symnas.errors import SearchError
from symnas.tree import Direction

__all__ = ["DATA", "on", "with_latency"]

DATA = ("cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv")
"""Data sets that all networks were trained on."""

OPERATIONS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
SKIP = OPERATIONS.index("skip")
LINKS = ("0000", "0001", "0011", "0012", "0013", "0111", "0112", "0122", "0123")
"""Both in the order of the alternatives in the program."""

PATHS = ("links", *(f"Graph.link[{vertex}].Vertex.kind" for vertex in range(4)))
"""The decisions: which vertex reads which, and the operation of each."""

Form = tuple[int, tuple["Form", ...]]
"""A network as a tree, whatever its vertices are called: an operation, and what reads it in a fixed order."""


def on(data: str, folder: Path | None = None) -> Task:
    """Search by the validation accuracy on a data set; judged by the test accuracy, too."""
    table = _read((f"{data}_valid", f"{data}_test"), folder)
    validation, test = table.numbers.values()
    rows = _Rows(table)
    return Task(
        f"graph-{data}",
        f"NAS-Bench-Graph, {data}: seen validation accuracy",
        space_text("graph"),
        (("accuracy", Direction.MAXIMIZE),),
        (validation,),
        {"validation": validation, "test": test},
        rows.of,
        rows.flat(),
    )


def with_latency(data: str, folder: Path | None = None) -> Task:
    """Two objectives: validation accuracy, and the seconds of a prediction; judged with the test accuracy."""
    table = _read((f"{data}_valid", f"{data}_test", f"{data}_latency_s"), folder)
    validation, test, latency = table.numbers.values()
    rows = _Rows(table)
    return Task(
        f"graph-{data}+latency",
        f"NAS-Bench-Graph, {data} with its latency",
        space_text("graph"),
        (("accuracy", Direction.MAXIMIZE), ("latency", Direction.MINIMIZE)),
        (validation, latency),
        {"test": test, "speed": [-each for each in latency]},
        rows.of,
        rows.flat(),
    )


def _read(numbers: Sequence[str], folder: Path | None) -> Table:
    return read_table("nasbench_graph", ("link", "ops"), numbers, folder)


class _Rows:
    """The row of each of the 9 · 9^4 ways to choose links and operations but those that learn nothing."""

    def __init__(self, table: Table) -> None:
        by_form: dict[Form, int] = {}
        for row, (written, ops) in enumerate(zip(table.texts["link"], table.texts["ops"], strict=True)):
            by_form[_form_of_row(written, ops, row)] = row
        self._rows: dict[tuple[int, ...], int] = {}
        for link, text in enumerate(LINKS):
            for kinds in product(range(len(OPERATIONS)), repeat=len(text)):
                form = _form(text, kinds)
                if form in by_form:
                    self._rows[link, *kinds] = by_form[form]
        if len(self._rows) != len(LINKS) * len(OPERATIONS) ** 4 - len(LINKS):
            raise SearchError(f"`{table.name}` has {len(by_form):,} networks; NAS-Bench-Graph has 26,206")

    def of(self, genotype: Mapping[str, Choice]) -> int:
        """The row of an architecture of the space."""
        return self._rows[tuple(int(genotype[path]) for path in PATHS)]

    def of_choices(self, choices: Sequence[int]) -> int | None:
        """The row of a choice of links and four operations; `None` if all of them skip."""
        return self._rows.get(tuple(choices))

    def flat(self) -> Flat:
        """Five decisions."""
        sizes = (len(LINKS), *(len(OPERATIONS) for _ in range(4)))
        return Flat(tuple(zip(PATHS, sizes, strict=True)), self.of_choices)


def _form_of_row(link: str, ops: str, row: int) -> Form:
    try:
        return _form(link, [OPERATIONS.index(each) for each in ops.split("-")])
    except (ValueError, IndexError, KeyError):
        raise SearchError(
            f"nasbench_graph, row {row}: `{link}` and `{ops}` are no network of NAS-Bench-Graph"
        ) from None


def _form(link: str, kinds: Sequence[int]) -> Form:
    """The network as a tree, by the benchmark's rule of what is the same network.

    A skip that others read is left out, they read what it reads. One that nobody reads says what it reads to the output:
    that is nothing new where nobody else reads that, and it is ignored where that is the raw input.
    """
    reads = {vertex: int(source) for vertex, source in enumerate(link, start=1)}
    again = True
    while again:
        again = False
        for vertex in [each for each in reads if kinds[each - 1] == SKIP]:
            source = reads[vertex]
            readers = [each for each in reads if reads[each] == vertex]
            beside = any(other != vertex and reads[other] == source for other in reads)
            if readers or not beside or source == 0:
                reads = {each: source if each in readers else other for each, other in reads.items() if each != vertex}
                again = True
    return _tree(0, reads, kinds)


def _tree(vertex: int, reads: Mapping[int, int], kinds: Sequence[int]) -> Form:
    below = sorted(_tree(each, reads, kinds) for each in reads if reads[each] == vertex)
    return (-1 if vertex == 0 else kinds[vertex - 1], tuple(below))
