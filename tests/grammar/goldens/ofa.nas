nas 1

block ConvBN(out, kernel = 1, stride = 1, groups = 1, act = Hardswish) =
  Conv2d(out, kernel, stride = stride, groups = groups, bias = false) -> BatchNorm2d -> act

block SqueezeExcite(x: [N, C, H, W]) =
  x * (
    x -> GlobalAvgPool2d -> Conv2d(multiple(x.channels / 4, of = 8), 1) -> ReLU
      -> Conv2d(x.channels, 1) -> Hardsigmoid
  )

block MBConv(
  out,
  stride = 1,
  act = Hardswish,
  se = true,
  kernel = oneof(3, 5, 7),
  expand = oneof(3, 4, 6)
)(x) {
  hidden = multiple(x.channels * expand, of = 8)
  y = x -> ConvBN(hidden, act = act) -> ConvBN(hidden, kernel, stride, groups = hidden, act = act)
    -> if se { SqueezeExcite } else { Identity } -> ConvBN(out, act = Identity)
  if stride == 1 and out == x.channels { x + y } else { y }
}

let size = range(128, 224, step = 4)

net OFA(image: f32[N, 3, size, size]) {
  x = image -> ConvBN(16, 3, stride = 2)
    -> MBConv(16, act = ReLU, se = false, kernel = 3, expand = 1)
  for (out, stride, act, se) in [
    (24, 2, ReLU, false),
    (40, 2, ReLU, true),
    (80, 2, Hardswish, false),
    (112, 1, Hardswish, true),
    (160, 2, Hardswish, true)
  ] {
    depth = range(2, 4)
    for i in 0..depth-1 { x = x -> MBConv(out, if i == 0 { stride } else { 1 }, act, se) }
  }
  x -> ConvBN(960) -> GlobalAvgPool2d -> Conv2d(1280, 1, bias = false) -> Hardswish -> Flatten
    -> Linear(1000)
}

assert OFA.space.size == 7371 ** 5 * 25
