"""`assert same(A, B)` tried on numbers: a net that rules have made of another is given its weights, carried over, and both
are run on the same inputs.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from attrs import evolve

from symnas import tree
from symnas.architecture import Architecture
from symnas.arrays import array_of
from symnas.elaborate.sameness import Same
from symnas.errors import NasError
from symnas.inlining import inlined
from symnas.program import Program
from symnas.rewriting import Rewriting, Rule, rewrite, rules_of
from symnas.rewriting.weights import Carried, carried_through
from symnas.training.verifying import Check, apart, drawn_inputs, open_sizes, run_module
from symnas.training.weights import load_arrays

if TYPE_CHECKING:
    from torch import nn

__all__ = ["same_checks"]

_TOLERANCE: Final = 1e-9
"""How far outputs may be apart in double precision, as a share of the largest number."""


def same_checks(
    architecture: Architecture, net: str, sizes: Mapping[str, int], seed: int, allow: Collection[str]
) -> list[Check]:
    """What comes of each `assert same(…)` about *net*, whose open sizes are *sizes*; weights are drawn with *seed*."""
    claims = [each for each in architecture.space.elaboration.sames if net in (each.first, each.second)]
    return [_check(architecture, each, sizes, seed, allow) for each in claims]


def _check(
    architecture: Architecture, claim: Same, sizes: Mapping[str, int], seed: int, allow: Collection[str]
) -> Check:
    what = f"same({claim.first}, {claim.second})"
    for base, made in ((claim.second, claim.first), (claim.first, claim.second)):
        rules = _rules_between(architecture.space.program, base, made)
        if rules is not None:
            try:
                return _compared(what, architecture, (base, made), rules, (sizes, seed, allow))
            except NasError as error:
                return Check(
                    what, f"as `{base}`", "", None, f"weights are not carried over: {str(error).splitlines()[0]}"
                )
    return Check(what, "", "", None, "neither is made of the other by rules, so that their weights are not the same")


def _rules_between(program: Program, base: str, made: str) -> list[Rule] | None:
    """The rules that make the net *made* of *base*, in order."""
    module = inlined(program) if program.imports else program.module
    nets = {each.name: each for each in module.declarations if isinstance(each, tree.Rewritten)}
    known = {each.name: each for each in rules_of(program)}
    found: list[Rule] = []
    while made != base:
        if made not in nets:
            return None
        found[:0] = [known[name] for name in nets[made].rules]
        made = nets[made].base
    return found


def _compared(
    what: str, architecture: Architecture, nets: tuple[str, str], rules: list[Rule],
    options: tuple[Mapping[str, int], int, Collection[str]],
) -> Check:  # fmt: skip
    from numpy.random import default_rng

    from symnas.compilers.torch import build
    from symnas.training.noise import draws, held
    from symnas.training.randomness import Surroundings

    (base, made), (sizes, seed, allow) = nets, options
    graph = architecture.graph(base)
    stated = f"as `{base}`"
    done = rewrite(Rewriting(architecture, (graph,), ()), *rules)
    after = done.graphs[0]
    if done.decides or evolve(after, name=made).canonical() != architecture.graph(made).canonical():
        return Check(what, stated, "", None, "its rules decide something, so that which weights are which is not known")
    with Surroundings(seed).entered():
        module = build(graph, allow=allow).double().eval()
        _draw(module)
        weights = {name: array_of(each) for name, each in module.state_dict().items()}
        carried = carried_through(done.passages, weights, default_rng(seed))
        other = build(after, allow=allow).double().eval()
        load_arrays(other, carried.weights)
        inputs = [
            each.double() if each.is_floating_point() else each
            for each in drawn_inputs(graph, open_sizes(graph, sizes))
        ]
        for each in (module, other):
            if draws(graph):
                held(each, seed)
        one, two = run_module(base, module, inputs), run_module(made, other, inputs)
    worst = max((apart(ours, theirs) for ours, theirs in zip(one, two, strict=True)), default=0.0)
    why = (
        [f"apart by {worst:.1g} at most", *_reasons(carried)]
        if worst > _TOLERANCE
        else [f"apart by {worst:.1g} at most"]
    )
    return Check(what, stated, "by PyTorch, weights carried over", worst <= _TOLERANCE, "; ".join(why))


def _reasons(carried: Carried) -> Iterator[str]:
    """Why the two may differ, the first reasons."""
    yield from carried.differences[:1]
    fresh = [each.path for each in carried.fates if each.how == "fresh"]
    if fresh:
        yield f"{len(fresh)} weights are fresh, `{fresh[0]}` first"


def _draw(module: "nn.Module") -> None:
    """Weights and statistics as of a network that was trained: none is as layers start."""
    import torch

    with torch.no_grad():
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                value.copy_(
                    torch.rand_like(value) + 0.5 if "running_var" in name else value + 0.1 * torch.randn_like(value)
                )
