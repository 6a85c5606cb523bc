nas 1
# NAS-Bench-201 (Dong and Yang 2020): a cell of four nodes, each of which reads all nodes before it, over six edges of
# five operations. The network is the benchmark's: three stages of five cells, with 16, 32 and 64 channels.

block ReLUConvBN(out, kernel, stride = 1) =
  ReLU -> Conv2d(out, kernel, stride = stride, bias = false) -> BatchNorm2d

block Edge(c) = oneof {
  none: Zero
  skip_connect: Identity
  nor_conv_1x1: ReLUConvBN(c, 1)
  nor_conv_3x3: ReLUConvBN(c, 3)
  avg_pool_3x3: AvgPool2d(3, stride = 1)
}

cell Searched(c)(x) {
  nodes = [x]
  for j in 1..3 { nodes = [*nodes, sum([n -> Edge(c) for n in nodes])] }
  nodes[3]
}

block Halve(c)(x) =
  (x -> ReLUConvBN(c, 3, 2) -> ReLUConvBN(c, 3)) +
    (x -> AvgPool2d(2) -> Conv2d(c, 1, bias = false))

net Bench201(image: f32[N, 3, 32, 32]) {
  x = image -> Conv2d(16, 3, bias = false) -> BatchNorm2d
  for c in [16, 32, 64] {
    if c > 16 { x = x -> Halve(c) }
    x = x -> repeat(5) { Searched(c) }
  }
  x -> BatchNorm2d -> ReLU -> GlobalAvgPool2d -> Flatten -> Linear(10)
}

assert space.size == 15_625
