nas 1
# combinators.nas: a space made of the combinators of DeepArchitect (Negrinho and Gordon 2017). How they are written:
#   Concat(a, b)          a -> b
#   Or(a, b)              oneof(a, b)
#   Optional(a)           maybe(a)
#   Repeat(a, k)          repeat(k) { a }            k times, decided anew each time
#   RepeatTied(a, k)      a block that binds `a`     k times, decided once
#   MaybeSwap(a, b)       a block of two alternatives, below
#   UserHyperparams       let, train
#   symnas search samples/combinators.nas --trials 20

block MaybeSwap(a, b) = oneof { ab: a -> b, ba: b -> a }

# A layer that is an argument was decided by the caller: `body` below is the same choices, `times` times, each time
# with weights of its own. With the layer written out inside the braces, each turn would decide again.
block RepeatTied(body, times) = repeat(times) { body }

block Module(filters, kernel, times) =
  RepeatTied(Conv2d(filters, kernel) -> MaybeSwap(ReLU, BatchNorm2d) -> maybe(Dropout(oneof(0.1, 0.3))), times)

net Deep(image: f32[N, 1, 8, 8]) {
  x = image
  for filters in [8, 16] {
    x = x -> Module(filters, oneof(1, 3, 5), oneof(1, 2, 4)) -> MaxPool2d(2)
  }
  x -> Flatten -> Linear(10)
}

train { data: "digits", epochs: 6, lr: range(1e-3, 1e-1, log = true), optimizer: oneof("sgd", "adam") }

# By hand: 3 kernels, 3 counts, 2 orders, no dropout or one of 2: 3 * 3 * 2 * 3 = 54 modules, and two of them.
assert Deep.space.size == 54 ** 2
assert space.size == 54 ** 2 * 2                        # the optimizer is a decision of the file, not of the net

maximize accuracy
