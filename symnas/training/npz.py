"""NumPy archives: arrays `x`, `y`, or `x_train`, `y_train` and parts that are kept apart already."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from symnas.errors import SearchError
from symnas.training.files import located
from symnas.training.images import pixels
from symnas.training.samples import Array, DataSettings, Part, Raw

__all__ = ["read"]

_VALIDATION = ("validation", "valid", "val")


def read(settings: DataSettings, folder: Path) -> Raw:
    """The arrays of an `.npz` file. Bytes are pixels; other numbers become `f32`, or `i64` if they are tokens.

    Raises:
        SearchError: if the file is no archive, holds pickled objects, or lacks an array.
    """
    path = located(settings.source, folder)
    try:
        # Pickled objects could run code.
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, AttributeError) as error:
        raise SearchError(f"{path}: not an .npz archive of plain arrays: {error}") from error
    known = _part(arrays, "_train", settings, path) or _part(arrays, "", settings, path)
    if known is None:
        held = ", ".join(sorted(arrays)) or "nothing"
        raise SearchError(f"{path}: expected arrays `x` and `y`, or `x_train` and `y_train`; it holds {held}")
    found = (_part(arrays, f"_{name}", settings, path) for name in _VALIDATION)
    validation = next((part for part in found if part is not None), None)
    return Raw(known, validation, _part(arrays, "_test", settings, path))


def _part(arrays: dict[str, Array], suffix: str, settings: DataSettings, path: Path) -> Part | None:
    """Inputs and targets called *suffix*, `None` if neither is there."""
    names = (f"x{suffix}", f"y{suffix}")
    present = [name for name in names if name in arrays]
    if not present:
        return None
    if len(present) == 1:
        missing = names[1 - names.index(present[0])]
        raise SearchError(f"{path}: `{present[0]}` without `{missing}`; it holds {', '.join(sorted(arrays))}")
    targets = arrays[names[1]]
    if targets.ndim == 0 or targets.dtype.kind not in "iufbU":
        raise SearchError(f"{path}: `{names[1]}` must hold one number or text for each sample")
    return Part(_inputs(arrays[names[0]], settings.tokens, f"{path}: `{names[0]}`"), targets)


def _inputs(values: Array, tokens: bool, where: str) -> Array:
    """*values* in the type that a network takes."""
    if values.dtype.kind not in "iufb":
        raise SearchError(f"{where} must hold numbers, not {values.dtype}")
    if tokens:
        if values.dtype.kind not in "iu":
            raise SearchError(f"{where} must hold whole numbers, because `tokens` is true")
        return values.astype(np.int64)
    return pixels(values) if values.dtype == np.uint8 else values.astype(np.float32)
