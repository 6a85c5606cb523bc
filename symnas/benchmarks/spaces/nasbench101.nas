nas 1
# NAS-Bench-101 (Ying et al. 2019): cells of 2 to 7 vertices and at most 9 edges, every vertex on a way from the input to
# the output, one of three operations at each inner one. This is one cell, with two liberties that let the space be
# counted and drawn from exactly: its vertices are as wide as the whole cell, and the output adds what it hears instead of
# joining it. The table knows a cell by its graph alone, so they change no row.

let vertices = range(2, 7)
let channels = 128

block ConvBNReLU(kernel) = Conv2d(channels, kernel, bias = false) -> BatchNorm2d -> ReLU
block Op = oneof { conv3x3: ConvBNReLU(3), conv1x1: ConvBNReLU(1), maxpool3x3: MaxPool2d(3, stride = 1) }

# Vertex by vertex, what each says is added to what later ones hear. The input is projected for each that hears it; what
# others say is cut to size, which changes nothing at one width. Inner vertices are 1 to 5, `heard` is what they hear.
net Cell(x: f32[N, channels, 8, 8]) {
  heard = [none for t in 1..5]
  result = none
  edges = 0
  for v in 0..vertices-2 {
    y = if v == 0 { x } else { heard[v - 1] -> Op }
    to = [t > v and (oneof(false, true) as edge) for t in 1..vertices-2]
    out = oneof(false, true)
    edges = edges + sum([if each { 1 } else { 0 } for each in [*to, out]])
    require edges <= 9 and any([*to, out])
    said = [if each { if v == 0 { y -> ConvBNReLU(1) } else { y[:, :channels] } } else { none } for each in [*to, out]]
    heard = [
      if t <= v { none }
      else if not to[t - 1] { heard[t - 1] }
      else if heard[t - 1] == none { said[t - 1] }
      else { heard[t - 1] + said[t - 1] }
      for t in 1..vertices-2
    ]
    result = if not out { result } else if result == none { said[vertices - 2] } else { result + said[vertices - 2] }
    require v == vertices - 2 or heard[v] != none
    require len([each for each in [*heard, result] if each != none]) > 0
  }
  result
}

# By listing all matrices: 1 of two vertices, 6, 90, 3,267, 125,145 and 1,164,699 of seven. As graphs whose vertices have no
# numbers they are the benchmark's 423,624.
assert space.size == 1_293_208
