"""Bundled data sets, and how any data set is divided and scaled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnas.errors import SearchError
from symnas.training import data
from symnas.training.bundled import BUNDLED
from symnas.training.data import load
from symnas.training.samples import DataSettings, Part, Raw, Splits, Task, data_settings


def everything(splits: Splits) -> Part:
    """All samples of the three parts together."""
    parts = (splits.train, splits.validation, splits.test)
    return Part(np.concatenate([p.inputs for p in parts]), np.concatenate([p.targets for p in parts]))


@pytest.mark.parametrize(
    ("name", "shape", "outputs", "samples"),
    (
        ("breast_cancer", (30,), 2, 569),
        ("diabetes", (10,), 1, 442),
        ("digits", (1, 8, 8), 10, 1797),
        ("iris", (4,), 3, 150),
        ("wine", (13,), 3, 178),
    ),
)
def test_bundled_sets_have_their_published_sizes(name: str, shape: tuple[int, ...], outputs: int, samples: int) -> None:
    """Every bundled set is there in full, in the types that networks take."""
    splits = load(name)
    assert splits.search.input_shape == shape
    assert splits.search.outputs == outputs
    assert len(everything(splits)) == samples
    assert splits.train.inputs.dtype == np.float32


def test_every_bundled_set_is_tested() -> None:
    """The sizes above cover all the names that are offered."""
    assert sorted(BUNDLED) == ["breast_cancer", "diabetes", "digits", "iris", "wine"]


def test_digits_are_pictures_between_0_and_1() -> None:
    """Pixels keep their unit: 0 is empty, 1 the brightest."""
    inputs = everything(load("digits")).inputs
    assert inputs.min() == 0.0
    assert inputs.max() == 1.0


def test_parts_are_the_same_every_time() -> None:
    """Dividing depends on the settings alone."""
    first, second = load("wine"), load("wine")
    assert np.array_equal(first.train.inputs, second.train.inputs)
    assert np.array_equal(first.test.targets, second.test.targets)


def test_another_seed_divides_otherwise() -> None:
    """The seed of the division is a setting."""
    first, second = load("digits"), load(DataSettings("digits", seed=1))
    assert not np.array_equal(first.test.inputs, second.test.inputs)


def test_parts_never_share_a_sample() -> None:
    """Each sample of digits is in exactly one part: pictures that occur once are counted over all parts."""
    splits = load("digits")
    rows = everything(splits).inputs.reshape(1797, -1)
    assert len(np.unique(rows, axis=0)) == 1797


@pytest.mark.parametrize("name", ("breast_cancer", "digits", "iris", "wine"))
def test_classes_keep_their_shares(name: str) -> None:
    """Validation and test part hold a fifth of every class, within two samples."""
    splits = load(name)
    whole = np.bincount(everything(splits).targets)
    for part in (splits.validation, splits.test):
        assert np.abs(np.bincount(part.targets) - whole / 5).max() < 2


def test_scales_come_from_the_training_part_alone() -> None:
    """Training features have mean 0 and deviation 1; the other parts are moved by the same amounts."""
    splits = load("wine")
    assert np.allclose(splits.train.inputs.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(splits.train.inputs.std(axis=0), 1, atol=1e-4)
    assert not np.allclose(splits.test.inputs.mean(axis=0), 0, atol=1e-3)
    plain = load(DataSettings("wine", standardise=False))
    scale = splits.search.input_scale
    assert scale is not None
    assert np.allclose(scale.apply(plain.test.inputs), splits.test.inputs, atol=1e-5)


def test_regression_targets_are_standardised_and_their_unit_is_kept() -> None:
    """Targets have mean 0 in training, and the scale leads back to disease progression in its own unit."""
    search = load("diabetes").search
    assert search.task is Task.REGRESSION
    assert np.allclose(search.train.targets.mean(), 0, atol=1e-5)
    assert search.target_scale is not None
    assert 100 < float(search.target_scale.mean[0]) < 200


def test_what_a_search_is_given_holds_no_test_part() -> None:
    """The value that trainers take has no way to the test samples."""
    search = load("iris").search
    parts = [name for name in dir(search) if isinstance(getattr(search, name), Part)]
    assert parts == ["train", "validation"]


@given(st.integers(30, 200), st.integers(2, 5), st.floats(0.1, 0.4), st.integers(0, 99))
def test_any_division_keeps_all_samples_once(samples: int, classes: int, share: float, seed: int) -> None:
    """Whatever the shares, the parts together are the whole, and each is near its share."""
    raw = Raw(Part(np.arange(samples, dtype=np.float32)[:, None], np.arange(samples) % classes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "_reader", lambda _: lambda *_: raw)
        splits = load(DataSettings("x.npz", validation=share, test=share, seed=seed, standardise=False))
    assert sorted(everything(splits).inputs[:, 0].tolist()) == list(range(samples))
    assert abs(len(splits.test) - share * samples) <= 1
    assert abs(len(splits.validation) - share * samples) <= 2


@pytest.mark.parametrize(
    ("value", "message"),
    (
        ("digit", r"the data set `digit` is unknown; did you mean `digits`\? \(known: breast_cancer, .*ends in \.csv"),
        ({"source": "iris", "tset": 0.1}, r"`data`: the setting `tset` is unknown; did you mean `test`\?"),
        ({"source": "iris", "test": 1.5}, r"`data`: `test` must be a number above 0 and at most 0\.9, not 1\.5"),
        ({"source": "iris", "seed": 0.5}, r"`data`: `seed` must be a whole number of at least 0, not 0\.5"),
        ({"source": "iris", "standardise": "yes"}, r'`standardise` must be `true` or `false`, not "yes"'),
        ({"source": "iris", "task": "regresion"}, r'`task` must be one of .* \(did you mean "regression"\?\)'),
        ({"source": "iris", "validation": 0.6, "test": 0.6}, r"leave less than 5% of the samples"),
        ({"source": "iris", "task": "regression"}, r'`iris` is for classification: leave out `task: "regression"`'),
        ({"source": "iris", "target": "y"}, r"`target` is for tables \(\.csv, \.tsv\), and `iris` is something else"),
        ({"source": "t.csv", "tokens": True}, r"`tokens` is for archives \(\.npz\), and `t\.csv` is something else"),
        ({"source": "t.npz", "labels": "l"}, r"`labels` is for IDX files, and `t\.npz` is something else"),
        ({"source": "t.npz", "download": True}, r"`download` is for torchvision's data sets"),
        ({"source": "t.csv", "target": 3}, r"`target` must be a text in quotes, not 3"),
    ),
)
def test_wrong_settings_are_explained(value: object, message: str) -> None:
    """A setting that does not exist, or cannot have its value, is named with what it accepts."""
    with pytest.raises(SearchError, match=message):
        load(data_settings(value))


@pytest.mark.parametrize("value", (3, "", {"target": "y"}, None))
def test_data_is_a_name_or_a_record_with_a_source(value: object) -> None:
    """Anything else is refused with an example of both."""
    with pytest.raises(ValueError, match=r'a source in quotes, as in `data: "digits"`, or a record'):
        data_settings(value)
