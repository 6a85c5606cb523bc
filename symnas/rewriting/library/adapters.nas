nas 1
# The network is frozen; behind its wide layers small ones are trained, which begin as nothing (Houlsby et al. 2019).
let width = 8  # of an adapter; layers less than twice as wide are left

block Adapter(width)(x) = x + (x -> Linear(width) -> GELU -> Linear(x.features, bias = false, init = zeros))
block ConvAdapter(width)(x) = x + (x -> Conv2d(width, 1) -> GELU -> Conv2d(x.channels, 1, bias = false, init = zeros))

rule freeze: $layer where $layer.params > 0 => frozen($layer)
rule adapters: Linear($out, $*_) as $layer where $out >= 2 * width => $layer -> Adapter(width)
rule convolution_adapters:
  Conv2d($out, $*_) as $layer where $out >= 2 * width => $layer -> ConvAdapter(width)
