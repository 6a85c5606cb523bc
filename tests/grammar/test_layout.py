"""Newlines, brackets and words: the rules of the language's page, one test for each clause."""

import pytest

from symnas import tree
from symnas.errors import SourceError
from symnas.grammar import dump, parse, parse_expression
from symnas.spans import Source, Span


def same(first: str, second: str) -> bool:
    """Whether two files say the same."""
    return parse(first) == parse(second)


def test_a_newline_ends_a_statement() -> None:
    """Two lines are two statements."""
    assert same("fn f(a) {\n  b = a\n  b\n}", "fn f(a) {\n\n  b = a # one\n\n  # two\n  b\n\n}")


@pytest.mark.parametrize(
    "broken",
    (
        "let a = f(\n1\n,\n2\n)",
        "let a =\nf(1, 2)",
        "let\na = f(1,\n2)",
        "let a = f\\\n".replace("\\\n", "(1, 2)"),
    ),
)
def test_inside_brackets_newlines_count_for_nothing(broken: str) -> None:
    """Inside `( )` and `[ ]`, and after an operator, comma or opening bracket, a line goes on."""
    assert same(broken, "let a = f(1, 2)")


@pytest.mark.parametrize("sign", ("+", "-", "*", "/", "//", "%", "@", "**", "..", "==", "<", "in", "not in", "->"))
def test_a_line_goes_on_after_an_operator(sign: str) -> None:
    """A line that ends in an operator is continued."""
    assert same(f"let a = b {sign}\n  c", f"let a = b {sign} c")


@pytest.mark.parametrize("sign", ("->", ". ", "and", "or", "as"))
def test_a_line_goes_on_before_these(sign: str) -> None:
    """A line that begins with `->`, `.`, `and`, `or` or `as` continues the one before, comments between or not."""
    assert same(f"let a = b # first\n  # second\n  {sign} c", f"let a = b {sign} c")


def test_a_rule_goes_on_before_its_parts() -> None:
    """`where`, `=>` and `keep` continue the line before."""
    whole = "rule r: A($x) where $x > 1 => B($x) keep slice"
    assert same(whole.replace(" where", "\nwhere").replace(" =>", "\n=>").replace(" keep", "\nkeep"), whole)


def test_else_and_with_continue() -> None:
    """`else` may follow on the next line, and so may `with`."""
    assert same("fn f(a) {\n  if a { 1 }\n  else { 2 }\n}", "fn f(a) { if a { 1 } else { 2 } }")
    assert same("net S = B\n  with r,\n  s", "net S = B with r, s")


def test_newlines_in_records_are_commas() -> None:
    """In records, recipes, picks and `oneof` braces a newline equals a comma; both may stand."""
    assert same("let a = {b: 1\n c: 2,\n d: 3,\n}", "let a = {b: 1, c: 2, d: 3}")
    assert same("let a = oneof {\n b: 1\n c: 2\n}", "let a = oneof { b: 1, c: 2 }")
    assert same("train {\n b: 1\n c: 2\n}", "train { b: 1, c: 2 }")
    assert same("pick {\n b: 1\n c.d[0]: 2\n}", "pick { b: 1, c.d[0]: 2 }")


def test_braces_inside_brackets_restore_newlines() -> None:
    """In braces a newline ends a statement even where the braces stand in brackets."""
    assert same("let a = f({\n  b: 1\n  c: 2\n},\n 3)", "let a = f({b: 1, c: 2}, 3)")
    assert same(
        "fn f(a) = g(if a {\n b = 1\n b\n} else { 2 })", "fn f(a) = g(\n if a {\n  b = 1\n  b\n } else { 2 }\n)"
    )


def test_a_touching_bracket_calls_and_indexes() -> None:
    """`(` and `[` call and index what they touch; after a space they group."""
    assert isinstance(parse_expression("f(1)"), tree.Call)
    assert isinstance(parse_expression("f[1]"), tree.Index)
    assert parse_expression("[a (1)]".replace(" ", ", ")) == parse_expression("[a, 1]")
    assert parse_expression("2*(3)") == parse_expression("2 * 3")
    assert parse_expression("not(a)") == parse_expression("not a")
    assert parse_expression("a in[b]") == parse_expression("a in [b]")


@pytest.mark.parametrize("word", ("if", "net", "in", "none", "train", "keep", "oneof"))
def test_any_word_is_a_name_where_no_keyword_can_stand(word: str) -> None:
    """After `.`, before a label's `:` and before a setting's `=`, keywords are names."""
    for text in (f"a.{word}", f"f({word} = 1)", f"{{{word}: 1}}", f"oneof {{ {word}: 1 }}"):
        assert word in dump(parse_expression(text))
    assert parse(f"pick {{ {word}: 1 }}\nmoved a.{word}[0] => b.{word}").declarations[0] == tree.Pick(
        (tree.PickEntry(word, parse_expression("1")),)
    )


def test_keep_is_a_name_outside_rules() -> None:
    """`keep` ends a rule; everywhere else it is a name, as the showcase uses it."""
    module = parse("block D(keep = 0.5) = Dropout(keep)\nrule r: D($k) => D($k, keep = keep)\n  keep same")
    rule = module.declarations[1]
    assert isinstance(rule, tree.Rule)
    assert rule.keep == "same"


def test_where_is_a_function_where_it_is_called() -> None:
    """`where(` begins a rule's condition only after its pattern; elsewhere it is PyTorch's function."""
    module = parse(
        "fn chosen(c) {\n  a = c\n  where(a, 1, f(where(c, 0, 1)))\n}\nrule r: A($x)\nwhere($x > 1) => B($x)"
    )
    chosen = module.declarations[0]
    assert isinstance(chosen, tree.Fn)
    assert dump(chosen).count("where(") == 2
    rule = module.declarations[1]
    assert isinstance(rule, tree.Rule)
    assert rule.condition == parse_expression("$x > 1")


def test_carriage_returns_and_a_byte_order_mark_are_spaces() -> None:
    """Files written elsewhere read alike."""
    assert same("\ufefflet a = 1\r\nlet b = 2\r\n", "let a = 1\nlet b = 2")


def test_spans_are_what_was_written() -> None:
    """A node's span covers its text; brackets around an expression belong to what is around it."""
    text = "a + (b -> f(1, k = 2)) as c"
    node = parse_expression(text)
    assert node.span == Span(Source("<text>", text), 0, len(text))
    assert isinstance(node, tree.As)
    assert node.name_span.text == "c"
    assert isinstance(node.value, tree.Binary)
    assert node.value.span.text == "a + (b -> f(1, k = 2))"
    assert node.value.operator_span.text == "+"
    assert node.value.right.span.text == "b -> f(1, k = 2)"


def test_an_expression_is_one() -> None:
    """A lone expression may run over lines, and nothing may follow it."""
    assert parse_expression("\na\n+ b\n") == parse_expression("a + b")
    with pytest.raises(SourceError):
        parse_expression("a b")
    with pytest.raises(SourceError):
        parse_expression("")
