nas 1

block ConvBNReLU(out, kernel) = Conv2d(out, kernel, bias = false) -> BatchNorm2d -> ReLU

block Op(c) = oneof {
  conv1: ConvBNReLU(c, 1)
  conv3: ConvBNReLU(c, 3)
  pool3: MaxPool2d(3, stride = 1)
}

fn reachable(to) {
  ahead = [true]
  for j in 1..6 { ahead = [*ahead, any([to[j][i] and ahead[i] for i in 0..j-1])] }
  back = [true]
  for i in reversed(0..5) { back = [any([to[j][i] and back[j - i - 1] for j in i+1..6]), *back] }
  [ahead[v] and back[v] for v in 0..6]
}

cell Module(out)(x) {
  to = [[oneof(false, true) for i in 0..j-1] for j in 0..6]
  live = reachable(to)
  require live[6] and sum([if e { 1 } else { 0 } for row in to for e in row]) <= 9
  feeds = [v for v in 1..5 if live[v] and to[6][v]]
  width = [out]
  for v in reversed(1..5) {
    own = if v in feeds {
      out // len(feeds) + if len([u for u in feeds if u < v]) < out % len(feeds) { 1 } else { 0 }
    } else {
      max([0, *[width[w - v - 1] for w in v+1..5 if live[w] and to[w][v]]])
    }
    width = [own, *width]
  }
  nodes = [x]
  for v in 1..5 {
    c = width[v - 1]
    ins = [nodes[u][:, :c] for u in 1..v-1 if live[u] and to[v][u]]
    nodes = [*nodes, sum([*ins, x -> ConvBNReLU(c, 1) if to[v][0]]) -> Op(c)]
  }
  sum([concat([nodes[v] for v in feeds]) if feeds != [], x -> ConvBNReLU(out, 1) if to[6][0]])
}

net Bench(image: f32[N, 3, 32, 32]) {
  x = image -> ConvBNReLU(128, 3)
  for stack in 0..2 {
    if stack > 0 { x = x -> MaxPool2d(2) }
    x = x -> repeat(3) { Module(128 * 2 ** stack) }
  }
  x -> GlobalAvgPool2d -> Flatten -> Linear(10)
}
