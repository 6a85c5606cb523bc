"""Pixels as networks take them: channels first, between 0 and 1."""

import numpy as np

from symnas.training.samples import Array

__all__ = ["pixels"]

CHANNELS = (1, 3, 4)


def pixels(values: Array) -> Array:
    """Bytes (samples, height, width), (…, channels) or (samples, channels, height, width) as `f32` channels first."""
    if values.ndim == 3:
        values = values[:, np.newaxis]
    elif values.ndim == 4 and values.shape[-1] in CHANNELS and values.shape[1] not in CHANNELS:
        values = values.transpose(0, 3, 1, 2)
    return values.astype(np.float32) / np.float32(255)
