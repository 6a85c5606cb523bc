nas 1

import "resnet50.nas" (ResNet50, Bottleneck)

rule drop: Bottleneck($mid, 1) as $b where $b.in == $b.out => maybe($b)

rule narrow: Bottleneck($mid, $s)
  => Bottleneck(multiple($mid * range(0.25, 1.0, step = 0.25), of = 8), $s)
  keep slice

rule bits: Conv2d($*all) as $conv
  => quantised($conv, weights = oneof(2, 4, 8), inputs = oneof(4, 8))

net Small = ResNet50 with drop, narrow, bits

require Small.memory <= 8MiB
