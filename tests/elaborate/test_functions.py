"""Functions that serve lists and tensors alike: what they give for either, and as stages of a pipeline."""

import torch

import symnas

PROGRAM = """
net Reduced(x: f32[N, 4, 8]) {
  mean = x -> mean(dim = 1)
  sum = x -> sum(dim = (1, 2), keepdim = true)
  positive = x > 0 -> all(dim = 1)
  {sum: mean + sum[:, :, 0], most: max(x, dim = 1), some: any(x > 0, dim = 1), any: any(x > 0), all: positive}
}
assert any([false, true]) and not all([true, false]) and sum([1, 2]) == 3 and max(1, 2) == 2
"""


def test_reductions_take_tensors_before_or_after_their_settings() -> None:
    """`mean(x, dim = 1)` and `x -> mean(dim = 1)` are PyTorch's reduction; of lists, the functions stay what they are."""
    module = symnas.compile(symnas.parse(PROGRAM).space()[0], "torch")
    x = torch.randn(2, 4, 8, generator=torch.Generator().manual_seed(0))
    found = module(x)
    assert torch.allclose(found["sum"], x.mean(1) + x.sum((1, 2), keepdim=True)[:, :, 0])
    assert torch.equal(found["most"], x.amax(1))
    assert torch.equal(found["some"], (x > 0).any(1))
    assert torch.equal(found["any"], (x > 0).any())
    assert torch.equal(found["all"], (x > 0).all(1))
