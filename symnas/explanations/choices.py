"""Mistakes of choices, claims and costs."""

from symnas.explanations.entry import Explanation

__all__ = ["ENTRIES"]

ENTRIES = (
    Explanation(
        "E0601",
        "a cost depends on a symbolic size",
        (
            "MACs of a network whose input has symbolic sizes are known once they are given, with `--size` or "
            "in the signature."
        ),
        wrong="""\
net A(x: f32[N, T, 8]) = x -> Linear(8)
assert A.macs < 300
""",
        at=(2, 8),
        message="macs depend on T",
        right="""\
net A(x: f32[N, 8, 4]) = x -> Linear(8)
assert A.macs == 256
""",
    ),
    Explanation(
        "E0602",
        "a decision is left open",
        "`space.architecture(…)` makes one architecture, so every decision that it meets must be given.",
        elsewhere="`space.architecture({})` of a space with decisions",
    ),
    Explanation(
        "E0603",
        "a choice that the decision does not have",
        ("In a genotype a choice is a position among the alternatives, from 0, or a number in a continuous range."),
        elsewhere='`space.architecture({"k": 7})` where `k` has two alternatives',
    ),
    Explanation(
        "E0604",
        "an architecture has no such decision",
        "The genotype holds a decision that its other choices leave unmade.",
        elsewhere='`space.architecture({"k": 0, "other": 1})`',
    ),
    Explanation(
        "E0605",
        "a `require` excludes these choices",
        "The picked or given choices make an architecture that a `require` removes.",
        elsewhere="`space.architecture(…)` with choices that a `require` excludes",
    ),
    Explanation(
        "E0606",
        "a pick that is no alternative",
        (
            "A pick is a label, a literal or a head name of one of the decision's alternatives, or a number in "
            "its range."
        ),
        wrong="""\
let k = oneof(3, 5)
net A(x: f32[N, 8]) {
  x -> Linear(k)
}
pick { k: 7 }
""",
        at=(5, 11),
        message="`k` is one of 3, 5, not 7",
        right="""\
let k = oneof(3, 5)
net A(x: f32[N, 8]) {
  x -> Linear(k)
}
pick { k: 5 }
""",
    ),
    Explanation(
        "E0607",
        "an `assert` does not hold",
        "The claim is wrong for the space, or for the architecture that is shown.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
assert A.params == 71
""",
        at=(4, 1),
        message="this `assert` does not hold: `A.params` is 72",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
assert A.params == 72
""",
    ),
    Explanation(
        "E0608",
        "a `require` excludes everything",
        "No architecture is left, as far as was looked.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
require A.params < 10
""",
        at=(4, 1),
        message="no architecture meets this `require`",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
require A.params < 100
""",
    ),
    Explanation(
        "E0609",
        "an `assert` could not be checked",
        ("The claim reads what is not known exactly here, such as the size of a space too entangled to count."),
        elsewhere="`assert space.size == 3` of a space without an exact count",
    ),
    Explanation(
        "E0610",
        "a pick of a decision that does not exist",
        (
            "Paths come from the text: net, loop variables, block, name. The nearest that exist are listed; "
            "`moved` keeps old paths valid."
        ),
        wrong="""\
let k = oneof(3, 5)
net A(x: f32[N, 8]) {
  x -> Linear(k)
}
pick { kk: 5 }
""",
        at=(5, 12),
        message="there is no decision `kk`",
        right="""\
let k = oneof(3, 5)
net A(x: f32[N, 8]) {
  x -> Linear(k)
}
pick { k: 5 }
""",
    ),
)
