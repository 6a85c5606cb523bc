"""Wrong programs and what is said about them: code, line and column of each mistake, a row per kind."""

import pickle
from pathlib import Path

import pytest

from symnas.checking import check
from symnas.errors import SourceError
from symnas.program import load, parse

Found = list[tuple[str, int, int]]


def net(*lines: str, before: str = "") -> str:
    """A program whose net starts on line 1, or after *before*, with *lines* from the next line on."""
    return "\n".join(
        [*([before] if before else []), "net A(x: f32[N, 8]) {", *(f"  {line}" for line in lines), "}", ""]
    )


def found(text: str) -> Found:
    """Code, line and column of each mistake that checking *text* finds."""
    try:
        program = parse(text)
    except SourceError as error:
        return [(each.code, each.line, each.column) for each in error.diagnostics]
    return [(each.code, each.line, each.column) for each in check(program).diagnostics]


MISTAKES: dict[str, list[tuple[str, tuple[int, int]]]] = {
    "E0201": [
        (net("x -> Linnear(8)"), (2, 8)),
        (net("x + yy"), (2, 7)),
        ("let a = b\n" + net("x -> Linear(a)"), (1, 9)),
    ],
    "E0202": [
        (net("w = 3", "x -> Linear(w)", before="let w = 2"), (3, 3)),
        (net("for w in [1] { x = x -> Linear(w) }", "x", before="let w = 2"), (3, 7)),
    ],
    "E0203": [
        (net("if true {", "  a = x -> ReLU", "  x = a", "}", "x + a"), (6, 7)),
        (net("for i in 1..2 {", "  x = x -> Linear(8)", "}", "x -> Linear(i)"), (5, 15)),
    ],
    "E0204": [
        ("let a = 1\nlet a = 2\n" + net("x -> Linear(a)"), (2, 5)),
        ("let a = 1\nblock a(n) = Linear(n)\n" + net("x -> Linear(8)"), (2, 7)),
    ],
    "E0205": [(net("y = x -> ReLU", "x"), (2, 3)), (net("n = 2", "n = 3", "x -> Linear(n)"), (2, 3))],
    "E0206": [("net B(x: f32[N, 8]) = x -> ReLU\n" + net("x -> B"), (3, 8))],
    "E0207": [("net B(x: f32[N, 8]) = x -> ReLU\n" + net("x -> Linear(B.params)"), (3, 15))],
    "E0208": [(net("x -> Dropout(train.dropout)") + "train { drop: 0.5 }\n", (2, 22))],
    "E0209": [
        ("let a = b\nlet b = a + 1\n" + net("x -> Linear(a)"), (1, 5)),
    ],
    "E0216": [(net("x") + "require A.parms < 3\n", (4, 11))],
    "E0515": [
        (net("x -> Linear(len([1 for i in 1..100000 for j in 1..100000 if j < 1]))"), (2, 50)),
        ("fn f(n) = if n == 0 { 1 } else { f(n - 1) + f(n - 1) }\n" + net("x -> Linear(f(100))"), (1, 45)),
    ],
    "E0217": [(net("x -> (if x.rank == 2 and oneof(false, true) as deep { ReLU } else { Tanh })"), (2, 50))],
    "E0244": [(net("x -> Linear(oneof(1, 2) as a.b)"), (2, 30))],
    "E0210": [("fn f(a) = a * oneof(1, 2)\n" + net("x -> Linear(f(2))"), (1, 4))],
    "E0211": [("net A(x) = x -> ReLU\n", (1, 7))],
    "E0213": [("net A(x: [N, 8]) = x -> ReLU\n", (1, 10)), ("net A(x: 3) = x -> ReLU\n", (1, 10))],
    "E0214": [("net A(x: f3[N, 8]) = x -> ReLU\n", (1, 10))],
    "E0215": [("net A(x: f32[N, 8]) = x\nnet B(x: f32[N, 8]) = x\nrequire macs < 3\n", (3, 9))],
    "E0301": [
        (net("x -> Linear(8, biass = false)"), (2, 18)),
        (net("x -> B(8, k = 3)", before="block B(n)(x) = x -> Linear(n)"), (3, 13)),
        (net("x -> Linear(range(1, 3, stp = 1))"), (2, 27)),
        (net("x -> Linear(multiple(7, off = 2))"), (2, 27)),
    ],
    "E0302": [
        (net("x -> B(8, n = 3)", before="block B(n)(x) = x -> Linear(n)"), (3, 13)),
        (net("x -> Linear(range(1, 3, lo = 1))"), (2, 27)),
    ],
    "E0303": [
        (net("x -> B", before="block B(n)(x) = x -> Linear(n)"), (3, 8)),
        (net("x -> Linear(f())", before="fn f(a) = a"), (3, 15)),
    ],
    "E0304": [
        (net("x -> B(8, 9)", before="block B(n)(x) = x -> Linear(n)"), (3, 13)),
        (net("x -> Linear(len())"), (2, 15)),
        (net("x -> Linear(range(1, 2, 3))"), (2, 27)),
    ],
    "E0305": [
        (net("x -> Linear(0)"), (2, 15)),
        (net("x -> Linear(N // 2)"), (2, 15)),
        (net("x -> Dropout(2)"), (2, 16)),
    ],
    "E0306": [(net("(x, x) -> Linear(8)"), (2, 13)), (net("x -> B", before="block B()(a, b) = a + b"), (3, 8))],
    "E0307": [
        (net("xs = [*3]", "x -> Linear(xs[0])"), (2, 10)),
        (net("x -> oneof(*3)"), (2, 15)),
        (net("r = {*3}", "x -> Linear(r.a)"), (2, 9)),
    ],
    "E0308": [(net("n = 3", "n(x)"), (3, 3)), (net("n = 3", "n.transpose(0, 1)"), (3, 5))],
    "E0222": [
        (net("y = training(x -> Linear(4))", "(x, y)"), (2, 7)),
        ("net A(x: f32[N, 8]) = training(x)\n", (1, 23)),
        (net("x -> B()", before="block B()(x) = (x, training(x))"), (1, 20)),
    ],
    "E0310": [("net A(x: f32[N, 8]) = (x, training(x, x))\n", (1, 27))],
    "E0234": [(net("x -> Linear(2)") + "minimize expected(params)\n", (4, 19))],
    "E0235": [
        (net("x -> Linear(2)") + "require expected(A.macs) < 5\n", (4, 9)),
        (net("x -> Linear(2)") + "assert expected(macs) < 5\n", (4, 8)),
    ],
    "E0309": [(net("x.transpos(0, 1)"), (2, 5))],
    "E0401": [
        (net("for i in 1..N { x = x -> ReLU }", "x"), (2, 12)),
        (net("if N > 2 { x -> ReLU } else { x }"), (2, 6)),
    ],
    "E0403": [(net("x -> Conv2d(8, 3)"), (2, 8)), (net("x + (x -> Linear(9))"), (2, 3))],
    "E0404": [
        (net("if 3 { x } else { x -> ReLU }"), (2, 6)),
        (net("if x > 2 { x } else { x -> ReLU }"), (2, 6)),
        (net("x -> oneof { a: ReLU if 3, b: Tanh }"), (2, 27)),
        (net("require 3", "x"), (2, 11)),
    ],
    "E0405": [(net("x -> Linear(3 // 0)"), (2, 20)), (net("x -> Linear(3 % (2 - 2))"), (2, 20))],
    "E0406": [(net("x -> Linear(2 ** 65)"), (2, 15))],
    "E0407": [
        (net('x -> Linear(3 + "a")'), (2, 15)),
        (net("x + true"), (2, 3)),
        (net("x -> Linear(-true)"), (2, 15)),
        (net('x -> Linear("a" * 3)'), (2, 15)),
    ],
    "E0408": [(net("3 -> ReLU"), (2, 3)), (net("[x, x] -> ReLU"), (2, 3))],
    "E0409": [
        (net("x -> 3"), (2, 8)),
        (net("(y, _) = scan(3, x, x)", "y"), (2, 17)),
        (net("x -> B", before="block B(n = 3) = n"), (1, 18)),
    ],
    "E0410": [(net("x -> ReLU + x"), (2, 8)), (net("x + ReLU"), (2, 3))],
    "E0411": [(net("shared f = Linear(9)", "x -> f -> f"), (3, 13))],
    "E0412": [
        (net("for i in 3 { x = x -> ReLU }", "x"), (2, 12)),
        (net("ys = [y -> ReLU for y in x]", "ys[0]"), (2, 28)),
    ],
    "E0413": [(net("r = {[t]: x for t in [1, 2]}", "r.a"), (2, 7))],
    "E0414": [(net("xs = [1, 2]", "x -> Linear(xs[0, 1])"), (3, 15)), (net("n = 3", "x -> Linear(n[0])"), (3, 15))],
    "E0415": [
        (net("x[[1, 2]] -> Linear(8)"), (2, 3)),
        (net("x[:, x:] -> Linear(8)"), (2, 3)),
        (net("xs = [1, 2]", "x -> Linear(xs[0.5])"), (3, 18)),
        (net("xs = [1, 2]", "x -> Linear(xs[0.5:][0])"), (3, 15)),
    ],
    "E0416": [
        (net("xs = [1, 2]", "x -> Linear(xs[2])"), (3, 15)),
        (net("xs = [1, 2]", "x -> Linear(xs[-3])"), (3, 15)),
    ],
    "E0417": [(net("r = {aa: 3}", "x -> Linear(r.ab)"), (3, 17)), (net("r = {aa: 3}", 'x -> Linear(r["b"])'), (3, 17))],
    "E0418": [(net("x -> Linear(x.chanels)"), (2, 17)), (net("n = 3", "x -> Linear(n.shape)"), (3, 17))],
    "E0419": [(net("x -> Linear(x.height)"), (2, 15))],
    "E0420": [
        (net("shared f = Linear(8)", "y = f.weight", "(x -> f) @ y"), (3, 7)),
        (net("shared f = Linear(8)", "y = x -> f", "y @ f.weights"), (4, 9)),
    ],
    "E0421": [(net("(a, b) = (x, x, x)", "a + b"), (2, 3)), (net("(a, b) = 3", "x -> Linear(a * b)"), (2, 3))],
    "E0422": [(net("x -> repeat(0.5) { ReLU }"), (2, 15)), (net("x -> repeat(-1) { ReLU }"), (2, 15))],
    "E0423": [(net("x -> Linear(multiple(7, of = 0))"), (2, 15)), (net('x -> Linear(multiple("a", of = 8))'), (2, 15))],
    "E0424": [
        (net("x -> Linear(len(3))"), (2, 15)),
        (net("x -> Linear(sum(3))"), (2, 19)),
        (net("x -> Linear(sum([1, true]))"), (2, 15)),
        (net("sum([x, 3])"), (2, 3)),
        (net("x -> Linear(reversed(3)[0])"), (2, 15)),
        (net("if any(3) { x } else { x -> ReLU }"), (2, 6)),
        (net("x -> Linear(len(keys(3)))"), (2, 19)),
        (net("x -> Linear(concat([[1], 2])[0])"), (2, 15)),
    ],
    "E0425": [(net("x -> Linear(max([]))"), (2, 15)), (net("x -> Linear(mean([]))"), (2, 15))],
    "E0426": [
        ("net A(x: f32[N, 0]) = x -> ReLU\n", (1, 10)),
        ("let n = 0.5\nnet A(x: f32[N, n]) = x -> ReLU\n", (2, 10)),
    ],
    "E0427": [
        (net("x -> B", before="block B(x: [N, C, H, W]) = x -> ReLU"), (3, 8)),
        (net("x -> B", before="block B(x: i64[N, C]) = x -> ReLU"), (3, 8)),
        (net("x -> B", before="block B(x: [C, C]) = x -> ReLU"), (3, 8)),
        ("net A(x: f32[N, 8]) -> f32[N, 9] = x -> ReLU\n", (1, 36)),
    ],
    "E0428": [
        ("net A(x: f32[N, 8]) = 3\n", (1, 23)),
        ("net A(x: f32[N, 8]) = (x, 3)\n", (1, 23)),
        ("net A(x: f32[N, 8]) = {a: x, b: []}\n", (1, 23)),
        ("net A(x: f32[N, 8]) = (x, training(3))\n", (1, 23)),
    ],
    "E0439": [("net A(x: f32[N, 8]) = (training(x), training(x -> ReLU))\n", (1, 23))],
    "E0440": [
        (
            net(
                "y = x.reshape([N * 2, 4])",
                "z = when x.mean(1) > 0 { x } else { (y -> Linear(4)).reshape([N, 8]) }",
                "z + y.reshape([N, 8])",
            ),
            (3, 7),
        )
    ],
    "E0441": [
        (net("when x.mean(1) > 0 { x } else { x -> Linear(4) }"), (2, 22)),
        (net("when x.mean(1) > 0 { (x, x) } else { x }"), (2, 22)),
        (net("when x.mean(1) > 0 { ReLU } else { Tanh }"), (2, 22)),
        (net("when x.mean(1) > 0 { x.mean(0) } else { x.mean(0) }"), (2, 22)),
    ],
    "E0442": [
        (net("when x { x } else { x }"), (2, 8)),
        (net("when x > 0 { x } else { x }"), (2, 8)),
        (net("when true { x } else { x }"), (2, 8)),
        ("net A(x: f32[4, 8]) = when x.mean(1) > 0 { x } else { -x }\n", (1, 28)),
    ],
    "E0443": [
        (net("(y, _) = scan(B, 3, x)", "y", before="block B()(x, h) = x + h"), (3, 20)),
        (net("(y, _) = scan(B, x, none)", "y", before="block B()(x, h) = x + h"), (3, 23)),
    ],
    "E0444": [
        (net("(y, _) = scan(B, x, x, over = 2)", "y", before="block B()(x, h) = x + h"), (3, 33)),
        (net("(y, _) = scan(B, (x, x -> Linear(4)), x)", "y", before="block B()(x, y, h) = h"), (3, 20)),
    ],
    "E0445": [
        (net("(y, _) = scan(B, x, zeros([N]))", "y", before="block B()(x, h) = stack([x, h], dim = 1)"), (3, 17)),
    ],
    "E0501": [
        ("net A(x: f32[N, 8]) = x -> repeat(320) { repeat(320) { Linear(8) } }\n", (1, 28)),
        (net("x -> repeat(100_001) { ReLU }"), (2, 15)),
    ],
    "E0503": [(net("x -> oneof(ReLU if false, Tanh if false)"), (2, 8))],
    "E0504": [
        (net("x -> oneof(ReLU, Tanh, prior = 3)"), (2, 34)),
        (net("x -> oneof(*{a: ReLU, b: Tanh}, prior = {a: 2})"), (2, 43)),
        (net("x -> oneof(*{a: ReLU, b: Tanh}, prior = {a: 0.5, b: 0.7})"), (2, 43)),
        (net("x -> oneof(*{wide: ReLU, b: Tanh}, prior = {wade: 0.5})"), (2, 46)),
    ],
    "E0505": [
        ("block M(n)(x) = x -> Linear(8) -> M(n + 1)\n" + net("x -> M(0)"), (1, 35)),
        ("block M = oneof { again: ReLU -> M, stop: Identity }\n" + net("x -> M"), (1, 34)),
    ],
    "E0507": [(net("x -> oneof(ReLU, Tanh, ReLU)"), (2, 26)), (net("x -> Linear(oneof(8, 8))"), (2, 24))],
    "E0508": [
        (net("x -> Linear(range(4, 2))"), (2, 15)),
        ("let d = range(1.0, 0.5)\n" + net("x -> Dropout(d)"), (1, 9)),
    ],
    "E0509": [
        (net("x -> Dropout(range(0.0, 0.5, log = true))"), (2, 22)),
        (net("x -> Linear(range(1, 3, step = 0))"), (2, 34)),
    ],
    "E0510": [(net('x -> Linear(range("a", 3))'), (2, 21)), (net("x -> Linear(range(1, true))"), (2, 24))],
    "E0511": [
        (net("(y, _) = scan(ReLU, x)", "y"), (2, 12)),
        (net("x -> Linear(range(3))"), (2, 15)),
        (net("x -> maybe()"), (2, 8)),
        (net("sum(manyof(1))"), (2, 7)),
    ],
    "E0512": [(net("sum(manyof(1, 3))"), (2, 17))],
    "E0513": [(net("sum(manyof(3, [x, x -> ReLU]))"), (2, 14)), (net("sum(subset([x], min = 2))"), (2, 25))],
    "E0514": [("cell C(n)(x) = x -> Linear(oneof(*[8, 9, 10][:n]))\n" + net("x -> C(2) -> C(3)"), (1, 28))],
    "E0606": [("let k = oneof(3, 5)\n" + net("x -> Linear(k)") + "pick { k: 7 }\n", (5, 11))],
    "E0607": [(net("x -> Linear(8)") + "assert A.params == 71\n", (4, 1))],
    "E0608": [(net("x -> Linear(8)") + "require A.params < 10\n", (4, 1))],
    "E0610": [(net("x -> Linear(8)") + "pick { k: 7 }\n", (4, 11))],
}

