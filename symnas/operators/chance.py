"""Which operators draw random numbers whenever a network runs, for those who compare outputs. They are in `drawing.py` and
`fractional.py`.
"""

from typing import Final

from symnas.types import TensorType

__all__ = ["DRAWS", "SAMPLED", "draws_anew", "samples_of"]

DRAWS: Final = ("rand", "randn", "rand_like", "randn_like", "randint")
"""What is drawn even when a network is used; dropout draws in training alone."""

SAMPLED: Final = ("FractionalMaxPool2d", "FractionalMaxPool3d")
"""What draws uniform numbers to work with, unless they flow in."""


def draws_anew(operator: str, operands: int) -> bool:
    """Whether *operator*, with so many *operands*, draws even when a network is used."""
    return operator in DRAWS or (operator in SAMPLED and operands == 1)


def samples_of(tensor: TensorType) -> TensorType:
    """The numbers that say the regions of a random pooling of *tensor*."""
    return TensorType((*tensor.shape[:2], tensor.rank - 2), tensor.dtype)
