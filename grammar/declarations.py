"""Actions of the rules for declarations and whole files."""

from collections.abc import Callable
from fractions import Fraction

from symnas import tree
from symnas.grammar.expressions import place, read_string
from symnas.grammar.reading import Reading
from symnas.grammar.statements import with_result
from symnas.grammar.tokens import Token, reserved

__all__ = ["ACTIONS"]

Parameters = tuple[tree.Parameter, ...]
_KEPT_FREE = {"in": "inputs", "as": "alias", "net": "network", "block": "layer", "cell": "unit", "use": "used"}


def keyword_instead(word: str) -> str:
    """A name to suggest in place of the keyword *word*."""
    return _KEPT_FREE.get(word, f"{word}_")


# ------------------------------------------------------------------------------------------------ files


def _module(at: Reading, *found: tree.Declaration | tree.Number | None) -> tree.Module:
    """A file; its version may stand first, and only there."""
    declarations: list[tree.Declaration] = []
    version: int | None = None
    for position, each in enumerate(found):
        if isinstance(each, tree.Number):
            if position:
                at.report("E0128", each.span.start, each.span.end, version=each.span.text.split()[-1])
            version = 1
        elif each is not None:
            declarations.append(each)
    return tree.Module(tuple(declarations), version, span=at.here)


def _version(at: Reading, token: Token) -> tree.Number:
    """The version, for `module` to place."""
    if token.text != "1":
        at.report("E0127", token.start, token.end, version=token.text[:40])
    return tree.Number(Fraction(1), span=at.here)


def _lone_expression(at: Reading, expression: tree.Expression) -> tree.Expression:
    at.variables.clear()
    return expression


# ----------------------------------------------------------------------------------- blocks and values


def _block(
    at: Reading,
    kind: Token,
    token: Token,
    first: Parameters | None,
    second: Parameters | None,
    result: tree.Expression | None,
    meaning: tree.Expression | tree.Body,
) -> tree.Block:
    settings, inputs = _lists(first, second)
    return tree.Block(
        tree.BlockKind(kind.text), token.text, _meaning(at, meaning), settings, inputs, result,
        name_span=place(at, token), span=at.here,
    )  # fmt: skip


def _lists(first: Parameters | None, second: Parameters | None) -> tuple[Parameters, Parameters | None]:
    """Settings and inputs: a single list holds inputs if its first parameter has a type."""
    if second is not None:
        return first or (), second
    if first and first[0].type is not None:
        return (), first
    return first or (), None


def _meaning(at: Reading, meaning: tree.Expression | tree.Body) -> tree.Expression | tree.Body:
    return with_result(at, meaning) if isinstance(meaning, tree.Body) else meaning


def _net(
    at: Reading,
    token: Token,
    inputs: Parameters,
    result: tree.Expression | None,
    meaning: tree.Expression | tree.Body,
) -> tree.Net:
    where = place(at, token)
    return tree.Net(token.text, inputs, _meaning(at, meaning), result, name_span=where, span=at.here)


def _rewritten(at: Reading, token: Token, base: Token, rules: tuple[str, ...]) -> tree.Rewritten:
    return tree.Rewritten(token.text, base.text, rules, name_span=place(at, token), span=at.here)


def _let(at: Reading, token: Token, value: tree.Expression) -> tree.Let:
    return tree.Let(token.text, value, name_span=place(at, token), span=at.here)


def _fn(at: Reading, token: Token, parameters: Parameters, meaning: tree.Expression | tree.Body) -> tree.Fn:
    return tree.Fn(token.text, parameters, _meaning(at, meaning), name_span=place(at, token), span=at.here)


def _parameters(at: Reading, *found: tree.Parameter | None) -> Parameters:  # noqa: ARG001 - every action is given the reading
    return tuple(each for each in found if each is not None)


def _parameter(at: Reading, token: Token) -> tree.Parameter:
    return tree.Parameter(token.text, span=at.here)


def _typed_parameter(
    at: Reading, token: Token, type_: tree.Expression, default: tree.Expression | None
) -> tree.Parameter:
    return tree.Parameter(token.text, default, type_, span=at.here)


def _default_parameter(at: Reading, token: Token, default: tree.Expression) -> tree.Parameter:
    if token.text in reserved():  # before `=` the layout lets keywords pass, for calls
        other = keyword_instead(token.text)
        at.report("E0106", token.start, token.end, word=token.text, other=other)
    return tree.Parameter(token.text, default, span=at.here)


