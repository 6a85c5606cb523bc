nas 1
# autodeeplab.nas: Auto-DeepLab (Liu et al. 2019): semantic segmentation where both the cell and the way through the
# resolutions are searched. Each of twelve layers halves, keeps or doubles the resolution, between a 4th and a 32nd of
# the picture's; all layers have the cell's one structure. The head is spatial pyramid pooling (ASPP).

let classes = 21
let filters = 8  # times 5 blocks at a 4th of the resolution, twice that at an 8th, …

block ConvBN(out, kernel, dilation = 1) =
  ReLU -> Conv2d(out, kernel, dilation = dilation, bias = false) -> BatchNorm2d

block Separable(out, kernel, dilation = 1)(x) {
  half = ReLU -> DepthwiseConv2d(kernel, dilation = dilation, bias = false) -> Conv2d(out, 1, bias = false)
    -> BatchNorm2d
  if dilation == 1 { x -> half -> half } else { x -> half }
}

block Op(out) = oneof {
  none: Zero
  skip: Identity
  avg3: AvgPool2d(3, stride = 1)
  max3: MaxPool2d(3, stride = 1)
  sep3: Separable(out, 3)
  sep5: Separable(out, 5)
  dil3: Separable(out, 3, 2)
  dil5: Separable(out, 5, 2)
}

# To a resolution and a width: a 1×1 convolution after halving or doubling as often as it takes.
block To(out, size)(x) {
  y = if x.height > size {
    x -> AvgPool2d(x.height // size)
  } else if x.height < size {
    x -> Upsample(size // x.height, mode = "bilinear")
  } else {
    x
  }
  y -> ConvBN(out, 1)
}

# An operation on one of the tensors so far. Five blocks add two such; all five are concatenated.
block Edge(out, earlier)(last) = oneof(*[*earlier, last]) -> Op(out)

block Blocks(out, earlier)(last) {
  all = [*earlier, last]
  if len(all) == 7 { concat(all[2:]) } else {
    (last -> Edge(out, earlier)) + (last -> Edge(out, earlier)) -> Blocks(out, all)
  }
}

cell Cell(out, size)(before, last) = last -> To(out, size) -> Blocks(out, [before -> To(out, size)])

block Pyramid(out)(x) {
  size = x.height
  parts = [
    x -> ConvBN(out, 1),
    *[x -> ConvBN(out, 3, dilation) for dilation in [6, 12, 18]],
    x -> GlobalAvgPool2d -> ConvBN(out, 1) -> Upsample(size)
  ]
  concat(parts) -> ConvBN(out, 1)
}

net AutoDeepLab(image: f32[N, 3, 64, 64]) {
  x = image -> Conv2d(64, 3, stride = 2, bias = false) -> BatchNorm2d
  (before, last) = (x, x -> ConvBN(64, 3) -> MaxPool2d(2))
  level = 0
  for layer in 1..12 {
    level = if layer == 1 { 0 } else { oneof(level, level - 1 if level > 0, level + 1 if level < 3) as level }
    next = (before, last) -> Cell(filters * 2 ** level, 16 // 2 ** level)
    before = last
    last = next
  }
  last -> Pyramid(64) -> Conv2d(classes, 1) -> Upsample(image.height // last.height, mode = "bilinear")
}

# By hand: a block adds two of i + 2 tensors, an operation out of 8 after either, which for five blocks makes the paper's
# 5.6 * 10^14. Ways through the resolutions are walks of eleven steps on a line of four points, begun at its end: 28,657,
# the paper's 2.9 * 10^4.
assert AutoDeepLab.space.size == 28_657 * (2 * 3 * 4 * 5 * 6) ** 2 * 8 ** 10

train { lr: range(1e-3, 1e-1, log = true) }
maximize miou
minimize macs
