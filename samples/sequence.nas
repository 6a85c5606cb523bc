nas 1
# sequence.nas: one-dimensional convolutions over a sequence, without recurrence, in the manner of temporal
# convolutional networks (Bai, Kolter and Koltun 2018). As a sequence to learn from, each of scikit-learn's digits is
# read pixel by pixel: 64 steps of one number.
#   symnas search samples/sequence.nas --trials 20

# Dilation leaves gaps between what a kernel reads: with 1, 2, 4, … a few layers see the whole sequence.
block Temporal(out, dilation, kernel = oneof(3, 5), mixing = oneof { full: 1, depthwise: out })(x) {
  y = x -> Conv1d(out, 1) -> Conv1d(out, kernel, dilation = dilation, groups = mixing) -> BatchNorm1d -> ReLU
  if x.channels == out { x + y } else { y }
}

let channels = oneof(8, 16, 24)

net Sequence(image: f32[N, 1, 8, 8]) {
  x = image -> Flatten(2)                               # [N, 1, 8, 8] becomes [N, 1, 64]: 64 steps of one channel
  layers = range(3, 5)
  for i in 0..layers-1 { x = x -> Temporal(channels, 2 ** i) }
  pooled = oneof { last: x[:, :, -1], mean: x -> AdaptiveAvgPool1d(1) -> Flatten }
  pooled -> Linear(10)
}

train { data: "digits", epochs: 6, lr: range(1e-3, 1e-1, log = true) }

# By hand: a layer has 2 kernels and 2 ways of mixing; 3, 4 or 5 layers, 3 widths, 2 ways to end.
assert Sequence.space.size == (4 ** 3 + 4 ** 4 + 4 ** 5) * 3 * 2

maximize accuracy
