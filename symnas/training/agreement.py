"""Whether a network and a data set go together: shapes and types of inputs and outputs, checked before training."""

from typing import TYPE_CHECKING

from symnas.errors import SearchError
from symnas.graph import Graph
from symnas.training.samples import Part, SearchData, Task
from symnas.types import Dtype, TensorType

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["check_graph", "check_module"]


def check_graph(graph: Graph, data: SearchData) -> None:
    """Compare the declared types of a network with *data*; symbolic sizes fit any number.

    Raises:
        SearchError: naming both sides and what to change.
    """
    if len(graph.scope.inputs) != 1:
        names = ", ".join(graph.scope.input_names)
        raise SearchError(
            f"`{graph.name}` takes {len(graph.scope.inputs)} inputs ({names}), but samples of `{data.name}` are"
            " single tensors: train it with an evaluator of your own"
        )
    if not isinstance(graph.outputs, int):
        raise SearchError(
            f"`{graph.name}` returns several tensors, and the built-in trainer needs one: return only the prediction,"
            " or train it with an evaluator of your own"
        )
    _check_input(graph.name, graph.scope.inputs[0], data)
    _check_output(f"`{graph.name}`", graph.scope.value_types()[graph.scope.results[graph.outputs]].shape, data)


def _check_input(network: str, declared: TensorType, data: SearchData) -> None:
    """Raise unless samples are what *declared* says."""
    tokens = data.train.inputs.dtype.kind == "i"
    held = TensorType((0, *data.input_shape), Dtype.I64 if tokens else Dtype.F32)
    fits = declared.rank == held.rank and all(
        not isinstance(size, int) or size == actual
        for size, actual in zip(declared.shape[1:], data.input_shape, strict=True)
    )
    if not fits or (declared.dtype is Dtype.F32) == tokens:
        written = f"{held.dtype.value}{_batch(data.input_shape)}"
        raise SearchError(
            f"`{network}` takes {declared.dtype.value}[{', '.join(map(str, declared.shape))}], but samples of"
            f" `{data.name}` are {written}: declare the input as `{written}`, or choose other data"
        )


def _check_output(network: str, shape: tuple[object, ...], data: SearchData) -> None:
    """Raise unless *shape* is one number per class or predicted quantity; the batch is dimension 0."""
    last = shape[1:]
    if last == (data.outputs,) or (last == () and data.outputs == 1 and data.task is Task.REGRESSION):
        return
    if len(last) == 1 and not isinstance(last[0], int):
        return  # symbolic: seen when a sample flows
    wanted = data.outputs
    numbers = "number" if wanted == 1 else "numbers"
    what = "classes" if data.task is Task.CLASSIFICATION else f"{numbers} to predict for each sample"
    outputs = "output" if wanted == 1 else "outputs"
    raise SearchError(
        f"{network} gives {_batch(last)}, but `{data.name}` has {wanted} {what}: end the network with"
        f" {wanted} {outputs}, as in `Linear({wanted})`"
    )


def check_module(module: "nn.Module", data: SearchData, device: str = "cpu") -> None:
    """Send two samples through *module* and look at what comes out; its weights and statistics stay as they are.

    Raises:
        SearchError: naming the shape of the samples and what happened.
    """
    import torch

    pair = Part(data.train.inputs[:2], data.train.targets[:2])
    was_training = module.training
    module.eval()
    try:
        with torch.inference_mode():
            result: Tensor | object = module(torch.from_numpy(pair.inputs).to(device))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        samples = f"samples of `{data.name}`, {_batch(data.input_shape)}"
        raise SearchError(f"the network does not take {samples}: {error}") from error
    finally:
        module.train(was_training)
    if not isinstance(result, torch.Tensor):
        raise SearchError(f"the built-in trainer needs a network that returns one tensor, not {type(result).__name__}")
    if result.ndim == 0 or len(result) != len(pair):
        raise SearchError(f"the network gives {list(result.shape)} for {len(pair)} samples: the batch must come first")
    _check_output("the network", tuple(result.shape), data)


def _batch(shape: tuple[object, ...]) -> str:
    """A batch of tensors of *shape*, as a signature writes it."""
    return f"[{', '.join(['N', *map(str, shape)])}]"
