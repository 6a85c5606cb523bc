nas 1
# NAS-Bench-Graph (Qin et al. 2022): four vertices of computing, each with one input and one operation out of nine, label
# the nodes of a graph such as Cora. A graph of V nodes is two tensors: what is known of each node, and who is whose
# neighbour. Both are open sizes.

let hidden = 64
let features = 32                                       # 1,433 for Cora
let classes = 7

# What every node hears from its neighbours is a matrix product. D^-1/2 A D^-1/2 is the published normalisation.
block Spread(x: [V, D], adj: [V, V]) {
  scale = (adj.sum(1, keepdim = true) + 1).rsqrt()
  scale * (adj @ (scale * x) + scale * x)
}

block GCN(x: [V, D], adj: [V, V]) = (x -> Linear(hidden, bias = false), adj) -> Spread

# Attention to neighbours and oneself (Veličković et al. 2018): what a node says and what the other says are added.
block GAT(x: [V, D], adj: [V, V]) {
  h = x -> Linear(hidden, bias = false)
  scores = (h -> Linear(1)) + (h -> Linear(1, bias = false)).transpose(0, 1) -> LeakyReLU(0.2)
  order = arange(V)
  near = (adj > 0) + (order.unsqueeze(0) == order.unsqueeze(1))
  softmax(where(near, scores, -1e9), dim = 1) @ h
}

block SAGE(x: [V, D], adj: [V, V]) {
  mean = adj @ x / (adj.sum(1, keepdim = true) + 1e-9)
  (x -> Linear(hidden)) + (mean -> Linear(hidden, bias = false))
}

block GIN(x: [V, D], adj: [V, V]) =
  adj @ x + x * (1 + param([1], init = zeros) as eps) -> Linear(hidden) -> ReLU -> Linear(hidden)
block Cheb(x: [V, D], adj: [V, V]) = (x -> Linear(hidden)) - ((x, adj) -> Spread -> Linear(hidden, bias = false))
block ARMA(x: [V, D], adj: [V, V]) =
  ((x -> Linear(hidden, bias = false), adj) -> Spread) + (x -> Linear(hidden)) -> ReLU
block KGNN(x: [V, D], adj: [V, V]) = (x -> Linear(hidden)) + (adj @ x -> Linear(hidden, bias = false))

# What a vertex says, and whether it learns anything.
block Vertex(x: [V, D], adj: [V, V]) {
  (y, learns) = oneof {
    gat: ((x, adj) -> GAT, true)
    gcn: ((x, adj) -> GCN, true)
    gin: ((x, adj) -> GIN, true)
    cheb: ((x, adj) -> Cheb, true)
    sage: ((x, adj) -> SAGE, true)
    arma: ((x, adj) -> ARMA, true)
    graph: ((x, adj) -> KGNN, true)
    fc: (x -> Linear(hidden), true)
    skip: (x, false)
  } as kind
  (y -> ReLU, learns)
}

# Each vertex reads the first layer (0) or an earlier vertex. Of the 24 ways nine are different, the benchmark's list.
let links = oneof {
  a: [0, 0, 0, 0]
  b: [0, 0, 0, 1]
  c: [0, 0, 1, 1]
  d: [0, 0, 1, 2]
  e: [0, 0, 1, 3]
  f: [0, 1, 1, 1]
  g: [0, 1, 1, 2]
  h: [0, 1, 2, 2]
  i: [0, 1, 2, 3]
}

net Graph(x: f32[V, features], adj: f32[V, V]) {
  states = [x -> Linear(hidden) -> ReLU]
  learning = false
  for link in links {
    (y, learns) = (states[link], adj) -> Vertex
    states = [*states, y]
    learning = learns or learning
  }
  require learning
  ends = [states[i] for i in 1..4 if i not in links]    # vertices that no other reads
  concat(ends) -> Linear(classes)
}

# By hand: nine rooted trees on five points, nine operations on each of four vertices, less the nine that only skip.
assert space.size == 9 * 9 ** 4 - 9
