nas 1

let sure = range(0.5, 0.95, step = 0.05)

block Stage(out, kernel = oneof(3, 5)) =
  Conv2d(out, kernel, stride = 2, bias = false) -> BatchNorm2d -> ReLU

block Exit(classes) = GlobalAvgPool2d -> Flatten -> Linear(classes)

block Rest(widths)(x) {
  y = x -> Stage(widths[0])
  here = y -> Exit(10)
  more = y -> Rest(widths[1:])
  if len(widths) == 1 {
    here
  } else if oneof(false, true) as gated {
    when softmax(here, dim = 1).amax(1) > sure { here } else { more }
  } else {
    more
  }
}

net Early(image: f32[N, 3, 32, 32]) = image -> Rest([32, 64, 128, 256])

assert space.size == 2 ** 4 * (1 + 7 * 10)

minimize expected(Early.macs)
