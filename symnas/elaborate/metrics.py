"""Objectives and measurements: what a search looks at beside the choices, and who tells it.

Costs are known without building anything, `measure` names Python that tells more, and whatever else an objective names
the evaluator has to report. Calling that Python is `study.measuring`'s business.
"""

from typing import Any

from attrs import frozen

from symnas import tree
from symnas.costs import KNOWN_COSTS
from symnas.elaborate.code import Locals, Naming, Nothing, Place, compile_node
from symnas.elaborate.declarations import NetCode
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.using import UsedFunction
from symnas.errors import SourceError, suggest

__all__ = ["Measurement", "NetArgument", "read_metrics"]

_OF_COSTS = ("worst", "expected")
"""Functions of a cost that may be an objective."""


@frozen
class NetArgument:
    """A net as an argument of a measurement: given as a network, built with fresh weights."""

    name: str


@frozen
class Measurement:
    """`measure a, b = evaluate(Net, device = "phone")`: *function* of the Python module *python* tells *metrics*."""

    metrics: tuple[str, ...]
    python: str
    function: str
    positional: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...]


def read_metrics(module: ModuleCode) -> list[Measurement]:
    """The measurements of the root file; what they and the objectives get wrong is reported to *module*, which gets to
    know the metrics.
    """
    made = [_measurement(node, module) for node in module.node.declarations if isinstance(node, tree.Measure)]
    for node in module.node.declarations:
        if isinstance(node, tree.Objective):
            _check_objective(node, module)
    return [each for each in made if each is not None]


def _measurement(node: tree.Measure, module: ModuleCode) -> Measurement | None:
    for metric in node.metrics:
        if metric in KNOWN_COSTS:
            module.report("E0224", f"`{metric}` is known without measuring", node.span, "choose another name")
        elif metric in module.metrics or metric in module.declared:
            module.report("E0204", f"`{metric}` is declared twice", node.span, "rename one of them")
        module.metrics[metric] = node.span
    call = node.evaluator
    name = call.function.name if isinstance(call, tree.Call) and isinstance(call.function, tree.Name) else None
    declared = module.declared.get(name) if name is not None else None
    if not isinstance(call, tree.Call) or not isinstance(declared, UsedFunction):
        functions = [each for each, what in module.declared.items() if isinstance(what, UsedFunction)]
        hint = suggest(name or "", functions, "there are") or "take one: `use my.costs (evaluate)`"
        module.report("E0225", "a measurement is a call of a Python function that the file `use`s", call.span, hint)
        return None
    positional = tuple(_argument(each.value, module) for each in call.arguments if each.name is None)
    named = tuple((each.name, _argument(each.value, module)) for each in call.arguments if each.name is not None)
    return Measurement(node.metrics, declared.python, declared.node.name, positional, named)


def _argument(node: tree.Expression, module: ModuleCode) -> object:
    """An argument of a measurement: a net, or a value known from the text."""
    if isinstance(node, tree.Name) and isinstance(declared := module.declared.get(node.name), NetCode):
        return NetArgument(declared.name)
    found = len(module.diagnostics)
    code = compile_node(node, Place(module, Naming(), Locals()))
    if isinstance(code, Nothing) or len(module.diagnostics) > found:
        return None
    if code.decides:
        module.report(
            "E0226", "what is measured does not hang on a decision", node.span, "name a net, or a plain value"
        )
        return None
    try:
        return _plain(code, node)
    except SourceError as error:
        module.diagnostics.extend(error.diagnostics)
        return None


def _plain(code: Any, node: tree.Expression) -> object:
    """The value of *code* as Python has it.

    Raises:
        SourceError: it has none.
    """
    from symnas.elaborate.applying import is_layer
    from symnas.elaborate.recipes import Plain
    from symnas.elaborate.using import outside

    found = code.run(outside({}))
    value = None if is_layer(found) else Plain().value(found)
    if is_layer(found) or not _is_plain(value):
        raise SourceError.at("E0226", "this cannot be handed to Python", node.span, "name a net, or a plain value")
    return value


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    return value is None or isinstance(value, bool | int | float | str)


def _check_objective(node: tree.Objective, module: ModuleCode) -> None:
    """An objective is a metric by name, a net's cost, or a function of one."""
    metric = node.metric
    match metric:
        case tree.Call(function=tree.Name(name=name), arguments=(tree.Argument(name=None, spread=False) as only,)) if (
            name in _OF_COSTS
        ):
            _check_cost(only.value, module)
            _check_expected(name, only.value, module)
        case tree.Name(name=name) if name not in KNOWN_COSTS:
            module.metrics.setdefault(name, metric.span)
        case tree.Name() | tree.Attribute(target=tree.Name()):
            _check_cost(metric, module)
        case _:
            hint = "write a metric (`accuracy`), or a net's cost (`Net.macs`)"
            module.report("E0227", "this is no objective", metric.span, hint)


def _check_cost(node: tree.Expression, module: ModuleCode) -> None:
    from symnas.elaborate.claims import cost_code

    place = Place(module, Naming(), Locals())
    if cost_code(node, module, place) is None and not module.misses("net"):
        nets = [each.name for each in module.nets]
        costs = [f"{each}.{cost}" for each in nets for cost in KNOWN_COSTS]
        hint = suggest(node.span.text, costs, "there are")
        module.report("E0227", "this is no net's cost", node.span, hint)


def _check_expected(function: str, node: tree.Expression, module: ModuleCode) -> None:
    """Only what is computed may depend on the samples."""
    cost = node.name if isinstance(node, tree.Name | tree.Attribute) else ""
    if function == "expected" and cost in KNOWN_COSTS and cost not in ("macs", "flops"):
        module.report("E0234", f"{cost} are the same for every sample", node.span, f"write `{node.span.text}` alone")
