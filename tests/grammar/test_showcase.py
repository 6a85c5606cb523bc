"""The showcase reads, and prints as the goldens say.

`python tests/grammar/test_showcase.py` rewrites the goldens.
"""

from pathlib import Path

import pytest

from symnas.grammar import dump, parse

GOLDENS = Path(__file__).with_name("goldens")
SHOWCASE = Path(__file__).resolve().parents[3] / "shared" / "language" / "showcase"
NAMES = sorted(path.stem for path in SHOWCASE.glob("*.nas"))


def test_every_program_has_a_golden(shared: Path) -> None:
    """No program of the showcase is left out."""
    names = sorted(path.name for path in (shared / "language" / "showcase").glob("*.nas"))
    assert names
    assert names == sorted(path.name for path in GOLDENS.glob("*.nas"))


@pytest.mark.parametrize("golden", sorted(GOLDENS.glob("*.nas")), ids=lambda path: path.stem)
def test_the_showcase_prints_as_agreed(golden: Path, shared: Path) -> None:
    """A program prints in the layout of its golden, in lines of at most 100 characters, and reads back equal."""
    text = (shared / "language" / "showcase" / golden.name).read_text(encoding="utf-8")
    module = parse(text, golden.name)
    printed = dump(module)
    assert printed == golden.read_text(encoding="utf-8")
    assert max(map(len, printed.splitlines())) <= 100
    assert parse(printed) == module


@pytest.mark.parametrize("golden", sorted(GOLDENS.glob("*.nas")), ids=lambda path: path.stem)
def test_goldens_print_as_themselves(golden: Path) -> None:
    """Printing is idempotent."""
    text = golden.read_text(encoding="utf-8")
    assert dump(parse(text)) == text


def rewrite() -> None:
    """Print every program of the showcase into its golden."""
    GOLDENS.mkdir(exist_ok=True)
    for name in NAMES:
        text = (SHOWCASE / f"{name}.nas").read_text(encoding="utf-8")
        (GOLDENS / f"{name}.nas").write_text(dump(parse(text)), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
