"""Attention: masks, shared keys, what flows in by name, and what is said where it does not fit."""

import pytest
import torch
import torch.nn.functional as F
from onnx_running import agree, both
from torch import nn

import symnas
from symnas.compilers.torch import build
from symnas.errors import SourceError

HEADS = "q: f32[N, 4, T, 6], k: f32[N, {}, S, 6], v: f32[N, {}, S, 5], m: {}"


def graph_of(inputs: str, body: str) -> symnas.Graph:
    """The graph of a net with that body."""
    return symnas.parse(f"net A({inputs}) = {body}\n").architecture().graph()


@pytest.mark.parametrize("groups", (4, 2, 1))
@pytest.mark.parametrize("causal", (False, True))
@pytest.mark.parametrize("shape", ((7, 4, 5, 3), (7, 1, 5, 3), (7, 1, 1, 3), (4, 1, 3), (5, 3)))
def test_a_mask_says_what_is_seen(groups: int, causal: bool, shape: tuple[int, ...]) -> None:
    """True is seen, numbers are added, `causal` hides more; a position that sees nothing gets zeros. Both targets agree
    with attention written out.
    """
    torch.manual_seed(0)
    q, k, v = torch.randn(7, 4, 5, 6), torch.randn(7, groups, 3, 6), torch.randn(7, groups, 3, 5)
    seen = torch.rand(shape) < 0.6
    seen[..., 0, :] = False
    names = {7: "N", 5: "T", 3: "S"}
    sizes = ", ".join(str(names.get(each, each)) for each in shape)
    hidden = ~(seen & torch.ones(5, 3, dtype=torch.bool).tril()) if causal else ~seen
    scores = (q @ k.repeat_interleave(4 // groups, 1).mT / 6**0.5).masked_fill(hidden, float("-inf"))
    wanted = scores.softmax(-1).nan_to_num() @ v.repeat_interleave(4 // groups, 1)
    written = f"attend(q, k, v, m, causal = {str(causal).lower()})"
    truths = graph_of(HEADS.format(groups, groups, f"bool[{sizes}]"), written)
    added = graph_of(HEADS.format(groups, groups, f"f32[{sizes}]"), written)
    for graph, mask in ((truths, seen), (added, torch.zeros(shape).masked_fill(~seen, float("-inf")))):
        found, expected = both(graph, [q, k, v, mask])
        agree(found, expected, 1e-5)
        agree(expected, [wanted], 1e-5)


def test_dropout_drops_while_training_alone() -> None:
    """Shares are dropped in training, as PyTorch drops them."""
    graph = graph_of("q: f32[N, 2, T, 4]", "attend(q, q, q, dropout = 0.5)")
    module, q = build(graph), torch.randn(2, 2, 5, 4)
    assert not torch.equal(module(q), module(q))
    assert torch.equal(module.eval()(q), F.scaled_dot_product_attention(q, q, q))


@pytest.mark.parametrize(
    "written",
    (
        "attend(q, k, v, m)",
        "attend(q, k, v, mask = m)",
        "attend(q, k, mask = m, value = v)",
        "attend(mask = m, value = v, key = k, query = q)",
        "(q, k, v, m) -> attend",
    ),
)
def test_tensors_flow_in_by_place_or_by_name(written: str) -> None:
    """Whatever the way, it is the same operation."""
    inputs = HEADS.format(4, 4, "bool[T, S]")
    assert graph_of(inputs, written).scope.steps == graph_of(inputs, "attend(q, k, v, m)").scope.steps


def test_no_mask_may_be_said() -> None:
    """`mask = none` is what a block gives that was given none."""
    text = """
block Heads(mask = none)(q, k, v) = attend(q, k, v, mask = mask)
net A(q: f32[N, 4, T, 6], m: bool[N, 1, T, T]) = (((q, q, q) -> Heads), ((q, q, q) -> Heads(m)))
"""
    first, second = (step for step in symnas.parse(text).architecture().graph().operations())
    assert (len(first.operation.operands), len(second.operation.operands)) == (3, 4)


WRONG = {
    ("attend(q, k, v, m)", "i64[N, S]"): (
        "the mask of `attend` is `bool`, or `f32` that is added; this is i64[N, S]",
        "`mask == 1` makes truths of whole numbers",
    ),
    ("attend(q, k, v, m)", "bool[N, S]"): (
        "the mask of `attend` goes with [N, 4, T, S]; this is bool[N, S]",
        "a mask of the keys, [N, S], is `mask.unsqueeze(1).unsqueeze(1)`",
    ),
    ("attend(q, k, v, m)", "bool[N, 2, T, S]"): (
        "the mask of `attend` goes with [N, 4, T, S]; this is bool[N, 2, T, S]", None,
    ),
    ("attend(q, k, mask = m)", "bool[T, S]"): (
        "`mask` is given to `attend`, but no `value`",
        "the tensors that it takes, in order: `query`, `key`, `value`, `mask`",
    ),
    ("attend(q, k, v, value = v)", "bool[T, S]"): ("`value` of `attend` is given twice", None),
    ("attend(q, k, v, attn_mask = m)", "bool[T, S]"): ("`attend` has no setting `attn_mask`", "did you mean `mask`? It has causal, scale, dropout, query, key, value, mask"),
    ("attend(q, k, v, is_causal = true)", "bool[T, S]"): (
        "`attend` has no setting `is_causal`", "did you mean `causal`? It has causal, scale, dropout, query, key, value, mask",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("written", "mask"), WRONG)
def test_what_does_not_fit_is_said(written: str, mask: str) -> None:
    """With the shapes that meet, and what to write instead."""
    with pytest.raises(SourceError) as caught:
        graph_of(HEADS.format(4, 4, mask), written)
    found = caught.value.diagnostics[0]
    assert (found.message, found.hint) == WRONG[written, mask]


@pytest.mark.parametrize("groups", (4, 2, 1))
@pytest.mark.parametrize("causal", (False, True))
@pytest.mark.parametrize("masked", (False, True))
def test_linear_attention_is_that_of_the_paper(groups: int, causal: bool, masked: bool) -> None:
    """Both targets agree with the quadratic form: shares are products of elu(x) + 1, divided by their sum."""
    torch.manual_seed(0)
    length = 5 if causal else 3
    q, k, v = torch.randn(7, 4, 5, 6), torch.randn(7, groups, length, 6), torch.randn(7, groups, length, 4)
    seen = torch.rand(7, 1, 1, length) < 0.6
    shares = (F.elu(q) + 1) @ (F.elu(k) + 1).repeat_interleave(4 // groups, 1).mT
    shares = shares.tril() if causal else shares
    shares = shares * seen if masked else shares
    wanted = shares / (shares.sum(-1, keepdim=True) + 1e-6) @ v.repeat_interleave(4 // groups, 1)
    size = "T" if causal else "S"
    inputs = f"q: f32[N, 4, T, 6], k: f32[N, {groups}, {size}, 6], v: f32[N, {groups}, {size}, 4]"
    given = [q, k, v, seen] if masked else [q, k, v]
    written = f"linear_attend(q, k, v{', m' * masked}, causal = {str(causal).lower()})"
    graph = graph_of(f"{inputs}{f', m: bool[N, 1, 1, {size}]' * masked}", written)
    found, expected = both(graph, given)
    agree(found, expected, 1e-5)
    agree(expected, [wanted], 1e-5)


@pytest.mark.parametrize("kinds", (("x",), ("x", "y", "y"), ("x", "x", "x")))
@pytest.mark.parametrize("bias", (False, True))
def test_a_multihead_layer_is_pytorch_s(kinds: tuple[str, ...], bias: bool) -> None:
    """With its weights by their names, and what it gives for the same tensors."""
    torch.manual_seed(0)
    given = {"x": torch.randn(3, 5, 8), "y": torch.randn(3, 4, 6)}
    widths = {"kdim": 6, "vdim": 6} if "y" in kinds else {}
    theirs = nn.MultiheadAttention(8, 2, bias=bias, batch_first=True, **widths)
    shapes = "x: f32[N, T, 8], y: f32[N, S, 6]"
    flowing = f"({', '.join(kinds)})" if len(kinds) > 1 else kinds[0]
    ours = build(graph_of(shapes, f"{flowing} -> MultiheadAttention(2, bias = {str(bias).lower()})"))
    ours.load_state_dict({f"MultiheadAttention.{name}": each for name, each in theirs.state_dict().items()})
    tensors = [given[each] for each in (kinds if len(kinds) > 1 else kinds * 3)]
    torch.testing.assert_close(ours(given["x"], given["y"]), theirs(*tensors, need_weights=False)[0])


@pytest.mark.parametrize("added", (False, True))
def test_a_multihead_layer_takes_the_mask_of_attend(added: bool) -> None:
    """True is seen: PyTorch's own layer means the opposite, its function what is meant here. Beside it, `causal`."""
    torch.manual_seed(0)
    x, seen = torch.randn(3, 5, 8), torch.rand(3, 1, 5, 5) < 0.6
    seen[:, :, :, 0] = True  # PyTorch's own layer gives no numbers for what sees nothing
    kind = "f32" if added else "bool"
    graph = graph_of(f"x: f32[N, T, 8], m: {kind}[N, 1, T, T]", "(x, x, x, m) -> MultiheadAttention(2, causal = true)")
    ours, theirs = build(graph), nn.MultiheadAttention(8, 2, batch_first=True)
    theirs.load_state_dict({name.partition(".")[2]: each for name, each in ours.state_dict().items()})
    hidden = ~(seen & torch.ones(5, 5, dtype=torch.bool).tril()).expand(3, 2, 5, 5).flatten(0, 1)
    mask = torch.zeros(seen.shape).masked_fill(~seen, float("-inf")) if added else seen
    torch.testing.assert_close(ours(x, mask), theirs(x, x, x, attn_mask=hidden, need_weights=False)[0])


WRONG_LAYERS = {
    "x -> MultiheadAttention(3)": "`MultiheadAttention` cannot split 8 features into 3 heads",
    "(x, y) -> MultiheadAttention(2)": (
        "`MultiheadAttention` takes one tensor, or query, key and value, and a mask; 2 flow in"
    ),
    "(x, y, x) -> MultiheadAttention(2)": (
        "shapes do not fit: query [N, T, 8], key [N, S, 6], value [N, T, 8]"
    ),
    "x -> MultiheadAttention(8, 2)": "`dropout` of `MultiheadAttention` must be at most 1; 2",
    "x -> MultiheadAttention(embed_dim = 8, num_heads = 2)": "`MultiheadAttention` has no setting `embed_dim`",
    "linear_attend(h, h, h, causal = 1)": "`causal` of `linear_attend` takes `true` or `false`, not 1",
    "linear_attend(h, g, g, causal = true)": "what is `causal` has as many keys as queries; T and S; `S`, `T` are unknown at build time",
    "linear_attend(h, h, h, m)": (
        "the mask of `linear_attend` says which keys count, bool[N, 2, 1, T]; this is bool[N, 1, T, T]"
    ),
}  # fmt: skip


@pytest.mark.parametrize("written", WRONG_LAYERS)
def test_what_does_not_fit_a_layer_is_said(written: str) -> None:
    """With the shapes that meet."""
    shapes = "x: f32[N, T, 8], y: f32[N, S, 6], h: f32[N, 2, T, 4], g: f32[N, 2, S, 4], m: bool[N, 1, T, T]"
    with pytest.raises(SourceError) as caught:
        graph_of(shapes, written)
    assert caught.value.diagnostics[0].message == WRONG_LAYERS[written]
