"""Laws that hold for every program: what is printed reads back, spans say where nodes stand."""

from hypothesis import HealthCheck, given, settings
from strategies import declarations, expressions, modules

from symnas import tree
from symnas.grammar import dump, parse, parse_expression

patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=100)


@given(expressions(3))
@patient
def test_a_printed_expression_reads_back(node: tree.Expression) -> None:
    """Printing an expression and reading the text gives an equal expression."""
    assert parse_expression(dump(node)) == node


@given(declarations())
@patient
def test_a_printed_declaration_reads_back(node: tree.Declaration) -> None:
    """Printing a declaration and reading the text gives a file of that declaration."""
    assert parse(dump(node)).declarations == (node,)


@given(modules())
@patient
def test_a_printed_module_reads_back(module: tree.Module) -> None:
    """Printing a module and reading the text gives an equal module, which prints alike."""
    text = dump(module)
    assert text.startswith("nas 1\n")
    again = parse(text)
    assert again == module
    assert dump(again) == text


@given(modules())
@patient
def test_spans_nest(module: tree.Module) -> None:
    """The span of every node lies inside the span of the node around it."""
    pending: list[tree.Node] = [parse(dump(module))]
    while pending:
        node = pending.pop()
        for child in tree.children(node):
            assert node.span.start <= child.span.start <= child.span.end <= node.span.end
            pending.append(child)


@given(expressions(3))
@patient
def test_the_text_of_a_span_is_its_expression(node: tree.Expression) -> None:
    """The text under the span of any sub-expression reads as that expression."""
    pending: list[tree.Node] = [parse_expression(dump(node))]
    while pending:
        each = pending.pop()
        if isinstance(each, tree.Expression) and not isinstance(each, tree.Body | tree.If):  # which may be statements
            assert parse_expression(each.span.text) == each
        pending.extend(tree.children(each))
