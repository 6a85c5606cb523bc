"""What `check` proves: faults planted into large spaces are all found, explained and exact; none is invented."""

import os
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
import torch
from enumerating import Scripted
from operator_torch import DTYPES, build, empty
from planted_faults import FAULTS, SAMPLES

import symnas
from symnas.architecture import Architecture
from symnas.checking import check_file, check_text
from symnas.elaborate import applying
from symnas.elaborate.regions import Infeasible, Oracle
from symnas.errors import Diagnostic, SourceError
from symnas.operators import Operator
from symnas.program import load, parse
from symnas.space import Space
from symnas.types import Dtype, TensorType

DRAWS = 15
"""Architectures drawn with the picks of a counterexample."""

ATTEMPTS = 300
"""Architectures drawn until one fails at the place in question: with the same picks, others fail before it."""

MEMBERS = int(os.environ.get("SYMNAS_MEMBERS", "2"))
"""Architectures of each sample that are built and run."""


def test_at_least_thirty_faults_are_planted() -> None:
    """The table covers enough programs and kinds of mistakes."""
    assert len(FAULTS) >= 30
    assert len({fault.program for fault in FAULTS.values()}) >= 9
    assert len({code for fault in FAULTS.values() for code, _ in fault.found}) >= 6


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_explained_and_reproduced(name: str) -> None:
    """Found where it is and nothing else; with two places, a share, and picks under which everything drawn fails."""
    fault = FAULTS[name]
    text = fault.text
    if text is None:
        pytest.skip("the showcase is not beside the repository")
    found = check_text(text, name).diagnostics
    assert {(each.code, each.span.text) for each in found} == set(fault.found)
    assert any(each.spoils for each in found)  # of a fault that only shows behind another the share is not known
    for each in found:
        assert each.pick, each.message
        assert {note.span for note in each.notes} - {each.span}, each.message
        assert each.spoils is None or 0 < each.spoils.part < each.spoils.whole
        refused = [refusal for refusal in _picked(text, each) if refusal is not None]
        assert refused
        if fault.torch and each.spoils:
            _refused_by_torch(text, each)


def _with_picks(text: str, fault: Diagnostic) -> str:
    entries = ", ".join(f"{path}: {choice}" for path, choice in fault.pick)
    return f"{text}\npick {{ {entries} }}\n"


def _picked(text: str, fault: Diagnostic) -> Iterator[SourceError | None]:
    """What becomes of architectures drawn with the picks of *fault*: each fails, or a `require` excludes it."""
    space = parse(_with_picks(text, fault)).space()
    for seed in range(DRAWS):
        try:
            space.elaboration.build(Oracle({}, Random(seed), picked=space.picked))
        except SourceError as error:
            yield error
        except Infeasible:
            yield None
        else:
            pytest.fail(f"{fault.message}: architecture {seed} with these picks builds")


def _refused_by_torch(text: str, fault: Diagnostic) -> None:
    """The operation at which the counterexample fails fails in PyTorch as well, on tensors of the same types."""
    space = parse(_with_picks(text, fault)).space()
    tried: list[tuple[Operator, dict[str, object], tuple[TensorType, ...]]] = []
    arity = applying._check_arity

    def note(operator, settings, tensors, span):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 (as patched)
        tried.append((operator, dict(settings), tuple(tensor.type for tensor in tensors)))
        arity(operator, settings, tensors, span)

    for seed in range(ATTEMPTS):
        tried.clear()
        with patch.object(applying, "_check_arity", note), pytest.raises((SourceError, Infeasible)) as raised:
            parse(_with_picks(text, fault)).space().elaboration.build(Oracle({}, Random(seed), picked=space.picked))
        if isinstance(raised.value, SourceError) and raised.value.diagnostics[0].span.start == fault.span.start:
            operator, settings, types = tried[-1]
            shown = [TensorType(tuple(s if isinstance(s, int) else 2 for s in t.shape), t.dtype) for t in types]
            with pytest.raises((RuntimeError, ValueError, TypeError, NotImplementedError)):
                build(operator, settings, shown).run(empty(shown))  # type: ignore[arg-type]
            return
    pytest.fail("no counterexample fails at this place")


