"""NAS-Bench-201: 15,625 cells, and what they cost on devices.

Dong and Yang, "NAS-Bench-201", ICLR 2020; Dong et al., "NATS-Bench", TPAMI 2021. Devices: Li et al., "HW-NAS-Bench", ICLR
2021; Lee et al., "HELP", NeurIPS 2021. The file `nasbench201.csv` has a row for each architecture, `arch` its string;
`hwnasbench_nb201.csv` and `help_latency_nb201.csv` have latencies by the same `arch`.

The protocol of the authors: the search sees the validation accuracy on CIFAR-10 after 12 epochs, pays the seconds that
those took, and is judged on three data sets by the test accuracy after 200 epochs of the architecture that it thinks
best.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from symnas.benchmarks.files import Table, read_table
from symnas.benchmarks.spaces import space_text
from symnas.benchmarks.task import Column, Flat, Task
from symnas.domains import Choice
from symnas.errors import SearchError
from symnas.tree import Direction

__all__ = ["DATA", "DEVICES", "authors", "on", "with_device"]

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""In the order of the alternatives in the program."""

EDGES = tuple((to, source) for to in (1, 2, 3) for source in range(to))
"""In the order of an architecture's string."""

PATHS = tuple(f"Searched.j[{to - 1}].n[{source}].Edge.oneof" for to, source in EDGES)
"""The decision at each edge."""

DATA = {"cifar10": "c10", "cifar100": "c100", "imagenet16": "in16"}
"""Data sets, and what the table calls them."""

DEVICES = {
    "edgegpu": ("hwnasbench_nb201", "c10_edgegpu_latency_ms"),
    "raspi4": ("hwnasbench_nb201", "c10_raspi4_latency_ms"),
    "edgetpu": ("hwnasbench_nb201", "c10_edgetpu_latency_ms"),
    "pixel3": ("hwnasbench_nb201", "c10_pixel3_latency_ms"),
    "eyeriss": ("hwnasbench_nb201", "c10_eyeriss_latency_ms"),
    "fpga": ("hwnasbench_nb201", "c10_fpga_latency_ms"),
    "1080ti": ("help_latency_nb201", "1080ti_1_ms"),
    "gold-6226": ("help_latency_nb201", "gold_6226_ms"),
    "pixel2": ("help_latency_nb201", "pixel2_ms"),
}
"""Devices, with the table and the column of their latency in milliseconds."""

_ACCURACY = (("accuracy", Direction.MAXIMIZE),)
_WEIGHTS = tuple(len(OPERATIONS) ** place for place in range(len(EDGES)))


def on(data: str, folder: Path | None = None) -> Task:
    """Search by the 12-epoch validation accuracy on a data set; judged by the test accuracy after 200 epochs on it."""
    prefix = DATA[data]
    table = _read((f"{prefix}_val_12ep", f"{prefix}_test_200ep"), folder)
    validation, test = table.numbers.values()
    title = f"NAS-Bench-201, {data}: seen validation after 12 epochs, judged test after 200"
    return _task(f"nasbench201-{data}", title, table, (validation,), {"test": test})


def authors(folder: Path | None = None) -> Task:
    """The authors' protocol, whose budget is in seconds: one search, judged on all three data sets."""
    columns = [f"{prefix}_test_200ep" for prefix in DATA.values()]
    table = _read(("c10_val_12ep", "c10_cost_12ep_s", *columns), folder)
    validation, cost, *tests = table.numbers.values()
    title = "NAS-Bench-201, its authors' protocol: seen validation on CIFAR-10, paid in seconds"
    return _task("nasbench201-authors", title, table, (validation,), dict(zip(DATA, tests, strict=True)), cost)


def with_device(data: str, device: str, folder: Path | None = None) -> Task:
    """Two objectives: 12-epoch validation accuracy, and latency on a device; judged with the test accuracy."""
    if device not in DEVICES:
        raise SearchError(f"there is no device `{device}`; there are {', '.join(map('`{}`'.format, DEVICES))}")
    prefix = DATA[data]
    table = _read((f"{prefix}_val_12ep", f"{prefix}_test_200ep"), folder)
    file, column = DEVICES[device]
    latencies = read_table(file, ("arch",), (column,), folder)
    by_arch = dict(zip(latencies.texts["arch"], latencies.numbers[column], strict=True))
    latency = [by_arch.get(arch, math.nan) for arch in table.texts["arch"]]
    validation, test = table.numbers.values()
    return Task(
        f"nasbench201-{data}+{device}",
        f"NAS-Bench-201, {data} with the latency on {device}",
        space_text("nasbench201"),
        (*_ACCURACY, ("latency", Direction.MINIMIZE)),
        (validation, latency),
        {"test": test, "speed": [-each for each in latency]},
        _Rows(table).of,
        _Rows(table).flat(),
    )


def _task(
    name: str,
    title: str,
    table: Table,
    seen: tuple[Column, ...],
    reported: Mapping[str, Column],
    cost: Column | None = None,
) -> Task:
    rows = _Rows(table)
    return Task(name, title, space_text("nasbench201"), _ACCURACY, seen, reported, rows.of, rows.flat(), cost)


def _read(numbers: Sequence[str], folder: Path | None) -> Table:
    return read_table("nasbench201", ("arch",), numbers, folder)


class _Rows:
    """The row of each of the 15,625 combinations of operations."""

    def __init__(self, table: Table) -> None:
        self._rows: dict[int, int] = {}
        for row, arch in enumerate(table.texts["arch"]):
            self._rows[_number(_operations(arch, row))] = row
        if len(self._rows) != len(OPERATIONS) ** len(EDGES):
            raise SearchError(f"`{table.name}` has {len(self._rows):,} architectures; NAS-Bench-201 has 15,625")

    def of(self, genotype: Mapping[str, Choice]) -> int:
        """The row of an architecture of the space."""
        return self._rows[_number([int(genotype[path]) for path in PATHS])]

    def of_choices(self, choices: Sequence[int]) -> int:
        """The row of an operation for each edge."""
        return self._rows[_number(choices)]

    def flat(self) -> Flat:
        """Six decisions."""
        return Flat(tuple((path, len(OPERATIONS)) for path in PATHS), self.of_choices)


def _number(choices: Sequence[int]) -> int:
    return sum(choice * weight for choice, weight in zip(choices, _WEIGHTS, strict=True))


def _operations(arch: str, row: int) -> list[int]:
    """The operations of `|nor_conv_3x3~0|+|skip_connect~0|none~1|+|…|`, as choices in the order of the edges.

    Raises:
        SearchError: it is no such string.
    """
    parts = [part.partition("~") for node in arch.split("+") for part in node.strip("|").split("|")]
    try:
        sources = [int(source) for _, _, source in parts]
        choices = [OPERATIONS.index(operation) for operation, _, _ in parts]
    except ValueError:
        sources, choices = [], []
    if sources != [source for _, source in EDGES]:
        raise SearchError(f"nasbench201, row {row}: `{arch}` is no architecture of NAS-Bench-201")
    return choices
