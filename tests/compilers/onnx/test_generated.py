"""Operators with arguments made up by hypothesis, in ONNX beside PyTorch: with known heights, and with open ones."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from onnx_running import agree, alone, both, random_inputs
from operator_examples import Example

from symnas.operators import OperatorError
from symnas.sizes import symbol
from symnas.types import Dtype, TensorType

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
generated = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])

small = st.integers(1, 3)
heights = st.integers(1, 17)
windows = st.fixed_dictionaries(
    {"kernel_size": st.integers(1, 5), "stride": small},
    optional={"padding": st.integers(0, 3), "dilation": small},
)
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4)


def compare(name: str, arguments: dict[str, object], *inputs: TensorType, many: tuple[object, ...] = ()) -> None:
    """What the operator takes, ONNX computes as PyTorch does; also where dimensions of more than 4 are open."""
    example = Example(name, many, inputs, arguments)
    try:
        graphs = [alone(example)]
    except OperatorError:
        reject()
    with suppress(OperatorError):  # it may have to know its sizes
        graphs.append(alone(example, [_opened(each) for each in inputs]))
    for graph in graphs:
        agree(*both(graph, random_inputs(inputs or graph.scope.inputs, {})), 1e-5)


def _opened(tensor: TensorType) -> TensorType:
    """The type with the batch and the height open."""
    return tensor.with_shape(
        *(symbol("NCH"[place]) if place in (0, 2) else size for place, size in enumerate(tensor.shape))
    )


def image(height: int, channels: int = 4) -> TensorType:
    """Two images."""
    return TensorType((2, channels, height, 9))


@generated
@given(
    arguments=windows, groups=st.sampled_from([1, 2, 4]), height=heights,
    mode=st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
)  # fmt: skip
def test_convolutions(arguments: dict[str, object], groups: int, height: int, mode: str) -> None:
    """Windows, groups and borders of any kind."""
    compare("Conv2d", {"out_channels": 8, "groups": groups, "padding_mode": mode, **arguments}, image(height))


@generated
@given(
    arguments=st.fixed_dictionaries(
        {"kernel_size": st.integers(1, 5)},
        optional={"stride": small, "padding": small, "output_padding": st.integers(0, 2), "dilation": small},
    ),
    height=heights,
)
def test_transposed_convolutions(arguments: dict[str, object], height: int) -> None:
    """Windows, borders inside and out."""
    compare("ConvTranspose2d", {"out_channels": 8, "groups": 2, **arguments}, image(height))


@generated
@given(arguments=windows, ceil=st.booleans(), height=heights)
def test_maximum_poolings(arguments: dict[str, object], ceil: bool, height: int) -> None:
    """Whatever hangs over the end is not counted."""
    compare("MaxPool2d", {"ceil_mode": ceil, **arguments}, image(height))


@generated
@given(arguments=windows, ceil=st.booleans(), counted=st.booleans(), height=heights)
def test_average_poolings(arguments: dict[str, object], ceil: bool, counted: bool, height: int) -> None:
    """Borders are counted or not, as told."""
    arguments = {name: value for name, value in arguments.items() if name != "dilation"}
    compare("AvgPool2d", {"ceil_mode": ceil, "count_include_pad": counted, **arguments}, image(height))


@generated
@given(kind=st.sampled_from(["Avg", "Max"]), to=st.tuples(st.integers(1, 12), st.integers(1, 12)), height=heights)
def test_adaptive_poolings(kind: str, to: tuple[int, int], height: int) -> None:
    """Any size from any size, larger ones too."""
    compare(f"Adaptive{kind}Pool2d", {"output_size": to}, image(height))


@generated
@given(arguments=windows, name=st.sampled_from(["Unfold", "Im2Col"]), height=heights)
def test_windows_as_features(arguments: dict[str, object], name: str, height: int) -> None:
    """Every window, its elements in PyTorch's order."""
    compare(name, arguments, image(height))