ROWS = [(code, text, place) for code, rows in MISTAKES.items() for text, place in rows]


@pytest.mark.parametrize(("code", "text", "place"), ROWS, ids=[f"{code}-{place}" for code, _, place in ROWS])
def test_each_mistake_is_found_where_it_is(code: str, text: str, place: tuple[int, int]) -> None:
    """Checking a wrong program gives its mistake at its place, and no other."""
    assert found(text) == [(code, *place)]


@pytest.mark.parametrize("text", [text for _, text, _ in ROWS])
def test_messages_are_whole_sentences(text: str) -> None:
    """No message shows Python's inside, and errors survive the way to another process."""
    try:
        diagnostics = check(parse(text)).diagnostics
    except SourceError as error:
        diagnostics = error.diagnostics
    for each in diagnostics:
        said = f"{each.message} {each.hint or ''}"
        assert not any(word in said for word in ("None", "Fraction(", "object at", "<class", "True", "False")), said
        assert each.message
    again = pickle.loads(pickle.dumps(SourceError(diagnostics)))  # noqa: S301 - made on this line
    assert str(again) == str(SourceError(diagnostics))


OF_MEANING = {  # the rows of the language's table of wrong programs that meaning decides
    "07_unknown": ("E0201", 2, 12),
    "08_setting": ("E0301", 2, 26),
    "09_setting_as_tensor": ("E0303", 3, 12),
    "10_plus_layer": ("E0410", 2, 12),
    "11_fraction": ("E0305", 3, 19),
    "12_shapes": ("E0403", 4, 3),
    "13_symbolic_if": ("E0401", 3, 6),
    "14_symbolic_loop": ("E0401", 2, 12),
    "15_top_level": ("E0202", 3, 3),
    "16_local_if": ("E0203", 4, 3),
    "19_recursion": ("E0505", 1, 34),
    "20_cell_domain": ("E0514", 1, 31),
    "21_shared": ("E0411", 3, 17),
    "22_empty_range": ("E0508", 1, 13),
    "23_which_net": ("E0215", 3, 9),
    "24_bomb": ("E0501", 1, 28),
    "25_pick": ("E0606", 3, 16),
}

