nas 1

block SelfAttention()(x, cosines, sines) {
  q = x -> Linear(16, bias = false) as q_proj -> SplitHeads(4)
  y = q * cosines + concat([-q[:, :, :, 2:], q[:, :, :, :2]], dim = -1) * sines
  k = x -> Linear(8, bias = false) as k_proj -> SplitHeads(2)
  y2 = k * cosines + concat([-k[:, :, :, 2:], k[:, :, :, :2]], dim = -1) * sines
  v = x -> Linear(8, bias = false) as v_proj -> SplitHeads(2)
  attend(y, y2, v, causal = true) -> MergeHeads -> Linear(16) as o_proj
}

block DecoderLayer(cosines, sines)(x) {
  norm1 = x -> RMSNorm(eps = 0.000001) as norm1
  self_attn = (norm1, cosines, sines) -> SelfAttention as self_attn
  x = x + self_attn
  y = x -> RMSNorm(eps = 0.000001) as norm2 -> Linear(32) as up_proj -> GELU(approximate = "tanh")
    -> Linear(16) as down_proj
  x + y
}

net Decoder(tokens: i64[N, 6]) {
  words = tokens -> Embedding(20, 16) as words
  cosines = buffer([1, 1, 6, 4]) as cos
  sines = buffer([1, 1, 6, 4]) as sin
  words -> repeat(3) { DecoderLayer(cosines, sines) as layers } -> RMSNorm(eps = 0.000001) as norm
}
