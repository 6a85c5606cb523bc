"""Mistakes planted into right programs: each in a declaration of its own, at a place that is known."""

from collections.abc import Iterator
from random import Random

from attrs import frozen

from symnas import operators, tree
from symnas.grammar import parse

__all__ = ["Planted", "plant"]


@frozen
class Planted:
    """A program with mistakes, and the code and offset of each, in the order of the text."""

    text: str
    expected: tuple[tuple[str, int], ...]


@frozen
class Edit:
    """*new* at *start* in place of *length* characters; the mistake is of *code*, *at* characters after *start*."""

    start: int
    length: int
    new: str
    code: str
    at: int


def plant(text: str, most: int, rng: Random, *, meaning: bool) -> Planted:
    """*text* with up to *most* mistakes, one in each of as many declarations, chosen with *rng*.

    Those of form, names and settings stand anywhere, those of shapes in nets; with *meaning* all are of shapes, in
    nets and in blocks with inputs.
    """
    declarations = list(parse(text).declarations)
    rng.shuffle(declarations)
    edits: list[Edit] = []
    for each in declarations:
        kinds = [_shape] if meaning else [_form, _name, _setting, *([_shape] if isinstance(each, tree.Net) else [])]
        rng.shuffle(kinds)
        made = next((edit for kind in kinds for edit in kind(each)), None)
        if made is not None and len(edits) < most:
            edits.append(made)
    return _applied(text, sorted(edits, key=lambda edit: edit.start))


def _applied(text: str, edits: list[Edit]) -> Planted:
    expected, shift = [], 0
    for edit in edits:
        start = edit.start + shift
        text = text[:start] + edit.new + text[start + edit.length :]
        expected.append((edit.code, start + edit.at))
        shift += len(edit.new) - edit.length
    return Planted(text, tuple(expected))


def _form(node: tree.Declaration) -> Iterator[Edit]:
    """`… + * 2`: a value is missing."""
    value = _some_value(node)
    if value is not None:
        yield Edit(value.span.end, 0, " + * 2", "E0110", 3)


def _name(node: tree.Declaration) -> Iterator[Edit]:
    """`Conv2dzz(…)`: nothing is called so."""
    for call in _operator_calls(node):
        yield Edit(call.function.span.end, 0, "zz", "E0201", -len(call.function.span.text))


def _setting(node: tree.Declaration) -> Iterator[Edit]:
    """`Conv2d(…, zz = 1)`: there is no such setting."""
    for call in _operator_calls(node):
        comma = ", " if call.arguments else ""
        yield Edit(call.span.end - 1, 0, f"{comma}zz = 1", "E0301", len(comma))


def _shape(node: tree.Declaration) -> Iterator[Edit]:
    """Twice as many channels plus three times as many."""
    if not isinstance(node, (tree.Net, tree.Block)) or not isinstance(node.body, tree.Body) or not node.inputs:
        return
    if isinstance(node, tree.Net) and not all(_plain(each.type) for each in node.inputs):
        return
    x = node.inputs[0].name
    before = "require ("
    wrong = f"concat([{x}, {x}]) + concat([{x}, {x}, {x}])"
    yield Edit(node.body.statements[0].span.start, 0, f"{before}{wrong}).rank > 0\n  ", "E0403", len(before))


def _plain(node: tree.Node | None) -> bool:
    """Whether a type names no `let`, whose own mistake would leave it unknown."""
    named = isinstance(node, tree.Name) and node.name.islower() and node.name not in ("f32", "i64")
    return not named and (node is None or all(map(_plain, tree.children(node))))


def _some_value(node: tree.Declaration) -> tree.Node | None:
    """A value at whose end an operator may stand."""
    match node:
        case tree.Let(value=value):
            return value
        case tree.Train(fields=fields) if fields and not fields[-1].clauses and fields[-1].guard is None:
            return fields[-1].value
        case tree.Block(body=body) | tree.Net(body=body) | tree.Fn(body=body):
            if not isinstance(body, tree.Body):
                return body
            bound = [each.value for each in body.statements if isinstance(each, (tree.Bind, tree.Result))]
            return next((each for each in bound if not isinstance(each, tree.As)), None)
        case _:
            return None


def _operator_calls(node: tree.Node) -> Iterator[tree.Call]:
    """Calls of operators below *node*, in the order of the text."""
    for child in tree.children(node):
        match child:
            case tree.Call(function=tree.Name(name=name)) if operators.lookup(name) is not None:
                yield child
        yield from _operator_calls(child)
