"""Whatever is in a file, each verb ends in an answer or in mistakes with their places: no error of ours shows.

`SYMNAS_FUZZ` is the number of inputs for each test, where it is not the few that CI takes; docs/benchmarks.md says how
many were tried so far.
"""

import io
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mutating import damaged, mutated
from random_programs import programs

from symnas.checking import check_text
from symnas.command import main
from symnas.command.mistakes import draw, record
from symnas.errors import Diagnostic, NasError
from symnas.limits import Limits
from symnas.spans import NOWHERE

SMALL = Limits(work=2_000, steps=20_000, layers=3_000, items=5_000)
"""Enough for all that is read here, and soon spent by what grows without end."""

EXAMPLES = int(os.environ.get("SYMNAS_FUZZ", "40"))

fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate) if EXAMPLES > 1000 else tuple(Phase),
)


@cache
def texts(shared: Path) -> tuple[str, ...]:
    """Programs to begin with: the samples, and the showcase where it is."""
    root = Path(__file__).parents[2]
    found = [*sorted((root / "samples").glob("*.nas")), *sorted((shared / "language").rglob("*.nas"))]
    return tuple(path.read_text(encoding="utf-8") for path in found)


def survives(text: str, file: Path) -> None:
    """Give *text* to everything that reads a program; answers and explained mistakes are all that may come of it."""
    report = check_text(text, str(file), folder=file.parent, file=file, limits=SMALL)
    for each in report.diagnostics:
        _is_placed(each, text)
    draw(report.diagnostics, io.StringIO())
    file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    limits = [f"--limit={name}={getattr(SMALL, name)}" for name in ("work", "steps", "layers", "items")]
    verbs = [["fmt", "--check"]]
    if report.ok:
        verbs += [["count", *limits], ["sample", "--json", *limits], ["summary", *limits], ["expand", *limits]]
    for verb, *options in verbs:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            try:
                status = main([verb, *options, str(file)])
            except NasError as error:
                status = 1 if str(error) else -1
        assert status in (0, 1)


def _is_placed(found: Diagnostic, text: str) -> None:
    """Mistakes lie inside the file, or have no place; they can be written as data."""
    for span in (found.span, *(note.span for note in found.notes)):
        assert span == NOWHERE or span.source.text != text or 0 <= span.start <= span.end <= len(text)
    assert record(found)["message"] == found.message


@pytest.fixture
def try_on(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Gives a text to everything, with errors of ours raised instead of told."""
    monkeypatch.setenv("SYMNAS_TRACEBACK", "1")
    file = tmp_path_factory.mktemp("fuzz") / "x.nas"
    return lambda text: survives(text, file)


@given(seed=st.integers(0, 2**32))
@fuzzed
def test_mutated_programs_are_explained(seed: int, try_on: Callable[[str], None], shared: Path) -> None:
    """Programs of the showcase and the samples with tokens moved, lines of one another put in, characters exchanged."""
    rng, found = Random(seed), texts(shared)
    try_on(mutated(rng.choice(found), found, rng))


@given(seed=st.integers(0, 2**32))
@fuzzed
def test_damaged_programs_are_explained(seed: int, try_on: Callable[[str], None], shared: Path) -> None:
    """Programs with expressions, words and numbers exchanged, which mostly stay well formed."""
    rng = Random(seed)
    try_on(damaged(rng.choice(texts(shared)), rng))


@given(text=programs(), seed=st.integers(0, 2**32))
@fuzzed
def test_mutated_random_programs_are_explained(text: str, seed: int, try_on: Callable[[str], None]) -> None:
    """Small programs made at random, then damaged."""
    try_on(mutated(text, [text], Random(seed)))


@given(text=st.text(max_size=200))
@fuzzed
def test_random_text_is_explained(text: str, try_on: Callable[[str], None]) -> None:
    """Any characters at all."""
    try_on(text.encode("utf-8", "replace").decode())
