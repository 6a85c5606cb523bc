"""Data sets from files: tables, NumPy archives, IDX files, and torchvision's folders."""

import gzip
import struct
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from symnas.errors import SearchError
from symnas.training.data import load
from symnas.training.idx import read_array
from symnas.training.samples import DataSettings, Task

ROWS = [f"{i}.5,{i * i % 7},{'ab'[i % 2]}" for i in range(20)]


def written(folder: Path, name: str, text: str) -> Path:
    """A file of *text* in *folder*, gzipped if its *name* says so."""
    path = folder / name
    content = text.encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def idx(values: NDArray[np.generic], kind: int = 0x08) -> bytes:
    """*values* in IDX format, by the format's description."""
    return (
        struct.pack(">BBBB", 0, 0, kind, values.ndim)
        + struct.pack(f">{values.ndim}I", *values.shape)
        + values.tobytes()
    )


def mnist(folder: Path, prefix: str = "train", samples: int = 40) -> Path:
    """A pair of IDX files named as MNIST's; the path of the images."""
    images = (np.arange(samples * 12) % 256).astype(np.uint8).reshape(samples, 4, 3)
    (folder / f"{prefix}-images-idx3-ubyte").write_bytes(idx(images))
    (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(
        gzip.compress(idx((np.arange(samples) % 4).astype(np.uint8)))
    )
    return folder / f"{prefix}-images-idx3-ubyte"


# --- Tables


@pytest.mark.parametrize("name", ("t.csv", "t.csv.gz"))
def test_a_table_has_its_target_last(tmp_path: Path, name: str) -> None:
    """Without a word about it, the last column is the target, and texts are classes in sorted order."""
    written(tmp_path, name, "\n".join(["size,age,kind", *ROWS]))
    search = load(name, tmp_path).search
    assert (search.input_shape, search.classes) == ((2,), ("a", "b"))


def test_the_target_may_be_named(tmp_path: Path) -> None:
    """A column anywhere can be the target."""
    written(tmp_path, "t.csv", "\n".join(["y,x", *(f"{i / 4},{i}" for i in range(1, 20))]))
    search = load(DataSettings("t.csv", target="y"), tmp_path).search
    assert (search.task, search.outputs, search.input_shape) == (Task.REGRESSION, 1, (1,))


def test_a_table_without_header_is_seen_as_such(tmp_path: Path) -> None:
    """A first row with a number in it is a sample, and columns are then called by number."""
    written(tmp_path, "t.csv", "\n".join(ROWS))
    splits = load(DataSettings("t.csv", target="3"), tmp_path)
    assert len(splits.train) + len(splits.validation) + len(splits.test) == 20


def test_tabs_semicolons_and_byte_order_marks_are_read(tmp_path: Path) -> None:
    """Tables as spreadsheets export them."""
    written(tmp_path, "t.tsv", "\ufeff" + "\n".join(["x\ty", *(f"{i}\t{i % 2}" for i in range(20))]))
    written(tmp_path, "t.csv", "\n".join(["x;y", *(f"{i};{i % 2}" for i in range(20))]))
    assert load("t.tsv", tmp_path).search.classes == ("0", "1")
    assert load(DataSettings("t.csv", target="y", delimiter=";"), tmp_path).search.classes == ("0", "1")


@pytest.mark.parametrize(
    ("lines", "settings", "message"),
    (
        (["a,b,y", "1,red,0"], {}, r"t\.csv: line 2, column 2 \(`b`\): `red` is not a number"),
        (["a,b,y", "1,2,0", "3,,1"], {}, r"line 3, column 2 \(`b`\): no value; fill it or remove the row"),
        (["a,b,y", "1,nan,0"], {}, r"line 2, column 2 \(`b`\): no value"),
        (["a,b,y", "1,inf,0"], {}, r"the input of sample 0 \(from 0\) is not a finite number"),
        (["a,b,y", "1,2,0", "1,2"], {}, r"line 3 has 2 columns, expected 3 as in the first row"),
        (["a,b,y", "1,2,0"], {"target": "z"}, r"the target column `z` is unknown.*\(known: a, b, y\)"),
        (["y,b,y", "1,2,0"], {"target": "y"}, r"two columns are called `y`; rename one"),
        (["a,b,y"], {}, r"a header without rows below it; if there is no header, write `header: false`"),
        ([], {}, r"the file is empty; expected rows of numbers"),
        (["y", "1", "2"], {}, r"only one column; expected features beside the target"),
        (["a,y", "1,cat", "2,"], {}, r"line 3, column 2 \(`y`\): no value"),
        (['a,"y', "1,2"], {}, r"line \d: unexpected end of data"),
        (["a,y", "1,x", "2,x", "3,x"], {}, r"t\.csv: only one class, `x`"),
        (["a,y", *(f"1,{i}" for i in range(50))], {}, r"50 different whole numbers as targets may be classes or a"),
        (["a,y", "1,0", "2,1"], {}, r"too few samples"),
        (["a,y", *(f"1,{'pq'[i % 2]}" for i in range(9))], {"task": Task.REGRESSION}, r"needs numbers as targets"),
        (["a,y", "1,2"], {"delimiter": "::"}, r"`delimiter` must be one character, not `::`"),
    ),
)
def test_wrong_tables_are_explained(
    tmp_path: Path, lines: list[str], settings: dict[str, str | int], message: str
) -> None:
    """The first thing wrong with a table is named with its line and column."""
    written(tmp_path, "t.csv", "\n".join(lines))
    with pytest.raises(SearchError, match=message):
        load(DataSettings("t.csv", **settings), tmp_path)  # type: ignore[arg-type]  # rows of a table of cases


def test_a_class_too_rare_to_train_is_named(tmp_path: Path) -> None:
    """A class whose only sample falls outside training could never be learned."""
    rows = [f"{i},{'ab'[i % 2]}" for i in range(20)]
    written(tmp_path, "t.csv", "\n".join(["x,y", *rows, "20,c"]))
    with pytest.raises(SearchError, match="class `c` has too few samples to be in the training part"):
        load(DataSettings("t.csv", test=0.5), tmp_path)


def test_a_table_must_be_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are refused with their place."""
    (tmp_path / "t.csv").write_bytes(b"x,y\n1,\xff\n")
    with pytest.raises(SearchError, match=r"not UTF-8 text \(byte 6\)"):
        load("t.csv", tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message has the whole path and says where paths begin."""
    with pytest.raises(SearchError, match=r"none\.csv: there is no such file; paths are relative to the folder"):
        load("none.csv", tmp_path)


def test_a_broken_archive_is_refused(tmp_path: Path) -> None:
    """A gzipped file that breaks off is no table."""
    path = written(tmp_path, "t.csv.gz", "\n".join(ROWS))
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(SearchError, match=r"t\.csv\.gz: cannot be read"):
        load("t.csv.gz", tmp_path)


# --- NumPy archives


def test_an_archive_of_x_and_y_is_divided(tmp_path: Path) -> None:
    """Plain arrays are one data set, fractions as targets a quantity."""
    np.savez(tmp_path / "d.npz", x=np.arange(60.0).reshape(20, 3), y=np.linspace(0, 1, 20))
    splits = load("d.npz", tmp_path)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (12, 4, 4)
    assert splits.search.task is Task.REGRESSION


def test_parts_of_an_archive_stay_apart(tmp_path: Path) -> None:
    """A test part that the archive brings is kept whole, and validation is taken from the training part."""
    x, y = np.arange(20.0).reshape(20, 1), np.arange(20) % 2
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_test=x + 100, y_test=y)
    splits = load(DataSettings("d.npz", standardise=False), tmp_path)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (16, 4, 20)
    assert splits.test.inputs.min() == 100


