nas 1
# How many bits each layer's weights have is left to be decided (HAQ, Wang et al. 2019).
let inputs = 8

rule mixed_precision:
  oneof(Conv1d, Conv2d, Conv3d, DepthwiseConv2d, ConvTranspose2d, Linear) as $layer
  => quantised($layer, weights = oneof(2, 4, 8), inputs = inputs)
