"""Whatever is elaborated, either architectures or an explained error come of it."""

from pathlib import Path
from random import Random

import pytest
from mutating import damaged

from symnas.checking import check_text
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


FOUND = {
    "a size that only the result names is read by the body": (
        "net A(x: f32[N, 8]) -> f32[N, V] = x -> Linear(V)", "E0201",
    ),
    "a size that only the result names": ("net A(x: f32[N, 8]) -> f32[N, V] = x -> Linear(4)", ""),
    "a region that always fails is tried before a choice that does not need it": (
        """\
block D(w) = repeat(2) { Linear(w) -> ReLU }
block L(w)(x) {
  y = x -> D(w)
  z = oneof { a: concat([y, x]), b: y + (x -> Linear(3)), c: x }
  z -> Linear(4)
}
net U(x: f32[N, 8]) = x -> L(-3) -> Linear(2)
""",
        "E0305",
    ),
    "a claim reads a choice that stands in a region": (
        "let a = [oneof(*[1, 2]), 3]\nnet A(x: f32[N, 8]) = x -> Linear(a[0])\nassert a[0] in [1, 2] and a == [a[0], 3]", "",
    ),
    "a slice in steps of nothing": ("let a = [1, 2][::0]\nnet A(x: f32[N, 8]) = x -> Linear(len(a))", "E0415"),
    "two parameters of one name": ("block B(a, a)(x) = x -> Linear(a)\nnet A(x: f32[N, 8]) = x -> B(1, 2)", "E0204"),
    "a number that Python cannot make a float": ("net A(x: f32[N, 8]) = x * 1e400", "E0305"),
}  # fmt: skip
"""Programs that fuzzing found to end in an error of ours, and the code of the mistake in them; none where there is none."""


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_what_was_found_is_mended(case: str) -> None:
    """What once ended in an error of ours is explained, or fine."""
    text, code = FOUND[case]
    assert [each.code for each in check_text(text).diagnostics][:1] == ([code] if code else [])
