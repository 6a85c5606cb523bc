"""Mistakes of what is decided while a network runs: `training`, `when`, `scan`."""

from symnas.explanations.entry import Explanation

__all__ = ["ENTRIES"]

ENTRIES = (
    Explanation(
        "E0439",
        "a net of which nothing is left",
        "Outputs in `training(…)` exist only while the network trains; one output must always be there.",
        wrong="""\
net A(x: f32[N, 8]) = (training(x), training(x -> ReLU))
""",
        at=(1, 23),
        message="`A` gives nothing once it is trained: every output is of training alone",
        right="""\
net A(x: f32[N, 8]) = (x, training(x -> ReLU))
""",
    ),
    Explanation(
        "E0440",
        "a side of `when` needs what is computed for all samples",
        (
            "Each side of a `when` is computed for its own samples only, so a tensor that it takes from outside "
            "must have them along its first dimension."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  y = x.reshape([N * 2, 4])
  z = when x.mean(1) > 0 { x } else { (y -> Linear(4)).reshape([N, 8]) }
  z + y.reshape([N, 8])
}
""",
        at=(3, 7),
        message="`when` takes rows of what its sides read; [2 * N, 4] has N elsewhere than first",
        right="""\
net A(x: f32[N, 8]) {
  y = x -> Linear(4)
  z = when x.mean(1) > 0 { x } else { y -> Linear(8) }
  z + (y -> Linear(8))
}
""",
    ),
    Explanation(
        "E0441",
        "the sides of a `when` differ",
        "Which side a sample takes is decided while the network runs, so both give the same shape.",
        wrong="""\
net A(x: f32[N, 8]) {
  when x.mean(1) > 0 { x } else { x -> Linear(4) }
}
""",
        at=(2, 22),
        message="this side gives [N, 8], the other [N, 4]",
        right="""\
net A(x: f32[N, 8]) {
  when x.mean(1) > 0 { x } else { x -> Linear(8) }
}
""",
    ),
    Explanation(
        "E0442",
        "the condition of a `when`",
        (
            "It is a tensor `bool[N]`: one answer for each sample. What is known when the network is built is "
            "decided with `if`."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  when x > 0 { x } else { x -> ReLU }
}
""",
        at=(2, 8),
        message="the condition of `when` is a tensor `bool[N]`, not bool[N, 8]",
        right="""\
net A(x: f32[N, 8]) {
  when x.mean(1) > 0 { x } else { x -> ReLU }
}
""",
    ),
    Explanation(
        "E0443",
        "what `scan` runs over",
        (
            "`scan(f, x, h, over = 1)` runs a block over the steps of a tensor, or of a tuple of tensors, with "
            "a state that is one too."
        ),
        wrong="""\
block B()(x, h) = x + h
net A(x: f32[N, T, 8], h: f32[N, 8]) {
  (y, _) = scan(B, 3, h)
  y
}
""",
        at=(3, 20),
        message="what `scan` steps through is a tensor or a tuple of tensors, not the number 3",
        right="""\
block B()(x, h) = x + h
net A(x: f32[N, T, 8], h: f32[N, 8]) {
  (y, _) = scan(B, x, h, over = 1)
  y
}
""",
    ),
    Explanation(
        "E0444",
        "the dimension that `scan` runs along",
        "The inputs have that dimension, all of the same size.",
        wrong="""\
block B()(x, h) = x + h
net A(x: f32[N, T, 8], h: f32[N, 8]) {
  (y, _) = scan(B, x, h, over = 5)
  y
}
""",
        at=(3, 33),
        message="`over` is a dimension of [N, T, 8], 0 to 2, not the number 5",
        right="""\
block B()(x, h) = x + h
net A(x: f32[N, T, 8], h: f32[N, 8]) {
  (y, _) = scan(B, x, h, over = 1)
  y
}
""",
    ),
    Explanation(
        "E0445",
        "a state that changes its shape",
        ("The block of a `scan` gives a state of the shape that it takes: otherwise the next step could not run."),
        wrong="""\
block B()(x, h) = stack([x, h], dim = 1)
net A(x: f32[N, T, 8], h: f32[N, 8]) {
  (y, _) = scan(B, x, h)
  y
}
""",
        at=(3, 17),
        message="the state changes its type from step to step: [N, 8] goes in, [N, 2, 8] comes out",
        right="""\
block B()(x, h) = x + h
net A(x: f32[N, T, 8], h: f32[N, 8]) {
  (y, _) = scan(B, x, h, over = 1)
  y
}
""",
    ),
)
