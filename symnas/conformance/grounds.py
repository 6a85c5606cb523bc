"""The spaces that a searcher has to cope with, each as small as shows the point, as programs."""

from functools import cache

from attrs import frozen

from symnas.genotype import Genotype
from symnas.program import parse
from symnas.space import Space

__all__ = ["FINITE", "GROUNDS", "Ground", "ground"]

GROUNDS = {
    "one point": "net N(x: f32[B, 4]) = x -> Linear(2)",
    "two points": "train { a: oneof(1, 2) }",
    "three points": "train { a: oneof(1, 2, 3) }",
    "flat": "train { a: oneof(1, 2, 3, 4), b: oneof(1, 2, 3, 4), c: oneof(1, 2, 3, 4), d: oneof(1, 2, 3, 4), e: oneof(1, 2) }",
    "conditional": """
train {
  cell: oneof { plain: 0, wide: {kernel: oneof(1, 3, 5)}, gated: {kernel: oneof(3, 5), ratio: oneof(2, 4)} }
  width: oneof { small: 8, own: {width: range(8, 12), drop: oneof(false, true)} }
}""",
    "constrained": """
net N(x: f32[B, 4]) {
  a = oneof(1, 2, 3)
  b = oneof(1, 2, 3)
  c = oneof(1, 2, 3)
  require a + b <= 4 and b * c != 6
  x -> Linear(a) -> Linear(b) -> Linear(c)
}""",
    "limited cost": "net N(x: f32[B, 4]) = x -> Linear(oneof(1, 2, 3, 4, 5)) -> Linear(oneof(1, 2, 3))\nrequire N.params <= 20",
    "one legal": "net N(x: f32[B, 4]) {\n  a = oneof(1, 2, 3, 4, 5)\n  require a == 4\n  x -> Linear(a)\n}",
    "shared": """
let width = oneof(1, 2, 3)
block Act = oneof(ReLU, SiLU)
cell Unit(x) = x -> Linear(width) -> Act
net N(x: f32[B, 4]) = x -> Unit -> repeat(range(0, 2)) { Act } -> Unit -> Linear(width)""",
    "recursive": """
block Tree(depth)(x) = x -> oneof {
  leaf: ReLU
  chain: Tree(depth - 1) -> SiLU if depth > 0
  fork: Fork(depth) if depth > 0
}
block Fork(depth)(x) = (x -> Tree(depth - 1)) + (x -> Tree(depth - 1))
net N(x: f32[B, 4]) = x -> Tree(3)""",
    "continuous": "train { lr: range(1e-4, 1e-1, log = true), decay: range(0.0, 0.1) }",
    "mixed": "train { optimiser: oneof { sgd: {momentum: range(0.0, 0.9)}, adam: {} }, width: oneof(1, 2, 3) }",
    "120 decisions": "net N(x: f32[B, 4]) = x -> repeat(120) { oneof(ReLU, SiLU, Tanh) }",
    "two objectives": """
train { a: oneof(1, 2, 3, 4), b: oneof(1, 2, 3, 4), c: oneof(1, 2, 3, 4), d: oneof(1, 2, 3, 4) }
maximize score
minimize latency""",
}
"""By name."""

FINITE = tuple(name for name in GROUNDS if name not in ("continuous", "mixed", "120 decisions"))
"""Those that come to an end."""


@frozen(eq=False)
class Ground:
    """A space of the suite; *legal* are all of its members that may be proposed, where it is finite."""

    name: str
    space: Space
    legal: frozenset[Genotype] | None


@cache
def ground(name: str) -> Ground:
    """The space called *name*, elaborated once."""
    space = parse(GROUNDS[name], f"{name}.nas").space()
    members = (each.genotype for each in space if each.violated is None) if name in FINITE else None
    return Ground(name, space, None if members is None else frozenset(members))
