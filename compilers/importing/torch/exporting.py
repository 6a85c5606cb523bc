"""`torch.export` of a module for inputs of given types, sizes that are open left so where the module allows it."""

import operator
import warnings
from collections.abc import Iterable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any, Final

from symnas.compilers.importing.torch.attending import attention_in_one, is_written_out_beside
from symnas.errors import CompileError
from symnas.sizes import SymbolicSize, symbols_of
from symnas.types import Dtype, TensorType

__all__ = ["exported", "schema_of"]

_EXAMPLES: Final = (3, 63)
"""What stands for open sizes while the module is traced, a little more for each: none that a module is likely to single
out; the second where the first is too small for it, as images of a few pixels are where windows do not overlap.
"""

_MAY_ALIAS: Final = frozenset("type_as atleast_1d atleast_2d atleast_3d broadcast_tensors meshgrid einsum".split())
"""Operators whose output may be memory of their input, though their schemas do not say so. Not dropout, which hands on its
input only where nothing trains.
"""


def exported(module: Any, inputs: Sequence[tuple[str, TensorType]], what: str) -> tuple[Any, Mapping[str, int]]:
    """*module*, called *what* in messages, as an exported program without operations in place that anything else could
    see, and which of *inputs* each of its placeholders is.

    Raises:
        CompileError: PyTorch cannot export it, or it takes other inputs.
    """
    import torch

    if not isinstance(module, torch.nn.Module):
        raise CompileError(f"{what} gives {type(module).__name__}, not a `torch.nn.Module`")
    arguments, order = _arguments(module, inputs, what)
    shapes = {name: _open(type) for name, type in inputs}
    named = [name for name in order if name not in arguments]
    dynamic = (*(shapes[name] for name in arguments),), {name: shapes[name] for name in named}

    def export(least: int) -> Any:
        given = {name: _example(type, least) for name, type in inputs}
        return torch.export.export(
            module.eval(), tuple(given[name] for name in arguments), {name: given[name] for name in named} or None,
            strict=False, dynamic_shapes=_dynamic(module, arguments, shapes, dynamic),
        )  # fmt: skip

    least = _EXAMPLES[0]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            with attention_in_one():
                try:
                    program = export(least)
                except RuntimeError:
                    if not any(shapes.values()):
                        raise
                    least = _EXAMPLES[1]
                    program = export(least)
            if is_written_out_beside(program):
                program = export(least)
            if _is_seen(program.graph.nodes):
                program = program.run_decompositions({})
        except Exception as error:
            first = str(error).strip().splitlines() or [type(error).__name__]
            raise CompileError(f"PyTorch cannot export {what}: {type(error).__name__}: {first[0]}") from error
    placeholders = [each for each in program.graph_signature.user_inputs if isinstance(each, str)]
    places = {name: number for number, name in enumerate(order)}
    numbered = [places[name] for name in (*arguments, *named)]
    _check_open(program, placeholders, [inputs[each] for each in numbered], what)
    return program, dict(zip(placeholders, numbered, strict=False))


def _arguments(module: Any, inputs: Sequence[tuple[str, TensorType]], what: str) -> tuple[list[str], list[str]]:
    """The names of *inputs* that are given by position, and all of them: names that `forward` knows are given by name
    where the ones before are not all there.
    """
    names = [name for name, _ in inputs]
    parameters = [
        each for each in signature(module.forward).parameters.values()
        if each.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.POSITIONAL_ONLY)
    ]  # fmt: skip
    known = [each.name for each in parameters]
    if names and all(name in known for name in names) and names != known[: len(names)]:
        return [], names
    needed = [each.name for each in parameters if each.default is Parameter.empty]
    if len(names) < len(needed):
        missing = " ".join(f'--input "{name}: f32[N, …]"' for name in needed[len(names) :])
        raise CompileError(f"{what} takes `{'`, `'.join(needed)}`: say of what type they are, as in {missing}")
    return names, names


