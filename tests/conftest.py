"""What every test may ask for: real data that lies beside the repository, and how hypothesis behaves."""

from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# Examples have no deadline: a busy machine is no failure.
settings.register_profile("symnas", deadline=None)
settings.load_profile("symnas")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of published tables and programs beside the repository; without it, the test is skipped."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the published tables and programs, which would lie in {folder}")
    return folder
