"""The law of all transformations: whatever chain of them, a trained network gives what it gave."""

import pytest
from morphism_chains import SAMPLES, chain


@pytest.mark.parametrize("sample", SAMPLES)
def test_chains_of_transformations_keep_the_output(sample: str) -> None:
    """A member of the space of a sample computes what it did after six transformations, at single precision; the whole
    run is `tests/benchmarks/morphisms.py`.
    """
    found = chain(sample, seed=11, length=6)
    assert len(found.done) == 6
    assert found.apart < 1e-5, found.done
