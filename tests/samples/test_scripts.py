"""The scripts of `samples/`: each runs from any folder, with small budgets, and prints what it promises."""

import subprocess
import sys
from pathlib import Path


def run(script: Path, folder: Path, *arguments: str) -> str:
    """What *script* prints, run in *folder*; it must end well and complain of nothing."""
    done = subprocess.run(
        [sys.executable, str(script), *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_every_script_is_run_here(root: Path) -> None:
    """A new script gets a test."""
    known = {
        "custom_evaluator", "prune_digits", "resume_a_study", "search_by_parts", "search_from_python", "search_pipeline",
        "search_your_code",
    }  # fmt: skip
    assert {path.stem for path in (root / "samples").glob("*.py")} == known


def test_search_from_python(root: Path, tmp_path: Path) -> None:
    """It counts the space, builds a network, and lists three trials, the best first."""
    lines = run(root / "samples" / "search_from_python.py", tmp_path).splitlines()
    assert lines[0] == "686,144,131,200 architectures, and 1 continuous decision"
    assert lines[2].startswith("Digits with ")
    found = [float(line.split(": ")[1].split()[0]) for line in lines[3:]]
    assert len(found) == 3
    assert found == sorted(found, reverse=True)


def test_custom_evaluator(root: Path, tmp_path: Path) -> None:
    """Its metrics come back from worker processes as objectives: overlap by the evaluator, parameters by symnas."""
    out = run(root / "samples" / "custom_evaluator.py", tmp_path, "2", "1")
    assert "overlap 0." in out
    assert " parameters" in out
    assert "'UNet.Level.depth'" in out


def test_prune_digits(root: Path, tmp_path: Path) -> None:
    """A quarter of the multiply-adds is left, in channels of every group."""
    lines = run(root / "samples" / "prune_digits.py", tmp_path, "1").splitlines()
    counts = [
        [int(word.replace(",", "")) for word in line.split() if word[0].isdigit() and "." not in word]
        for line in lines[:2]
    ]
    assert counts[0] == [130_602, 3_852_928]
    assert counts[1][1] <= 3_852_928 / 4
    left = [int(line.split()[-2]) for line in lines[3:]]
    assert len(left) == 4
    assert all(each and each % 4 == 0 for each in left)


def test_search_pipeline(root: Path, tmp_path: Path) -> None:
    """Recipes without a network become scikit-learn pipelines; the best are listed first."""
    lines = run(root / "samples" / "search_pipeline.py", tmp_path, "4").splitlines()
    found = [float(line.split(": ")[1].split()[0]) for line in lines if line.startswith("trial ")]
    assert len(found) == 3
    assert found == sorted(found, reverse=True)
    assert 0.5 < found[0] <= 1


def test_search_your_code(root: Path, tmp_path: Path) -> None:
    """A loop over networks and recipes that ordinary classes make; the best of few trials classifies most irises."""
    lines = run(root / "samples" / "search_your_code.py", tmp_path, "6").splitlines()
    assert lines[0] == "108 ways, and a continuous learning rate"
    found = [float(line.split(": ")[1]) for line in lines if line.startswith("trial ")]
    assert found == sorted(found, reverse=True)
    assert 0.8 < found[0] <= 1
    assert "'recipe_lr'" in lines[-1]


def test_search_by_parts(root: Path, tmp_path: Path) -> None:
    """Each chip is worth its best network; a second run goes on where the first ended, in the same store."""
    script = root / "samples" / "search_by_parts.py"
    lines = run(script, tmp_path, "3", "6", "designs.db").splitlines()
    assert lines[0] == "884,736 designs"
    found = [float(line.split(": ")[1].split()[0]) for line in lines if line.startswith("chip ")]
    assert lines[-1] == f"the best chip: {max(found):.2f}"
    again = run(script, tmp_path, "4", "6", "designs.db").splitlines()
    assert [line.split(":")[0] for line in again if line.startswith("chip ")] in ([], ["chip 3"])
    assert float(again[-1].split(": ")[1]) >= max(found)


def test_resume_a_study(root: Path, tmp_path: Path) -> None:
    """The second run goes on where the first ended, and the two propose what one run in one go does."""
    script = root / "samples" / "resume_a_study.py"
    first, second = run(script, tmp_path, "two.db", "2"), run(script, tmp_path, "two.db", "1")
    whole = run(script, tmp_path, "one.db", "3")
    assert trials(first) + trials(second) == trials(whole)
    assert "3 trials in two.db; the best so far:" in second


def trials(out: str) -> list[str]:
    """The lines of *out* that tell of single trials."""
    return [line for line in out.splitlines() if line.startswith("trial ")]
