nas 1

block ReLUConvBN(out, kernel = 1, stride = 1) =
  ReLU -> Conv2d(out, kernel, stride = stride, bias = false) -> BatchNorm2d(affine = false)

block SepConv(out, kernel, stride = 1)(x) {
  c = x.channels
  x -> ReLU -> DepthwiseConv2d(kernel, stride = stride, bias = false) -> Conv2d(c, 1, bias = false)
    -> BatchNorm2d(affine = false) -> ReLU -> DepthwiseConv2d(kernel, bias = false)
    -> Conv2d(out, 1, bias = false) -> BatchNorm2d(affine = false)
}

block DilConv(out, kernel, stride = 1) =
  ReLU -> DepthwiseConv2d(kernel, stride = stride, dilation = 2, bias = false)
    -> Conv2d(out, 1, bias = false) -> BatchNorm2d(affine = false)

block FactorizedReduce(out)(x) {
  y = x -> ReLU
  concat([
    y -> Conv2d(out // 2, 1, stride = 2, bias = false),
    y[:, :, 1:, 1:] -> Conv2d(out // 2, 1, stride = 2, bias = false)
  ]) -> BatchNorm2d(affine = false)
}

block Op(c, stride) = oneof {
  none: Zero(stride = stride)
  max3: MaxPool2d(3, stride = stride) -> BatchNorm2d(affine = false)
  avg3: AvgPool2d(3, stride = stride) -> BatchNorm2d(affine = false)
  skip: if stride == 1 { Identity } else { FactorizedReduce(c) }
  sep3: SepConv(c, 3, stride)
  sep5: SepConv(c, 5, stride)
  dil3: DilConv(c, 3, stride)
  dil5: DilConv(c, 5, stride)
}

block Steps(c, stride)(s0, s1) {
  a = s0 -> if s0.height == s1.height { ReLUConvBN(c) } else { FactorizedReduce(c) }
  b = s1 -> ReLUConvBN(c)
  nodes = [a, b]
  for i in 2..5 {
    edges = [nodes[j] -> Op(c, if j < 2 { stride } else { 1 }) for j in 0..i-1]
    nodes = [*nodes, sum(manyof(2, edges))]
  }
  concat(nodes[2:])
}

cell Normal(c) = Steps(c, 1)
cell Reduce(c) = Steps(c, 2)

block Auxiliary(classes) =
  ReLU -> AvgPool2d(5, stride = 3, padding = 0) -> Conv2d(128, 1, bias = false) -> BatchNorm2d
    -> ReLU -> Conv2d(768, 2, padding = 0, bias = false) -> BatchNorm2d -> ReLU -> Flatten
    -> Linear(classes)

net Darts(image: f32[N, 3, 32, 32]) {
  c = 16
  stem = image -> Conv2d(3 * c, 3, bias = false) -> BatchNorm2d
  states = [stem, stem]
  for i in 0..7 {
    pair = (states[-2], states[-1])
    if i in [2, 5] { c = 2 * c }
    states = [*states, if i in [2, 5] { pair -> Reduce(c) } else { pair -> Normal(c) }]
  }
  {
    logits: states[-1] -> GlobalAvgPool2d -> Flatten -> Linear(10)
    aux: training(states[7] -> Auxiliary(10))
  }
}
