nas 1
# Behind the layer at `--at`, and by itself behind the first that makes pictures smaller, samples whose class is sure leave
# the network (BranchyNet, Teerapittayanon et al. 2016).
let sure = 0.9  # the probability from which a class is sure
let least = 8   # channels, below which none leave

block Exit(rest, sure, classes)(x) {
  early = x -> GlobalAvgPool2d -> Flatten -> Linear(classes)
  when early.softmax(1).amax(1) > sure { early } else { x -> rest }
}

rule exits:
  ($layer -> $*rest) as $net
  where $layer.in.rank == 4 and $layer.out.rank == 4 and $net.out.rank == 2 and $layer.out.channels >= least
    and $layer.out.height < $layer.in.height
  => $layer -> Exit($*rest, sure, $net.out.features)
