"""Mistakes of values: numbers, lists, sizes, tensors."""

from symnas.explanations.entry import Explanation

__all__ = ["ENTRIES"]

ENTRIES = (
    Explanation(
        "E0401",
        "a size is unknown at build time",
        (
            "Symbolic sizes, such as the batch, are known only when data flows. What a network consists of "
            "cannot depend on them."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  for i in 1..N { x = x -> ReLU }
  x
}
""",
        at=(2, 12),
        message="`N` is unknown at build time",
        right="""\
net A(x: f32[N, 8]) {
  for i in 1..4 { x = x -> ReLU }
  x
}
""",
    ),
    Explanation(
        "E0402",
        "a size would be a fraction",
        "Symbolic sizes are whole, whatever value they take, so a quotient must be whole for every value.",
        wrong="""\
net A(x: f32[N, 8]) = x -> Linear(N / 2)
""",
        at=(1, 35),
        message="`N` is not known to be a multiple of `2`",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(x.features // 2)
}
""",
    ),
    Explanation(
        "E0403",
        "shapes do not fit",
        (
            "What flows in has not the sizes or dimensions that the layer needs. Under choices: the fewest that "
            "bring it about are named, and the `--pick` that shows it. A `require` or a guard excludes them."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  x + (x -> Linear(9))
}
""",
        at=(2, 3),
        message="shapes do not fit: [N, 8] + [N, 9]",
        right="""\
net A(x: f32[N, 8]) {
  x + (x -> Linear(8))
}
""",
    ),
    Explanation(
        "E0404",
        "a condition that is no truth value",
        ("`if`, `require`, guards and the like take `true` or `false`. What depends on data is decided with `when`."),
        wrong="""\
net A(x: f32[N, 8]) {
  if 3 { x } else { x -> ReLU }
}
""",
        at=(2, 6),
        message="a condition must be `true` or `false`, not the number 3",
        right="""\
net A(x: f32[N, 8]) {
  if x.features > 3 { x } else { x -> ReLU }
}
""",
    ),
    Explanation(
        "E0405",
        "division by zero",
        "The divisor is 0, always or under the choices named.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(3 // 0)
}
""",
        at=(2, 20),
        message="division by zero",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(3 // 1)
}
""",
    ),
    Explanation(
        "E0406",
        "a number or list too large",
        ("Exponents go to 64, lists to 100,000 items: beyond that a program would compute for ever before it builds."),
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(2 ** 65)
}
""",
        at=(2, 15),
        message="the exponent 65 is above the limit of 64",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(2 ** 6)
}
""",
    ),
    Explanation(
        "E0407",
        "operands that do not go together",
        "Arithmetic is for numbers and tensors, `in` for lists and so on.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(3 + "a")
}
""",
        at=(2, 15),
        message='`+` does not go with the number 3 and the string "a"',
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(3 + 1)
}
""",
    ),
    Explanation(
        "E0408",
        "what flows is no tensor",
        "`->` sends a tensor, or a tuple of tensors, into a layer; between two layers it makes one of both.",
        wrong="""\
net A(x: f32[N, 8]) {
  3 -> ReLU
}
""",
        at=(2, 3),
        message="the number 3 cannot flow into a layer",
        right="""\
