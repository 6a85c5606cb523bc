nas 1
# digits.nas: small convolutional networks for scikit-learn's 8x8 handwritten digits, searched together with the
# recipe that trains them. About two minutes on two cores; nothing is downloaded:
#   symnas search samples/digits.nas

let width = oneof(0.5, 0.75, 1.0, 1.5)                  # one decision, read by both stages
let act = oneof(ReLU, SiLU, GELU, Tanh)

block ConvBN(out, kernel = 1, groups = 1) =
  Conv2d(out, kernel, groups = groups, bias = false) -> BatchNorm2d

block SqueezeExcite(ratio)(x) {
  gate = x -> GlobalAvgPool2d -> Conv2d(multiple(x.channels * ratio, of = 4), 1) -> ReLU
           -> Conv2d(x.channels, 1) -> Sigmoid
  x * gate
}

# `residual` is decided only where the shapes agree.
block Unit(out, kernel = oneof(1, 3, 5), residual = oneof(false, true))(x) {
  layer = oneof {
    plain: ConvBN(out, kernel)
    separable: ConvBN(x.channels, kernel, groups = x.channels) -> ConvBN(out)
    bottleneck: ConvBN(out // 2) -> act -> ConvBN(out, kernel)
  }
  y = x -> layer -> act -> maybe(SqueezeExcite(oneof(0.25, 0.5)))
  if y.shape == x.shape and residual { x + y } else { y }
}

net Digits(image: f32[N, 1, 8, 8]) {
  x = image
  for (channels, most) in [(16, 2), (32, 3)] {
    out = multiple(channels * width, of = 4)
    pool = oneof { max: MaxPool2d(2), mean: AvgPool2d(2) }
    x = x -> Unit(out) -> repeat(range(0, most - 1)) { Unit(out) } -> pool
  }
  head = oneof { pooled: GlobalAvgPool2d -> Flatten, whole: Flatten }
  x -> head -> Dropout(train.dropout) -> Linear(10)
}

train {
  data: "digits"
  epochs: 6
  batch_size: 64
  lr: range(1e-4, 1e-1, log = true)
  weight_decay: oneof(0.0, 0.01, 0.1)
  label_smoothing: range(0.0, 0.2, step = 0.1)
  dropout: range(0.0, 0.4, step = 0.1)
}

require Digits.params <= 30K
maximize accuracy
