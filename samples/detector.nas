nas 1
# detector.nas: detectors of one stage. RetinaNet (Lin et al. 2017) with a feature pyramid is one network; in the second
# net its pyramid is searched as in NAS-FPN (Ghiasi, Lin and Le 2019): merging cells choose two of all features so far
# and how to merge them; the last five cells give the five resolutions.

let classes = 91                                        # of COCO, the background included
let anchors = 9

# Normalisation is frozen while a detector is trained, so it holds no parameters.
block ConvBN(out, kernel, stride = 1, act = ReLU) =
  Conv2d(out, kernel, stride = stride, bias = false) -> BatchNorm2d(affine = false) -> act

block Bottleneck(mid, stride = 1)(x) {
  y = x -> ConvBN(mid, 1) -> ConvBN(mid, 3, stride) -> ConvBN(4 * mid, 1, act = Identity)
  y + (if y.shape == x.shape { x } else { x -> ConvBN(4 * mid, 1, stride, act = Identity) }) -> ReLU
}

# ResNet-50: what its last three stages give, at an 8th, a 16th and a 32nd of the picture.
block Trunk(x: [N, C, H, W]) {
  x = x -> ConvBN(64, 7, 2) -> MaxPool2d(3, stride = 2)
  levels = []
  for (mid, depth, stride) in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)] {
    x = x -> Bottleneck(mid, stride) -> repeat(depth - 1) { Bottleneck(mid) }
    levels = [*levels, x]
  }
  (levels[1], levels[2], levels[3])
}

# Two coarser levels are made of the coarsest.
block Coarser(width)(c5, p5) {
  p6 = p5 -> Conv2d(width, 3, stride = 2)
  (p6, p6 -> ReLU -> Conv2d(width, 3, stride = 2))
}

block FPN(width)(c3, c4, c5) {
  t5 = c5 -> Conv2d(width, 1)
  t4 = (c4 -> Conv2d(width, 1)) + (t5 -> Upsample(2))
  t3 = (c3 -> Conv2d(width, 1)) + (t4 -> Upsample(2))
  (p3, p4, p5) = (t3 -> Conv2d(width, 3), t4 -> Conv2d(width, 3), t5 -> Conv2d(width, 3))
  (p6, p7) = (c5, p5) -> Coarser(width)
  [p3, p4, p5, p6, p7]
}

# Four convolutions, then a number for each class and anchor, or four for each anchor's box.
block Head(width, out) = repeat(4) { Conv2d(width, 3) -> ReLU } -> Conv2d(out, 3)

net RetinaNet(image: f32[N, 3, 128, 128]) {
  pyramid = image -> Trunk -> FPN(256)
  shared classify = Head(256, anchors * classes)        # made once for all resolutions
  shared locate = Head(256, anchors * 4)
  {classes: [p -> classify for p in pyramid], boxes: [p -> locate for p in pyramid]}
}

# As published with torchvision.
assert RetinaNet.params == 34_014_999

# To the height asked for: pooled, or each value repeated.
block At(height)(x) = x -> if x.height > height { MaxPool2d(x.height // height) } else { Upsample(height // x.height) }

# Two of the features at one height, added, or the second let through as far as the first says, for each channel.
block Merge(height, features)(x) {
  (a, b) = manyof(2, [*features, x])
  y = (a -> At(height), b -> At(height)) -> oneof { sum: Sum, attention: Attend }
  y -> ReLU -> Conv2d(x.channels, 3, bias = false) -> BatchNorm2d
}
block Sum(a: [*S], b: [*S]) = a + b
block Attend(a: [*S], b: [*S]) = a + b * (a -> GlobalMaxPool2d -> Sigmoid)

# So many merging cells more; what each gives can be merged by those after it. The last five give heights 16, 8, 4, 2, 1,
# cells before them any of these.
block Merging(more, features)(x) {
  all = [*features, x]
  height = 2 ** (if more > 5 { range(0, 4) } else { more - 1 })
  if more == 0 { all[len(all) - 5:] } else { x -> Merge(height, features) -> Merging(more - 1, all) }
}

net Searched(image: f32[N, 3, 128, 128]) {
  width = 64
  (c3, c4, c5) = image -> Trunk
  (p3, p4, p5) = (c3 -> Conv2d(width, 1), c4 -> Conv2d(width, 1), c5 -> Conv2d(width, 1))
  (p6, p7) = (p5 -> MaxPool2d(2), p5 -> MaxPool2d(4))
  pyramid = p7 -> Merging(6, [p3, p4, p5, p6])                    # one more as published
  shared classify = Head(width, anchors * classes)
  shared locate = Head(width, anchors * 4)
  {classes: [p -> classify for p in pyramid], boxes: [p -> locate for p in pyramid]}
}

# By hand: cell i merges 2 of i + 5 features in 2 ways, and the first has 5 heights to choose from.
fn pairs(n) = n * (n - 1) // 2
assert Searched.space.size == 5 * 2 ** 6 * pairs(5) * pairs(6) * pairs(7) * pairs(8) * pairs(9) * pairs(10)

train { lr: range(1e-3, 1e-1, log = true) }
maximize ap
minimize Searched.macs
