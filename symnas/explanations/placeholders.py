"""Mistakes of placeholders, and limits."""

from symnas.explanations.entry import Explanation

__all__ = ["ENTRIES"]

ENTRIES = (
    Explanation(
        "E0501",
        "more layers than the limit",
        "100,000 layers are most likely a slip in a loop. Nested loops multiply.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> repeat(100_001) { ReLU }
}
""",
        at=(2, 15),
        message="100,001 turns of `repeat`; the limit is 100,000",
        right="""\
net A(x: f32[N, 8]) = x -> repeat(3) { repeat(3) { Linear(8) } }
""",
    ),
    Explanation(
        "E0502",
        "a list of more than 100,000 items",
        "Longer lists are most likely a slip: loops in a comprehension multiply.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(len([*(1..60000), *(1..60000)]))
}
""",
        at=(2, 19),
        message="a list of more than 100,000 items",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(len([1 for i in 1..10 for j in 1..10]))
}
""",
    ),
    Explanation(
        "E0503",
        "guards leave no alternative",
        "Every alternative of the `oneof` is removed by its guard, always or under the choices named.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> oneof(ReLU if false, Tanh if false)
}
""",
        at=(2, 8),
        message="no alternative of this `oneof` is left",
        right="""\
net A(x: f32[N, 8]) {
  x -> oneof(ReLU if false, Tanh)
}
""",
    ),
    Explanation(
        "E0504",
        "a prior that is none",
        "`prior` is a record from label to probability; those not named share the rest.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> oneof(*{a: ReLU, b: Tanh}, prior = {a: 2})
}
""",
        at=(2, 43),
        message="a probability is a number from 0 to 1, not the number 2",
        right="""\
net A(x: f32[N, 8]) {
  x -> oneof(*{a: ReLU, b: Tanh}, prior = {a: 0.3})
}
""",
    ),
    Explanation(
        "E0505",
        "a recursion that may never end",
        (
            "A block may call itself only with a whole number that falls or a list that gets shorter, behind a "
            "guard that ends it."
        ),
        wrong="""\
block M(n)(x) = x -> Linear(8) -> M(n + 1)
net A(x: f32[N, 8]) {
  x -> M(0)
}
""",
        at=(1, 35),
        message="blocks are nested more than 200 deep",
        right="""\
block M(n)(x) {
  if n > 0 { x -> Linear(8) -> M(n - 1) } else { x }
}
net A(x: f32[N, 8]) {
  x -> M(3)
}
""",
    ),
    Explanation(
        "E0506",
        "a `oneof` over an empty list",
        "`oneof(*list)` needs a list with at least one item, under all choices.",
        elsewhere="a `oneof` without alternatives, made in Python",
    ),
    Explanation(
        "E0507",
        "two alternatives are the same",
        (
            "The same text twice is most likely a slip; it would count as two architectures. Values that merely "
            "coincide may stand."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  x -> oneof(ReLU, Tanh, ReLU)
}
""",
        at=(2, 26),
        message="two alternatives are the same",
        right="""\
net A(x: f32[N, 8]) {
  x -> oneof(ReLU, Tanh)
}
""",
    ),
    Explanation(
        "E0508",
        "an empty `range`",
        "The lower bound is above the upper one, always or under the choices named.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(range(4, 2))
}
""",
        at=(2, 15),
        message="this `range` is empty: 4 is above 2",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(range(2, 4))
}
""",
    ),
    Explanation(
        "E0509",
        "a range's step or logarithm",
        "A step is above 0; a logarithmic range starts above 0, since 0 has no logarithm.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Dropout(range(0.0, 0.5, log = true))
}
""",
        at=(2, 22),
        message="a logarithmic `range` starts above 0",
        right="""\
net A(x: f32[N, 8]) {
  x -> Dropout(range(0.1, 0.5, log = true))
}
""",
    ),
    Explanation(
        "E0510",
        "the bounds of a range are numbers",
        "`range(lo, hi)` chooses a number. Other values are listed with `oneof`.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(range("a", 3))
}
""",
        at=(2, 21),
        message='the bounds of a `range` are numbers, not the string "a"',
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(range(1, 3))
}
""",
    ),
    Explanation(
        "E0511",
        "a placeholder lacks an argument",
        "`range(lo, hi)`, `maybe(layer)`, `manyof(k, options)`, `subset(options)`, `permutation(options)`.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(range(3))
}
""",
        at=(2, 15),
        message="`range` takes two bounds",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(range(1, 3))
}
""",
    ),
    Explanation(
        "E0512",
        "a choice from something that is no list",
        "`manyof`, `subset` and `permutation` choose from lists.",
        wrong="""\
net A(x: f32[N, 8]) {
  sum(manyof(1, 3))
}
""",
        at=(2, 17),
        message="`manyof` chooses from a list, not the number 3",
        right="""\
net A(x: f32[N, 8]) {
  sum(manyof(1, [x, x -> ReLU]))
}
""",
    ),
    Explanation(
        "E0513",
        "how many are chosen",
        "As many can be chosen as there are options.",
        wrong="""\
net A(x: f32[N, 8]) {
  sum(manyof(3, [x, x -> ReLU]))
}
""",
        at=(2, 14),
        message="`k` of `manyof` is a whole number from 0 to 2, not the number 3",
        right="""\
net A(x: f32[N, 8]) {
  sum(manyof(1, [x, x -> ReLU]))
}
""",
    ),
    Explanation(
        "E0514",
        "uses of a cell that disagree",
        (
            "A cell is decided once for the whole program, so each use must ask for the same decisions with the "
            "same alternatives. A `block` decides at each use."
        ),
        wrong="""\
cell C(n)(x) = x -> Linear(oneof(*[8, 9, 10][:n]))
net A(x: f32[N, 8]) {
  x -> C(2) -> C(3)
}
""",
        at=(1, 28),
        message="cell `C` is decided once, but has 2 alternatives from 3:8, 3 alternatives from 3:16",
        right="""\
block C(n)(x) = x -> Linear(oneof(*[8, 9, 10][:n]))
net A(x: f32[N, 8]) {
  x -> C(2) -> C(3)
}
""",
    ),
    Explanation(
        "E0515",
        "too much computing",
        ("A program may compute 300,000 steps before it builds: turns of comprehensions and calls of `fn`s."),
        wrong="""\
fn f(n) = if n == 0 { 1 } else { f(n - 1) + f(n - 1) }
net A(x: f32[N, 8]) {
  x -> Linear(f(100))
}
""",
        at=(1, 45),
        message="more than 300,000 steps of computing",
        right="""\
fn f(n) = if n == 0 { 1 } else { f(n - 1) }
net A(x: f32[N, 8]) {
  x -> Linear(f(10))
}
""",
    ),
    Explanation(
        "E0516",
        "a row of definitions too long",
        (
            "Thousands of lets or blocks, each defined in terms of the next, nest deeper than they can be worked out. "
            "Define them through a list or a loop."
        ),
        elsewhere="A row of 50,000 lets such as `let a1 = a0 + 1` shows it.",
    ),
)
