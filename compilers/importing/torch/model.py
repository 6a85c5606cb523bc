"""A PyTorch module read into a network, through `torch.export`: calls in order, each by its entry in the table of
operators.
"""

import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from symnas.compilers.importing.drawing import Drawing, Module
from symnas.compilers.importing.naming import Names, identifier
from symnas.compilers.importing.nesting import Nested, nest
from symnas.compilers.importing.refusing import Refusals, Refused
from symnas.compilers.importing.torch.exporting import exported, schema_of
from symnas.compilers.importing.torch.registry import reading
from symnas.compilers.importing.torch.site import Site
from symnas.compilers.importing.torch.spreading import Spread, drawn, is_causal, spread
from symnas.compilers.importing.torch.upstream import upstream
from symnas.compilers.importing.values import Flow, Known
from symnas.elaborate.files import KEYWORDS
from symnas.graph import Outputs
from symnas.operators import OPERATORS
from symnas.polynomials import SizeError
from symnas.sizes import SymbolicSize
from symnas.types import TensorType

__all__ = ["read"]

_MOST: Final = 2**26
"""Elements of a constant that is worked out while reading."""

_TABLES: Final = frozenset({"cos", "sin"})
"""Functions by which a table that is worked out is called."""

_SILENT: Final = frozenset({"_assert_scalar", "_assert_async", "sym_constrain_range", "sym_constrain_range_for_size",
                            "_assert_tensor_metadata"})  # fmt: skip
"""Operators that say what must hold, and compute nothing."""

_SIZES: Final[Mapping[Any, Callable[..., Any]]] = {
    operator.add: operator.add, operator.sub: operator.sub, operator.mul: operator.mul, operator.neg: operator.neg,
    operator.floordiv: operator.floordiv, operator.mod: operator.mod, operator.pow: operator.pow,
}  # fmt: skip
"""What Python computes with sizes."""


def read(module: Any, inputs: Sequence[tuple[str, TensorType]], name: str, what: str) -> Nested:
    """The PyTorch *module*, which takes *inputs*, as a network called *name*; *what* it is called in messages.

    Raises:
        CompileError: it cannot be exported, or has what cannot be imported; the message names each operator.
    """
    program, places = exported(module, inputs, what)
    return _Reader(program, places, inputs, what).read(name)


