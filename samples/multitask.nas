nas 1
# multitask.nas: one trunk that branches for several tasks, in the manner of BMTAS (Brüggemann et al. 2020) and Learning
# to Branch (Guo, Lee and Ulbricht 2020), here for the four tasks of NYUD. Before every stage the tasks that still share
# a trunk are divided into groups; each group goes on with a stage of its own.

let channels = {segmentation: 40, depth: 1, normals: 3, edges: 1}

# Every way to divide a list into groups: the first item alone, or with one of the groups of the rest.
fn divisions(items) = if items == [] { [[]] } else {
  rest = divisions(items[1:])
  alone = [[[items[0]], *groups] for groups in rest]
  joined = [
    [if at == place { [items[0], *groups[at]] } else { groups[at] } for at in 0..len(groups) - 1]
    for groups in rest
    for place in 0..len(groups) - 1
  ]
  [*alone, *joined]
}

block ConvBN(out, kernel, stride = 1, act = ReLU) =
  Conv2d(out, kernel, stride = stride, bias = false) -> BatchNorm2d -> act

block Stage(out)(x) {
  y = x -> ConvBN(out, 3, 2) -> ConvBN(out, 3, act = Identity)
  y + (x -> ConvBN(out, 1, 2, act = Identity)) -> ReLU
}

block Head(task) = Conv2d(64, 1) -> ReLU -> Conv2d(channels[task], 1) -> Upsample(16, mode = "bilinear")

# What a part of the trunk gives is a record of its tasks' outputs; those of the groups are put together.
block Branching(tasks, widths)(x) {
  if widths == [] { {[task]: x -> Head(task) for task in tasks} } else {
    groups = oneof(*divisions(tasks))
    outputs = [x -> Stage(widths[0]) -> Branching(group, widths[1:]) for group in groups]
    {*each for each in outputs}
  }
}

net Scene(image: f32[N, 3, 64, 64]) {
  image -> ConvBN(16, 7, stride = 2) -> Branching(["segmentation", "depth", "normals", "edges"], [32, 64, 128])
}

train {
  lr: range(1e-4, 1e-1, log = true)
  weights: {[task]: oneof(1, 5, 20) for task in ["depth", "normals", "edges"]}
}

# By hand: let f(n, s) be the trees of n tasks with s stages to go; f(n, 0) = 1. Four tasks divide into one group (1
# way), 1 + 3 (4 ways), 2 + 2 (3), 1 + 1 + 2 (6) and four (1); f(1, s) = 1, f(2, s) = 1 + f(2, s - 1) = s + 1.
fn three(s) = if s == 0 { 1 } else { three(s - 1) + 3 * s + 1 }
fn four(s) = if s == 0 { 1 } else { four(s - 1) + 4 * three(s - 1) + 3 * s ** 2 + 6 * s + 1 }
assert Scene.space.size == four(3)

maximize miou
minimize params
