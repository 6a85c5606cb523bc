"""Every operator against PyTorch: output types, weights, multiply-adds, refusals, unknown sizes."""

import pytest
import torch
from attrs import evolve
from operator_examples import EXAMPLES, NAME_SIZES, Example
from operator_torch import DTYPES, build, empty, types
from torch.utils.flop_counter import FlopCounterMode

from symnas.operators import OPERATORS, Applied, OperatorError
from symnas.sizes import Size, substitute, symbol
from symnas.types import Dtype, TensorType

BATCH = 7
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=str)


def test_every_operator_has_an_example() -> None:
    """The suite covers whatever is registered."""
    assert sorted({example.name for example in EXAMPLES}) == sorted(OPERATORS)


@each_example
def test_outputs_are_what_pytorch_gives(example: Example) -> None:
    """Shapes and dtypes of the rule are those of the PyTorch text."""
    operator, settings = example.operator, example.settings
    applied = operator.apply(settings, example.inputs)
    result = build(operator, settings, example.inputs).run(empty(example.inputs))
    assert applied.outputs == types(result)
    assert applied.many == isinstance(result, tuple | list)


@each_example
def test_weights_are_those_of_the_module(example: Example) -> None:
    """Names, shapes, dtypes, trainability and order of weights are those of the state dict."""
    operator, settings = example.operator, example.settings
    applied = operator.apply(settings, example.inputs)
    ours = [(each.name, each.shape, DTYPES[each.dtype], each.trainable) for each in applied.weights]
    assert ours == build(operator, settings, example.inputs).state()


@each_example
def test_macs_are_half_the_flops(example: Example) -> None:
    """PyTorch's flop counter gives twice the multiply-adds of each sample; matrix times vector it does not count, nor
    bilinear layers.
    """
    if example.name == "Bilinear" or (example.name == "matmul" and example.inputs[1].rank == 1):
        return
    operator, settings = example.operator, example.settings
    applied = operator.apply(settings, example.inputs)
    built = build(operator, settings, example.inputs)
    with FlopCounterMode(display=False) as counter:
        built.run(empty(example.inputs))
    assert counter.get_total_flops() == 2 * applied.macs * BATCH


@each_example
def test_settings_bind_again_to_themselves(example: Example) -> None:
    """A bound record is a fixed point: bound by name once more it stays as it is."""
    assert example.operator.bind((), example.settings) == example.settings


# ------------------------------------------------------------------------------------------- unknown sizes


def _replaced(tensor: TensorType, unknown: dict[int, Size]) -> TensorType:
    return TensorType(
        tuple(unknown.get(size, size) if isinstance(size, int) else size for size in tensor.shape), tensor.dtype
    )


def _filled(applied: Applied, values: dict[str, int]) -> Applied:
    outputs = tuple(
        TensorType(tuple(substitute(s, values) for s in each.shape), each.dtype) for each in applied.outputs
    )
    return evolve(applied, outputs=outputs, macs=substitute(applied.macs, values))


@each_example
def test_unknown_batch(example: Example) -> None:
    """The rule for a symbolic batch, with a number put in afterwards, is the rule for that number."""
    if example.name in NAME_SIZES:
        return
    inputs = [_replaced(each, {BATCH: symbol("N")}) for each in example.inputs]
    if example.name == "slice" and isinstance(example.positional[0], tuple) and example.positional[0][0] == 2:
        return
    symbolic = example.operator.apply(example.settings, inputs)
    assert _filled(symbolic, {"N": BATCH}) == example.operator.apply(example.settings, example.inputs)


@each_example
def test_unknown_spatial_sizes(example: Example) -> None:
    """The same for heights and widths, except where a rule says that it must know them."""
    inputs = [_replaced(each, {13: symbol("H"), 18: symbol("W")}) for each in example.inputs]
    try:
        symbolic = example.operator.apply(example.settings, inputs)
    except OperatorError as refusal:
        if "unknown at build time" not in refusal.message and example.name not in (*NAME_SIZES, "LayerNorm"):
            raise
        return
    filled = _filled(symbolic, {"H": 13, "W": 18})
    assert filled == example.operator.apply(example.settings, example.inputs)


@pytest.mark.parametrize("name", ("Conv2d", "MaxPool2d", "AvgPool2d", "ConvTranspose2d", "Upsample", "Im2Col", "Zero"))
def test_rules_of_images_take_unknown_heights(name: str) -> None:
    """Nothing that slides over an image asks for its height."""
    for example in EXAMPLES:
        if example.name == name:
            inputs = [_replaced(each, {13: symbol("H"), 18: symbol("W")}) for each in example.inputs]
            example.operator.apply(example.settings, inputs)


# ------------------------------------------------------------------------------------------------ refusals

_ODD_INPUTS = [
    TensorType(()),
    TensorType((5,)),
    TensorType((7, 12), Dtype.I64),
    TensorType((7, 12), Dtype.BOOL),
    TensorType((7, 12)),
    TensorType((7, 5)),
    TensorType((7, 13, 12)),
    TensorType((7, 12, 2)),
    TensorType((7, 5, 2, 3)),
    TensorType((7, 12, 13, 18), Dtype.I64),
    TensorType((7, 12, 1, 1)),
    TensorType((7, 12, 13, 18, 9)),
    TensorType((7, 2, 12, 13, 18, 9)),
]


@each_example
def test_what_the_rule_allows_pytorch_does(example: Example) -> None:
    """Whatever flows in, the rule refuses with an `OperatorError`, or PyTorch gives what the rule says."""
    operator, settings = example.operator, example.settings
    for number, odd in enumerate(_ODD_INPUTS):
        inputs = [odd, *example.inputs[1:]] if number % 2 or len(example.inputs) < 2 else [example.inputs[0], odd]
        if not example.inputs:
            inputs = []
        try:
            applied = operator.apply(settings, inputs)
        except OperatorError:
            continue
        assert applied.outputs == types(build(operator, settings, inputs).run(empty(inputs))), (odd, settings)


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_wrong_arguments_are_named(name: str) -> None:
    """Too many arguments and unknown settings are refused in words, for every operator."""
    operator = OPERATORS[name]
    with pytest.raises(OperatorError, match=f"`{name}` has no setting `colour`"):
        operator.bind((), {"colour": 1})
    if not any(setting.rest for setting in operator.settings):
        with pytest.raises(OperatorError, match=f"`{name}` takes "):
            operator.bind((1,) * (len(operator.settings) + 1), {})


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_wrong_numbers_of_tensors_are_refused(name: str) -> None:
    """An operator given too few or too many tensors says how many it takes."""
    example = next(each for each in EXAMPLES if each.name == name)
    tensor = TensorType((BATCH, 12, 13, 18))
    if not example.operator.variadic:
        with pytest.raises(OperatorError):
            example.operator.apply(example.settings, [*example.inputs, tensor])
    if example.inputs:
        with pytest.raises(OperatorError):
            example.operator.apply(example.settings, [])


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_random_and_real_values_run() -> None:
    """Every example that takes real numbers also runs outside `meta`, on the CPU."""
    for example in EXAMPLES:
        if all(each.dtype is Dtype.F32 and len(each.shape) < 5 for each in example.inputs):
            built = build(example.operator, example.settings, example.inputs, "cpu")
            tensors = [torch.rand([int(s) for s in each.shape if isinstance(s, int)]) for each in example.inputs]
            assert types(built.run(tensors)) == example.operator.apply(example.settings, example.inputs).outputs
