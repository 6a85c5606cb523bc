"""Every operator in ONNX against PyTorch: the checker accepts what is written, onnxruntime computes what PyTorch does."""

import pytest
from onnx_running import agree, alone, both, checked, random_inputs
from onnxruntime.capi.onnxruntime_pybind11_state import Fail
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NoKernel
from operator_examples import EXAMPLES, NAME_SIZES, Example

from symnas.compilers.onnx import build
from symnas.compilers.onnx.registry import lowerings
from symnas.operators import OPERATORS, OperatorError
from symnas.sizes import Size, symbol
from symnas.types import Dtype, TensorType

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

SIZES = {"N": 7, "H": 13, "W": 18}
_IN_FULL = [
    example for example in EXAMPLES
    if all(each.dtype not in (Dtype.F16, Dtype.BF16) for each in (*example.inputs, *example.operator.apply(example.settings, example.inputs).outputs))
]  # fmt: skip


def test_every_operator_has_a_lowering() -> None:
    """The table of lowerings lacks no operator of the library."""
    assert sorted(set(OPERATORS) - set(lowerings())) == []


@pytest.mark.parametrize("example", _IN_FULL, ids=str)
def test_it_computes_what_pytorch_does(example: Example) -> None:
    """Outputs agree to 1e-5."""
    graph = alone(example)
    agree(*both(graph, random_inputs(graph.scope.inputs, {})), 1e-5)


@pytest.mark.parametrize("example", _IN_FULL, ids=str)
def test_sizes_may_be_unknown(example: Example) -> None:
    """The same model serves every batch, height and width."""
    places = {number: symbol(name) for name, number in SIZES.items()}
    inputs = [_replaced(each, dict(places)) for each in example.inputs]
    if example.name in (*NAME_SIZES, "buffer"):
        pytest.skip("its settings name the sizes")
    try:
        graph = alone(example, inputs)
    except OperatorError:
        pytest.skip("the operator must know its sizes")
    agree(*both(graph, random_inputs(example.inputs, {})), 1e-5)


def _replaced(tensor: TensorType, unknown: dict[int, Size]) -> TensorType:
    return tensor.with_shape(*(unknown.get(size, size) if isinstance(size, int) else size for size in tensor.shape))


@pytest.mark.parametrize("example", [each for each in EXAMPLES if each not in _IN_FULL], ids=str)
def test_sixteen_bits(example: Example) -> None:
    """Models of 16-bit numbers are valid; where onnxruntime has the kernels, they agree as far as 16 bits go."""
    graph = alone(example)
    checked(build(graph))
    try:
        found, expected = both(graph, random_inputs(graph.scope.inputs, {}))
    except (Fail, NoKernel, TypeError):
        return  # no kernel for a CPU, or no such numbers in numpy
    agree(found, expected, 1e-2)
