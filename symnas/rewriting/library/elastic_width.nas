nas 1
# Widths that one layer alone reads are left to be decided: leading channels of one weight (Slimmable networks, Yu et al. 2019).
let shares = [0.5, 0.75, 1]
let of = 8  # widths are multiples of this

rule elastic_width:
  Conv2d($width, $*first) -> BatchNorm2d as $norm -> oneof(ReLU, ReLU6, GELU, SiLU, Hardswish) as $act
    -> Conv2d($_, $_, groups = 1, $*_) as $second
  where $width > of
  => Conv2d(multiple($width * oneof(*shares), of = of), $*first) -> $norm -> $act -> $second
rule elastic_features:
  Linear($width, $*first) -> oneof(ReLU, ReLU6, GELU, SiLU, Hardswish, Tanh) as $act -> Linear($*_) as $second
  where $width > of
  => Linear(multiple($width * oneof(*shares), of = of), $*first) -> $act -> $second
