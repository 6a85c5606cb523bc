"""Encodings: architectures as vectors of numbers, for surrogates that learn from them.

One encoding a file, all known by name in `registry.py`; `base.py` says what an encoding is. Nothing is fitted: the same
space and settings give the same vectors in every process. numpy is loaded with this package, and only with it.
"""

from symnas.encoding.base import Encoding, Mask, Vector
from symnas.encoding.registry import encode, encodings

__all__ = ["Encoding", "Mask", "Vector", "encode", "encodings"]