class _Reader:
    """Reads one exported program. *places* are its inputs by the names of their placeholders."""

    def __init__(
        self, program: Any, places: Mapping[str, int], inputs: Sequence[tuple[str, TensorType]], what: str
    ) -> None:
        self.program, self.places, self.inputs = program, places, inputs
        self.refusals = Refusals(what)
        self.drawing = Drawing()
        self.values: dict[Any, Any] = {}
        self.calls: dict[str, int] = {}
        self.kernels = _kernels(program.graph.nodes, set(places))
        self.attends = any(_name(each.target) == "multihead_attention" for each in program.graph.nodes)

    def read(self, name: str) -> Nested:
        """The network, called *name*.

        Raises:
            CompileError: something in the module cannot be imported.
        """
        nodes = list(self.program.graph.nodes)
        self._check_operators(nodes)
        self._inputs()
        self._kept(nodes)
        returned: Any = ()
        for node in nodes:
            if node.op == "call_function":
                self._call(node)
            elif node.op == "get_attr":
                self.values[node] = _Missing
            elif node.op == "output":
                returned = node.args[0]
        self.refusals.check()
        results: list[int] = []
        outputs = self._outputs(self._unpacked(returned), results)
        self.refusals.check()
        return nest(self.drawing, name, results, outputs)

    # ------------------------------------------------------------------------------- what is there to begin with

    def _check_operators(self, nodes: Sequence[Any]) -> None:
        """Name every operator that cannot be read, before anything else is tried."""
        for node in nodes:
            if node.op != "call_function" or node.target in _SIZES or node.target is operator.getitem:
                continue
            name = _name(node.target)
            if name in _SILENT or name in ("sym_size", "sym_numel") or "sym_" in name:
                continue
            known = schema_of(node.target) is not None
            if not known and not any(isinstance(each, bool | int | float) for each in (node.meta.get("val"),)):
                if name in ("cond", "while_loop", "map_impl", "scan"):
                    self.refusals.add(name, "control that depends on what flows in is not imported", _place(node))
            elif known and reading(name) is None and not _constant(node) and node not in self.kernels:
                self.refusals.add(name, "symnas has no counterpart", _place(node))
                self.values[node] = _Missing  # said once

    def _inputs(self) -> None:
        names = Names({*KEYWORDS, *OPERATORS})
        for word, type in self.inputs:
            flow = self.drawing.input(names.fresh(identifier(word, "x")), type)
            self.values[word] = flow

    def _kept(self, nodes: Sequence[Any]) -> None:
        """Parameters, buffers and constants, by the placeholders that stand for them."""
        signature = self.program.graph_signature
        trained = dict(signature.inputs_to_parameters)
        kept = {**signature.inputs_to_buffers, **signature.inputs_to_lifted_tensor_constants}
        tensors = {**self.program.state_dict, **self.program.constants}
        same: dict[int, Known] = {}
        for node in nodes:
            if node.op != "placeholder":
                continue
            if (path := trained.get(node.name) or kept.get(node.name)) is not None:
                tensor = tensors[path]
                if id(tensor) not in same:
                    same[id(tensor)] = Known(_array(tensor), path, node.name in trained)
                self.values[node] = same[id(tensor)]
            elif node.name in self.places:
                self.values[node] = self.values[self.inputs[self.places[node.name]][0]]
            else:
                self.values[node] = None

    # ------------------------------------------------------------------------------------------------- calls

    def _call(self, node: Any) -> None:
        if any(self.values.get(each) is _Missing for each in (node, *node.all_input_nodes)):
            self.values[node] = _Missing  # what was refused before is said already
            return
        try:
            with self.drawing.standing(self._modules(node)):
                self.values[node] = self._result(node)
        except Refused as refused:
            self.refusals.add(_name(node.target), str(refused), _place(node))
            self.values[node] = _Missing
        except SizeError:
            if _is_tensor(node):
                self.refusals.add(_name(node.target), "it depends on a size that is open", _place(node))
            self.values[node] = _Missing if _is_tensor(node) else None
        if getattr(schema_of(node.target), "is_mutable", False):
            self.values[node.args[0]] = self.values[node]  # in place; nothing else sees it (`exporting`)

    def _result(self, node: Any) -> Any:
        name = _name(node.target)
        arguments = [self._unpacked(each) for each in node.args]
        if node.target is operator.getitem:
            return arguments[0][arguments[1]] if arguments[1] < len(arguments[0]) else None  # nobody reads those
        if name == "sym_size":
            return _shape(arguments[0])[arguments[1]]
        if name == "sym_numel":
            return _product(_shape(arguments[0]))
        if node.target in _SIZES:
            return _SIZES[node.target](*arguments)
        if schema_of(node.target) is None or name in _SILENT:
            return None
        named = {key: self._unpacked(each) for key, each in node.kwargs.items()}
        bound = _bound(schema_of(node.target), arguments, named)
        weights = node in self.kernels
        if (worked := _worked_out(node.target, bound, weights=weights)) is not None:
            return worked
        if (same := spread(name, bound, lambda given: _worked_out(node.target, given, weights=weights))) is not None:
            return same
        if (
            name == "scaled_dot_product_attention"
            and len(_shape(bound["query"])) == 4
            and is_causal(bound["attn_mask"])
        ):
            bound |= {"attn_mask": None, "is_causal": True}
        bound = {key: self._drawn(each) for key, each in bound.items()}
        read = reading(name)
        if read is None:
            raise Refused("symnas has no counterpart")
        used = frozenset(each.args[1] for each in node.users if each.target is operator.getitem and each.users)
        return read(Site(name, bound, self._path(node), self.drawing, used))

    def _drawn(self, value: Any) -> Any:
        """*value* with tensors of the network for those that are the same for every sample."""
        if isinstance(value, Spread):
            return drawn(value, self.drawing)
        return [self._drawn(each) for each in value] if isinstance(value, list | tuple) else value

    def _unpacked(self, value: Any) -> Any:
        """*value* of the exported graph with the values of its nodes."""
        import torch

        if isinstance(value, torch.fx.Node):
            return self.values[value]
        if isinstance(value, list | tuple):
            return [self._unpacked(each) for each in value]
        return value

    def _modules(self, node: Any) -> tuple[Module, ...]:
        """The modules that *node* stands in; one that is called several times is another module each time."""
        found = []
        for key, (path, kind) in (node.meta.get("nn_module_stack") or {}).items():
            path = _cleaned(path)
            if not path or kind == "_empty_nn_module_stack_from_metadata_hook":
                continue
            word = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__name__}"
            if word == "torch.nn.modules.activation.MultiheadAttention" and self.attends:
                continue  # a layer of its own; its masks are made beside it
            found.append(Module(path, word.rpartition(".")[2], self.calls.setdefault(str(key), len(self.calls))))
        return tuple(found)

    def _path(self, node: Any) -> str:
        """What the weights of *node* are called: what those that it reads have in common."""
        for each in node.all_input_nodes:
            value = self.values.get(each)
            if isinstance(value, Known) and value.trains and value.name:
                stem, _, last = value.name.rpartition(".")
                if last in ("weight", "bias") or not last.endswith(("_weight", "_bias")):
                    return stem or value.name
                return f"{stem}.{last.rpartition('_')[0]}" if stem else last.rpartition("_")[0]
        modules = self._modules(node)
        return modules[-1].path if modules else ""

    def _outputs(self, value: Any, results: list[int]) -> Outputs:
        """*value*, which the module returns, in terms of *results*, which are added to."""
        value = self._drawn(value)
        kept = [each for each in value if isinstance(each, Flow | Known)] if isinstance(value, list) else [value]
        for each in kept:
            try:
                results.append(self.drawing.tensor(each).number)
            except Refused as refused:
                self.refusals.add("output", str(refused))
        count = len(self.program.graph_signature.buffers_to_mutate) if self.program.graph_signature else 0
        del results[:count]
        return 0 if len(results) == 1 else tuple(range(len(results)))


