"""ONNX models as a whole: names, sizes, versions, outputs, weights, files."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from enumerating import only
from graphs import digits_cnn, resnet50
from onnx_running import agree, alone, both, checked, random_inputs, run
from operator_examples import EXAMPLES

import symnas
from symnas import compilers
from symnas.compilers.onnx import build, lowers, saving
from symnas.compilers.onnx import save as save_model
from symnas.compilers.onnx.model import DEFAULT_OPSET, OPSETS
from symnas.compilers.onnx.registry import lowering
from symnas.compilers.torch import build as build_torch
from symnas.errors import CompileError
from symnas.graph import Graph

BLOCKS = """
block Unit(out)(x) = x + (x -> Conv2d(out, 3) -> BatchNorm2d -> ReLU)
net Tiny(image: f32[N, 4, H, W]) = image -> Unit(4) -> Unit(4) -> GlobalAvgPool2d -> Flatten -> Linear(10) as head
"""
TIED = """
net Tied(tokens: i64[N, T]) {
  shared embed = Embedding(50, 8)
  x = tokens -> embed -> Linear(8) -> ReLU
  {logits: x @ embed.weight.transpose(0, 1), hidden: (x, tokens), again: x}
}
"""


class TestNames:
    """The program's paths, everywhere."""

    def test_values_and_nodes_are_called_by_path(self) -> None:
        """An operation's node and output have its path; blocks that are used again count."""
        model = build(only(BLOCKS), fold=False)
        assert [each.name for each in model.graph.inputs] == ["image"]
        assert [each.name for each in model.graph.outputs] == ["output"]
        assert [node.name for node in model.graph] == [
            "Unit.Conv2d", "Unit.BatchNorm2d", "Unit.ReLU", "Unit.add",
            "Unit.1.Conv2d", "Unit.1.BatchNorm2d", "Unit.1.ReLU", "Unit.1.add", "GlobalAvgPool2d", "Flatten", "head",
        ]  # fmt: skip

    def test_weights_are_those_of_the_state_dict(self) -> None:
        """All of them but the batches counted, which nothing reads once the network is trained."""
        graph = only(BLOCKS)
        expected = {name for name in build_torch(graph).state_dict() if not name.endswith("num_batches_tracked")}
        names = [name for name in build(graph, fold=False).graph.initializers if not name.startswith("constant.")]
        assert set(names) == expected
        assert len(names) == len(expected)

    def test_nodes_say_their_line(self) -> None:
        """The description of a node is the line that it comes from; that of the model is the header."""
        model = build(only(BLOCKS), "Made for a test.")
        assert re.fullmatch(r".+:2", next(iter(model.graph)).doc_string or "")
        assert model.doc_string == "Made for a test."

    def test_names_are_unique(self) -> None:
        """Inputs, weights, values and outputs never share a name, whatever the program calls its own."""
        text = "net A(output: f32[N, 4]) {\n  y = output -> Linear(4) as output -> ReLU as output\n {output: output, y: y}\n}"
        agree(*both(only(text), [torch.randn(3, 4)]), 1e-5)


class TestOutputs:
    """What a network returns, flat."""

    def test_records_and_tuples(self) -> None:
        """Labels and places are names; what is handed out twice, or just handed on, is there each time."""
        graph = only(TIED)
        assert [each.name for each in build(graph).graph.outputs] == ["logits", "hidden.0", "hidden.1", "again"]
        agree(*both(graph, random_inputs(graph.scope.inputs, {"N": 3, "T": 5})), 1e-5)

    def test_a_shared_weight_is_stored_once(self) -> None:
        """The embedding that is also the output layer is one weight."""
        weights = [each for each in build(only(TIED)).graph.initializers.values() if each.shape == ir.Shape([50, 8])]
        assert [each.name for each in weights] == ["embed.weight"]

    def test_outputs_of_training_are_left_out(self) -> None:
        """What only training needs is neither computed nor stored, though its weights may be given."""
        text = """
        net A(x: f32[N, 4]) {
          y = x -> Linear(4) as main
          (y, training(x -> Linear(2) as aside))
        }
        """
        graph = only(text)
        model = build(graph, weights=build_torch(graph).state_dict())
        assert set(model.graph.initializers) == {"main.weight", "main.bias"}
        assert [each.name for each in model.graph.outputs] == ["output.0"]

    def test_several_nets_are_several_models(self) -> None:
        """Each net of a program is compiled by its name."""
        text = "net A(x: f32[N, 4]) = x -> Linear(2)\nnet B(x: f32[N, 3]) = x -> Linear(5)"
        architecture = symnas.parse(text).architecture()
        models = [symnas.compile(architecture, "onnx", name) for name in ("A", "B")]
        assert [model.graph.name for model in models] == ["A", "B"]
        assert [model.graph.outputs[0].shape[1] for model in models] == [2, 5]


