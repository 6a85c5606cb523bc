"""A small network and rules that make more of it, for tests of searches by moves, and evaluators that workers find."""

from collections.abc import Mapping
from random import Random

import symnas
from symnas.growing import Grown, Growth
from symnas.growing.running import growth_of
from symnas.rewriting import Applied, Node, nas
from symnas.study import Run

__all__ = ["DIGITS", "SMALL", "shrunk", "small", "value"]

SMALL = """
block Dense(out)(x) = x -> Linear(out) -> ReLU
net Small(x: f32[N, 6]) = x -> Dense(4) as first -> Dense(4) as second -> Linear(3) as head
rule wider: Dense($out) => Dense($out * 2)
rule narrower: Dense($out) where $out > 1 => Dense($out // 2) keep slice
rule deeper: Dense($out) as $layer => $layer -> Dense($out)
rule bent: ReLU => Tanh
require Small.params <= 400
maximize score
"""

DIGITS = """
block Conv(out, kernel = 3)(x) = x -> Conv2d(out, kernel, bias = false) -> BatchNorm2d -> ReLU
net Digits(image: f32[N, 1, 8, 8]) =
  image -> Conv(4) as stem -> MaxPool2d(2) -> Conv(4) as body -> GlobalAvgPool2d -> Flatten -> Linear(10) as head
rule wider: Conv($out, $kernel) => Conv($out * 2, $kernel)
rule deeper: Conv($out, $kernel) as $conv => $conv -> Conv($out, $kernel)
train { data: "digits", epochs: 2, batch_size: 128, lr: 0.01 }
maximize accuracy
"""


@symnas.rule(on="Dense", name="shrunk")
def shrunk(layer: Applied) -> Node | None:
    """Layers of more than two outputs lose one."""
    out = layer["out"]
    return nas.Dense(out - 1) if isinstance(out, int) and out > 2 else None


def small() -> Growth:
    """What its rules make of `SMALL`."""
    return growth_of(symnas.parse(SMALL), ())


def value(architecture: Grown, _recipe: Mapping[str, object], seed: int, run: Run) -> dict[str, float]:
    """A score that wants many parameters, with noise; some trials fail. What a trial leaves to its children is how many
    ancestors it has.
    """
    if seed % 9 == 4 and architecture.moves:
        raise ValueError(f"no luck with {seed}")
    before = -1 if run.inherited is None else int((run.inherited / "depth").read_text())
    (run.folder / "depth").write_text(f"{before + 1}")
    return {"score": architecture.params + Random(seed).random(), "depth": before + 1.0}
