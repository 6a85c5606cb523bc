"""The language's own programs, from text to PyTorch."""

from pathlib import Path
from random import Random

import handwritten
import pytest
import torch
from torch import fx

import symnas
from symnas.compilers.torch import build

PROGRAMS = ("mobile", "bench201", "unet", "resnet50", "autoformer")


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_of_the_showcase_run(shared: Path, name: str) -> None:
    """Sampled architectures give networks with the parameters that the graph counts and outputs of its type."""
    space = symnas.load(shared / "language" / "showcase" / f"{name}.nas").space()
    graph = space.sample(Random(0)).graph()
    net = build(graph).eval()
    assert sum(each.numel() for each in net.parameters()) == graph.params
    shape = [size if isinstance(size, int) else {"N": 2}.get(str(size), 64) for size in graph.scope.inputs[0].shape]
    x = torch.randn(shape)
    with torch.inference_mode():
        y = net(x)
        torch.testing.assert_close(fx.symbolic_trace(net)(x), y)
    types = graph.scope.value_types()
    expected = types[graph.scope.results[0]].shape
    assert list(y.shape)[1:] == list(expected[1:])


def test_recurrent_networks_of_the_showcase_run(shared: Path) -> None:
    """The LSTM classifier and the language model over a searched cell take sequences of any length."""
    architecture = symnas.load(shared / "language" / "showcase" / "recurrent.nas").space().sample(Random(0))
    for length in (1, 6):
        tokens = torch.randint(0, 10_000, (2, length))
        assert build(architecture.graph("Classifier"))(tokens).shape == (2, 2)
        assert build(architecture.graph("LM"))(tokens, torch.zeros(2, 850))["logits"].shape == (2, length, 10_000)


def test_resnet50_of_the_showcase_is_the_published_one(shared: Path) -> None:
    """The same shapes in the same order as the published model, the same output with the same weights."""
    graph = symnas.load(shared / "language" / "showcase" / "resnet50.nas").space().sample(Random(0)).graph()
    generated, by_hand = build(graph).eval(), handwritten.ResNet50().eval()
    values = list(by_hand.state_dict().values())
    assert [tuple(each.shape) for each in generated.state_dict().values()] == [tuple(each.shape) for each in values]
    assert sum(each.numel() for each in generated.parameters()) == 25_557_032
    generated.load_state_dict(dict(zip(generated.state_dict(), values, strict=True)))
    x = torch.randn(2, 3, 75, 97)
    with torch.inference_mode():
        torch.testing.assert_close(generated(x), by_hand(x), rtol=1e-5, atol=1e-5)
