nas 1
# Batch norms become group norms, which do not depend on the batch (Wu and He 2018).
let groups = 8  # at most so many, as many as divide the channels

fn dividing(channels, most) = max([g for g in 1..most if channels % g == 0])
rule group_norms: BatchNorm2d as $norm => GroupNorm(dividing($norm.in.channels, groups))
