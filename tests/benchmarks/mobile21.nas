nas 1
# A mobile space of 21 layers: 7 stages of 3; per stage one of 4 widths and maybe squeeze-excite with one of 2 ratios;
# per layer kernel 3, 5, 7 x expand 3, 6, or skip.

block ConvBN(out, kernel = 1, stride = 1, groups = 1, act = SiLU) =
  Conv2d(out, kernel, stride = stride, groups = groups, bias = false) -> BatchNorm2d -> act

block SqueezeExcite(ratio)(x) {
  gate = x -> GlobalAvgPool2d -> Conv2d(multiple(x.channels * ratio, of = 8), 1) -> ReLU -> Conv2d(x.channels, 1) -> Sigmoid
  x * gate
}

block MBConv(out, kernel, expand)(x) {
  hidden = x.channels * expand
  y = x -> ConvBN(hidden) -> ConvBN(hidden, kernel, groups = hidden) -> ConvBN(out, act = Identity)
  if y.shape == x.shape { x + y } else { y }
}

block Layer(out)(x) {
  x -> oneof {
    skip: if x.channels == out { Identity } else { ConvBN(out) }
    conv: MBConv(out, oneof(3, 5, 7), oneof(3, 6))
  }
}

net Mobile21(image: f32[N, 3, 64, 64]) {
  x = image -> ConvBN(16, 3, stride = 2)
  for base in [16, 24, 40, 80, 112, 160, 320] {
    width = oneof(base, base + 8, base + 16, base + 24)
    x = x -> repeat(3) { Layer(width) } -> maybe(SqueezeExcite(oneof(0.25, 0.5)))
  }
  x -> GlobalAvgPool2d -> Flatten -> Linear(1000)
}

assert space.size == 7 ** 21 * 4 ** 7 * 3 ** 7
