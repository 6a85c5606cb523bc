nas 1
# activations.nas: a grammar of activation functions, with which Swish was found (Ramachandran, Zoph and Le 2017). A core
# unit combines two values, each after a function of one number, with a function of two; a value is the input, or another
# core unit. The function is one for the whole network, each layer with constants of its own.

block Unary = oneof {
  identity: Identity
  negative: Scale(-1)
  absolute: Absolute
  square: Power(2)
  cube: Power(3)
  trained: Trained
  shifted: Shifted
  exponential: Exponential
  sine: Sine
  cosine: Cosine
  tanh: Tanh
  relu: ReLU
  least: Least
  sigmoid: Sigmoid
  softplus: Softplus
  bell: Bell
  error: Error
}

block Scale(by)(x) = x * by
block Power(n)(x) = x ** n
block Absolute(x: [*S]) = x.abs()
block Trained(x: [*S]) = x * param([1], init = ones)    # β, one for each layer
block Shifted(x: [*S]) = x + param([1], init = zeros)
block Exponential(x: [*S]) = x.clamp(max = 10).exp()
block Sine(x: [*S]) = x.sin()
block Cosine(x: [*S]) = x.cos()
block Least(x: [*S]) = x.clamp(max = 0)
block Bell(x: [*S]) = exp(-(x ** 2))
block Error(x: [*S]) = x.erf()

block Binary(a: [*S], b: [*S]) = oneof {
  sum: a + b
  product: a * b
  difference: a - b
  greater: maximum(a, b)
  lesser: minimum(a, b)
  gate: a.sigmoid() * b
  bell: exp(-((a - b) ** 2))
}

block Core(depth)(x) {
  a = if depth > 1 and (oneof(false, true) as left) { x -> Core(depth - 1) } else { x }
  b = if depth > 1 and (oneof(false, true) as right) { x -> Core(depth - 1) } else { x }
  (a -> Unary, b -> Unary) -> Binary
}

cell Activation(x: [*S]) = x -> Core(2)

net Digits(image: f32[N, 1, 8, 8]) {
  x = image -> Conv2d(16, 3) -> BatchNorm2d -> Activation -> Conv2d(32, 3, stride = 2) -> BatchNorm2d -> Activation
  x -> GlobalAvgPool2d -> Flatten -> Linear(10)
}

# By hand: with u = 17 functions of one value and b = 7 of two, a unit over the input alone is u^2 * b; over the input or
# such a unit, (u * (1 + u^2 * b))^2 * b.
assert Digits.space.size == (17 * (1 + 17 ** 2 * 7)) ** 2 * 7

train { data: "digits", epochs: 4, lr: range(1e-3, 1e-1, log = true) }
maximize accuracy
