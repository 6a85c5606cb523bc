"""ONNX models as programs: every operator there and back, models that others wrote, what is refused."""

import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from importing_models import Small, flat, outputs, same
from onnx import TensorProto, helper
from onnx_running import alone, random_inputs, run
from operator_examples import EXAMPLES, Example

from symnas.compilers.onnx import build, save
from symnas.compilers.torch import build as build_torch
from symnas.errors import CompileError
from symnas.foreign import from_onnx
from symnas.operators.chance import draws_anew
from symnas.types import Dtype

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

_IN_FULL = [
    example for example in EXAMPLES
    if not draws_anew(example.name, len(example.inputs)) and all(each.dtype not in (Dtype.F16, Dtype.BF16) for each in (*example.inputs, *example.operator.apply(example.settings, example.inputs).outputs))
]  # fmt: skip


@pytest.mark.parametrize("example", _IN_FULL, ids=str)
def test_an_operator_comes_back_from_onnx(example: Example, tmp_path: Path) -> None:
    """What is written as ONNX and read again computes the same."""
    graph = alone(example)
    module = build_torch(graph).eval()
    inputs = random_inputs(graph.scope.inputs, {})
    with torch.no_grad():
        wanted = flat(module(*inputs))
    path = tmp_path / "alone.onnx"
    save(build(graph, weights=module.state_dict()), path, "alone.data")
    if any(node.op_type == "Scan" for node in onnx.load(path).graph.node):
        with pytest.raises(CompileError, match="`Scan`"):
            from_onnx(path)
        return
    same(outputs(from_onnx(path), inputs), wanted)


@pytest.mark.parametrize("name", ("squeezenet", "shufflenet", "inception_v1"))
def test_a_light_model_computes_what_onnxruntime_does(name: str, tmp_path: Path) -> None:
    """Models inside the `onnx` package, weights drawn at random, agree."""
    path = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / f"light_{name}.onnx"
    if not path.exists():
        pytest.skip("this release of onnx has no light models")
    place = tmp_path / path.name
    onnx.save(weighted(onnx.load(path)), place)
    image = torch.rand(1, 3, 224, 224)
    same(outputs(from_onnx(place), [image]), run(str(place), [image]))


def weighted(model: onnx.ModelProto) -> onnx.ModelProto:
    """*model* with the weights that it makes of nothing drawn at random."""
    random = np.random.default_rng(0)
    shapes = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    shapes |= {
        each.output[0]: onnx.numpy_helper.to_array(each.attribute[0].t)
        for each in model.graph.node
        if each.op_type == "Constant"
    }
    positive = {each.input[4] for each in model.graph.node if each.op_type == "BatchNormalization"}
    kept = [each for each in model.graph.node if each.op_type != "ConstantOfShape"]
    for node in model.graph.node:
        if node.op_type == "ConstantOfShape":
            shape = tuple(map(int, shapes[node.input[0]]))
            drawn = random.random(shape) if node.output[0] in positive else random.standard_normal(shape) * 0.05
            model.graph.initializer.append(onnx.numpy_helper.from_array(drawn.astype(np.float32), node.output[0]))
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model


def written(nodes: list[onnx.NodeProto], path: Path, shape: tuple[str | int | None, ...] = ("N", 3, 8, 8)) -> Path:
    """A model of *nodes* from `x` to `y` in the file *path*."""
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    result = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "made", inputs, result)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]), path)
    return path


def test_shapes_that_are_computed_become_sizes(tmp_path: Path) -> None:
    """`Shape`, `Gather` and `Concat` around a `Reshape` are worked out, open sizes among them."""
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Constant", [], ["zero"], value_int=0),
        helper.make_node("Gather", ["s", "zero"], ["n"]),
        helper.make_node("Constant", [], ["axes"], value_ints=[0]),
        helper.make_node("Unsqueeze", ["n", "axes"], ["row"]),
        helper.make_node("Constant", [], ["rest"], value_ints=[-1]),
        helper.make_node("Concat", ["row", "rest"], ["shape"], axis=0),
        helper.make_node("Reshape", ["x", "shape"], ["y"]),
    ]
    found = from_onnx(written(nodes, tmp_path / "flat.onnx"))
    assert "Flatten" in found.program.text or "reshape(N, -1)" in found.program.text
    x = torch.randn(3, 3, 8, 8)
    same(outputs(found, [x]), [x.flatten(1)])


