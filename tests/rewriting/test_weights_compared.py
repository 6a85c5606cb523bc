"""`symnas verify` tries `assert same(A, B)` on numbers, with the weights that carry over."""

import json
from pathlib import Path

import pytest
from commands import Run, runner

NET = """
net Big(x: f32[N, 3, 6, 6]) =
  x -> Conv2d(4, 3) -> BatchNorm2d -> ReLU -> Conv2d(5, 3) -> ReLU6 -> Flatten -> Linear(3)
rule wide: Conv2d($o, $*r) => Conv2d($o * 2, $*r) keep replicate
rule deep: ReLU as $a => $a -> Conv2d($a.in.channels, 1, bias = false, init = identity) -> ReLU
rule fuse_convolution: Conv2d($o, bias = $_, $*r) -> BatchNorm2d => Conv2d($o, $*r)
rule smooth: ReLU => SiLU
rule either: ReLU => oneof(ReLU, SiLU)
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


@pytest.mark.parametrize(("rules", "net", "agrees", "why"), (
    ("wide", "Big", True, "apart by"),
    ("wide", "Other", True, "apart by"),
    ("wide, deep", "Big", True, "apart by"),
    ("smooth", "Big", False, "apart by"),
    ("either", "Other", None, "its rules decide something"),
))  # fmt: skip
def test_claims_are_tried_on_numbers(
    rules: str, net: str, agrees: bool | None, why: str, run: Run, tmp_path: Path
) -> None:  # fmt: skip
    """The net that rules have made gives what the other gives, or not, and the status says so."""
    path = tmp_path / "net.nas"
    path.write_text(f"{NET}net Other = Big with {rules}\nassert same(Other, Big)\n", encoding="utf-8")
    ran = run("verify", path, "--net", net, "--seed", "1", "--json")
    check = next(each for each in json.loads(ran.out)["checks"] if each["check"] == "same(Other, Big)")
    assert check["agrees"] is agrees, check
    assert why in check["note"]
    assert ran.status == (1 if agrees is False else 0)


def test_nets_of_no_common_origin_are_not_compared(run: Run, tmp_path: Path) -> None:
    """Without rules that make one of the other, it is not known which weights would be the same."""
    path = tmp_path / "net.nas"
    path.write_text(
        "net A(x: f32[N, 3]) = x -> Linear(2)\nnet B(x: f32[N, 3]) = x -> Linear(2) -> ReLU\nassert same(A, B)\n"
    )
    ran = run("verify", path, "--net", "A")
    assert ran.status == 0
    assert "neither is made of the other by rules" in ran.out
