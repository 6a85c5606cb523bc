"""Frozen and quantised layers as PyTorch: what trains, what is rounded, and how it reads."""

import pytest
import torch
from enumerating import only, space_of
from torch import nn

import symnas
from symnas.compilers.torch import build, generate
from symnas.errors import CompileError
from symnas.graph import Graph


def image(body: str, before: str = "") -> Graph:
    """The network of a program over images of 4 channels."""
    return only(f"{before}\nnet A(x: f32[N, 4, 8, 8]) {{\n{body}\n}}\n")


def still(net: nn.Module) -> set[str]:
    """The parameters that do not train."""
    return {name for name, weight in net.named_parameters() if not weight.requires_grad}


BLOCKS = """
block Unit(out) = Conv2d(out, 3) -> BatchNorm2d -> ReLU
block Half(out) = frozen(Conv2d(out, 3)) -> Conv2d(out, 1) as top
block Tied(x: [N, C, H, W]) { shared f = Conv2d(4, 1)
  x -> f -> f }
"""


class TestFrozen:
    """`requires_grad_(False)` where the layer is made."""

    @pytest.mark.parametrize(
        ("body", "line"),
        (
            ("x -> frozen(Conv2d(8, 3)) as stem -> Conv2d(2, 1)", "self.stem = nn.Conv2d(4, 8, 3, padding=1)"),
            ("x -> frozen(Unit(4)) as unit -> Conv2d(4, 1)", "self.unit = Unit()"),
            ("x -> frozen(repeat(3) { Unit(4) }) -> Conv2d(4, 1)", None),
            ("x -> Unit(4) -> frozen(Unit(4)) -> Unit(4)", None),
            ("x -> frozen(Unit(4)) -> Unit(4)", None),
            ("x -> Half(4) -> frozen(Half(4))", None),
            ("x -> frozen(Tied) -> Tied", None),
            ("x -> frozen(f) -> f -> Conv2d(4, 1)", None),
            ("x -> f -> frozen(f) -> Conv2d(4, 1)", None),
            ("x -> g -> frozen(g) -> Conv2d(4, 1)", None),
            ("x -> Uses -> frozen(Uses)", None),
            ("x -> frozen(Unit(4) -> Half(4))", None),
            ("(x -> frozen(Biased)) + (x -> Biased)", None),
        ),
    )
    def test_what_trains_is_what_the_graph_says(self, body: str, line: str | None) -> None:
        """Counts agree with the module's, gradients come to what trains and to nothing else."""
        before = f"""{BLOCKS}
        shared f = Conv2d(4, 1)
        shared g = Conv2d(4, 1) -> BatchNorm2d
        block Uses = f -> Conv2d(4, 1)
        block Biased(x: [N, C, H, W]) = x * (param([1, C, 1, 1]) as scale)
        """
        graph = image(body, before)
        net, source = build(graph), generate(graph)
        assert sum(each.numel() for each in net.parameters()) == graph.params
        assert sum(each.numel() for each in net.parameters() if each.requires_grad) == graph.trainable
        assert 0 <= graph.trainable < graph.params
        if graph.trainable:
            net(torch.randn(2, 4, 8, 8)).square().sum().backward()
        assert {name for name, each in net.named_parameters() if each.grad is None} == still(net)
        if line is not None:
            assert f"        {line}.requires_grad_(False)\n" in source

    def test_a_block_frozen_and_the_same_block_training_are_one_class(self) -> None:
        """Whoever applies the block says whether it trains."""
        source = generate(image("x -> frozen(Unit(4)) as still -> Unit(4) as live", BLOCKS))
        assert source.count("class Unit") == 1
        assert "self.still = Unit().requires_grad_(False)" in source
        assert "self.live = Unit()\n" in source

    def test_a_frozen_list_says_it_once(self) -> None:
        """Twelve frozen layers are one statement."""
        source = generate(image("x -> frozen(repeat(12) { Unit(4) })", BLOCKS))
        assert source.count("requires_grad_(False)") == 1

    def test_names_of_weights_stay(self) -> None:
        """A checkpoint of the bare network fits the frozen one."""
        bare, wrapped = (build(image(f"x -> {each}", BLOCKS)) for each in ("Unit(4)", "frozen(Unit(4))"))
        wrapped.load_state_dict(bare.state_dict())