REMEDIES = {
    "07_unknown": ["`Conv2d`?"], "08_setting": ["`stride`?"], "09_setting_as_tensor": ["(x: [N, C, H, W])", "1:10"],
    "10_plus_layer": ["`(image -> Conv2d(3, 3)) + image`"], "11_fraction": ["13.5", "width = 0.75", "multiple("],
    "12_shapes": ["[N, 16, 32, 32]", "[N, 32, 32, 32]", "c = 32"], "13_symbolic_if": ["`H`", "f32[N, 3, 32, 32]"],
    "14_symbolic_loop": ["`T`", "`scan`"], "15_top_level": ["line 1", "rename"], "16_local_if": ["line 3", "before"],
    "19_recursion": ["may never end", "falls"], "20_cell_domain": ["2 alternatives", "3:12", "3 ", "3:20", "block"],
    "21_shared": ["3 channels", "16 flow in"], "22_empty_range": ["4 is above 2"],
    "23_which_net": ["G.params", "D.params"], "24_bomb": ["1,000,000", "100,000"], "25_pick": ["`kernel`", "one of 3, 5"],
}  # fmt: skip


NAMES = [pytest.param(name, marks=pytest.mark.slow) if name == "24_bomb" else name for name in OF_MEANING]


@pytest.mark.parametrize("name", NAMES)
def test_wrong_programs_get_their_message(name: str, shared: Path) -> None:
    """The published wrong programs are refused at their place, with cause and remedy."""
    path = shared / "language" / "errors" / f"{name}.nas"
    report = check(load(path))
    assert OF_MEANING[name] in [(each.code, each.line, each.column) for each in report.diagnostics]
    said = "\n".join(f"{each.message}\n{each.hint}\n{each.notes}" for each in report.diagnostics)
    assert [words for words in REMEDIES[name] if words not in said] == []


@pytest.mark.parametrize("name", NAMES)
def test_wrong_programs_get_no_other_message(name: str, shared: Path) -> None:
    """A mistake does not make up others."""
    path = shared / "language" / "errors" / f"{name}.nas"
    assert len(check(load(path)).diagnostics) == 1
