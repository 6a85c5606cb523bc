"""Sliding windows with arguments made up by hypothesis, and the language's default padding."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from operator_torch import build, empty, types

from symnas.operators import OperatorError, lookup
from symnas.sizes import substitute, symbol
from symnas.types import TensorType

H = symbol("H")
small = st.integers(1, 4)
windows = st.fixed_dictionaries(
    {"kernel_size": st.integers(1, 7), "stride": small},
    optional={"padding": st.integers(0, 4), "dilation": small},
)


_STRICTER = ("must say its padding", "with `ceil_mode` pads", "leaves nothing of")
"""Refusals of what PyTorch would do: no size kept, a window in the border only, an empty result."""


def _agree(name: str, arguments: dict[str, object], height: int) -> None:
    """The rule refuses and so does PyTorch, or both give one shape, also by way of an unknown height."""
    operator = lookup(name)
    assert operator is not None
    tensor = TensorType((2, 4, height, 9))
    try:
        settings = operator.bind((), arguments)
        outputs = operator.apply(settings, [tensor]).outputs
    except OperatorError as refusal:
        if any(stricter in refusal.message for stricter in _STRICTER):
            return
        settings = operator.bind((), {"padding": 0, **arguments})
        on_cpu = build(operator, settings, [tensor], "cpu")  # `meta` accepts some of what cannot run
        with pytest.raises(RuntimeError):
            on_cpu.run([torch.zeros(2, 4, height, 9)])
        return
    assert outputs == types(build(operator, settings, [tensor]).run(empty([tensor])))
    (unknown,) = operator.apply(settings, [TensorType((2, 4, H, 9))]).outputs
    assert tuple(substitute(size, {"H": height}) for size in unknown.shape) == outputs[0].shape


@given(arguments=windows, groups=st.sampled_from([1, 2, 4]), height=st.integers(1, 24))
def test_convolutions_agree_with_pytorch(arguments: dict[str, object], groups: int, height: int) -> None:
    """Convolutions of any window give PyTorch's sizes, or are refused with it."""
    _agree("Conv2d", {"out_channels": 8, "groups": groups, **arguments}, height)


@given(arguments=windows, ceil=st.booleans(), height=st.integers(1, 24))
def test_maximum_poolings_agree_with_pytorch(arguments: dict[str, object], ceil: bool, height: int) -> None:
    """Maximum poolings of any window give PyTorch's sizes, dilated ones with their default padding too."""
    padding, kernel = arguments.get("padding", 0), arguments["kernel_size"]
    assert isinstance(padding, int)
    assert isinstance(kernel, int)
    assume(padding <= kernel // 2)
    _agree("MaxPool2d", {"ceil_mode": ceil, **arguments}, height)


@given(arguments=windows, ceil=st.booleans(), counted=st.booleans(), height=st.integers(1, 24))
def test_average_poolings_agree_with_pytorch(
    arguments: dict[str, object], ceil: bool, counted: bool, height: int
) -> None:
    """Average poolings of any window give PyTorch's sizes, or are refused with it."""
    arguments = {name: value for name, value in arguments.items() if name != "dilation"}
    _agree("AvgPool2d", {"ceil_mode": ceil, "count_include_pad": counted, **arguments}, height)


@given(
    arguments=st.fixed_dictionaries(
        {"kernel_size": st.integers(1, 7)},
        optional={
            "stride": small,
            "padding": st.integers(0, 4),
            "output_padding": st.integers(0, 3),
            "dilation": small,
        },
    ),
    height=st.integers(1, 12),
)
def test_transposed_convolutions_agree_with_pytorch(arguments: dict[str, object], height: int) -> None:
    """Transposed convolutions of any window give PyTorch's sizes, or are refused with it."""
    _agree("ConvTranspose2d", {"out_channels": 8, **arguments}, height)


class TestDefaultPadding:
    """The default, `max(0, ceil((dilation * (kernel - 1) + 1 - stride) / 2))` on each side."""

    @pytest.mark.parametrize(
        ("kernel", "stride", "dilation", "padding"),
        (
            (7, 2, 1, 3),
            (3, 2, 1, 1),
            (16, 16, 1, 0),
            (3, 1, 1, 1),
            (1, 1, 1, 0),
            (4, 2, 1, 1),
            (3, 1, 2, 2),
            (2, 1, 2, 1),
            (1, 2, 1, 0),
        ),
    )
    def test_is_what_published_networks_use(self, kernel: int, stride: int, dilation: int, padding: int) -> None:
        """Written out, the default is the padding of the published networks."""
        operator = lookup("Conv2d")
        assert operator is not None
        settings = operator.bind((8, kernel), {"stride": stride, "dilation": dilation})
        form = operator.torch(settings, [TensorType((2, 4, 32, 32))])
        assert form.module is not None
        assert (f"padding={padding}" in form.module) == (padding > 0)

    @given(kernel=st.integers(1, 9), dilation=small)
    def test_keeps_the_size_at_stride_1(self, kernel: int, dilation: int) -> None:
        """At stride 1 the size stays, or an even window is asked to say its padding."""
        for name in ("Conv2d", "DepthwiseConv2d", "MaxPool2d", "Im2Col"):
            operator = lookup(name)
            assert operator is not None
            out = (8,) if name == "Conv2d" else ()
            settings = operator.bind((*out, kernel), {"dilation": dilation, "stride": 1})
            tensor = TensorType((2, 4, H, 32))
            if (dilation * (kernel - 1) + 1) % 2 == 0:
                with pytest.raises(OperatorError, match="must say its padding"):
                    operator.apply(settings, [tensor])
            else:
                (result,) = operator.apply(settings, [tensor]).outputs
                assert result.shape[-2:] == tensor.shape[-2:] or (name == "Im2Col" and result.shape[1] == 32 * H)

    def test_a_pooling_strides_by_its_kernel(self) -> None:
        """`MaxPool2d(2)` halves, with no padding."""
        operator = lookup("MaxPool2d")
        assert operator is not None
        (result,) = operator.apply(operator.bind((2,), {}), [TensorType((2, 4, H, 32))]).outputs
        assert result.shape == (2, 4, H // 2, 16)


def test_dilated_pooling_ignores_its_border() -> None:
    """The border that the default padding adds to a maximum never wins."""
    operator = lookup("MaxPool2d")
    assert operator is not None
    tensor = TensorType((1, 1, 9, 9))
    built = build(operator, operator.bind((3,), {"stride": 1, "dilation": 2}), [tensor], "cpu")
    result = built.run([torch.full((1, 1, 9, 9), -5.0)])
    assert isinstance(result, torch.Tensor)
    assert result.shape == (1, 1, 9, 9)
    assert (result == -5).all()
