"""Programs with `when`, for tests of every target: samples take one side or the other, in all the ways that happens."""

__all__ = ["EXITS", "FORMS", "form"]

EXITS = """
block Stage(out) = Conv2d(out, 3, stride = 2, bias = false) -> BatchNorm2d -> ReLU
block Exit(classes) = GlobalAvgPool2d -> Flatten -> Linear(classes)
block Rest(widths)(x) {
  y = x -> Stage(widths[0])
  here = y -> Exit(10)
  more = y -> Rest(widths[1:])
  if len(widths) == 1 { here } else { when softmax(here, dim = 1).amax(1) > 0.12 { here } else { more } }
}
net Early(image: f32[N, 3, 32, 32]) = image -> Rest([8, 16, 32])
"""

FORMS = {
    "one sample": "when x.mean(1) > 0 { x -> Linear(4) } else { x -> Linear(4) }",
    "tensors from around": "w = param([8, 8])\n when x.mean(1) > 0 { x @ w } else { x - (x -> Linear(8)) @ w }",
    "an unchanged value": "when x.mean(1) > 0 { x } else { x -> Identity }",
    "rows made inside": "when x.mean(1) > 0 { zeros([N, 8]) } else { x + zeros([N, 8]) }",
    "sizes inside": "y = x.reshape([N, 2, 4])\n when x.mean(1) > 0 { y.reshape([2 * N, 4]).reshape([N, 8]) } else { x }",
    "nested": """when x.mean(1) > 0 {
      when x.amax(1) > 1.5 { x -> Linear(3) } else { (x -> Linear(3)) + (x -> Linear(3)) }
    } else { x -> Linear(3) }""",
    "in a row": "y = when x.mean(1) > 0 { x -> Linear(8) } else { x }\n when y.mean(1) > 0 { y } else { y -> Linear(8) }",
    "a tuple": "(a, b) = when x.mean(1) > 0 { (x -> Linear(8), x) } else { (x, x -> Linear(8)) }\n a * 2 + b",
    "a shared layer": "shared f = Linear(8)\n when x.mean(1) > 0 { x -> f } else { x -> f -> ReLU -> f }",
    "a value that both need": "y = x -> Linear(8) -> ReLU\n when x.mean(1) > 0 { y } else { y -> Linear(8) }",
    "a loop inside": "when x.mean(1) > 0 { x -> repeat(3) { Linear(8) -> ReLU } } else { x }",
}
"""Bodies of a net of `x: f32[N, 8]`, by what they try."""


def form(body: str) -> str:
    """The program whose one net has that *body*."""
    return f"net A(x: f32[N, 8]) {{\n  {body}\n}}"
