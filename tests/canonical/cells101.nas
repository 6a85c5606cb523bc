nas 1
# Cells of NAS-Bench-101 (Ying et al. 2019) of exactly `vertices` vertices, all of them on a way from input to output:
# the cell of its benchmark alone, channel rule included.

let vertices = 5
let last = vertices - 1

block ConvBNReLU(out, kernel) = Conv2d(out, kernel, bias = false) -> BatchNorm2d -> ReLU
block Op(c) = oneof { conv1: ConvBNReLU(c, 1), conv3: ConvBNReLU(c, 3), pool3: MaxPool2d(3, stride = 1) }

fn reachable(to) {                       # to[j][i] says whether there is an edge i -> j
  ahead = [true]
  for j in 1..last { ahead = [*ahead, any([to[j][i] and ahead[i] for i in 0..j-1])] }
  back = [true]
  for i in reversed(0..last-1) { back = [any([to[j][i] and back[j - i - 1] for j in i+1..last]), *back] }
  [ahead[v] and back[v] for v in 0..last]
}

net Module(x: f32[N, 128, 8, 8]) {
  to = [[oneof(false, true) for i in 0..j-1] for j in 0..last]
  require all(reachable(to)) and sum([if e { 1 } else { 0 } for row in to for e in row]) <= 9

  feeds = [v for v in 1..last-1 if to[last][v]]
  width = [128]                          # from the output backwards; width[k] is vertex v + k
  for v in reversed(1..last-1) {
    own = if v in feeds {
      128 // len(feeds) + (if len([u for u in feeds if u < v]) < 128 % len(feeds) { 1 } else { 0 })
    } else {
      max([0, *[width[w - v - 1] for w in v+1..last-1 if to[w][v]]])
    }
    width = [own, *width]
  }

  nodes = [x]
  for v in 1..last-1 {
    c = width[v - 1]
    ins = [nodes[u][:, :c] for u in 1..v-1 if to[v][u]]
    nodes = [*nodes, sum([*ins, x -> ConvBNReLU(c, 1) if to[v][0]]) -> Op(c)]
  }
  sum([concat([nodes[v] for v in feeds]) if feeds != [], x -> ConvBNReLU(128, 1) if to[last][0]])
}
