nas 1
# hat.nas: hardware-aware transformers (Wang et al. 2020): an encoder and a decoder of translation, whose layers differ
# from each other. A decoder layer may attend to the last one, two or three layers of the encoder, one after the other
# in time.

let vocabulary = 1000                                   # 32,000 for WMT'14

block Perceptron(hidden)(x) = x -> Linear(hidden) -> ReLU -> Linear(x.features)

# Queries, keys and values have 512 features whatever the width of the embedding, in 4 or 8 heads.
block Attention(heads = oneof(4, 8), causal = false)(x: [N, T, D], source: [N, S, E]) -> [N, T, D] {
  q = x -> Linear(512) -> SplitHeads(heads)
  k = source -> Linear(512) -> SplitHeads(heads)
  v = source -> Linear(512) -> SplitHeads(heads)
  attend(q, k, v, causal = causal) -> MergeHeads -> Linear(D)
}

block EncoderLayer(hidden = oneof(1024, 2048, 3072))(x) {
  y = x + ((x, x) -> Attention) -> LayerNorm
  y + (y -> Perceptron(hidden)) -> LayerNorm
}

block DecoderLayer(encoded, hidden = oneof(1024, 2048, 3072), sources = range(1, 3))(x) {
  y = x + ((x, x) -> Attention(causal = true)) -> LayerNorm
  z = y + ((y, concat(encoded[len(encoded) - sources:], dim = 1)) -> Attention) -> LayerNorm
  z + (z -> Perceptron(hidden)) -> LayerNorm
}

# Sines and cosines of Vaswani et al. 2017, as many as the embedding is wide.
block Positions(width)(x: [N, T, D]) {
  rates = exp(arange(width // 2) * (-9.21034 / (width // 2)))
  angles = arange(T).unsqueeze(1) * rates
  x + concat([sin(angles), cos(angles)], dim = 1)
}

net HAT(source: i64[N, S], target: i64[N, T]) -> f32[N, T, vocabulary] {
  width = oneof(512, 640) as encoder_width
  x = source -> Embedding(vocabulary, width) -> Positions(width)
  encoded = []
  for layer in 0..5 {
    x = x -> EncoderLayer
    encoded = [*encoded, x]
  }
  width = oneof(512, 640) as decoder_width
  shared embed = Embedding(vocabulary, width)
  y = target -> embed -> Positions(width)
  depth = range(1, 6)
  for layer in 1..depth { y = y -> DecoderLayer(encoded) }
  y @ embed.weight.transpose(0, 1)
}

# By hand: 3 * 2 ways for an encoder layer, 3 * 2 * 2 * 3 for a decoder layer. The paper says 10^15.
assert HAT.space.size == 2 * 6 ** 6 * 2 * sum([36 ** depth for depth in 1..6])

train { lr: range(1e-4, 1e-2, log = true) }
maximize bleu
minimize latency
