nas 1

block MultiheadAttentionBlock()(x) {
  x = x.transpose(1, 0) -> Linear(24) as in_proj
  x = x.unflatten(2, [3, 8]).unsqueeze(0).transpose(0, -2).squeeze(3)
  y = x[0].reshape(6, -1, 4).transpose(0, 1)
  y = y * 0.5 @ x[1].reshape(6, -1, 4).transpose(0, 1).transpose(-2, -1) -> Softmax
  x = x[2].reshape(6, -1, 4)
  out = (y @ x.transpose(0, 1)).transpose(0, 1).reshape(-1, 8) -> Linear(8) as out_proj
  out.reshape(6, -1, 8).transpose(1, 0)
}

net Attention(tokens: i64[N, 6]) {
  words = tokens -> Embedding(20, 8) as words
  table = buffer([1, 6, 8]) as table
  y = words + table
  attention = y -> MultiheadAttentionBlock as attention
  norm = y + attention -> LayerNorm as norm
  (norm, einsum("ntd,d->nt", norm, norm.mean(dim = [0, 1])))
}
