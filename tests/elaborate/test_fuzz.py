"""Whatever is elaborated, either architectures or an explained error come of it."""

from pathlib import Path
from random import Random

import pytest
from mutating import damaged

from symnas.errors import NasError
from symnas.program import parse
from symnas.space import Measure

BASE = [
    """\
net A(x: f32[N, 8]) = x -> repeat(range(0, 2)) { Linear(8) -> oneof { a: ReLU, b: maybe(Tanh) if true } }
""",
    """\
let w = oneof(4, 8)
cell C(n)(x) = x -> Linear(n) -> oneof(ReLU, Tanh)
block B(k = range(1, 3))(x) {
  require k != 2
  y = x -> C(w) -> Linear(k * 8)
  if y.shape == x.shape { x + y } else { x }
}
net A(x: f32[N, 8]) {
  ys = [x]
  for i in 1..2 { ys = [*ys, sum([y -> B for y in ys])] }
  sum(manyof(2, ys))
}
train { lr: range(1e-4, 1.0, log = true), name: oneof("a", "b") }
require A.params < 10K
""",
    """\
fn f(a) { if a > 0 { a * 2 } else { -a } }
block M(d)(x) = x -> oneof { s: M(d - 1) -> M(d - 1) if d > 0, e: Linear(8) }
net A(t: i64[N, T]) {
  shared e = Embedding(9, 8)
  (a, b) = [t -> e -> M(1) for i in 1..2]
  r = {p: a, q: b[:, -1]}
  {out: a @ e.weight.transpose(0, 1), aux: r.q -> Linear(f(3))}
}
assert space.size > 1
""",
]


def survives(text: str) -> None:
    """Read *text*, and ask its space for everything; only explained errors may come of it."""
    try:
        space = parse(text).space()
        space.elaboration.counter.most_work = 5_000
        space.sample(Random(0), Measure.ARCHITECTURES)
        drawn = space.sample(Random(0), Measure.DECISIONS)
        _ = drawn.picks, drawn.text, drawn.params, drawn.macs, drawn.recipe
        if drawn.genotype:
            space.mutate(drawn, Random(0))
    except NasError as error:
        text = str(error)  # drawing it must not fail either


@pytest.mark.parametrize("seed", range(3))
def test_damaged_programs_are_explained(seed: int) -> None:
    """Small programs with random damage: no error of ours shows."""
    rng = Random(seed)
    for _ in range(120):
        survives(damaged(rng.choice(BASE), rng))


@pytest.mark.parametrize("seed", range(2))
def test_damaged_showcase_is_explained(seed: int, shared: Path) -> None:
    """Published programs with random damage: no error of ours shows."""
    rng = Random(seed)
    names = ("bench201", "exits", "gpt", "mobile", "unet", "resnet50")
    texts = [(shared / "language" / "showcase" / f"{name}.nas").read_text(encoding="utf-8") for name in names]
    for _ in range(60):
        survives(damaged(rng.choice(texts), rng))
