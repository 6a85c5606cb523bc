"""Writing ONNX files: symnas beside PyTorch's two exporters, on the same networks with the same weights.

    pip install onnxscript
    python tests/benchmarks/export.py

Everything counts that is needed from a network in memory to a file on disk: for symnas the graph and a `state_dict`, for
PyTorch the module. Printed are median seconds of processor time and the sizes of the files. All of them fold
batch norms into convolutions.
"""

import argparse
import contextlib
import io
import logging
import statistics
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import torch
from attrs import frozen
from timing import duration, rival, show, table
from torch import nn

import symnas
from symnas.compilers.onnx import build, save
from symnas.graph import Graph
from symnas.sizes import substitute

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "digits": ROOT / "samples" / "digits.nas",
    "mobile": ROOT / "samples" / "mobile.nas",
    "regnet": ROOT / "samples" / "regnet.nas",
    "ResNet-50": ROOT / "tests" / "grammar" / "goldens" / "resnet50.nas",
}


@frozen(eq=False)
class Subject:
    """A network to be written: as symnas has it, and as PyTorch has it, with an input."""

    name: str
    graph: Graph
    module: nn.Module
    given: torch.Tensor


def subjects() -> list[Subject]:
    """One member of each file, with PyTorch's first weights."""
    found = []
    for name, file in FILES.items():
        member = symnas.load(file).space().sample(Random(0))
        graph = member.graph()
        sizes = [int(str(substitute(size, {"N": 1, "H": 64, "W": 64}))) for size in graph.scope.inputs[0].shape]
        found.append(Subject(name, graph, symnas.compile(member, "torch").eval(), torch.randn(sizes)))
    return found


def ways(subject: Subject, folder: Path) -> dict[str, tuple[Path, Callable[[], object]]]:
    """By exporter: the file, and what writes it."""
    weights = subject.module.state_dict()
    files = {name: folder / f"{name}.onnx" for name in ("symnas", "dynamo", "TorchScript")}

    def ours() -> object:
        return save(build(subject.graph, weights=weights), files["symnas"])

    def theirs(name: str, *, dynamo: bool) -> Callable[[], object]:
        export = torch.onnx.export
        if dynamo:
            export = partial(export, external_data=False)
        return lambda: export(subject.module, (subject.given,), str(files[name]), dynamo=dynamo, verbose=False)

    every = {"symnas": ours, "TorchScript": theirs("TorchScript", dynamo=False)}
    if rival("onnxscript") is not None:
        every["dynamo"] = theirs("dynamo", dynamo=True)
    return {name: (files[name], act) for name, act in every.items()}


def rows(rounds: int) -> list[list[str]]:
    """A row for each network."""
    made = []
    for subject in subjects():
        with TemporaryDirectory() as folder:
            contenders = ways(subject, Path(folder))
            times: dict[str, list[float]] = {name: [] for name in contenders}
            for turn in range(rounds + 1):
                for name, (file, act) in contenders.items():
                    for _ in range(5 if name == "symnas" else 1):
                        file.unlink(missing_ok=True)  # to let go of what stood there is not writing
                        taken = duration(act)
                        if turn:  # the first warms up
                            times[name].append(taken)
            medians = {name: statistics.median(each) for name, each in times.items()}
            sizes = {name: file.stat().st_size for name, (file, _) in contenders.items()}
        row = [subject.name, f"{medians['symnas']:.4f}"]
        for name in ("dynamo", "TorchScript"):
            row += [f"{medians[name]:.3f}", f"{medians[name] / medians['symnas']:.0f}"] if name in medians else ["", ""]
        row += [f"{sizes[name]:,}" if name in sizes else "" for name in ("symnas", "dynamo", "TorchScript")]
        made.append(row)
        show(", ".join(row))
    return made


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="turns that each exporter takes")
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    logging.disable(logging.ERROR)
    warnings.simplefilter("ignore")
    head = ["s", "symnas", "dynamo", "times", "TorchScript", "times", "bytes", "dynamo's", "TorchScript's"]
    with contextlib.redirect_stderr(io.StringIO()), torch.no_grad():
        found = rows(rounds)
    show(table(head, found))


if __name__ == "__main__":
    main()
