"""What every test may ask for: real data that lies beside the repository, and how hypothesis behaves."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# Examples have no deadline: a busy machine is no failure.
settings.register_profile("symnas", deadline=None)
settings.load_profile("symnas")


# A shell's background job ignores Ctrl-C, and so would every process of the tests that send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def seeded() -> None:
    """What a test draws from PyTorch's own generator does not depend on the tests that its process ran before."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


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


@pytest.fixture
def group(tmp_path: Path) -> Iterator[None]:
    """A group of one process, for what PyTorch distributes."""
    from torch import distributed

    if not distributed.is_gloo_available():
        pytest.skip("PyTorch was built without gloo")
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'group'}", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()
