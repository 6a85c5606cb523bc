nas 1
# diabetes.nas: small perceptrons that predict a number, for scikit-learn's `diabetes`: 442 patients, ten measurements
# each, and how far the disease went in a year. With so few samples, how a network is trained matters as much as how it
# is built: both are searched together. About half a minute:
#   symnas search samples/diabetes.nas --trials 40

let act = oneof(ReLU, GELU, Tanh)                       # one activation for the whole network

# `features` is the last dimension of what flows in. The sum is made only where the shapes agree.
block Hidden(width, residual = oneof(false, true))(x) {
  y = x -> Linear(width) -> act -> Dropout(train.dropout)
  if x.features == width and residual { x + y } else { y }
}

net Progress(patient: f32[N, 10]) {
  width = oneof(8, 16, 32, 64)                          # bound to a name: decided once, for all layers
  patient -> Hidden(width) -> repeat(range(0, 2)) { Hidden(width) } -> Linear(1)
}

# For numbers the trainer reports `r2` (1 is perfect, 0 is as good as the mean), `mse` and `loss`. Inputs and targets
# are brought to mean 0 and deviation 1; `mse` is in the targets' own unit.
train {
  data: "diabetes"
  epochs: 40
  batch_size: 32
  lr: range(1e-4, 1e-1, log = true)
  weight_decay: oneof(0.0, 0.001, 0.01, 0.1)
  dropout: oneof(0.0, 0.1, 0.3)
}

# By hand: the first layer takes 10 numbers and gives 8 or more, so its shapes never agree and `residual` is not asked.
# Up to two more layers decide it: 1 + 2 + 4 = 7. Times 4 widths, 3 activations, 3 dropouts; and 4 decays that only
# training reads. `lr` is continuous and not counted.
assert Progress.space.size == 7 * 4 * 3 * 3
assert space.size == 7 * 4 * 3 * 3 * 4

# The largest: 10·64 + 64, twice 64·64 + 64, and 64 + 1 parameters.
assert Progress.params <= 704 + 2 * 4160 + 65

maximize r2
