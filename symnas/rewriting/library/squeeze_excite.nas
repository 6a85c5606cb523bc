nas 1
# Behind each normalised convolution over several pixels, its channels are weighed by what all pixels say (Hu et al. 2018).
let ratio = 0.25  # the width within, as a share of the channels
let least = 16    # channels, below which nothing is added

block Excited(ratio)(x) {
  gate = x -> GlobalAvgPool2d -> Conv2d(max(1, multiple(x.channels * ratio, of = 4)), 1) -> ReLU
    -> Conv2d(x.channels, 1) -> Sigmoid
  x * gate
}

rule squeeze_excite:
  Conv2d($_, $kernel, $*_) as $conv -> BatchNorm2d as $norm where $kernel != 1 and $conv.out.channels >= least
  => $conv -> $norm -> Excited(ratio)
