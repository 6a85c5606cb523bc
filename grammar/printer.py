"""The printer: nodes to text that reads back to equal nodes.

Brackets stand where precedence needs them and nowhere else; what is too long for a line is broken. Comments are no
nodes, so none are printed. Expressions and statements are `expression_printer.py`'s.
"""

from symnas import tree
from symnas.grammar.document import Document, Group, Line, Nest, join, render
from symnas.grammar.expression_printer import ExpressionPrinter
from symnas.grammar.literals import spell_text

__all__ = ["Printer", "dump"]

WIDTH = 100


def dump(node: tree.Node) -> str:
    """*node* as text; a whole file ends in a newline and begins with the language version.

    For every module that can be read, `parse(dump(module)) == module`.
    """
    if isinstance(node, tree.Module):
        return _module(node)
    return render(Printer().document(node), WIDTH)


def _module(module: tree.Module) -> str:
    """The declarations, those of one kind that take a line each together, the others apart."""
    lines = ["nas 1"]
    printer = Printer()
    before: tree.Declaration | None = None
    for each in module.declarations:
        text = render(printer.declaration(each), WIDTH)
        together = type(each) is type(before) and "\n" not in text and "\n" not in lines[-1].strip("\n")
        lines.append(text if together else "\n" + text)
        before = each
    return "\n".join(lines) + "\n"


class Printer(ExpressionPrinter):
    """Makes documents of everything that a file holds."""

    def document(self, node: tree.Node) -> Document:
        """Any node but a whole file."""
        match node:
            case tree.Slice():
                return self.subscript(node)
            case tree.Argument():
                return self.argument(node)
            case tree.Comprehend():
                return self.clause(node)
            case tree.Item():
                return self.item(node)
            case tree.Field():
                return self.field(node)
            case tree.Alternative():
                return self.alternative(node)
            case tree.NamePattern() | tree.TuplePattern():
                return self.pattern(node)
            case tree.Bind() | tree.For() | tree.Result():
                return self.statement(node)
            case tree.Parameter():
                return self._parameter(node)
            case tree.Imported():
                return self._imported(node)
            case tree.Used():
                return self._used(node)
            case tree.PickEntry():
                return self._entry(node)
            case tree.Module():
                return _module(node)
            case _ if isinstance(node, tree.Declaration):
                return self.declaration(node)
            case _:
                return self.expression(node)

    def declaration(self, node: tree.Declaration) -> Document:
        """A declaration, to stand on lines of its own."""
        match node:
            case tree.Block():
                return self._block(node)
            case tree.Net(name=name, inputs=inputs, body=body, result=result):
                return f"net {name}", self._parameters(inputs), *self._result(result), *self._meaning(body)
            case tree.Rewritten(name=name, base=base, rules=rules):
                return f"net {name} = {base} with ", Group(Nest(*join((",", Line()), rules)))
            case tree.Let(name=name, value=value):
                return f"let {name}", *self._value(value)
            case tree.Fn(name=name, parameters=parameters, body=body):
                return f"fn {name}", self._parameters(parameters), *self._meaning(body)
            case tree.Shared() | tree.Require():
                return self.statement(node)
            case tree.Train(fields=fields, net=net):
                return self._recipe("train {" if net is None else f"train {net} {{", fields)
            case tree.Search(fields=fields):
                return self._recipe("search {", fields)
            case tree.Assert(condition=condition):
                return "assert ", self.expression(condition)
            case tree.Objective(direction=direction, metric=metric):
                return f"{direction.value} ", self.expression(metric)
            case tree.Measure(metrics=metrics, evaluator=evaluator):
                return "measure ", ", ".join(metrics), *self._value(evaluator)
            case tree.Rule():
                return self._rule(node)
            case tree.Import():
                return self._import(node)
            case tree.Use(module=module, names=names):
                return f"use {module} ", self.bracketed("(", names, [self._used(each) for each in names], ")")
            case tree.Pick(entries=entries):
                return self.braced("pick {", entries, [self._entry(each) for each in entries], " ")
            case tree.Moved(old=old, new=new):
                return f"moved {old} => {new}"

    # ----------------------------------------------------------------------------------- blocks and values

    def _block(self, node: tree.Block) -> Document:
        lists = self._lists(node.settings, node.inputs)
        return f"{node.kind.value} {node.name}", *lists, *self._result(node.result), *self._meaning(node.body)

    def _lists(self, settings: tuple[tree.Parameter, ...], inputs: tuple[tree.Parameter, ...] | None) -> list[Document]:
        """A single list of inputs is known by the type of its first; other inputs need a list of settings before them."""
        if inputs is None:
            return [self._parameters(settings)] if settings else []
        typed = bool(inputs) and inputs[0].type is not None
        lists = [inputs] if typed and not settings else [settings, inputs]
        return [self._parameters(each) for each in lists]

    def _parameters(self, parameters: tuple[tree.Parameter, ...]) -> Document:
        return self.bracketed("(", parameters, [self._parameter(each) for each in parameters], ")")

    def _parameter(self, node: tree.Parameter) -> Document:
        parts: tuple[Document, ...] = (f"*{node.name}" if node.rest else node.name,)
        if node.type is not None:
            parts = *parts, ": ", self.part(node.type)
        if node.default is not None:
            parts = *parts, " = ", self.expression(node.default)
        return parts

    def _result(self, result: tree.Expression | None) -> tuple[Document, ...]:
        return () if result is None else (" -> ", self.part(result))

    def _meaning(self, body: tree.Expression | tree.Body) -> tuple[Document, ...]:
        """A body in braces, or `= expression`."""
        return (" ", self.braces(body)) if isinstance(body, tree.Body) else self._value(body)

    def _value(self, value: tree.Expression) -> tuple[Document, ...]:
        """`= expression`, where the expression may begin the next line."""
        return self.meant(value, self.expression(value))

    # ------------------------------------------------------------------- recipes, rules, files, choices

    def _recipe(self, opening: str, fields: tuple[tree.Field, ...]) -> Document:
        return self.braced(opening, fields, [self.field(each) for each in fields], " ")

    def _rule(self, node: tree.Rule) -> Document:
        parts: list[Document] = [f"rule {node.name}: ", self.expression(node.pattern)]
        if node.condition is not None:
            parts += [self.behind(node.pattern), "where ", self.expression(node.condition)]
        parts += [self.behind(node.condition or node.pattern), "=> ", self.expression(node.replacement)]
        if node.keep is not None:
            parts += [self.behind(node.replacement), f"keep {node.keep}"]
        return Group(Nest(*parts))

    def _import(self, node: tree.Import) -> Document:
        pinned = "" if node.digest is None else f" {spell_text(node.digest)}"
        names = self.bracketed("(", node.names, [self._imported(each) for each in node.names], ")")
        return f"import {spell_text(node.path)}{pinned} ", names

    def _imported(self, node: tree.Imported) -> Document:
        return node.name if node.alias is None else f"{node.name} as {node.alias}"

    def _used(self, node: tree.Used) -> Document:
        return node.name, *self._lists(node.settings, node.inputs), *self._result(node.result)

    def _entry(self, node: tree.PickEntry) -> Document:
        return f"{node.path}: ", self.expression(node.choice)
