nas 1

block MultiheadAttentionBlock()(x) {
  x = x.transpose(1, 0) -> Linear(24) as in_proj
  x = x.unflatten(2, [3, 8])
  x = x.unsqueeze(0)
  x = x.transpose(0, -2)
  x = x.squeeze(3)
  y = x[0]
  y = y.reshape(6, -1, 4)
  y = y.transpose(0, 1)
  y = y * 0.5
  y2 = x[1]
  y2 = y2.reshape(6, -1, 4)
  y2 = y2.transpose(0, 1)
  y2 = y2.transpose(-2, -1)
  y = y @ y2 -> Softmax
  x = x[2]
  x = x.reshape(6, -1, 4)
  x = x.transpose(0, 1)
  y = y @ x
  y = y.transpose(0, 1)
  y = y.reshape(-1, 8) -> Linear(8) as out_proj
  y = y.reshape(6, -1, 8)
  y.transpose(1, 0)
}

net Attention(tokens: i64[N, 6]) {
  y = tokens -> Embedding(20, 8) as words
  y2 = buffer([1, 6, 8]) as table
  y = y + y2
  y3 = y -> MultiheadAttentionBlock as attention
  y = y + y3 -> LayerNorm as norm
  y4 = y.mean(dim = [0, 1])
  y4 = einsum("ntd,d->nt", y, y4)
  (y, y4)
}