net A(x: f32[N, 8]) {
  x -> ReLU
}
""",
    ),
    Explanation(
        "E0409",
        "a layer is needed",
        "What stands right of `->`, and what a block without inputs gives, is a layer.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> 3
}
""",
        at=(2, 8),
        message="the number 3 is not a layer",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(3)
}
""",
    ),
    Explanation(
        "E0410",
        "an operator between a tensor and a layer",
        "`->` binds weaker than `+`: `x -> f + y` is `x -> (f + y)`. Brackets make the tensor first.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> ReLU + x
}
""",
        at=(2, 8),
        message="`+` has a layer on its left",
        right="""\
net A(x: f32[N, 8]) {
  (x -> ReLU) + x
}
""",
    ),
    Explanation(
        "E0411",
        "shared weights of two sizes",
        "A `shared` layer makes its weights at its first use; every use must fit them.",
        wrong="""\
net A(x: f32[N, 8]) {
  shared f = Linear(9)
  x -> f -> f
}
""",
        at=(3, 13),
        message="`f` has weights for 8 channels; here 9 flow in",
        right="""\
net A(x: f32[N, 8]) {
  shared f = Linear(8)
  x -> f -> f
}
""",
    ),
    Explanation(
        "E0412",
        "a loop over something that is no list",
        "`for` runs over a list; `1..3` is one, `range(1, 3)` is a placeholder.",
        wrong="""\
net A(x: f32[N, 8]) {
  for i in 3 { x = x -> ReLU }
  x
}
""",
        at=(2, 12),
        message="a loop runs over a list, not the number 3",
        right="""\
net A(x: f32[N, 8]) {
  for i in 1..3 { x = x -> ReLU }
  x
}
""",
    ),
    Explanation(
        "E0413",
        "a label that is no string",
        "Computed labels of a record are strings.",
        wrong="""\
net A(x: f32[N, 8]) {
  r = {[t]: x for t in [1, 2]}
  r.a
}
""",
        at=(2, 7),
        message="a label is a string, not the number 1",
        right="""\
net A(x: f32[N, 8]) {
  r = {[t]: x for t in ["a", "b"]}
  r.a
}
""",
    ),
    Explanation(
        "E0414",
        "something without items",
        "Lists, tuples, records and tensors are indexed, all but tensors with one index.",
        wrong="""\
net A(x: f32[N, 8]) {
  n = 3
  x -> Linear(n[0])
}
""",
        at=(3, 15),
        message="the number 3 has no items",
        right="""\
net A(x: f32[N, 8]) {
  xs = [1, 2]
  x -> Linear(xs[0])
}
""",
    ),
    Explanation(
        "E0415",
        "an index that is not whole",
        "Positions are whole numbers from 0; negative ones count from the end.",
        wrong="""\
net A(x: f32[N, 8]) {
  xs = [1, 2]
  x -> Linear(xs[0.5])
}
""",
        at=(3, 18),
        message="an index must be whole",
        right="""\
net A(x: f32[N, 8]) {
  xs = [1, 2]
  x -> Linear(xs[0])
}
""",
    ),
    Explanation(
        "E0416",
        "an index outside the list",
        "A list of n items has the indices 0 to n - 1, and -n to -1 from its end.",
        wrong="""\
net A(x: f32[N, 8]) {
  xs = [1, 2]
  x -> Linear(xs[2])
}
""",
        at=(3, 15),
        message="index 2 is outside a list of 2",
        right="""\
net A(x: f32[N, 8]) {
  xs = [1, 2]
  x -> Linear(xs[1])
}
""",
    ),
    Explanation(
        "E0417",
        "a record has no such field",
        "A record has the fields that are written in it; a guard may leave one out.",
        wrong="""\
net A(x: f32[N, 8]) {
  r = {aa: 3}
  x -> Linear(r.ab)
}
""",
        at=(3, 17),
        message="the record has no field `ab`",
        right="""\
net A(x: f32[N, 8]) {
  r = {aa: 3}
  x -> Linear(r.aa)
}
""",
    ),
    Explanation(
        "E0418",
        "something has no such attribute",
        ("Tensors have `shape`, `channels`, `height`, `width`, `features`, `rank` and others; numbers have none."),
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(x.chanels)
}
""",
        at=(2, 17),
        message="a tensor has no `chanels`",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(x.features)
}
""",
    ),
    Explanation(
        "E0419",
        "a tensor of too few dimensions",
        ("`height` and `width` are the last two dimensions of an image; a tensor of two dimensions has neither."),
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(x.height)
}
""",
        at=(2, 15),
        message="a tensor [N, 8] has no height",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(x.features)
}
""",
    ),
    Explanation(
        "E0420",
        "weights that are not there",
        ("Weights of a `shared` layer can be read once it has been applied, by the names that PyTorch gives them."),
        wrong="""\
net A(x: f32[N, 8]) {
  shared f = Linear(8)
  y = x -> f
  y @ f.weights
}
""",
        at=(4, 9),
        message="`Linear` has no weight `weights`",
        right="""\
net A(x: f32[N, 8]) {
  shared f = Linear(8)
  y = x -> f
  y @ f.weight
}
""",
    ),
    Explanation(
        "E0421",
        "values that do not fit the names",
        "`(a, b) = …` takes a list or tuple of as many values as there are names.",
        wrong="""\
net A(x: f32[N, 8]) {
  (a, b) = (x, x, x)
  a + b
}
""",
        at=(2, 3),
        message="3 values for 2 names",
        right="""\
net A(x: f32[N, 8]) {
  (a, b) = (x, x)
  a + b
}
""",
    ),
    Explanation(
        "E0422",
        "how often `repeat` repeats",
        "The count is a whole number from 0, or a placeholder for such.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> repeat(0.5) { ReLU }
}
""",
        at=(2, 15),
        message="`repeat` takes a whole number from 0, not the number 0.5",
        right="""\
