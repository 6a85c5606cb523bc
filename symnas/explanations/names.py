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
