nas 1

let dim = range(192, 240, step = 24)

block SelfAttention(heads)(x: [N, T, D]) -> [N, T, D] {
  (q, k, v) = [x -> Linear(64 * heads) -> SplitHeads(heads) for i in 1..3]
  attend(q, k, v) -> MergeHeads -> Linear(D)
}

block Layer(drop, heads = range(3, 4), ratio = oneof(3.5, 4.0))(x: [N, T, D]) -> [N, T, D] {
  y = x + (x -> LayerNorm -> SelfAttention(heads) -> DropPath(drop))
  y + (y -> LayerNorm -> Linear(D * ratio) -> GELU -> Linear(D) -> DropPath(drop))
}

net AutoFormer(image: f32[N, 3, 224, 224]) {
  patches = image -> Conv2d(dim, 16, stride = 16) -> Flatten(2)
  tokens = patches.transpose(1, 2)
  token = param([1, 1, dim], init = normal(0.02)) as class_token
  x = concat([token.expand(N, 1, dim), tokens], dim = 1)
  x = x + param([1, x.shape[1], dim], init = normal(0.02)) as positions
  depth = range(12, 14)
  for i in 0..depth-1 { x = x -> Layer(0.1 * i / (depth - 1)) }
  x[:, 0] -> LayerNorm -> Linear(1000)
}

assert AutoFormer.space.size == 3 * (4 ** 12 + 4 ** 13 + 4 ** 14)
