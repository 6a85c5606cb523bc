nas 1
# gan.nas: a generator and a discriminator in one file. The first two are DCGAN (Radford, Metz and Chintala 2016) for
# 64x64 pictures; the generator below them is the space of AutoGAN (Gong, Chang, Jiang and Wang 2019) for 32x32, whose
# discriminator keeps its published form.

let noise = 100

block Up(out, stride = 2, padding = 1) =
  ConvTranspose2d(out, 4, stride = stride, padding = padding, bias = false) -> BatchNorm2d -> ReLU
block Down(out) = Conv2d(out, 4, stride = 2, bias = false) -> BatchNorm2d -> LeakyReLU(0.2)

net DCGenerator(z: f32[N, noise, 1, 1]) {
  x = z -> Up(512, stride = 1, padding = 0) -> Up(256) -> Up(128) -> Up(64)
  x -> ConvTranspose2d(3, 4, stride = 2, padding = 1, bias = false) -> Tanh
}

net DCDiscriminator(image: f32[N, 3, 64, 64]) {
  x = image -> Conv2d(64, 4, stride = 2, bias = false) -> LeakyReLU(0.2) -> Down(128) -> Down(256) -> Down(512)
  x -> Conv2d(1, 4, padding = 0, bias = false) -> Sigmoid -> Flatten
}

# The counts of PyTorch's DCGAN (nz = 100, ngf = ndf = 64).
assert DCGenerator.params == 3_576_704
assert DCDiscriminator.params == 2_765_568

# AutoGAN's cell: up, convolution, convolution, around them a shortcut. Whatever the cells before it gave after their
# first convolution may be added between the two.
block Convolved(out, norm, order, up = Identity) = if order == "before" {
  norm -> ReLU -> up -> Conv2d(out, 3)
} else {
  up -> Conv2d(out, 3) -> norm -> ReLU
}

block Cell(out, earlier)(x) {
  norm = oneof { none: Identity, batch: BatchNorm2d, instance: InstanceNorm2d }
  up = oneof {
    nearest: Upsample(2)
    bilinear: Upsample(2, mode = "bilinear")
    transposed: ConvTranspose2d(x.channels, 2, stride = 2)
  }
  order = oneof("before", "after")
  first = x -> Convolved(out, norm, order, up)
  skips = [s -> Upsample(first.height // s.height) -> Conv2d(out, 1) for s in earlier if oneof(false, true) as skip]
  y = sum([first, *skips]) -> Convolved(out, norm, order)
  (first, if oneof(false, true) as shortcut { y + (x -> up -> Conv2d(out, 1)) } else { y })
}

net Generator(z: f32[N, 128]) {
  x = z -> Linear(256 * 4 * 4) -> Unflatten(1, (256, 4, 4))
  (a, x) = x -> Cell(256, [])
  (b, x) = x -> Cell(256, [a])
  (_, x) = x -> Cell(256, [a, b])
  x -> BatchNorm2d -> ReLU -> Conv2d(3, 3) -> Tanh
}

block Residual(out, half = true)(x) {
  y = x -> ReLU -> Conv2d(out, 3) -> ReLU -> Conv2d(out, 3)
  if half { (y -> AvgPool2d(2)) + (x -> Conv2d(out, 1) -> AvgPool2d(2)) } else { x + y }
}

net Discriminator(image: f32[N, 3, 32, 32]) {
  x = image -> Residual(128) -> Residual(128) -> repeat(2) { Residual(128, half = false) } -> ReLU
  x.sum((2, 3)) -> Linear(1)
}

train { lr: 2e-4, steps: 5 }

# By hand: a cell has 3 normalisations, 3 ways up, 2 orders, and a shortcut or none: 36. Three cells, and 0 + 1 + 2
# skips between them. The paper says "about 10^5".
assert Generator.space.size == 36 ** 3 * 2 ** (0 + 1 + 2)
assert space.size == Generator.space.size               # the other nets are decided

minimize fid
minimize Generator.params
