nas 1
# The network is frozen; beside each linear layer and each 1x1 convolution one of low rank is trained, which begins as
# nothing (LoRA, Hu et al. 2022).
let rank = 4  # layers that are not larger are left

block LowRank(base, rank, out)(x) = (x -> base) + (x -> Linear(rank, bias = false) -> Linear(out, bias = false, init = zeros))
block LowRankConv(base, rank, out)(x) = (x -> base) + (x -> Conv2d(rank, 1, bias = false) -> Conv2d(out, 1, bias = false, init = zeros))

rule freeze: $layer where $layer.params > 0 => frozen($layer)
rule lora: Linear($out, $*_) as $layer where $layer.in.features > rank and $out > rank => LowRank($layer, rank, $out)
rule lora_convolution:
  Conv2d($out, 1, 1, $_, 1, 1, $*_) as $layer where $layer.in.channels > rank and $out > rank
  => LowRankConv($layer, rank, $out)
