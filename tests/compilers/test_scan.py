"""`scan` in PyTorch: a loop over a dimension, as a person would write it."""

import gc
import sys
import weakref
from pathlib import Path
from random import Random

import pytest
import torch
from enumerating import only
from torch import nn

from symnas.compilers.torch import build
from symnas.compilers.torch import module as modules
from symnas.compilers.torch.module import source_of
from symnas.program import parse

GRU = """
cell Cell(x: [N, D], h: [N, H]) {
  gate = sigmoid((x -> Linear(8) as gx) + (h -> Linear(8, bias = false) as gh))
  new = tanh((x -> Linear(8) as nx) + (gate * h -> Linear(8, bias = false) as nh))
  h + gate * (new - h)
}
net Steps(x: f32[N, T, 4], h: f32[N, 8]) {
  (y, last) = scan(Cell, x, h)
  {y: y, last: last}
}
"""


class ByHand(nn.Module):
    """The cell above over time, written without symnas; its weights are named as the language names them."""

    def __init__(self) -> None:
        super().__init__()
        self.Cell = nn.ModuleDict(
            {
                "gx": nn.Linear(4, 8), "gh": nn.Linear(8, 8, bias=False),
                "nx": nn.Linear(4, 8), "nh": nn.Linear(8, 8, bias=False),
            }
        )  # fmt: skip

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Outputs (batch, time, 8) and the last state (batch, 8)."""
        outputs = torch.empty(x.shape[0], x.shape[1], 8)
        for time in range(x.shape[1]):
            now = x[:, time]
            gate = (self.Cell["gx"](now) + self.Cell["gh"](h)).sigmoid()
            new = (self.Cell["nx"](now) + self.Cell["nh"](gate * h)).tanh()
            h = (1 - gate) * h + gate * new
            outputs[:, time] = h
        return outputs, h


def test_it_is_the_recurrence_written_by_hand() -> None:
    """The same weights under the same names give the same outputs, last state and gradients, at any length."""
    net, by_hand = build(only(GRU)), ByHand()
    by_hand.load_state_dict(net.state_dict())
    for length in (1, 2, 7):
        x, h = torch.randn(3, length, 4), torch.randn(3, 8)
        found = net(x, h)
        outputs, last = by_hand(x, h)
        torch.testing.assert_close(found["y"], outputs)
        torch.testing.assert_close(found["last"], last)
        found["y"].square().sum().backward()
        outputs.square().sum().backward()
    for name, weight in by_hand.named_parameters():
        torch.testing.assert_close(net.get_parameter(name).grad, weight.grad)


def test_the_text_is_a_loop_over_time() -> None:
    """One `for` over the slices, the state carried, the outputs stacked, in a function that the forward pass calls."""
    lines = [line.split("  #")[0].strip() for line in source_of(build(only(GRU))).splitlines()]
    start = lines.index("@torch.fx.wrap")
    assert lines[start + 1 : start + 9] == [
        "def steps_of_Steps(cell: nn.Module, x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:",
        '"""A `scan`: a turn for each step along dimension 1."""',
        "state = h",
        "steps = []",
        "for step in x.unbind(1):",
        "state = cell(step, state)",
        "steps.append(state)",
        "return torch.stack(steps, 1), state",
    ]
    assert lines[-2:] == ["x, y = steps_of_Steps(self.Cell, x, h)", 'return {"y": x, "last": y}']


def _run(text: str, *given: torch.Tensor) -> list[torch.Tensor]:
    net = build(only(text)).eval()
    found = net(*given)
    return list(found) if isinstance(found, tuple) else [found]


def test_states_outputs_and_what_is_read_from_around() -> None:
    """A step may give an output beside several states, and read tensors and sizes from around it."""
    text = """
    block Step(scale)(x, h, c) {
      t = h + x * scale
      (t * 2, (c, t))
    }
    net A(x: f32[N, T, 4], h: f32[N, 4], w: f32[N, 4]) {
      scale = w -> ReLU
      (y, (c, t)) = scan(Step(scale), x, (h, h + 1))
      (y, c, t)
    }
    """
    x, h, w = torch.randn(2, 5, 4), torch.randn(2, 4), torch.randn(2, 4)
    found = _run(text, x, h, w)
    first, second, outputs = h, h + 1, []
    for time in range(5):
        t = first + x[:, time] * w.relu()
        outputs.append(t * 2)
        first, second = second, t
    for one, other in zip(found, (torch.stack(outputs, 1), first, second), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(("over", "shape"), ((0, (6, 3)), (1, (3, 6)), (-1, (3, 6))))
def test_any_dimension(over: int, shape: tuple[int, int]) -> None:
    """A running sum along a dimension is PyTorch's `cumsum`."""
    text = f"net A(x: f32[{', '.join(map(str, shape))}]) {{\n (y, _) = scan(Add, x, zeros([3]), over = {over})\n y\n}}"
    x = torch.randn(shape)
    (found,) = _run(f"block Add()(x, h) = x + h\n{text}", x)
    torch.testing.assert_close(found, x.cumsum(over))