SHARES = {
    "two independent decisions": (
        "net A(x: f32[N, 8]) = x + (x -> Linear(oneof(8, 9, 8 + 0))) -> oneof(ReLU, Tanh)", "architectures"
    ),
    "a decision that exists behind another": (
        "net A(x: f32[N, 8]) = x + (x -> oneof(Identity, Linear(oneof(6, 7, 8))))", "draws"
    ),
    "a block used twice": (
        ("block B(k = oneof(3, 4, 6))(x: [N, C]) = x -> Linear(C * k / 4) -> Linear(C)\n"
        "net A(x: f32[N, 8]) = x -> B -> oneof(Identity, B) -> Linear(6) -> B"), "draws"
    ),
    "a cell used at two widths": (
        ("cell Cc(x: [N, C]) -> [N, C] { k = oneof(1, 2, 3)\n  x -> Linear(24 * k / 16) -> Linear(C) }\n"
        "net A(x: f32[N, 8]) = x -> Cc -> oneof(ReLU, Tanh) -> Cc -> Linear(12) -> Cc"), "architectures"
    ),
    "a let and what a require excludes": (
        ("let w = oneof(1, 2, 3, 8)\nrequire w != 2\nblock B(k = oneof(2, 3))(x) = x -> Linear(12 * k / w)\n"
        "net A(x: f32[N, 8]) = x -> B -> oneof(ReLU, Tanh) -> B"), "architectures"
    ),
    "a block that always fails": (
        ("block B(k = oneof(1, 2, 3))(x) = x -> Linear(k / 7)\n"
        "net A(x: f32[N, 8]) = if sum([oneof(0, 1, 2), oneof(0, 1, 2)]) == 0 { x -> B } else { x -> Linear(oneof(2, 3, 4)) }"),
        "architectures",
    ),
    "a recipe and a repeat": (
        ("block B(k = oneof(1, 2))(x: [N, C]) = x -> Linear(C / k)\n"
        "net A(x: f32[N, 8]) = x -> repeat(range(1, 5)) { B }\ntrain { lr: oneof(1, 2), decay: range(0.0, 1.0) }"), "draws"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SHARES)
def test_the_share_agrees_with_trying_every_sequence_of_choices(case: str) -> None:
    """A fault's share is the probability of meeting it first; where ways are alike, so many architectures."""
    text, by = SHARES[case]
    report = check_text(text)
    spoilt, fine = _brute(text)
    assert len(report.diagnostics) == len(spoilt) == 1
    (fault,), ((place, share),) = report.diagnostics, spoilt.items()
    assert fault.span.start == place
    assert fault.spoils is not None
    assert Fraction(fault.spoils.part, fault.spoils.whole) == share / (share + sum(fine))
    assert fault.spoils.by == by
    if by == "architectures":
        assert fault.spoils.part == share / fine[0]
        assert fault.spoils.whole - fault.spoils.part == len(fine)
    else:
        assert len(set(fine)) > 1 or (share / fine[0]).denominator > 1


def test_where_uses_of_a_cell_differ_the_share_is_an_estimate() -> None:
    """A cell that fails at one width and not at another has no exact count: the share is that of 200 draws."""
    text = (
        "cell Cc(x: [N, C]) -> [N, C] { k = oneof(1, 2, 3)\n  x -> Linear(C * k / 8) -> Linear(C) }\n"
        "net A(x: f32[N, 8]) = x -> Cc -> oneof(ReLU, Tanh) -> Cc -> Linear(12) -> Cc"
    )
    (fault,) = check_text(text).diagnostics
    (share,) = _brute(text)[0].values()
    assert fault.spoils is not None
    assert (fault.spoils.by, fault.spoils.whole) == ("estimate", 200)
    assert abs(fault.spoils.part / 200 - share) < 5 * (share * (1 - share) / 200) ** 0.5
    assert str(fault.spoils).startswith("about ")


def _brute(text: str) -> tuple[dict[int, Fraction], list[Fraction]]:
    """The probability of meeting each fault, by place, and of each way that is fine."""
    space = parse(text).space()
    spoilt: dict[int, Fraction] = {}
    fine: list[Fraction] = []
    script: list[int] = []
    while True:
        oracle = Scripted(script)
        place: int | None = None
        excluded = False
        try:
            space.elaboration.build(oracle)
        except Infeasible:
            excluded = True
        except SourceError as error:
            place = error.diagnostics[0].span.start
        weight = Fraction(1)
        for size in oracle.sizes:
            weight /= size
        if place is not None:
            spoilt[place] = spoilt.get(place, Fraction(0)) + weight
        elif not excluded:
            fine.append(weight)
        script = [*script, *[0] * (len(oracle.sizes) - len(script))]
        while script and script[-1] + 1 >= oracle.sizes[len(script) - 1]:
            script.pop()
        if not script:
            return spoilt, fine
        script[-1] += 1


def test_what_a_require_excludes_is_no_fault() -> None:
    """A `require` on lets holds wherever they are read, within blocks too."""
    text = (
        "let k = oneof(3, 5, 7)\nrequire k != 5\nblock B(e = oneof(1, 2))(x) = x -> Linear(if k == 5 { e / 2 } else { e })\n"
        "net A(x: f32[N, 8]) = x -> B -> oneof(ReLU, Tanh) -> B"
    )
    report = check_text(text)
    assert report.ok
    assert report.proved


def test_a_fault_among_billions_is_found() -> None:
    """One way in 6^12 fails, in a block that nothing else uses and that always fails: no draw would meet it."""
    text = (
        "block Rare(k = oneof(1, 2))(x) = x -> Linear(k / 3)\n"
        "block Turn(last)(x) = x -> oneof(ReLU, Tanh, GELU, SiLU, Sigmoid, if last { Rare } else { Identity })\n"
        "net A(x: f32[N, 8]) = x -> repeat(11) { Turn(false) } -> Turn(true)"
    )
    (fault,) = check_text(text).diagnostics
    assert fault.spoils is not None
    assert fault.span.text == "k / 3"


def test_what_is_not_proved_says_what_was_checked() -> None:
    """A space that is too entangled is tried on 200 architectures; continuous decisions at their middle and ends."""
    entangled = (
        "net A(x: f32[N, 8]) {\n  n = [oneof(0, 1, 2, 3, 4, 5, 6, 7, 8, 9) for i in 1..7]\n  x -> Linear(1 + sum(n))\n}"
    )
    report = check_text(entangled)
    assert (report.ok, report.proved, report.checked) == (True, False, 200)
    assert "checked on 200 architectures drawn at random; not proved" in report.facts
    real = check_text("net A(x: f32[N, 8]) = x -> Dropout(range(0.0, 0.5)) -> Linear(oneof(1, 2))")
    assert (real.ok, real.proved, real.checked) == (True, False, None)
    assert any("not proved between" in fact for fact in real.facts)
    recipe = check_text("net A(x: f32[N, 8]) = x -> Linear(oneof(1, 2))\ntrain { lr: range(0.0, 1.0) }")
    assert recipe.proved


def test_the_ends_of_continuous_decisions_are_tried() -> None:
    """A fault that only an end of the range brings about is found."""
    report = check_text("net A(x: f32[N, 8]) { p = range(0.0, 0.5)\n  x -> Linear(if p > 0.4 { 1 / 2 } else { 1 }) }")
    assert [each.code for each in report.diagnostics] == ["E0305"]


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.nas")), ids=lambda file: file.stem)
def test_after_a_clean_proof_random_architectures_build_and_run(file: Path) -> None:
    """Nothing is missed: what is drawn from a sample that checks clean is compiled and runs on the meta device."""
    assert check_file(file).ok
    space = load(file).space()
    if not space.nets:
        pytest.skip("a recipe without a net: nothing is built")
    for member in _drawn(space):
        for net in space.nets:
            graph = member.graph(net)
            with torch.device("meta"):
                network = symnas.compile(member, "torch", net=net).eval()
                inputs = [_tensor(type) for type in graph.scope.inputs]
                network(*inputs)


def _drawn(space: Space) -> Iterator[Architecture]:
    """All architectures where they are few, else some drawn at random."""
    if space.countable and space.size <= MEMBERS and not space.continuous:
        yield from (member for member in map(space.__getitem__, range(space.size)) if member.violated is None)
        return
    rng = Random(0)
    for _ in range(MEMBERS):
        yield space.sample(rng)


def _tensor(type: TensorType) -> torch.Tensor:
    """An input of this type, symbolic sizes being 2."""
    shape = tuple(size if isinstance(size, int) else 2 for size in type.shape)
    make = torch.zeros if type.dtype in (Dtype.I64, Dtype.I32, Dtype.BOOL) else torch.empty
    return make(shape, dtype=DTYPES[type.dtype], device="meta")


def test_facts_of_tools_say_what_is_proved() -> None:
    """A report of a clean space is proved, without a word more; one with faults is not."""
    assert check_text("net A(x: f32[N, 8]) = x -> Linear(oneof(1, 2))").proved
    assert not check_text("net A(x: f32[N, 8]) = x -> Linear(oneof(1, 1 / 2))").proved
    assert re.search(
        "fail here", str(check_text("net A(x: f32[N, 8]) = x -> Linear(oneof(1, 1 / 2))").diagnostics[0].spoils)
    )
