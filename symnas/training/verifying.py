"""Whether a network is what its program says: parameters and MACs by PyTorch's own counters, gradients by differences,
outputs by onnxruntime.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from math import inf, isnan, nan
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from symnas.errors import CompileError, SearchError
from symnas.graph import Graph, Scope, Use
from symnas.sizes import Size, SymbolicSize, substitute, symbols_of
from symnas.types import Dtype, TensorType

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Check", "apart", "drawn_inputs", "open_sizes", "run_module", "verify"]

_TOLERANCE: Final = 1e-4
"""How far outputs may be apart, as a share of the largest number; gradients likewise."""

_SMALL: Final = 2_000_000
"""Parameters up to which gradients are compared: differences take the network many times, in double precision."""

_SAMPLES: Final = 200
"""How many samples decide at each `when`."""

_DIRECTIONS: Final = 3
_STEPS: Final = (1e-6, 1e-7, 1e-8, 1e-9)
"""Lengths of the steps of differences: long ones cross kinks (of ReLUs, of maxima), short ones lose digits."""

_ASIDE: Final = 0.01
"""How far weights are moved before gradients are compared."""

_NEAR: Final = 1e-6
"""How near two slopes are when no shorter step is tried."""

_UNCOUNTED: Final = frozenset({"RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell", "Bilinear"})
"""Operators whose multiply-adds PyTorch's counter does not see."""


@frozen
class Check:
    """One thing that was compared: what the program says, and what was measured. *agrees* is `None` where it could not
    be measured; *why* says why, or how far the two are apart.
    """

    what: str
    stated: str
    measured: str
    agrees: bool | None
    why: str = ""


def verify(graph: Graph, sizes: Mapping[str, int], seed: int, allow: Collection[str] = ()) -> list[Check]:
    """Every check of *graph*, whose open sizes are *sizes*, and 2 where those say nothing.

    Raises:
        CompileError: it cannot be built, or refuses inputs of these sizes.
        SearchError: there is no such size.
    """
    from symnas.compilers.torch import build
    from symnas.training.noise import draws, held
    from symnas.training.randomness import Surroundings

    given = open_sizes(graph, sizes)
    with Surroundings(seed).entered():
        module = build(graph, allow=allow).eval()
        if draws(graph):
            held(module, seed)
        inputs = drawn_inputs(graph, given)
        outputs = run_module(graph.name, module, inputs)
        checks = [
            *_parameters(graph, module),
            _macs(graph, module, inputs, given),
            _gradients(graph, module, inputs),
            _onnx(graph, module, inputs, outputs),
        ]
        return [*checks, *_decided(graph, module, given | _many(graph, sizes))]


def open_sizes(graph: Graph, sizes: Mapping[str, int]) -> dict[str, int]:
    """A number for each open size of *graph*: that of *sizes*, or 2.

    Raises:
        SearchError: it has no such size.
    """
    known = sorted({name for type in graph.scope.inputs for size in type.shape for name in symbols_of(size)})
    if strange := sorted(sizes.keys() - set(known)):
        there = ", ".join(f"`{name}`" for name in known) or "none"
        raise SearchError(f"`{graph.name}` has no size called `{strange[0]}`; the sizes it leaves open: {there}")
    return {name: sizes.get(name, 2) for name in known}


def drawn_inputs(graph: Graph, sizes: Mapping[str, int]) -> "list[Tensor]":
    """Random inputs: normal numbers, truths, and whole numbers that every table of the network has."""
    import torch

    tables = [
        dict(placed.operation.settings)["num_embeddings"]
        for placed in graph.operations()
        if placed.operation.operator in ("Embedding", "EmbeddingBag")
    ]
    most = min((each for each in tables if isinstance(each, int)), default=2)
    return [_drawn(torch, type, sizes, most) for type in graph.scope.inputs]


def _drawn(torch: Any, type: TensorType, sizes: Mapping[str, int], most: int) -> "Tensor":
    shape = [substitute(size, sizes) for size in type.shape]
    if type.dtype.is_floating:
        kinds = {Dtype.F16: torch.float16, Dtype.BF16: torch.bfloat16}
        drawn: Tensor = torch.randn(shape).to(kinds.get(type.dtype, torch.float32))
    elif type.dtype is Dtype.BOOL:
        drawn = torch.rand(shape) < 0.5
    else:
        drawn = torch.randint(0, most, shape, dtype=torch.int64 if type.dtype is Dtype.I64 else torch.int32)
    return drawn


