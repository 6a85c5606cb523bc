"""Mistakes of names and declarations."""

from symnas.explanations.entry import Explanation

__all__ = ["ENTRIES"]

ENTRIES = (
    Explanation(
        "E0201",
        "an unknown name",
        (
            "Nothing with this name is in force here: no parameter, binding, declaration, operator or function. "
            "Names bound inside `if` and `for` end there."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linnear(8)
}
""",
        at=(2, 8),
        message="nothing is called `Linnear`",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
""",
    ),
    Explanation(
        "E0202",
        "a binding hides a top-level declaration",
        ("A name of the file keeps its meaning everywhere in it, so that a reader need not look for a second one."),
        wrong="""\
let w = 2
net A(x: f32[N, 8]) {
  w = 3
  x -> Linear(w)
}
""",
        at=(3, 3),
        message="`w` is the top-level `let` of line 1",
        right="""\
let width = 2
net A(x: f32[N, 8]) {
  w = 3
  x -> Linear(w * width)
}
""",
    ),
    Explanation(
        "E0203",
        "a name that has ended",
        (
            "A name first bound inside an `if` or `for` ends with it: after it, the name would exist in some "
            "architectures only."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  if true {
    a = x -> ReLU
    x = a
  }
  x + a
}
""",
        at=(6, 7),
        message="`a` ends with the `if` on line 2",
        right="""\
net A(x: f32[N, 8]) {
  a = x
  if true {
    a = x -> ReLU
  }
  x + a
}
""",
    ),
    Explanation(
        "E0204",
        "a name is declared twice",
        "Each name of a file stands for one thing.",
        wrong="""\
let a = 1
let a = 2
net A(x: f32[N, 8]) {
  x -> Linear(a)
}
""",
        at=(2, 5),
        message="`a` is declared twice",
        right="""\
let a = 1
let b = 2
net A(x: f32[N, 8]) {
  x -> Linear(a + b)
}
""",
    ),
    Explanation(
        "E0205",
        "a binding is never used",
        "What nothing reads is not part of any network: most likely a later line was meant to use it.",
        wrong="""\
net A(x: f32[N, 8]) {
  y = x -> ReLU
  x
}
""",
        at=(2, 3),
        message="`y` is never used",
        right="""\
net A(x: f32[N, 8]) {
  y = x -> ReLU
  y
}
""",
    ),
    Explanation(
        "E0206",
        "a net is not a value",
        ("A net is a whole network with inputs of its own, not a layer. What several nets share is a `block`."),
        wrong="""\
net B(x: f32[N, 8]) = x -> ReLU
net A(x: f32[N, 8]) {
  x -> B
}
""",
        at=(3, 8),
        message="net `B` is not a value",
        right="""\
block B()(x) = x -> ReLU
net A(x: f32[N, 8]) {
  x -> B
}
""",
    ),
    Explanation(
        "E0207",
        "a cost is read while the network is made",
        (
            "Costs such as `params` are known once the whole net is. They are read in `require`, `assert` and "
            "objectives."
        ),
        wrong="""\
net B(x: f32[N, 8]) = x -> ReLU
net A(x: f32[N, 8]) {
  x -> Linear(B.params)
}
""",
        at=(3, 15),
        message="`B.params` is known only when the net is",
        right="""\
net B(x: f32[N, 8]) = x -> Linear(8)
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
require B.params < 100
""",
    ),
    Explanation(
        "E0208",
        "`train` has no such setting",
        "`train.…` reads the file's recipe, which has the settings that `train { … }` lists.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Dropout(train.dropout)
}
train { drop: 0.5 }
""",
        at=(2, 22),
        message="`train` has no setting `dropout`",
        right="""\
net A(x: f32[N, 8]) {
  x -> Dropout(train.drop)
}
train { drop: 0.5 }
""",
    ),
    Explanation(
        "E0209",
        "a `let` defined by itself",
        "To know the value one would have to know it already.",
        wrong="""\
let a = b
let b = a + 1
net A(x: f32[N, 8]) {
  x -> Linear(a)
}
""",
        at=(1, 5),
        message="`a` is defined in terms of itself",
        right="""\
let a = 2
let b = a + 1
net A(x: f32[N, 8]) {
  x -> Linear(b)
}
""",
    ),
    Explanation(
        "E0210",
        "a placeholder in a `fn`",
        (
            "A `fn` computes with numbers and lists and decides nothing, so that calling it twice gives the "
            "same. A `let` or a setting may hold the placeholder."
        ),
        wrong="""\
fn f(a) = a * oneof(1, 2)
net A(x: f32[N, 8]) {
  x -> Linear(f(2))
}
""",
        at=(1, 4),
        message="`fn f` holds a placeholder",
        right="""\
fn f(a, b) = a * b
let k = oneof(1, 2)
net A(x: f32[N, 8]) {
  x -> Linear(f(2, k))
}
""",
    ),
    Explanation(
        "E0211",
        "an input without a type",
        "Everything about shapes follows from the inputs' types, so each net's input has one.",
        wrong="""\
net A(x) = x -> ReLU
""",
        at=(1, 7),
        message="input `x` has no type",
        right="""\
net A(x: f32[N, 8]) = x -> ReLU
""",
    ),
    Explanation(
        "E0212",
        "`train` holds plain settings",
        "A recipe is a list of `name: value`; values may be placeholders.",
        wrong="""\
net A(x: f32[N, 8]) {
  x
}
train { lr: 0.1 if true }
""",
        at=(4, 9),
        message="`train` holds plain `name: value` settings",
        right="""\
net A(x: f32[N, 8]) {
  x
}
train { lr: range(0.001, 0.1) }
""",
    ),
    Explanation(
        "E0213",
        "how a tensor type is written",
        (
            "A type is a dtype and a shape, `f32[N, 3, 32, 32]`; a block's input may leave the dtype out, `[N, "
            "C, H, W]`, and `*S` stands for any number of dimensions there."
        ),
        wrong="""\
net A(x: [N, 8]) = x -> ReLU
""",
        at=(1, 10),
        message="an input's type begins with its dtype",
        right="""\
net A(x: f32[N, 8]) = x -> ReLU
""",
    ),
    Explanation(
        "E0214",
        "an unknown dtype",
        "The dtypes are f32, f16, bf16, i64, i32 and bool.",
        wrong="""\
net A(x: f3[N, 8]) = x -> ReLU
""",
        at=(1, 10),
        message="`f3` is not a dtype",
        right="""\
net A(x: f32[N, 8]) = x -> ReLU
""",
    ),
    Explanation(
        "E0215",
        "which net's cost?",
        "With several nets in a file a bare `params` or `macs` could be any one's.",
        wrong="""\
net A(x: f32[N, 8]) = x
net B(x: f32[N, 8]) = x
require macs < 3
""",
        at=(3, 9),
        message="which net's macs?",
        right="""\
net A(x: f32[N, 8]) = x
net B(x: f32[N, 8]) = x
require A.macs < 3
""",
    ),
    Explanation(
        "E0216",
        "a cost that nets do not have",
        "Known without building are `params`, `trainable`, `macs`, `flops` and `memory`.",
        wrong="""\
net A(x: f32[N, 8]) {
  x
}
require A.parms < 3
""",
        at=(4, 11),
        message="a net has no cost `parms`",
        right="""\
net A(x: f32[N, 8]) {
  x
}
require A.params < 3
""",
    ),
    Explanation(
        "E0217",
        "`as` names nothing",
        (
            "`as` names a stage, a layer or a decision in paths. It binds weaker than operators, so after a "
            "condition it would name a truth value."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  x -> (if x.rank == 2 and oneof(false, true) as deep { ReLU } else { Tanh })
}
""",
        at=(2, 50),
        message="`as deep` names nothing here",
        right="""\
net A(x: f32[N, 8]) {
  x -> (if x.rank == 2 and (oneof(false, true) as deep) { ReLU } else { Tanh })
}
""",
    ),
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
        "E0222",
        "`training(…)` that is no output",
        (
            "An output that exists only while training stands among a net's outputs, in a tuple or record, "
            "beside one that always exists."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  y = training(x -> Linear(4))
  (x, y)
}
""",
        at=(2, 7),
        message="`training(…)` stands among a net's outputs",
        right="""\
net A(x: f32[N, 8]) {
  (x, training(x -> Linear(4)))
}
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
    Explanation(
        "E0244",
        "a decision's name in several words",
        "`as` gives one segment of a path.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(oneof(1, 2) as a.b)
}
""",
        at=(2, 30),
        message="a decision is called by one word",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(oneof(1, 2) as a)
}
""",
    ),
)
