"""Damage done to programs: expressions exchanged, words and numbers replaced, signs cut and doubled."""

import re
from collections.abc import Sequence
from random import Random

from symnas import tree
from symnas.errors import SourceError
from symnas.grammar import parse

__all__ = ["damaged", "mutated"]

TOKEN = re.compile(r'#[^\n]*|\s+|[A-Za-z_]\w*|\d[\w]*(?:\.\d\w*)?|->|=>|==|!=|<=|>=|\*\*|//|\.\.|"[^"]*"|.', re.DOTALL)
WORDS = """Conv2d Linear ReLU LayerNorm Identity Dropout x image sum concat len range maybe oneof manyof N none true
reversed multiple subset permutation any all min max mean keys round shape channels train space params stack softmax
param Zero Embedding attend""".split()
NUMBERS = ["0", "1", "2", "3", "-1", "0.5", "1e400", "64", "10000000", "1e-3", "7", "1e30", "100001"]
SIGNS = ["+", "-", "*", "/", "//", "%", "**", "@", "==", "<", ">", "..", "and", "or", "in"]
AROUND = ["maybe({0})", "[{0}]", "({0}, {0})", "repeat({0}) {{ {1} }}", "{{a: {0}}}", "({0}).shape", "range({0}, {1})",
          "oneof({0}, {1})", "({0})", "{0}", "{0}", "{0}", "{0}"]  # fmt: skip


def damaged(text: str, rng: Random) -> str:
    """*text* after one to three changes, most of which leave it well formed."""
    for _ in range(rng.choice([1, 1, 2, 3])):
        places = _expressions(text) if rng.random() < 0.6 else []
        text = _exchanged(text, places, rng) if places else _replaced(text, rng)
    return text


def _expressions(text: str) -> list[tree.Expression]:
    try:
        waiting: list[tree.Node] = [parse(text)]
    except SourceError:
        return []
    found: list[tree.Expression] = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree.Expression) and node.span.text:
            found.append(node)
        waiting.extend(tree.children(node))
    return found


def _exchanged(text: str, places: list[tree.Expression], rng: Random) -> str:
    """One expression replaced by another of the program, perhaps with something around it."""
    place, other, third = (rng.choice(places).span for _ in range(3))
    made = rng.choice(AROUND).format(other.text, third.text)
    return text[: place.start] + made + text[place.end :]


def _replaced(text: str, rng: Random) -> str:
    """One word, number or sign replaced by another of its kind, or a bracket cut, doubled or moved."""
    tokens = TOKEN.findall(text)
    solid = [place for place, token in enumerate(tokens) if not token.isspace() and token[0] != "#"]
    if not solid:
        return text
    place, other = rng.choice(solid), rng.choice(solid)
    token = tokens[place]
    if token[0].isalpha() or token[0] == "_":
        tokens[place] = rng.choice([*WORDS, *(each for each in tokens if each[0].isalpha())])
    elif token[0].isdigit():
        tokens[place] = rng.choice(NUMBERS)
    elif token in SIGNS:
        tokens[place] = f" {rng.choice(SIGNS)} "
    else:
        tokens[place], tokens[other] = rng.choice(
            [("", tokens[other]), (token * 2, tokens[other]), (tokens[other], token)]
        )
    return "".join(tokens)


CHARACTERS = [
    *'(){}[],:=.+-*/%@<>#"\\$;!_ 0aé→\t\n\r\0\u200b\u202e\ufeff',
    "\U0001f600",
    "\u0301",
    "->",
    "=>",
    "..",
    "**",
]


def mutated(text: str, others: Sequence[str], rng: Random) -> str:
    """*text* after one to six changes of any kind: well formed or not, tokens and characters, pieces of *others*."""
    for _ in range(rng.choice([1, 1, 2, 3, 4, 6])):
        match rng.randrange(6):
            case 0 | 1:
                text = damaged(text, rng) if text.strip() else text
            case 2:
                text = _tokens_moved(text, rng)
            case 3:
                text = _spliced(text, rng.choice(others), rng)
            case _:
                text = _noised(text, rng)
    return text


def _tokens_moved(text: str, rng: Random) -> str:
    """A row of tokens left out, doubled, or put elsewhere."""
    tokens = TOKEN.findall(text)
    first, length, to = rng.randrange(len(tokens) + 1), rng.choice([1, 1, 2, 5, 20]), rng.randrange(len(tokens) + 1)
    row = tokens[first : first + length]
    match rng.randrange(3):
        case 0:
            del tokens[first : first + length]
        case 1:
            tokens[first:first] = row * rng.choice([1, 1, 2, 30])
        case _:
            del tokens[first : first + length]
            tokens[to:to] = row
    return "".join(tokens)


def _spliced(text: str, other: str, rng: Random) -> str:
    """Some lines of *other* put among those of *text*, or in place of some."""
    lines, more = text.splitlines(keepends=True), other.splitlines(keepends=True)
    at, begin = rng.randrange(len(lines) + 1), rng.randrange(len(more) + 1)
    lines[at : at + rng.choice([0, 0, 1, 5])] = more[begin : begin + rng.choice([1, 2, 5, 15])]
    return "".join(lines)


def _noised(text: str, rng: Random) -> str:
    """A few characters left out, or others put in."""
    for _ in range(rng.choice([1, 1, 3])):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(["", rng.choice(CHARACTERS)]) + text[at + rng.choice([0, 0, 1, 2, 10]) :]
    return text
