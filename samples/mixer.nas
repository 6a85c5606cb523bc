nas 1
# mixer.nas: MLP-Mixer (Tolstikhin et al. 2021, table 1): perceptrons over patches, then over channels, and nothing
# else. The published sizes and patches; both perceptrons' widths may be searched beside them.

let size = oneof {
  small: {layers: 8, width: 512, tokens: 256, channels: 2048}
  base: {layers: 12, width: 768, tokens: 384, channels: 3072}
  large: {layers: 24, width: 1024, tokens: 512, channels: 4096}
  huge: {layers: 32, width: 1280, tokens: 640, channels: 5120}
}
let patch = oneof(14, 16, 32)

block Perceptron(hidden)(x) = x -> Linear(hidden) -> GELU -> Linear(x.features)

block Mixer(x: [N, T, D]) {
  y = x + (x -> LayerNorm -> Permute(0, 2, 1) -> Perceptron(size.tokens) -> Permute(0, 2, 1))
  y + (y -> LayerNorm -> Perceptron(size.channels))
}

net MLPMixer(image: f32[N, 3, 224, 224]) {
  patches = image -> Conv2d(size.width, patch, stride = patch) -> Flatten(2) -> Permute(0, 2, 1)
  tokens = patches -> repeat(size.layers) { Mixer } -> LayerNorm
  tokens.mean(1) -> Linear(1000)
}

assert MLPMixer.space.size == 4 * 3

# By hand, with T tokens of D features and perceptrons of S and C: patches, then in each layer two normalisations and two
# perceptrons, then the last normalisation and the classes. Table 1 rounds it: 18M, 59M and 207M for patches of 16.
fn layer(t) =
  4 * size.width + t * size.tokens * 2 + size.tokens + t + size.width * size.channels * 2 + size.channels + size.width
fn published() =
  3 * patch ** 2 * size.width + 3 * size.width + size.layers * layer((224 // patch) ** 2) +
    1000 * size.width + 1000
assert MLPMixer.params == published()
assert not (size.layers == 8 and patch == 16) or MLPMixer.params == 18_528_264
assert not (size.layers == 12 and patch == 16) or MLPMixer.params == 59_880_472

maximize accuracy
minimize macs
