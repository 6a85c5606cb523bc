nas 1
# NAS-Bench-Macro (Su et al. 2021): eight layers in stages of 2, 3 and 3, each an identity or one of two inverted residual
# blocks. The first layer of a stage halves the image; an "identity" there is a strided convolution of size 1.

block MBConv(out, kernel, expand, stride)(x) {
  hidden = expand * x.channels
  y = x -> Conv2d(hidden, 1, bias = false) -> BatchNorm2d -> ReLU6
        -> DepthwiseConv2d(kernel, stride = stride, bias = false) -> BatchNorm2d -> ReLU6
        -> Conv2d(out, 1, bias = false) -> BatchNorm2d
  if y.shape == x.shape { x + y } else { y }
}

block Skip(out, stride) = if stride == 1 {
  Identity
} else {
  Conv2d(out, 1, stride = stride, bias = false) -> BatchNorm2d
}

block Layer(out, stride = 1) = oneof {
  identity: Skip(out, stride)
  k3e3: MBConv(out, 3, 3, stride)
  k5e6: MBConv(out, 5, 6, stride)
}

net Macro(image: f32[N, 3, 32, 32]) {
  x = image -> Conv2d(32, 3, bias = false) -> BatchNorm2d -> ReLU6
  for (out, layers) in [(64, 2), (128, 3), (256, 3)] {
    x = x -> Layer(out, 2) -> repeat(layers - 1) { Layer(out) }
  }
  x -> Conv2d(1280, 1, bias = false) -> BatchNorm2d -> ReLU6 -> GlobalAvgPool2d -> Flatten -> Linear(10)
}

assert space.size == 3 ** 8
