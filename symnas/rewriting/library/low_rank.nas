nas 1
# Linear layers and 1x1 convolutions become two of low rank, where that saves weights (Denton et al. 2014).
let ratio = 0.25  # the rank, as a share of what flows in or out, whichever is less

fn rank_of(given, made, ratio) = max(1, min(given, made) * ratio // 1)
fn saves(given, made, rank) = rank * (given + made) < given * made

rule low_rank:
  Linear($out, $*rest) as $layer
  where saves($layer.in.features, $out, rank_of($layer.in.features, $out, ratio))
  => Linear(rank_of($layer.in.features, $out, ratio), bias = false) -> Linear($out, $*rest)
rule low_rank_convolution:
  Conv2d($out, 1, groups = 1, $*rest) as $layer
  where saves($layer.in.channels, $out, rank_of($layer.in.channels, $out, ratio))
  => Conv2d(rank_of($layer.in.channels, $out, ratio), 1, bias = false) -> Conv2d($out, 1, $*rest)
