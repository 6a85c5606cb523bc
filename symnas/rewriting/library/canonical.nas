nas 1
# What does nothing goes, and what is done twice is done once. To the end: `--fixpoint`.
rule no_dropout: oneof(Dropout(0), Dropout1d(0), Dropout2d(0), Dropout3d(0), DropPath(0)) => Identity
rule no_pooling: oneof(MaxPool2d(1, $*_), AvgPool2d(1, $*_)) as $pool where $pool.in == $pool.out => Identity
rule no_flatten: Flatten($*_) as $flat where $flat.in == $flat.out => Identity
rule once_relu: ReLU -> ReLU => ReLU
rule once_relu6: oneof(ReLU -> ReLU6, ReLU6 -> ReLU, ReLU6 -> ReLU6) => ReLU6
rule once_abs: abs -> oneof(abs, ReLU) => abs
rule once_pooled: GlobalAvgPool2d -> oneof(GlobalAvgPool2d, Identity) => GlobalAvgPool2d
rule once_flat: Flatten -> Flatten => Flatten
rule last_shape: reshape($*_) -> reshape($*_) as $last => $last
rule twice_negative: neg -> neg => Identity
rule back_again: transpose($a, $b) -> oneof(transpose($a, $b), transpose($b, $a)) => Identity
rule plus_nothing: $a + 0 => $a
rule minus_nothing: $a - 0 => $a
rule times_one: $a * 1 => $a
rule divided_by_one: $a / 1 => $a
