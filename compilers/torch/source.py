"""A graph as a plain PyTorch file that imports only torch: docstring, helpers, a class for each block, the network.

The pipeline: `blueprints` draws a class for every block application, `families` joins those that are alike, and here
they are written down. Running the text is `module`'s business.
"""

import re
from collections.abc import Iterable

from attrs import frozen

from symnas.allowing import python_layers
from symnas.compilers.torch.blueprints import Blueprint, draw
from symnas.compilers.torch.calls import THIS
from symnas.compilers.torch.families import Family, Parameter, join_families
from symnas.compilers.torch.layout import HOLDING, NAMED, registrations
from symnas.errors import CompileError
from symnas.graph import Graph
from symnas.operators.python import module_of

__all__ = ["Source", "class_of", "drawn", "generate", "write"]

_WIDTH = 118


@frozen(eq=False)
class Source:
    """A Python file, and the class in it that each blueprint became."""

    text: str
    classes: dict[Blueprint, str]


def generate(graph: Graph, header: str = "") -> str:
    """*graph* as the text of a Python file whose last class is the network.

    `state_dict` keys are the weight paths of the language. *header* opens the file's docstring: where the
    architecture comes from and what was chosen. The file needs torch alone, and loads weights by
    `Net().load_state_dict(torch.load("net.pt", weights_only=True))`.

    Raises:
        CompileError: the graph has an operation that PyTorch has no text for.
    """
    return write(graph, drawn(graph), header).text


def drawn(graph: Graph) -> Blueprint:
    """The blueprint of *graph*.

    Raises:
        CompileError: the graph has an operation that PyTorch has no text for.
    """
    try:
        return draw(graph)
    except SyntaxError as error:
        raise CompileError(f"`{graph.name}`: the operator library wrote what is no Python: {error.text}") from error


def write(graph: Graph, blueprint: Blueprint, header: str = "") -> Source:
    """The file of *graph*, whose *blueprint* is drawn."""
    families = join_families(blueprint.with_inner(), graph.name)
    helpers: dict[str, str] = {}
    for family in families:
        for member in family.members:
            helpers.update(member.helpers)
    classes = [_class(family) for family in families[:-1]]
    classes.append(_class(families[-1], _signature(graph)))
    layers = python_layers(graph) if any(text.startswith("from ") for text in helpers.values()) else {}
    imports = _imports(graph.name, layers)
    body = "\n\n".join(
        [*(text.strip("\n") + "\n" for text in helpers.values() if not text.startswith("from ")), *classes]
    )
    if "named(" in body and re.search(r"\bnamed\(", body):
        body = f"{NAMED}\n\n{body}"
    if "holding(" in body:
        body = f"{HOLDING}\n\n{body}"
    functional = "import torch.nn.functional as F\n" if re.search(r"(?<![\w.])F\.", body) else ""
    needs = ", ".join(["torch", *sorted(set(layers.values()))])
    docstring = _docstring(_introduction(families[-1].name, header, needs), "")
    taken = "".join(f"{line}\n" for line in (["", *imports] if imports else []))
    text = f"{docstring}\nimport torch\n{functional}from torch import nn\n{taken}\n\n{body}"
    return Source(text, {member: family.name for family in families for member in family.members})


def _imports(network: str, layers: Iterable[str]) -> list[str]:
    """The lines that import the Python *layers* of *network*.

    Raises:
        CompileError: two of them have one name.
    """
    homes: dict[str, str] = {}
    for operator in layers:
        module, name = module_of(operator)
        if homes.setdefault(name, module) != module:
            raise CompileError(f"`{network}` has two Python layers `{name}`, and one file can import only one of them")
    taken: dict[str, list[str]] = {}
    for name, module in sorted(homes.items()):
        taken.setdefault(module, []).append(name)
    return [f"from {module} import {', '.join(names)}" for module, names in sorted(taken.items())]


def class_of(source: str) -> str:
    """Name of the network's class in a text written by `generate`: the last class of the file."""
    _, _, last = source.rpartition("\nclass ")
    return last.partition("(")[0]


def _introduction(network: str, header: str, needs: str) -> str:
    use = (
        f"{network} as plain PyTorch; this file needs nothing but {needs}:\n\n"
        f"    net = {network}()\n"
        f'    net.load_state_dict(torch.load("{network}.pt", weights_only=True))\n'
        f"    net.eval()"
    )
    return f"{header.strip()}\n\n{use}" if header.strip() else use


def _signature(graph: Graph) -> str:
    """What goes in and comes out, as the language writes it."""
    scope = graph.scope
    inputs = ", ".join(f"{name}: {_typed(str(t))}" for name, t in zip(scope.input_names, scope.inputs, strict=True))
    types = scope.value_types()
    outputs = ", ".join(_typed(str(types[index])) for index in scope.results)
    return f"({inputs}) → {outputs}"


def _typed(text: str) -> str:
    return f"f32{text}" if text.startswith("[") else text


def _class(family: Family, about: str = "") -> str:
    first = family.members[0]
    forward = first.forward
    taken = "".join(f", {_parameter(each)}" for each in family.parameters)
    arguments = "".join(f", {name}: {annotation}" for name, annotation in forward.parameters)
    made = registrations(first.layout, family.texts)
    beside = ["".join(f"{line}\n" for line in each) + "\n" for each in forward.functions]
    parts = [
        *beside,
        f"class {family.name}(nn.Module):",
        _docstring(about or _about(family), "    "),
        *([_opening("__init__", taken, "None"), "        super().__init__()"] if made else []),
        *(f"        {line}" for line in made),
        *([""] if made else []),
        _opening("forward", arguments, forward.returns),
        *(f"        {line}".rstrip() for line in forward.lines),
    ]
    return ("\n".join(parts) + "\n").replace(THIS, family.name)


def _opening(name: str, arguments: str, returns: str) -> str:
    flat = f"    def {name}(self{arguments}) -> {returns}:"
    if len(flat) <= _WIDTH:
        return flat
    lines = ["self", *arguments[2:].split(", ")]
    return "\n".join([f"    def {name}(", *(f"        {line}," for line in lines), f"    ) -> {returns}:"])


def _parameter(parameter: Parameter) -> str:
    return f"{parameter.name}: {parameter.annotation}" if parameter.annotation else parameter.name


def _about(family: Family) -> str:
    """The block and those of its settings that all members of the family have in common."""
    block = family.members[0].scope.block or "a part of the network"
    settings = [dict(member.scope.settings) for member in family.members]
    common = {name: text for name, text in settings[0].items() if all(each.get(name) == text for each in settings)}
    written = ", ".join(f"{name} = {text}" for name, text in common.items())
    return f"The block `{block}` with {written}." if written else f"The block `{block}`."


def _docstring(text: str, indent: str) -> str:
    """*text*, whatever is in it, as a docstring."""
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"'):
        escaped = f'{escaped[:-1]}\\"'
    closing = '\n"""' if "\n" in escaped else '"""'
    return "\n".join(f"{indent}{line}".rstrip() for line in f'"""{escaped}{closing}'.split("\n")) + "\n"
