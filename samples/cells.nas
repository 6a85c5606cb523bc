nas 1
# cells.nas: a cell space in the manner of NAS-Bench-201 (Dong and Yang 2020), small enough for scikit-learn's digits.
# A cell is a graph of four nodes in which every node reads all nodes before it, over an edge that is searched.
#   symnas search samples/cells.nas --trials 30

block ReLUConvBN(out, kernel, stride = 1) =
  ReLU -> Conv2d(out, kernel, stride = stride, bias = false) -> BatchNorm2d

# A block whose body is a `oneof`: each use decides. Labels are what picks and trials are written with.
block Edge(c) = oneof {
  none: Zero
  skip: Identity
  conv1: ReLUConvBN(c, 1)
  conv3: ReLUConvBN(c, 3)
  pool3: AvgPool2d(3, stride = 1)
}

# A `cell` is decided once for the whole program, and gets fresh weights wherever it stands.
cell Searched(c)(x) {
  nodes = [x]
  for j in 1..3 { nodes = [*nodes, sum([n -> Edge(c) for n in nodes])] }
  nodes[3]
}

# Between stages: half the height and width, other channels, and a shortcut.
block Halve(c)(x) =
  (x -> ReLUConvBN(c, 3, 2) -> ReLUConvBN(c, 3)) +
    (x -> AvgPool2d(2) -> Conv2d(c, 1, bias = false))

net Cells(image: f32[N, 1, 8, 8]) {
  x = image -> Conv2d(8, 3, bias = false) -> BatchNorm2d
  for c in [8, 16] {
    if c > 8 { x = x -> Halve(c) }
    x = x -> repeat(2) { Searched(c) }
  }
  x -> BatchNorm2d -> ReLU -> GlobalAvgPool2d -> Flatten -> Linear(10)
}

train { data: "digits", epochs: 6, lr: range(1e-3, 1e-1, log = true) }

# By hand: 1 + 2 + 3 = 6 edges of 5 operations each. Four places use the cell, but it is decided once: 5^6.
assert Cells.space.size == 5 ** 6
assert space.size == 15_625

maximize accuracy
