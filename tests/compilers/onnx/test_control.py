"""`when` and `scan` in ONNX, beside PyTorch."""

import onnx
import onnx_ir as ir
import pytest
import torch
from enumerating import only
from onnx_running import agree, both, checked, run
from when_programs import EXITS, FORMS, form

from symnas.compilers.onnx import build
from symnas.compilers.torch import build as build_torch
from symnas.graph import Graph


def samples(count: int, *shape: int, seed: int = 0) -> torch.Tensor:
    """Random samples."""
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_each_sample_takes_its_own_side(body: str) -> None:
    """One model gives what PyTorch gives, whether the samples of a batch agree or not, and for none."""
    graph, x = only(form(body)), samples(64, 8)
    positive = x.mean(1) > 0
    for rows in (slice(None), slice(0, 1), slice(0, 0), positive, ~positive):
        agree(*both(graph, [x[rows]]), 1e-5)


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_one_sample_needs_no_rows(body: str) -> None:
    """With one sample at a time, a `when` is an `If`, and nothing is gathered."""
    graph = only(form(body))
    module = build_torch(graph).eval()
    model = build(graph, weights=module.state_dict(), sizes={"N": 1})
    assert {node.op_type for node in model.graph.all_nodes()}.isdisjoint({"NonZero", "TopK", "Gather"})
    data = checked(model)
    for sample in torch.split(samples(20, 8), 1):
        with torch.inference_mode():
            agree(run(data, [sample]), [module(sample)], 1e-5)


def test_early_exits_agree_on_two_hundred_images() -> None:
    """Every branch of a network with exits is hit, and each image has the logits that PyTorch gives it."""
    graph = only(EXITS.replace("0.12", "0.145"))  # of weights that are not trained, some are as sure as that
    torch.manual_seed(0)
    module = build_torch(graph).eval()
    images = samples(200, 3, 32, 32) * torch.logspace(-2, 1, 200)[:, None, None, None]
    seen = dict[str, int]()
    for path, each in module.named_modules():
        if path.endswith("Stage"):
            each.register_forward_pre_hook(lambda _, given, path=path: seen.update({path: len(given[0])}))
    with torch.inference_mode():
        expected = module(images)
    assert 200 == seen["Rest.Stage"] > seen["Rest.Rest.Stage"] > seen["Rest.Rest.Rest.Stage"] > 0
    data = checked(build(graph, weights=module.state_dict()))
    agree(run(data, [images]), [expected], 1e-5)
    one = checked(build(graph, weights=module.state_dict(), sizes={"N": 1}))
    agree([torch.cat([run(one, [image])[0] for image in torch.split(images, 1)])], [expected], 1e-5)


def test_what_no_sample_needs_is_not_computed() -> None:
    """The layers of a side stand in a branch that is taken only where a sample needs it."""
    model = build(only(EXITS))
    outside = {node.op_type for node in model.graph}
    assert "If" in outside
    assert sum(node.op_type == "Conv" for node in model.graph) == 1
    assert sum(node.op_type == "Conv" for node in model.graph.all_nodes()) == 3


SCANS = {
    "a recurrence": (
        """
        cell Cell(x: [N, D], h: [N, H]) {
          gate = sigmoid((x -> Linear(8) as gx) + (h -> Linear(8, bias = false) as gh))
          new = tanh((x -> Linear(8) as nx) + (gate * h -> Linear(8, bias = false) as nh))
          h + gate * (new - h)
        }
        net A(x: f32[N, T, 4], h: f32[N, 8]) {
          (y, last) = scan(Cell, x, h)
          {y: y, last: last}
        }
        """,
        [(3, 5, 4), (3, 8)],
    ),
    "states, outputs, tensors from around": (
        """
        block Step(scale)(x, h, c) {
          t = h + x * scale
          (t * 2, (c, t))
        }
        net A(x: f32[N, T, 4], h: f32[N, 4], w: f32[N, 4]) {
          scale = w -> ReLU
          (y, (c, t)) = scan(Step(scale), x, (h, h + 1))
          (y, c, t)
        }
        """,
        [(2, 5, 4), (2, 4), (2, 4)],
    ),
    "the first dimension": (
        "block Add()(x, h) = x + h\nnet A(x: f32[6, 3]) {\n (y, _) = scan(Add, x, zeros([3]), over = 0)\n y\n}",
        [(6, 3)],
    ),
    "several sequences": (
        """
        block Step()(a, b, h) = h + a * b
        net A(a: f32[N, T, 4], b: f32[N, T, 4], h: f32[N, 4]) {
          (_, last) = scan(Step, (a, b), h)
          last
        }
        """,
        [(2, 3, 4), (2, 3, 4), (2, 4)],
    ),
    "within each other": (
        """
        block Add()(x, h) = h + when x.mean(1) > 0 { x } else { -2 * x }
        block Row()(x, h) {
          (_, last) = scan(Add, x, h)
          last
        }
        net A(x: f32[N, S, T, 4], h: f32[N, 4]) {
          (y, last) = scan(Row, x, h)
          when last.mean(1) > 0 { last } else { (y, last) -> Row }
        }
        """,
        [(8, 2, 3, 4), (8, 4)],
    ),
    "a layer of the library": (
        "net A(x: f32[N, T, 4], h: f32[N, 8], c: f32[N, 8]) {\n (y, l) = scan(LSTMCell(8), x, (h, c))\n {y: y, l: l}\n}",
        [(3, 5, 4), (3, 8), (3, 8)],
    ),
    "the state as it is": (
        "block Same()(x, h) = h\nnet A(x: f32[N, T, 4], h: f32[N, 4]) {\n (y, l) = scan(Same, x, h)\n (y, l)\n}",
        [(3, 5, 4), (3, 4)],
    ),
}


@pytest.mark.parametrize(("text", "shapes"), SCANS.values(), ids=SCANS)
def test_a_scan_is_the_loop(text: str, shapes: list[tuple[int, ...]]) -> None:
    """`Scan` gives the outputs and last states that PyTorch's loop gives."""
    agree(*both(only(text), [samples(*shape, seed=place) for place, shape in enumerate(shapes)]), 1e-5)


def test_a_scan_takes_any_length() -> None:
    """One model serves sequences of any length."""
    text, _ = SCANS["a recurrence"]
    graph = only(text)
    module = build_torch(graph).eval()
    data = checked(build(graph, weights=module.state_dict()))
    for length in (1, 2, 9):
        given = [samples(4, length, 4), samples(4, 8)]
        with torch.inference_mode():
            expected = module(*given)
        agree(run(data, given), [expected["y"], expected["last"]], 1e-5)


def _ops(graph: Graph) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(ir.to_proto(build(graph)).SerializeToString()).graph.node]


def test_a_scan_is_one_node() -> None:
    """The body stands in the node; a state is not stacked unless it is read."""
    assert _ops(only(SCANS["several sequences"][0])).count("Scan") == 1
