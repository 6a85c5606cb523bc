"""Mistakes of settings and arguments."""

from symnas.explanations.entry import Explanation

__all__ = ["ENTRIES"]

ENTRIES = (
    Explanation(
        "E0301",
        "an unknown setting",
        (
            "What is called has no setting of this name. Operators have PyTorch's, the input size left out; "
            "blocks have those in their first brackets."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(8, biass = false)
}
""",
        at=(2, 18),
        message="`Linear` has no setting `biass`",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(8, bias = false)
}
""",
    ),
    Explanation(
        "E0302",
        "a setting is given twice",
        "Once by position and once by name, or twice by name.",
        wrong="""\
block B(n)(x) = x -> Linear(n)
net A(x: f32[N, 8]) {
  x -> B(8, n = 3)
}
""",
        at=(3, 13),
        message="`n` is given twice",
        right="""\
block B(n)(x) = x -> Linear(n)
net A(x: f32[N, 8]) {
  x -> B(n = 3)
}
""",
    ),
    Explanation(
        "E0303",
        "a setting is missing",
        (
            "The setting has no default. A block with one list in brackets whose parameters have no types has "
            "settings only: inputs are a second list, or have types."
        ),
        wrong="""\
block B(n)(x) = x -> Linear(n)
net A(x: f32[N, 8]) {
  x -> B
}
""",
        at=(3, 8),
        message="`B` needs its setting `n`",
        right="""\
block B(n)(x) = x -> Linear(n)
net A(x: f32[N, 8]) {
  x -> B(8)
}
""",
    ),
    Explanation(
        "E0304",
        "too many or too few arguments",
        "More values are given than there are settings, or fewer than a function takes.",
        wrong="""\
block B(n)(x) = x -> Linear(n)
net A(x: f32[N, 8]) {
  x -> B(8, 9)
}
""",
        at=(3, 13),
        message="`B` has 1 setting; 2 are given",
        right="""\
block B(n)(x) = x -> Linear(n)
net A(x: f32[N, 8]) {
  x -> B(8)
}
""",
    ),
    Explanation(
        "E0305",
        "a setting's value does not fit",
        (
            "Sizes are whole and at least 1, probabilities lie between 0 and 1, and so on. A fraction comes "
            "from a choice that the message names."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(0)
}
""",
        at=(2, 15),
        message="`out_features` of `Linear` must be at least 1; 0",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(4)
}
""",
    ),
    Explanation(
        "E0306",
        "the wrong number of tensors",
        "A layer takes as many tensors as it has inputs; a tuple sends several, `(a, b) -> f`.",
        wrong="""\
block B()(a, b) = a + b
net A(x: f32[N, 8]) {
  x -> B
}
""",
        at=(3, 8),
        message="`B` takes 2 inputs; 1 flow in",
        right="""\
block B()(a, b) = a + b
net A(x: f32[N, 8]) {
  (x, x) -> B
}
""",
    ),
    Explanation(
        "E0307",
        "something that cannot be spread",
        "`*` puts the items of a list where several values may stand.",
        wrong="""\
net A(x: f32[N, 8]) {
  xs = [*3]
  x -> Linear(xs[0])
}
""",
        at=(2, 10),
        message="`*` spreads a list, not the number 3",
        right="""\
net A(x: f32[N, 8]) {
  xs = [*[3]]
  x -> Linear(xs[0])
}
""",
    ),
    Explanation(
        "E0308",
        "something that cannot be called",
        "Only blocks, operators, functions and layers are called.",
        wrong="""\
net A(x: f32[N, 8]) {
  n = 3
  n(x)
}
""",
        at=(3, 3),
        message="the number 3 cannot be called here",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(3)
}
""",
    ),
    Explanation(
        "E0309",
        "a tensor has no such method",
        "Tensors have PyTorch's methods as far as the language knows them.",
        wrong="""\
net A(x: f32[N, 8]) {
  x.transpos(0, 1)
}
""",
        at=(2, 5),
        message="a tensor has no method `transpos`",
        right="""\
net A(x: f32[N, 8]) {
  x.transpose(0, 1)
}
""",
    ),
    Explanation(
        "E0310",
        "what `training` takes",
        "`training(…)` marks one output that exists only while the network trains.",
        wrong="""\
net A(x: f32[N, 8]) = (x, training(x, x))
""",
        at=(1, 27),
        message="`training` takes one value, an output",
        right="""\
net A(x: f32[N, 8]) = (x, training(x))
""",
    ),
    Explanation(
        "E0311",
        "an unknown setting of `search`",
        "`search { … }` holds defaults of the options of `symnas search`.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
search { trails: 3 }
""",
        at=(4, 10),
        message="`search` has no setting `trails`",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
search { trials: 3 }
""",
    ),
    Explanation(
        "E0312",
        "a setting of `search` of the wrong kind",
        "The value is one that the option of `symnas search` takes.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
search { trials: 0 }
""",
        at=(4, 18),
        message="`trials` of `search` must be a whole number from 1, not `0`",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(8)
}
search { trials: 3 }
""",
    ),
)
