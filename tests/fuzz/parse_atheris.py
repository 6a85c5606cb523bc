"""Coverage-guided fuzzing of the parser, with atheris.

After `pip install atheris`, from the repository's root:

    python tests/fuzz/parse_atheris.py -max_total_time=600 CORPUS_FOLDER samples

Inputs are bytes read as UTF-8. Half of the mutations are libFuzzer's, half exchange tokens, lines and characters of
programs. Whatever is read prints and reads back; whatever is refused is explained with places inside the text. atheris
stops at the first input for which that is not so, and writes it down. It is no part of the tests that CI runs.
"""

import sys
from pathlib import Path
from random import Random

import atheris

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

with atheris.instrument_imports(include=["symnas"]):
    from symnas.errors import SourceError
    from symnas.grammar import comments, dump, parse, recover
    from symnas.grammar.formatter import format as formatted

from mutating import mutated

ROOT = Path(__file__).parents[2]
TEXTS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "samples").glob("*.nas"))]


def one_input(data: bytes) -> None:
    """Read *data* as a program; what can be read must print, read back and format, what cannot must be explained."""
    text = data.decode("utf-8", "replace")
    comments(text)
    recovered = recover(text)
    assert all(0 <= each.span.start <= each.span.end <= len(text) for each in recovered.mistakes)
    try:
        module = parse(text)
    except SourceError as error:
        if not (error.diagnostics and str(error) and recovered.mistakes):
            raise AssertionError("refused without a mistake") from error
    else:
        assert parse(dump(module)) == module
        assert parse(formatted(text)) == module


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """libFuzzer's mutations, or ours of programs."""
    if seed % 2:
        return bytes(atheris.Mutate(data, max_size))
    text = mutated(data.decode("utf-8", "replace"), TEXTS, Random(seed))
    return text.encode("utf-8", "replace")[:max_size]


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input, custom_mutator=mutate)
    atheris.Fuzz()
