"""Networks of other formats as programs: the text, and the weights by the names that its network has for them.

Reading them is the business of `symnas.compilers.importing`; how graphs become text that of `rows` and `flattening`.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from symnas import tree
from symnas.allowing import function_of
from symnas.compilers.importing import Nested, read_onnx, read_torch
from symnas.compilers.importing.likening import joined
from symnas.compilers.importing.naming import capitalised
from symnas.condensing import condensed
from symnas.errors import CompileError
from symnas.flattening import flatten
from symnas.grammar import parse
from symnas.operators import OPERATORS
from symnas.program import Program
from symnas.rows import with_rows
from symnas.types import TensorType

__all__ = ["Foreign", "from_factory", "from_onnx", "from_torch"]


@frozen(eq=False)
class Foreign:
    """A network that was written elsewhere: its *program*, and its *weights* as arrays, by `state_dict` names. *renamed*
    are those that the model calls otherwise because of a `repeat`: the model's names, with the program's.
    """

    program: Program
    weights: Mapping[str, Any]
    renamed: Mapping[str, str]


def from_onnx(path: str | Path, name: str | None = None) -> Foreign:
    """The ONNX model in the file at *path* as a program whose net is called *name*, or like the file.

    Raises:
        CompileError: it is no ONNX model, or has operators that cannot be imported; the message names all of them.
        OSError: the file cannot be read.
    """
    path = Path(path)
    return _written(read_onnx(path, name or _net_name(path.stem)), path.name)


def from_factory(
    factory: str, inputs: Sequence[str] = (), name: str | None = None, *, allow: Collection[str] = ()
) -> Foreign:
    """The PyTorch module that *factory* makes (`package.module:function`) as a program. *inputs* say what it takes, as in
    `image: f32[N, 3, 224, 224]`; *allow* are the Python modules that may be imported, with all that is in them.

    Raises:
        CompileError: the module is not allowed, makes no PyTorch module, cannot be exported, or has operators that
            cannot be imported; the message names all of them.
        SourceError: an input is written wrongly.
    """
    module, _, function = factory.partition(":")
    allowed = [module] if any(module == each or module.startswith(f"{each}.") for each in allow) else []
    make = function_of(module, function, allowed)
    try:
        made = make() if isinstance(make, type) or not hasattr(make, "named_parameters") else make
    except Exception as error:
        raise CompileError(f"`{factory}` fails: {type(error).__name__}: {error}") from error
    return from_torch(made, inputs, name or _net_name(function), what=f"`{factory}`")


def from_torch(module: Any, inputs: Sequence[str], name: str | None = None, *, what: str = "") -> Foreign:
    """The PyTorch *module*, which takes *inputs* (`image: f32[N, 3, 224, 224]`), as a program whose net is called *name*,
    or like its class; *what* it is called in messages.

    Raises:
        CompileError: it cannot be exported, or has operators that cannot be imported; the message names all of them.
        SourceError: an input is written wrongly.
    """
    name = name or _net_name(type(module).__name__)
    return _written(read_torch(module, _types(inputs), name, what or f"`{name}`"), name)


def _net_name(word: str) -> str:
    """A net called like *word*; not like a layer, which it would hide from the program."""
    name = capitalised(word, "Net")
    return f"{name}Net" if name in OPERATORS else name


def _types(inputs: Sequence[str]) -> list[tuple[str, TensorType]]:
    """The *inputs* as they are written in a net, as names and types."""
    if not inputs:
        return []
    named = [each if ":" in each else f"x: {each}" for each in inputs]
    words = [each.partition(":")[0].strip() for each in named]
    result = words[0] if len(words) == 1 else f"({', '.join(words)})"
    text = f"net Inputs({', '.join(named)}) = {result}\n"
    scope = Program(parse(text, "--input"), "--input").architecture().graph().scope
    return list(zip(scope.input_names, scope.inputs, strict=True))


def _written(read: Nested, origin: str) -> Foreign:
    found = with_rows(read)
    flat = flatten([found.graph])
    blocks, nets = joined(flat.blocks, flat.nets)
    names = frozenset([each.name for each in blocks] + [each.name for each in nets])
    blocks, nets = ([condensed(each, names) for each in blocks], [condensed(each, names) for each in nets])
    return Foreign(Program(tree.Module((*blocks, *nets), 1), origin), found.weights, found.renamed)
