"""Mistakes about what lies outside a network: other files, Python, measurements, objectives, earlier names."""

from symnas.explanations.entry import Explanation

__all__ = ["ENTRIES"]

ENTRIES = (
    Explanation(
        "E0218",
        "an imported file has no such name",
        "What is imported must be declared, or imported, in that file.",
        elsewhere='`import "parts.nas" (Blok)` where the file declares `Block`',
    ),
    Explanation(
        "E0219",
        "paths that begin alike",
        (
            "Paths of decisions begin with the declaration's name, or the file's and the name; two that begin "
            "alike could not be told apart."
        ),
        elsewhere="a `let parts` beside an imported `parts.nas`",
    ),
    Explanation(
        "E0220",
        "a Python layer without a shape",
        (
            "What a Python layer gives is known from its signature alone, since nothing is imported to check: "
            "the result's shape is written in terms of its inputs' and its settings."
        ),
        wrong="""\
use my.layers (L(p)(x: [*S]))
""",
        at=(1, 16),
        message="`L` does not say what shape it gives",
        right="""\
use my.layers (L(p)(x: [*S]) -> [*S])
""",
    ),
    Explanation(
        "E0221",
        "settings of a Python layer",
        (
            "The defaults of a Python layer's settings are plain values: numbers, strings, truth values, "
            "`none`, lists of these. Decisions are made where the layer is used."
        ),
        wrong="""\
use my.layers (L(p = oneof(1, 2))(x: [*S]) -> [*S])
""",
        at=(1, 22),
        message="the default of a Python layer's setting is a plain value",
        right="""\
use my.layers (L(p = 1)(x: [*S]) -> [*S])
""",
    ),
    Explanation(
        "E0223",
        "a Python function used as a layer",
        ("What `use` names without brackets is a function for `measure` or a training loop. A layer has a signature."),
        wrong="""\
use my.layers (f)
net A(x: f32[N, 8]) {
  x -> f
}
""",
        at=(3, 8),
        message="`f` is a Python function, no layer",
        right="""\
use my.layers (f(x: [*S]) -> [*S])
net A(x: f32[N, 8]) {
  x -> f
}
""",
    ),
    Explanation(
        "E0224",
        "a cost is measured",
        ("Parameters, MACs and the like are known without measuring; a metric of the same name would hide them."),
        wrong="""\
use my.cost (f)
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
measure params = f()
""",
        at=(5, 1),
        message="`params` is known without measuring",
        right="""\
use my.cost (f)
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
measure time = f()
""",
    ),
    Explanation(
        "E0225",
        "a measurement by no Python function",
        "`measure a, b = f(…)` calls a function that the file `use`s.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
measure a = f()
""",
        at=(4, 13),
        message="a measurement is a call of a Python function that the file `use`s",
        right="""\
use my.cost (f)
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
measure a = f()
""",
    ),
    Explanation(
        "E0226",
        "what a measurement cannot be given",
        "A measuring function is given plain values: it is the same for every architecture.",
        wrong="""\
use my.cost (f)
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
measure a = f(oneof(1, 2))
""",
        at=(5, 15),
        message="what is measured does not hang on a decision",
        right="""\
use my.cost (f)
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
measure a = f(1)
""",
    ),
    Explanation(
        "E0227",
        "something that is no objective",
        "Objectives are metrics, or costs of nets: `accuracy`, `A.macs`, `worst(A.macs)`.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
maximize 3
""",
        at=(4, 10),
        message="this is no objective",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
maximize accuracy
""",
    ),
    Explanation(
        "E0228",
        "a recipe for no net",
        "`train Net { … }` is for a net of the file.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
train Man { lr: 1 }
""",
        at=(4, 1),
        message="there is no net `Man` to train",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
train A { lr: 1 }
""",
    ),
    Explanation(
        "E0229",
        "an `assert` about a measurement",
        (
            "Claims are checked before anything is built, so they cannot wait for what is measured. A `require` "
            "on it makes a trial infeasible."
        ),
        wrong="""\
use my.cost (f)
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
measure a = f()
assert a < 3
""",
        at=(6, 1),
        message="an `assert` cannot wait for a measurement",
        right="""\
use my.cost (f)
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
measure a = f()
require a < 3
""",
    ),
    Explanation(
        "E0230",
        "an objective that nothing tells",
        "A search is told metrics by its evaluator and by what the file measures.",
        elsewhere="a search that maximizes a metric which its evaluator does not report",
    ),
    Explanation(
        "E0231",
        "something moved twice, in a circle, or nowhere",
        "`moved old => new` says once where what was at a path is now.",
        wrong="""\
let b = oneof(3, 4)
net A(x: f32[N, 8]) {
  x -> Linear(b)
}
moved a => b
moved a => c
""",
        at=(6, 1),
        message="`a` is moved twice",
        right="""\
let b = oneof(3, 4)
net A(x: f32[N, 8]) {
  x -> Linear(b)
}
moved a => b
""",
    ),
    Explanation(
        "E0232",
        "something moved that is still there",
        "The old path of a `moved` must be free: picks of it would mean two things.",
        wrong="""\
let a = oneof(3, 4)
let b = oneof(3, 4)
net A(x: f32[N, 8]) {
  x -> Linear(a + b)
}
moved a => b
""",
        at=(6, 1),
        message="`a` is moved, but still there",
        right="""\
let b = oneof(3, 4)
net A(x: f32[N, 8]) {
  x -> Linear(b)
}
moved a => b
""",
    ),
    Explanation(
        "E0233",
        "something moved to a path that does not exist",
        "The new path of a `moved` names a decision or layer that some architecture has.",
        wrong="""\
let b = oneof(3, 4)
net A(x: f32[N, 8]) {
  x -> Linear(b)
}
moved a => c
""",
        at=(5, 1),
        message="nothing in this program is called `c`",
        right="""\
let b = oneof(3, 4)
net A(x: f32[N, 8]) {
  x -> Linear(b)
}
moved a => b
""",
    ),
    Explanation(
        "E0234",
        "an expected cost that is always the same",
        "`expected(N.macs)` weighs what differs from sample to sample; parameters do not.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
minimize expected(A.params)
""",
        at=(4, 19),
        message="params are the same for every sample",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
minimize A.params
""",
    ),
    Explanation(
        "E0235",
        "an expected cost where it is not known",
        ("How many samples leave early is known only once the network was evaluated. `worst(…)` is known before."),
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
require expected(A.macs) < 300
""",
        at=(4, 9),
        message="an expected cost depends on which samples leave early, so it is known only once measured",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
require worst(A.macs) < 300
""",
    ),
)
