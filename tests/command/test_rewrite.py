"""`symnas rewrite`, run as a user runs it."""

import json
from pathlib import Path

import pytest
from commands import Run, runner

import symnas

MODEL = "net A(x: f32[N, 8]) = x -> Linear(oneof(4, 6) as width) as first -> ReLU -> Linear(2)\n"
RULES = """\
block Gated(out)(x) = (x -> Linear(out)) * (x -> Linear(out) -> Sigmoid)
rule gate: Linear($o) -> ReLU => Gated($o)
rule swap: ReLU => SiLU
rule wrong: Linear(2) => Conv2d(2, 3)
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model and rules, which the command runs in."""
    (tmp_path / "model.nas").write_text(MODEL)
    (tmp_path / "rules.nas").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_it_prints_the_rewritten_network(run: Run) -> None:
    """The program goes to standard output, what acted where to standard error."""
    ran = run("rewrite", "model.nas", "--rules", "rules.nas", "--rule", "swap", "--pick", "A.width=4")
    assert (ran.status, ran.out) == (
        0,
        "nas 1\n\nnet A(x: f32[N, 8]) = x -> Linear(4) as first -> SiLU -> Linear(2)\n",
    )
    assert ran.err == "ReLU: swap: ReLU → SiLU\n1 replacement\n"


def test_it_writes_a_file(run: Run, folder: Path) -> None:
    """With `-o` the program is written, and reads as one network; blocks of the rules come with it."""
    ran = run("rewrite", "model.nas", "--rules", "rules.nas", "--rule", "gate", "--seed", "1", "-o", "out.nas")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.endswith("1 replacement\nwrote out.nas\n")
    written = symnas.load(folder / "out.nas")
    assert written.space().size == 1
    assert "block Gated" in written.text


@pytest.mark.usefixtures("folder")
def test_it_lists_matches(run: Run) -> None:
    """Each with path, rule and what is captured, as lines and as JSON; nothing is changed."""
    arguments = ("rewrite", "model.nas", "--rules", "rules.nas", "--pick", "A.width=4", "--list")
    assert run(*arguments).out.splitlines() == [
        "first: gate: Linear(4) -> ReLU, $o = 4",
        "ReLU: swap: ReLU",
        "Linear: wrong: Linear(2)",
    ]
    found = json.loads(run(*arguments, "--json", "--rule", "gate").out)
    assert found == [
        {"rule": "gate", "path": "first", "matched": "Linear(4) -> ReLU", "captured": {"o": "4"}, "undecided": None}
    ]


@pytest.mark.usefixtures("folder")
def test_it_shows_what_changes(run: Run) -> None:
    """`--diff` prints lines that go and come; `--json` tells what was replaced."""
    ran = run("rewrite", "model.nas", "--rules", "rules.nas", "--rule", "swap", "--pick", "A.width=4", "--diff")
    assert "-net A(x: f32[N, 8]) = x -> Linear(4) as first -> ReLU -> Linear(2)\n+net A" in ran.out
    ran = run("rewrite", "model.nas", "--rules", "rules.nas", "--rule", "swap", "--seed", "1", "--json")
    replaced = [{"rule": "swap", "path": "ReLU", "before": "ReLU", "after": "SiLU"}]
    assert json.loads(ran.out) == {"replaced": replaced, "undecided": []}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "message"),
    (
        (("--rules", "rules.nas", "--rule", "swop"), "error: rules.nas has no rule `swop`; did you mean `swap`?"),
        (
            ("--rules", "rules.nas", "--rule", "swap", "--at", "first"),
            "error: no rule matches at `first`; they match at",
        ),
        ((), "error: model.nas declares no rule; write `rule name: pattern => replacement`"),
        (("--rules", "rules.nas", "--rule", "wrong"), "rule `wrong` puts this in place of `Linear(2)` at `Linear`"),
    ),
)
def test_what_it_refuses(run: Run, arguments: tuple[str, ...], message: str) -> None:
    """Wrong names, paths without a match and rules that break the network are told, and nothing is printed."""
    ran = run("rewrite", "model.nas", *arguments)
    assert (ran.status, ran.out) == (1, "")
    assert message in ran.err
