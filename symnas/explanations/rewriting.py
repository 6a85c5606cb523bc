"""Mistakes of rules and of nets made by them."""

from symnas.explanations.entry import Explanation

__all__ = ["ENTRIES"]

ENTRIES = (
    Explanation(
        "E0250",
        "a pattern that no rule can find",
        (
            "A pattern is a call of an operator, block or cell, or `$x` for any layer. In it stand variables, "
            "values and lists of these."
        ),
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d(kernel_size = 3) => ReLU
net Small = Big with r
""",
        at=(2, 9),
        message="the pattern leaves out `out_channels`, which every `Conv2d` has",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => ReLU
net Small = Big with r
""",
    ),
    Explanation(
        "E0251",
        "a net made with a rule of several stages",
        "A net of the file is rewritten layer by layer: its rules match one layer, or the block that holds several. "
        "`symnas rewrite` and `symnas.rewrite` carry a rule of several stages out on one network.",
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) -> ReLU => ReLU
net Small = Big with r
""",
        at=(3, 22),
        message="rule `r` matches several stages, which a net `with` rules does not",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => ReLU
net Small = Big with r
""",
    ),
    Explanation(
        "E0252",
        "a variable that the pattern does not bind",
        "Replacement and condition may use what the pattern binds.",
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => Conv2d($p)
net Small = Big with r
""",
        at=(2, 33),
        message="the pattern binds no `$p`",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => Conv2d($o, 1)
net Small = Big with r
""",
    ),
    Explanation(
        "E0253",
        "a rest that is given twice",
        ("`$*rest` binds all settings that a call of the pattern does not name: once, under a name of its own."),
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, $*a, $*b) => ReLU
net Small = Big with r
""",
        at=(2, 25),
        message="a call has one `$*` at most, under a name of its own",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, $*a) => ReLU
net Small = Big with r
""",
    ),
    Explanation(
        "E0254",
        "what may be asked of a match",
        (
            "Of the whole match, `as $f`, a rule may ask `$f.in == $f.out` and `$f.path in Block`; of its types "
            "the parts, such as `$f.in.channels`."
        ),
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) as $f where $f.in == 3 => ReLU
net Small = Big with r
""",
        at=(2, 35),
        message="`$f.in` is no value: a part of it is, or a comparison",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) as $f where $f.in.channels == 3 => ReLU
net Small = Big with r
""",
    ),
    Explanation(
        "E0255",
        "what a path is compared with",
        "`$f.path in Block` asks whether the match stands in a block or cell.",
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) as $f where $f.path == "x" => ReLU
net Small = Big with r
""",
        at=(2, 35),
        message="`$f.path` is asked with `in`",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) as $f where $f.in.channels == 3 => ReLU
net Small = Big with r
""",
    ),
    Explanation(
        "E0256",
        "an unknown way to keep weights",
        "`keep same`, `keep slice` or `keep replicate`.",
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => Conv2d($o, 3) keep slices
net Small = Big with r
""",
        at=(2, 45),
        message="weights are not carried over by `keep slices`",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => Conv2d($o, 3) keep slice
net Small = Big with r
""",
    ),
    Explanation(
        "E0257",
        "an unknown rule",
        "`net … with` lists rules of the file, or imported ones.",
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
net Small = Big with r
""",
        at=(2, 22),
        message="there is no rule `r`",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => ReLU
net Small = Big with r
""",
    ),
    Explanation(
        "E0258",
        "an unknown net to rewrite",
        "`net Small = Big with …` rewrites a net of the file, or an imported one.",
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => ReLU
net Small = Bigg with r
""",
        at=(3, 13),
        message="there is no net `Bigg`",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => ReLU
net Small = Big with r
""",
    ),
    Explanation(
        "E0259",
        "a net rewritten in terms of itself",
        "There must be a net at the beginning that is written out.",
        wrong="""\
rule r: Conv2d($o, 3) => ReLU
net Small = Small with r
""",
        at=(2, 5),
        message="`Small` is rewritten in terms of itself",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => ReLU
net Small = Big with r
""",
    ),
    Explanation(
        "E0260",
        "a rule listed twice",
        "Each rule is applied once, in the order of the list.",
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => ReLU
net Small = Big with r, r
""",
        at=(3, 25),
        message="rule `r` is listed twice",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => ReLU
net Small = Big with r
""",
    ),
    Explanation(
        "E0261",
        "a decision in a pattern or condition",
        "What is matched is decided already; decisions stand in the replacement, one for each match.",
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, oneof(1, 3)) => ReLU
net Small = Big with r
""",
        at=(2, 20),
        message="a pattern decides nothing",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => Conv2d($o, oneof(1, 3))
net Small = Big with r
""",
    ),
    Explanation(
        "E0262",
        "a rest that does not fit",
        "The settings that `$*rest` holds must be settings of what is called with it.",
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, $*r) => Linear($o, $*r)
net Small = Big with r
""",
        at=(2, 39),
        message="`$*r` holds `kernel_size`, which `Linear` has not",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, $*r) => Conv2d($o, $*r)
