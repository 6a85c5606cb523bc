nas 1
# nasnet.nas: the NASNet search space (Zoph, Vasudevan, Shlens and Le 2018). A normal and a reduction cell, each made of
# five blocks: a block chooses two of the hidden states before it, an operation out of 13 for each, and how to combine
# the results. What no block reads is concatenated, and brought to one width at once (the published network leaves that to
# the cells that read it, which comes to the same choices).

block ConvBN(out, kernel, stride = 1) = ReLU -> Conv2d(out, kernel, stride = stride, bias = false) -> BatchNorm2d

block Separable(out, kernel, stride = 1)(x) {
  half = ReLU -> DepthwiseConv2d(kernel, stride = stride, bias = false) -> Conv2d(out, 1, bias = false) -> BatchNorm2d
  x -> half -> ReLU -> DepthwiseConv2d(kernel, bias = false) -> Conv2d(out, 1, bias = false) -> BatchNorm2d
}

block Rows(out, kernel, stride = 1) =                   # 1×k, then k×1
  ReLU -> Conv2d(out, (1, kernel), stride = (1, stride), bias = false) -> BatchNorm2d
       -> ReLU -> Conv2d(out, (kernel, 1), stride = (stride, 1), bias = false) -> BatchNorm2d

block Fit(out, stride)(x) = x -> if stride == 1 and x.channels == out { Identity } else { ConvBN(out, 1, stride) }

block Op(out, stride) = oneof {
  identity: Fit(out, stride)
  rows3: Rows(out, 3, stride)
  rows7: Rows(out, 7, stride)
  dilated3: ReLU -> Conv2d(out, 3, stride = stride, dilation = 2, bias = false) -> BatchNorm2d
  avg3: AvgPool2d(3, stride = stride) -> Fit(out, 1)
  max3: MaxPool2d(3, stride = stride) -> Fit(out, 1)
  max5: MaxPool2d(5, stride = stride) -> Fit(out, 1)
  max7: MaxPool2d(7, stride = stride) -> Fit(out, 1)
  conv1: ConvBN(out, 1, stride)
  conv3: ConvBN(out, 3, stride)
  sep3: Separable(out, 3, stride)
  sep5: Separable(out, 5, stride)
  sep7: Separable(out, 7, stride)
}

# One block, then those after it, until there are five: seven states with the two that flow into the cell. `unread` are
# the numbers of those that no block has read so far.
block Blocks(before, unread, out, stride)(last) {
  states = [*before, last]
  next = len(states)                                    # the number of the state to be made
  if next == 7 { concat([states[i] for i in unread]) -> ConvBN(out, 1) } else {
    (first, second) = (range(0, next - 1), range(0, next - 1))
    left = states[first] -> Op(out, if first < 2 { stride } else { 1 })
    right = states[second] -> Op(out, if second < 2 { stride } else { 1 })
    y = oneof { add: left + right, concat: concat([left, right]) -> ConvBN(out, 1) }
    y -> Blocks(states, [*[i for i in unread if i != first and i != second], next], out, stride)
  }
}

cell Normal(out)(before, last) =
  last -> Fit(out, 1) -> Blocks([before -> Fit(out, before.height // last.height)], [], out, 1)
cell Reduction(out)(before, last) =
  last -> Fit(out, 1) -> Blocks([before -> Fit(out, before.height // last.height)], [], out, 2)

net NASNet(image: f32[N, 3, 32, 32]) {
  out = 32
  x = image -> Conv2d(out, 3, bias = false) -> BatchNorm2d
  (before, last) = (x, x)
  for stage in 0..2 {
    if stage > 0 {
      out = 2 * out
      (before, last) = (last, (before, last) -> Reduction(out))
    }
    for turn in 1..2 { (before, last) = (last, (before, last) -> Normal(out)) }
  }
  last -> ReLU -> GlobalAvgPool2d -> Flatten -> Linear(10)
}

# By hand: block b has b + 2 states to choose from, twice, 13 operations, twice, and 2 ways to combine. Two cells.
assert NASNet.space.size == (2 * 3 * 4 * 5 * 6) ** 4 * 13 ** 20 * 2 ** 10

train { lr: range(1e-3, 1e-1, log = true) }
maximize accuracy