@generated
@given(
    mode=st.sampled_from(["nearest", "nearest-exact", "bilinear", "bicubic"]),
    scale=st.sampled_from([0.5, 1.5, 2, 2.5, 3, 0.3]), aligned=st.sampled_from([None, False, True]), height=st.integers(4, 17),
)  # fmt: skip
def test_upsampling_by_a_factor(mode: str, scale: float, aligned: bool | None, height: int) -> None:
    """Larger and smaller, in every mode."""
    compare("Upsample", {"scale_factor": scale, "mode": mode, "align_corners": aligned}, image(height))


@generated
@given(
    mode=st.sampled_from(["nearest", "nearest-exact", "bilinear", "bicubic"]), height=heights,
    size=st.tuples(st.integers(1, 20), st.integers(1, 20)), aligned=st.sampled_from([None, False, True]),
)  # fmt: skip
def test_upsampling_to_a_size(mode: str, size: tuple[int, int], aligned: bool | None, height: int) -> None:
    """To any size, in every mode."""
    compare("Upsample", {"size": size, "mode": mode, "align_corners": aligned}, image(height))


@generated
@given(
    name=st.sampled_from("sum mean amax amin prod std var logsumexp argmax argmin any all".split()), shape=shapes,
    dims=st.none() | st.lists(st.integers(-4, 3), min_size=1, max_size=3).map(tuple), keep=st.booleans(),
    dtype=st.sampled_from([Dtype.F32, Dtype.I64, Dtype.I32, Dtype.BOOL]),
)  # fmt: skip
def test_reductions(name: str, shape: list[int], dims: tuple[int, ...] | None, keep: bool, dtype: Dtype) -> None:
    """Over any dimensions of numbers and truth values."""
    tensor = TensorType(tuple(shape), dtype)
    assume(name not in ("std", "var") or 1 not in shape)  # of one number they are none
    compare(name, {"dim": dims, "keepdim": keep}, tensor)


@generated
@given(
    name=st.sampled_from("add sub mul div maximum minimum gt ge lt le eq ne".split()), first=shapes, second=shapes,
    dtypes=st.tuples(*[st.sampled_from([Dtype.F32, Dtype.I64, Dtype.I32, Dtype.BOOL])] * 2),
)  # fmt: skip
def test_two_tensors(name: str, first: list[int], second: list[int], dtypes: tuple[Dtype, Dtype]) -> None:
    """Element types are promoted and shapes stretched as PyTorch does."""
    compare(name, {}, TensorType(tuple(first), dtypes[0]), TensorType(tuple(second), dtypes[1]))


entries = st.none() | st.integers(-4, 3) | st.tuples(
    st.none() | st.integers(-5, 4), st.none() | st.integers(-5, 5), st.none() | st.integers(1, 3)
)  # fmt: skip


@generated
@given(index=st.lists(entries | st.just("..."), min_size=1, max_size=5), shape=shapes)
def test_slices(index: list[object], shape: list[int]) -> None:
    """Positions, stretches and new dimensions in any order."""
    compare("slice", {}, TensorType(tuple(shape)), many=tuple(index))


@generated
@given(
    name=st.sampled_from(["RNN", "GRU", "LSTM"]), layers=small, both_ways=st.booleans(), bias=st.booleans(),
    states=st.booleans(), projected=st.sampled_from([0, 0, 3]), time=st.integers(1, 5),
)  # fmt: skip
def test_recurrent_layers(
    name: str, layers: int, both_ways: bool, bias: bool, states: bool, projected: int, time: int
) -> None:
    """Layers, directions, states to start from, projections."""
    more = {"proj_size": projected} if name == "LSTM" else {}
    given_states = []
    if states:
        rows = layers * (1 + both_ways)
        widths = {"LSTM": [projected or 5, 5]}.get(name, [5])
        given_states = [TensorType((rows, 2, width)) for width in widths]
    arguments: dict[str, object] = {
        "hidden_size": 5,
        "num_layers": layers,
        "bidirectional": both_ways,
        "bias": bias,
        **more,
    }
    example = Example(name, (), (TensorType((2, time, 4)), *given_states), arguments)
    graph = alone(example)
    agree(*both(graph, random_inputs(graph.scope.inputs, {})), 1e-5)