def test_bytes_in_an_archive_are_pictures(tmp_path: Path) -> None:
    """Pixels go to 0..1 and channels come first, whether they were absent or last."""
    y = np.arange(20) % 2
    np.savez(tmp_path / "gray.npz", x=np.full((20, 5, 6), 255, np.uint8), y=y)
    np.savez(tmp_path / "colour.npz", x=np.full((20, 5, 6, 3), 255, np.uint8), y=y)
    gray, colour = load("gray.npz", tmp_path).search, load("colour.npz", tmp_path).search
    assert (gray.input_shape, colour.input_shape) == ((1, 5, 6), (3, 5, 6))
    assert float(gray.train.inputs.max()) == 1.0


def test_tokens_stay_whole_numbers(tmp_path: Path) -> None:
    """What a network embeds is not scaled."""
    np.savez(tmp_path / "d.npz", x=np.arange(60).reshape(20, 3), y=np.arange(20) % 2)
    splits = load(DataSettings("d.npz", tokens=True), tmp_path)
    assert splits.train.inputs.dtype == np.int64
    assert splits.search.input_scale is None


def test_several_quantities_may_be_predicted(tmp_path: Path) -> None:
    """Targets with columns are a regression with as many outputs."""
    np.savez(tmp_path / "d.npz", x=np.arange(20.0).reshape(20, 1), y=np.arange(40).reshape(20, 2))
    assert load("d.npz", tmp_path).search.outputs == 2


