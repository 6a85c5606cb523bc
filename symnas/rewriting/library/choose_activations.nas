nas 1
# Every activation is left to be decided.
rule choose_activations:
  oneof(ReLU, ReLU6, LeakyReLU, ELU, GELU, SiLU, Mish, Hardswish) => oneof(ReLU, GELU, SiLU, Hardswish)
