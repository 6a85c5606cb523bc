"""What expressions, statements and declarations read as: precedence, literals, and who is a value."""

from fractions import Fraction

import pytest

from symnas import tree
from symnas.grammar import dump, parse, parse_expression

BRACKETED = {
    "y + s -> ReLU": "(y + s) -> ReLU",
    "a -> b -> c": "(a -> b) -> c",
    "a -> b as c -> d": "(a -> (b as c)) -> d",
    "a or b as c": "(a or b) as c",
    "a or b and c": "a or (b and c)",
    "not a and b": "(not a) and b",
    "not a == b": "not (a == b)",
    "not a in b": "not (a in b)",
    "a not in b and c": "(a not in b) and c",
    "0..n - 1 == x": "(0..(n - 1)) == x",
    "a - b - c": "(a - b) - c",
    "a + b * c": "a + (b * c)",
    "a // b % c @ d": "((a // b) % c) @ d",
    "-a * b": "(-a) * b",
    "-a ** b": "-(a ** b)",
    "-2 ** 2": "-(2 ** 2)",
    "a ** b ** c": "a ** (b ** c)",
    "a ** -b": "a ** (-b)",
    "-x.y(1)[0]": "-(((x.y)(1))[0])",
    "x -> if c { a } else { b } -> d": "(x -> (if c { a } else { b })) -> d",
}


@pytest.mark.parametrize("text", BRACKETED)
def test_precedence(text: str) -> None:
    """An expression reads as its fully bracketed form, which prints without the brackets."""
    assert parse_expression(text) == parse_expression(BRACKETED[text])
    assert dump(parse_expression(BRACKETED[text])).replace(" ", "") == text.replace(" ", "")


NUMBERS = {
    "5": (Fraction(5), False),
    "10_000": (Fraction(10_000), False),
    "5M": (Fraction(5_000_000), False),
    "300K": (Fraction(300_000), False),
    "1.5K": (Fraction(1500), True),
    "8MiB": (Fraction(8 * 2**20), False),
    "3ms": (Fraction(3, 1000), False),
    "1e-3": (Fraction(1, 1000), True),
    "0.1": (Fraction(1, 10), True),
    "1E2": (Fraction(100), True),
    "2h": (Fraction(7200), False),
    "-0.5": (Fraction(-1, 2), True),
    "- 3": (Fraction(-3), False),
}


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_are_exact_and_keep_their_spelling(text: str) -> None:
    """A literal has its exact value, knows whether it was written as a real, and prints as written."""
    value, real = NUMBERS[text]
    node = parse_expression(text)
    assert node == tree.Number(value, real)
    assert dump(node) == text.replace(" ", "")


def test_a_number_changed_by_an_edit_prints_its_value() -> None:
    """The spelling is dropped where it no longer says the value."""
    assert dump(tree.Number(Fraction(7), written="5")) == "7"
    assert dump(tree.Number(Fraction(3, 4), real=True, written="nonsense")) == "0.75"
    assert dump(tree.Number(Fraction(1, 3))) == "1 / 3"
    assert dump(tree.Number(Fraction(10) ** 60, real=True)) == "1e60"


def test_strings_read_their_escapes() -> None:
    """Escapes stand for what cannot be seen or would end the string."""
    assert parse_expression(r'"a\"b\\c\n\t\u{2192}"') == tree.Text('a"b\\c\n\t→')
    assert dump(tree.Text('a"\\\n\x00→')) == r'"a\"\\\n\u{0}→"'


def test_a_single_list_is_one_of_inputs_if_its_first_has_a_type() -> None:
    """`block B(x: [N, C])` has inputs, `block B(c)` settings, `block B(c)(x)` both."""
    inputs, settings, both = parse("block A(x: [N, *S]) = x\nblock B(c) = c\ncell C(c)(x) = x").declarations
    assert isinstance(inputs, tree.Block)
    assert isinstance(settings, tree.Block)
    assert isinstance(both, tree.Block)
    assert (len(inputs.settings), len(inputs.inputs or ())) == (0, 1)
    assert (len(settings.settings), settings.inputs) == (1, None)
    assert (len(both.settings), len(both.inputs or ())) == (1, 1)


def body_of(text: str) -> tree.Body:
    """The body of the function that *text* is the inside of."""
    function = parse(f"fn f(a) {{\n{text}\n}}").declarations[0]
    assert isinstance(function, tree.Fn)
    assert isinstance(function.body, tree.Body)
    return function.body


