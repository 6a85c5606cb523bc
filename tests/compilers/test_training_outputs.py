"""`training(…)` in PyTorch: an output that is there, and worked out, only while the network trains."""

import pytest
import torch
from enumerating import only

from symnas.compilers.torch import build
from symnas.compilers.torch.module import source_of

TEXT = """
block Aux(n) = ReLU -> Flatten -> Linear(n)
net Tiny(image: f32[N, 3, 4, 4]) {
  x = image -> Conv2d(8, 3)
  {logits: x -> GlobalAvgPool2d -> Flatten -> Linear(10), aux: training(x -> Aux(5))}
}
"""


def test_the_key_is_there_while_training() -> None:
    """`forward` gives the record with the key while training, and without it afterwards; the rest is the same."""
    net = build(only(TEXT))
    x = torch.randn(2, 3, 4, 4)
    trained = net.train()(x)
    assert {name: tuple(each.shape) for name, each in trained.items()} == {"logits": (2, 10), "aux": (2, 5)}
    alone = net.eval()(x)
    assert list(alone) == ["logits"]
    torch.testing.assert_close(alone["logits"], trained["logits"])


def test_its_steps_run_only_while_training() -> None:
    """The auxiliary head is called while training alone; its weights belong to the module all the same."""
    net = build(only(TEXT))
    calls: list[bool] = []
    net.get_submodule("Aux").register_forward_hook(lambda *_: calls.append(True))
    net.eval()(torch.randn(2, 3, 4, 4))
    assert not calls
    net.train()(torch.randn(2, 3, 4, 4))
    assert calls == [True]
    assert "Aux.Linear.weight" in net.state_dict()


def test_the_text_reads_as_a_person_would_write_it() -> None:
    """What always runs comes first, then one `if self.training:` with the rest."""
    source = source_of(build(only(TEXT)))
    assert source.count("if self.training:") == 1
    assert '            return {"logits": y, "aux": x}\n        return {"logits": y}\n' in source


@pytest.mark.parametrize("training", (True, False))
def test_an_item_of_a_tuple_is_left_out(training: bool) -> None:
    """A tuple lacks its item of training alone; values that both need are made once."""
    net = build(only("net A(x: f32[N, 4]) {\n  y = x -> ReLU\n  (training(y -> Linear(2)), y, x)\n}"))
    found = net.train(training)(torch.ones(3, 4))
    assert [tuple(each.shape) for each in found] == [(3, 2)] * training + [(3, 4), (3, 4)]
