nas 1
# unet.nas: a U-Net whose depth is searched, written as a block that calls itself.
# It labels every pixel of a picture, and the built-in trainer predicts one thing for each sample; so this space comes
# with a training loop of its own, the script beside it:
#   python samples/custom_evaluator.py

block Double(out) = repeat(2) { Conv2d(out, 3) -> BatchNorm2d -> ReLU }

# A block may call itself with a number that falls and an `if` that ends it. What is not used does not exist: at
# depth 0 there is no `below`, and so no `join` to decide.
block Level(depth, width)(x) {
  y = x -> Double(width)
  if depth == 0 { y } else {
    below = y -> MaxPool2d(2) -> Level(depth - 1, 2 * width) -> Upsample(2)
    join = oneof {
      concat: concat([y, below])
      add: y + (below -> Conv2d(width, 1))
      none: below
    }
    join -> Double(width)
  }
}

net UNet(picture: f32[N, 1, 32, 32]) = picture -> Level(range(1, 4), 8) -> Conv2d(2, 1)

# By hand: a U-Net of depth d has d levels that join, three ways each, and d is 1 to 4.
assert UNet.space.size == 3 + 3 ** 2 + 3 ** 3 + 3 ** 4

# The largest has 4 levels and costs less than this; `symnas summary` shows where the parameters are.
assert UNet.params <= 500K

# What the script's evaluator is given, and what it reports: the overlap of found and true pixels, from 0 to 1.
train { lr: range(1e-3, 1e-2, log = true), batch_size: 16 }
maximize overlap
minimize params
