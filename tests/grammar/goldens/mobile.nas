nas 1

block ConvBN(out, kernel = 1, stride = 1, groups = 1, act = SiLU) =
  Conv2d(out, kernel, stride = stride, groups = groups, bias = false) -> BatchNorm2d -> act

block SqueezeExcite(ratio)(x) {
  gate = x -> GlobalAvgPool2d -> Conv2d(multiple(x.channels * ratio, of = 8), 1) -> ReLU
    -> Conv2d(x.channels, 1) -> Sigmoid
  x * gate
}

block MBConv(out, stride = 1, kernel = oneof(3, 5, 7), expand = oneof(3, 4, 6))(x) {
  hidden = x.channels * expand
  y = x -> ConvBN(hidden) -> ConvBN(hidden, kernel, stride, groups = hidden)
    -> maybe(SqueezeExcite(oneof(0.125, 0.25))) -> ConvBN(out, act = Identity)
  if y.shape == x.shape { x + y } else { y }
}

let width = oneof(0.75, 1.0, 1.25)

net Mobile(image: f32[N, 3, 32, 32]) {
  x = image -> ConvBN(multiple(16 * width, of = 8), 3)
  for (channels, stride, most) in [(24, 1, 2), (40, 2, 4), (80, 2, 4)] {
    out = multiple(channels * width, of = 8)
    x = x -> MBConv(out, stride) -> repeat(range(0, most - 1)) { MBConv(out) }
  }
  x -> GlobalAvgPool2d -> Flatten -> Dropout(train.dropout) -> Linear(10)
}

train { lr: range(1e-4, 1e-1, log = true), dropout: range(0.0, 0.5, step = 0.1) }

require Mobile.params <= 500K and Mobile.macs <= 60M

maximize accuracy
