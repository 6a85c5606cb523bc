nas 1

block MaybeSwap(a, b) = oneof { ab: a -> b, ba: b -> a }
block RepeatTied(body, times) = repeat(times) { body }

block Module(filters, kernels, keep, times) =
  RepeatTied(
    Conv2d(filters, kernels) -> MaybeSwap(ReLU, BatchNorm2d) -> maybe(Dropout(keep)),
    times
  )

net Deep(image: f32[N, 3, 32, 32]) {
  times = [1, 2, 4, 8, 16, 32]
  x = image -> Conv2d(range(48, 128, step = 16), oneof(3, 5, 7), stride = 2)
    -> Module(range(48, 128, step = 16), oneof(3, 5), oneof(0.5, 0.1), oneof(*times))
    -> Conv2d(range(48, 128, step = 16), oneof(3, 5, 7), stride = 2)
    -> Module(range(96, 256, step = 32), oneof(3, 5), oneof(0.5, 0.1), oneof(*times))
  x -> Flatten -> Linear(10)
}

assert Deep.space.size == (6 * 3 * 6 * 2 * 2 * 3 * 6) ** 2

train { optimizer: oneof("sgd", "adam"), lr: range(1e-4, 1e-1, log = true) }
