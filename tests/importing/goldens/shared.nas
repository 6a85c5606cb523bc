nas 1

net Shared(x: f32[N, 6]) {
  shared block_ = Linear(6) as block_[0]
  shared block_2 = Linear(6) as block_[2]
  y = x -> block_ -> Tanh -> block_2
  y = x + y
  y2 = y -> block_ -> Tanh -> block_2
  y = y + y2
  y3 = y -> block_ -> Tanh -> block_2
  y + y3
}
