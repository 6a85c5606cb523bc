nas 1
# Every activation is left to be decided.
rule choose_activations: oneof(ReLU, ReLU6, LeakyReLU, ELU, GELU, SiLU, Mish, Hardswish) as $act
  => oneof { as_it_is: $act, gelu: GELU, silu: SiLU, tanh: Tanh }