class TestSizes:
    """Sizes that are open, and sizes that are fixed for the export."""

    def test_open_sizes_keep_their_names(self) -> None:
        """Inputs and outputs say them, computed ones as expressions."""
        text = "net A(x: f32[N, T, H, 8]) = concat([x, x -> Linear(8)], dim = 1)[:, :, ::2]"
        model = build(only(text))
        assert str(model.graph.inputs[0].shape) == "[N,T,H,8]"
        assert [str(size) for size in model.graph.outputs[0].shape or ()] == ["N", "2 * T", "(H + 1) // 2", "8"]

    @pytest.mark.parametrize(
        "body",
        (
            "x.reshape([N * T, H * 4]).reshape([H, N, T, 4])",
            "x + zeros([N, T, 1, 4]) + arange(H).reshape([H, 1])",
            "x.flatten(0, 2)[: N * T]",
            "x[:, T - 1] + x[:, 0]",
            "x.unsqueeze(0).expand(3, N, T, H, 4)",
            "where(x > 0, x, N)",
            "x.reshape([N, T * H * 4 // 2, 2])",
            "x.std() + x.var((1, 2))",
        ),
    )
    def test_expressions_of_sizes_are_computed(self, body: str) -> None:
        """Wherever a size that is not known stands in a program, the model works it out."""
        graph = only(f"net A(x: f32[N, T, H, 4]) = {body}")
        for sizes in ({"N": 2, "T": 3, "H": 5}, {"N": 4, "T": 2, "H": 6}):
            agree(*both(graph, random_inputs(graph.scope.inputs, sizes)), 1e-5)

    def test_sizes_can_be_fixed(self) -> None:
        """With every size known, nothing is computed from shapes."""
        graph = only("net A(x: f32[N, T, 4]) = x.reshape([T, N * 4]) + arange(N * 4)")
        sizes = {"N": 2, "T": 3}
        model = build(graph, sizes=sizes)
        assert model.graph.inputs[0].shape == ir.Shape([2, 3, 4])
        assert "Shape" not in {node.op_type for node in model.graph}
        agree(*both(graph, random_inputs(graph.scope.inputs, sizes), sizes=sizes), 1e-5)

    def test_unknown_sizes_are_refused(self) -> None:
        """A size that no input has gets a remedy."""
        with pytest.raises(CompileError, match="`Tiny` has no size `M`; it has `H`, `N`, `W`"):
            build(only(BLOCKS), sizes={"M": 1})


class TestOpsets:
    """Versions of ONNX's operators."""

    @pytest.mark.parametrize("opset", OPSETS)
    def test_every_version_runs(self, opset: int) -> None:
        """One use of each operator, in every version that can be written."""
        seen = set[str]()
        for example in EXAMPLES:
            types = (*example.inputs, *example.operator.apply(example.settings, example.inputs).outputs)
            if example.name in seen or any(each.dtype.bytes == 2 for each in types):
                continue
            seen.add(example.name)
            graph = alone(example)
            agree(*both(graph, random_inputs(graph.scope.inputs, {}), opset=opset), 1e-5)

    def test_versions_of_the_format_are_onnx_s(self) -> None:
        """Each opset is written in the version of the format that it came with, so that old readers take it."""
        for opset, version in OPSETS.items():
            assert version == onnx.helper.find_min_ir_version_for([onnx.helper.make_opsetid("", opset)])

    def test_the_version_is_the_one_asked_for(self) -> None:
        """Other versions are refused."""
        assert build(only(BLOCKS)).opset_imports == {"": DEFAULT_OPSET}
        assert build(only(BLOCKS), opset=18).opset_imports == {"": 18}
        with pytest.raises(CompileError, match=rf"opset 9 cannot be written; 18 to {max(OPSETS)} can"):
            build(only(BLOCKS), opset=9)

    def test_sixteen_bits_need_a_later_one(self) -> None:
        """Layers take bfloat16 from opset 22 on, which is taken of itself."""
        graph = only("net A(x: bf16[N, 4]) = x -> Linear(2)")
        assert build(graph).opset_imports == {"": 22}
        with pytest.raises(CompileError, match="`A` computes with `bf16`, which ONNX knows from opset 22 on"):
            build(graph, opset=21)


class TestWeights:
    """Those that are given."""

    def test_what_does_not_fit_is_named(self) -> None:
        """Missing, unknown and misshapen weights are refused by name."""
        graph = only("net A(x: f32[N, 4]) = x -> Linear(2) as head")
        good = {"head.weight": np.zeros((2, 4)), "head.bias": np.zeros(2)}
        build(graph, weights=good)
        for bad, message in (
            ({"head.weight": good["head.weight"]}, "the weights given for `A` lack `head.bias`"),
            ({**good, "heed.bias": good["head.bias"]}, "`A` has no weight `heed.bias`; did you mean `head.bias`"),
            ({**good, "head.bias": np.zeros(3)}, r"the weight `head.bias` is \[2\]; \[3\] was given"),
        ):
            with pytest.raises(CompileError, match=message):
                build(graph, weights=bad)

    def test_they_are_not_copied(self) -> None:
        """A model shares the memory of the tensors that it was given."""
        graph = only("net A(x: f32[N, 4]) = x -> Linear(2) as head")
        given = build_torch(graph).state_dict()
        kept = build(graph, weights=given).graph.initializers["head.weight"].const_value
        assert kept is not None
        assert np.shares_memory(kept.numpy(), given["head.weight"].numpy())


