"""`symnas count --cost` and `--histogram`: of what meets every `require`, before them where that is too much, or estimated."""

import json
from pathlib import Path

import pytest
from commands import Run, runner

from symnas.elaborate import costing

NET = "net A(x: f32[N, 8]) = x -> Linear(oneof(1, 2, 3)) -> Linear(oneof(1, 2, 3))\n"
"""Its parameters are 11, 13, 15, 21, 24, 27, 31, 35 or 39."""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


def written(folder: Path, text: str) -> str:
    """The path of a file that holds *text*."""
    path = folder / "net.nas"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_bounds_are_of_what_meets_the_requires(run: Run, tmp_path: Path) -> None:
    """The greatest cost is that of the greatest architecture within the limit, with its choices."""
    assert run("count", written(tmp_path, f"{NET}require A.params <= 30\n"), "--cost", "params").out == (
        "params: 11 to 27\n"
        "  least, for example:\n    A.out_features: 1\n    A.out_features[1]: 1\n"
        "  greatest, for example:\n    A.out_features: 2\n    A.out_features[1]: 3\n"
    )


def test_bounds_that_a_require_makes_too_much_to_tell(run: Run, tmp_path: Path) -> None:
    """They are those before it, and say so; the histogram likewise."""
    asked = (
        "count",
        written(tmp_path, f"{NET}require A.params * A.macs <= 600\n"),
        "--cost",
        "params",
        "--histogram",
        "params",
    )
    out = run(*asked, "--bins", "2").out
    assert out.splitlines()[0] == "params: 11 to 39, before `require` on costs"
    assert "params of 9 architectures, exact; mean 24, before `require` on costs" in out
    found = json.loads(run(*asked, "--json").out)
    assert found["params"]["before_require_on_costs"]
    assert found["histogram"]["before_require_on_costs"]


def test_a_histogram_of_what_meets_the_requires(run: Run, tmp_path: Path) -> None:
    """Bars count the architectures within the limits, on this cost and on another."""
    file = written(tmp_path, f"{NET}require A.params <= 30 and A.macs >= 12\n")
    found = json.loads(run("count", file, "--histogram", "params", "--bins", "100", "--json").out)["histogram"]
    assert not found["before_require_on_costs"]
    assert found["total"] == 3
    assert [bar["low"] for bar in found["bars"] if bar["count"]] == [21, 24, 27]


def test_a_histogram_is_estimated_where_costs_are_not_known(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shares of uniform draws, with how far they may be off; the reason on standard error."""
    monkeypatch.setattr(costing, "MOST_PARTS", 3)
    file = written(tmp_path, NET)
    ran = run("count", file, "--histogram", "params", "--bins", "2")
    assert "drawn uniformly; shares are off by 2.2% or less" in ran.out
    assert "estimated from draws" in ran.err
    assert json.loads(run("count", file, "--histogram", "params", "--json").out)["histogram"]["draws"] == 2_000
