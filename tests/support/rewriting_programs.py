"""A program that rules act on: blocks, loops, a row of equal layers, a residual sum."""

__all__ = ["BIG"]

BIG = """
block ConvBN(out, kernel = 1, stride = 1) =
  Conv2d(out, kernel, stride = stride, bias = false) -> BatchNorm2d -> ReLU
block Stem(out)(x) = x -> Conv2d(out, 3) -> ReLU
net Big(x: f32[N, 3, 16, 16]) {
  x = x -> Stem(8)
  for width in [8, 16] { x = x -> ConvBN(width, 3, 2) -> repeat(2) { ConvBN(width, 3) } }
  y = x -> ConvBN(16, 3) as left
  x = x + y
  x -> GlobalAvgPool2d -> Flatten -> Linear(10)
}
"""
