"""How generated networks start: readable lines, and weights that are what they say."""

import torch
from enumerating import only

from symnas.compilers.torch import build, generate


def test_init_is_a_line_behind_the_layer() -> None:
    """A person would write it so."""
    source = generate(
        only("""
    net A(x: f32[N, 3, 8, 8]) {
      y = x -> Conv2d(8, 3, init = normal(0.02)) as conv -> DepthwiseConv2d(3, init = identity) as depth
      y -> BatchNorm2d(init = zeros) as norm -> Flatten -> Linear(10, init = uniform(0.1)) as head
    }
    """)
    )
    for line in (
        "self.conv = nn.Conv2d(3, 8, 3, padding=1)",
        "nn.init.normal_(self.conv.weight, std=0.02)",
        "nn.init.dirac_(self.depth.weight, groups=8)",
        "nn.init.zeros_(self.norm.weight)",
        "nn.init.uniform_(self.head.weight, -0.1, 0.1)",
    ):
        assert f"        {line}\n" in source
    assert source.index("self.conv = ") < source.index("self.conv.weight, std") < source.index("self.depth = ")


def test_weights_start_so_wherever_they_live() -> None:
    """In lists, below other layers, in blocks, shared, and under names that PyTorch uses itself."""
    net = build(
        only("""
    shared tied = Linear(8, init = fill(2))
    block Unit(start) = Linear(8, init = start) -> Linear(8, init = ones) as type
    net A(x: f32[N, 8]) {
      x = x -> repeat(3) { Linear(8, init = zeros) -> Linear(8) } -> Unit(fill(3)) -> Unit(fill(4)) -> tied -> tied
      x -> Linear(8, init = fill(5)) -> Linear(8, init = fill(6))
    }
    """)
    )
    constant = {
        key: weight[0, 0].item() for key, weight in net.state_dict().items()
        if key.endswith("weight") and weight.min() == weight.max()
    }  # fmt: skip
    assert constant == {
        "repeat.0.Linear.weight": 0, "repeat.1.Linear.weight": 0, "repeat.2.Linear.weight": 0,
        "Unit.Linear.weight": 3, "Unit.type.weight": 1, "Unit.1.Linear.weight": 4, "Unit.1.type.weight": 1,
        "tied.weight": 2, "Linear.weight": 5, "Linear.1.weight": 6,
    }  # fmt: skip


def test_equal_items_of_a_list_start_in_a_loop() -> None:
    """Twelve layers that start alike are two lines."""
    source = generate(only("net A(x: f32[N, 8]) = x -> repeat(12) { Linear(8, init = normal(0.02)) as one }\n"))
    assert source.count("nn.init") == 1
    assert '        for each in self.repeat:\n            nn.init.normal_(each["one"].weight, std=0.02)\n' in source


def test_gradients_reach_what_was_started() -> None:
    """Starting a weight leaves it a leaf that trains, the padding row of an embedding included."""
    net = build(only("net A(t: i64[N, T]) = t -> Embedding(9, 4, padding_idx = 2, init = normal(1)) as embed\n"))
    net(torch.tensor([[0, 2, 5]])).sum().backward()
    weight = net.get_parameter("embed.weight")
    assert weight.is_leaf
    assert weight.grad is not None
    assert not weight[2].any()
    assert weight.grad[0].all()