@pytest.mark.parametrize(
    ("arrays", "message"),
    (
        ({"a": np.zeros(3)}, r"d\.npz: expected arrays `x` and `y`, or `x_train` and `y_train`; it holds a"),
        ({"x": np.zeros((3, 2))}, r"d\.npz: `x` without `y`; it holds x"),
        ({"x": np.zeros((3, 2)), "y": np.zeros(4)}, r"3 inputs but 4 targets; expected one for each"),
        ({"x": np.zeros(3), "y": np.zeros(3)}, r"inputs of shape \[3\]; expected \[samples, features, …\]"),
        ({"x": np.array([["a"]] * 3), "y": np.zeros(3)}, r"`x` must hold numbers, not <U1"),
        ({"x": np.full((9, 2), np.nan), "y": np.zeros(9)}, r"the input of sample 0 \(from 0\) is not a finite number"),
        ({"x": np.zeros((3, 2), object), "y": np.zeros(3)}, r"not an \.npz archive of plain arrays"),
        ({"x": np.zeros((3, 2)), "y": np.array(1)}, r"`y` must hold one number or text for each sample"),
        (
            {"x_train": np.zeros((9, 2)), "y_train": np.arange(9) % 2, "x_test": np.zeros((9, 3)), "y_test": np.arange(9) % 2},
            r"the parts hold inputs of different shapes",
        ),
    ),
)  # fmt: skip
def test_wrong_archives_are_explained(tmp_path: Path, arrays: dict[str, NDArray[np.generic]], message: str) -> None:
    """What is missing or misshapen in an archive is named."""
    np.savez(tmp_path / "d.npz", **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its settings
    with pytest.raises(SearchError, match=message):
        load("d.npz", tmp_path)


def test_one_hot_rows_are_no_classes(tmp_path: Path) -> None:
    """Classes are numbers or names; the message says how to get them."""
    np.savez(tmp_path / "d.npz", x=np.zeros((9, 2)), y=np.eye(9, 3))
    with pytest.raises(SearchError, match=r"targets of shape \[9, 3\]; classes are one number or name for each sample"):
        load(DataSettings("d.npz", task=Task.CLASSIFICATION), tmp_path)


def test_tokens_must_be_whole(tmp_path: Path) -> None:
    """Fractions cannot be embedded."""
    np.savez(tmp_path / "d.npz", x=np.zeros((9, 2)), y=np.arange(9) % 2)
    with pytest.raises(SearchError, match="`x` must hold whole numbers, because `tokens` is true"):
        load(DataSettings("d.npz", tokens=True), tmp_path)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    """The ending of a name promises nothing."""
    (tmp_path / "d.npz").write_text("hello")
    with pytest.raises(SearchError, match=r"d\.npz: not an \.npz archive of plain arrays"):
        load("d.npz", tmp_path)


# --- IDX files


def test_idx_images_find_their_labels(tmp_path: Path) -> None:
    """A file of images is enough where labels lie beside it, gzipped or not."""
    search = load(mnist(tmp_path).name, tmp_path).search
    assert (search.input_shape, search.outputs) == ((1, 4, 3), 4)


def test_a_folder_of_idx_files_keeps_the_published_test_part(tmp_path: Path) -> None:
    """MNIST's own division is respected."""
    mnist(tmp_path, "train", 40)
    mnist(tmp_path, "t10k", 12)
    splits = load(f"{tmp_path}/")
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (32, 8, 12)


@pytest.mark.parametrize(
    ("kind", "dtype"), ((0x08, "u1"), (0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8"))
)
def test_all_types_of_idx_are_read(tmp_path: Path, kind: int, dtype: str) -> None:
    """The six element types of the format come back as written."""
    values = np.array([[1, 2, 3], [4, 5, 100]], dtype=dtype)
    (tmp_path / "a.idx").write_bytes(idx(values, kind))
    assert np.array_equal(read_array(tmp_path / "a.idx"), values)


@pytest.mark.parametrize(
    ("content", "message"),
    (
        (b"PNG\x0d", r"not an IDX file: it starts with 0x504e470d, expected 0x0000"),
        (b"", r"not an IDX file"),
        (b"\0\0\x08\x03\0\0", r"breaks off in its header of 3 sizes"),
        (idx(np.zeros((2, 2), np.uint8))[:-1], r"4 bytes expected for sizes \[2, 2\], found 3"),
        (idx(np.zeros((2, 2), np.uint8)) + b"x", r"4 bytes expected for sizes \[2, 2\], found more"),
        (b"\0\0\x08\x02" + b"\xff" * 8, r"its header claims .* bytes; at most .* are read"),
    ),
)
def test_wrong_idx_files_are_explained(tmp_path: Path, content: bytes, message: str) -> None:
    """Magic number, sizes and length must agree."""
    (tmp_path / "a.idx").write_bytes(content)
    with pytest.raises(SearchError, match=message):
        read_array(tmp_path / "a.idx")


def test_idx_labels_must_belong_to_the_images(tmp_path: Path) -> None:
    """Missing labels, too few of them, and images in their place are told apart."""
    images = mnist(tmp_path)
    labels = tmp_path / "train-labels-idx1-ubyte.gz"
    (tmp_path / "few.idx").write_bytes(idx(np.zeros(3, np.uint8)))
    with pytest.raises(SearchError, match=r"40 images, .* 3 labels; expected equal"):
        load(DataSettings(images.name, labels="few.idx"), tmp_path)
    with pytest.raises(SearchError, match=r"expected labels \(1 dimension\), found 3 dimensions"):
        load(DataSettings(images.name, labels=images.name), tmp_path)
    with pytest.raises(SearchError, match="expected images, found an array of 1 dimension"):
        load(DataSettings("few.idx", labels="few.idx"), tmp_path)
    labels.unlink()
    with pytest.raises(SearchError, match="its labels were expected in train-labels-idx1-ubyte; name them"):
        load(images.name, tmp_path)
    with pytest.raises(SearchError, match="expected a file `train-labels-…-ubyte`"):
        load(f"{tmp_path}/")


# --- torchvision


def fake_torchvision(monkeypatch: pytest.MonkeyPatch, missing: bool = False) -> list[dict[str, object]]:
    """A stand-in for the package, which the tests do not install; the calls that it received."""
    calls: list[dict[str, object]] = []

    def cifar(root: str, **settings: object) -> SimpleNamespace:
        calls.append({"root": root, **settings})
        if missing:
            raise RuntimeError("Dataset not found or corrupted")
        return SimpleNamespace(data=np.zeros((20, 32, 32, 3), np.uint8), targets=[i % 10 for i in range(20)])

    package = ModuleType("torchvision")
    package.datasets = SimpleNamespace(CIFAR10=cifar)  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "torchvision", package)
    return calls


def test_torchvision_sets_are_read_and_never_downloaded_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both published parts are read from the root folder, with channels first."""
    calls = fake_torchvision(monkeypatch)
    splits = load("torchvision:CIFAR10", tmp_path)
    assert (splits.search.input_shape, len(splits.test)) == ((3, 32, 32), 20)
    assert [(call["root"], call["download"]) for call in calls] == [(str(tmp_path / "data"), False)] * 2


def test_torchvision_sets_that_are_not_there_are_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says where the set was sought and how to ask for a download."""
    fake_torchvision(monkeypatch, missing=True)
    with pytest.raises(SearchError, match=r"CIFAR10 is not in .*data: Dataset not found .*download: true"):
        load("torchvision:CIFAR10", tmp_path)


def test_unknown_torchvision_sets_and_a_missing_package_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt set is corrected; without the package, the message says what to install."""
    with pytest.raises(SearchError, match=r"data set `CIFAR` is unknown; did you mean `CIFAR10`"):
        load("torchvision:CIFAR")
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(
        SearchError, match=r"needs torchvision, which cannot be imported here \(.*with `pip install torchvision`"
    ):
        load("torchvision:MNIST")
