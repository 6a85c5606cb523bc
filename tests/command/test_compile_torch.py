"""`symnas compile --to torch`: the source of a network and the file of its weights beside it."""

from pathlib import Path

import pytest
import torch
from commands import Run, runner

NET = "net Tiny(image: f32[N, 3, 8, 8]) = image -> Conv2d({width}, 3) -> GlobalAvgPool2d -> Flatten -> Linear(5)\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


def _program(folder: Path, width: int) -> Path:
    path = folder / f"tiny{width}.nas"
    path.write_text(NET.format(width=width), encoding="utf-8")
    return path


def test_weights_that_are_there_are_kept(run: Run, tmp_path: Path) -> None:
    """Trained weights are never written over: the source loads them."""
    file, weights, source = _program(tmp_path, 4), tmp_path / "best.pt", tmp_path / "net.py"
    first = run("compile", file, "-o", source, "--weights", weights)
    assert (first.status, "wrote " in first.err) == (0, True)
    trained = {name: torch.rand_like(each) for name, each in torch.load(weights, weights_only=True).items()}
    torch.save(trained, weights)
    ran = run("compile", file, "-o", source, "--weights", weights)
    assert (ran.status, "best.pt fits" in ran.err) == (0, True)
    folder: dict[str, object] = {"__name__": "net", "__file__": str(source)}
    exec(source.read_text("utf-8"), folder)  # noqa: S102 (our own text)
    load = folder["load"]
    assert callable(load)
    for name, each in load().state_dict().items():
        assert torch.equal(each, trained[name])


def test_weights_of_another_network_are_refused(run: Run, tmp_path: Path) -> None:
    """The message says what does not fit; neither file is touched."""
    weights, source = tmp_path / "net.pt", tmp_path / "net.py"
    assert run("compile", _program(tmp_path, 4), "--weights", weights).status == 0
    before = weights.read_bytes()
    ran = run("compile", _program(tmp_path, 6), "-o", source, "--weights", weights)
    assert ran.status == 1
    assert "holds the weights of another network than `Tiny`: size mismatch for Conv2d.weight" in ran.err
    assert "name another file, or remove that one for fresh weights" in ran.err
    assert weights.read_bytes() == before
    assert not source.exists()