def test_modules_are_read_off_the_names_of_nodes(tmp_path: Path) -> None:
    """`/layer/layer.0/act/Relu` stands in the block of `layer.0`; equal blocks are one."""
    nodes = []
    before = "x"
    for turn in range(2):
        for number, kind in enumerate(("Relu", "Sigmoid", "Tanh")):
            after = f"v{turn}{number}"
            nodes.append(helper.make_node(kind, [before], [after], name=f"/layer/layer.{turn}/{kind}"))
            before = after
    nodes.append(helper.make_node("Identity", [before], ["y"]))
    text = from_onnx(written(nodes, tmp_path / "named.onnx")).program.text
    assert text.count("block Layer") == 1
    assert "repeat(2) { Layer as layer }" in text


def test_rows_are_repeated_whoever_wrote_the_model(tmp_path: Path) -> None:
    """Equal blocks in a row are a `repeat` in what PyTorch exports, and equal layers where nothing has a name."""
    module = Small().eval()
    image = torch.randn(2, 3, 16, 16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own deprecations
        torch.onnx.export(module, (image,), tmp_path / "small.onnx", dynamo=False)
    found = from_onnx(tmp_path / "small.onnx")
    assert "repeat(2) { Layer(8) as layer1 }" in found.program.text
    same(outputs(found, [image]), flat(module(image)))
    weights = {"w": torch.randn(4, 4), "v": torch.randn(4, 4), "u": torch.randn(4, 2)}
    nodes = [
        helper.make_node(kind, [before, *more], [after])
        for kind, before, more, after in (
            ("MatMul", "x", "w", "a"), ("Relu", "a", "", "b"), ("MatMul", "b", "v", "c"), ("Relu", "c", "", "d"),
            ("MatMul", "d", "u", "y"),
        )
    ]  # fmt: skip
    model = onnx.load(written(nodes, tmp_path / "bare.onnx", ("N", 4)))
    model.graph.initializer.extend(onnx.numpy_helper.from_array(each.numpy(), name) for name, each in weights.items())
    onnx.save(model, tmp_path / "bare.onnx")
    bare = from_onnx(tmp_path / "bare.onnx")
    assert "repeat(2) { Linear(4, bias = false) -> ReLU }" in bare.program.text
    x = torch.randn(3, 4)
    same(outputs(bare, [x]), [((x @ weights["w"]).relu() @ weights["v"]).relu() @ weights["u"]])


REFUSALS = (
    ([helper.make_node("NonZero", ["x"], ["a"]), helper.make_node("Det", ["x"], ["y"])], ("`NonZero`", "`Det`")),
    ([helper.make_node("Mine", ["x"], ["y"], domain="my.own")], ("`my.own.Mine`", "no operator of ONNX's own")),
    ([helper.make_node("BitShift", ["x", "x"], ["y"], direction="LEFT", name="shift")], ("at `shift`",)),
)


@pytest.mark.parametrize(("nodes", "words"), REFUSALS)
def test_what_cannot_be_imported_is_named_at_once(
    nodes: list[onnx.NodeProto], words: tuple[str, ...], tmp_path: Path
) -> None:
    """Every operator without a counterpart, with its place and why."""
    with pytest.raises(CompileError) as caught:
        from_onnx(written(nodes, tmp_path / "odd.onnx"))
    assert all(each in str(caught.value) for each in words)


@pytest.mark.parametrize("content", (b"", b"nas 1\nnet A(x: f32[N, 8]) = x", bytes(range(256)), b"PK\x03\x04"))
def test_a_file_that_is_no_model_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    """Text, zips and noise get a message, not protobuf's."""
    path = tmp_path / "none.onnx"
    path.write_bytes(content)
    with pytest.raises(CompileError, match="is no ONNX model"):
        from_onnx(path)
