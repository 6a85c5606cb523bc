"""Whatever is read, either a program or a `SourceError` comes of it."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from symnas.errors import SourceError
from symnas.grammar import comments, dump, parse, parse_expression
from symnas.grammar.tokens import keywords

PIECES = [
    *keywords(), *"(){}[],:=.+-*/%@<>\n\t #\"'$\\;!é→", "->", "=>", "==", "..", "**", "//", "x", "Conv2d", "1", "0.5",
    "8MiB", '"a"', "$x", "$*r", "\n", "\n", "not in", "else if", "{ ", " }",
]  # fmt: skip


def survives(text: str) -> None:
    """Read *text*; what can be read must print and read back, what cannot must explain itself."""
    comments(text)
    for read in (parse, parse_expression):
        try:
            found = read(text)
        except SourceError as error:
            refusal = error
        else:
            assert read(dump(found)) == found
            continue
        assert refusal.diagnostics
        assert str(refusal)
        assert all(0 <= each.span.start <= each.span.end <= len(text) for each in refusal.diagnostics)


def mutated(text: str, rng: random.Random) -> str:
    """*text* with a few pieces cut, doubled, moved or put in."""
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(text) + 1), rng.choice([0, 1, 1, 2, 5, 40])
        kind = rng.randrange(4)
        piece = rng.choice(PIECES) if kind < 2 else "" if kind == 2 else text[at : at + length] * 2
        text = text[:at] + piece + text[at + (0 if kind == 0 else length) :]
    return text


@pytest.mark.parametrize("seed", range(4))
def test_mutated_programs_never_crash(seed: int, shared: Path) -> None:
    """Programs of the showcase with random damage are read or refused."""
    rng = random.Random(seed)
    texts = [path.read_text(encoding="utf-8") for path in sorted((shared / "language").rglob("*.nas"))]
    for _ in range(100):
        survives(mutated(rng.choice(texts), rng))


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))
@example('( { ) pick # keep [ for moved ] , = \n train % ) ( cell # train ( ] pick " {  3 ] } require { block')
@example("{ and } as and and")  # an expression alone, with a mistake behind a statement that was left out
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_random_words_never_crash(text: str) -> None:
    """Random sequences of the language's own words and signs are read or refused."""
    survives(text)


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_random_text_never_crashes(text: str) -> None:
    """Random characters are read or refused."""
    survives(text)