class _Missing:
    """Stands for what was refused."""


def _name(target: Any) -> str:
    """`conv2d` of `aten.conv2d.padding`, `relu` of `aten.relu_.default`."""
    packet = getattr(target, "overloadpacket", None)
    name = str(packet.__name__ if packet is not None else getattr(target, "__name__", target))
    return name[:-1] if name.endswith("_") and not name.startswith("__") else name


def _place(node: Any) -> str:
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    return _cleaned(stack[-1][0]) if stack else str(node.name)


def _cleaned(path: str) -> str:
    return str(path).removeprefix("L['self'].").removeprefix("L['self']")


def _array(tensor: Any) -> Any:
    found = tensor.detach().cpu()
    found = found.float() if str(found.dtype) in ("torch.bfloat16", "torch.float64") else found
    return found.contiguous().numpy()


def _is_tensor(node: Any) -> bool:
    import torch

    return isinstance(node.meta.get("val"), torch.Tensor | tuple | list)


def _shape(value: Any) -> tuple[Any, ...]:
    if isinstance(value, Flow):
        return value.type.shape
    return value.shape if isinstance(value, Spread) else tuple(value.array.shape)


def _product(sizes: Sequence[Any]) -> Any:
    total: Any = 1
    for each in sizes:
        total = total * each
    return total


def _bound(schema: Any, arguments: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments of *schema* by name, defaults filled."""
    found = {each.name: each.default_value for each in schema.arguments if each.has_default_value()}
    found.update(zip((each.name for each in schema.arguments), arguments, strict=False))
    return {**found, **named}


# ----------------------------------------------------------------------------------- what is known while reading


def _constant(node: Any) -> bool:
    """Whether *node* may be worked out while reading: no operand flows in."""
    return not any(each.op == "placeholder" for each in node.all_input_nodes)


def _kernels(nodes: Iterable[Any], inputs: Collection[str]) -> set[Any]:
    """The nodes that compute kernels and matrices of weights alone, as weight normalisation does: they are worked out,
    and the result is the weight.
    """
    found: set[Any] = set()
    for node in nodes:
        if node.op != "call_function" or not _name(node.target).startswith(("conv", "linear")):
            continue
        for weight in node.args[1:3]:
            above = upstream([weight]) if hasattr(weight, "all_input_nodes") else set()
            if not any(each.op == "placeholder" and each.name in inputs for each in above):
                found |= above
    return found


def _worked_out(target: Any, bound: Mapping[str, Any], *, weights: bool) -> Known | None:
    """What *target* gives where all its operands are known, none of them weights unless *weights* says so: by PyTorch
    itself.
    """
    import torch

    tensors = list(_leaves(bound))
    if any(isinstance(each, Flow | Spread | SymbolicSize) for each in tensors):
        return None
    trains = any(isinstance(each, Known) and each.trains for each in tensors)
    if trains and not weights:
        return None
    if torch.Tag.nondeterministic_seeded in target.tags:  # drawn anew each time
        return None
    given = {name: _tensors(value) for name, value in bound.items()}
    if "device" in given:
        given["device"] = torch.device("cpu")
    positional = [
        given.pop(each.name) for each in schema_of(target).arguments if not each.kwarg_only and each.name in given
    ]
    try:
        with torch.no_grad():
            found = target(*positional, **given)
    except (RuntimeError, TypeError, ValueError, IndexError):
        return None
    if not isinstance(found, torch.Tensor) or found.numel() > _MOST:
        return None
    name = next((each.name for each in tensors if isinstance(each, Known) and each.name), "")
    if (word := _name(target)) in _TABLES:
        name = name and f"{name.rpartition('.')[0]}.{word}".lstrip(".")
    return Known(_array(found), name if found.numel() > 1 else "", trains)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _tensors(value: Any) -> Any:
    import torch

    if isinstance(value, Known):
        return torch.from_numpy(np.array(value.array))
    return [_tensors(each) for each in value] if isinstance(value, list | tuple) else value
