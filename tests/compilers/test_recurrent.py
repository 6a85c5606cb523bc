"""Networks with recurrent layers, compared with ones written by hand that have the same weights."""

from collections.abc import Mapping

import pytest
import torch
from enumerating import only, space_of
from torch import nn

import symnas
from symnas.compilers.torch import build, generate


class Classifier(nn.Module):
    """A two-layer LSTM over embedded tokens, a bidirectional GRU over its outputs, an RNN that starts from its state."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 12)
        self.lstm = nn.LSTM(12, 10, num_layers=2, batch_first=True)
        self.gru = nn.GRU(10, 8, batch_first=True, bidirectional=True)
        self.rnn = nn.RNN(16, 10, batch_first=True)
        self.head = nn.Linear(10, 3)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits [N, 3]."""
        y, (h, _) = self.lstm(self.embed(tokens))
        y, _ = self.gru(y)
        y, last = self.rnn(y, h[-1:])
        return torch.as_tensor(self.head(y[:, -1] + last[0]))


PROGRAM = """
net Classifier(tokens: i64[N, T]) {
  (y, (h, _)) = tokens -> Embedding(50, 12) as embed -> LSTM(10, num_layers = 2) as lstm
  (y, _) = y -> GRU(8, bidirectional = true) as gru
  (y, last) = (y, h[1:]) -> RNN(10) as rnn
  (y[:, -1] + last[0]) -> Linear(3) as head
}
"""


def copied(module: nn.Module, weights: Mapping[str, torch.Tensor]) -> nn.Module:
    """*module* with *weights*, in evaluation mode."""
    module.load_state_dict(weights)
    return module.eval()


@pytest.mark.parametrize("length", (1, 2, 9))
def test_a_network_agrees_with_one_written_by_hand(length: int) -> None:
    """Same weight names, same outputs, same gradients, whatever the length."""
    by_hand = Classifier()
    generated = copied(build(only(PROGRAM)), by_hand.state_dict())
    tokens = torch.randint(0, 50, (4, length))
    expected = by_hand(tokens)
    torch.testing.assert_close(generated(tokens), expected)
    expected.square().sum().backward()
    generated(tokens).square().sum().backward()
    for (name, ours), (_, theirs) in zip(generated.named_parameters(), by_hand.named_parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, msg=name)


def test_states_are_handed_on_as_they_come() -> None:
    """`(x, state) -> LSTM` takes the pair that another gave, and reads as a person would write it."""
    graph = only("""
    net Two(x: f32[N, T, 6], y: f32[N, S, 6]) {
      (_, state) = x -> LSTM(8) as encoder
      (z, (_, c)) = (y, state) -> LSTM(8) as decoder
      {z: z, c: c}
    }
    """)
    source = generate(graph)
    assert "_, (x, z) = self.encoder(x)" in source
    assert "y, (_, x) = self.decoder(y, (x, z))" in source
    net = build(graph).eval()
    x, y = torch.randn(3, 4, 6), torch.randn(3, 5, 6)
    _, state = net.get_submodule("encoder")(x)
    z, (_, c) = net.get_submodule("decoder")(y, state)
    found = net(x, y)
    torch.testing.assert_close(found["z"], z)
    torch.testing.assert_close(found["c"], c)


def test_cells_step_by_step_are_the_layer() -> None:
    """An `LSTMCell` applied to each step in turn, with shared weights, gives what the layer gives."""
    graph = only("""
    net Steps(x: f32[N, 3, 6]) {
      shared unit = LSTMCell(8)
      (h, c) = x[:, 0] -> unit
      (h, c) = (x[:, 1], h, c) -> unit
      (h, _) = (x[:, 2], h, c) -> unit
      h
    }
    """)
    layer = nn.LSTM(6, 8, batch_first=True)
    weights = {f"unit.{name.removesuffix('_l0')}": value for name, value in layer.state_dict().items()}
    net = copied(build(graph), weights)
    x = torch.randn(5, 3, 6)
    torch.testing.assert_close(net(x), layer(x)[0][:, -1])


@pytest.mark.parametrize("layer", ("GRUCell(8)", 'RNNCell(8, nonlinearity = "relu")'))
def test_cells_of_one_state(layer: str) -> None:
    """They give the state alone, a tensor."""
    net = build(only(f"net A(x: f32[N, 6], h: f32[N, 8]) = (x, h) -> {layer} as unit"))
    x, h = torch.randn(3, 6), torch.randn(3, 8)
    torch.testing.assert_close(net(x, h), net.get_submodule("unit")(x, h))


def test_sizes_may_be_searched() -> None:
    """Width and depth chosen: every member builds, with the parameters that are counted."""
    space = space_of("""
    net A(tokens: i64[N, T]) {
      (y, _) = tokens -> Embedding(20, 8) -> LSTM(range(4, 8, step = 4), num_layers = range(1, 2), bidirectional = oneof(true, false))
      y[:, -1] -> Linear(2)
    }
    """)
    assert space.size == 8
    for architecture in space:
        net = symnas.compile(architecture, "torch")
        assert sum(each.numel() for each in net.parameters()) == architecture.params
        assert net(torch.randint(0, 20, (3, 5))).shape == (3, 2)


def test_blocks_of_other_widths_are_one_class() -> None:
    """A block around an LSTM takes the width as a parameter."""
    source = generate(
        only("""
    block Reader(hidden)(x: [N, T, D]) { (y, _) = x -> LSTM(hidden) -> Kept
      y }
    block Kept(y: [N, T, D], h: [L, N, D], c: [L, N, D]) = (y, h + c)
    net A(x: f32[N, T, 6]) = x -> Reader(4) -> Reader(8)
    """)
    )
    assert "class Reader(nn.Module):" in source
    assert "nn.LSTM(input_size, hidden, batch_first=True)" in source
    assert source.count("class Reader") == 1