def run_module(name: str, module: "nn.Module", inputs: "Sequence[Tensor]") -> "list[Tensor]":
    """What *module*, the network called *name*, gives for *inputs*.

    Raises:
        CompileError: it refuses them.
    """
    import torch

    try:
        with torch.no_grad():
            return _flat(module(*inputs))
    except RuntimeError as error:
        shapes = ", ".join(str(list(each.shape)) for each in inputs)
        reason = str(error).splitlines()[0]
        raise CompileError(
            f"`{name}` refuses inputs of {shapes} (`--size NAME=SIZE` gives others): {reason}"
        ) from error


def _flat(value: Any) -> "list[Tensor]":
    """The tensors that a network gives, in order; outputs of training alone are not among them."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        value = list(value.values())
    return [each for item in value for each in _flat(item)] if isinstance(value, list | tuple) else [value]


# ------------------------------------------------------------------------------------------------- counts


def _parameters(graph: Graph, module: "nn.Module") -> list[Check]:
    """Parameters, and those of them that train, as the module has them; `training(…)` outputs have theirs, too."""
    if graph.deployed is not graph:
        why = "what only `training(…)` outputs need is not counted"
        return [Check("parameters", f"{graph.params:,}", "", None, why)]
    counts = [(each.numel(), each.requires_grad) for each in module.parameters()]
    found = sum(count for count, _ in counts)
    trained = sum(count for count, trains in counts if trains)
    return [
        Check("parameters", f"{graph.params:,}", f"{found:,}", graph.params == found),
        Check("trainable", f"{graph.trainable:,}", f"{trained:,}", graph.trainable == trained),
    ]


def _macs(graph: Graph, module: "nn.Module", inputs: "Sequence[Tensor]", sizes: Mapping[str, int]) -> Check:
    """Multiply-adds of one sample: half of what PyTorch's counter of floating-point operations sees."""
    from symnas.training.counting import macs_in_pytorch

    stated: Size = substitute(graph.macs, sizes)
    shown = f"{stated:,}" if isinstance(stated, int) else str(stated)
    unseen = sorted({each.operation.operator for each in graph.operations()} & _UNCOUNTED)
    if unseen or isinstance(stated, SymbolicSize):
        why = f"PyTorch's counter does not see {', '.join(unseen)}" if unseen else "a size is open"
        return Check("MACs", shown, "", None, why)
    batch = next((len(each) for each in inputs if each.ndim), 1)
    found = macs_in_pytorch(module, inputs) / batch
    measured = f"{int(found):,}" if found == int(found) else f"{found:,.1f}"
    if graph.whens:
        return Check("MACs", shown, measured, found <= stated, "at worst: the costlier side of each `when`")
    return Check("MACs", shown, measured, found == stated)


def _many(graph: Graph, sizes: Mapping[str, int]) -> dict[str, int]:
    """The open number of samples, which nothing was said about: enough that every side of a `when` is likely taken."""
    batch = {name for type in graph.scope.inputs for size in type.shape[:1] for name in symbols_of(size)}
    return dict.fromkeys(sorted(batch - sizes.keys()), _SAMPLES) if graph.whens else {}


def _decided(graph: Graph, module: "nn.Module", sizes: Mapping[str, int]) -> list[Check]:
    """Where samples decide: what was really run for many, by the program at the rates at which they left, by PyTorch's
    counter, and by onnxruntime's profile; and that ONNX gives each of them PyTorch's output.
    """
    from symnas.training.counting import macs_in_pytorch
    from symnas.training.exits import watched

    if not graph.whens or any(each.operation.operator in _UNCOUNTED for each in graph.operations()):
        return []
    inputs = drawn_inputs(graph, sizes)
    count = next((len(each) for each in inputs if each.ndim), 1)
    with watched(module) as seen:
        outputs = run_module(graph.name, module, inputs)
    rates: dict[str, Any] = {
        path: Fraction(seen.taken[path], reached) for path, reached in seen.reached.items() if reached
    }
    total = graph.expected_macs(rates) * count
    stated = substitute(round(total) if isinstance(total, Fraction) else total, sizes)
    found, shared = macs_in_pytorch(module, inputs), _shares_whens(graph.scope)
    sides = ", ".join(f"{seen.taken[path]} of {seen.reached[path]} at `{path}`" for path in graph.whens)
    what = f"MACs of {count} samples"
    return [
        # a shared block has one rate for all its uses, which says less than the rate of each
        Check(
            what, f"{stated:,}", f"{found:,}", stated == found or (None if shared else False), f"first sides: {sides}"
        ),
        _decided_in_onnx(graph, module, inputs, found, f"{what}, ONNX"),
        _onnx(graph, module, inputs, outputs, f"outputs of {count} samples"),
    ]


