nas 1
# accelerators.nas: two networks and the two accelerators that they run on, searched together under one budget, in the
# manner of NASAIC (Yang et al. 2020). A chip holds two sub-accelerators, which share 4,096 processing elements and
# 64 GB/s; one network classifies pictures, the other finds nuclei. The figures of the hardware are for illustration.

# An accelerator is a record: how it moves data, how many elements it has, how many bytes a nanosecond it reads. A
# dataflow keeps `busy` of its elements busy, and reads weights `again` and again.
let first = {
  dataflow: oneof {
    shidiannao: {busy: 0.6, again: 1}
    nvdla: {busy: 0.8, again: 2}
    rowstationary: {busy: 0.7, again: 1.5}
  }
  elements: range(1024, 3072, step = 1024)
  bandwidth: range(16, 48, step = 16)
}
let second = {
  dataflow: oneof {
    shidiannao: {busy: 0.6, again: 1}
    nvdla: {busy: 0.8, again: 2}
    rowstationary: {busy: 0.7, again: 1.5}
  }
  elements: range(1024, 3072, step = 1024)
  bandwidth: range(16, 48, step = 16)
}
require first.elements + second.elements <= 4096
require first.bandwidth + second.bandwidth <= 64

let placed = oneof { apart: true, swapped: false }      # the classifier runs on the first, or on the second

block ConvBN(out, kernel = 3, stride = 1) = Conv2d(out, kernel, stride = stride, bias = false) -> BatchNorm2d -> ReLU
block Residual(x: [N, C, H, W]) = x + (x -> ConvBN(C) -> ConvBN(C))

block Recognise(x: [N, C, H, W]) {
  x = x -> ConvBN(range(8, 64, step = 8))
  for most in [128, 256, 256] {
    x = x -> ConvBN(range(most // 4, most, step = most // 4)) -> MaxPool2d(2) -> repeat(range(0, 2)) { Residual }
  }
  x -> GlobalMaxPool2d -> Flatten -> Linear(10)
}

block Level(depth, width)(x) {
  y = x -> ConvBN(width) -> ConvBN(width)
  if depth == 0 {
    y
  } else {
    concat([y, y -> MaxPool2d(2) -> Level(depth - 1, 2 * width) -> Upsample(2)]) -> ConvBN(width)
  }
}

block Outline = Level(range(1, 4), range(4, 16, step = 4)) -> Conv2d(1, 1)

net Classifier(image: f32[N, 3, 32, 32]) = image -> Recognise
net Segmenter(image: f32[N, 1, 64, 64]) = image -> Outline

# Seconds for one sample at 1 GHz: computing or reading, whichever is longer. Square millimetres of the chip.
fn latency(on, macs, bytes) =
  max(macs / (on.elements * on.dataflow.busy), on.dataflow.again * bytes / on.bandwidth) / 1e9
fn area(of) = of.elements * 0.0005 + of.bandwidth * 0.01

let classifying = if placed { first } else { second }
let segmenting = if placed { second } else { first }

require latency(classifying, Classifier.macs, Classifier.memory) <= 0.4ms
require latency(segmenting, Segmenter.macs, Segmenter.memory) <= 0.4ms
require area(first) + area(second) <= 2.4

# By hand, before the `require`s that read costs: with i and j thousands of elements, k and l sixteens of bandwidth, the
# pairs that the first and the last `require` leave. Three dataflows each, and who runs where.
fn fits(i, j, k, l) = i + j <= 4 and k + l <= 4 and 0.512 * (i + j) + 0.16 * (k + l) <= 2.4
fn pairs() = [1 for i in 1..3 for j in 1..3 for k in 1..3 for l in 1..3 if fits(i, j, k, l)]
assert Classifier.space.size == 8 * (4 * 3) ** 3
assert Segmenter.space.size == 4 * 4
assert space.size == len(pairs()) * 3 ** 2 * 2 * Classifier.space.size * Segmenter.space.size

train { lr: range(1e-3, 1e-1, log = true), first: first, second: second, placed: placed }
maximize accuracy
maximize iou
