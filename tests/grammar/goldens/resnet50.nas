nas 1

block ConvBN(out, kernel, stride = 1, act = ReLU) =
  Conv2d(out, kernel, stride = stride, bias = false) -> BatchNorm2d -> act

block Bottleneck(mid, stride = 1)(x) {
  out = 4 * mid
  y = x -> ConvBN(mid, 1) -> ConvBN(mid, 3, stride = stride) -> ConvBN(out, 1, act = Identity)
  skip = if stride == 1 and x.channels == out {
    x
  } else {
    x -> ConvBN(out, 1, stride = stride, act = Identity) as down
  }
  y + skip -> ReLU
}

net ResNet50(image: f32[N, 3, H, W]) {
  x = image -> ConvBN(64, 7, stride = 2) as stem -> MaxPool2d(3, stride = 2)
  for (mid, depth, stride) in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)] {
    x = x -> Bottleneck(mid, stride) -> repeat(depth - 1) { Bottleneck(mid) }
  }
  x -> GlobalAvgPool2d -> Flatten -> Linear(1000) as fc
}

assert ResNet50.params == 25_557_032