def _shares_whens(scope: Scope) -> bool:
    """Whether a block in which samples decide is used several times with the same weights."""
    uses = [step for step in scope.every_step() if isinstance(step, Use)]
    return any(
        (step.shared is not None and Graph("", step.scope, ()).whens) or _shares_whens(step.scope) for step in uses
    )


def _decided_in_onnx(graph: Graph, module: "nn.Module", inputs: "Sequence[Tensor]", expected: int, what: str) -> Check:
    """What onnxruntime runs of the branches of one model for all of *inputs*."""
    from symnas.training.counting import UNPROFILED, macs_in_onnxruntime

    stated = f"{expected:,}"
    try:
        import onnx_ir

        from symnas.compilers.onnx import build

        model = build(graph, weights=module.state_dict(), fold=False)
        if unseen := sorted({node.op_type for node in model.graph.all_nodes()} & UNPROFILED):
            return Check(what, stated, "", None, f"the profile does not tell what {', '.join(unseen)} multiplies")
        names = [str(each.name) for each in model.graph.inputs]
        feeds = {name: each.numpy() for name, each in zip(names, inputs, strict=True)}
        found = macs_in_onnxruntime(onnx_ir.to_proto(model).SerializeToString(), feeds)
    except ModuleNotFoundError as error:
        return Check(what, stated, "", None, f"needs `pip install {error.name}`")
    except CompileError as error:
        return Check(what, stated, "", None, f"no ONNX model: {error}")
    return Check(what, stated, f"{found:,}", found == expected, "by onnxruntime's profile")


# ---------------------------------------------------------------------------------------------- gradients


def _gradients(graph: Graph, module: "nn.Module", inputs: "Sequence[Tensor]") -> Check:
    """Derivatives along random directions of all weights: by PyTorch, and by differences, in double precision."""
    what, stated = "gradients", "by autograd"
    if not graph.trainable:
        return Check(what, stated, "", None, "nothing trains")
    if graph.params > _SMALL:
        return Check(what, stated, "", None, f"compared up to {_SMALL:,} parameters")
    if any(each.operation.bits is not None for each in graph.operations()):
        return Check(what, stated, "", None, "what is rounded passes gradients straight through")
    try:
        with _doubles():
            worst = max(_slope_error(module, inputs) for _ in range(_DIRECTIONS))
    except RuntimeError as error:
        return Check(what, stated, "", None, f"not in double precision: {str(error).splitlines()[0]}")
    if isnan(worst):
        return Check(what, stated, "", None, "the outputs are no finite numbers for these inputs")
    return Check(what, stated, "by differences", worst <= _TOLERANCE, f"apart by {worst:.1g} at most")


@contextmanager
def _doubles() -> Iterator[None]:
    """While this is entered, tensors that a network makes (`zeros`, `arange`) have double precision too."""
    import torch

    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(usual)


def _slope_error(module: "nn.Module", inputs: "Sequence[Tensor]") -> float:
    """How far the two derivatives along one direction are apart, as a share of the larger: with the step at which they are
    nearest, near the weights as they are; what starts at 0 may stand on a kink. Not a number where an output is none.
    """
    import copy

    import torch

    double = copy.deepcopy(module).double()
    given = [each.double() if each.is_floating_point() else each for each in inputs]
    weights = [each for each in double.parameters() if each.requires_grad]
    with torch.no_grad():
        for weight in weights:
            weight.add_(torch.randn_like(weight), alpha=_ASIDE)
    results = _flat(double(*given))
    moved = [place for place, each in enumerate(results) if each.is_floating_point() and each.requires_grad]
    outputs = [results[place] for place in moved]
    if not outputs:
        return 0.0
    if not all(each.isfinite().all() for each in outputs):
        return nan
    mixes = [torch.randn_like(each) for each in outputs]

    def total() -> "Tensor":
        results = _flat(double(*given))
        return torch.stack([(results[place] * mix).sum() for place, mix in zip(moved, mixes, strict=True)]).sum()

    way = [torch.randn_like(each) for each in weights]
    slopes: Sequence[Tensor | None] = torch.autograd.grad(total(), weights, allow_unused=True)
    along = [float((slope * each).sum()) if slope is not None else 0.0 for slope, each in zip(slopes, way, strict=True)]
    exact = sum(along)
    nearest = inf
    for step in _STEPS:
        found = _difference(total, weights, way, step)
        nearest = min(nearest, abs(exact - found) / max(abs(exact), abs(found), 1e-8))
        if nearest < _NEAR:
            break
    return nearest


