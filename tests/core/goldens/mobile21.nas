nas 1
# mobile21.nas: 21 layers in 7 stages of 3. Each stage decides its width and squeeze-excite, each layer its kernel and
# expansion or to be skipped: 7^21 * 4^7 * 3^7 architectures.

block ConvBN(out, kernel = 1, stride = 1, groups = 1, act = SiLU) =
  Conv2d(out, kernel, stride = stride, groups = groups, bias = false) -> BatchNorm2d -> act

block SqueezeExcite(ratio)(x) {
  gate = x -> GlobalAvgPool2d -> Conv2d(multiple(x.channels * ratio, of = 8), 1) -> ReLU
           -> Conv2d(x.channels, 1) -> Sigmoid
  x * gate
}

block MBConv(out, kernel, expand)(x) {
  hidden = x.channels * expand
  y = x -> ConvBN(hidden) -> ConvBN(hidden, kernel, groups = hidden) -> ConvBN(out, act = Identity)
  if y.shape == x.shape { x + y } else { y }
}

block Layer(out) = oneof {
  skip: Identity
  conv: MBConv(out, kernel = oneof(3, 5, 7), expand = oneof(3, 6))
}

block Stage(widths)(x) {
  width = oneof(*widths)
  x -> Conv2d(width, 1) -> repeat(3) { Layer(width) } -> maybe(SqueezeExcite(oneof(0.125, 0.25)))
}

net Mobile21(image: f32[N, 3, 32, 32]) {
  x = image -> ConvBN(16, 3)
  for base in [16, 24, 32, 48, 64, 96, 128] {
    x = x -> Stage([base, base + 8, base + 16, base + 24])
  }
  x -> GlobalAvgPool2d -> Flatten -> Linear(10)
}

train { lr: range(1e-4, 1e-1, log = true) }
assert space.size == 7**21 * 4**7 * 3**7
maximize accuracy
