"""Hostile programs, given to `symnas check`: whatever they compute ends in facts or in a message, within limits.

Texts that are hostile by their form are in `tests/grammar`; files that are hostile by where they lie, in `test_imports`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confined import Confined, confined


def net(body: str) -> str:
    """A net with the statements *body*."""
    return f"net A(x: f32[N, 8]) {{\n  {body}\n}}\n"


def flow(layer: str) -> str:
    """A net that applies *layer*."""
    return f"net A(x: f32[N, 8]) = x -> {layer}\n"


def row(first: str, step: str, count: int, last: str) -> str:
    """`let a0` to `let a[count]`, each made from the one before (`{0}`), and *last*, which reads the last of them."""
    lets = [f"let a0 = {first}", *(f"let a{i + 1} = {step.format(f'a{i}')}" for i in range(count))]
    return "\n".join(lets) + "\n" + last.format(f"a{count}")


def blocks(count: int, body: str, last: str) -> str:
    """`block B0` to `block B[count]`, each made of the next (`{0}`), and a net that applies the first."""
    made = [f"block B{i}()(x) = {body.format(f'B{i + 1}')}" for i in range(count)]
    return "\n".join([*made, f"block B{count}()(x) = x -> {last}", flow("B0")])


WIDE = ", ".join(f"a{i}: Linear({i + 1})" for i in range(3_000))
CHOICE = flow("oneof(ReLU, Tanh)")

HOSTILE: dict[str, tuple[str | Callable[[], str], str]] = {
    # numbers
    "an enormous literal": (flow("Linear(1e999999999)"), "E0120"),
    "a tower of powers": (flow("Linear(9**9**9**9)"), "E0406"),
    "a small power": (flow("Linear(2 ** -1000000)"), "E0406"),
    "powers of powers": (flow("Linear((((2**64)**64)**64)**64)"), "E0406"),
    "squares of squares": (row("3", "{0} * {0}", 60, flow("Linear({0})")), "E0406"),
    "squares of fractions": (row("1/3", "{0} * {0}", 60, flow("Dropout({0})")), "E0406"),
    "a power that is no number": (flow("Linear((0 - 8) ** 0.5)"), "E0406"),
    "zero to a negative power": (flow("Linear(0 ** -1)"), "E0405"),
    "a setting beyond 64 bits": (flow("Linear(10**30)"), "E0305"),
    "a real beyond 64 bits": (flow("Dropout(1e400)"), "E0305"),
    "a number on a tensor beyond 64 bits": (flow("ReLU * 1e400"), "E0410"),
    "a tensor times a number beyond 64 bits": (net("x * 1e400"), "E0305"),
    "a real that 64 bits cannot tell from 0": (flow("Dropout(1e-400)"), ""),
    "a recipe beyond Python's numbers": (CHOICE + "train { lr: 1e400 + 1/2 }\n", "E0406"),
    "a range of reals beyond 64 bits": (CHOICE + "train { lr: range(0.0, 1e400) }\n", "E0406"),
    "a logarithmic range from nothing": (CHOICE + "train { lr: range(1e-400, 1.0, log = true) }\n", "E0509"),
    "a size beyond 64 bits": ("net A(x: f32[N, 10**30]) = x -> ReLU\n", "E0426"),
    "sizes that multiply": ("net A(x: f32[N, 10**18, 10**18, 10**18]) = x -> Flatten -> ReLU\n", "E0403"),
    "sizes that double": (net("x = concat([x, x], dim = 1)\n  " * 200 + "x"), "E0403"),
    "channels in thousands of billions": ("net A(x: f32[N, 3, 8, 8]) = x -> Conv2d(10**12, 1)\n", ""),
    "sizes with many terms": (net("y = x.reshape((N+1)*(N+2)*(N+3)*(N+4)*(N+5), -1)\n  y"), "E0"),
    # lists
    "a long range of numbers": (flow("Linear(len(0..10**30))"), "E0406"),
    "a comprehension of 10^8 turns": (flow("Linear(len([a for a in 0..9999 for b in 0..9999]))"), "E0502"),
    "10^8 turns that keep nothing": (flow("Linear(1 + len([a for a in 0..9999 for b in 0..9999 if false]))"), "E0515"),
    "a list doubled 60 times": (row("[1]", "[*{0}, *{0}]", 60, flow("Linear(len({0}))")), "E0502"),
    "a list of tensors doubled": (net("ys = [x]\n  for i in 1..60 { ys = [*ys, *ys] }\n  sum(ys)"), "E0502"),
    "lists of the same lists as an argument": (
        row("[1]", "[{0}, {0}]", 60, "block B(l)(x) = x -> Linear(len(l))\n" + flow("B({0})")), "E0502",
    ),
    "lists of the same lists compared": (
        row("[1]", "[{0}, {0}]", 60, CHOICE + "let b = {0}\nassert [b, 1] == [{0}, 2]\n"), "E0406",
    ),
    "lists of the same lists in the recipe": (row("[1]", "[{0}, {0}]", 60, CHOICE + "train {{ l: {0} }}\n"), "E0502"),
    "tuples of the same tuples as outputs": (net("y = (x, x)\n  " + "y = (y, y)\n  " * 60 + "y"), "E0502"),
    "slices of a long list": (
        "block B(l)(x) = if len(l) > 1 { x -> ReLU -> B(l[1:]) } else { x -> ReLU }\n" + flow("B(1..10_000)"), "E0505",
    ),
    "a slice in steps of nothing": (flow("Linear([1, 2][::0][0])"), "E0415"),
    "steps of nothing": (flow("Linear(range(1, 2, step = 0))"), "E0509"),
    # loops and recursion
    "loops of 10^9 turns": (net("for a in 1..1000 { for b in 1..1000 { for c in 1..1000 { x = x -> ReLU } } }\n  x"), "E0501"),
    "loops of 10^6 turns without effect": (
        net("for a in 1..100 { for b in 1..100 { for c in 1..100 { if a == 0 { x = x -> ReLU } } } }\n  x"), "",
    ),
    "repeats of 10^9 turns": (flow("repeat(1000) { repeat(1000) { repeat(1000) { ReLU } } }"), "E0501"),
    "repeats of 10^9 choices": (flow("repeat(1000) { repeat(1000) { repeat(1000) { maybe(ReLU) } } }"), "E0501"),
    "repeats of nothing": (flow("repeat(100_000) { repeat(100_000) { Identity } }"), ""),
    "repeats of a block of nothing": (
        "block B = Identity\n" + flow("repeat(10_000) { repeat(10_000) { B } }"), "E0501",
    ),
    "blocks of blocks of nothing": (blocks(30, "x -> {0} -> {0}", "Identity"), "E0501"),
    "more turns than the limit": (flow("repeat(10**30) { ReLU }"), "E0501"),
    "a fn without end": ("fn f(n) = f(n)\n" + flow("Linear(f(1))"), "E0505"),
    "a fn of a million calls": ("fn f(n) = if n > 0 { f(n - 1) } else { 1 }\n" + flow("Linear(f(1_000_000))"), "E0505"),
    "a fn of 2^60 calls": ("fn f(n) = if n < 2 { n } else { f(n - 1) + f(n - 2) }\n" + flow("Linear(f(60))"), "E0515"),
    "fns of 2^100 calls": (
        "\n".join(f"fn f{i}(x) = f{i + 1}(x) + f{i + 1}(x)" for i in range(100)) + "\nfn f100(x) = x\n" + flow("Linear(f0(1))"),
        "E0515",
    ),
    "a block without end": ("block B()(x) = x -> B\n" + flow("B"), "E0505"),
    "a block of 2^190 layers": (
        "block B(d)(x) = if d > 0 { x -> B(d - 1) -> B(d - 1) } else { x -> ReLU }\n" + flow("B(190)"), "E0501",
    ),
    "a block of 2^190 choices": (
        "block B(d)(x) = if d > 0 { x -> B(d - 1) -> B(d - 1) } else { x -> oneof(ReLU, Tanh) }\n" + flow("B(190)"),
        "E0501",
    ),
    "a tree of choices 150 deep": (
        "block B(d)(x) = x -> oneof { a: B(d - 1) -> B(d - 1) if d > 0, b: Linear(oneof(1, 2, 3)) }\n" + flow("B(150)"),
        "E0501",
    ),
    "a row of blocks": (blocks(5_000, "x -> {0}", "ReLU"), "E0516"),
    "a row of blocks as deep as may be": (blocks(150, "x -> {0}", "ReLU"), ""),
    "blocks of 2^100 layers": (blocks(100, "x -> {0} -> {0}", "ReLU"), "E0501"),
    "lets in a circle": ("let a = b\nlet b = c\nlet c = a\n" + flow("Linear(a)"), "E0209"),
    "a row of lets": (row("1", "{0} + 1", 50_000, flow("Linear({0})")), "E0516"),
    "a row of deciding lets": (row("1", "oneof({0}, 2)", 1_000, flow("Linear({0})")), ""),
    "a row of values in a net": (net("n = 1\n  " + "n = n + 1\n  " * 20_000 + "x -> Linear(n)"), ""),
    "a sum in a loop": (net("n = 1\n  for i in 1..20_000 { n = n + i }\n  x -> Linear(n)"), ""),
    "layers of the same layers": (net("f = ReLU\n  " + "f = f -> f\n  " * 60 + "x -> f"), "E0501"),
    "rules upon rules": (
        "block B()(x) = x -> ReLU\n" + "\n".join(f"rule r{i}: B => B -> B" for i in range(22))
        + f"\n{flow('repeat(50) { B }')}net S = A with {', '.join(f'r{i}' for i in range(22))}\n",
        "E05",
    ),
    # choices
    "a choice of thousands": (flow(f"oneof {{ {WIDE} }} -> Linear(3)"), ""),
    "thousands of guards": (
        "let n = oneof(1, 2, 3)\n" + flow("oneof { " + ", ".join(f"a{i}: Linear({i + 1}) if n < {i}" for i in range(2_000)) + " }"),
        "",
    ),
    "an order of ten thousand": (CHOICE + "train { l: permutation(1..10_000) }\n", ""),
    "half of ten thousand": (CHOICE + "train { l: manyof(5000, 1..10_000) }\n", ""),
    "any of ten thousand": (CHOICE + "train { l: subset(1..10_000) }\n", ""),
    "more than there are": (CHOICE + "train { l: manyof(10**30, [1, 2]) }\n", "E0513"),
    "a range of 10^30": (flow("Linear(range(1, 2**62))"), ""),
    "a range in steps of 10^-30": (flow("Dropout(range(0, 1, step = 1e-30))"), ""),
    "entangled sums": (
        "\n".join(f"let a{i} = oneof({i}, {2**i})" for i in range(40)) + "\n"
        + flow(f"Linear(sum([{', '.join(f'a{i}' for i in range(40))}]) + 1)"), "",
    ),
    "entangled shapes": (net("x = concat([x, x -> Linear(range(1, 9))])\n  " * 30 + "x"), ""),
    "a `require` that nothing meets": (f"let n = range(1, 2**62)\n{flow('Linear(n)')}require A.params < 0\n", "E0608"),
    "a `require` that one of 2^62 meets": (f"let n = range(1, 2**62)\n{flow('Linear(8)')}require n == 3\n", ""),
    "a pick with many entries": (
        flow("oneof(ReLU, Tanh) as a") + "pick {" + ",\n".join(f"b{i}: 1" for i in range(20_000)) + "}\n", "E0610",
    ),
    "a row of moves": (
        flow("oneof(ReLU, Tanh) as a") + "\n".join(f"moved a{i} => a{i + 1}" for i in range(1_000)), "E0",
    ),
    # names
    "thousands of unknown names": (net("\n  ".join(f"x = x -> Foo{i}" for i in range(20_000)) + "\n  x"), "E0201"),
    "names that are nearly others": (
        "\n".join([*(f"let abcdefgh{i} = 1" for i in range(3_000)), *(f"let z{i} = abcdefgj{i}" for i in range(3_000))]), "E0201",
    ),
    "labels that are nearly others": (
        "let r = {" + ", ".join(f"abcdefgh{i}: 1" for i in range(2_000)) + "}\n" + CHOICE
        + "\n".join(f"assert r.abcdefgj{i} == 1" for i in range(2_000)), "E0417",
    ),
    "a name declared thousands of times": ("let a = 1\n" * 20_000, "E0204"),
    "a parameter named thousands of times": (f"block B({', '.join('a' * 5_000)})(x) = x -> ReLU\n" + flow("B(1)"), "E0204"),
    # what is Python's
    "builtins": ("use builtins (eval)\n" + flow("eval"), "E0"),
    "the class of a tensor": (net("x.__class__"), "E0418"),
    "the class of a list": (net("x.reshape(x.shape.__class__)"), "E0418"),
    "the module of an operator": (flow("ReLU.__module__"), "E0"),
    "a method of a list": (net("x.shape.append(1)"), "E0"),
    "an import by call": (flow('__import__("os")'), "E0201"),
    "a lambda": (flow("lambda y: y"), "E01"),
}  # fmt: skip
"""A program, and how the code of its mistake begins; empty for what is fine."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Confined]:
    """Runs `symnas`, with limits of memory and time."""
    with confined(tmp_path_factory.mktemp("hostile")) as started:
        yield started