class TestFiles:
    """Models as files."""

    @pytest.mark.parametrize("graph", (digits_cnn(), resnet50((1, 1, 1, 1)), only(TIED)), ids=lambda graph: graph.name)
    def test_a_file_is_what_onnx_ir_would_write(self, graph: Graph, tmp_path: Path) -> None:
        """Read back, it is the same model, which still knows its weights."""
        model = build(graph)
        assert save_model(model, tmp_path / "net.onnx") == [tmp_path / "net.onnx"]
        expected = ir.to_proto(model)
        expected.graph.ClearField("value_info")  # says of weights what the weights say
        assert onnx.load(tmp_path / "net.onnx") == expected
        checked(model)

    def test_large_weights_lie_beside_it(self, tmp_path: Path) -> None:
        """Beyond what a file can hold, weights are written to a second one, which the checker and the runtime find."""
        graph, path = digits_cnn(), tmp_path / "net.onnx"
        assert saving.save(build(graph), path, "net.weights", most=1000) == [path, tmp_path / "net.weights"]
        assert (tmp_path / "net.weights").stat().st_size > 60_000 > path.stat().st_size
        onnx.checker.check_model(path, full_check=True)
        x = torch.randn(2, 1, 8, 8)
        agree(run(str(path), [x]), run(checked(build(graph)), [x]), 1e-6)

    @pytest.mark.slow
    def test_weights_beyond_two_gibibytes_are_carried(self, tmp_path: Path) -> None:
        """More weights than protobuf holds: a table of 2.3 GiB and what stands behind it are those that were given."""
        graph, path = only("net A(x: i64[N]) = x -> Embedding(600_000, 1024) -> Linear(3)"), tmp_path / "net.onnx"
        table = np.zeros((600_000, 1024), np.float32)  # memory that nobody writes to takes none
        table[[0, -1]] = np.random.default_rng(0).standard_normal((2, 1024), np.float32)
        matrix = np.random.default_rng(1).standard_normal((3, 1024), np.float32)
        weights = {"Embedding.weight": table, "Linear.weight": matrix, "Linear.bias": np.ones(3, np.float32)}
        try:
            save_model(build(graph, weights=weights), path)
            assert (tmp_path / "net.onnx.data").stat().st_size > 2**31 > 10_000 > path.stat().st_size
            onnx.checker.check_model(path, full_check=True)
            places = torch.tensor([0, 1, 599_999])
            expected = torch.from_numpy(table[places.numpy()] @ matrix.T + 1)
            agree(run(str(path), [places]), [expected], 1e-5)
        finally:
            for each in tmp_path.iterdir():
                each.unlink()

    def test_the_same_seed_gives_the_same_file(self, tmp_path: Path) -> None:
        """Fresh weights depend on the seed alone."""
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            save_model(build(digits_cnn(), seed=seed), tmp_path / name)
        first, same, other = ((tmp_path / name).read_bytes() for name in "abc")
        assert first == same != other

    def test_no_torch_is_needed(self, tmp_path: Path) -> None:
        """From text to file without loading torch."""
        script = f"""
import sys, symnas
from symnas.compilers.onnx import save
program = symnas.parse("net A(x: f32[N, 4]) = x -> Linear(2)")
save(symnas.compile(program.architecture(), "onnx"), {str(tmp_path / "net.onnx")!r})
sys.exit("torch" in sys.modules)
"""
        assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
        onnx.checker.check_model(tmp_path / "net.onnx", full_check=True)


class TestRefusals:
    """What cannot be written."""

    def test_python_layers_are_refused(self) -> None:
        """A layer of the user's own, with its line."""
        text = "use sys (Roll(p)(x: [*S]) -> [*S])\nnet A(x: f32[N, 4]) = x -> Roll(2)"
        with pytest.raises(CompileError, match=r"`sys\.Roll` is a Python layer, which ONNX does not know"):
            build(only(text))

    def test_operators_without_a_lowering_are_refused(self) -> None:
        """The message says what to write; a second lowering of one operator is refused too."""
        with pytest.raises(CompileError, match=r"`Twist` has no ONNX lowering; write one: `@symnas\.compilers\.onnx"):
            lowering("Twist")
        with pytest.raises(ValueError, match="operator `ReLU` has an ONNX lowering already"):
            lowers("ReLU")(lambda at: at.x)

    def test_a_missing_library_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without onnx-ir, the message says how to get it."""
        for name in [name for name in sys.modules if name.startswith("symnas.compilers.onnx.")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr(compilers.onnx, "model", raising=False)
        monkeypatch.setitem(sys.modules, "onnx_ir", None)
        with pytest.raises(CompileError, match=r"ONNX needs `onnx_ir`: pip install 'symnas\[onnx\]'"):
            build(digits_cnn())
