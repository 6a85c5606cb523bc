nas 1
# Weights and what flows in are rounded to few bits, gradients pass (Jacob et al. 2018).
let weights = 8
let inputs = 8

rule quantise:
  oneof(Conv1d, Conv2d, Conv3d, DepthwiseConv2d, ConvTranspose2d, Linear) as $layer
  => quantised($layer, weights = weights, inputs = inputs)