def _difference(
    total: "Callable[[], Tensor]", weights: "Sequence[Tensor]", way: "Sequence[Tensor]", step: float
) -> float:
    """The slope of *total* along *way* by a central difference."""
    import torch

    found = []
    with torch.no_grad():
        for length in (step, -2 * step):
            for weight, each in zip(weights, way, strict=True):
                weight.add_(each, alpha=length)
            found.append(float(total()))
        for weight, each in zip(weights, way, strict=True):
            weight.add_(each, alpha=step)
    return (found[0] - found[1]) / (2 * step)


# --------------------------------------------------------------------------------------------------- ONNX


def _onnx(
    graph: Graph,
    module: "nn.Module",
    inputs: "Sequence[Tensor]",
    outputs: "Sequence[Tensor]",
    what: str = "outputs",
) -> Check:
    """Outputs of the ONNX model with the same weights, and the same draws where the network draws, run by onnxruntime."""
    stated = "by PyTorch"
    try:
        import onnx_ir
        import onnxruntime

        from symnas.compilers.onnx import build
    except ModuleNotFoundError as error:
        return Check(what, stated, "", None, f"needs `pip install {error.name}`")
    from symnas.training.noise import draws, recorded

    drawn: list[Tensor] = []
    if draws(graph):
        with recorded() as drawn:
            run_module(graph.name, module, inputs)
    try:
        model = build(graph, weights=module.state_dict(), fed=True)
        onnxruntime.set_default_logger_severity(3)
        session = onnxruntime.InferenceSession(
            onnx_ir.to_proto(model).SerializeToString(), providers=["CPUExecutionProvider"]
        )
        feeds = {each.name: given.numpy() for each, given in zip(session.get_inputs(), [*inputs, *drawn], strict=True)}
        found = session.run(None, feeds)
    except CompileError as error:
        same = " with the same draws" if draws(graph) else ""
        return Check(what, stated, "", None, f"no ONNX model{same}: {error}")
    except Exception as error:  # noqa: BLE001 (onnxruntime's own, which share no base; what it refuses is told)
        return Check(what, stated, "by ONNX", False, f"onnxruntime refuses the model: {str(error).splitlines()[0]}")
    if len(found) != len(outputs):
        return Check(what, stated, "by ONNX", False, f"{len(found)} outputs for {len(outputs)}")
    worst = max((apart(ours, theirs) for ours, theirs in zip(outputs, found, strict=True)), default=0.0)
    if worst < inf and not any(each.isfinite().any() for each in outputs):
        return Check(what, stated, "by ONNX", None, "the outputs are no finite numbers for these inputs")
    if _TOLERANCE < worst < inf and 10 * (moved := _unsteady(module, inputs, outputs)) > worst:
        why = f"apart by {worst:.1g}, where the last bit of the inputs moves PyTorch's own by {moved:.1g}"
        return Check(what, stated, "by ONNX", None, why)
    same = ", with the same draws" if drawn else ""
    return Check(what, stated, "by ONNX", worst <= _TOLERANCE, f"apart by {worst:.1g} at most{same}")


def _unsteady(module: "nn.Module", inputs: "Sequence[Tensor]", outputs: "Sequence[Tensor]") -> float:
    """How far *outputs* of *module* move with the last bit of *inputs*, as a share of the largest number."""
    import torch

    worst = 0.0
    for _ in range(_DIRECTIONS):
        moved = [each * (1 + 2**-23 * torch.randn_like(each)) if each.is_floating_point() else each for each in inputs]
        with torch.no_grad():
            found = _flat(module(*moved))
        worst = max(worst, *(apart(ours, theirs) for ours, theirs in zip(outputs, found, strict=True)))
    return worst


def apart(ours: "Tensor", theirs: Any) -> float:
    """The largest difference, as a share of the largest number, or of 1; what is no finite number must be the same."""
    import torch

    other = torch.as_tensor(theirs).double()
    if other.shape != ours.shape:
        return inf
    mine = ours.double()
    finite = mine.isfinite()
    if not torch.equal(finite, other.isfinite()) or not torch.equal(mine[~finite].isnan(), other[~finite].isnan()):
        return inf
    mine, other = mine[finite], other[finite]
    return float((mine - other).abs().max() / max(1.0, float(mine.abs().max()))) if mine.numel() else 0.0
