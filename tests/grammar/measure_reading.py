"""How fast programs are read, beside bare lark on the same grammar and the same tokens.

`python tests/grammar/measure_reading.py [folder of .nas files]`; prints lines a second, best of several runs.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lark import Lark, Token
from lark.lexer import Lexer

from symnas.grammar import parse
from symnas.grammar.generate import STARTS, grammar_text
from symnas.grammar.layout import Layout
from symnas.grammar.reading import Reading
from symnas.grammar.tokens import scan
from symnas.spans import Source

SHOWCASE = Path(__file__).resolve().parents[3] / "shared" / "language" / "showcase"


class LayoutLexer(Lexer):
    """Gives lark the tokens that our layout makes."""

    def __init__(self, lexer_conf: object) -> None:
        del lexer_conf

    def lex(self, lexer_state: object) -> Iterator[Token]:  # type: ignore[override]  # lark hands a custom lexer the text
        """The tokens of a text."""
        reading = Reading(Source("<text>", str(lexer_state)))
        for token in Layout(reading, scan(reading)):
            yield Token(token.kind, token.text, token.start, end_pos=token.end)


def rate(read: Callable[[str], object], texts: list[str]) -> float:
    """Lines a second, the best of seven runs."""
    best = float("inf")
    for _ in range(7):
        begin = time.perf_counter()
        for text in texts:
            read(text)
        best = min(best, time.perf_counter() - begin)
    return sum(text.count("\n") for text in texts) / best


def bare(*, positions: bool) -> Callable[[str], object]:
    """Bare lark, with or without the positions that ours always has."""
    lark = Lark(
        grammar_text(), parser="lalr", lexer=LayoutLexer, start=STARTS, maybe_placeholders=True,
        propagate_positions=positions,
    )  # fmt: skip
    return lambda text: lark.parse(text, start="module")


def cold(path: Path) -> float:
    """Seconds to import the grammar and read one file in a fresh process, the interpreter's own start left out."""
    script = (
        "import sys, time; begin = time.perf_counter(); from symnas.grammar import parse;"
        "parse(open(sys.argv[1]).read()); print(time.perf_counter() - begin)"
    )
    command = [sys.executable, "-c", script, str(path)]
    return min(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(5))


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHOWCASE
    paths = sorted(folder.glob("*.nas"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    lines = [
        f"bare lark                 {rate(bare(positions=False), texts):9,.0f} lines/s",
        f"bare lark with positions  {rate(bare(positions=True), texts):9,.0f} lines/s",
        f"symnas, nodes and spans   {rate(parse, texts):9,.0f} lines/s",
        f"cold, {paths[0].name:<19} {cold(paths[0]) * 1000:9,.0f} ms",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
