"""The tables that users download: every architecture of a space has its row, and what is not a table is told so."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from symnas.benchmarks import Task, load_task, nasbench101, task_names
from symnas.benchmarks.files import FOLDER, find_table, read_table
from symnas.domains import Choice
from symnas.errors import SearchError
from symnas.searchers import Failure, Success


@pytest.fixture(scope="session")
def tables(shared: Path) -> Path:
    """The folder of the tables; without it, the test is skipped."""
    folder = shared / "benchmarks"
    if not folder.is_dir():
        pytest.skip(f"needs the tables of benchmarks, which would lie in {folder}")
    return folder


def rows_of_all(task: Task) -> list[int]:
    """The row of each member of the space."""
    return [task.row_of(architecture.genotype) for architecture in task.space]


def by_flat_names(task: Task, genotype: Mapping[str, Choice]) -> int | None:
    """The row by way of what other libraries see."""
    return task.flat.row([int(genotype[name]) for name, _ in task.flat.decisions])


def test_nasbench201_has_a_row_for_each_architecture(tables: Path) -> None:
    """All 15,625 are there, each once; parameters and multiply-adds computed here are those of the row."""
    task = load_task("nasbench201-cifar10", tables)
    assert sorted(rows_of_all(task)) == list(range(15_625))
    known = read_table("nasbench201", (), ("c10_params", "c10_flops"), tables).numbers
    for seed in range(60):
        architecture = task.space.sample(Random(seed))
        row = task.row_of(architecture.genotype)
        assert architecture.params == known["c10_params"][row]
        assert architecture.macs + 10 == known["c10_flops"][row]  # the table adds the biases of the classifier
        assert by_flat_names(task, architecture.genotype) == row


@pytest.mark.parametrize(
    ("name", "best", "row"),
    (
        ("nasbench201-cifar10", 94.37, 6111),
        ("nasbench201-cifar100", 73.51, 9930),
        ("nasbench201-imagenet16", 47.31, 857),
    ),
)
def test_published_optima_of_nasbench201(tables: Path, name: str, best: float, row: int) -> None:
    """The best test accuracies are those that were published, at the published architectures."""
    task = load_task(name, tables)
    assert task.best("test") == pytest.approx(best, abs=0.005)
    assert task.reported["test"][row] == task.best("test")


def test_macro_has_a_row_for_each_architecture(tables: Path) -> None:
    """All 6,561 are there; parameters and multiply-adds computed here are those of every row."""
    task = load_task("macro", tables)
    known = read_table("nasbench_macro", (), ("params", "flops"), tables).numbers
    rows = []
    for architecture in task.space:
        row = task.row_of(architecture.genotype)
        rows.append(row)
        assert (architecture.params, architecture.macs) == (known["params"][row], known["flops"][row])
        assert by_flat_names(task, architecture.genotype) == row
    assert sorted(rows) == list(range(6_561))
    assert task.best("accuracy") == pytest.approx(93.127, abs=0.001)


def test_graph_has_a_row_for_each_architecture(tables: Path) -> None:
    """The 59,040 members of the space are the 26,206 networks of the table, all of them."""
    task = load_task("graph-cora", tables)
    assert set(rows_of_all(task)) == set(range(26_206))
    assert task.flat.row([0, 8, 8, 8, 8]) is None  # nothing but skips
    architecture = task.space.sample(Random(0))
    assert by_flat_names(task, architecture.genotype) == task.row_of(architecture.genotype)


def test_nasbench101_knows_cells_by_their_graphs(tables: Path) -> None:
    """Every cell drawn has a row, whose vertices, edges and operations are its own, in some order."""
    task = load_task("nasbench101", tables)
    texts = read_table("nasbench101", ("vertices", "adjacency", "ops"), (), tables).texts
    assert task.space.size == 1_293_208
    for seed in range(300):
        genotype = task.space.sample(Random(seed)).genotype
        cell, row = nasbench101.cell_of(genotype), task.row_of(genotype)
        assert cell.pruned == cell
        assert int(texts["vertices"][row]) == len(cell.kinds) + 2
        assert texts["adjacency"][row].count("1") == len(cell.edges)
        assert sorted(texts["ops"][row]) == sorted(map(str, cell.kinds))


def test_nasbench101_digest_is_the_published_one(tables: Path) -> None:
    """The digest of a row's own graph is the row's hash, in every hundredth row."""
    texts = read_table("nasbench101", ("hash", "vertices", "adjacency", "ops"), (), tables).texts
    columns = zip(texts["hash"], texts["vertices"], texts["adjacency"], texts["ops"], strict=True)
    for digest, count, adjacency, ops in list(columns)[::100]:
        pairs = [(one, two) for one in range(int(count)) for two in range(one + 1, int(count))]
        edges = tuple(pair for pair, bit in zip(pairs, adjacency, strict=True) if bit == "1")
        assert nasbench101.Cell(edges, tuple(map(int, ops))).digest.hex() == digest


def test_a_cell_is_pruned_to_what_counts() -> None:
    """Vertices that hear nothing, or that nobody hears, go; without a way to the output nothing is left."""
    cell = nasbench101.Cell(((0, 1), (1, 4), (0, 2), (3, 4)), (0, 1, 2))
    assert cell.pruned == nasbench101.Cell(((0, 1), (1, 2)), (0,))
    assert nasbench101.Cell(((0, 1), (2, 3)), (0, 1)).pruned is None


def test_what_a_device_could_not_run_is_a_failure(tables: Path) -> None:
    """4,699 networks have no latency on the Edge TPU; the others are told accuracy and latency."""
    task = load_task("nasbench201-cifar10+edgetpu", tables)
    results = [task.result(row) for row in range(len(task))]
    assert sum(isinstance(each, Failure) for each in results) == 4_699
    first = results[0]
    assert isinstance(first, Success)
    assert first.values == pytest.approx((63.364, 0.9571811))


@pytest.mark.parametrize("name", task_names())
def test_every_task_without_its_table_says_which_file_is_missing(name: str, tmp_path: Path) -> None:
    """The message names the folder and the file that is not there."""
    with pytest.raises(SearchError, match=r"has neither `nasbench\w+\.csv\.gz` nor `nasbench\w+\.csv`"):
        load_task(name, tmp_path)


def test_no_folder_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a folder the message says which variable to set; with it the table is found there."""
    monkeypatch.delenv(FOLDER, raising=False)
    with pytest.raises(SearchError, match="set `SYMNAS_BENCHMARKS` to their folder"):
        find_table("nasbench201")
    monkeypatch.setenv(FOLDER, str(tmp_path / "absent"))
    with pytest.raises(SearchError, match="absent` is no folder"):
        find_table("nasbench201")
    monkeypatch.setenv(FOLDER, str(tmp_path))
    (tmp_path / "nasbench201.csv").write_text("arch\n")
    assert find_table("nasbench201") == tmp_path / "nasbench201.csv"