net Small = Big with r
""",
    ),
    Explanation(
        "E0263",
        "a variable that only some alternatives bind",
        "Whichever alternative of a pattern matches, the replacement must know its variables.",
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: oneof(Conv2d($o, 3), ReLU) => ReLU
net Small = Big with r
""",
        at=(2, 30),
        message="`$o` is bound by some alternatives only",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: oneof(Conv2d($o, 3), Linear($o)) => ReLU
net Small = Big with r
""",
    ),
    Explanation(
        "E0264",
        "a rule that matches nothing",
        (
            "The rule is listed, and nothing in the net fits its pattern and condition, whatever is decided: "
            "most likely a setting is written otherwise."
        ),
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 5) => ReLU
net Small = Big with r
""",
        at=(3, 22),
        message="rule `r` matches nothing in `Big`",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: Conv2d($o, 3) => ReLU
net Small = Big with r
""",
    ),
    Explanation(
        "E0266",
        "what `same` compares",
        "`assert same(A, B)` tests on random inputs that two nets compute the same.",
        wrong="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
assert same(Big)
""",
        at=(2, 8),
        message="`same` compares two nets",
        right="""\
net Big(x: f32[N, 3, 8, 8]) = x -> Conv2d(4, 3) -> ReLU
rule r: ReLU => ReLU
net Small = Big with r
assert same(Big, Small)
""",
    ),
    Explanation(
        "E0267",
        "a rule that reads what the network has decided",
        "On one network a rule may decide something of its own, but what the network's program has decided (a `let` with a "
        "placeholder) has one value there: write that.",
        elsewhere="`symnas rewrite` with a rule like `Conv2d($*all) => Conv2d(width, 3)` where `let width = oneof(8, 16)`",
    ),
    Explanation(
        "E0268",
        "a replacement that gives more or fewer tensors",
        "What a rule puts down is read by what read the match, so it gives as many tensors.",
        elsewhere="`symnas rewrite` with a rule like `LSTM($*all) => ReLU`, where an LSTM gives three tensors",
    ),
    Explanation(
        "E0269",
        "a value of a match that cannot be written down",
        "A rule with placeholders is written into the program that comes of it, with the values that its variables stand "
        "for; a tensor, for one, has no text.",
        elsewhere="`symnas rewrite` with a rule like `Mix($x) => maybe(Mix($x))`, where `Mix` was given a tensor",
    ),
    Explanation(
        "E0270",
        "costs of a match that are not decided",
        "In a net `with` rules, what a layer costs is known where it decides nothing: what it is made of, and what it is "
        "called with, is then worked out by itself.",
        wrong="""\
block B(n, k = oneof(3, 5)) = Conv2d(n, k) -> ReLU
net Big(x: f32[N, 8, 4, 4]) = x -> B(8)
rule r: B($n, $_) as $b where $b.params > 500 => Conv2d($n, 1)
net Small = Big with r
""",
        at=(3, 31),
        message="what `B` costs is not decided where the rule asks for it",
        right="""\
block B(n, k = oneof(3, 5)) = Conv2d(n, k) -> ReLU
net Big(x: f32[N, 8, 4, 4]) = x -> B(8)
rule r: B($n, $k) where $k > 3 => Conv2d($n, 1)
net Small = Big with r
""",
    ),
)
