"""`einsum`: generated equations against PyTorch, how it is written, and what is said of wrong equations."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from operator_torch import build, empty, types
from torch.utils.flop_counter import FlopCounterMode

import symnas
from symnas.compilers.torch import generate
from symnas.errors import SourceError
from symnas.operators import OPERATORS, OperatorError
from symnas.operators.equations import equation_of
from symnas.sizes import symbol
from symnas.types import Dtype, TensorType

EINSUM = OPERATORS["einsum"]
SIZES = {"a": 7, "b": 2, "c": 3, "d": 4, "e": 5, "F": 6}


@st.composite
def equations(draw: st.DrawFn) -> tuple[str, tuple[TensorType, ...]]:
    """An equation whose samples are `a`, and tensors that fit it, with a 1 here and there."""
    letters = st.text("bcdeF", max_size=3)
    count = draw(st.integers(1, 3))
    dots = [draw(st.booleans()) for _ in range(count)]
    terms = ["a" * (place == 0) + draw(letters) + "..." * each for place, each in enumerate(dots)]
    known = sorted(set("".join(terms)) - {".", "a"})
    kept = draw(st.permutations(known)) if known else []
    result = "a" + "".join(kept[: draw(st.integers(0, len(kept)))]) + "..." * any(dots)
    inputs = []
    for term in terms:
        apart = [SIZES[each] if draw(st.integers(0, 9)) or each == "a" else 1 for each in term.replace("...", "")]
        for letter in set(term):  # a diagonal is one size
            for place, each in enumerate(term):
                if each == letter and each != ".":
                    apart[place] = apart[term.index(letter)]
        inputs.append(TensorType((*apart, *(8,) * (draw(st.integers(0, 2)) if "..." in term else 0))))
    return f"{', '.join(terms)} -> {result}", tuple(inputs)


@given(equations())
def test_an_equation_gives_what_pytorch_does(made: tuple[str, tuple[TensorType, ...]]) -> None:
    """Shape and multiply-adds are PyTorch's, and the equation written out computes the same."""
    text, inputs = made
    settings = EINSUM.bind((text,), {})
    applied = EINSUM.apply(settings, inputs)
    assert applied.outputs == types(build(EINSUM, settings, inputs).run(empty(inputs)))
    with FlopCounterMode(display=False) as counter:
        build(EINSUM, settings, inputs).run(empty(inputs))
    assert counter.get_total_flops() == 2 * applied.macs * SIZES["a"]
    tensors = [torch.rand(each.shape) for each in empty(inputs)]
    assert torch.allclose(torch.einsum(text, *tensors), torch.einsum(str(equation_of(text, inputs)), *tensors))


def test_a_missing_result_has_what_stands_once() -> None:
    """In the order of the alphabet, capital letters first, behind `...`, as in PyTorch."""
    inputs = (TensorType((2, 3, 4)), TensorType((4, 5)))
    assert str(equation_of("b...a, aZ", inputs)) == "bza,aZ->zZb"


def test_unknown_sizes_stay_in_shape_and_cost() -> None:
    """Attention's products over `S` positions, for each sample."""
    n, t, s = symbol("N"), symbol("T"), symbol("S")
    inputs = (TensorType((n, 4, t, 8)), TensorType((n, 4, s, 8)))
    applied = EINSUM.apply(EINSUM.bind(("bhqd,bhkd->bhqk",), {}), inputs)
    assert applied.outputs == (TensorType((n, 4, t, s)),)
    assert applied.macs == 32 * t * s


def test_it_is_written_as_in_pytorch() -> None:
    """The equation first, then tensors, or a list of them; as a stage of a pipeline; and expanded as it was written."""
    text = """
net A(q: f32[N, 4, T, 8], k: f32[N, 4, S, 8]) {
  a = einsum("bhqd,bhkd->bhqk", q, k)
  b = einsum("bhqd,bhkd->bhqk", [q, k])
  c = (q, k) -> einsum("bhqd,bhkd->bhqk")
  d = einsum(q, k, equation = "bhqd,bhkd->bhqk")
  a + b + c + d
}
"""
    architecture = symnas.parse(text).architecture()
    assert symnas.expand(architecture).text.count('einsum("bhqd,bhkd->bhqk", q, k)') == 4
    source = generate(architecture.graph())
    assert source.count('torch.einsum("bhqd,bhkd->bhqk", q, k)') == 4


def test_a_rule_matches_it_by_equation_and_tensors() -> None:
    """The equation is a setting of the pattern, what follows stands for tensors; as many must flow in."""
    text = """
net A(q: f32[N, 4, T, 8], k: f32[N, 4, S, 8]) = einsum("bhqd,bhkd->bhqk", q, k) -> Softmax
net B(q: f32[N, 4, T, 8]) = einsum("bhqd->bqhd", q)
"""
    rule = 'einsum("bhqd,bhkd->bhqk", $q, $k) => $q @ $k.transpose(-2, -1)'
    done = symnas.rewrite(symnas.parse(text).architecture(), rule)
    assert 'einsum("bhqd,bhkd' not in done.program.text
    assert 'einsum("bhqd->bqhd", q)' in done.program.text


WRONG = {
    "bhqd,bhkd->bhqz": "`z` of the result `bhqz` stands in no term of `bhqd,bhkd->bhqz`",
    "bhqd,bhkd->bhqq": "the result `bhqq` of `bhqd,bhkd->bhqq` has `q` twice",
    "bhqd->bhq": "`bhqd->bhq` has 1 term; 2 tensors flow in",
    "bhq,bhkd->bhqk": "the term `bhq` has 3 letters; the tensor is [N, 4, T, 8]",
    "bh1d,bhkd->bk": "`bh1d` of `bh1d,bhkd->bk` has `1`, which is no letter",
    "b..d,bhkd->bk": "`b..d` of `b..d,bhkd->bk` has `.`, which is no letter",
    "......d,...d->...": "`......d` of `......d,...d->...` has `...` twice",
    "...d,...d->d": "`...d,...d->d` has `...` on one side alone",
    "a->b->c": "`a->b->c` has two results",
    "bhqd,bhkq->bhk": "shapes do not fit: `q` is T in `bhqd` and 6 in `bhkq`; `T` is unknown at build time",
    "...d,...e->...de": "shapes do not fit: a dimension of `...` is T in `...d` and S in `...e`; `S`, `T` are unknown at build time",
}  # fmt: skip


@pytest.mark.parametrize(("equation", "message"), WRONG.items())
def test_the_part_that_is_wrong_is_named(equation: str, message: str) -> None:
    """What is wrong with an equation is said in its own letters, with the shapes that meet."""
    program = symnas.parse(f'net A(q: f32[N, 4, T, 8], k: f32[N, 4, S, 6]) = einsum("{equation}", q, k)\n')
    with pytest.raises(SourceError) as caught:
        program.architecture()
    assert caught.value.diagnostics[0].message == message


def test_tensors_are_of_one_kind() -> None:
    """Real numbers are not multiplied with indices, nor truths with anything."""
    inputs = [TensorType((3,)), TensorType((3,), Dtype.I64)]
    with pytest.raises(OperatorError, match="one kind of numbers"):
        EINSUM.apply({"equation": "a,a->"}, inputs)
