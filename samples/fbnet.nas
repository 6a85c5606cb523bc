nas 1
# fbnet.nas: the layer-wise space of FBNet (Wu et al. 2019, tables 1 and 2): 22 layers, nine candidate blocks for each,
# chosen apart. For ImageNet at 224x224.

block ConvBN(out, kernel = 1, stride = 1, groups = 1, act = ReLU) =
  Conv2d(out, kernel, stride = stride, groups = groups, bias = false) -> BatchNorm2d -> act

# Pointwise, depthwise, pointwise. With groups, the pointwise ones are grouped and channels shuffled between.
block Inverted(out, stride, kernel, expand, groups = 1)(x) {
  hidden = x.channels * expand
  shuffle = if groups > 1 { ChannelShuffle(groups) } else { Identity }
  y = x -> ConvBN(hidden, groups = groups) -> shuffle -> ConvBN(hidden, kernel, stride, groups = hidden)
        -> ConvBN(out, groups = groups, act = Identity)
  if y.shape == x.shape { x + y } else { y }
}

# Where the shape changes, the candidate `skip` is a plain 1×1 convolution.
block Layer(out, stride)(x) {
  x -> oneof {
    k3_e1: Inverted(out, stride, 3, 1)
    k3_e1_g2: Inverted(out, stride, 3, 1, groups = 2)
    k3_e3: Inverted(out, stride, 3, 3)
    k3_e6: Inverted(out, stride, 3, 6)
    k5_e1: Inverted(out, stride, 5, 1)
    k5_e1_g2: Inverted(out, stride, 5, 1, groups = 2)
    k5_e3: Inverted(out, stride, 5, 3)
    k5_e6: Inverted(out, stride, 5, 6)
    skip: if stride == 1 and x.channels == out { Identity } else { ConvBN(out, 1, stride) }
  }
}

net FBNet(image: f32[N, 3, 224, 224]) {
  x = image -> ConvBN(16, 3, stride = 2)
  for (out, layers, stride) in [(16, 1, 1), (24, 4, 2), (32, 4, 2), (64, 4, 2), (112, 4, 1), (184, 4, 2), (352, 1, 1)] {
    x = x -> Layer(out, stride) -> repeat(layers - 1) { Layer(out, 1) }
  }
  x -> ConvBN(1984) -> GlobalAvgPool2d -> Flatten -> Linear(1000)
}

train { lr: range(1e-2, 1.0, log = true) }

# "The search space contains 9^22 ≈ 10^21 possible architectures" (section 3.1).
assert FBNet.space.size == 9 ** 22

maximize accuracy
minimize macs
