nas 1
# Blocks and layers that keep the shape may go: the rest of the stack serves all depths (Once-for-All, Cai et al. 2020).
let least = 100  # parameters, below which a layer stays

rule elastic_depth:
  $block where $block.in == $block.out and $block.out.rank > 1 and $block.params >= least => maybe($block)
