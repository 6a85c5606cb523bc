"""Data sets: real samples in three parts that never mix, for training, validation and the final test.

Here they are divided and scaled. Reading a kind of file lives in one module each: `bundled`, `npz`, `table`, `idx`,
`vision`. Nothing is downloaded unless the settings ask for it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from symnas.errors import SearchError
from symnas.training import bundled, idx, npz, table, vision
from symnas.training.samples import Array, DataSettings, Part, Raw, Scale, SearchData, Splits, Task, data_settings

__all__ = ["load"]

FEW_VALUES = 20
"""Whole numbers with at most so many different values are taken for classes; with more, the task must be named."""

Reader = Callable[[DataSettings, Path], Raw]

_TABLES = "tables (.csv, .tsv)"
_SPECIAL: Mapping[str, tuple[Reader, str]] = {
    "target": (table.read, _TABLES),
    "header": (table.read, _TABLES),
    "delimiter": (table.read, _TABLES),
    "labels": (idx.read, "IDX files"),
    "tokens": (npz.read, "archives (.npz)"),
    "root": (vision.read, "torchvision's data sets"),
    "download": (vision.read, "torchvision's data sets"),
}
"""Settings that only one reader looks at."""


def load(settings: DataSettings | str, folder: Path | None = None) -> Splits:
    """Read, divide and scale a data set. The same settings always give the same parts.

    Paths are relative to *folder*, by default the current one. Division keeps every class's share; scales come from the training part alone.

    Raises:
        SearchError: naming the file and what was expected of it.
    """
    chosen = data_settings(settings)
    reader = _reader(chosen)
    _refuse_unread(chosen, reader)
    raw = reader(chosen, folder or Path())
    for part in (raw.known, raw.validation, raw.test):
        if part is not None:
            _refuse_unusable(part, chosen.source)
    if raw.task and chosen.task and raw.task is not chosen.task:
        raise SearchError(f'`data`: `{chosen.source}` is for {raw.task.value}: leave out `task: "{chosen.task.value}"`')
    task = raw.task or chosen.task or _guess_task(raw.known.targets, chosen.source)
    classes, raw = (
        _number_classes(raw, chosen.source) if task is Task.CLASSIFICATION else ((), _as_numbers(raw, chosen.source))
    )
    train, validation, test = _divide(raw, chosen, classes)
    return _scaled(chosen, task, classes, train, validation, test)


def _reader(settings: DataSettings) -> Reader:
    """The reader for the kind of source that the name tells."""
    name = settings.source.lower()
    stem = name.removesuffix(".gz")
    if name.startswith("torchvision:"):
        return vision.read
    if stem.endswith((".csv", ".tsv")):
        return table.read
    if stem.endswith(".npz"):
        return npz.read
    if "ubyte" in name or stem.endswith(".idx") or "/" in name:
        return idx.read
    return bundled.read


def _refuse_unread(settings: DataSettings, reader: Reader) -> None:
    """Raise for a setting that the reader of this source does not look at."""
    for name, (owner, kind) in _SPECIAL.items():
        if reader is not owner and getattr(settings, name) != getattr(DataSettings(settings.source), name):
            raise SearchError(f"`data`: `{name}` is for {kind}, and `{settings.source}` is something else")


def _refuse_unusable(part: Part, source: str) -> None:
    """Raise unless *part* has samples, as many targets, and only finite numbers."""
    if part.inputs.ndim < 2 or len(part) == 0:
        raise SearchError(f"{source}: inputs of shape {list(part.inputs.shape)}; expected [samples, features, …]")
    if len(part.targets) != len(part):
        raise SearchError(f"{source}: {len(part)} inputs but {len(part.targets)} targets; expected one for each")
    for what, values in (("input", part.inputs), ("target", part.targets)):
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            row = int(np.argwhere(~np.isfinite(values))[0][0])
            raise SearchError(
                f"{source}: the {what} of sample {row} (from 0) is not a finite number; remove or fill it"
            )


def _guess_task(targets: Array, source: str) -> Task:
    """Classes for texts, flags and few whole numbers; a quantity for fractions and several columns."""
    if targets.ndim > 1 and targets.shape[1] > 1:
        return Task.REGRESSION
    if targets.dtype.kind not in "iuf":
        return Task.CLASSIFICATION
    if targets.dtype.kind == "f" and (targets % 1 != 0).any():
        return Task.REGRESSION
    if len(distinct := np.unique(targets)) <= FEW_VALUES:
        return Task.CLASSIFICATION
    raise SearchError(
        f"{source}: {len(distinct)} different whole numbers as targets may be classes or a quantity: write"
        ' `data: {source: …, task: "classification"}` or `task: "regression"`'
    )


def _parts(raw: Raw) -> list[Part]:
    return [part for part in (raw.known, raw.validation, raw.test) if part is not None]


def _with_targets(raw: Raw, change: Callable[[Array], Array]) -> Raw:
    """*raw* with the targets of each of its parts changed."""

    def changed(part: Part) -> Part:
        return Part(part.inputs, change(part.targets))

    return Raw(
        changed(raw.known),
        raw.validation and changed(raw.validation),
        raw.test and changed(raw.test),
        raw.task,
    )


def _number_classes(raw: Raw, source: str) -> tuple[tuple[str, ...], Raw]:
    """Class names in sorted order, and *raw* with each target replaced by the number of its class."""
    if (shape := raw.known.targets.shape) != (len(raw.known),) and shape != (len(raw.known), 1):
        raise SearchError(
            f"{source}: targets of shape {list(shape)}; classes are one number or name for each sample, so turn"
            " one-hot rows into numbers (`argmax`)"
        )
    values = np.unique(np.concatenate([part.targets.ravel() for part in _parts(raw)]))
    if len(values) < 2:
        raise SearchError(f"{source}: only one class, `{values[0]}`, in all the targets; expected two or more")
    names = tuple(str(int(each)) if each.dtype.kind == "f" and each % 1 == 0 else str(each) for each in values)
    return names, _with_targets(raw, lambda targets: np.searchsorted(values, targets.ravel()).astype(np.int64))


def _as_numbers(raw: Raw, source: str) -> Raw:
    """*raw* with targets of shape (samples, outputs) in `f32`."""
    if raw.known.targets.dtype.kind not in "iufb":
        raise SearchError(f"{source}: regression needs numbers as targets, and these are texts")
    return _with_targets(raw, lambda targets: targets.reshape(len(targets), -1).astype(np.float32))


def _divide(raw: Raw, settings: DataSettings, classes: tuple[str, ...]) -> tuple[Part, Part, Part]:
    """Training, validation and test part; parts that the source brings are kept as they are."""
    generator = np.random.default_rng(settings.seed)
    rest, test = raw.known, raw.test
    share = settings.validation
    if test is None:
        rest, test = _split(rest, settings.test, generator, bool(classes))
        share /= 1 - settings.test  # shares are of all samples
    if raw.validation is None:
        rest, validation = _split(rest, share, generator, bool(classes))
    else:
        validation = raw.validation
    if not min(len(rest), len(validation), len(test)):
        raise SearchError(f"{settings.source}: too few samples for a training, a validation and a test part")
    if classes and (missing := sorted(set(range(len(classes))) - set(rest.targets.tolist()))):
        raise SearchError(
            f"{settings.source}: class `{classes[missing[0]]}` has too few samples to be in the training part;"
            " add some, or leave the class out"
        )
    return rest, validation, test


def _split(part: Part, share: float, generator: np.random.Generator, by_class: bool) -> tuple[Part, Part]:
    """*part* without about *share* of its samples, and those; every class keeps its share within one sample."""
    order = generator.permutation(len(part))
    if by_class:
        order = order[np.argsort(part.targets[order], kind="stable")]
    # Systematic sampling: along the order, a sample is taken whenever the running share passes a whole number.
    turn = np.floor(np.arange(1, len(part) + 1) * share + 0.5)
    taken = np.diff(turn, prepend=0) > 0
    return part.take(np.sort(order[~taken])), part.take(np.sort(order[taken]))


def _scaled(
    settings: DataSettings, task: Task, classes: tuple[str, ...], train: Part, validation: Part, test: Part
) -> Splits:
    """The parts on scales that the training part alone defines."""
    shapes = {tuple(part.inputs.shape[1:]) for part in (train, validation, test)}
    if len(shapes) > 1:
        raise SearchError(f"{settings.source}: the parts hold inputs of different shapes: {sorted(shapes)}")
    floating = train.inputs.dtype.kind == "f"
    # Tables mix units; pixels share one, and are between 0 and 1 already.
    wanted = settings.standardise if settings.standardise is not None else train.inputs.ndim == 2
    input_scale = Scale.of(train.inputs) if wanted and floating else None
    target_scale = Scale.of(train.targets) if task is Task.REGRESSION else None

    def on_scale(part: Part) -> Part:
        inputs = input_scale.apply(part.inputs) if input_scale else part.inputs
        targets = target_scale.apply(part.targets) if target_scale else part.targets
        return Part(np.ascontiguousarray(inputs), np.ascontiguousarray(targets))

    search = SearchData(
        settings.source, task, on_scale(train), on_scale(validation), classes, input_scale, target_scale
    )
    return Splits(search, on_scale(test))
