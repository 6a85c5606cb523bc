nas 1

let heads = 12
let groups = oneof(1, 3, 12)
let rotary = oneof(false, true)

block Attention(x: [N, T, D]) -> [N, T, D] {
  q = x -> Linear(D) -> SplitHeads(heads)
  k = x -> Linear(D // heads * groups) -> SplitHeads(groups)
  v = x -> Linear(D // heads * groups) -> SplitHeads(groups)
  (q, k) = if rotary { (rope(q), rope(k)) } else { (q, k) }
  attend(q, k, v, causal = true) -> MergeHeads -> Linear(D)
}

block Layer(x: [N, T, D]) -> [N, T, D] {
  y = x + (x -> LayerNorm -> Attention)
  y + (y -> LayerNorm -> Linear(4 * D) -> GELU -> Linear(D))
}

net GPT(tokens: i64[N, T]) -> f32[N, T, 50257] {
  shared embed = Embedding(50257, 768)
  x = tokens -> embed
  if not rotary { x = x + (arange(T) -> Embedding(1024, 768)) }
  x = x -> repeat(12) { Layer } -> LayerNorm
  x @ embed.weight.transpose(0, 1)
}

pick { groups: 12, rotary: false }

assert GPT.params == 124_439_808
