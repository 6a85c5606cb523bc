nas 1

net Attention(tokens: i64[N, 6]) {
  words = tokens -> Embedding(20, 8) as words
  table = buffer([1, 6, 8]) as table
  y = words + table
  attention = y -> MultiheadAttention(2) as attention
  norm = y + attention -> LayerNorm as norm
  (norm, einsum("ntd,d->nt", norm, norm.mean(dim = [0, 1])))
}