@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_hostile_programs_end_in_a_message(case: str, tmp_path: Path, run: Confined) -> None:
    """A hostile program is checked in bounded time and memory; its mistake has a code and a place."""
    content, code = HOSTILE[case]
    file = tmp_path / "x.nas"
    file.write_text(content() if callable(content) else content, encoding="utf-8")
    found = run("check", file)
    assert found.explained, found
    assert found.status == (1 if code else 0), found
    assert not code or f"[{code}" in found.printed
    assert not code or f"{file}:" in found.printed


BUILT = ("a block of 2^190 choices", "a tree of choices 150 deep", "an order of ten thousand", "half of ten thousand",
         "repeats of 10^9 choices", "repeats of nothing", "blocks of blocks of nothing", "entangled sums", "a choice of thousands")  # fmt: skip


@pytest.mark.parametrize("verb", ("count", "sample", "summary"))
@pytest.mark.parametrize("case", BUILT)
def test_other_verbs_are_bounded_too(case: str, verb: str, tmp_path: Path, run: Confined) -> None:
    """Counting, drawing and summarising a hostile program end in an answer or a message."""
    content, _ = HOSTILE[case]
    file = tmp_path / "x.nas"
    file.write_text(str(content), encoding="utf-8")
    found = run(verb, file)
    assert found.explained, found


@pytest.mark.parametrize(
    ("program", "limit"),
    (
        (flow("repeat(100_001) { ReLU }"), "items=200000"),
        (flow("Linear(2 ** 62)"), "exponent=62"),
        (blocks(195, "x -> {0} -> Identity", "ReLU"), "depth=200"),
        ("fn f(n) = if n > 0 { f(n - 1) } else { 1 }\n" + flow("Linear(f(400))"), "depth=500"),
        (flow("Linear(len([i for i in 1..1000]))"), "steps=2000"),
        (flow("repeat(500) { Linear(8) }"), "layers=500"),
    ),
)
def test_each_limit_can_be_set(program: str, limit: str, tmp_path: Path, run: Confined) -> None:
    """A program that is refused for a limit, and told which, is fine where the limit is raised."""
    file = tmp_path / "x.nas"
    file.write_text(program, encoding="utf-8")
    name, _, most = limit.partition("=")
    refused = run("check", file, "--limit", f"{name}={int(most) // 3}")
    assert refused.explained, refused
    assert refused.status == 1
    assert f"--limit {name}=" in refused.printed
    raised = [] if name != "items" else ["--limit", "layers=200000"]
    assert run("check", file, "--limit", limit, *raised).status == 0