net A(x: f32[N, 8]) {
  x -> repeat(2) { ReLU }
}
""",
    ),
    Explanation(
        "E0423",
        "what `multiple` rounds",
        "`multiple(v, of = 8)` rounds a number to a multiple of a whole number from 1, as MobileNet does.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(multiple(7, of = 0))
}
""",
        at=(2, 15),
        message="`of` is a whole number from 1, not the number 0",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(multiple(7, of = 8))
}
""",
    ),
    Explanation(
        "E0424",
        "a function of lists is given something else",
        (
            "`len`, `sum`, `mean`, `min`, `max`, `reversed`, `any` and `all` take lists; `concat` takes lists, "
            "or a list of tensors."
        ),
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(len(3))
}
""",
        at=(2, 15),
        message="the number 3 has no length",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(len([3]))
}
""",
    ),
    Explanation(
        "E0425",
        "the greatest of an empty list",
        "An empty list has no mean, least or greatest item.",
        wrong="""\
net A(x: f32[N, 8]) {
  x -> Linear(max([]))
}
""",
        at=(2, 15),
        message="the greatest of an empty list",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(max([1]))
}
""",
    ),
    Explanation(
        "E0426",
        "a size below 1",
        "The sizes of a tensor are whole numbers from 1, or names.",
        wrong="""\
net A(x: f32[N, 0]) = x -> ReLU
""",
        at=(1, 10),
        message="a size is a whole number of at least 1",
        right="""\
net A(x: f32[N, 1]) = x -> ReLU
""",
    ),
    Explanation(
        "E0427",
        "a tensor is not of the type that was promised",
        (
            "A type on an input or a result is checked wherever the block or net is used. Names in it are bound "
            "by the first size they meet."
        ),
        wrong="""\
block B(x: [N, C, H, W]) = x -> ReLU
net A(x: f32[N, 8]) {
  x -> B
}
""",
        at=(3, 8),
        message="input `x` of `B` is [N, C, H, W]; [N, 8] flows in",
        right="""\
block B(x: [N, C]) = x -> ReLU
net A(x: f32[N, 8]) {
  x -> B
}
""",
    ),
    Explanation(
        "E0428",
        "a net's output that is no tensor",
        "A net gives a tensor, or a tuple or record of tensors.",
        wrong="""\
net A(x: f32[N, 8]) = (x, 3)
""",
        at=(1, 23),
        message="`A` gives the number 3, not a tensor",
        right="""\
net A(x: f32[N, 8]) = (x, x -> ReLU)
""",
    ),
)
