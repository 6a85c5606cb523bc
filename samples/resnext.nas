nas 1
# resnext.nas: one template for ResNet (He et al. 2016), ResNeXt (Xie et al. 2017) and Wide ResNet (Zagoruyko and
# Komodakis 2016). Depth, cardinality (the groups of the 3×3 convolution) and width are searched together.

let depths = oneof { r50: [3, 4, 6, 3], r101: [3, 4, 23, 3], r152: [3, 8, 36, 3] }

# Groups, and channels of a group where the first stage has 64 in all. The first five cost about the same (table 2 of
# the ResNeXt paper), the others are twice as wide and more.
let form = oneof {
  c1w64: (1, 64)
  c2w40: (2, 40)
  c4w24: (4, 24)
  c8w14: (8, 14)
  c32w4: (32, 4)
  c1w128: (1, 128)
  c32w8: (32, 8)
}

block ConvBN(out, kernel, stride = 1, groups = 1, act = ReLU) =
  Conv2d(out, kernel, stride = stride, groups = groups, bias = false) -> BatchNorm2d -> act

block Bottleneck(planes, stride = 1)(x) {
  (cardinality, width) = form
  inner = planes * width // 64 * cardinality
  y = x -> ConvBN(inner, 1) -> ConvBN(inner, 3, stride, cardinality) -> ConvBN(4 * planes, 1, act = Identity)
  skip = if y.shape == x.shape { x } else { x -> ConvBN(4 * planes, 1, stride, act = Identity) }
  y + skip -> ReLU
}

net ResNeXt(image: f32[N, 3, H, W]) {
  x = image -> ConvBN(64, 7, stride = 2) -> MaxPool2d(3, stride = 2)
  for stage in 0..3 {
    planes = 64 * 2 ** stage
    x = x -> Bottleneck(planes, if stage == 0 { 1 } else { 2 }) -> repeat(depths[stage] - 1) { Bottleneck(planes) }
  }
  x -> GlobalAvgPool2d -> Flatten -> Linear(1000)
}

assert ResNeXt.space.size == 3 * 7

# As published with torchvision: ResNet-50, -101, -152, ResNeXt-50 32x4d, -101 32x8d, Wide ResNet-50-2, -101-2.
fn is(blocks, which) = depths == blocks and form == which
assert not is([3, 4, 6, 3], (1, 64)) or ResNeXt.params == 25_557_032
assert not is([3, 4, 23, 3], (1, 64)) or ResNeXt.params == 44_549_160
assert not is([3, 8, 36, 3], (1, 64)) or ResNeXt.params == 60_192_808
assert not is([3, 4, 6, 3], (32, 4)) or ResNeXt.params == 25_028_904
assert not is([3, 4, 23, 3], (32, 8)) or ResNeXt.params == 88_791_336
assert not is([3, 4, 6, 3], (1, 128)) or ResNeXt.params == 68_883_240
assert not is([3, 4, 23, 3], (1, 128)) or ResNeXt.params == 126_886_696

maximize accuracy
minimize macs
