nas 1
# densenet.nas: DenseNet (Huang, Liu, van der Maaten and Weinberger 2017): in a dense block every layer reads all layers
# before it. The four published networks, and what lies between them.

let growth = oneof(32, 48)
let layers = oneof { d121: [6, 12, 24, 16], d161: [6, 12, 36, 24], d169: [6, 12, 32, 32], d201: [6, 12, 48, 32] }

block Layer(x: [N, C, H, W]) {
  y = x -> BatchNorm2d -> ReLU -> Conv2d(4 * growth, 1, bias = false)
        -> BatchNorm2d -> ReLU -> Conv2d(growth, 3, bias = false)
  concat([x, y])
}

block Transition(x: [N, C, H, W]) = x -> BatchNorm2d -> ReLU -> Conv2d(C // 2, 1, bias = false) -> AvgPool2d(2)

net DenseNet(image: f32[N, 3, 224, 224]) {
  x = image -> Conv2d(2 * growth, 7, stride = 2, bias = false) -> BatchNorm2d -> ReLU -> MaxPool2d(3, stride = 2)
  for (stage, depth) in [(i, layers[i]) for i in 0..3] {
    if stage > 0 { x = x -> Transition }
    x = x -> repeat(depth) { Layer }
  }
  x -> BatchNorm2d -> ReLU -> GlobalAvgPool2d -> Flatten -> Linear(1000)
}

assert DenseNet.space.size == 2 * 4

# As published with torchvision; 161 is the one that grows by 48.
assert not (growth == 32 and layers == [6, 12, 24, 16]) or DenseNet.params == 7_978_856
assert not (growth == 48 and layers == [6, 12, 36, 24]) or DenseNet.params == 28_681_000
assert not (growth == 32 and layers == [6, 12, 32, 32]) or DenseNet.params == 14_149_480
assert not (growth == 32 and layers == [6, 12, 48, 32]) or DenseNet.params == 20_013_928

maximize accuracy
minimize params
