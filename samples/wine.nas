nas 1
# wine.nas: which of three growers made a wine, from 13 chemical measurements (scikit-learn's `wine`, 178 bottles).
# A tabular space: optional normalisation, gated or plain layers of falling width, an ensemble of heads.
#   symnas search samples/wine.nas --trials 30

# A gated unit: half of the numbers say how much of the other half goes on.
block Gated(out)(x) {
  value = x -> Linear(out)
  gate = x -> Linear(out) -> Sigmoid
  value * gate
}

block Plain(out, act = oneof(ReLU, SiLU)) = Linear(out) -> act

# `act` belongs to `Plain` alone, so it is decided only where the kind is plain.
block Unit(out) = oneof { plain: Plain(out), gated: Gated(out) } -> maybe(BatchNorm1d)

net Wine(bottle: f32[N, 13]) {
  widths = oneof([32], [32, 16], [64, 32, 16])          # a placeholder may choose among lists, too
  x = bottle
  for width in widths { x = x -> Unit(width) }
  heads = range(1, 3)
  mean([x -> Linear(3) for head in 1..heads])           # one head, or the mean of two or three
}

train {
  data: "wine"
  epochs: 30
  batch_size: 16
  lr: range(1e-3, 1e-1, log = true)
  label_smoothing: oneof(0.0, 0.1)
}

# By hand: a unit is plain with 2 activations or gated, normalised or not: 3 * 2 = 6. One, two or three of them, and
# 1 to 3 heads. Training decides its label smoothing.
assert Wine.space.size == (6 + 6 ** 2 + 6 ** 3) * 3
assert space.size == Wine.space.size * 2

maximize accuracy
minimize params
