"""IDX files, the format of MNIST: a magic number, sizes, and the values, big end first.

Format: http://yann.lecun.com/exdb/mnist. A single file of images is divided by us; a folder with the published four
files (`train-…` and `t10k-…`) keeps the published test part.
"""

import math
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from symnas.errors import SearchError
from symnas.training.files import located, opened
from symnas.training.images import pixels
from symnas.training.samples import Array, DataSettings, Part, Raw, Task

__all__ = ["read", "read_array"]

_TYPES: Mapping[int, str] = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_LARGEST = 8 << 30
"""Bytes of the largest array that is read; a header may claim anything."""


def read(settings: DataSettings, folder: Path) -> Raw:
    """Images and labels: from a folder of the four published files, or from one file and its labels.

    Raises:
        SearchError: if a file is missing or is not what its header says.
    """
    path = located(settings.source, folder)
    if path.is_dir():
        return Raw(_pair(_find(path, "train")), test=_pair(_find(path, "t10k")), task=settings.task or _task())
    labels = located(settings.labels, folder) if settings.labels else _labels_beside(path)
    return Raw(_pair((path, labels)), task=settings.task or _task())


def _task() -> Task:
    """What labels are unless the settings say otherwise."""
    return Task.CLASSIFICATION


def _find(folder: Path, prefix: str) -> tuple[Path, Path]:
    """The files of images and labels in *folder* whose names begin with *prefix*."""
    found = []
    for kind in ("images", "labels"):
        files = sorted(file for file in folder.glob(f"{prefix}-{kind}*") if file.is_file())
        if not files:
            raise SearchError(f"{folder}: expected a file `{prefix}-{kind}-…-ubyte`, plain or .gz")
        found.append(files[0])
    return found[0], found[1]


def _labels_beside(images: Path) -> Path:
    """The file of labels that belongs to *images* by MNIST's naming."""
    name = images.name.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    candidates = [images.with_name(each) for each in (name, name.removesuffix(".gz"), f"{name}.gz")]
    for candidate in candidates:
        if candidate != images and candidate.exists():
            return candidate
    raise SearchError(
        f'{images}: its labels were expected in {candidates[0].name}; name them: `{{source: …, labels: "…"}}`'
    )


def _pair(files: tuple[Path, Path]) -> Part:
    """Images and labels of two files, which must have equal numbers of samples."""
    images, labels = read_array(files[0]), read_array(files[1])
    if images.ndim < 2:
        raise SearchError(f"{files[0]}: expected images, found an array of {images.ndim} dimension")
    if labels.ndim != 1:
        raise SearchError(f"{files[1]}: expected labels (1 dimension), found {labels.ndim} dimensions")
    if len(images) != len(labels):
        raise SearchError(f"{files[0]} holds {len(images)} images, {files[1]} {len(labels)} labels; expected equal")
    return Part(pixels(images) if images.dtype == np.uint8 else images.astype(np.float32), labels)


def read_array(path: Path) -> Array:
    """The array of one IDX file, in the machine's byte order.

    Raises:
        SearchError: if the magic number, the sizes and the length of the file do not agree.
    """
    with opened(path) as file:
        magic = file.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or magic[3] == 0:
            raise SearchError(
                f"{path}: not an IDX file: it starts with 0x{magic.hex()}, expected 0x0000, a type"
                " (08, 09, 0b, 0c, 0d, 0e) and the number of dimensions"
            )
        sizes = file.read(4 * magic[3])
        if len(sizes) < 4 * magic[3]:
            raise SearchError(f"{path}: breaks off in its header of {magic[3]} sizes")
        shape = struct.unpack(f">{magic[3]}I", sizes)
        kind = np.dtype(_TYPES[magic[2]])
        length = math.prod(shape) * kind.itemsize
        if length > _LARGEST:
            raise SearchError(f"{path}: its header claims {length:,} bytes; at most {_LARGEST:,} are read")
        content = file.read(length + 1)
    if len(content) != length:
        more = "more" if len(content) > length else f"{len(content):,}"
        raise SearchError(f"{path}: {length:,} bytes expected for sizes {list(shape)}, found {more}")
    return np.frombuffer(content, kind).reshape(shape).astype(kind.newbyteorder("="))
