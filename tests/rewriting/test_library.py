"""The library of rules: each does what it says, on its example and on every sample, and can be called by name."""

from pathlib import Path
from random import Random

import pytest
import rule_library
from commands import Run, runner

import symnas
from symnas.architecture import Architecture
from symnas.errors import SearchError, SourceError
from symnas.rewriting import rewrite

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "samples").glob("*.nas"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `symnas` with the words it is given."""
    return runner(capsys)


def network(text: str) -> Architecture:
    """The one architecture of a program."""
    return symnas.parse(text).architecture()


def test_the_page_tells_every_rule() -> None:
    """`docs/rule-library.md` has a section for each, with what it makes of a network now."""
    assert set(rule_library.EXAMPLES) == set(symnas.rules)
    page = rule_library.PAGE.read_text(encoding="utf-8")
    assert page == rule_library.renewed(page), "renew it: python tests/support/rule_library.py"


@pytest.mark.parametrize("name", tuple(symnas.rules))
def test_rules_act_on_their_example(name: str) -> None:
    """Each changes the network of its example, and what comes of it reads back."""
    done = rule_library.example(name)
    assert done.firings
    done.check()
    assert done.diff
    assert symnas.rules[name].about.endswith((".", ")"))


@pytest.mark.slow
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_rules_on_every_sample(path: Path) -> None:
    """Each changes a sample or leaves it as it is; what comes of it fits, and reads back."""
    space = symnas.load(path).space()
    drawn = space.sample(Random(1))
    for name, rules in symnas.rules.items():
        done = rewrite(drawn, rules)
        done.check()
        if not done.firings:
            assert done.graphs == tuple(map(drawn.graph, space.nets)), name


def test_what_a_rule_does_to_the_numbers() -> None:
    """Costs after are those that the rule is for."""
    text = """
block Unit(out, stride = 1) = Conv2d(out, 3, stride = stride, bias = false) -> BatchNorm2d -> ReLU
net A(x: f32[N, 3, 16, 16]) = x -> Unit(16, 2) -> Unit(16) -> Unit(16) -> GlobalAvgPool2d -> Flatten -> Linear(10)
"""
    net = network(text)
    rules = symnas.rules
    light = rewrite(net, rules.separable).architecture
    assert light.params == net.params - 2 * 16 * 16 * 9 + 2 * (16 * 9 + 16 * 16)
    tuned = rewrite(net, rules.lora(rank=2)).architecture.graph()
    assert (tuned.trainable, tuned.params) == (2 * (16 + 10), net.params + 2 * (16 + 10))
    assert rewrite(net, rules.adapters).architecture.graph().trainable == 3 * (16 * 8 + 8 + 8 * 16)
    assert rewrite(net, rules.quantise).architecture.graph().memory < net.graph().memory / 2
    assert rewrite(net, rules.fuse).architecture.params == net.params - 3 * 32 + 3 * 16
    assert rewrite(net, rules.drop).architecture.params == net.params - 2 * (16 * 16 * 9 + 32)
    assert rewrite(net, rules.low_rank(ratio=0.1)).architecture.params == net.params - 16 * 10 + 16 + 10
    assert rewrite(net, rules.elastic_kernels).space.size == 3**3
    assert rewrite(net, rules.elastic_depth).space.size == 2**2
    assert rewrite(net, rules.mixed_precision, at="Unit").space.size == 3
    assert "when" in rewrite(net, rules.exits).program.text


def test_what_is_added_begins_as_nothing() -> None:
    """With the weights carried over, a network with LoRA or adapters does what it did, to the last bit."""
    torch = pytest.importorskip("torch")
    import numpy as np

    from symnas.rewriting.weights import carried

    net = network("""
net A(x: f32[N, 3, 8, 8]) =
  x -> Conv2d(16, 3) -> BatchNorm2d -> ReLU -> Conv2d(32, 1) -> GlobalAvgPool2d -> Flatten -> Linear(10)
""")
    before = symnas.compile(net, "torch")
    torch.manual_seed(0)
    state = before.state_dict()
    x = torch.randn(4, 3, 8, 8)
    before.eval()
    for name in ("lora", "adapters"):
        done = rewrite(net, symnas.rules[name])
        after = symnas.compile(done.architecture, "torch")
        weights = carried(done, state, np.random.default_rng(0)).weights
        after.load_state_dict({key: torch.as_tensor(value) for key, value in weights.items()})
        after.eval()
        assert torch.equal(before(x), after(x))
        assert {key for key, each in after.named_parameters() if not each.requires_grad}


def test_fused_layers_do_what_they_did() -> None:
    """With weights made of those that were there, a fused network gives what it gave, to rounding."""
    torch = pytest.importorskip("torch")
    import numpy as np

    from symnas.rewriting.weights import carried

    net = network("""
net A(x: f32[N, 3, 8, 8]) =
  x -> Conv2d(16, 3, bias = false) -> BatchNorm2d -> ReLU -> DepthwiseConv2d(3) -> BatchNorm2d -> GlobalAvgPool2d
    -> Flatten -> Linear(16) -> BatchNorm1d -> Linear(10)
""")
    torch.manual_seed(0)
    before = symnas.compile(net, "torch")
    for name, buffer in before.named_buffers():
        if "running" in name:
            buffer.uniform_(0.5, 2)
    before.eval()
    done = rewrite(net, symnas.rules.fuse)
    assert [each.rule for each in done.firings] == ["fuse_convolution", "fuse_depthwise", "fuse_linear"]
    after = symnas.compile(done.architecture, "torch")
    weights = carried(done, before.state_dict(), np.random.default_rng(0)).weights
    after.load_state_dict({key: torch.as_tensor(value) for key, value in weights.items()})
    x = torch.randn(4, 3, 8, 8)
    assert torch.allclose(before(x), after.eval()(x), atol=1e-5)


@pytest.mark.parametrize("name", tuple(symnas.rules))
def test_what_comes_of_examples_runs(name: str) -> None:
    """The network of each example is built and run after its rules, with the choices of a draw where some are left."""
    torch = pytest.importorskip("torch")
    done = rule_library.example(name)
    made = done.space.sample(Random(0)) if done.decides else done.architecture
    (kind,) = made.graph().scope.inputs
    shape = [size if isinstance(size, int) else 2 for size in kind.shape]
    module = symnas.compile(made, "torch").eval()
    assert module(torch.randn(shape)).shape[0] == 2


def test_settings_are_given_by_name() -> None:
    """From Python as keywords, on the command line as a call; what there is not is refused."""
    net = network("net A(x: f32[N, 64]) = x -> Linear(64) -> ReLU -> Linear(10)")
    assert "Linear(2, bias = false)" in rewrite(net, symnas.rules.lora(rank=2)).program.text
    assert "GELU" in rewrite(net, symnas.rules.activations(into="GELU")).program.text
    assert "ELU(alpha = 0.5)" in rewrite(net, symnas.rules.activations(into="ELU(0.5)")).program.text
    assert symnas.rules.lora(rank=2).settings == {"rank": "2"}
    with pytest.raises(SearchError, match="the rules `lora` have no setting `rnk`; did you mean `rank`"):
        symnas.rules.lora(rnk=2)
    with pytest.raises(SearchError, match="the rules `canonical` have no setting `rank`; they have none"):
        symnas.rules.canonical(rank=2)
    with pytest.raises(SearchError, match="the library has no rules `lorra`; did you mean `lora`"):
        symnas.rules["lorra"]
    with pytest.raises(SearchError, match="the library has no rules `separabel`; did you mean `separable`"):
        symnas.rules.separabel  # noqa: B018
    assert {"lora", "fuse"} <= set(dir(symnas.rules))


def test_names_of_the_library_give_way() -> None:
    """What a network calls as the library does its blocks and settings stays; the library's are called otherwise."""
    text = """
block Excited(ratio)(x) = x
net A(x: f32[N, 3, 8, 8]) {
  least = 32
  x -> Conv2d(least, 3) -> BatchNorm2d -> Excited(2)
}
"""
    done = rewrite(network(text), symnas.rules.squeeze_excite)
    done.check()
    assert len(done.firings) == 1
    again = rewrite(done.program, symnas.rules.squeeze_excite, "rule squeeze_excite: ReLU => SiLU")
    again.check()
    assert {each.rule for each in again.firings} == {"squeeze_excite", "squeeze_excite_2"}
    with pytest.raises(SourceError, match="`Excited` is declared twice"):
        rewrite(done, "block Excited(n)(x) = x -> ReLU\nrule r: Excited($n) => Excited($n)")


def test_from_the_command_line(run: Run, tmp_path: Path) -> None:
    """The library is listed with how often each matches; one is carried out, settings and all, or from a Python file."""
    model = tmp_path / "model.nas"
    model.write_text("net A(x: f32[N, 64]) = x -> Linear(64) -> ReLU -> Linear(10)\n")
    listed = run("rewrite", str(model), "--rules", "library")
    assert "lora(rank = 4): 4 matches\n  The network is frozen" in listed.out
    done = run("rewrite", str(model), "--rules", "lora(rank = 2)")
    assert "Linear(2, bias = false)" in done.out
    space = tmp_path / "space.nas"
    done = run("rewrite", str(model), "--rules", "choose_activations", "-o", str(space))
    assert "what comes of it is a space of 4 networks" in done.err
    assert symnas.load(space).space().size == 4
    (tmp_path / "mine.py").write_text(
        "import symnas\nfrom symnas.rewriting import nas\n\n@symnas.rule(on='ReLU')\ndef swap(node):\n    return nas.GELU\n"
    )
    done = run("rewrite", str(model), "--rules", str(tmp_path / "mine.py"))
    assert "GELU" in done.out
    done = run("rewrite", str(model), "--rules", "lorra")
    assert "there is no file lorra, and the library has no such rules; did you mean `lora`?" in done.err
    done = run("rewrite", str(model), "--rules", str(tmp_path / "others.py"))
    assert "there is no file" in done.err
