nas 1
# regnet.nas: RegNet (Radosavovic, Kosaraju, Girshick, He and Dollár 2020). The widths of all blocks follow a line that
# is then quantised, so that a network is five numbers: depth, initial width, slope, multiplier, and width of a group.

let model = oneof {
  x400m: {depth: 22, initial: 24, slope: 24.48, multiplier: 2.54, group: 16}
  x800m: {depth: 16, initial: 56, slope: 35.73, multiplier: 2.28, group: 16}
  x1600m: {depth: 18, initial: 80, slope: 34.01, multiplier: 2.25, group: 24}
  x3200m: {depth: 25, initial: 88, slope: 26.31, multiplier: 2.25, group: 48}
  x8g: {depth: 23, initial: 80, slope: 49.56, multiplier: 2.88, group: 120}
  x16g: {depth: 22, initial: 216, slope: 55.59, multiplier: 2.1, group: 128}
  x32g: {depth: 23, initial: 320, slope: 69.86, multiplier: 2.0, group: 168}
  searched: {
    depth: oneof(12, 16)
    initial: oneof(24, 48)
    slope: oneof(24, 36)
    multiplier: oneof(2.25, 2.5)
    group: oneof(8, 16)
  }
}

# Block j should be u = initial + slope * j wide. The nearest initial * multiplier^s is taken, with s the rounded
# log(u / initial) / log(multiplier). No logarithm is needed: s counts the k with u above initial * multiplier^(k - 1/2),
# and squared both sides are exact.
fn steps(j) =
  len([
    k
    for k in 1..8 if (model.initial + model.slope * j) ** 2 >= model.initial ** 2 * model.multiplier ** (2 * k - 1)
  ])
fn rounded(width) = 8 * (if width % 16 == 4 { width // 8 } else { round(width / 8) })      # halves to the even one
fn widths() = [rounded(model.initial * model.multiplier ** steps(j)) for j in 0..model.depth - 1]

block ConvBN(out, kernel, stride = 1, groups = 1, act = ReLU) =
  Conv2d(out, kernel, stride = stride, groups = groups, bias = false) -> BatchNorm2d -> act

block XBlock(out, group, stride)(x) {
  y = x -> ConvBN(out, 1) -> ConvBN(out, 3, stride, groups = out // group) -> ConvBN(out, 1, act = Identity)
  skip = if y.shape == x.shape { x } else { x -> ConvBN(out, 1, stride, act = Identity) }
  y + skip -> ReLU
}

net RegNet(image: f32[N, 3, 224, 224]) {
  x = image -> ConvBN(32, 3, stride = 2)
  all = widths()
  for (j, width) in [(j, all[j]) for j in 0..len(all) - 1] {
    group = min(model.group, width)
    begins = j == 0 or all[max(j, 1) - 1] != width      # a stage begins where the width changes
    x = x -> XBlock(multiple(width, of = group), group, if begins { 2 } else { 1 })
  }
  x -> GlobalAvgPool2d -> Flatten -> Linear(1000)
}

# As published with torchvision: RegNetX of 400 MF to 32 GF.
assert RegNet.space.size == 7 + 2 ** 5
assert model.slope != 24.48 or RegNet.params == 5_495_976
assert model.slope != 35.73 or RegNet.params == 7_259_656
assert model.slope != 34.01 or RegNet.params == 9_190_136
assert model.slope != 26.31 or RegNet.params == 15_296_552
assert model.slope != 49.56 or RegNet.params == 39_572_648
assert model.slope != 55.59 or RegNet.params == 54_278_536
assert model.slope != 69.86 or RegNet.params == 107_811_560

maximize accuracy
minimize macs
