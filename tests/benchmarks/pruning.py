"""Structural pruning of ResNet-50 and of a network of a thousand layers: beside torch-pruning (DepGraph).

    pip install --no-deps torch-pruning; OMP_NUM_THREADS=1 python tests/benchmarks/pruning.py

Half of all channels that can go do so, the least by the L1 norm, compared over all groups. Printed are seconds of processor
time, medians of turns on one thread, and the parameters left: for symnas finding what goes together, pruning graph and
weights (types checked), pruning to half of the multiply-adds, and writing the new program; for torch-pruning building its
dependency graph, which runs the network once on one image, and doing that and pruning. Both start from the same module,
which is copied beforehand for each turn, as torch-pruning changes it in place.
"""

import argparse
import copy
import statistics
from collections.abc import Callable, Sequence
from types import ModuleType

import torch
from timing import duration, rival, show, table
from torch import nn

import symnas
from symnas.architecture import Architecture
from symnas.slimming import prunable

RESNET = """
block ConvBN(out, kernel = 1, stride = 1) = Conv2d(out, kernel, stride = stride, bias = false) -> BatchNorm2d
block Bottleneck(mid, stride = 1)(x) {
  y = x -> ConvBN(mid) -> ReLU -> ConvBN(mid, 3, stride) -> ReLU -> ConvBN(4 * mid)
  (if y.shape == x.shape { x } else { x -> ConvBN(4 * mid, 1, stride) }) + y -> ReLU
}
net ResNet(x: f32[N, 3, 224, 224]) {
  x = x -> ConvBN(64, 7, 2) -> ReLU -> MaxPool2d(3, 2)
  for (mid, stride, more) in [(64, 1, 2), (128, 2, 3), (256, 2, 5), (512, 2, 2)] {
    x = x -> Bottleneck(mid, stride) -> repeat(more) { Bottleneck(mid) }
  }
  x -> GlobalAvgPool2d -> Flatten -> Linear(1000)
}
"""

ROW = """
net Row(x: f32[N, 3, 8, 8]) = x -> repeat(333) { Conv2d(16, 3, bias = false) -> BatchNorm2d -> ReLU }
  -> GlobalAvgPool2d -> Flatten -> Linear(10)
"""


def ours(network: Architecture, module: nn.Module, turns: int) -> list[list[str]]:
    """Rows of the table for symnas."""
    weights = module.state_dict()

    def pruned(*, write: bool = False) -> int:
        found = symnas.prune(network, weights, keep=0.5, by="l1")
        assert found.weights is not None
        assert not write or found.program.text
        return found.graph.params

    return [
        row("symnas: groups", lambda: len(prunable(network)[0].groups), turns, "groups"),
        row("symnas: prune", pruned, turns),
        row(
            "symnas: prune to half of the MACs",
            lambda: symnas.prune(network, weights, macs=0.5, by="l1").graph.params,
            turns,
        ),
        row("symnas: prune, write the program", lambda: pruned(write=True), turns),
    ]


def theirs(tp: ModuleType, network: Architecture, module: nn.Module, turns: int) -> list[list[str]]:
    """Rows of the table for torch-pruning."""
    image = torch.zeros(1, *(int(str(size)) for size in network.graph().scope.inputs[0].shape[1:]))
    copies = [copy.deepcopy(module).eval() for _ in range(2 * turns + 4)]

    def graph() -> int:
        found = tp.DependencyGraph().build_dependency(copies.pop(), example_inputs=image)
        return len([*found.get_all_groups(root_module_types=[nn.Conv2d])])

    def pruned() -> int:
        model = copies.pop()
        last = next(each for each in model.modules() if isinstance(each, nn.Linear))
        pruner = tp.pruner.BasePruner(
            model, image, importance=tp.importance.GroupMagnitudeImportance(p=1), pruning_ratio=0.5, global_pruning=True,
            ignored_layers=[last],
        )  # fmt: skip
        pruner.step()
        return sum(each.numel() for each in model.parameters())

    return [row("torch-pruning: groups", graph, turns, "groups"), row("torch-pruning: prune", pruned, turns)]


def row(name: str, act: Callable[[], int], turns: int, what: str = "parameters") -> list[str]:
    """One row: what it is, what it comes to, and the median of *turns* after one to warm up."""
    count = act()
    times = [duration(act) for _ in range(turns)]
    return [name, f"{count:,} {what}", f"{statistics.median(times):.2f}"]


def main(given: Sequence[str] | None = None) -> None:
    """Measure both networks, and print a table of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5, help="how often each is measured (5)")
    turns = parser.parse_args(given).turns
    torch.set_num_threads(1)
    tp = rival("torch_pruning")
    for text in (RESNET, ROW):
        network = symnas.parse(text).architecture()
        graph = network.graph()
        torch.manual_seed(0)
        module = symnas.compile(network)
        rows = ours(network, module, turns)
        rows += theirs(tp, network, module, turns) if tp is not None else []
        layers = sum(1 for _ in graph.operations())
        show(f"{graph.name}: {layers:,} layers, {graph.params:,} parameters\n\n{table(('', 'found', 's'), rows)}\n")


if __name__ == "__main__":
    main()