def test_the_last_expression_of_a_body_is_its_result() -> None:
    """An `if` that ends a body is its value; before, it is a statement and may lack `else`."""
    body = body_of("b = 1\nif a { b = 2 }\nif a { b } else { 3 }")
    assert [type(each) for each in body.statements] == [tree.Bind, tree.If, tree.Result]


def test_branches_of_a_statement_have_no_result() -> None:
    """Nested `if`s and `for`s that only update names are statements to any depth."""
    body = body_of("for i in a { if i { if a { b = 1 } else { b = 2 } } else if a { b = 3 } }\nb")
    loop = body.statements[0]
    assert isinstance(loop, tree.For)
    outer = loop.body.statements[0]
    assert isinstance(outer, tree.If)
    assert isinstance(outer.then.statements[0], tree.If)
    assert isinstance(outer.otherwise, tree.If)


def test_braces_are_a_record_or_a_body() -> None:
    """Braces with labels are a record, braces with statements a body, empty ones the empty record."""
    assert isinstance(parse_expression("{a: 1}"), tree.Record)
    assert isinstance(parse_expression("{[t]: f(t) for t in ts}"), tree.Record)
    assert isinstance(parse_expression("{*r, a: 1 if b}"), tree.Record)
    assert isinstance(parse_expression("{}"), tree.Record)
    assert isinstance(parse_expression("{ [a] }"), tree.Body)
    assert isinstance(parse_expression("{ b = 1\n b }"), tree.Body)


def test_a_bracketed_expression_is_no_tuple() -> None:
    """A comma makes a tuple."""
    assert parse_expression("(a)") == tree.Name("a")
    assert parse_expression("(a,)") == tree.Tuple((tree.Item(tree.Name("a")),))
    assert parse_expression("()") == tree.Tuple()


def test_placeholders_other_than_oneof_and_repeat_are_calls() -> None:
    """`range`, `maybe`, `manyof` and their like are names of the library."""
    for text in ("range(1, 2)", "maybe(a)", "manyof(2, a)", "subset(a, 1, 2)", "permutation(a)", "scan(a, b)"):
        assert isinstance(parse_expression(text), tree.Call)
    assert isinstance(parse_expression("oneof(a, b, prior = {a: 0.5})"), tree.OneOf)
    assert isinstance(parse_expression("repeat(3) { a }"), tree.Repeat)


def test_the_version_is_always_printed() -> None:
    """A file without a version prints with one and is equal to it."""
    assert dump(parse("let a = 1")) == "nas 1\n\nlet a = 1\n"
    assert parse("nas 1\nlet a = 1").version == 1
    assert parse("nas 1\nlet a = 1") == parse("let a = 1")


def test_every_declaration_reads_as_its_node() -> None:
    """Each form of declaration has a node of its own."""
    text = """
      block A = ReLU
      net N(x: f32[N, 8]) -> f32[N, 8] = x
      net M = N with r, s
      let a = 1
      fn f(x) = x
      shared e = Linear(8)
      train N { lr: 0.1 }
      search { trials: 10 }
      require a > 0
      assert a > 0
      maximize accuracy
      measure p, q = probe(N)
      rule r: A($x) => B($x)
      import "a.nas" "sha256:00" (A as B, C)
      use my.layers (Roll(p)(x: [*S]) -> [*S], plain)
      pick { N.a[0].b: oneof[1] }
      moved a.b => c
    """.replace("oneof[1]", "Conv2d[1]")
    kinds = [type(each).__name__ for each in parse(text).declarations]
    assert kinds == [
        "Block", "Net", "Rewritten", "Let", "Fn", "Shared", "Train", "Search", "Require", "Assert", "Objective",
        "Measure", "Rule", "Import", "Use", "Pick", "Moved",
    ]  # fmt: skip


def test_a_layer_may_be_named_by_a_path() -> None:
    """`as` takes a path, as one word without spaces; it prints as it is written."""
    node = parse_expression("x -> Linear(8) as stage[0].conv[1] -> ReLU")
    assert isinstance(node, tree.Pipe)
    assert isinstance(node.left, tree.Pipe)
    assert isinstance(node.left.right, tree.As)
    assert node.left.right.name == "stage[0].conv[1]"
    assert node.left.right.name_span.text == "stage[0].conv[1]"
    assert dump(node) == "x -> Linear(8) as stage[0].conv[1] -> ReLU"
