nas 1
# Convolutions over several pixels become one for each channel, then one over the channels (MobileNet, Howard et al. 2017).
let least = 8  # channels that flow in, below which a convolution is left

rule separable:
  Conv2d($out, $kernel, $stride, $padding, $dilation, 1, $*rest) as $conv
  where $kernel != 1 and $conv.in.channels >= least
  => DepthwiseConv2d($kernel, $stride, $padding, $dilation, bias = false) -> Conv2d($out, 1, $*rest)
