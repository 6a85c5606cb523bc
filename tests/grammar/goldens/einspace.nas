nas 1

block M(depth) = oneof(
  *{
    sequence: M(depth - 1) -> M(depth - 1) if depth > 0
    branch: Branch(depth - 1) if depth > 0
    route: Route(depth - 1) if depth > 0
    compute: Compute
  },
  prior = {compute: 0.32}
)

block Branch(depth)(x) {
  n = oneof(2, 4)
  kind = oneof("clone", "split" if x.shape[1] % n == 0)
  parts = if kind == "clone" { [x for i in 1..n] } else { x.chunk(n, dim = 1) }
  inner = [p -> M(depth) for p in parts]
  require all([p.shape == inner[0].shape for p in inner])
  oneof { add: sum(inner), cat: concat(inner, dim = 1) }
}

block Route(depth)(x) {
  y = x
    -> oneof {
      id: Identity
      im2col: Im2Col(3) if x.rank == 4
      flip: Permute(0, 2, 1) if x.rank == 3
    }
  y -> M(depth) -> oneof { id: Identity, flip: Permute(0, 2, 1) if y.rank == 3 }
}

block Compute = oneof {
  id: Identity
  linear: Linear(2 ** range(4, 11))
  norm: LayerNorm
  act: LeakyReLU
  soft: Softmax
}

net Grammar(image: f32[N, 3, 32, 32]) { image -> M(4) -> Flatten -> Linear(10) }
