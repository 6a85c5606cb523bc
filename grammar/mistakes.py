"""Every mistake that text alone can show, as data: code, message, remedy, and a smallest example.

The tests read each example and expect its code at its place. Finding the mistakes is the business of `tokens.py`,
`layout.py`, `diagnosis.py` and the modules that build nodes.
"""

from attrs import frozen

from symnas.errors import Diagnostic
from symnas.spans import Span

__all__ = ["MISTAKES", "Mistake", "diagnostic"]


@frozen
class Mistake:
    """One kind of mistake. *message* and *hint* take words in braces; *example* shows it at line and column *at*."""

    code: str
    message: str
    hint: str | None
    example: str
    at: tuple[int, int]


def diagnostic(code: str, span: Span, hint: str | None = None, **words: object) -> Diagnostic:
    """The mistake *code* at *span*; *hint* stands for the table's where it knows better."""
    mistake = _BY_CODE[code]
    remedy = hint if hint is not None else mistake.hint and mistake.hint.format(**words)
    return Diagnostic(code, mistake.message.format(**words), span, remedy)


MISTAKES = (
    Mistake(
        "E0101",
        "this `{bracket}` is never closed",
        "add `{closer}`",
        "net A(x: f32[N, 8]) {\n  x -> Linear(8 -> ReLU\n}\n",
        (2, 14),
    ),
    Mistake(
        "E0102",
        "value not used",
        "bind it, `y = …`, or discard it, `_ = …`",
        "net A(x: f32[N, 8]) {\n  y = x\n    - x\n  y\n}\n",
        (3, 5),
    ),
    Mistake(
        "E0103",
        "a body holds statements; `{label}:` belongs to a record",
        "write a record in braces of its own, `{{ {{{label}: …}} }}`",
        "fn f(a) {\n  if a { logits: a } else { a }\n}\n",
        (2, 10),
    ),
    Mistake("E0104", "missing `,` between items", None, "let a = [\n  1\n  2\n]\n", (3, 3)),
    Mistake(
        "E0105",
        "comparisons do not chain",
        "write `{left} and {right}`",
        "let a = 3\nrequire 1 < a < 5\n",
        (2, 15),
    ),
    Mistake("E0106", "`{word}` is a keyword, not a name", "try `{other}`", "block B(in, out) = Linear(out)\n", (1, 9)),
    Mistake("E0107", "no result", "end with `{name}`", "net A(x: f32[N, 8]) {\n  y = x -> Linear(8)\n}\n", (2, 3)),
    Mistake(
        "E0108",
        "an `if` used as a value needs `else`",
        "add `else {{ … }}`",
        "block B(x: [N, C]) {\n  x -> if false { ReLU }\n}\n",
        (2, 8),
    ),
    Mistake("E0109", "no result: the braces are empty", "end with a value", "block B(x: [N, C]) { }\n", (1, 20)),
    Mistake("E0110", "expected {expected}, found {found}", None, "let a = 1 + * 2\n", (1, 13)),
    Mistake("E0111", "`{sign}` has no meaning here", None, "let a = 1;\n", (1, 10)),
    Mistake("E0112", "this string is never closed", 'end it with `"` on its line', 'let a = "sgd\n', (1, 9)),
    Mistake("E0113", "`{written}` is not a number: no unit is called `{unit}`", None, "let a = 5Q\n", (1, 9)),
    Mistake("E0114", "`{word}` starts no declaration", None, "blok B = ReLU\n", (1, 1)),
    Mistake("E0115", "this `{bracket}` closes nothing", "remove it", "let a = (1 + 2))\n", (1, 16)),
    Mistake(
        "E0116",
        "brackets stand in brackets too deep",
        "give inner parts names; the limit is about 60 brackets",
        f"let a = {'(' * 90}1{')' * 90}\n",
        (1, 89),
    ),
    Mistake(
        "E0117",
        "this expression is too long a chain",
        "give its parts names; the limit is {limit} operators, fewer inside brackets",
        f"let a = 1{' + 1' * 300}\n",
        (1, 971),
    ),
    Mistake(
        "E0118",
        "the text has {size} characters; {most} bytes are the most",
        "split it with `import`, or raise the limit: `--limit bytes={raised}`",
        "",
        (1, 1),
    ),
    Mistake("E0119", "a name of {length:,} characters; 1,000 is the most", None, f"let {'a' * 2000} = 1\n", (1, 5)),
    Mistake(
        "E0120",
        "this number is too large or too fine to be meant",
        "numbers have at most 400 digits and exponents from -400 to 400",
        "let a = 1e999999999\n",
        (1, 9),
    ),
    Mistake(
        "E0121", "a new statement needs a new line", None, "fn f(a) {\n  b = a c = b\n  c\n}\n", (2, 9)
    ),
    Mistake(
        "E0122",
        "a line cannot begin with `{sign}`",
        "end the line before with `{sign}`",
        "let a = 1\n  + 2\n",
        (2, 3),
    ),
    Mistake(
        "E0123",
        "nothing can be bound to this",
        "left of `=` stands a name or `(a, b)`",
        "fn f(a) {\n  a[0] = 1\n  a\n}\n",
        (2, 3),
    ),
    Mistake("E0124", "`{variable}` stands in a `rule` only", None, "let a = $x\n", (1, 9)),
    Mistake(
        "E0125",
        "this `(` does not touch the name, so it calls nothing",
        "write `{name}(…)`",
        "let a = f (1)\n",
        (1, 11),
    ),
    Mistake(
        "E0126", "a computed label is one value in brackets", "write `[t]: …`", "let a = {[1, 2]: 3}\n", (1, 10)
    ),
    Mistake("E0127", "language version {version} is not known", "this is version 1", "nas 2\n", (1, 5)),
    Mistake("E0128", "`nas {version}` stands first in a file", None, "let a = 1\nnas 1\n", (2, 1)),
    Mistake("E0129", "a path counts with whole numbers, `stage[0]`", None, "moved a[0.5] => b\n", (1, 9)),
    Mistake(
        "E0130",
        "a string has no `\\{escape}`",
        'write `\\\\`, `\\"`, `\\n`, `\\t` or `\\u{{2192}}`',
        'let a = "\\q"\n',
        (1, 10),
    ),
    Mistake(
        "E0131",
        "`oneof` has no setting `{name}`",
        "`prior` gives probabilities, `oneof(a, b, prior = {{…}})`; labels stand in braces, `oneof {{ {name}: … }}`",
        "let a = oneof(1, x = 2)\n",
        (1, 18),
    ),
    Mistake("E0132", "`oneof` needs at least one alternative", "write `oneof(ReLU, GELU)`", "let a = oneof()\n", (1, 9)),
    Mistake("E0133", "`prior` is given twice", None, "let a = oneof(1, 2, prior = {}, prior = {})\n", (1, 33)),
)  # fmt: skip
"""The table, by code."""

_BY_CODE = {mistake.code: mistake for mistake in MISTAKES}
