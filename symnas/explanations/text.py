"""Mistakes of text: files, brackets, lines, words. Examples are the grammar's own."""

from symnas.explanations.entry import Explanation

__all__ = ["ENTRIES"]

ENTRIES = (
    Explanation(
        "E0101",
        "a bracket is never closed",
        (
            "The bracket that is underlined has no partner. The declaration it stands in is not read any "
            "further; others are."
        ),
        message="this `(` is never closed",
        right="""\
net A(x: f32[N, 8]) {
  x -> Linear(8) -> ReLU
}
""",
    ),
    Explanation(
        "E0102",
        "a value is computed and not used",
        (
            "A statement that is only a value does nothing: every value is bound, given as the result, or "
            "discarded with `_ = …`. Often the line was meant to go on: an operator stands at the end of a "
            "line, not at the beginning of the next."
        ),
        message="value not used",
        right="""\
net A(x: f32[N, 8]) {
  y = x -
    x
  y
}
""",
    ),
    Explanation(
        "E0103",
        "a label among statements",
        ("The braces after `if`, `for` and the like hold statements. A record as a value stands in braces of its own."),
        message="a body holds statements; `logits:` belongs to a record",
        right="""\
fn f(a) {
  if a { {logits: a} } else { a }
}
""",
    ),
    Explanation(
        "E0104",
        "a comma is missing",
        (
            "Items of a list, a tuple or arguments are parted by commas. A new line parts the items of records "
            "and statements only."
        ),
        message="missing `,` between items",
        right="""\
let a = [
  1,
  2
]
""",
    ),
    Explanation(
        "E0105",
        "comparisons do not chain",
        (
            "`a < b < c` has two comparisons of which the second would compare a truth value. Each comparison "
            "is written out."
        ),
        message="comparisons do not chain",
        right="""\
let a = 3
require 1 < a and a < 5
""",
    ),
    Explanation(
        "E0106",
        "a keyword where a name stands",
        (
            "Reserved words cannot name anything. After a point, before a label's `:` and before a setting's "
            "`=` any word is a name."
        ),
        message="`in` is a keyword, not a name",
        right="""\
block B(inputs, out) = Linear(out)
""",
    ),
    Explanation(
        "E0107",
        "a body has no result",
        "The last expression of a body is its value; a binding has none.",
        message="no result",
        right="""\
net A(x: f32[N, 8]) {
  y = x -> Linear(8)
  y
}
""",
    ),
    Explanation(
        "E0108",
        "an `if` as a value has no `else`",
        (
            "Where the value of an `if` is used there must be one for either answer. As a statement that "
            "updates names an `if` may stand without `else`."
        ),
        message="an `if` used as a value needs `else`",
        right="""\
block B(x: [N, C]) {
  x -> if false { ReLU } else { Identity }
}
""",
    ),
    Explanation(
        "E0109",
        "empty braces where a value is needed",
        "A body's value is its last expression; empty braces have none.",
        message="no result: the braces are empty",
        right="""\
block B(x: [N, C]) { x }
""",
    ),
    Explanation(
        "E0110",
        "something else was expected",
        "What is underlined cannot stand here. The message names what could.",
        message="expected a value, found `*`",
        right="""\
let a = 1 + 2
""",
    ),
    Explanation(
        "E0111",
        "a sign without meaning",
        "The language has no such sign; the hint names what is written instead.",
        message="`;` has no meaning here",
        right="""\
let a = 1
""",
    ),
    Explanation(
        "E0112",
        "a string is never closed",
        "A string ends on the line on which it begins.",
        message="this string is never closed",
        right="""\
let a = "sgd"
""",
    ),
    Explanation(
        "E0113",
        "an unknown unit",
        "Numbers take the units K, M, G (thousands), KiB, MiB, GiB (bytes), ns, us, ms, s (seconds).",
        message="`5Q` is not a number: no unit is called `Q`",
        right="""\
let a = 5M
""",
    ),
    Explanation(
        "E0114",
        "no declaration begins like this",
        (
            "At the top of a file stand declarations, each beginning with its word: `block`, `cell`, `net`, "
            "`let`, `fn`, `shared`, `train`, `search`, `require`, `assert`, `maximize`, `minimize`, `measure`, "
            "`rule`, `import`, `use`, `pick`, `moved`."
        ),
        message="`blok` starts no declaration",
        right="""\
block B = ReLU
""",
    ),
    Explanation(
        "E0115",
        "a bracket closes nothing",
        "There is no open bracket that this one could close.",
        message="this `)` closes nothing",
        right="""\
let a = (1 + 2)
""",
    ),
    Explanation(
        "E0116",
        "too many brackets in brackets",
        (
            "Every later step walks the tree of an expression, so its depth has a limit. Parts with names are "
            "not counted together."
        ),
        message="brackets stand in brackets too deep",
        right="""\
let b = 1
let a = (b)
""",
    ),
    Explanation(
        "E0117",
        "too long a chain of operators",
        (
            "An expression of hundreds of operators in a row makes a tree too deep to walk. Name its parts, or "
            "use a list and `sum`."
        ),
        message="this expression is too long a chain",
        right="""\
let a = sum([1 for i in 1..301])
""",
    ),
    Explanation(
        "E0118",
        "a text of more than 4 MiB",
        "Programs are written by people; a longer text is most likely data that belongs elsewhere.",
        elsewhere="any text above the limit",
    ),
    Explanation(
        "E0119",
        "a name of more than 1,000 characters",
        "Such a name is most likely not meant as one.",
        message="a name of 2,000 characters; 1,000 is the most",
        right="""\
let a = 1
""",
    ),
    Explanation(
        "E0120",
        "a number beyond all use",
        (
            "Numbers are exact, so one of millions of digits would cost as much. 400 digits, and exponents from "
            "-400 to 400, are the most."
        ),
        message="this number is too large or too fine to be meant",
        right="""\
let a = 1e9
""",
    ),
    Explanation(
        "E0121",
        "two statements on one line",
        "A statement or declaration ends with its line.",
        message="a new statement needs a new line",
        right="""\
fn f(a) {
  b = a
  c = b
  c
}
""",
    ),
    Explanation(
        "E0122",
        "a line begins with an operator",
        (
            "A line that is complete ends its statement. Only `->`, `=>`, `.`, `,`, `and`, `or`, `else`, `as`, "
            "`where`, `with`, `keep` and closing brackets may begin a line that continues the one before."
        ),
        message="a line cannot begin with `+`",
        right="""\
let a = 1 +
  2
""",
    ),
    Explanation(
        "E0123",
        "nothing can be bound to this",
        (
            "Left of `=` stands a name, or names in brackets. Values do not change: a new list, a new version "
            "of a name is made instead."
        ),
        message="nothing can be bound to this",
        right="""\
fn f(a) {
  b = [1, *a[1:]]
  b
}
""",
    ),
    Explanation(
        "E0124",
        "a rule's variable outside a rule",
        "`$x` binds and stands for parts of what a rule matches; nowhere else does it mean anything.",
        message="`$x` stands in a `rule` only",
        right="""\
let x = 1
let a = x
""",
    ),
    Explanation(
        "E0125",
        "a bracket apart from the name it calls",
        "`f (1)` is `f`, then a group: only a bracket that touches what stands before it calls or indexes.",
        message="this `(` does not touch the name, so it calls nothing",
        right="""\
fn f(a) = a
let a = f(1)
""",
    ),
    Explanation(
        "E0126",
        "a computed label is one value",
        "`[t]: …` in a record computes one label; a list of several is none.",
        message="a computed label is one value in brackets",
        right="""\
let a = {["x"]: 3}
""",
    ),
    Explanation(
        "E0127",
        "an unknown version of the language",
        "A file may say which version it is written in. This is version 1.",
        message="language version 2 is not known",
        right="""\
nas 1
""",
    ),
    Explanation(
        "E0128",
        "`nas 1` stands first",
        "The version is the first thing in a file.",
        message="`nas 1` stands first in a file",
        right="""\
nas 1
let a = 1
""",
    ),
    Explanation(
        "E0129",
        "a path counts with whole numbers",
        "In paths of decisions `[0]`, `[1]` … number what would have the same name.",
        message="a path counts with whole numbers, `stage[0]`",
        right="""\
let a = oneof(1, 2)
net A(x: f32[N, 8]) {
  x -> Linear(a)
}
moved b[0] => a
""",
    ),
    Explanation(
        "E0130",
        "an unknown escape in a string",
        "A `\\` in a string begins one of a few escapes.",
        message="a string has no `\\q`",
        right="""\
let a = "q"
""",
    ),
    Explanation(
        "E0131",
        "a setting that `oneof` does not have",
        "Alternatives stand in `oneof` by position; labels stand in braces. The one setting is `prior`.",
        message="`oneof` has no setting `x`",
        right="""\
let a = oneof { one: 1, x: 2 }
""",
    ),
    Explanation(
        "E0132",
        "a `oneof` without alternatives",
        "There must be something to choose from; a single alternative is no decision, but allowed.",
        message="`oneof` needs at least one alternative",
        right="""\
let a = oneof(ReLU, GELU)
""",
    ),
    Explanation(
        "E0133",
        "`prior` is given twice",
        "The probabilities of a `oneof` are one record.",
        message="`prior` is given twice",
        right="""\
let a = oneof(1, 2)
""",
    ),
    Explanation(
        "E0150",
        "a file of more than 4 MiB",
        "Programs are written by people; a longer file is most likely data. Imported files count together.",
        elsewhere="any file above the limit",
    ),
    Explanation(
        "E0151",
        "a file cannot be read",
        (
            "There is no such file, it is a folder, or reading it is not permitted. Imported files are looked "
            "for from the importing file on."
        ),
        elsewhere="`symnas check missing.nas`",
    ),
    Explanation(
        "E0152",
        "a file is not UTF-8 text",
        "Programs are UTF-8. An editor can save the file so.",
        elsewhere="a file in another encoding",
    ),
    Explanation(
        "E0153",
        "how an imported file is named",
        (
            "Imports name files from the importing file on, with `/`, never absolutely, so that a folder of "
            "programs can be moved."
        ),
        elsewhere='`import "/etc/a.nas" (A)`',
    ),
    Explanation(
        "E0154",
        "an import leaves the folder",
        (
            "Reading a program never reads outside the folder of the file that is read first, through links "
            "either: a program from elsewhere cannot look around."
        ),
        elsewhere='`import "../secret.nas" (A)`',
    ),
    Explanation(
        "E0155",
        "files import one another in a circle",
        "A file is read before what imports it. What both need belongs to a third file.",
        elsewhere="two files that import each other",
    ),
    Explanation(
        "E0156",
        "imports are nested too deep",
        "Files that import files that import files have a limit of 50.",
        elsewhere="a chain of more than 50 files",
    ),
    Explanation(
        "E0157",
        "an import in a text without a folder",
        "A text has no place from which files could be looked for. `symnas.parse` takes `folder`.",
        wrong="""\
import "parts.nas" (B)
""",
        at=(1, 1),
        message='"parts.nas" is not known: this program was read from text alone',
        right="""\
block B(x: [N, C]) = x -> ReLU
""",
    ),
    Explanation(
        "E0158",
        "an imported file is not the pinned one",
        "A pin is the SHA-256 of the file's bytes. It changes whenever the file does, which is its purpose.",
        elsewhere='`import "parts.nas" "sha256:0123456789abcdef" (B)`',
    ),
)