def _dynamic(module: Any, arguments: Sequence[str], shapes: Mapping[str, Any], both: tuple[Any, Any]) -> Any:
    """Sizes that are open as `torch.export` takes them: by the names of `forward`, or by position."""
    if not any(shapes.values()):
        return None
    if not arguments:
        return both[1]
    variadic = [each for each in signature(module.forward).parameters.values() if each.kind is Parameter.VAR_POSITIONAL]
    return (both[0],) if variadic else both[0]


def _open(type: TensorType) -> dict[int, Any]:
    import torch

    return {place: torch.export.Dim.AUTO for place, size in enumerate(type.shape) if isinstance(size, SymbolicSize)}


def _example(type: TensorType, least: int) -> Any:
    """A tensor of *type*; open sizes are numbers above *least*."""
    import torch

    shape = [least + len(str(size)) if isinstance(size, SymbolicSize) else size for size in type.shape]
    if type.dtype.is_floating:
        return torch.zeros(
            shape, dtype=getattr(torch, {Dtype.F16: "float16", Dtype.BF16: "bfloat16"}.get(type.dtype, "float32"))
        )
    return torch.ones(shape, dtype={Dtype.I64: torch.int64, Dtype.I32: torch.int32}.get(type.dtype, torch.bool))


def _check_open(program: Any, placeholders: Sequence[str], inputs: Sequence[tuple[str, TensorType]], what: str) -> None:
    """Refuse sizes that were left open, and that the module fixes.

    Raises:
        CompileError: there is one.
    """
    nodes = {each.name: each for each in program.graph.nodes if each.op == "placeholder"}
    most = {str(each): str(bounds.upper) for each, bounds in program.range_constraints.items()}
    for name, (word, type) in zip(placeholders, inputs, strict=False):
        for size, found in zip(type.shape, nodes[name].meta["val"].shape, strict=True):
            if not isinstance(size, SymbolicSize):
                continue
            symbol = min(symbols_of(size))
            if str(found).isdigit():
                raise CompileError(
                    f"{what} works for one size `{symbol}` of `{word}` only: write a number instead of it"
                )
            if most.get(str(found), "").isdigit():
                raise CompileError(
                    f"{what} computes otherwise where `{symbol}` of `{word}` is above {most[str(found)]}: write a number"
                    " instead of it"
                )


def _is_seen(nodes: Iterable[Any]) -> bool:
    """Whether one of *nodes* changes, in place, what comes from outside, or what is read later under another name."""
    nodes = list(nodes)
    places = {node: place for place, node in enumerate(nodes)}
    owners: dict[Any, Any] = {}
    sharing: dict[Any, list[Any]] = {}
    for place, node in enumerate(nodes):
        schema = schema_of(node.target)
        changes = schema is not None and schema.is_mutable
        owner = owners[node.all_input_nodes[0]] if changes or _is_view(node) else node
        if changes:
            changed = node.all_input_nodes[0]
            others = [each for each in sharing[owner] if not _is_apart(each, changed)]
            if owner.op == "placeholder" or any(places[user] > place for each in others for user in each.users):
                return True
        owners[node] = owner
        sharing.setdefault(owner, []).append(node)
    return False


def _is_apart(node: Any, changed: Any) -> bool:
    """Whether *node* is what is *changed*, or another part of what that is a part of."""
    parts = node.target is changed.target is operator.getitem and node.args[0] is changed.args[0]
    return node is changed or parts


def _is_view(node: Any) -> bool:
    """Whether the output of *node* may be memory of its first input."""
    if not node.all_input_nodes:
        return False
    if node.target is operator.getitem:
        return True
    schema = schema_of(node.target)
    aliases = schema is not None and any(each.alias_info is not None for each in schema.returns)
    packet = getattr(node.target, "overloadpacket", None)
    return aliases or (packet is not None and packet.__name__ in _MAY_ALIAS)


def schema_of(target: Any) -> Any:
    """The names and defaults of the arguments of *target*, where it is an operator of PyTorch."""
    return getattr(target, "_schema", None)
