"""The printer: nodes to text that reads back to equal nodes.

Brackets stand where precedence needs them and nowhere else; what is too long for a line is broken. Comments are no
nodes, so none are printed. Expressions and statements are `expression_printer.py`'s.
"""

from symnas import tree
from symnas.grammar import expression_printer as inner
from symnas.grammar.document import Document, Group, Line, Nest, join, render
from symnas.grammar.literals import spell_text

__all__ = ["dump"]

WIDTH = 100


def dump(node: tree.Node) -> str:
    """*node* as text; a whole file ends in a newline and begins with the language version.

    For every module that can be read, `parse(dump(module)) == module`.
    """
    if isinstance(node, tree.Module):
        return _module(node)
    return render(_document(node), WIDTH)


def _module(module: tree.Module) -> str:
    """The declarations, those of one kind that take a line each together, the others apart."""
    lines = ["nas 1"]
    before: tree.Declaration | None = None
    for each in module.declarations:
        text = render(declaration(each), WIDTH)
        together = type(each) is type(before) and "\n" not in text and "\n" not in lines[-1].strip("\n")
        lines.append(text if together else "\n" + text)
        before = each
    return "\n".join(lines) + "\n"


def _document(node: tree.Node) -> Document:
    """Any node but a whole file."""
    match node:
        case tree.Slice():
            return inner.subscript(node)
        case tree.Argument():
            return inner.argument(node)
        case tree.Comprehend():
            return inner.clause(node)
        case tree.Item():
            return inner.item(node)
        case tree.Field():
            return inner.field(node)
        case tree.Alternative():
            return inner.alternative(node)
        case tree.NamePattern() | tree.TuplePattern():
            return inner.pattern(node)
        case tree.Bind() | tree.For() | tree.Result():
            return inner.statement(node)
        case tree.Parameter():
            return _parameter(node)
        case tree.Imported():
            return _imported(node)
        case tree.Used():
            return _used(node)
        case tree.PickEntry():
            return _entry(node)
        case tree.Module():
            return _module(node)
        case _ if isinstance(node, tree.Declaration):
            return declaration(node)
        case _:
            return inner.expression(node)


def declaration(node: tree.Declaration) -> Document:
    """A declaration, to stand on lines of its own."""
    match node:
        case tree.Block():
            return _block(node)
        case tree.Net(name=name, inputs=inputs, body=body, result=result):
            return f"net {name}", _parameters(inputs), *_result(result), *_meaning(body)
        case tree.Rewritten(name=name, base=base, rules=rules):
            return f"net {name} = {base} with ", Group(Nest(*join((",", Line()), rules)))
        case tree.Let(name=name, value=value):
            return f"let {name}", *_value(value)
        case tree.Fn(name=name, parameters=parameters, body=body):
            return f"fn {name}", _parameters(parameters), *_meaning(body)
        case tree.Shared() | tree.Require():
            return inner.statement(node)
        case tree.Train(fields=fields, net=net):
            return _recipe("train {" if net is None else f"train {net} {{", fields)
        case tree.Search(fields=fields):
            return _recipe("search {", fields)
        case tree.Assert(condition=condition):
            return "assert ", Nest(inner.expression(condition))
        case tree.Objective(direction=direction, metric=metric):
            return f"{direction.value} ", Nest(inner.expression(metric))
        case tree.Measure(metrics=metrics, evaluator=evaluator):
            return "measure ", ", ".join(metrics), *_value(evaluator)
        case tree.Rule():
            return _rule(node)
        case tree.Import():
            return _import(node)
        case tree.Use(module=module, names=names):
            return f"use {module} ", inner.bracketed("(", [_used(each) for each in names], ")")
        case tree.Pick(entries=entries):
            return inner.spaced("pick {", [_entry(each) for each in entries])
        case tree.Moved(old=old, new=new):
            return f"moved {old} => {new}"


# ----------------------------------------------------------------------------------- blocks and values


def _block(node: tree.Block) -> Document:
    lists = _lists(node.settings, node.inputs)
    return f"{node.kind.value} {node.name}", *lists, *_result(node.result), *_meaning(node.body)


def _lists(settings: tuple[tree.Parameter, ...], inputs: tuple[tree.Parameter, ...] | None) -> list[Document]:
    """A single list of inputs is known by the type of its first; other inputs need a list of settings before them."""
    if inputs is None:
        return [_parameters(settings)] if settings else []
    typed = bool(inputs) and inputs[0].type is not None
    return [_parameters(inputs)] if typed and not settings else [_parameters(settings), _parameters(inputs)]


def _parameters(parameters: tuple[tree.Parameter, ...]) -> Document:
    return inner.bracketed("(", [_parameter(each) for each in parameters], ")")


def _parameter(node: tree.Parameter) -> Document:
    parts: tuple[Document, ...] = (f"*{node.name}" if node.rest else node.name,)
    if node.type is not None:
        parts = *parts, ": ", inner.part(node.type)
    if node.default is not None:
        parts = *parts, " = ", inner.expression(node.default)
    return parts


def _result(result: tree.Expression | None) -> tuple[Document, ...]:
    return () if result is None else (" -> ", inner.part(result))


def _meaning(body: tree.Expression | tree.Body) -> tuple[Document, ...]:
    """A body in braces, or `= expression`."""
    return (" ", inner.braces(body)) if isinstance(body, tree.Body) else _value(body)


def _value(value: tree.Expression) -> tuple[Document, ...]:
    """`= expression`, where the expression may begin the next line."""
    if inner.hugs(value):
        return " = ", inner.expression(value)
    return " =", Nest(Group(Line(), inner.expression(value)))


# ------------------------------------------------------------------- recipes, rules, files, choices


def _recipe(opening: str, fields: tuple[tree.Field, ...]) -> Document:
    return inner.spaced(opening, [inner.field(each) for each in fields])


def _rule(node: tree.Rule) -> Document:
    parts: list[Document] = [f"rule {node.name}: ", inner.expression(node.pattern)]
    if node.condition is not None:
        parts += [Line(), "where ", inner.expression(node.condition)]
    parts += [Line(), "=> ", inner.expression(node.replacement)]
    if node.keep is not None:
        parts += [Line(), f"keep {node.keep}"]
    return Group(Nest(*parts))


def _import(node: tree.Import) -> Document:
    pinned = "" if node.digest is None else f" {spell_text(node.digest)}"
    names = inner.bracketed("(", [_imported(each) for each in node.names], ")")
    return f"import {spell_text(node.path)}{pinned} ", names


def _imported(node: tree.Imported) -> Document:
    return node.name if node.alias is None else f"{node.name} as {node.alias}"


def _used(node: tree.Used) -> Document:
    return node.name, *_lists(node.settings, node.inputs), *_result(node.result)


def _entry(node: tree.PickEntry) -> Document:
    return f"{node.path}: ", inner.expression(node.choice)
