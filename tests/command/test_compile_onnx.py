"""`symnas compile --to onnx`: models of trained networks, from their files of weights."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from commands import Run, runner
from onnx_running import agree
from onnx_running import run as run_model
from torch import nn

NET = """
block Unit(out)(x) = x -> Conv2d(out, 3) -> BatchNorm2d -> ReLU
net Tiny(image: f32[N, 3, 8, 8]) = image -> Unit(4) -> Unit(6) -> GlobalAvgPool2d -> Flatten -> Linear(5)
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A program with one network."""
    path = tmp_path / "tiny.nas"
    path.write_text(NET, encoding="utf-8")
    return path


def _trained(run: Run, file: Path) -> nn.Module:
    """The network of *file* with the weights that lie beside it, which this writes, as `net.pt` and `net.npz`."""
    folder: dict[str, object] = {"__name__": "net", "__file__": str(file.with_name("net.py"))}
    assert run("compile", file, "-o", file.with_name("net.py"), "--weights", file.with_name("net.pt")).status == 0
    exec(file.with_name("net.py").read_text("utf-8"), folder)  # noqa: S102 (our own text)
    load = folder["load"]
    assert callable(load)
    module = load()
    assert isinstance(module, nn.Module)
    np.savez(file.with_name("net.npz"), **{name: each.numpy() for name, each in module.state_dict().items()})
    return module


@pytest.mark.parametrize("weights", ("net.pt", "net.npz"))
def test_weights_are_carried_over(run: Run, file: Path, weights: str) -> None:
    """The model gives what the network gives that the weights were saved from; nothing but the model is written."""
    module, path = _trained(run, file), file.with_name("out") / "net.onnx"
    ran = run("compile", file, "--to", "onnx", "-o", path, "--weights", file.with_name(weights))
    assert (ran.status, ran.out) == (0, "")
    assert [each.name for each in path.parent.iterdir()] == ["net.onnx"]
    x = torch.randn(3, 3, 8, 8)
    with torch.inference_mode():
        agree(run_model(path.read_bytes(), [x]), [module(x)], 1e-5)


def test_options_reach_the_model(run: Run, file: Path) -> None:
    """`--opset` and `--size`; the description names the file."""
    path = file.with_name("net.onnx")
    assert run("compile", file, "--to", "onnx", "-o", path, "--opset", 18, "--size", "N=1").status == 0
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version == 18
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 1
    assert "tiny.nas" in model.doc_string


def test_wrong_use_is_explained(run: Run, file: Path) -> None:
    """Each mistake is named with its remedy, and leaves no file."""
    _trained(run, file)
    path, odd = file.with_name("odd.onnx"), file.with_name("odd.pt")
    to = ("compile", file, "--to", "onnx")
    for words, message in (
        ((*to,), "an ONNX model is no text to print; say where to write it: `-o net.onnx`"),
        ((*to, "-o", path, "--opset", 3), "opset 3 cannot be written; 18 to 26 can"),
        ((*to, "-o", path, "--size", "M=3"), "`Tiny` has no size `M`; it has `N`"),
        ((*to, "-o", path, "--weights", file), "is no file of weights alone; save them so: `torch.save("),
        ((*to, "-o", path, "--weights", file.with_name("none.pt")), "none.pt: No such file or directory"),
        (("compile", file, "--opset", 20), "`--opset` and `--size` are for `--to onnx`"),
    ):
        ran = run(*words)
        assert ran.status == 1
        assert message in ran.err
        assert not path.exists()
    for held, message in (
        ([1, 2], "holds no weights by name"),
        ({"epoch": 3}, "`epoch` in"),
        ({"head.weight": torch.zeros(2)}, "the weights given for `Tiny` lack `Unit.Conv2d.weight`"),
    ):
        torch.save(held, odd)
        ran = run(*to, "-o", path, "--weights", odd)
        assert ran.status == 1
        assert message in ran.err
        assert not path.exists()