def test_several_sequences() -> None:
    """A tuple of sequences is taken apart side by side."""
    text = """
    block Step()(a, b, h) = h + a * b
    net A(a: f32[N, T, 4], b: f32[N, T, 4], h: f32[N, 4]) {
      (_, last) = scan(Step, (a, b), h)
      last
    }
    """
    a, b, h = torch.randn(2, 3, 4), torch.randn(2, 3, 4), torch.randn(2, 4)
    torch.testing.assert_close(_run(text, a, b, h)[0], h + (a * b).sum(1))


def test_scans_and_whens_within_each_other() -> None:
    """A scan over rows of scans over columns; a `when` in a step; a scan in a side of a `when`."""
    text = """
    block Add()(x, h) = h + when x.mean(1) > 0 { x } else { -2 * x }
    block Row()(x, h) {
      (_, last) = scan(Add, x, h)
      last
    }
    net A(x: f32[N, S, T, 4], h: f32[N, 4]) {
      (y, last) = scan(Row, x, h)
      when last.mean(1) > 0 { last } else { y -> Row(last) }
    }
    """.replace("y -> Row(last)", "(y, last) -> Row")
    x, h = torch.randn(8, 2, 3, 4), torch.randn(8, 4)
    y, state = [], h
    for row in x.unbind(1):
        for cell in row.unbind(1):
            state = state + torch.where(cell.mean(1, keepdim=True) > 0, cell, -2 * cell)
        y.append(state)
    wanted = []
    for sample in range(8):
        last = state[sample]
        if last.mean() <= 0:
            for row in y:
                last = last + (row[sample] if row[sample].mean() > 0 else -2 * row[sample])
        wanted.append(last)
    torch.testing.assert_close(_run(text, x, h)[0], torch.stack(wanted))


def test_the_recurrent_cell_of_the_showcase(shared: Path) -> None:
    """ENAS's recurrent cell over time: sampled, built, and the same as its cell called step by step."""
    text = (shared / "language" / "showcase" / "recurrent.nas").read_text("utf-8").replace("850", "12")
    text = text.replace("10_000", "50")
    network = parse(text[: text.index("net Classifier")]).space().sample(Random(3))
    net = build(network.graph("LM")).eval()
    assert sum(each.numel() for each in net.parameters()) == network.graph("LM").params
    tokens, state = torch.randint(0, 50, (2, 5)), torch.randn(2, 12)
    found = net(tokens, state)
    embedded = net.get_submodule("embed")(tokens)
    for time in range(5):
        state = net.get_submodule("Recurrent")(embedded[:, time], state)
        logits = state @ net.get_parameter("embed.weight").T
        torch.testing.assert_close(found["logits"][:, time], logits)
    torch.testing.assert_close(found["state"], state)


@pytest.mark.parametrize(("kind", "states"), (("GRU", 1), ("RNN", 1), ("LSTM", 2)))
def test_a_cell_of_the_library_over_time_is_the_layer(kind: str, states: int) -> None:
    """`scan(GRUCell(8), x, h)` with the weights of `GRU(8)` gives its outputs and last state."""
    given = ", ".join(f"s{place}: f32[N, 8]" for place in range(states))
    state = ", ".join(f"s{place}" for place in range(states))
    text = f"net A(x: f32[N, T, 4], {given}) {{\n  (y, last) = scan({kind}Cell(8), x, ({state}))\n  {{y: y, last: last}}\n}}"
    net, layer = build(only(text)), getattr(nn, kind)(4, 8, batch_first=True)
    net.load_state_dict({f"{kind}Cell.{name.removesuffix('_l0')}": each for name, each in layer.state_dict().items()})
    x, starts = torch.randn(3, 5, 4), [torch.randn(3, 8) for _ in range(states)]
    start = tuple(each[None] for each in starts)
    outputs, last = layer(x, start if states > 1 else start[0])
    found = net(x, *starts)
    torch.testing.assert_close(found["y"][0] if states > 1 else found["y"], outputs)
    ends = found["last"] if states > 1 else (found["last"],)
    for one, other in zip(ends, last if states > 1 else (last,), strict=True):
        torch.testing.assert_close(one, other[0])


def test_forgotten_texts_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that builds many networks with a `scan` does not keep the modules of all their texts."""
    monkeypatch.setattr(modules, "_KEPT", 1)
    gone = []
    for width in (8, 9, 10):
        net = build(only(GRU.replace("8", str(width))))
        gone.append(weakref.ref(sys.modules[type(net).__module__]))
        del net
    gc.collect()
    assert [each() is None for each in gone] == [True, True, False]
