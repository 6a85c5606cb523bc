"""`symnas prune`, run as a user runs it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import Run, runner

import symnas

MODEL = """\
net A(x: f32[N, 3, 8, 8]) = x -> Conv2d(oneof(8, 12) as width, 3) as stem -> BatchNorm2d -> ReLU -> Conv2d(6, 3)
  -> GlobalAvgPool2d -> Flatten -> Linear(2)
"""
PICK = ("--pick", "A.width=8")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model and its weights, which the command runs in."""
    (tmp_path / "model.nas").write_text(MODEL)
    network = symnas.load(tmp_path / "model.nas").space().architecture({"A.width": 0})
    torch.save(symnas.compile(network).state_dict(), tmp_path / "in.pt")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_it_lists_what_can_go(run: Run) -> None:
    """Groups with what goes beside them, and what stays with its reason; as a table and as JSON. Nothing is written."""
    ran = run("prune", "model.nas", *PICK, "--list")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[2:] == [
        "stem             8      1  BatchNorm2d, Conv2d",
        "Conv2d           6      1  Linear",
        "stays: Linear, 2 channels: it is a result of the net",
    ]
    record = json.loads(run("prune", "model.nas", *PICK, "--list", "--json").out)
    assert record["groups"][0] == {
        "group": "stem", "units": 8, "width": 1, "made": ["stem"], "read": ["BatchNorm2d", "Conv2d"],
    }  # fmt: skip
    assert record["stays"] == [{"path": "Linear", "channels": 2, "why": "it is a result of the net"}]


def test_it_writes_the_smaller_network_and_its_weights(run: Run, folder: Path) -> None:
    """With `-o` the program is written, its weights beside it, and the table tells what went."""
    ran = run(
        "prune", "model.nas", *PICK, "--weights", "in.pt", "--keep", "50%", "--alike", "--by", "l1", "-o", "small.nas"
    )
    assert (ran.status, ran.err) == (0, "wrote small.pt\nwrote small.nas\n")
    assert ran.out.splitlines()[2:] == [
        "stem              8      4  BatchNorm2d, Conv2d",
        "Conv2d            6      3  Linear",
        "parameters: 692 → 239 (34.5%)",
        "MACs: 41,484 → 13,830 (33.3%)",
    ]
    small = symnas.load(folder / "small.nas").architecture()
    module = symnas.compile(small)
    module.load_state_dict(torch.load(folder / "small.pt", weights_only=True))
    checked = run("verify", "small.nas")
    assert checked.status == 0  # PyTorch counts as many parameters and multiply-adds, ONNX gives the same


def test_weights_may_be_arrays(run: Run, folder: Path) -> None:
    """A file of arrays makes a file of arrays."""
    state = torch.load(folder / "in.pt", weights_only=True)
    np.savez(folder / "in.npz", **{name: value.numpy() for name, value in state.items()})
    ran = run("prune", "model.nas", *PICK, "--weights", "in.npz", "--params", "0.5", "--json", "-o", "small.nas")
    assert ran.status == 0
    record = json.loads(ran.out)
    assert record["params"][1] <= 0.5 * record["params"][0]
    with np.load(folder / "small.npz") as arrays:
        assert arrays["stem.weight"].shape[0] == record["groups"][0]["after"]


@pytest.mark.usefixtures("folder")
def test_without_a_file_the_program_is_printed(run: Run) -> None:
    """The program goes to standard output, what went to standard error; `random` needs no weights."""
    ran = run("prune", "model.nas", *PICK, "--by", "random", "--keep", "0.5", "--alike")
    assert ran.status == 0
    assert "Conv2d(4, 3) as stem" in ran.out
    assert "parameters: 692 → 239" in ran.err


MISTAKES = [
    (("--keep", "0"), 2, "must be a share above 0"),
    (("--keep", "150%"), 2, "must be a share above 0"),
    (("--by", "size", "--keep", "0.5"), 2, "size"),
    ((), 1, "say how much may be left"),
    (("--keep", "0.5"), 1, "importance by `l2` needs weights; without any there is `random`"),
    (("--keep", "0.5", "--weights", "none.pt"), 1, "none.pt"),
    (("--keep", "0.5", "--weights", "model.nas"), 1, "is no file of weights"),
    (("--keep", "0.5", "--weights", "in.pt", "-o", "out.pt"), 1, "the weights would be written to out.pt, too"),
    (("--drop", "stam"), 1, "nothing can be left out at `stam`"),
]  # fmt: skip


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("given", "status", "message"), MISTAKES, ids=lambda each: str(each)[:40])
def test_mistakes_are_told(run: Run, given: tuple[str, ...], status: int, message: str) -> None:
    """Each says what is wrong, and is no traceback."""
    ran = run("prune", "model.nas", *PICK, *given)
    assert ran.status == status
    assert message in ran.err
    assert "bug of symnas" not in ran.err
