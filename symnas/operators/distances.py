"""Likeness and distance of vectors: `CosineSimilarity`, `PairwiseDistance`, and `normalize`, which gives vectors a length of 1."""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from symnas.operators.base import REQUIRED, Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import flag, real, show, whole
from symnas.operators.shapes import broadcast, dimension, floating, promote, tensors
from symnas.operators.text import constructed
from symnas.types import TensorType

__all__ = ["vector_norm"]


def vector_norm(owner: str, settings: Settings) -> float:
    """Of which order the norm is that the setting `p` of *owner* says; infinity is the greatest element.

    Raises:
        OperatorError: it is not above 0.
    """
    power = real(settings, "p")
    if power <= 0:
        raise OperatorError(f"`p` of `{owner}` must be above 0; this is {show(power)}", setting="p")
    return float(power)


def _pair(owner: str, inputs: Sequence[TensorType]) -> TensorType:
    """What two tensors of real numbers are together."""
    for place, tensor in enumerate(tensors(owner, inputs, 2)):
        if not tensor.dtype.is_floating:
            raise OperatorError(f"`{owner}` takes real numbers; this is {tensor}", input=place)
    return TensorType(broadcast(owner, inputs), promote(inputs))


def _without(tensor: TensorType, place: int) -> TensorType:
    return tensor.with_shape(*tensor.shape[:place], *tensor.shape[place + 1 :])


def _apply_cosine(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    together = _pair(owner, inputs)
    return Applied((_without(together, dimension(owner, whole(settings, "dim"), together.rank)),))


def _apply_distance(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    """Along the last dimension."""
    together = _pair(owner, inputs)
    vector_norm(owner, settings)
    if together.rank == 0:
        raise OperatorError(f"`{owner}` takes tensors with a dimension", input=0)
    if flag(settings, "keepdim"):
        return Applied((together.with_shape(*together.shape[:-1], 1),))
    return Applied((_without(together, together.rank - 1),))


def _torch(name: str, declared: Sequence[Setting], settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    """A module of `torch.nn`, or a function of tensors."""
    named = {each.name: (settings[each.name], each.default) for each in declared if each.default is not REQUIRED}
    text = constructed("", **named)[1:-1]
    if name[0].isupper():
        return TorchForm(module=f"nn.{name}({text})")
    operands = "{0}" if name == "normalize" else "{0}, {1}"
    return TorchForm(call=f"F.{name}({operands}{', ' * bool(text)}{text})")


def _apply_normalize(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = floating("normalize", inputs)
    vector_norm("normalize", settings)
    dimension("normalize", whole(settings, "dim"), tensor.rank)
    return Applied((tensor,))


_DIM = Setting("dim", Kind.WHOLE, 1)
_COSINE = (_DIM, Setting("eps", Kind.REAL, Fraction(1, 10**8), least=0))
_DISTANCE = (
    Setting("p", Kind.REAL, 2), Setting("eps", Kind.REAL, Fraction(1, 10**6), least=0),
    Setting("keepdim", Kind.FLAG, default=False),
)  # fmt: skip
_NORMALIZE = (Setting("p", Kind.REAL, 2), _DIM, Setting("eps", Kind.REAL, Fraction(1, 10**12), least=0))

for _name, _settings, _rule in (
    ("CosineSimilarity", _COSINE, _apply_cosine),
    ("cosine_similarity", _COSINE, _apply_cosine),
    ("PairwiseDistance", _DISTANCE, _apply_distance),
    ("pairwise_distance", _DISTANCE, _apply_distance),
):
    register(
        Operator(
            name=_name,
            settings=_settings,
            apply=partial(_rule, _name),
            torch=partial(_torch, _name, _settings),
            inputs=("x1", "x2"),
        )
    )
register(
    Operator(
        name="normalize",
        settings=_NORMALIZE,
        apply=_apply_normalize,
        torch=partial(_torch, "normalize", _NORMALIZE),
    )
)
