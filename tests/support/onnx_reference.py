"""The reference implementation of the `onnx` package, for networks that are too large for it as it is.

It computes a model node by node with NumPy, and keeps all values until the end; a convolution makes a matrix of all that
its kernels see. Here a value goes when its last reader has read it, and a convolution is the sum over the places of its
kernel, in NumPy too. What any other node computes is the package's business.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

__all__ = ["Array", "compute"]

Array = NDArray[Any]


def compute(model: onnx.ModelProto, given: Mapping[str, Array]) -> list[Array]:
    """What *model* gives for the inputs *given*, each value in the type that the model says."""
    evaluator = ReferenceEvaluator(model, new_ops=[Conv])
    values: dict[str, Any] = {"": None, **evaluator.rt_inits_, **given}
    kept = {"", *evaluator.output_names}
    last = {name: place for place, node in enumerate(model.graph.node) for name in _read(node)}
    for place, (node, written) in enumerate(zip(evaluator.rt_nodes_, model.graph.node, strict=True)):
        operands = [values[name] for name in written.input]
        context = {"context": values} if node.need_context() else {}
        values |= zip(written.output, node.run(*operands, **context), strict=False)
        del operands  # they would hold what is let go now
        for name in {*_read(written), *written.output}:
            if name not in kept and last.get(name, place) == place:
                values.pop(name, None)  # those of graphs inside the node are not there
    return [np.asarray(values[name]) for name in evaluator.output_names]


def _read(node: onnx.NodeProto) -> Iterator[str]:
    """The names that *node* reads, and whatever is read in graphs inside it: some of them are made there."""
    yield from node.input
    for attribute in node.attribute:
        for each in attribute.g.node:
            yield from _read(each)
        for result in attribute.g.output:
            yield result.name


class Conv(OpRun):
    """A convolution of any rank: for each place of the kernel, the channels seen through it times its weights, added up.

    Nothing is made that is larger than the padded input or the output.
    """

    op_domain = ""

    def _run(
        self,
        x: Array,
        weight: Array,
        bias: Array | None = None,
        auto_pad: str = "NOTSET",
        dilations: Sequence[int] | None = None,
        group: int = 1,
        kernel_shape: Sequence[int] | None = None,
        pads: Sequence[int] | None = None,
        strides: Sequence[int] | None = None,
    ) -> tuple[Array]:
        rank = x.ndim - 2
        kernel = weight.shape[2:]
        assert auto_pad == "NOTSET"
        assert kernel_shape is None or tuple(kernel_shape) == kernel
        dilations, strides, pads = dilations or [1] * rank, strides or [1] * rank, pads or [0] * (2 * rank)
        x = np.pad(x, [(0, 0), (0, 0), *zip(pads[:rank], pads[rank:], strict=True)])
        spans = [1 + (size - 1) * apart for size, apart in zip(kernel, dilations, strict=True)]
        sizes = [1 + (size - span) // step for size, span, step in zip(x.shape[2:], spans, strides, strict=True)]
        batch, channels, filters = len(x), weight.shape[1], len(weight) // group
        weights = weight.reshape(group, filters, channels, -1)
        found = np.zeros((batch, group, filters, np.prod(sizes, dtype=int)), x.dtype)
        for number, place in enumerate(product(*map(range, kernel))):
            starts = [index * apart for index, apart in zip(place, dilations, strict=True)]
            window = [
                slice(start, start + step * (size - 1) + 1, step)
                for start, step, size in zip(starts, strides, sizes, strict=True)
            ]
            seen = x[:, :, *window].reshape(batch, group, channels, -1)
            factor = weights[..., number]
            found += seen * factor if channels == filters == 1 else factor @ seen
        found = found.reshape(batch, -1, *sizes)
        return (found if bias is None else found + bias.reshape(-1, *[1] * rank),)
