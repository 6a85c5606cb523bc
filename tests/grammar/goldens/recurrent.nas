nas 1

cell Recurrent(x: [N, D], h: [N, D]) -> [N, D] {
  gate = sigmoid((x -> Linear(D)) + (h -> Linear(D, bias = false)))
  new = (x -> Linear(D)) + (h -> Linear(D, bias = false))
  first = new -> oneof(Tanh, ReLU, Identity, Sigmoid) as act
  nodes = [h + gate * (first - h)]
  used = []
  for i in 1..11 {
    j = range(0, i - 1)
    c = sigmoid(nodes[j] -> Linear(D, bias = false))
    y = nodes[j] -> Linear(D, bias = false) -> oneof(Tanh, ReLU, Identity, Sigmoid) as act
    nodes = [*nodes, nodes[j] + c * (y - nodes[j])]
    used = [*used, j]
  }
  mean([nodes[i] for i in 0..11 if i not in used])
}

net LM(tokens: i64[N, T], state: f32[N, 850]) {
  shared embed = Embedding(10_000, 850)
  (y, last) = scan(Recurrent, tokens -> embed, state, over = 1)
  {logits: y @ embed.weight.transpose(0, 1), state: last}
}

net Classifier(tokens: i64[N, T]) {
  (y, _) = tokens -> Embedding(10_000, 128)
    -> LSTM(range(64, 512, step = 64), num_layers = range(1, 3))
  y[:, -1] -> Dropout(range(0.0, 0.5)) -> Linear(2)
}
