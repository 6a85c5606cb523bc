nas 1
# mobile.nas: mobile networks for 32x32 colour images, searched together with the recipe that trains them.
# A first walk-through of the language; `symnas check samples/mobile.nas` reads it, `symnas show` draws it.
# The search trains on CIFAR-10 and therefore needs torchvision and a download:
#   pip install torchvision && symnas search samples/mobile.nas

# A block is a template. Its settings may have defaults, and nothing says what flows in: sizes are inferred.
block ConvBN(out, kernel = 1, stride = 1, groups = 1, act = SiLU) =
  Conv2d(out, kernel, stride = stride, groups = groups, bias = false) -> BatchNorm2d -> act

# The second list names what flows in. `multiple` rounds to a multiple of 8, never below 90% of the value.
block SqueezeExcite(ratio)(x) {
  gate = x -> GlobalAvgPool2d -> Conv2d(multiple(x.channels * ratio, of = 8), 1) -> ReLU
           -> Conv2d(x.channels, 1) -> Sigmoid
  x * gate
}

# A default may be a placeholder: every use of MBConv that does not say decides its own kernel and expansion.
# `maybe(f)` is f or nothing; the ratio exists only in networks that have the gate.
block MBConv(out, stride = 1, kernel = oneof(3, 5, 7), expand = oneof(3, 4, 6))(x) {
  hidden = x.channels * expand
  y = x -> ConvBN(hidden) -> ConvBN(hidden, kernel, stride, groups = hidden)
        -> maybe(SqueezeExcite(oneof(0.125, 0.25))) -> ConvBN(out, act = Identity)
  if y.shape == x.shape { x + y } else { y }
}

let width = oneof(0.75, 1.0, 1.25)                      # one decision, read in many places

net Mobile(image: f32[N, 3, 32, 32]) {
  x = image -> ConvBN(multiple(16 * width, of = 8), 3)
  for (channels, stride, most) in [(24, 1, 2), (40, 2, 4), (80, 2, 4)] {
    out = multiple(channels * width, of = 8)
    x = x -> MBConv(out, stride) -> repeat(range(0, most - 1)) { MBConv(out) }
  }
  x -> GlobalAvgPool2d -> Flatten -> Dropout(train.dropout) -> Linear(10)
}

train {
  data: {source: "torchvision:CIFAR10", download: true}
  epochs: 10
  lr: range(1e-4, 1e-1, log = true)
  dropout: range(0.0, 0.5, step = 0.1)
}

# By hand: an MBConv has 3 kernels, 3 expansions, and no gate or one of 2: 3 * 3 * 3 = 27 ways. A stage has its first
# MBConv and 0 to most - 1 more: 27 * (1 + 27) ways for 2, 27 * (1 + 27 + 27^2 + 27^3) for 4. Three widths, and
# `Mobile.space` holds the dropout, which the net reads: 6 values from 0.0 to 0.5.
assert Mobile.space.size == 3 * (27 * 28) * (27 * (1 + 27 + 27 ** 2 + 27 ** 3)) ** 2 * 6

require Mobile.params <= 500K and Mobile.macs <= 60M
maximize accuracy
