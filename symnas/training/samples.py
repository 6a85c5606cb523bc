"""Samples: what a data set is to the rest of symnas, and the settings that name one.

Reading, dividing and scaling is `data`'s business.
"""

from collections.abc import Mapping
from enum import Enum

import numpy as np
from attrs import fields_dict, frozen
from numpy.typing import NDArray

from symnas.errors import SearchError
from symnas.training.settings import Check, flag, number, one_of, read, unknown, whole, word

__all__ = ["Array", "DataSettings", "Part", "Raw", "Scale", "SearchData", "Splits", "Task", "data_settings"]

Array = NDArray[np.generic]
"""Samples along dimension 0; the element type is told by the values."""


class Task(Enum):
    """What is to be learned."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"


@frozen
class DataSettings:
    """Where samples come from and how they are divided: the fields of `data: {source: …, …}`.

    *source* is a bundled set (`digits`), a path (`.csv`, `.npz`, an IDX file or a folder of them), or
    `torchvision:NAME`. *target*, *header*, *delimiter* are for tables; *labels* for a single IDX file; *tokens*
    for whole-number inputs of `.npz` files that the network embeds; *root* and *download* for torchvision.
    *validation* and *test* are shares of all samples, unless the source brings such a part itself.
    """

    source: str
    task: Task | None = None
    validation: float = 0.2
    test: float = 0.2
    seed: int = 0
    standardise: bool | None = None
    target: str | None = None
    header: bool | None = None
    delimiter: str | None = None
    labels: str | None = None
    tokens: bool = False
    root: str = "data"
    download: bool = False


_one_task = one_of(each.value for each in Task)
_CHECKS: Mapping[str, Check] = {
    "source": word,
    "task": lambda value: Task(_one_task(value)),
    "validation": number(0.0, 0.9, open_low=True),
    "test": number(0.0, 0.9, open_low=True),
    "seed": whole(0),
    "standardise": flag,
    "target": word,
    "header": flag,
    "delimiter": word,
    "labels": word,
    "tokens": flag,
    "root": word,
    "download": flag,
}
assert _CHECKS.keys() == fields_dict(DataSettings).keys()


def data_settings(value: object) -> DataSettings:
    """The settings that a recipe's `data` holds: a source's name alone, or a record.

    Raises:
        ValueError: if *value* is neither, saying what is expected.
        SearchError: for unknown names and wrong values in the record.
    """
    if isinstance(value, DataSettings):
        return value
    if isinstance(value, str) and value:
        return DataSettings(value)
    if not isinstance(value, Mapping) or "source" not in value:
        raise ValueError('a source in quotes, as in `data: "digits"`, or a record `{source: "table.csv", …}`')
    if strangers := sorted(value.keys() - _CHECKS.keys()):
        raise SearchError("\n".join(unknown(name, _CHECKS, "`data`: the setting") for name in strangers))
    settings = DataSettings(**read(value, _CHECKS, "`data`"))  # type: ignore[arg-type]  # checked field by field
    if settings.validation + settings.test > 0.95:
        raise SearchError("`data`: `validation` and `test` together leave less than 5% of the samples for training")
    return settings


@frozen(eq=False)
class Part:
    """Samples and what to predict for each: `inputs` (samples, …), `targets` (samples,) or (samples, outputs)."""

    inputs: Array
    targets: Array

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, rows: NDArray[np.intp]) -> "Part":
        """The samples at *rows*, in that order."""
        return Part(self.inputs[rows], self.targets[rows])


@frozen(eq=False)
class Scale:
    """An affine map `(value - mean) / deviation`, per feature or channel."""

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    @classmethod
    def of(cls, values: Array) -> "Scale":
        """The scale that gives *values* mean 0 and deviation 1 along dimension 1; a constant is only shifted."""
        axes = tuple(axis for axis in range(values.ndim) if axis != 1)
        mean = values.mean(axis=axes, dtype=np.float64, keepdims=True)[0]
        deviation = values.std(axis=axes, dtype=np.float64, keepdims=True)[0]
        deviation[deviation < 1e-12] = 1.0
        return cls(mean.astype(np.float32), deviation.astype(np.float32))

    def apply(self, values: Array) -> Array:
        """*values* (samples, …) on this scale."""
        return np.divide(np.subtract(values, self.mean), self.deviation, dtype=np.float32)


@frozen(eq=False)
class Raw:
    """What a source holds before it is divided. *validation* and *test* are there where the source has them apart.

    Inputs are `f32`, or `i64` tokens. Targets are any values; classes are numbered later.
    """

    known: Part
    validation: Part | None = None
    test: Part | None = None
    task: Task | None = None


@frozen(eq=False)
class SearchData:
    """What a search may look at: the training and validation parts.

    *classes* are the class names by number, empty for regression. Targets are class numbers (`i64`), or
    standardised numbers (samples, outputs), of which *target_scale* knows the original unit.
    """

    name: str
    task: Task
    train: Part
    validation: Part
    classes: tuple[str, ...] = ()
    input_scale: Scale | None = None
    target_scale: Scale | None = None

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one sample, without the batch."""
        return tuple(self.train.inputs.shape[1:])

    @property
    def outputs(self) -> int:
        """How many numbers a network must give for one sample."""
        return len(self.classes) or int(self.train.targets.shape[1])


@frozen(eq=False)
class Splits:
    """A whole data set. Only a final evaluation reads *test*; everything else is given *search*."""

    search: SearchData
    test: Part

    @property
    def train(self) -> Part:
        """The samples to learn from."""
        return self.search.train

    @property
    def validation(self) -> Part:
        """The samples that choose among networks."""
        return self.search.validation
