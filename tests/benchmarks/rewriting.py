"""Rewriting a network of a thousand layers: beside torch.fx's subgraph rewriter and onnxscript's rewriter.

    python tests/benchmarks/rewriting.py

The network is a row of convolution, batch norm and ReLU; the rule turns convolution and batch norm round. Printed are
milliseconds of processor time, medians of turns on one thread, without making the network: for symnas finding every
match of a rule and of a hundred rules, rewriting (types checked), one place alone, writing the new program as well, and
the same with the row made of blocks that are used again; for torch.fx matching and `replace_pattern` on the traced
module, for onnxscript its rule set on the model's graph, neither of which checks shapes. Tracing and making models are not
counted; both are changed in place, and made beforehand for each turn.
"""

import argparse
import copy
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx_ir
import torch
from onnxscript.rewriter.pattern import RewriteRule, RewriteRuleSet
from timing import duration, show, table
from torch import fx, nn
from torch.fx.passes.utils.matcher_utils import SubgraphMatcher

import symnas
from symnas.architecture import Architecture
from symnas.rewriting import Rule, matches, rewrite

RULE = "Conv2d($*c) as $a -> BatchNorm2d as $b => $b -> Conv2d($*c)"
ROW = "Conv2d(16, 3, bias = false) -> BatchNorm2d -> ReLU"
FLAT = f"net A(x: f32[N, 16, 8, 8]) = x -> repeat(COUNT) {{ {ROW} }}"
BLOCKS = f"block B = {ROW}\nnet A(x: f32[N, 16, 8, 8]) = x -> repeat(COUNT) {{ B }}"


class Functional(nn.Module):
    """The row with its layers called as functions, as torch.fx matches them whatever their weights."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.weight = nn.Parameter(torch.zeros(16, 16, 3, 3))
        self.mean = nn.Parameter(torch.zeros(16))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The row on *x*, `(batch, 16, height, width)`."""
        for _ in range(self.count):
            x = nn.functional.conv2d(x, self.weight, padding=1)
            x = nn.functional.batch_norm(x, self.mean, self.mean)
            x = nn.functional.relu(x)
        return x


def pattern(x: torch.Tensor, weight: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """What torch.fx looks for."""
    return nn.functional.batch_norm(nn.functional.conv2d(x, weight, padding=1), mean, mean)


def replacement(x: torch.Tensor, weight: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """What it puts down."""
    return nn.functional.conv2d(nn.functional.batch_norm(x, mean, mean), weight, padding=1)


def ours(text: str, count: int, turns: int) -> list[list[str]]:
    """Rows of the table for the network *text*."""
    network = symnas.parse(text.replace("COUNT", str(count))).architecture()
    network.graph()
    hundred = [symnas.rule(f"Conv2d({wide}, $*c) -> BatchNorm2d => ReLU", f"r{wide}") for wide in range(20, 120)]
    kind = "blocks" if "block" in text else "flat"
    return [
        row(f"symnas, {kind}: matches", lambda: listed(network, [symnas.rule(RULE)]), turns),
        row(f"symnas, {kind}: matches of 100 rules", lambda: listed(network, hundred), turns),
        row(
            f"symnas, {kind}: rewrite, one place", lambda: len(rewrite(network, RULE, at="repeat[100]").firings), turns
        ),
        row(f"symnas, {kind}: rewrite", lambda: len(rewrite(network, RULE).firings), turns),
        row(f"symnas, {kind}: rewrite, write the text", lambda: written(network), turns),
    ]


def written(network: Architecture) -> int:
    """How many matches there are; the program of the network after them is written."""
    done = rewrite(network, RULE)
    assert done.program.text
    return len(done.firings)


def listed(network: Architecture, rules: Sequence[Rule]) -> int:
    """How many matches there are."""
    return len(matches(network, *rules))


def theirs(count: int, turns: int) -> list[list[str]]:
    """Rows of the table for torch.fx."""
    traced = fx.symbolic_trace(Functional(count))
    wanted = fx.symbolic_trace(pattern).graph
    copies = [copy.deepcopy(traced) for _ in range(turns + 1)]
    return [
        row("torch.fx: matches", lambda: len(SubgraphMatcher(wanted).match(traced.graph)), turns),
        row("torch.fx: replace_pattern", lambda: len(fx.replace_pattern(copies.pop(), pattern, replacement)), turns),
    ]


def onnx_model(count: int) -> onnx_ir.Model:
    """The row as an ONNX model."""
    kind, size = onnx_ir.TensorType(onnx_ir.DataType.FLOAT), onnx_ir.Shape([1, 16, 8, 8])
    given = flowing = onnx_ir.Value(name="x", type=kind, shape=size)
    weight, scale = (
        onnx_ir.Value(name=name, const_value=onnx_ir.tensor(np.zeros(shape, np.float32), name=name))
        for name, shape in (("weight", (16, 16, 3, 3)), ("scale", (16,)))
    )
    nodes = []
    for _ in range(count):
        convolved = onnx_ir.node("Conv", [flowing, weight], attributes={"pads": [1, 1, 1, 1]})
        normed = onnx_ir.node("BatchNormalization", [convolved.outputs[0], *[scale] * 4])
        nodes += [convolved, normed, onnx_ir.node("Relu", [normed.outputs[0]])]
        flowing = nodes[-1].outputs[0]
    graph = onnx_ir.Graph([given], [flowing], nodes=nodes, initializers=[weight, scale], opset_imports={"": 18})
    return onnx_ir.Model(graph, ir_version=9)


def onnx_rule(pad: int) -> RewriteRule:
    """The rule for convolutions with a border of *pad*, as onnxscript writes it."""
    pads = [pad] * 4

    def target(op: Any, x: Any, w: Any, s: Any) -> Any:
        return op.BatchNormalization(op.Conv(x, w, pads=pads), s, s, s, s)

    def turned(op: Any, x: Any, w: Any, s: Any) -> Any:
        return op.Conv(op.BatchNormalization(x, s, s, s, s), w, pads=pads)

    return RewriteRule(target, turned)


def onnx(count: int, turns: int) -> list[list[str]]:
    """Rows of the table for onnxscript."""
    models = [onnx_model(count) for _ in range(2 * turns + 2)]
    one, hundred = RewriteRuleSet([onnx_rule(1)]), RewriteRuleSet([onnx_rule(pad) for pad in range(20, 120)])
    return [
        row("onnxscript: 100 rules, none of which matches", lambda: hundred.apply_to_model(models.pop()), turns),
        row("onnxscript: rewrite", lambda: one.apply_to_model(models.pop()), turns),
    ]


def row(name: str, work: Callable[[], int], turns: int) -> list[str]:
    """What *work*, which gives a number of matches, takes."""
    found = work()
    times = [duration(work) for _ in range(turns)]
    return [name, f"{found:,}", f"{1000 * statistics.median(times):,.1f}"]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--rows", type=int, default=334, help="three layers each")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [row for text in (FLAT, BLOCKS) for row in ours(text, options.rows, options.turns)]
    others = [*theirs(options.rows, options.turns), *onnx(options.rows, options.turns)]
    show(table(["", "matches", "ms"], [*rows, *others]))


if __name__ == "__main__":
    main()
