"""Which operators draw random numbers whenever a network runs, for those who compare outputs. They are in `drawing.py`."""

from typing import Final

__all__ = ["DRAWS"]

DRAWS: Final = ("rand", "randn", "rand_like", "randn_like", "randint")
"""What is drawn even when a network is used; dropout draws in training alone."""
