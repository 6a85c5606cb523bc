nas 1
# efficientnet.nas: compound scaling (Tan and Le 2019). One network, B0, whose depth, width and resolution grow together.
# Widths are rounded as MobileNet does and depths upwards, both exactly: 1.1 is eleven tenths here.

let scale = oneof {
  b0: {width: 1.0, depth: 1.0, size: 224}
  b1: {width: 1.0, depth: 1.1, size: 240}
  b2: {width: 1.1, depth: 1.2, size: 260}
  b3: {width: 1.2, depth: 1.4, size: 300}
  b4: {width: 1.4, depth: 1.8, size: 380}
  b5: {width: 1.6, depth: 2.2, size: 456}
  b6: {width: 1.8, depth: 2.6, size: 528}
  b7: {width: 2.0, depth: 3.1, size: 600}
}

fn channels(base) = multiple(base * scale.width, of = 8)
fn times(base) = -(-(base * scale.depth) // 1)          # rounded up: minus the floor of minus

block ConvBN(out, kernel = 1, stride = 1, groups = 1, act = SiLU) =
  Conv2d(out, kernel, stride = stride, groups = groups, bias = false) -> BatchNorm2d(eps = 1e-3) -> act

# The gate is narrowed by what flows into the block, not by what it is multiplied with.
block SqueezeExcite(narrow)(x) {
  x * (x -> GlobalAvgPool2d -> Conv2d(narrow, 1) -> SiLU -> Conv2d(x.channels, 1) -> Sigmoid)
}

block MBConv(out, kernel, stride = 1, expand = 6)(x) {
  hidden = x.channels * expand
  y = x -> (if expand == 1 { Identity } else { ConvBN(hidden) }) -> ConvBN(hidden, kernel, stride, groups = hidden)
        -> SqueezeExcite(x.channels // 4) -> ConvBN(out, act = Identity)
  if y.shape == x.shape { x + y } else { y }
}

net EfficientNet(image: f32[N, 3, scale.size, scale.size]) {
  x = image -> ConvBN(channels(32), 3, stride = 2)
  for (out, kernel, stride, expand, most) in [
    (16, 3, 1, 1, 1),
    (24, 3, 2, 6, 2),
    (40, 5, 2, 6, 2),
    (80, 3, 2, 6, 3),
    (112, 5, 1, 6, 3),
    (192, 5, 2, 6, 4),
    (320, 3, 1, 6, 1)
  ] {
    x = x -> MBConv(channels(out), kernel, stride, expand)
          -> repeat(times(most) - 1) { MBConv(channels(out), kernel, 1, expand) }
  }
  x -> ConvBN(4 * channels(320)) -> GlobalAvgPool2d -> Flatten -> Dropout(0.2) -> Linear(1000)
}

# As published with torchvision (table 2 of the paper says 5.3M, 7.8M, 9.2M, 12M, 19M, 30M, 43M, 66M).
assert EfficientNet.space.size == 8
assert scale.size != 224 or EfficientNet.params == 5_288_548
assert scale.size != 240 or EfficientNet.params == 7_794_184
assert scale.size != 260 or EfficientNet.params == 9_109_994
assert scale.size != 300 or EfficientNet.params == 12_233_232
assert scale.size != 380 or EfficientNet.params == 19_341_616
assert scale.size != 456 or EfficientNet.params == 30_389_784
assert scale.size != 528 or EfficientNet.params == 43_040_704
assert scale.size != 600 or EfficientNet.params == 66_347_960

maximize accuracy
minimize macs