@pytest.mark.parametrize(
    ("text", "message"),
    (
        ("", "has no column `arch`; its first line names none"),
        ("code,acc\n", "has no column `arch`; its first line names `code`, `acc`"),
        ("arch,acc\nx\n", r"line 2: 1 cells under 2 headings"),
        ("arch,acc\nx,high\n", "line 2: `high` under `acc` is no number"),
    ),
)
def test_a_file_of_another_form(tmp_path: Path, text: str, message: str) -> None:
    """What is wrong is said with file and line, compressed or not."""
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(SearchError, match=message):
        read_table("table", ("arch",), ("acc",), tmp_path)
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(text.encode()))
    with pytest.raises(SearchError, match=rf"table\.csv\.gz`.*{message}"):
        read_table("table", ("arch",), ("acc",), tmp_path)


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    """A download that ended early, or is no gzip at all, is named."""
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"arch,acc\n" + b"x,1\n" * 1000)[:-20])
    (tmp_path / "page.csv.gz").write_bytes(b"<html>")
    for name in ("cut", "page"):
        with pytest.raises(SearchError, match=rf"{name}\.csv\.gz` cannot be read as a table"):
            read_table(name, ("arch",), ("acc",), tmp_path)


def test_a_table_of_another_space(tmp_path: Path) -> None:
    """A file with the right columns and other architectures is not taken."""
    (tmp_path / "nasbench_macro.csv").write_text("arch,acc_mean\n012,1\n")
    with pytest.raises(SearchError, match="`012` among its architectures; NAS-Bench-Macro has 6,561"):
        load_task("macro", tmp_path)
    (tmp_path / "nasbench201.csv").write_text("arch,c10_val_12ep,c10_test_200ep\n|conv~0|,1,1\n")
    with pytest.raises(SearchError, match=r"row 0: `\|conv~0\|` is no architecture of NAS-Bench-201"):
        load_task("nasbench201-cifar10", tmp_path)


def test_an_unknown_task_or_device() -> None:
    """The message offers the nearest name."""
    with pytest.raises(SearchError, match="no task is called `nasbench201-cifar11`; `nasbench201-cifar10"):
        load_task("nasbench201-cifar11")
