"""The data sets of torchvision, where it is installed: `torchvision:MNIST` and others, read from a folder.

They are downloaded only if the settings say `download: true`.
"""

from pathlib import Path

import numpy as np

from symnas.errors import SearchError
from symnas.training.images import pixels
from symnas.training.samples import DataSettings, Part, Raw, Task
from symnas.training.settings import unknown

__all__ = ["NAMES", "read"]

NAMES = ("CIFAR10", "CIFAR100", "FashionMNIST", "KMNIST", "MNIST")
"""Sets with a published training and test part, held as arrays of bytes."""


def read(settings: DataSettings, folder: Path) -> Raw:
    """The published training and test part of a set in `settings.root`, relative to *folder*.

    Raises:
        SearchError: if torchvision or the files are not there, or the set is unknown.
    """
    name = settings.source.partition(":")[2]
    if name not in NAMES:
        raise SearchError(unknown(name, NAMES, "torchvision's data set"))
    try:
        from torchvision import datasets
    except (ImportError, RuntimeError) as error:  # built for another torch, it fails with a RuntimeError
        raise SearchError(
            f"`{settings.source}` needs torchvision, which cannot be imported here ({error}): install the build that"
            " belongs to your torch, with `pip install torchvision`"
        ) from error
    root = folder / settings.root
    parts = []
    for train in (True, False):
        try:
            held = getattr(datasets, name)(str(root), train=train, download=settings.download)
        except (RuntimeError, OSError) as error:
            raise SearchError(
                f"{name} is not in {root}: {error}; put it there, or write"
                f' `data: {{source: "{settings.source}", download: true}}`'
            ) from error
        parts.append(Part(pixels(np.asarray(held.data, dtype=np.uint8)), np.asarray(held.targets, dtype=np.int64)))
    return Raw(parts[0], test=parts[1], task=Task.CLASSIFICATION)