WITHIN = """
block Gate(x: [N, D]) {
  a = x -> Linear(D) as a
  when x.mean(1) > 0 { a } else { x -> Linear(D) as b }
}
cell Step(x: [N, D], h: [N, D]) = tanh((x -> Linear(D)) + (h -> Linear(D)))
block Over(x: [N, T, D]) {
  (y, _) = scan(Step, x, x[:, 0], over = 1)
  y[:, -1]
}
"""


@pytest.mark.parametrize(
    ("gate", "over", "trainable", "memory"),
    (
        ("Gate", "Over", 5 * 72, 4 * 5 * 72),
        ("frozen(Gate)", "frozen(Over)", 72, 4 * 5 * 72),
        ("quantised(Gate, 4)", "quantised(Over)", 5 * 72, 2 * 32 + 2 * 64 + 4 * (4 * 8 + 72)),
    ),
)
def test_sides_of_a_when_and_bodies_of_a_scan(gate: str, over: str, trainable: int, memory: int) -> None:
    """What is wrapped reaches layers that a sample may not need, and those that are applied step by step."""
    graph = only(f"{WITHIN}net A(x: f32[N, 8], s: f32[N, T, 8]) = (x -> {gate} -> Linear(8)) + (s -> {over})\n")
    assert (graph.params, graph.trainable, graph.memory) == (5 * 72, trainable, memory)
    net = build(graph)
    assert sum(each.numel() for each in net.parameters() if each.requires_grad) == trainable
    for mode in (True, False):
        assert net.train(mode)(torch.randn(3, 8), torch.randn(3, 4, 8)).shape == (3, 8)


LAYERS = {
    "Linear": ("f32[N, T, 6]", "Linear(5)"),
    "Conv1d": ("f32[N, 6, T]", 'Conv1d(4, 3, padding_mode = "circular")'),
    "Conv2d": ("f32[N, 6, 8, 8]", "Conv2d(4, 3, groups = 2, stride = 2)"),
    "Conv2d without bias": ("f32[N, 6, 8, 8]", 'Conv2d(4, 3, bias = false, padding_mode = "reflect")'),
    "DepthwiseConv2d": ("f32[N, 6, 8, 8]", "DepthwiseConv2d(5)"),
    "ConvTranspose2d": ("f32[N, 6, 8, 8]", "ConvTranspose2d(4, 3, stride = 2, output_padding = 1)"),
    "ConvTranspose1d in groups": ("f32[N, 6, 8]", "ConvTranspose1d(4, 3, groups = 2)"),
    "Embedding": ("i64[N, T]", "Embedding(11, 4, padding_idx = 2)"),
    "LSTM": ("f32[N, T, 6]", "LSTM(5, num_layers = 2, bidirectional = true, proj_size = 3)"),
    "GRU": ("f32[N, T, 6]", "GRU(5, bias = false)"),
    "RNN": ("f32[N, T, 6]", 'RNN(5, nonlinearity = "relu")'),
    "LSTMCell": ("f32[N, 6]", "LSTMCell(5)"),
    "GRUCell": ("f32[N, 6]", "GRUCell(5, bias = false)"),
    "RNNCell": ("f32[N, 6]", 'RNNCell(5, nonlinearity = "relu")'),
}  # fmt: skip


def network(name: str, wrap: str) -> Graph:
    """A network of one layer, wrapped; of what a recurrent layer gives, the output."""
    kind, layer = LAYERS[name]
    wrapped = wrap.format(layer) if wrap else layer
    many = name in ("LSTM", "GRU", "RNN", "LSTMCell")
    body = f"(y, _) = x -> {wrapped} as part\ny" if many else f"x -> {wrapped} as part"
    return only(f"net A(x: {kind}) {{\n{body}\n}}\n")


def data(graph: Graph) -> torch.Tensor:
    """What flows in: 3 samples, 7 steps, drawn from one seed."""
    shape = [size if isinstance(size, int) else {"N": 3, "T": 7}[str(size)] for size in graph.scope.inputs[0].shape]
    torch.manual_seed(0)
    return torch.randn(shape) if graph.scope.inputs[0].dtype.is_floating else torch.randint(0, 11, shape)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
