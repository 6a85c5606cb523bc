"""`einsum`: sums of products of tensors by an equation, `einsum("bhqd,bhkd->bhqk", q, k)`."""

from collections.abc import Mapping, Sequence

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.equations import Equation, equation_of
from symnas.operators.registry import register
from symnas.operators.settings import word
from symnas.operators.shapes import doubt
from symnas.operators.text import literal
from symnas.sizes import Size, product
from symnas.types import Dtype, TensorType


def _apply(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    if not inputs:
        raise OperatorError("`einsum` takes a tensor for each term of its equation; none is given")
    for place, tensor in enumerate(inputs):
        if tensor.dtype is not inputs[0].dtype or tensor.dtype is Dtype.BOOL:
            shown = ", ".join(map(str, inputs))
            raise OperatorError(f"`einsum` takes tensors of one kind of numbers: {shown}", input=place)
    equation = equation_of(word(settings, "equation"), inputs)
    sizes = _sizes(equation, inputs)
    output = inputs[0].with_shape(*(sizes[each] for each in equation.result))
    return Applied((output,), macs=_macs(equation, inputs, sizes))


def _sizes(equation: Equation, inputs: Sequence[TensorType]) -> dict[str, Size]:
    """The size that each letter stands for. A tensor may have 1 in its place, as PyTorch broadcasts.

    Raises:
        OperatorError: two tensors have different sizes for one.
    """
    sizes: dict[str, Size] = {}
    first: dict[str, int] = {}
    for place, (term, tensor) in enumerate(zip(equation.terms, inputs, strict=True)):
        for letter, size in zip(term, tensor.shape, strict=True):
            before = sizes.get(letter, 1)
            if size != 1 and before not in (1, size):
                one, other = equation.written[first[letter]], equation.written[place]
                named = f"`{letter}`" if letter in other else "a dimension of `...`"
                raise OperatorError(
                    f"shapes do not fit: {named} is {before} in `{one}` and {size} in `{other}`{doubt(before, size)}",
                    f"the tensors are {', '.join(map(str, inputs))}",
                    input=place,
                )
            if before == 1:
                sizes[letter], first[letter] = size, place
    return sizes


def _macs(equation: Equation, inputs: Sequence[TensorType], sizes: Mapping[str, Size]) -> Size:
    """Multiply-adds for each sample, as PyTorch multiplies: tensor by tensor from the left, sums over what one of the two
    has alone beforehand. A product that sums nothing up counts as little as `*`.

    Samples are what the first letter of the result stands for, if a term begins with it; else that of the first term.
    """
    first = equation.result[:1]
    batch = first if first in {each[:1] for each in equation.terms} else equation.terms[0][:1]
    wide = [
        {letter for letter, size in zip(term, each.shape, strict=True) if size != 1}
        for term, each in zip(equation.terms, inputs, strict=True)
    ]
    total: Size = 0
    left = wide[0]
    for place, right in enumerate(wide[1:], 1):
        needed = set(equation.result).union(*wide[place + 1 :])
        multiplied = ((left & right) | ((left | right) & needed)) - {batch}
        if (left & right) - needed:
            total = total + product([sizes[letter] for letter in sorted(multiplied)])
        left = (left | right) & needed
    return total


def _torch(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    operands = ", ".join(f"{{{place}}}" for place in range(len(inputs)))
    return TorchForm(call=f"torch.einsum({literal(settings['equation'])}, {operands})")


register(
    Operator(
        name="einsum",
        settings=(Setting("equation", Kind.WORD, leads=True),),
        apply=_apply,
        torch=_torch,
        inputs=("tensors",),
        variadic=True,
    )
)
