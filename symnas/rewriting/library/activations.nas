nas 1
# Every activation becomes another.
let into = SiLU

rule activations: oneof(ReLU, ReLU6, LeakyReLU, ELU, GELU, SiLU, Mish, Hardswish, Tanh, SELU, CELU) => into
