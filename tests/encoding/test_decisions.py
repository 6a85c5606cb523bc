"""Encodings of decisions: one-hot, ordinal and hashed features, on random programs and on each kind of placeholder."""

from random import Random

import numpy as np
import pytest
from enumerating import space_of
from hypothesis import HealthCheck, assume, given, reject, settings
from random_programs import programs

from symnas.elaborate.regions import DomainClash
from symnas.encoding import encode
from symnas.errors import SearchError, SourceError
from symnas.measure import Measure
from symnas.space import Space

law = settings(max_examples=80, suppress_health_check=list(HealthCheck))


def countable(text: str, most: int = 60) -> Space:
    """The space of *text*; the example is dropped if the program is wrong, large, or has no exact count."""
    try:
        space = space_of(text)
        assume(0 < space.size <= most)
    except (SearchError, SourceError, DomainClash):
        reject()
    return space


@given(programs())
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
def test_decisions_are_those_of_all_members(text: str) -> None:
    """Whatever a member asks is listed with its domain; what is certain, every member asks."""
    space = countable(text)
    slots = {slot.path: slot for slot in space.decisions}
    every = [each.domains for each in space]
    for domains in every:
        for path, domain in domains.items():
            assert domain in slots[path].domains
    for path, slot in slots.items():
        if slot.certain:
            assert all(path in domains for domains in every)
    assert len(slots) == len(space.decisions)


@given(programs())
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
def test_different_genotypes_have_different_vectors(text: str) -> None:
    """One-hot and ordinal vectors tell all members apart; equal architectures have equal ones in a space read again."""
    space, again = countable(text), space_of(text)
    everything = list(space)
    for name in ("onehot", "ordinal"):
        encoding = encode(space, name)
        vectors = encoding.encode_all(everything)
        assert vectors.shape == (space.size, encoding.length)
        assert len({row.tobytes() for row in vectors}) == space.size
        other = encode(again, name)
        assert other.names == encoding.names
        assert np.array_equal(other.encode_all(again.architecture(each.genotype) for each in everything), vectors)


@given(programs())
@law
def test_columns_do_not_depend_on_what_was_drawn(text: str) -> None:
    """A space that was sampled and mutated before it is counted lists its decisions in the same order."""
    space, used = countable(text), space_of(text)
    rng = Random(1)
    for _ in range(10):
        try:
            used.sample(rng, Measure.DECISIONS)
        except (SearchError, SourceError):
            break
    assert used.decisions == space.decisions


@given(programs())
@law
def test_masks_hide_what_is_not_there(text: str) -> None:
    """Outside the mask a vector is 0; a one-hot decision that exists has a 1, one that does not has none."""
    space = countable(text)
    for name in ("onehot", "ordinal"):
        encoding = encode(space, name)
        for each in list(space)[:20]:
            vector, mask = encoding.encode(each), encoding.mask(each)
            assert mask.dtype == np.bool_
            assert not vector[~mask].any()
            assert ((vector >= 0) & (vector <= 1)).all()
            for path in {slot.path for slot in space.decisions} - set(each.genotype):
                columns = [place for place, column in enumerate(encoding.names) if column.startswith(path + "=")]
                assert not mask[columns].any()


@given(programs())
@law
def test_features_are_the_picks(text: str) -> None:
    """name=value features say what a `pick` would say, whatever the space; their hashes have a fixed length."""
    try:
        space = space_of(text)
        each = space.sample(Random(0))
    except (SearchError, SourceError, DomainClash):
        reject()
    encoding = encode(space, "features", length=32)
    assert encoding.features(each) == {f"{path}={shown}": 1.0 for path, shown in each.picks.items()}  # type: ignore[attr-defined]
    assert encoding.encode(each).shape == (32,)
    assert np.array_equal(encoding.encode(each), encode(space_of(text), "features", length=32).encode(each))


KINDS = """
let w = oneof(*{small: 4, large: 8})
net A(x: f32[N, 8]) {
  some = subset(["a", "b"], max = 1)
  order = permutation([4, 8])
  y = x -> Linear(w) -> Linear(order[0]) -> Linear(range(8, 16, step = 4) as width) -> Linear(8)
  z = if len(some) == 0 { y } else { y -> Dropout(range(0.0, 0.5) as p) }
  sum(manyof(2, [z -> ReLU, z -> Tanh, z -> GELU]) as both)
}
train { lr: range(1e-4, 1e-2, log = true) }
"""


def test_columns_of_each_kind_of_placeholder() -> None:
    """Alternatives and numbers have a column each, sets one an option, orders one an option and place."""
    space = space_of(KINDS)
    assert set(encode(space).names) == {
        "w=small", "w=large",
        'A.some="a"', 'A.some="b"',
        "A.order[0]=4", "A.order[0]=8", "A.order[1]=4", "A.order[1]=8",
        "A.width=8", "A.width=12", "A.width=16",
        "A.p",
        "A.both=0", "A.both=1", "A.both=2",
        "train.lr",
    }  # fmt: skip
    assert encode(space).names[0] == "w=small"
    assert encode(space).names[-1] == "train.lr"


