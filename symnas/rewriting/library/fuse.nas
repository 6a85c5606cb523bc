nas 1
# For deployment: a convolution or linear layer takes over the batch norm behind it (Jacob et al. 2018).
rule fuse_convolution: Conv2d($out, bias = $_, $*rest) -> BatchNorm2d => Conv2d($out, $*rest)
rule fuse_depthwise: DepthwiseConv2d($kernel, bias = $_, $*rest) -> BatchNorm2d => DepthwiseConv2d($kernel, $*rest)
rule fuse_linear: Linear($out, bias = $_, $*rest) -> BatchNorm1d => Linear($out, $*rest)
