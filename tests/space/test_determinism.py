"""The same seed gives the same architectures: in this process, in another, whatever was asked before."""

import os
import subprocess
import sys
from random import Random

from enumerating import space_of

from symnas.space import Measure

PROGRAM = """
let width = oneof(4, 8, 12)
cell C(n)(x) = x -> oneof { a: Linear(n), b: ReLU -> Linear(n), c: Identity }
block B(k = oneof(1, 2, 3))(x) {
  require k != 2
  x -> repeat(k) { maybe(Linear(8)) }
}
net A(x: f32[N, 8]) {
  x = x -> C(8) -> B -> repeat(range(0, 3)) { B }
  x -> Linear(width) -> manyof(1, [ReLU, Tanh, GELU])[0]
}
train { lr: range(1e-4, 1e-1, log = true), name: oneof("sgd", "adam") }
require width != 12
"""

SCRIPT = """
import json, sys
from random import Random
from symnas.program import parse
from symnas.space import Measure
space = parse(sys.stdin.read()).space()
rng = Random(11)
drawn = [space.sample(rng, measure) for _ in range(10) for measure in Measure]
for _ in range(10):
    drawn.append(space.mutate(drawn[-1], rng))
print(json.dumps([[list(each.genotype.items()), each.params, each.text] for each in drawn]))
print(space.size, space.fingerprint)
"""


def test_another_process_draws_the_same() -> None:
    """Samples, mutants, their texts and the fingerprint do not depend on how Python hashes strings."""
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], input=PROGRAM, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert outputs[0] == outputs[1]
    assert outputs[0].count("\n") == 2


def test_what_was_asked_before_changes_nothing() -> None:
    """A space that has been counted, listed and mutated draws like a fresh one."""
    for measure in Measure:
        used, rng = space_of(PROGRAM), Random(0)
        assert used.size > 0
        for _ in range(30):
            used.mutate(used.sample(rng), rng)
        fresh = space_of(PROGRAM)
        for seed in range(20):
            assert used.sample(Random(seed), measure) == fresh.sample(Random(seed), measure)


def test_mutants_do_not_depend_on_what_is_remembered() -> None:
    """A mutant of the same architecture with the same seed is the same, in a fresh space too."""
    used, rng = space_of(PROGRAM), Random(0)
    for _ in range(30):
        used.mutate(used.sample(rng), rng)
    for seed in range(20):
        before = used.sample(Random(seed))
        fresh = space_of(PROGRAM)
        expected = fresh.mutate(fresh.architecture(before.genotype), Random(seed))
        assert used.mutate(before, Random(seed)).genotype == expected.genotype


def test_a_decision_drawn_is_drawn_once() -> None:
    """A `require` met halfway does not make the draws before it be made again (once found by the laws)."""
    text = "net A(x: f32[N, 8]) {\n  require oneof(false, true)\n  x -> ReLU\n}\ntrain { q: oneof(false, true) }\n"
    kept = space_of(text)
    many = [kept.sample(Random(seed), Measure.DECISIONS) for seed in range(8)]
    assert [space_of(text).sample(Random(seed), Measure.DECISIONS) for seed in range(8)] == many
