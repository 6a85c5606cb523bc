"""`when` in PyTorch: once trained, each side computes its own samples alone; while training, both compute all."""

from pathlib import Path
from random import Random

import pytest
import torch
from enumerating import only
from torch import nn
from when_programs import EXITS, FORMS

import symnas
from symnas.compilers.torch import build
from symnas.compilers.torch.module import source_of


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_each_sample_gets_what_both_sides_computed_would_give(form: str) -> None:
    """Rows taken apart and put together give the values of computing both sides for all samples and selecting."""
    net = build(only(f"net A(x: f32[N, 8]) {{\n  {form}\n}}"))
    x = torch.randn(64, 8, generator=torch.Generator().manual_seed(0))
    both = net.train()(x)
    net.eval()
    for rows in (slice(None), slice(0, 1), slice(5, 9), slice(0, 0), x.mean(1) > 0, x.mean(1) <= 0):
        torch.testing.assert_close(net(x[rows]), both[rows])


def test_gradients_reach_both_sides() -> None:
    """While training every weight of both sides has a gradient, and once trained those that samples went through."""
    net = build(only("net A(x: f32[N, 8]) = when x.mean(1) > 0 { x -> Linear(4) } else { x -> Linear(4) }"))
    x = torch.randn(16, 8)
    net.train()(x).sum().backward()
    assert all(each.grad is not None and each.grad.abs().sum() > 0 for each in net.parameters())
    before = [each.grad for each in net.parameters()]
    net.zero_grad()
    net.eval()(x).sum().backward()
    for each, old in zip(net.parameters(), before, strict=True):
        torch.testing.assert_close(each.grad, old)


def test_what_no_sample_needs_is_not_computed() -> None:
    """A side gets its own samples alone, and is not called at all where there are none."""
    net = build(only(EXITS)).eval()
    seen = _sizes(net)
    x = torch.randn(40, 3, 32, 32)
    weight, bias = (net.get_parameter(f"Rest.Exit.Linear.{name}") for name in ("weight", "bias"))
    with torch.no_grad():
        weight.zero_()
        bias.zero_()  # every class is as likely: nobody is sure
        net(x)
        assert seen["Rest.Rest.Stage"] == [40]
        bias[3] = 9.0  # all are sure
        seen.clear()
        net(x)
        assert "Rest.Rest.Stage" not in seen
        net.train()(x)
        assert seen["Rest.Rest.Rest.Stage"] == [40]


def test_a_side_gets_its_own_samples_alone() -> None:
    """The first side is handed the samples that meet the condition, the second the others."""
    net = build(only("net A(x: f32[N, 8]) = when x.mean(1) > 0 { x -> Linear(4) as a } else { x -> Linear(4) as b }"))
    seen = _sizes(net.eval())
    x = torch.randn(40, 8)
    net(x)
    positive = int((x.mean(1) > 0).sum())
    assert (seen["a"], seen["b"]) == ([positive], [40 - positive])


def _sizes(net: nn.Module) -> dict[str, list[int]]:
    """How many samples each submodule gets, call by call, from now on."""
    seen: dict[str, list[int]] = {}
    for path, module in net.named_modules():
        module.register_forward_pre_hook(lambda _, given, path=path: seen.setdefault(path, []).append(len(given[0])))
    return seen


def test_weights_are_named_as_if_the_sides_stood_around() -> None:
    """`when` adds nothing to paths, and has no weights of its own."""
    assert set(build(only(EXITS)).state_dict()) == {
        f"{'Rest.' * depth}{name}"
        for depth in (1, 2, 3)
        for name in (
            "Stage.Conv2d.weight",
            *(f"Stage.BatchNorm2d.{each}" for each in ("weight", "bias")),
            *(f"Stage.BatchNorm2d.{each}" for each in ("running_mean", "running_var", "num_batches_tracked")),
            "Exit.Linear.weight",
            "Exit.Linear.bias",
        )
    }


