"""The tables of `docs/operators.md`, made from the registries: `python tests/support/operator_table.py` renews them.

An operator is listed under the file of its family; one that exists for one, two and three dimensions has one row.
"""

import re
from collections.abc import Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

from attrs import frozen

import symnas.space  # noqa: F401  (registers the functions of the language)
from symnas.elaborate.layers import FUNCTIONS
from symnas.operators import OPERATORS, Operator
from symnas.operators.settings import REQUIRED, Kind, Setting, show
from symnas.operators.starts import STARTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operators.md"
BEGIN, END = "<!-- operators: made by tests/support/operator_table.py -->\n", "<!-- end of operators -->\n"

SAYS = {
    "all": "whether every item is true; stops at the first that is not. Of a tensor: along dimensions",
    "any": "whether an item is true; stops at the first that is. Of a tensor: along dimensions",
    "concat": "lists in one list; tensors joined along `dim`, which is 1 where it is not said",
    "fill": "a weight that starts with `value` everywhere",
    "frozen": "the layer with weights that are not trained",
    "identity": "a weight that starts as the identity",
    "keys": "the labels of a record",
    "len": "the number of items of a list, or of fields of a record",
    "manyof": "a placeholder: `k` of the options, in their order",
    "max": "the greatest of a list or of the arguments; tensors element by element. Of one tensor: along dimensions",
    "maybe": "a placeholder: the layer or `Identity`",
    "mean": "the mean of a list; tensors element by element. Of one tensor: along dimensions",
    "min": "the least of a list or of the arguments; tensors element by element. Of one tensor: along dimensions",
    "multiple": "the nearest multiple of `of`, at least `of`, at least 90% of the value",
    "normal": "a weight that starts normally distributed around 0",
    "permutation": "a placeholder: the options in some order",
    "quantised": "the layer computing with weights and inputs of so many bits",
    "range": "a placeholder: a number from `lo` to `hi`",
    "reversed": "the list from its end",
    "round": "the nearest whole number, halves upwards; a tensor's elements rounded",
    "scan": "a cell or block applied step by step along a dimension",
    "subset": "a placeholder: `min` to `max` of the options, in their order",
    "sum": "the sum of a list; tensors element by element. Of one tensor: along dimensions",
    "training": "an output that exists only while the network is trained",
    "uniform": "a weight that starts evenly distributed from `-a` to `a`",
}
"""What the functions of the language give; one that is missing here is an error of this script."""

HIDDEN = frozenset({"reversed"})
"""Settings that only the signs of arithmetic fill: `1 - x`."""


@frozen
class Row:
    """Operators that take the same, with what they take."""

    names: tuple[str, ...]
    inputs: str
    settings: str
    forms: str


def home(operator: Operator) -> ModuleType:
    """The file that *operator* is described in."""
    rule = operator.apply
    while isinstance(rule, partial):
        inner = rule.args[0] if rule.args else None
        rule = (
            inner.apply if isinstance(inner, Operator) else rule.func
        )  # a layer with weights is an operator around one
    return import_module(rule.__module__)


def family(operator: Operator) -> str:
    """The title of the file that *operator* is described in: what its docstring says first."""
    module = home(operator)
    return _first_sentence(module.__doc__ or module.__name__)


def sections() -> dict[str, list[Row]]:
    """The rows of every family: families by the names of their files, as whichever is imported first is registered first;
    operators in the order they are registered.
    """
    found: dict[str, list[Row]] = {}
    for operator in sorted(OPERATORS.values(), key=lambda each: home(each).__name__):
        rows = found.setdefault(family(operator), [])
        row = Row((operator.name,), _inputs(operator), _settings(operator.settings), _forms(operator))
        for place, other in enumerate(rows):
            same_name = re.sub(r"[123]d$", "", other.names[-1]) == re.sub(r"[123]d$", "", operator.name)
            alike = (other.inputs, other.settings, other.forms) == (row.inputs, row.settings, row.forms)
            if same_name and alike:
                rows[place] = Row((*other.names, operator.name), row.inputs, row.settings, row.forms)
                break
        else:
            rows.append(row)
    return found


def table() -> str:
    """Every operator, a section for each family; then the functions of the language and the ways to start a weight."""
    lines: list[str] = []
    for title, rows in sections().items():
        lines += [f"### {title}", "", "| operator | takes | settings | written |", "| --- | --- | --- | --- |"]
        for row in rows:
            names = ", ".join(f"`{name}`" for name in row.names)
            lines.append(f"| {names} | {row.inputs} | {row.settings} | {row.forms} |")
        lines.append("")
    lines += ["### Functions that are no operators", "", "| function | gives |", "| --- | --- |"]
    lines += [
        f"| `{name}({', '.join(parameters)})` | {SAYS[name]} |" for name, (_, parameters) in sorted(FUNCTIONS.items())
    ]
    lines += ["", "### How weights may start", ""]
    lines.append(", ".join(f"`{way}`" if number is None else f"`{way}({number})`" for way, number in STARTS.items()))
    return "\n".join([*lines, ""])


def renewed(page: str) -> str:
    """The text of *page* with the tables of now between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}{END}{after}"


def _inputs(operator: Operator) -> str:
    if operator.variadic:
        return "a list of tensors"
    names = [*operator.inputs, *(f"{name} or none" for name in operator.optional)]
    return ", ".join(names) if names else "nothing"


def _forms(operator: Operator) -> str:
    """How it is written: as a layer that tensors flow into, called with tensors, as a method."""
    if operator.name[0].isupper():
        return "layer"
    return "function, method" if operator.method else "function"


def _settings(settings: Iterable[Setting]) -> str:
    return ", ".join(_setting(each) for each in settings if each.name not in HIDDEN) or "none"


def _setting(setting: Setting) -> str:
    if setting.rest:
        return f"`*{setting.name}`"
    if setting.default is REQUIRED:
        return f"`{setting.name}`"
    text = f"`{setting.name} = {show(setting.default)}`"
    if setting.kind is Kind.WORD and setting.words:
        text += f" ({', '.join(setting.words)})"
    return text


def _first_sentence(text: str) -> str:
    first = text.split("\n\n", 1)[0].replace("\n", " ")
    return re.split(r"(?<=\.)\s", first, maxsplit=1)[0].rstrip(".")


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
