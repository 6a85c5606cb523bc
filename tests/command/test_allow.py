"""`--allow` on the command line: what a file names in Python is imported by building and searching, where it is allowed."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from symnas.command import main

PYTHON = """
from torch import nn

class Half(nn.Module):
    def forward(self, x):
        return x / 2

def weigh(architecture):
    return architecture.params

def learn(architecture, recipe, seed):
    return {"accuracy": 1 / architecture.params}
"""
PROGRAM = """
use beside_python (Half(x: [*S]) -> [*S], weigh, learn)
import "parts/common.nas" (width)
net Main(x: f32[N, 8]) = x -> Linear(width) -> Half
measure weight = weigh()
require weight <= 30
search { evaluator: learn, trials: 4, searcher: "random" }
maximize accuracy
minimize weight
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program with its Python and another file beside it, elsewhere than where commands are run."""
    folder, here = tmp_path / "there", tmp_path / "here"
    (folder / "parts").mkdir(parents=True)
    here.mkdir()
    (folder / "beside_python.py").write_text(PYTHON)
    (folder / "parts" / "common.nas").write_text("let width = oneof(1, 2, 3, 4)")
    (folder / "main.nas").write_text(PROGRAM)
    monkeypatch.chdir(here)
    yield folder / "main.nas"
    sys.modules.pop("beside_python", None)


@pytest.mark.parametrize("verb", ("compile", "search"))
def test_python_is_refused_unless_it_is_allowed(file: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Building and searching end with the option that would allow the module."""
    assert main([verb, str(file)]) == 1
    assert "--allow beside_python" in capsys.readouterr().err
    assert "beside_python" not in sys.modules


def test_allowed_layers_are_compiled(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The source imports the layer; its weights are made with the module beside the .nas file."""
    allowed = ["--allow", "beside_python"]
    assert main(["compile", str(file), "--pick", "width=2", *allowed, "-o", "net.py", "--weights", "net.pt"]) == 0
    assert "from beside_python import Half\n" in Path("net.py").read_text()
    assert Path("net.pt").exists()
    capsys.readouterr()


def test_a_search_by_the_files_own_evaluator(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It trains and measures by the file's functions, and lays the winner and what that imports into its folder."""
    assert main(["search", str(file), "--allow", "beside_python", "--workers", "0"]) == 0
    told = capsys.readouterr().out
    assert "accuracy" in told
    assert "weight" in told
    assert "test" not in told
    assert main(["check", "main.search/best.nas"]) == 0
    assert Path("main.search/parts/common.nas").exists()


def test_samples_are_laid_beside_what_they_import(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Drawn programs can be read where they are written; a file that is another one is not overwritten."""
    assert main(["sample", str(file), "-n", "2", "-o", "drawn"]) == 0
    assert main(["check", *map(str, sorted(Path("drawn").glob("*.nas")))]) == 0
    Path("drawn/parts/common.nas").write_text("let width = 3")
    assert main(["sample", str(file), "-o", "drawn"]) == 1
    assert "write to another folder" in capsys.readouterr().err
    assert Path("drawn/parts/common.nas").read_text() == "let width = 3"


def test_weights_that_wait_for_data_are_not_written(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A layer that makes its weights when it first sees data has none to write: the command says so."""
    (file.parent / "beside_python.py").write_text("from torch.nn import LazyLinear as Lazy\n")
    file.write_text(
        "use beside_python (Lazy(out_features)(x: [N, D]) -> [N, out_features])\nnet A(x: f32[N, 8]) = x -> Lazy(4)\n"
    )
    out = tmp_path / "net.pt"
    assert main(["compile", str(file), "--allow", "beside_python", "--weights", str(out)]) == 1
    assert "`Lazy.weight` has no size before the network has seen data" in capsys.readouterr().err
    assert not out.exists()
