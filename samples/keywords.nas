nas 1
# keywords.nas: keyword spotting with convolutions over time alone (TC-ResNet, Choi et al. 2019). The 40 cepstral
# coefficients of a second of sound are channels, its 98 frames are time. Searched: width, how many blocks, kernels.

let width = oneof(1.0, 1.5)
let layout = oneof { eight: [24, 32, 48], fourteen: [24, 24, 32, 32, 48, 48] }

block ConvBN(out, kernel, stride = 1, act = ReLU) =
  Conv1d(out, kernel, stride = stride, bias = false) -> BatchNorm1d -> act

block Temporal(out, kernel = oneof(3, 5, 7, 9))(x) {
  stride = if x.channels == out { 1 } else { 2 }
  y = x -> ConvBN(out, kernel, stride) -> ConvBN(out, kernel, act = Identity)
  y + (x -> if stride == 1 { Identity } else { ConvBN(out, 1, 2) }) -> ReLU
}

net Keywords(sound: f32[N, 40, 98]) {
  x = sound -> Conv1d(width * 16, 3, bias = false)
  for channels in layout { x = x -> Temporal(width * channels) }
  x -> GlobalAvgPool1d -> Flatten -> Dropout(0.5) -> Linear(12)
}

# The networks of the paper have kernels of 9 throughout; 66K is said of the first, moving averages included.
net TCResNet8(sound: f32[N, 40, 98]) {
  x = sound -> Conv1d(16, 3, bias = false)
  for channels in [24, 32, 48] { x = x -> Temporal(channels, 9) }
  x -> GlobalAvgPool1d -> Flatten -> Dropout(0.5) -> Linear(12)
}

assert Keywords.space.size == 2 * (4 ** 3 + 4 ** 6)

# By hand: 40 * 16 * 3 in front; in a block a * b * 9 + b * b * 9 + a * b and three times 2 * b of normalisation.
fn block_params(a, b) = 9 * a * b + 9 * b * b + a * b + 6 * b
assert TCResNet8.params == 1920 + block_params(16, 24) + block_params(24, 32) + block_params(32, 48) + 48 * 12 + 12

train { lr: range(1e-3, 1e-1, log = true) }
maximize accuracy
minimize Keywords.macs
