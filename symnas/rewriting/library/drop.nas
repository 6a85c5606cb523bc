nas 1
# Blocks and layers that keep the shape go: those at `--at`, or all.
let least = 100  # parameters, below which a layer stays

rule drop:
  $block where $block.in == $block.out and $block.out.rank > 1 and $block.params >= least => Identity