def test_the_text_reads_as_a_person_would_write_it() -> None:
    """A function for each side, then one line that says who gets what."""
    source = source_of(build(only(EXITS)))
    assert "            return (self.Rest(x),)  #" in source
    assert "        (z,) = self.when(z, then, (y,), otherwise, (x,))  #" in source
    assert source.count("class When(nn.Module):") == 1


def test_programs_of_the_showcase_run(shared: Path) -> None:
    """Early exits, sampled and built, agree with both sides computed."""
    space = symnas.load(shared / "language" / "showcase" / "exits.nas").space()
    x = torch.randn(32, 3, 32, 32, generator=torch.Generator().manual_seed(0)).double()
    for seed in range(6):
        drawn = space.sample(Random(seed))
        net = build(drawn.graph()).double().eval()
        assert sum(each.numel() for each in net.parameters()) == drawn.params
        once = net(x)
        for module in net.modules():
            if type(module).__name__ == "When":
                module.train()  # both sides for all samples, the batch norms as they are
        torch.testing.assert_close(once, net(x))


def _random_net(rng: Random, depth: int = 3) -> str:
    """A net of values that read earlier ones, some of them chosen by `when`s, some never read."""
    lines: list[str] = []

    def value(names: list[str], depth: int) -> str:
        match rng.randrange(6 if depth else 4):
            case 0:
                return f"{rng.choice(names)} + {rng.choice(names)}"
            case 1:
                return f"({rng.choice(names)} -> Linear(6))"
            case 2:
                return f"({rng.choice(names)} -> Tanh)"
            case 3:
                return f"{rng.choice(names)} * {rng.choice((2, 3))}"
            case _:
                sides = " } else { ".join(value(names, depth - 1) for _ in range(2))
                return f"when {rng.choice(names)}.mean(1) > {rng.choice(('0', '0.2'))} {{ {sides} }}"

    names = ["x"]
    for place in range(8):
        lines.append(f"v{place} = {value(names, depth)}")
        names.append(f"v{place}")
    read = " + ".join(names[-3:])
    unread = [name for name in names[1:-3] if not any(f"{name} " in line.split("=", 1)[1] + " " for line in lines)]
    return "\n  ".join([*lines, *(f"_ = {name}" for name in unread), read])


@pytest.mark.parametrize("seed", range(30))
def test_random_nets_agree_with_both_sides_computed(seed: int) -> None:
    """Whatever is shared between sides, conditions and the rest, taking rows apart changes no value."""
    net = build(only(f"net A(x: f32[N, 6]) {{\n  {_random_net(Random(seed))}\n}}"))
    x = torch.randn(32, 6, generator=torch.Generator().manual_seed(seed))
    both = net.train()(x)
    torch.testing.assert_close(net.eval()(x), both, rtol=1e-3, atol=1e-4)


def test_shared_layers_in_sides_and_steps() -> None:
    """Weights that are made once are one wherever they are used; a shared `when` has one path."""
    graph = only("""
    block Gate()(x) = when x.mean(1) > 0 { x -> Linear(8) } else { x }
    block Step(f)(x, h) = h + (x -> f)
    shared top = Linear(8)
    net A(x: f32[N, 8], s: f32[N, T, 8]) {
      shared g = Gate()
      shared f = Linear(8)
      (_, one) = scan(Step(f), s, x -> g -> ReLU -> g)
      (_, two) = scan(Step(top), s, one)
      when two.mean(1) > 0 { two -> top -> g } else { two -> f }
    }
    """)
    assert graph.whens == ("g.Gate.when", "when")
    net = build(graph)
    assert sum(each.numel() for each in net.parameters()) == graph.params == 3 * 72
    x, s = torch.randn(16, 8), torch.randn(16, 3, 8)
    torch.testing.assert_close(net.train()(x, s), net.eval()(x, s))
