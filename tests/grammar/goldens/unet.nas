nas 1

block Double(out) = repeat(2) { Conv2d(out, 3) -> BatchNorm2d -> ReLU }

block Level(depth, width)(x) {
  y = x -> Double(width)
  if depth == 0 {
    y
  } else {
    below = y -> MaxPool2d(2) -> Level(depth - 1, 2 * width) -> Upsample(2)
    join = oneof { concat: concat([y, below]), add: y + (below -> Conv2d(width, 1)), none: below }
    join -> Double(width)
  }
}

net UNet(image: f32[N, 1, 256, 256]) = image -> Level(range(2, 5), 32) -> Conv2d(2, 1)

assert space.size == 3 ** 2 + 3 ** 3 + 3 ** 4 + 3 ** 5
