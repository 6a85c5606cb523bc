nas 1
# The space of NAS-Bench-Macro (Su et al. 2021), with few channels: eight layers in stages of 2, 3 and 3, each an
# identity or one of two inverted residual blocks. The first layer of a stage halves the image, so that its "identity"
# is none: there it is a convolution of size 1.

block MBConv(out, kernel, expand, stride)(x) {
  y = x -> Conv2d(expand * x.channels, 1, bias = false) -> BatchNorm2d -> ReLU6
        -> DepthwiseConv2d(kernel, stride = stride, bias = false) -> BatchNorm2d -> ReLU6
        -> Conv2d(out, 1, bias = false) -> BatchNorm2d
  if stride == 1 and x.channels == out { x + y } else { y }
}

block Skip(out, stride) = if stride == 1 { Identity } else { Conv2d(out, 1, stride = stride, bias = false) }

block Layer(out, stride) = oneof {
  skip: Skip(out, stride)
  small: MBConv(out, 3, 3, stride)
  large: MBConv(out, 5, 6, stride)
}

net Macro(image: f32[N, 3, 32, 32]) {
  x = image -> Conv2d(4, 3) -> BatchNorm2d -> ReLU
  for (out, layers) in [(8, 2), (16, 3), (32, 3)] {
    x = x -> Layer(out, 2) -> repeat(layers - 1) { Layer(out, 1) }
  }
  x -> GlobalAvgPool2d -> Flatten -> Linear(10)
}

assert space.size == 3 ** 8
