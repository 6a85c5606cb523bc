"""Running the command in this process: what it prints, and its exit status."""

from collections.abc import Callable

import pytest
from attrs import frozen

from symnas.command import main

__all__ = ["BLOCKED", "Ran", "Run", "runner"]

BLOCKED = """
import importlib.util, sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "symnas":
            raise ImportError(name)
sys.meta_path.insert(0, Block())
spec = importlib.util.spec_from_file_location("net", sys.argv[1])
net = importlib.util.module_from_spec(spec)
spec.loader.exec_module(net)
import torch
network = net.load()
torch.manual_seed(0)
print(network(torch.rand(2, 1, 8, 8)).flatten().tolist())
"""
"""What a process runs that cannot import symnas: load the network of the file named, apply it to two digits."""


@frozen
class Ran:
    """What a run of the command left: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


def runner(capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs `symnas` with the words it is given."""

    def run(*words: object) -> Ran:
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ran(status, out, err)

    return run
