"""The data sets that come with scikit-learn: small, real, and there without a network."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from attrs import frozen

from symnas.errors import SearchError
from symnas.training.samples import DataSettings, Part, Raw, Task
from symnas.training.settings import unknown

__all__ = ["BUNDLED", "read"]


@frozen
class _Bundled:
    """One bundled set: scikit-learn's loading function, the task, and for pictures their shape and brightest value."""

    loader: str
    task: Task
    picture: tuple[int, ...] = ()
    brightest: float = 1.0


BUNDLED: Mapping[str, _Bundled] = {
    "breast_cancer": _Bundled("load_breast_cancer", Task.CLASSIFICATION),
    "diabetes": _Bundled("load_diabetes", Task.REGRESSION),
    "digits": _Bundled("load_digits", Task.CLASSIFICATION, picture=(1, 8, 8), brightest=16.0),
    "iris": _Bundled("load_iris", Task.CLASSIFICATION),
    "wine": _Bundled("load_wine", Task.CLASSIFICATION),
}


def read(settings: DataSettings, _folder: Path) -> Raw:
    """The bundled set called `settings.source`; pictures are (samples, 1, height, width) between 0 and 1.

    Raises:
        SearchError: if there is no such set.
    """
    if settings.source not in BUNDLED:
        message = unknown(settings.source, BUNDLED, "the data set")
        raise SearchError(f"{message}; for files, write a path that ends in .csv, .npz or -ubyte, or torchvision:NAME")
    from sklearn import datasets

    chosen = BUNDLED[settings.source]
    inputs, targets = getattr(datasets, chosen.loader)(return_X_y=True)
    inputs = inputs.astype(np.float32)
    if chosen.picture:
        inputs = inputs.reshape(len(inputs), *chosen.picture) / np.float32(chosen.brightest)
    return Raw(Part(inputs, targets), task=chosen.task)