class TestQuantised:
    """Weights and inputs rounded whenever they are used."""

    @pytest.mark.parametrize("name", LAYERS)
    def test_errors_fall_with_the_bits(self, name: str) -> None:
        """More bits are nearer to the layer itself; with 32 they are it. State keys stay as they are."""
        graph = network(name, "")
        x, bare = data(graph), build(graph).eval()
        expected = bare(x)
        errors = []
        for bits in (2, 4, 8, 12, 16):
            net = build(network(name, f"quantised({{}}, weights = {bits}, inputs = {bits})")).eval()
            net.load_state_dict(bare.state_dict())
            errors.append((net(x) - expected).square().mean().sqrt().item())
        assert errors == sorted(errors, reverse=True)
        assert errors[-1] < 1e-3 < errors[0]
        same = build(network(name, "quantised({}, 32, 32)")).eval()
        same.load_state_dict(bare.state_dict())
        assert torch.equal(same(x), expected)

    @pytest.mark.parametrize("name", LAYERS)
    @pytest.mark.parametrize("bits", (1, 3, 8))
    def test_it_computes_with_rounded_numbers(self, name: str, bits: int) -> None:
        """The bare layer with weights rounded by hand, on inputs rounded by hand, gives the same."""
        graph = network(name, f"quantised({{}}, weights = {bits}, inputs = {bits})")
        net, bare = build(graph).eval(), build(network(name, "")).eval()
        weights = {
            key: by_hand(value, bits, channels(name, value, graph)) if "weight" in key else value
            for key, value in net.state_dict().items()
        }
        bare.load_state_dict(weights)
        x = data(graph)
        rounded = by_hand(x, bits, x.new_zeros(x.shape, dtype=torch.long)) if x.is_floating_point() else x
        torch.testing.assert_close(net(x), bare(rounded), rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize("name", LAYERS)
    def test_gradients_go_straight_through(self, name: str) -> None:
        """Every weight trains, as if nothing had been rounded on the way back."""
        graph = network(name, "quantised({}, weights = 4, inputs = 4)")
        net = build(graph)
        x = data(graph)
        if x.is_floating_point():
            x.requires_grad_()
        net(x).square().sum().backward()
        for key, weight in net.named_parameters():
            assert weight.grad is not None
            assert weight.grad.any() or ("Cell" in name and "weight_hh" in key), key  # what multiplies a state of zeros
        assert not x.is_floating_point() or x.grad is not None

    def test_the_gradient_of_a_linear_layer(self) -> None:
        """d(y)/d(w) is the rounded input, d(y)/d(x) the rounded weight."""
        net = build(only("net A(x: f32[N, 4]) = x -> quantised(Linear(1, bias = false), 3, 5) as part\n"))
        x = torch.randn(1, 4, requires_grad=True)
        net(x).sum().backward()
        weight = net.get_parameter("part.weight")
        torch.testing.assert_close(weight.grad, by_hand(x.detach(), 5, torch.zeros(1, 4, dtype=torch.long)))
        torch.testing.assert_close(x.grad, by_hand(weight.detach(), 3, torch.zeros(1, 4, dtype=torch.long)))

    @pytest.mark.parametrize("bits", (1, 2, 3, 8))
    def test_a_weight_has_so_many_values(self, bits: int) -> None:
        """In each output channel there are at most 2^bits - 1 values, symmetric about 0; with one bit there are two."""
        net = build(image(f"x -> quantised(Conv2d(6, 3, bias = false), weights = {bits}, inputs = 32) as part"))
        pulses = torch.zeros(36, 4, 8, 8)
        for place in range(36):
            pulses[place, place // 9, 3 + place % 9 // 3, 3 + place % 3] = 1
        used = net(pulses)[:, :, 4, 4].detach()  # the weight that meets each pulse, of each output channel
        for channel in used.T:
            values = {round(value, 6) for value in channel.tolist()}
            assert len({abs(value) for value in values}) <= max(1, 2 ** (bits - 1))
            assert bits > 1 or len(values) == 2

    def test_zero_weights_stay_zero(self) -> None:
        """A channel without a scale is not divided by it."""
        net = build(image("x -> quantised(Conv2d(2, 3, init = zeros, bias = false))"))
        assert not net(torch.randn(2, 4, 8, 8)).any()
        assert not net(torch.zeros(2, 4, 8, 8)).any()

    def test_how_it_reads(self) -> None:
        """The helper is in the file where it is needed, and the layer's own place is unchanged."""
        source = generate(image("x -> quantised(Conv2d(8, 3), 4) as conv -> Flatten -> quantised(Linear(10)) as head"))
        assert source.count("def rounded(") == 1
        assert "self.conv = nn.Conv2d(4, 8, 3, padding=1)\n" in source
        assert (
            "self.conv._conv_forward(rounded(x, 8), rounded(self.conv.weight, 4, (1, 2, 3)), self.conv.bias)" in source
        )
        assert "F.linear(rounded(x, 8), rounded(self.head.weight, 8, (1,)), self.head.bias)" in source
        assert "rounded" not in generate(image("x -> quantised(Conv2d(8, 3), 32, 32)"))

    def test_names_of_helpers_are_free_to_users(self) -> None:
        """A block and a layer called `rounded` do not hide the helper."""
        net = build(image(
            "y = x -> quantised(Conv2d(4, 3)) as rounded\nz = x -> rounded\ny + z -> Conv2d(1, 1)",
            "block rounded = quantised(Conv2d(4, 1))",
        ))  # fmt: skip
        assert net(torch.randn(2, 4, 8, 8)).shape == (2, 1, 8, 8)

    def test_a_layer_below_a_recurrent_one_is_its_own(self) -> None:
        """`GRU.1` lives below `GRU`, whose weights are rounded alone."""
        net = build(only("net A(x: f32[N, T, 4]) { (y, _) = x -> quantised(GRU(4))\n(z, _) = y -> GRU(4)\nz }"))
        assert net(torch.randn(2, 3, 4)).shape == (2, 3, 4)

    def test_shared_layers_are_rounded_at_their_uses(self) -> None:
        """One shared operation may be quantised at one use alone; a shared chain is written once, so it may not."""
        net = build(image("x -> quantised(f, 2, 32) -> f", "shared f = Conv2d(4, 3)"))
        bare = net.get_submodule("f")
        x = torch.randn(2, 4, 8, 8)
        quantised = build(image("x -> quantised(Conv2d(4, 3), 2, 32) as f"))
        quantised.load_state_dict(net.state_dict())
        torch.testing.assert_close(net(x), bare(quantised(x)))
        for body in ("x -> quantised(g) -> g", "x -> g -> quantised(g)"):
            with pytest.raises(CompileError, match=r"the shared `g` is quantised otherwise here than at its first use"):
                build(image(body, "shared g = Conv2d(4, 3) -> ReLU"))
        build(image("x -> quantised(g) -> quantised(g)", "shared g = Conv2d(4, 3) -> ReLU"))

    def test_bits_are_searched(self) -> None:
        """Members of a space of bits build, and their classes join where the bits are the same."""
        space = space_of("""
        block Unit(out) = Conv2d(out, 3) -> ReLU
        net A(x: f32[N, 4, 8, 8]) = x -> repeat(2) { quantised(Unit(4), weights = oneof(2, 8), inputs = oneof(4, 32)) }
        """)
        assert space.size == 4**2
        for architecture in space:
            assert symnas.compile(architecture, "torch")(torch.randn(2, 4, 8, 8)).shape == (2, 4, 8, 8)


def channels(name: str, weight: torch.Tensor, graph: Graph) -> torch.Tensor:
    """For each element of *weight*, the number of its output channel."""
    if not name.startswith("ConvTranspose"):
        number = torch.arange(weight.shape[0])
        return number.reshape(-1, *[1] * (weight.dim() - 1)).expand(weight.shape)
    (placed,) = graph.operations()
    groups = int(str(dict(placed.operation.settings)["groups"]))
    group = torch.arange(groups).repeat_interleave(weight.shape[0] // groups)
    number = group[:, None] * weight.shape[1] + torch.arange(weight.shape[1])
    return number.reshape(*number.shape, *[1] * (weight.dim() - 2)).expand(weight.shape)


def by_hand(x: torch.Tensor, bits: int, slices: torch.Tensor) -> torch.Tensor:
    """*x* rounded slice by slice, element by element, where *slices* numbers them."""
    found = x.clone()
    for number in set(slices.flatten().tolist()):
        here = slices == number
        values = x[here].tolist()
        if bits == 1:
            scale = sum(map(abs, values)) / len(values)
            made = [scale if value >= 0 else -scale for value in values]
        else:
            most = 2 ** (bits - 1) - 1
            step = max(map(abs, values)) / most or 1.0
            made = [round(value / step) * step for value in values]
        found[here] = torch.tensor(made, dtype=x.dtype)
    return found
