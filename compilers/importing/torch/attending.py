"""`nn.MultiheadAttention` as one call while a module is exported, which would write it out otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from symnas.compilers.importing.torch.upstream import upstream

__all__ = ["attention_in_one", "is_written_out_beside"]


@contextmanager
def attention_in_one() -> Iterator[None]:
    """While this is entered, layers of attention call `symnas::multihead_attention`, and nothing of their own; where
    weights of attention are asked for, those are computed beside it. What has more than projections is left as it is.
    """
    import torch
    from torch import nn

    call, original = _operator(), nn.MultiheadAttention.forward

    def forward(
        self: Any, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
        attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> Any:  # fmt: skip
        masks = key_padding_mask, attn_mask
        if self.bias_k is not None or self.add_zero_attn or query.dim() != 3:
            return original(self, query, key, value, masks[0], need_weights, masks[1], average_attn_weights, is_causal)
        weights = None
        if need_weights:
            _, weights = original(self, query, key, value, masks[0], True, masks[1], average_attn_weights, is_causal)
        causal = is_causal and key_padding_mask is None
        seen = None if causal else _seen(torch, masks, query.shape[0 if self.batch_first else 1], self.num_heads)
        given = (query, key, value) if self.batch_first else tuple(each.transpose(0, 1) for each in (query, key, value))
        found = call(
            *given, self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight, self.in_proj_bias,
            self.out_proj.weight, self.out_proj.bias, seen, self.num_heads, self.dropout, causal,
        )  # fmt: skip
        return found if self.batch_first else found.transpose(0, 1), weights

    nn.MultiheadAttention.forward = forward  # type: ignore[method-assign]  # given back below
    try:
        yield
    finally:
        nn.MultiheadAttention.forward = original  # type: ignore[method-assign]


def is_written_out_beside(program: Any) -> bool:
    """Whether weights of a layer that is one call in *program* are read by more than that: what it attends to was asked
    for, and is computed of them once more.
    """
    calls = [each for each in program.graph.nodes if _is_call(each)]
    read = {each for call in calls for each in call.all_input_nodes if each.op == "placeholder"}
    kept = program.graph_signature.inputs_to_parameters
    live = upstream(each for each in program.graph.nodes if each.op == "output")
    return any(user in live and not _is_call(user) for each in read if each.name in kept for user in each.users)


def _is_call(node: Any) -> bool:
    return str(getattr(node.target, "overloadpacket", "")) == "symnas.multihead_attention"


def _seen(torch: Any, masks: tuple[Any, Any], batch: Any, heads: int) -> Any:
    """The two masks of PyTorch's layer, which are true where nothing is seen, as one of [N, heads, T, S], where that is
    true, or where it is added.
    """
    padding, hidden = masks
    if hidden is not None and hidden.dim() == 3:
        hidden = hidden.unflatten(0, (batch, heads))
    found = [each for each in (None if padding is None else padding[:, None, None], hidden) if each is not None]
    if all(each.dtype == torch.bool for each in found):
        turned = [~each for each in found]
        return None if not turned else turned[0] if len(turned) == 1 else turned[0] & turned[1]
    added = [
        torch.zeros_like(each, dtype=torch.float32).masked_fill(each, float("-inf"))
        if each.dtype == torch.bool
        else each
        for each in found
    ]
    return added[0] if len(added) == 1 else added[0] + added[1]


@cache
def _operator() -> Any:
    """The operator that stands for a layer. It is traced, and never run."""
    import torch

    library = torch.library.Library("symnas", "FRAGMENT")  # type: ignore[no-untyped-call]  # PyTorch's own
    library.define(  # type: ignore[no-untyped-call]
        "multihead_attention(Tensor query, Tensor key, Tensor value, Tensor? in_proj_weight, Tensor? q_proj_weight, "
        "Tensor? k_proj_weight, Tensor? v_proj_weight, Tensor? in_proj_bias, Tensor out_weight, Tensor? out_bias, "
        "Tensor? mask, int num_heads, float dropout, bool causal) -> Tensor"
    )
    library.impl("multihead_attention", lambda query, *_: torch.empty_like(query), "Meta")  # type: ignore[no-untyped-call]
    _KEPT.append(library)
    return torch.ops.symnas.multihead_attention


_KEPT: list[Any] = []
"""What PyTorch forgets as soon as nobody holds it."""
