nas 1

block Basic(out_channels)(x) {
  y = x -> Conv2d(out_channels, 3, bias = false) as conv1 -> BatchNorm2d as bn1 -> ReLU
    -> Conv2d(out_channels, 3, bias = false) as conv2 -> BatchNorm2d as bn2
  y + x -> ReLU
}

block Basic_2()(x) {
  y = x -> Conv2d(16, 3, stride = 2, bias = false) as conv1 -> BatchNorm2d as bn1 -> ReLU
    -> Conv2d(16, 3, bias = false) as conv2 -> BatchNorm2d as bn2
  x = x -> Conv2d(16, 1, stride = 2, bias = false) as downsample[0] -> BatchNorm2d as downsample[1]
  y + x -> ReLU
}

net Small(x: f32[N, 3, 16, 16]) =
  x -> Conv2d(8, 3) as stem -> repeat(2) { Basic(8) as layer1 } -> Basic_2 as layer2[0]
    -> Basic(16) as layer2[1] -> GlobalAvgPool2d -> Flatten -> Dropout(p = 0.2) -> Linear(10) as fc