def _rest_parameter(at: Reading, token: Token) -> tree.Parameter:
    return tree.Parameter(token.text, rest=True, span=at.here)


# ------------------------------------------------------------------------- recipes, claims, objectives


def _train(at: Reading, net: Token | None, *fields: tree.Field | None) -> tree.Train:
    return tree.Train(tuple(each for each in fields if each is not None), net and net.text, span=at.here)


def _search(at: Reading, *fields: tree.Field | None) -> tree.Search:
    return tree.Search(tuple(each for each in fields if each is not None), span=at.here)


def _assertion(at: Reading, condition: tree.Expression) -> tree.Assert:
    return tree.Assert(condition, span=at.here)


def _objective(at: Reading, direction: Token, metric: tree.Expression) -> tree.Objective:
    return tree.Objective(tree.Direction(direction.text), metric, span=at.here)


def _measure(at: Reading, metrics: tuple[str, ...], evaluator: tree.Expression) -> tree.Measure:
    return tree.Measure(metrics, evaluator, span=at.here)


def _names(at: Reading, *tokens: Token) -> tuple[str, ...]:  # noqa: ARG001 - every action is given the reading
    return tuple(each.text for each in tokens)


def _rule(
    at: Reading,
    token: Token,
    pattern: tree.Expression,
    condition: tree.Expression | None,
    replacement: tree.Expression,
    keep: Token | None,
) -> tree.Rule:
    at.variables = {start: end for start, end in at.variables.items() if start < at.begin}
    where = place(at, token)
    return tree.Rule(token.text, pattern, replacement, condition, keep and keep.text, name_span=where, span=at.here)


# --------------------------------------------------------------------------- other files and choices


def _import(at: Reading, path: Token, digest: Token | None, *names: tree.Imported | None) -> tree.Import:
    pinned = read_string(at, digest) if digest else None
    return tree.Import(read_string(at, path), tuple(each for each in names if each is not None), pinned, span=at.here)


def _imported(at: Reading, token: Token, alias: Token | None) -> tree.Imported:
    return tree.Imported(token.text, alias and alias.text, span=at.here)


def _use(at: Reading, module: str, *names: tree.Used | None) -> tree.Use:
    return tree.Use(module, tuple(each for each in names if each is not None), span=at.here)


def _dotted(at: Reading, *tokens: Token) -> str:  # noqa: ARG001 - every action is given the reading
    return ".".join(each.text for each in tokens)


def _used(
    at: Reading,
    token: Token,
    first: Parameters | None,
    second: Parameters | None,
    result: tree.Expression | None,
) -> tree.Used:
    settings, inputs = _lists(first, second)
    return tree.Used(token.text, settings, inputs, result, span=at.here)


def _pick(at: Reading, *entries: tree.PickEntry | None) -> tree.Pick:
    return tree.Pick(tuple(each for each in entries if each is not None), span=at.here)


def _entry(at: Reading, path: str, choice: tree.Expression) -> tree.PickEntry:
    return tree.PickEntry(path, choice, span=at.here)


def _moved(at: Reading, old: str, new: str) -> tree.Moved:
    return tree.Moved(old, new, span=at.here)


def _path(at: Reading, *tokens: Token) -> str:
    for token in tokens:
        if token.kind == "NUMBER" and not token.text.isdecimal():
            at.report("E0129", token.start, token.end)
    return "".join(each.text for each in tokens)


ACTIONS: dict[str, Callable[..., object]] = {
    "assertion": _assertion, "block": _block, "default_parameter": _default_parameter, "dotted": _dotted, "entry": _entry,
    "fn": _fn, "import_": _import, "imported": _imported, "let": _let, "lone_expression": _lone_expression,
    "measure": _measure, "module": _module, "moved": _moved, "names": _names, "net": _net, "objective": _objective,
    "parameter": _parameter, "parameters": _parameters, "path": _path, "pick": _pick, "rest_parameter": _rest_parameter,
    "rewritten": _rewritten, "rule": _rule, "search": _search, "train": _train, "typed_parameter": _typed_parameter,
    "use": _use, "used": _used, "version": _version,
}  # fmt: skip
"""By the name that `nas.lark` gives them."""
