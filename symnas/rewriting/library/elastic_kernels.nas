nas 1
# Sizes of kernels are left to be decided, around those that there are: one weight serves all (Once-for-All, Cai et al. 2020).
rule elastic_kernels:
  Conv2d($out, $kernel, $stride, dilation = $dilation, groups = $groups, bias = $bias) where $kernel in [3, 5, 7]
  => Conv2d($out, oneof(3, 5, 7), $stride, dilation = $dilation, groups = $groups, bias = $bias)
rule elastic_depthwise:
  DepthwiseConv2d($kernel, $stride, dilation = $dilation, bias = $bias) where $kernel in [3, 5, 7]
  => DepthwiseConv2d(oneof(3, 5, 7), $stride, dilation = $dilation, bias = $bias)