def test_ordinal_columns_are_scaled() -> None:
    """Numbers by value, in the logarithm where asked; a decision that may be missing says whether it is there."""
    space = space_of(KINDS)
    encoding = encode(space, "ordinal")
    assert set(encoding.names) == {"w", "A.some", "A.order", "A.width", "A.p", "A.p?", "A.both", "train.lr"}
    one = space.architecture({"w": 1, "A.some": 0, "A.order": 1, "A.width": 1, "A.both": 2, "train.lr": 1e-3})
    assert dict(zip(encoding.names, encoding.encode(one).tolist(), strict=True)) == pytest.approx(
        {"w": 1, "A.some": 0, "A.order": 1, "A.width": 0.5, "A.p": 0, "A.p?": 0, "A.both": 1, "train.lr": 0.5}
    )
    missing = {name for name, there in zip(encoding.names, encoding.mask(one), strict=True) if not there}
    assert missing == {"A.p", "A.p?"}
    other = encoding.encode(space.architecture({**one.genotype, "A.some": 1, "A.p": 0.125}))
    assert [other[encoding.names.index(name)] for name in ("A.some", "A.p", "A.p?")] == pytest.approx([0.5, 0.25, 1])


def test_domains_that_differ_share_columns() -> None:
    """A label means the same column whatever guards leave beside it, and a number whatever the bounds."""
    space = space_of(
        "let n = oneof(1, 2)\n"
        "net A(x: f32[N, 8]) = x -> Linear(range(n, n + 2) as width) -> oneof { a: ReLU if n == 2, b: Tanh, c: GELU }"
    )
    encoding = encode(space)
    assert encoding.names == (
        "n=1", "n=2", "A.width=1", "A.width=2", "A.width=3", "A.width=4", "A.oneof=b", "A.oneof=c", "A.oneof=a",
    )  # fmt: skip
    one = space.architecture({"n": 0, "A.width": 2, "A.oneof": 0})
    two = space.architecture({"n": 1, "A.width": 1, "A.oneof": 1})
    for each, label in ((one, "b"), (two, "b")):
        vector = encoding.encode(each)
        assert vector[encoding.names.index("A.width=3")] == 1
        assert vector[encoding.names.index(f"A.oneof={label}")] == 1


def test_wrong_names_and_settings_are_told() -> None:
    """An encoding or setting that is not there is answered with those that are."""
    space = space_of("net A(x: f32[N, 8]) = x -> maybe(ReLU)")
    with pytest.raises(SearchError, match=r"no encoding is called `onhot`; `onehot`\?"):
        encode(space, "onhot")
    with pytest.raises(SearchError, match=r"encoding `features` has no setting `lenght`; `length`\?"):
        encode(space, "features", lenght=3)
    with pytest.raises(SearchError, match="encoding `onehot` has no setting `length`; it has none"):
        encode(space, "onehot", length=3)
    with pytest.raises(SearchError, match="at least one column, not 0"):
        encode(space, "features", length=0)


def test_other_spaces_members_are_refused() -> None:
    """A decision that the space does not have is named."""
    space = space_of("net A(x: f32[N, 8]) = x -> maybe(ReLU)")
    other = space_of("net A(x: f32[N, 8]) = x -> Linear(oneof(4, 8) as w)")[0]
    with pytest.raises(SearchError, match=r"no decision `A\.w`"):
        encode(space).encode(other)


def test_an_uncounted_space_has_hashed_encodings_alone() -> None:
    """Where decisions cannot be listed, columns for them are refused with the reason; features need no list."""
    space = space_of(
        "cell C(x: [N, D]) = x -> oneof { wide: Linear(4), same: Tanh } -> maybe(ReLU)\n"
        "net A(x: f32[N, 8]) = x -> C -> Linear(4) -> C -> maybe(GELU)"
    )
    with pytest.raises(SearchError, match="no exact count"):
        encode(space)
    assert encode(space, "features").encode(space.sample(Random(0))).any()


def test_vectors_too_long_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a million columns there is no vector; here, beyond three."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(range(1, 4))")
    monkeypatch.setattr("symnas.encoding.decisions.MOST_COLUMNS", 3)
    with pytest.raises(SearchError, match="has 4 columns, more than 1,000,000; take a hashed one"):
        encode(space)


def test_no_architectures_have_no_rows() -> None:
    """Encoding nothing gives an empty table of the right width."""
    encoding = encode(space_of("net A(x: f32[N, 8]) = x -> maybe(ReLU)"))
    assert encoding.encode_all([]).shape == (0, 2)
    assert repr(encoding) == "<onehot encoding of 2 columns>"
